"""A file as the answer. It is opened once and measured by its descriptor, so name and content
cannot part between the look and the sending (sec:F2)."""

from __future__ import annotations

import os
import stat
import time
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypedDict
from urllib.parse import quote

from httpcore import FileBody, Headers, HTTPError
from mvc.responses.classes import HeadersLike, Response
from mvc.responses.content_types import content_type_of
from mvc.responses.dates import format_http_date

if TYPE_CHECKING:
    from typing import Unpack

# A downloaded page must not run with our origin's rights when it is opened in place (sec:H12).
_SANDBOX = "sandbox; default-src 'none'"
# attr-char of RFC 8187 beyond letters and digits.
_EXTENDED_SAFE = "!#$&+-.^_`|~"


class FileOptions(TypedDict, total=False):
    """download_name: the name the client is offered, default the file's own.

    as_attachment: True to download, False (default) to show in place; files that users sent
    belong in an attachment unless `raster_image_type` knows them (sec:H12).
    content_type: default by suffix of the name. status: default 200. headers: further fields.
    """

    download_name: str | None
    as_attachment: bool
    content_type: str | None
    status: int
    headers: HeadersLike


class FileResponse(Response):
    """A file with ETag and Last-Modified; `apply_conditional` answers 304, 206 and 416 from it.

    source: a path, or a file opened for reading in binary, which the server closes.
    Raises HTTPError 404 when the path leads to no regular file, OSError when it is not readable.
    """

    __slots__ = ()

    def __init__(self, source: str | Path | BinaryIO, **options: Unpack[FileOptions]) -> None:
        opened = _open(source) if isinstance(source, str | Path) else source
        try:
            name = options.get("download_name") or _name_of(source)
            status, content_type = options.get("status", 200), options.get("content_type")
            body, validators = _measure(opened)
            super().__init__(
                body, status, options.get("headers"), content_type or content_type_of(name)
            )
        except BaseException:
            opened.close()
            raise
        for field, value in validators.items():
            self.headers.setdefault(field, value)
        self.headers.setdefault("Accept-Ranges", "bytes")
        as_attachment = options.get("as_attachment", False)
        if as_attachment or options.get("download_name"):
            kind = "attachment" if as_attachment else "inline"
            self.headers["Content-Disposition"] = format_disposition(kind, name)
        if as_attachment:
            self.headers.setdefault("Content-Security-Policy", _SANDBOX)


def format_disposition(kind: str, filename: str) -> str:
    """`Content-Disposition` (RFC 6266): an ASCII name for all, `filename*` when it says less.

    Folders and control characters are left out, so nothing can end the quoted string early.
    """
    base = filename.replace("\\", "/").rpartition("/")[2]
    base = "".join(c for c in base if c.isprintable()) or "download"
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in base)
    if plain == base:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(base, safe=_EXTENDED_SAFE)}"


def _open(path: str | Path) -> BinaryIO:
    """Open a regular file. Non-blocking, since opening a FIFO would wait for a writer."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        raise HTTPError(404) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise HTTPError(404)
    return os.fdopen(descriptor, "rb")


def _name_of(source: str | Path | BinaryIO) -> str:
    name = source if isinstance(source, str | Path) else getattr(source, "name", "")
    return os.path.basename(name) if isinstance(name, str | Path) and name else "download"


def _measure(file: BinaryIO) -> tuple[FileBody, Headers]:
    """The whole file as a body, and its validators; a file in memory has none."""
    try:
        status = os.fstat(file.fileno())
    except (UnsupportedOperation, AttributeError):
        return FileBody(file, 0, file.seek(0, os.SEEK_END)), Headers()
    modified = min(status.st_mtime, time.time())  # never in the future (http:V3)
    validators = Headers(
        {
            "ETag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
            "Last-Modified": format_http_date(modified),
        }
    )
    return FileBody(file, 0, status.st_size), validators
