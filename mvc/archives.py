"""Unpacking a ZIP archive that a client sent (sec:T11).

What an archive says about itself is checked first, because that is cheap, and what comes out of it
again while it is written, because an archive may lie. Before either, the size of its directory is
looked at: `zipfile` reads it whole, and a few megabytes of it are a hundred thousand entries.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from httpcore import HTTPError
from mvc.requests.saving import COPY_CHUNK, NO_ROOM, create_private
from mvc.requests.uploads import safe_filename

_DIRECTORY_MODE = 0o700
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SMALL = 1024 * 1024  # bytes; below, a text of blanks may well shrink to nothing
# End of central directory record (APPNOTE 4.3.16): signature, size of the directory at 12.
_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65535
_ZIP64_LOCATOR = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_ENTRY_SIZE = 600  # bytes of the directory that an entry with a long name takes


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """entries: how many; size: bytes unpacked; ratio: unpacked to packed, of a large entry."""

    entries: int = 1000
    size: int = 100 * 1024 * 1024
    ratio: int = 100


_DEFAULT_LIMITS = ArchiveLimits()


def extract_zip(
    archive: BinaryIO, folder: str | Path, limits: ArchiveLimits = _DEFAULT_LIMITS
) -> list[Path]:
    """Unpack into a new folder, files 0600 in folders 0700, and return the files' paths.

    archive: seekable, as `UploadedFile.file`. Names become `safe_filename`s.
    Raises FileExistsError when the folder exists; HTTPError 400 for what is no sound ZIP file, and
    for links, devices, encrypted entries and names that lead out of the folder; 413 beyond a limit;
    507 when the disk is full. Then nothing is left of the folder.
    """
    target = Path(folder)
    target.mkdir(mode=_DIRECTORY_MODE)
    try:
        return _extract(archive, target, limits)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise HTTPError(507, "There is no room to unpack the archive.") from error
        if isinstance(error, (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)):
            raise HTTPError(400, "The archive is damaged.") from error
        if isinstance(error, OSError) and error.errno in (errno.EEXIST, errno.ENOTDIR):
            raise HTTPError(400, "The archive names the same file twice.") from error
        raise


def _extract(archive: BinaryIO, target: Path, limits: ArchiveLimits) -> list[Path]:
    size = _check_directory(archive, limits)
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        _check_entries(entries, size, limits)
        paths = []
        left = limits.size
        for entry in entries:
            path = target.joinpath(*_parts_of(entry))
            if entry.is_dir():
                _make_folders(target, path)
                continue
            _make_folders(target, path.parent)
            left -= _write(opened, entry, path, left)
            paths.append(path)
    return paths


def _check_directory(archive: BinaryIO, limits: ArchiveLimits) -> int:
    """The archive's size in bytes, if its directory is of a size that may be read."""
    size = archive.seek(0, os.SEEK_END)
    begin = max(0, size - _LONGEST_COMMENT - _END_SIZE - _LOCATOR_SIZE)
    archive.seek(begin)
    tail = archive.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise HTTPError(400, "This is not a ZIP archive.")
    if tail[max(0, place - _LOCATOR_SIZE) : place].startswith(_ZIP64_LOCATOR):
        raise HTTPError(413, "The archive is too large (ZIP64).")
    if int.from_bytes(tail[place + 12 : place + 16], "little") > limits.entries * _ENTRY_SIZE:
        raise HTTPError(413, f"The archive has more than {limits.entries} entries.")
    return size


def _check_entries(
    entries: list[zipfile.ZipInfo], archive_size: int, limits: ArchiveLimits
) -> None:
    """What the archive says of itself."""
    if len(entries) > limits.entries:
        raise HTTPError(413, f"The archive has more than {limits.entries} entries.")
    if sum(entry.file_size for entry in entries) > limits.size:
        raise HTTPError(413, f"The archive is larger than {limits.size} bytes unpacked.")
    if sum(entry.compress_size for entry in entries) > archive_size:
        raise HTTPError(400, "Entries of the archive overlap.")  # one kernel, unpacked many times
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise HTTPError(400, "The archive holds a link or a device.")
        if entry.flag_bits & 0x1 or entry.compress_type not in _METHODS:
            raise HTTPError(400, "The archive is encrypted, or packed by an unusual method.")
        is_large = entry.file_size > _SMALL
        if is_large and entry.file_size > limits.ratio * max(1, entry.compress_size):
            raise HTTPError(413, f"An entry unpacks to more than {limits.ratio} times its size.")


def _parts_of(entry: zipfile.ZipInfo) -> list[str]:
    """The path in the target's folder. A name that leads out of it is no slip but an attack."""
    name = entry.orig_filename.removesuffix("/")
    parts = name.split("/")
    if "\\" in name or "\0" in name or ":" in parts[0] or {"", ".", ".."} & set(parts):
        raise HTTPError(400, "The archive holds a file name that is not safe.")
    return [safe_filename(part) for part in parts]


def _make_folders(target: Path, folder: Path) -> None:
    """The folder and those between it and the target, each for us only."""
    for place in (*reversed(folder.relative_to(target).parents), folder.relative_to(target)):
        (target / place).mkdir(mode=_DIRECTORY_MODE, exist_ok=True)


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Unpack one file of at most `left` bytes; how many it had."""
    size = 0
    with opened.open(entry) as source, os.fdopen(create_private(path), "wb") as output:
        while chunk := source.read(COPY_CHUNK):
            size += len(chunk)
            if size > min(left, entry.file_size):
                raise HTTPError(413, "The archive unpacks to more than it says.")
            output.write(chunk)
    return size
