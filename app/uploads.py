"""Files that people attach to posts.

A file is judged by its own bytes, never by the name or type the client sent (sec:F5): what is not
in the table below is refused. On disk it carries a random name of ours in one flat folder, so no
client's word is ever part of a path (sec:F4). Only raster images are shown in a page; everything
else is a download (sec:H12).
"""

import codecs
import secrets
from collections.abc import Iterable
from pathlib import Path

from mvc import Request, UploadedFile, raster_image_type

MAX_BYTES = 8_000_000  # one file; a phone's photograph fits, a film does not
FORM_MAX_BYTES = MAX_BYTES + 250_000  # with the text fields beside it: the routes' max_body

ACCEPTED = "PNG, JPEG, GIF, WebP or AVIF pictures, PDF, text, OpenDocument, Office and ZIP files"
_HEAD_BYTES = 64 * 1024  # of a file are looked at; the first dozen tell a picture

_TEXT_EXTENSIONS = (".txt", ".md", ".csv")
_ZIP_TYPES = {
    ".zip": "application/zip",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _document_type(head: bytes, extension: str) -> str | None:
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _ZIP_TYPES.get(extension)
    if extension in _TEXT_EXTENSIONS and _is_text(head):
        return "text/plain; charset=utf-8"
    return None


def _is_text(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # its last character may be cut
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def recognise(head: bytes, filename: str) -> str | None:
    """The media type of a file by its first bytes, or None when it is none that we take.

    The name's extension only tells apart what shares its first bytes (the ZIP family) or has none
    of its own (text).
    """
    return raster_image_type(head) or _document_type(head, Path(filename).suffix.lower())


def recognise_upload(file: UploadedFile) -> str | None:
    """`recognise` for a file as it was sent; its read position is left at the start."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return recognise(head, file.filename)


def folder_of(request: Request) -> Path:
    """Where the files lie: `uploads` in the application's data folder, made on first use."""
    data_dir: Path | None = request.app.settings.data_dir
    if data_dir is None:
        raise RuntimeError("attachments need a data folder: set data_root in the settings")
    folder = data_dir / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def store(folder: Path, file: UploadedFile) -> str:
    """Write a file, readable by us alone (mode 0600), and return its name in the folder."""
    name = secrets.token_hex(16)
    file.save(folder / name)
    return name


def discard(folder: Path, stored_names: Iterable[str]) -> None:
    """Delete files whose rows are gone. One that is missing already is no error."""
    for name in stored_names:
        (folder / name).unlink(missing_ok=True)
