"""One function for each parser of client text: bytes in, nothing out but the documented errors.

Shared by the property tests (hypothesis), the fuzzer (atheris) and the linearity table. A target
returns for whatever a client may send; any exception is a bug. That of a line's grammar (no CR, LF
or control byte in a field's value) is the head parser's work, so the others take any text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from httpcore import Headers, HTTPError, Limits, body_of
from mvc.config import Settings
from mvc.requests.cookies import parse_cookies
from mvc.requests.forms import parse_form, parse_query
from mvc.requests.json_body import decode_json
from mvc.requests.negotiation import best_match
from mvc.requests.parameters import decode_extended, parse_parameterized
from mvc.requests.proxies import origin_of
from mvc.requests.readers import READERS
from mvc.responses.codings import best_coding
from mvc.responses.dates import parse_http_date
from mvc.responses.etags import is_entity_tag, parse_etags
from mvc.responses.ranges import parse_ranges
from mvc.security.hosts import host_name
from tests.support.messages import FakeServices, make_request
from tests.support.parsing import cut, parse
from tests.support.proxyheaders import INCOMPLETE, read_header

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
BOUNDARY = "xyz"
FILE_SIZE = 1000
# Small, so that fuzzing meets the limits of a message, too.
TIGHT = replace(Limits(), request_line=200, field_line=200, head=600, field_count=20, body=500)

_PROXIED = FakeServices(Settings(trusted_proxies=("127.0.0.1",)))
_TYPES = "text/html", "application/json", "text/plain;charset=utf-8"


def head(data: bytes) -> None:
    """Whole and in two pieces, at wide and at tight limits: the verdict is the same (sec:P12)."""
    middle = data[0] if data else 0
    for limits in (None, TIGHT):
        whole = parse([data], limits, eof=True).verdict()
        assert parse(cut(data, [middle, 2 * middle]), limits, eof=True).verdict() == whole


def chunked(data: bytes) -> None:
    head(CHUNKED + data)


def proxy_header(data: bytes) -> None:
    """Whole and in pieces the same; what it takes, it takes from no fewer bytes."""
    middle = data[0] if data else 0
    whole = read_header([data])
    assert read_header(cut(data, [middle, 2 * middle])) == whole
    verdict, rest = whole
    if verdict.startswith("source"):
        header = data[: len(data) - len(rest)]
        assert read_header([header[:-1]]) == (INCOMPLETE, b"")
        assert read_header([header]) == (verdict, b"")


def query(data: bytes) -> None:
    with suppress(HTTPError):
        parse_query(data.decode("latin-1"))


def urlencoded(data: bytes) -> None:
    _form("application/x-www-form-urlencoded", data)


def multipart(data: bytes) -> None:
    _form(f"multipart/form-data; boundary={BOUNDARY}", data)


def _form(kind: str, data: bytes) -> None:
    with suppress(HTTPError):
        form = parse_form(kind, lambda: body_of(data))
        for name in form.files:
            for file in form.files.getlist(name):
                file.close()


def json_body(data: bytes) -> None:
    """What is taken can be written out again."""
    with suppress(HTTPError):
        json.dumps(decode_json("application/json", data), ensure_ascii=False).encode()


def cookie(data: bytes) -> None:
    parse_cookies([data.decode("latin-1")])


def ranges(data: bytes) -> None:
    """Every range lies in the file, and together they are no larger."""
    for text in (data.decode("latin-1"), "bytes=" + data.decode("latin-1")):
        found = parse_ranges(text, FILE_SIZE) or []
        assert all(0 <= each.start < each.stop <= FILE_SIZE for each in found)
        assert sum(each.length for each in found) <= FILE_SIZE


def accept(data: bytes) -> None:
    best_match(data.decode("latin-1"), _TYPES)


def accept_encoding(data: bytes) -> None:
    best_coding(data.decode("latin-1"), ("br", "gzip"))


def parameters(data: bytes) -> None:
    """Content-Type and Content-Disposition."""
    text = data.decode("latin-1")
    for value in parse_parameterized(text).parameters.values():
        decode_extended(value)
    decode_extended(text)


def etags(data: bytes) -> None:
    text = data.decode("latin-1")
    tags = parse_etags(text)
    tags.matches_strongly('"a"')
    tags.matches_weakly('"a"')
    is_entity_tag(text)


def date(data: bytes) -> None:
    parse_http_date(data.decode("latin-1"))


def forwarded(data: bytes) -> None:
    text = data.decode("latin-1")
    for name in ("Forwarded", "X-Forwarded-For"):
        headers = [(name, text), ("X-Forwarded-Host", text), ("X-Forwarded-Proto", text)]
        origin_of(make_request(headers=_sendable(headers), services=_PROXIED))


def _sendable(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, text.replace("\r", " ").replace("\n", " ")) for name, text in headers]


def host(data: bytes) -> None:
    host_name(data.decode("latin-1"))
    parse([b"GET / HTTP/1.1\r\nHost: " + data + b"\r\n\r\n"])


def target(data: bytes) -> None:
    for method in (b"GET ", b"OPTIONS ", b"CONNECT "):
        parse([method + data + b" HTTP/1.1\r\nHost: a\r\n\r\n"])


def typed(data: bytes) -> None:
    """Path, query and form values of a declared type."""
    text = data.decode("latin-1")
    for reader in READERS.values():
        with suppress(ValueError):
            reader.read(text)


def repeated_field(data: bytes) -> None:
    """One field per line of the data, joined as a list (sec:P8)."""
    values = data.decode("latin-1").split("\n")
    Headers(("Accept", value) for value in values if value.isprintable()).get("Accept")


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (
        head,
        chunked,
        proxy_header,
        query,
        urlencoded,
        multipart,
        json_body,
        cookie,
        ranges,
        accept,
        accept_encoding,
        parameters,
        etags,
        date,
        forwarded,
        host,
        target,
        typed,
        repeated_field,
    )
}
