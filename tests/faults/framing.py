"""gunicorn's corpus of raw requests, replayed (sec:G1).

Its source archive is fetched from the package index at run time; nothing of it is kept. Files that
gunicorn reads with changed settings are left out. Good ones of HTTP/1.1 that lack the Host field
get one: RFC 9112 section 3.2 wants them refused without it, and that is not what they are about.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePath

from httpcore import Endpoint, Request, RequestHead, Response, Server, ServerConfig
from tests.faults.report import CannotRun, Finding

SECONDS = 3.0  # an answer may take
# What says that a request was understood, whatever became of it (sec:M1).
UNDERSTOOD = (200, 204, 301, 302, 303, 304, 307, 308, 404, 405)
GOOD_ACCEPTED = 48
BAD_CASES = 70  # of the corpus apply to a server with default settings

# What we refuse of the good ones, by which rule.
REFUSED_BY = {
    "valid/005": "http:L4, a fragment in the target",
    "valid/012": "http:M4, Content-Type in trailers",
    "valid/025": "http:M2, a coding besides chunked",
    "valid/025_line": "http:M2, a coding besides chunked",
    "valid/029": "http:M2, a coding besides chunked",
    "valid/030": "http:M2, a coding besides chunked",
    "valid/rfc9112_smuggle_gzip_chunked_01": "http:M2, a coding besides chunked",
    "valid/rfc9112_smuggle_te_identity_chunked_01": "http:M2, a coding besides chunked",
    "valid/099": "http:M6, the file ends before its Content-Length",
    "valid/rfc9112_target_absolute_userinfo_01": "http:F3, userinfo in an authority",
}
# What is only larger than gunicorn allows.
WITHIN_OUR_LIMITS = {
    "invalid/006": "http:L5, a line of 4,100 bytes",
    "invalid/008": "http:F2, fields of 12 KiB",
}

_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|r\\n|[0nt])")
_ESCAPED = {b"r\\n": b"\r\n", b"0": b"\0", b"n": b"\n", b"t": b"\t"}


class _Reader(Endpoint):
    """Answers 200 once the whole body was read."""

    def __call__(self, request: Request) -> Response:
        return Response(b"%d" % len(request.stream.read()))


class _Everything:
    """A handler that takes any method, path and host: the verdict is the parser's."""

    default_fields = ()
    reader = _Reader()

    def resolve(self, head: RequestHead) -> Endpoint:
        return self.reader


def run(_: float) -> list[Finding]:
    cases = dict(_corpus())
    with Server(_Everything(), ServerConfig(port=0, access_log="off")) as server:
        statuses = {name: _replay(server.address, data) for name, data in cases.items()}
        server.stop(0)
    bad = [name for name in cases if name.startswith("invalid/")]
    good = [name for name in cases if name.startswith("valid/")]
    accepted = [name for name in bad if statuses[name] in UNDERSTOOD]
    refused = [name for name in good if statuses[name] not in UNDERSTOOD]
    for name in accepted:
        reason = WITHIN_OUR_LIMITS.get(name, "UNEXPLAINED")
        print(f"  accepted: {name}: {statuses[name]}, {reason}")
    for name in refused:
        print(f"  refused: {name}: {statuses[name]}, {REFUSED_BY.get(name, 'UNEXPLAINED')}")
    wrong = set(accepted) - set(WITHIN_OUR_LIMITS)
    explained = set(refused) & set(REFUSED_BY)
    count = len(good) - len(refused)
    return [
        Finding(
            "gunicorn's corpus",
            f"bad accepted of {len(bad)}",
            "0",
            f"{len(wrong)}, and {len(accepted) - len(wrong)} within our limits",
            len(bad) >= BAD_CASES and not wrong,
        ),
        Finding(
            "gunicorn's corpus",
            f"good accepted of {len(good)}",
            f">= {GOOD_ACCEPTED}, or a rule",
            f"{count}, and {len(explained)} refused by a rule",
            count + len(explained) >= GOOD_ACCEPTED,
        ),
    ]


def _corpus() -> Iterator[tuple[str, bytes]]:
    """`valid/<name>` or `invalid/<name>`, and the bytes."""
    with (
        tempfile.TemporaryDirectory(prefix="treadle-gunicorn-") as folder,
        tarfile.open(_download(Path(folder))) as archive,
    ):
        files = {
            "/".join(PurePath(member.name).parts[-2:]): archive.extractfile(member).read()
            for member in archive
            if member.isfile() and "/tests/requests/" in member.name
        }
    for name, content in sorted(files.items()):
        settings = files.get(name.removesuffix(".http") + ".py", b"cfg.set(")
        if name.endswith(".http") and b"cfg.set(" not in settings:
            data = _unescape(content)
            is_good = name.startswith("valid/")
            yield name.removesuffix(".http"), _with_host(data) if is_good else data


def _with_host(data: bytes) -> bytes:
    if re.search(rb"(?i)\nhost:", data):
        return data
    return re.sub(rb"([^ \r\n]+ [^ \r\n]+ HTTP/1\.1\r\n)", rb"\1Host: a\r\n", data)


def _download(folder: Path) -> Path:
    options = ["--quiet", "--no-deps", "--no-binary", "gunicorn", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, "gunicorn"]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        raise CannotRun("gunicorn's source archive could not be fetched from the package index")
    return next(folder.glob("gunicorn-*.tar.gz"))


def _unescape(text: bytes) -> bytes:
    def byte(match: re.Match[bytes]) -> bytes:
        return _ESCAPED.get(match[1]) or bytes.fromhex(match[1][1:].decode())

    return _ESCAPE.sub(byte, text.replace(b"\n", b""))


def _replay(address: tuple[str, int], data: bytes) -> int:
    """The status of the last answer; 0 for none."""
    with socket.create_connection(address, SECONDS) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        answers = b""
        while received := sock.recv(65536):
            answers += received
    found = re.findall(rb"(?:\A|\r\n\r\n|[^\r\n])HTTP/1\.1 ([2-5][0-9]{2}) ", answers)
    return int(found[-1]) if found else 0
