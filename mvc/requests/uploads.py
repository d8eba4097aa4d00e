"""Uploaded files: spooled while they arrive, gone with the request unless they are saved.

A client's file name is for display only: it is reduced to a base name that no file system, shell
or header reads otherwise than it looks (sec:F4).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import unicodedata
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from mvc.requests.saving import COPY_CHUNK, create_private

SPOOL_SIZE = 64 * 1024  # bytes kept in memory, a larger file goes to disk (sec section 2)
MAX_NAME = 255  # bytes of UTF-8, what file systems allow

# Names that Windows takes for devices, with any extension (sec:F1).
RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
_RENAME_ATTEMPTS = 100
_UNSAFE = re.compile(r'[<>:"|?*]')


class UploadedFile:
    """One file of a multipart form.

    filename: safe base name, never empty. content_type: what the client says, believe it not.
    size: bytes.
    """

    __slots__ = ("_file", "content_type", "filename", "size")

    def __init__(self, filename: str, content_type: str) -> None:
        # Closed by `close`, at the latest with the request's last reference.
        self._file = SpooledTemporaryFile(max_size=SPOOL_SIZE)  # noqa: SIM115
        self.filename = safe_filename(filename)
        self.content_type = content_type
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append while the form is parsed."""
        self._file.write(data)
        self.size += len(data)

    def finish(self) -> None:
        """The last byte is here: reading begins at the first."""
        self._file.seek(0)

    @property
    def file(self) -> BinaryIO:
        """The content as a binary file, positioned wherever the last reader left it."""
        return self._file  # type: ignore[return-value]

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes from where the last read ended, b"" at the end."""
        return self._file.read(size)

    def seek(self, position: int) -> None:
        self._file.seek(position)

    def save(self, target: str | Path) -> Path:
        """Write the whole content to a new file, mode 0600, and return its path.

        Where `read` goes on stays the same.
        target: a file that must not exist yet (FileExistsError), or a folder, where the file is
        named `filename`, with a random suffix if that name is taken.
        """
        path = Path(target)
        if path.is_dir():
            descriptor, path = _create_in(path, self.filename)
        else:
            descriptor = create_private(path)
        place = self._file.tell()
        try:
            with os.fdopen(descriptor, "wb") as output:
                self._file.seek(0)
                while chunk := self._file.read(COPY_CHUNK):
                    output.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            self._file.seek(place)
        return path

    def close(self) -> None:
        """Delete the temporary file. Reading afterwards raises ValueError."""
        with contextlib.suppress(OSError):  # it tries once more what a full disk did not take
            self._file.close()

    def __del__(self) -> None:
        # A streamed answer may read the upload after its endpoint has returned, so the file lives
        # as long as somebody holds it and is closed, not leaked, when nobody does.
        self.close()

    def __repr__(self) -> str:
        return f"<UploadedFile {self.filename!r} {self.size} bytes>"


def safe_filename(name: str, fallback: str = "file") -> str:
    """A base name for display and storage (sec:F4).

    Without folders of either slash, control, format (bidi) and wildcard characters, leading dots,
    trailing dots and blanks; NFC; at most 255 bytes with the suffix kept; no device name.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    kept = _UNSAFE.sub("_", kept).lstrip(". ").rstrip(". ")
    if not kept:
        return fallback
    if kept.partition(".")[0].rstrip(" ").lower() in RESERVED_NAMES:
        kept = f"_{kept}"
    return _shortened(kept)


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_NAME:
        return name
    stem, suffix = os.path.splitext(name)
    room = MAX_NAME - len(suffix.encode())
    if room < 1:
        stem, suffix, room = name, "", MAX_NAME
    return stem.encode()[:room].decode(errors="ignore") + suffix


def _create_in(folder: Path, filename: str) -> tuple[int, Path]:
    stem, suffix = os.path.splitext(filename)
    name = filename
    for _ in range(_RENAME_ATTEMPTS):
        try:
            return create_private(folder / name), folder / name
        except FileExistsError:
            room = MAX_NAME - len(suffix.encode()) - 9
            short = stem.encode()[:room].decode(errors="ignore")
            name = f"{short}_{secrets.token_hex(4)}{suffix}"
    raise FileExistsError(f"no free name for {filename!r} in {folder}")
