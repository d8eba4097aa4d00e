"""Where fuzzing begins: a few good texts for each target, and words that mean something."""

from __future__ import annotations

from tests.support.corpus import CORPUS, load, split_file

_FIELD = b'--xyz\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'
_FILE = (
    b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nx\r\n"
)
_END = b"--xyz--\r\n"

SEEDS: dict[str, list[bytes]] = {
    "head": [
        case.data
        for folder in ("valid", "invalid", "attack")
        for case in load(folder)
        if len(case.data) < 1000
    ],
    "chunked": [
        b"5\r\nhello\r\n0\r\n\r\n",
        b'a;b=c;d="e\\f"\r\n0123456789\r\n0\r\nX: y\r\nZ: a\r\n\r\n',
        b"1\r\nx\r\n1\r\ny\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    "proxy_header": [split_file(path)[1] for path in (CORPUS / "proxy").glob("*.http")],
    "query": [b"a=b&c=%41+d&e", b"a=%ff&%=%zz&&=", b"a=1;b=2"],
    "urlencoded": [b"a=b&c=%41+d&e", b"a=%c3%a9&b=", b"%ff=1"],
    "multipart": [_FIELD + _END, _FIELD + _FILE + _END, b"--xyz--", _FILE * 3 + _END],
    "json_body": [b'{"a": [1, 2.5e3, null, true, "\\u00e9"]}', b"[[[[]]]]", b'"\\ud800"', b"-0"],
    "cookie": [b'a=b; c="d"; e', b"a=b;;=x; a b=c"],
    "ranges": [b"bytes=0-1", b"bytes=0-1, 5-, -3", b"0-0,2-2,4-4"],
    "accept": [b"text/html;q=0.8, */*;q=0.1, application/json", b"text/*;level=1, a/b;q=2"],
    "accept_encoding": [b"gzip;q=0.5, br, identity;q=0", b"*;q=0"],
    "parameters": [
        b'text/html; charset="utf-8"; a=b',
        b'attachment; filename*=UTF-8\'\'na%C3%AFve.txt; filename="a\\"b"',
    ],
    "etags": [b'"a", W/"b"', b"*", b'"a" "b", x'],
    "date": [
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        b"Sunday, 06-Nov-94 08:49:37 GMT",
        b"Sun Nov  6 08:49:37 1994",
    ],
    "forwarded": [
        b'for=1.2.3.4;proto=https;host="a:80", for="[::1]:5"',
        b"1.2.3.4, 5.6.7.8, [::1]:80",
    ],
    "host": [b"a.example:80", b"[::1]:80", b"[v1.a:b]", b"%41"],
    "target": [b"/a/b%20c?d=e", b"http://a:80/b?c", b"*", b"a:80"],
    "typed": [b"1", b"-1.5e3", b"2026-01-31", b"2026-01-31T12:00:00+02:00", b"true", b"12:30"],
    "repeated_field": [b"a\nb\nc", b"\n\n"],
}

# What readers fall for, and what grammars are made of.
WORDS = [
    *(bytes([byte]) for byte in b" \t\r\n\0\x0b\x0c\x1c\x7f\x85\xa0\xb2;,=:/\"'\\%&+-*?#@[](){}.0"),
    b"\r\n",
    b"\r\n\r\n",
    b"PROXY TCP4 ",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11",
    b"%00",
    b"%0d%0a",
    b"%c0%af",
    b"bytes=",
    b"chunked",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: a\r\n",
    b"--xyz",
    b"filename*=UTF-8''",
    b"q=0.",
    b"W/",
    b"for=",
    b"\xc3\xa9",
    b"\xef\xbb\xbf",
    b"NaN",
    b"1e999",
    b"\\ud800",
    b"99999999999999999999",
]
