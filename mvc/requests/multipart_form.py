"""multipart/form-data (RFC 7578), read piece by piece with every limit counted on arrival.

The grammar is the `multipart` library's push parser in strict mode; the limits of sec section 2,
the storage and the verdicts are ours. The body is cut into pieces of one fixed size before it is
parsed, so no verdict depends on how the bytes came in (sec:P12).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from httpcore import BodyReader, HTTPError
from mvc.requests.parameters import decode_extended, parse_parameterized
from mvc.requests.saving import NO_ROOM
from mvc.requests.uploads import UploadedFile

MAX_FIELDS = 1000  # text fields -> 400, as in a urlencoded form
MAX_FILES = 100  # -> 413
MAX_PART_FIELDS = 8  # header fields of one part -> 400; RFC 7578 knows three
MAX_PART_HEAD = 4096  # bytes of them together -> 400
MAX_FIELD_SIZE = 256 * 1024  # bytes of one text field -> 413
MAX_TEXT_SIZE = 1024 * 1024  # bytes of all text fields -> 413
_PIECE = 64 * 1024

# RFC 2046 5.1.1: 1 to 70 of bchars, the last one no blank.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
UTF8_NAMES = ("utf-8", "utf8", "us-ascii")
_IDENTITY_ENCODINGS = ("7bit", "8bit", "binary")


class FileSink(Protocol):
    """What takes a file while it arrives. close: removes what was written."""

    size: int

    def write(self, data: bytes) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


_File = TypeVar("_File", bound=FileSink)
# Makes what takes a file, of the field's name, the file's name and its media type.
OpenFile = Callable[[str, str, str], _File]


def open_spooled(field: str, filename: str, content_type: str) -> UploadedFile:
    """A file in memory, or without a name on disk."""
    return UploadedFile(filename, content_type)


@dataclass(slots=True)
class _Part(Generic[_File]):
    """The part that is arriving: a file, or text."""

    name: str
    file: _File | None
    is_named: bool = True
    text: bytearray = field(default_factory=bytearray)


def read_multipart(
    boundary: str, body: BodyReader, open_file: OpenFile[_File]
) -> tuple[list[tuple[str, str]], list[tuple[str, _File]]]:
    """Every text field and every file, in order. A file input left empty is no file.

    Raises HTTPError: 400 malformed, unfinished, an encoded part, too many fields or part headers;
    413 a text too large, all texts too large, too many files; 507 the disk is full. Temporary
    files do not outlive it.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise HTTPError(400, "The multipart boundary is missing or not valid.")
    collector = _Collector(open_file)
    try:
        _feed(boundary, body, collector)
    except BaseException as error:
        collector.close()
        if isinstance(error, MultipartError):
            raise HTTPError(400, f"The multipart form is malformed: {_reason(error)}.") from None
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise HTTPError(507, "There is no room to keep the uploaded files.") from error
        raise
    return collector.fields, collector.files


def _feed(boundary: str, body: BodyReader, collector: _Collector[Any]) -> None:
    with PushMultipartParser(
        boundary,
        max_header_size=MAX_PART_HEAD,
        max_header_count=MAX_PART_FIELDS,
        strict=True,
    ) as parser:
        for piece in _pieces(body):
            for event in parser.parse(piece):
                collector.take(event)


def _pieces(body: BodyReader) -> Iterator[bytes]:
    """The body in pieces of exactly `_PIECE` bytes, the last one longer.

    Longer, because in strict mode the parser takes nothing after the closing boundary, not even
    its line break, in a piece of its own.
    """
    pending = bytearray()
    while chunk := body.read(_PIECE):
        pending += chunk
        while len(pending) >= 2 * _PIECE:
            yield bytes(pending[:_PIECE])
            del pending[:_PIECE]
    if pending:
        yield bytes(pending)


class _Collector(Generic[_File]):
    """Takes the parser's events and keeps what they carry, within the limits."""

    def __init__(self, open_file: OpenFile[_File]) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, _File]] = []
        self._open_file = open_file
        self._part: _Part[_File] | None = None
        self._field_count = 0
        self._file_count = 0
        self._text_size = 0

    def take(self, event: Any) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        else:
            self._append(event)

    def close(self) -> None:
        """Delete every temporary file, that of an unfinished part too."""
        for _, file in self.files:
            file.close()
        if self._part is not None and self._part.file is not None:
            self._part.file.close()

    def _begin(self, segment: MultipartSegment) -> None:
        _check_part_head(segment)
        filename = _filename_of(segment)
        if filename is None:
            self._field_count += 1
            if self._field_count > MAX_FIELDS:
                raise HTTPError(400, f"More than {MAX_FIELDS} fields were sent.")
            if (segment.charset or "utf-8").lower() not in UTF8_NAMES:
                raise HTTPError(415, "The text fields of a form are taken in UTF-8 only.")
            self._part = _Part(segment.name or "", None)
            return
        self._file_count += 1
        if self._file_count > MAX_FILES:
            raise HTTPError(413, f"More than {MAX_FILES} files were sent.")
        media_type = segment.content_type or "application/octet-stream"
        file = self._open_file(segment.name or "", filename, media_type)
        self._part = _Part(segment.name or "", file, is_named=bool(filename))

    def _append(self, data: bytes) -> None:
        part = self._open_part()
        if part.file is not None:
            part.file.write(data)
            return
        part.text += data
        self._text_size += len(data)
        if len(part.text) > MAX_FIELD_SIZE or self._text_size > MAX_TEXT_SIZE:
            raise HTTPError(413, "The text fields of the form are too large.")

    def _end(self) -> None:
        part = self._open_part()
        self._part = None
        if part.file is None:
            try:
                self.fields.append((part.name, part.text.decode()))
            except UnicodeDecodeError:
                raise HTTPError(400, "A field of the form is not valid UTF-8.") from None
            return
        if part.file.size or part.is_named:
            part.file.finish()
            self.files.append((part.name, part.file))

    def _open_part(self) -> _Part[_File]:
        if self._part is None:
            raise HTTPError(400, "The multipart form is malformed: data outside a part.")
        return self._part


def _check_part_head(segment: MultipartSegment) -> None:
    """Refuse what browsers never send (sec:F3)."""
    fields = segment.headerlist
    if sum(len(name.encode()) + len(value.encode()) + 4 for name, value in fields) > MAX_PART_HEAD:
        raise HTTPError(400, f"The head of a part is longer than {MAX_PART_HEAD} bytes.")
    names = [name for name, _ in fields]
    if len(set(names)) != len(names):
        raise HTTPError(400, "A part of the form repeats a header field.")
    encoding = segment.header("Content-Transfer-Encoding", "8bit").strip(" \t").lower()
    if encoding not in _IDENTITY_ENCODINGS:
        raise HTTPError(400, "A part of the form has a Content-Transfer-Encoding; send it as is.")


def _filename_of(segment: MultipartSegment) -> str | None:
    """The file name, None for a text field. `filename*` is not in RFC 7578 but is sent (F16)."""
    parameters = parse_parameterized(segment.header("Content-Disposition")).parameters
    extended = decode_extended(parameters.get("filename*", ""))
    filename: str | None = segment.filename
    return filename if extended is None else extended


def _reason(error: MultipartError) -> str:
    return str(error.args[0]) if error.args else "not readable"
