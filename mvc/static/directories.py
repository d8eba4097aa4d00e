"""What is in a folder, for whoever may look into it (feat:W2, W3)."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mvc.responses.content_types import content_type_of
from mvc.static.opening import Found, is_plain_name

FOLDER_TYPE = "folder"
_UNITS = "kMGTP"
_STEP = 1024
_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A file or folder. url: percent-encoded, with a final slash for a folder. size: in bytes,
    None for a folder. modified: seconds since the epoch. type: media type, or "folder"."""

    name: str
    url: str
    size: int | None
    modified: float
    type: str

    @property
    def is_folder(self) -> bool:
        return self.size is None

    @property
    def size_text(self) -> str:
        """The size as people read it: 532, 1.2k, 3.4M."""
        return "" if self.size is None else format_size(self.size)


def list_directory(path: str | Path | int, prefix: str) -> list[DirectoryEntry]:
    """The files and folders in a folder that a visitor may have, folders first, then by name.

    path: of the folder, or its descriptor, which stays open. prefix: what their URLs begin with.
    Hidden ones (`.name`, `name~`), links, names that no mount serves, what is neither file nor
    folder and what cannot be read are left out. Raises OSError when the folder cannot be read.
    """
    if isinstance(path, int):
        found = list(_entries(path, prefix))
    else:
        descriptor = os.open(path, _FLAGS)
        try:
            found = list(_entries(descriptor, prefix))
        finally:
            os.close(descriptor)
    return sort_entries(found, "name", False)


def list_links(
    descriptor: int, prefix: str, follow: Callable[[str], Found | None]
) -> list[DirectoryEntry]:
    """The entries for symbolic links in a folder, in no order, of a mount that follows them.

    follow: opens what a name in the folder leads to, None where that is not served.
    """
    with os.scandir(descriptor) as found:
        names = [each.name for each in found if each.is_symlink() and _is_shown(each.name)]
    entries = []
    for name in names:
        target = follow(name)
        if target is not None:
            target.close()
            entries.append(_made(name, prefix, target.status))
    return entries


# What a listing can be sorted by; a folder has no size.
SORT_KEYS: dict[str, Callable[[DirectoryEntry], Any]] = {
    "name": lambda entry: entry.name.casefold(),
    "modified": lambda entry: entry.modified,
    "size": lambda entry: entry.size or 0,
    "type": lambda entry: entry.type,
}


def sort_entries(
    entries: list[DirectoryEntry], key: str, is_descending: bool
) -> list[DirectoryEntry]:
    """By one of `SORT_KEYS`, equal ones by name; folders first in either direction."""
    by_name = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))
    ordered = sorted(by_name, key=SORT_KEYS[key], reverse=is_descending)
    return sorted(ordered, key=lambda entry: not entry.is_folder)


def format_size(size: int) -> str:
    """Bytes below a thousand as they are, then 1.2k, 3.4M, 5.6G."""
    if size < 1000:
        return str(size)
    units = iter(_UNITS)
    value, unit = size / _STEP, next(units)
    while value >= 1000 and (larger := next(units, "")):
        value, unit = value / _STEP, larger
    return f"{value:.1f}{unit}"


def _entries(descriptor: int, prefix: str) -> Iterator[DirectoryEntry]:
    with os.scandir(descriptor) as found:
        for each in found:
            if _is_shown(each.name):
                entry = _entry(each, descriptor, prefix)
                if entry is not None:
                    yield entry


def _is_shown(name: str) -> bool:
    """Whether a visitor may have what is called so: no hidden name, no backup, no odd bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return is_plain_name(name) and not name.endswith("~")


def _entry(each: os.DirEntry[str], descriptor: int, prefix: str) -> DirectoryEntry | None:
    try:
        is_folder = each.is_dir(follow_symlinks=False)
        needed = os.R_OK | os.X_OK if is_folder else os.R_OK
        is_served = is_folder or each.is_file(follow_symlinks=False)
        if not is_served or not os.access(each.name, needed, dir_fd=descriptor):
            return None
        return _made(each.name, prefix, each.stat(follow_symlinks=False))
    except OSError:  # gone meanwhile
        return None


def _made(name: str, prefix: str, status: os.stat_result) -> DirectoryEntry:
    url = prefix + quote(name)
    if stat.S_ISDIR(status.st_mode):
        return DirectoryEntry(name, f"{url}/", None, status.st_mtime, FOLDER_TYPE)
    kind = content_type_of(name).partition(";")[0]
    return DirectoryEntry(name, url, status.st_size, status.st_mtime, kind)
