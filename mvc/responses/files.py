"""A file as the answer. It is opened once and measured by its descriptor, so name and content
cannot part between the look and the sending (sec:F2)."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO, UnsupportedOperation
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from httpcore import FileBody, Headers, HTTPError
from mvc.responses.classes import HeadersLike, Response
from mvc.responses.content_types import content_type_of
from mvc.responses.dates import format_last_modified

# A downloaded page must not run with our origin's rights when it is opened in place (sec:H12).
_SANDBOX = "sandbox; default-src 'none'"
# attr-char of RFC 8187 beyond letters and digits.
_EXTENDED_SAFE = "!#$&+-.^_`|~"
# What opening says of a name that no regular file can have, or that leads to none: too long, links
# in a circle, a socket.
_NO_FILE = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO, errno.EOPNOTSUPP}
)
# Non-blocking, since opening a FIFO would wait for a writer; not every system knows both.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class FileResponse(Response):
    """A file with ETag and Last-Modified; `apply_conditional` answers 304, 206 and 416 from it.

    source: a path (one that a client had a say in is for `file_below`), or a file opened in binary,
    sent from its first byte, which the server closes.
    download_name: the name the client is offered, default the file's own.
    as_attachment: True to download, False to show in place; files that users sent belong in an
    attachment unless `raster_image_type` knows them (sec:H12).
    content_type: default by suffix of the name. headers: win over what would be chosen for them.
    Raises HTTPError 404 when the path leads to no regular file, OSError when it is not readable,
    ValueError for an open pipe or device.
    """

    __slots__ = ()

    def __init__(
        self,
        source: str | Path | BinaryIO,
        *,
        download_name: str | None = None,
        as_attachment: bool = False,
        content_type: str | None = None,
        status: int = 200,
        headers: HeadersLike = None,
    ) -> None:
        opened = _open(source) if isinstance(source, str | Path) else source
        name = download_name or _name_of(source)
        try:
            fields = Headers(headers)
            body, defaults = _measure(opened)
            defaults["Content-Type"] = content_type_of(name)
            if as_attachment:
                defaults.update(attachment_fields(name))
            elif download_name:
                defaults["Content-Disposition"] = format_disposition("inline", name)
            for field, value in defaults.items():
                fields.setdefault(field, value)
            super().__init__(body, status, fields, content_type)
        except BaseException:
            opened.close()
            raise


def attachment_fields(filename: str) -> dict[str, str]:
    """The fields that make any file harmless: it is kept, not shown (sec:H12)."""
    return {
        "Content-Disposition": format_disposition("attachment", filename),
        "Content-Security-Policy": _SANDBOX,
    }


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
    """Open a regular file. Raises HTTPError 404 when there is none."""
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError:  # a NUL in the name
        raise HTTPError(404) from None
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise
        raise HTTPError(404) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise HTTPError(404)
    return FileIO(descriptor, "rb")  # the server copies it by the descriptor; no buffer needed


def _name_of(source: str | Path | BinaryIO) -> str:
    name = source if isinstance(source, str | Path) else getattr(source, "name", "")
    return os.path.basename(name) if isinstance(name, str | Path) and name else "download"


def _measure(file: BinaryIO) -> tuple[FileBody, Headers]:
    """The whole file as a body, and the fields that follow from it: validators for one on disk."""
    try:
        descriptor = file.fileno()
    except (UnsupportedOperation, AttributeError):
        return FileBody(file, 0, file.seek(0, os.SEEK_END)), Headers({"Accept-Ranges": "bytes"})
    file.flush()  # the kernel sends what is in the file, and not what waits to be written there
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(
            f"{file!r} is a pipe or a device, whose length nobody knows; send what you read from "
            "it by StreamResponse"
        )
    fields = Headers(
        {
            "ETag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
            "Last-Modified": format_last_modified(status.st_mtime),
            "Accept-Ranges": "bytes",
        }
    )
    return FileBody(file, 0, status.st_size), fields
