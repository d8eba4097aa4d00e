"""Parts of a body: 206 with one range, 206 with several as multipart/byteranges, or 416.

Which bodies can be cut: bytes and files always; a generated body when its length is known
(`StreamResponse(length=...)`), and then in one range, since it cannot go back. Ranges that the
client asks for are cut at last, behind every hook, and only from a body that offers them: a file,
or one whose response says `Accept-Ranges: bytes` (feat:P18, http:V2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from httpcore import FileBody, Response
from mvc.responses.ranges import (
    ByteRange,
    MultipartRanges,
    RangeSpec,
    StreamRange,
    parse_ranges,
    satisfiable,
)
from mvc.responses.representation import replace_body

_OCTETS = "application/octet-stream"


def make_partial(response: Response, ranges: Iterable[RangeSpec] = ()) -> None:
    """Answer parts of the body.

    ranges: (first, last) positions, both inclusive; (first, None) goes to the end, (None, n) means
    the last n bytes. Those of which the body has nothing are skipped; if none is left the answer is
    416. Several come in their order. Without `ranges` the body from now on offers ranges, and the
    client's Range field is honoured.
    Only a 200 is cut, another status stays whole. Raises ValueError for a generated body of unknown
    length, and for several ranges of a generated one.
    """
    response.headers["Accept-Ranges"] = "bytes"
    specs = list(ranges)
    if not specs or response.status != 200:
        return
    size = _size_of(response)
    wanted = satisfiable(specs, size) if size is not None else []
    is_generated = not isinstance(response.body, bytes | FileBody)
    if size is None or (is_generated and len(wanted) > 1):
        raise ValueError(
            "a generated body is cut into one range, when StreamResponse(length=...) says how long"
            " it is; use PartialResponse for any other"
        )
    _cut(response, wanted, size)


def offers_ranges(response: Response) -> bool:
    """Whether the body may be cut as the client asks."""
    return (
        isinstance(response.body, FileBody)
        or response.headers.get("Accept-Ranges", "").lower() == "bytes"
    )


def narrow(response: Response, header: str) -> None:
    """Cut a whole body into the parts that a Range field asks for, where it can be cut."""
    size = _size_of(response)
    ranges = None if size is None else parse_ranges(header, size)
    if size is not None and ranges is not None:
        _cut(response, ranges, size)


def _size_of(response: Response) -> int | None:
    if isinstance(response.body, bytes):
        return len(response.body)
    if isinstance(response.body, FileBody):
        return response.body.length
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _cut(response: Response, ranges: Sequence[ByteRange], size: int) -> None:
    if not ranges:
        replace_body(response, 416, f"There are {size} bytes.")
        response.headers["Content-Range"] = f"bytes */{size}"
    elif len(ranges) == 1:
        _cut_one(response, ranges[0], size)
    elif isinstance(response.body, bytes | FileBody):
        _cut_several(response, response.body, ranges, size)


def _cut_one(response: Response, wanted: ByteRange, size: int) -> None:
    body = response.body
    response.status = 206
    response.headers["Content-Range"] = wanted.content_range(size)
    if isinstance(body, bytes):
        response.body = body[wanted.start : wanted.stop]
    elif isinstance(body, FileBody):
        response.body = FileBody(body.file, body.offset + wanted.start, wanted.length)
    else:
        response.body = StreamRange(iter(body), body, wanted)
    if "Content-Length" in response.headers:
        response.headers["Content-Length"] = str(wanted.length)


def _cut_several(
    response: Response, body: bytes | FileBody, ranges: Sequence[ByteRange], size: int
) -> None:
    kind = response.headers.get("Content-Type", _OCTETS)
    file = BytesIO(body) if isinstance(body, bytes) else body.file
    offset = 0 if isinstance(body, bytes) else body.offset
    parts = MultipartRanges(file, ranges, kind, size, offset)
    response.status = 206
    response.headers["Content-Type"] = parts.content_type
    response.headers["Content-Length"] = str(parts.length)
    response.body = parts
