"""Opening a file below a folder, and nowhere else (sec:F1, sec:F2).

A path that is checked and then opened by name can change in between. So the folder is opened, and
each component below it is opened relative to the descriptor of the one before, without following
symbolic links: whatever is swapped meanwhile, the kernel never leaves the folder. Names that would
mean something else on another system are refused on every system.

The descriptor of the folder itself is kept. Once a second it is compared with what stands at the
folder's path, so that a deployment that puts another folder in its place is noticed. A thread may
still be walking below the old one then: the descriptor belongs to an object, and is closed when
the last thread lets go of that object, never under a walk.

Every refusal looks alike: a name that is not allowed, a file outside, and a file that is not there
are all None.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mvc.requests.uploads import RESERVED_NAMES

MAX_DEPTH = 32  # components; a deeper path is not there
RECHECK_SECONDS = 1.0  # how long a folder, or a file in the cache, is taken for unchanged

# Where a folder cannot be opened at all, on Windows, every file is absent.
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# Non-blocking, because opening a FIFO would wait for a writer; of no effect on regular files.
_FILE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
# The last is what a link says that is none any more when it is read.
_ABSENT = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ELOOP,
        errno.EACCES,
        errno.ENAMETOOLONG,
        errno.ENXIO,
        errno.EINVAL,
    }
)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\:]")


class Found(NamedTuple):
    """A regular file or a directory, open, and what the descriptor says of it.

    The caller closes the descriptor, or hands it to `as_file`.
    """

    descriptor: int
    status: os.stat_result

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)

    def as_file(self) -> FileIO:
        """The file object that now owns the descriptor."""
        return FileIO(self.descriptor, "rb")

    def close(self) -> None:
        os.close(self.descriptor)


class Root:
    """A folder that files are opened below.

    follow_symlinks: False takes every symbolic link for absent; True follows those that lead to a
    place inside the folder (feat:W12). clock: monotonic seconds.
    """

    def __init__(
        self,
        path: Path,
        follow_symlinks: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._follows = follow_symlinks
        self._clock = clock
        self._held: _Directory | None = None
        self._check_at = 0.0

    def find(self, path: str) -> Found | None:
        """The regular file or directory at `path`, components joined by `/`; "" is the folder.

        Raises OSError only for what is no property of the path, such as running out of descriptors.
        """
        components = path.split("/") if path else []
        if len(components) > MAX_DEPTH or not all(map(is_plain_name, components)):
            return None
        try:
            if self._follows:
                components = self._resolved(components)
            descriptor = _walk(self._directory(), components)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        found = Found(descriptor, os.fstat(descriptor))
        if stat.S_ISREG(found.status.st_mode) or found.is_directory:
            return found
        found.close()
        return None

    def _directory(self) -> _Directory:
        """The folder as it stands now, or did a moment ago. Raises OSError when there is none.

        Threads may race here: each gets a directory that was right within the last second.
        """
        held, now = self._held, self._clock()
        if held is None or now >= self._check_at:
            if held is None or not held.is_at(self.path):
                held = self._held = _Directory(self.path)
            self._check_at = now + RECHECK_SECONDS
        return held

    def _resolved(self, components: Sequence[str]) -> list[str]:
        """The components of the place that links lead to; it is then opened without any.

        Raises FileNotFoundError when that lies outside, or has a name that is not allowed.
        """
        # Not Path.resolve, which raises RuntimeError for links in a circle.
        inside = Path(os.path.realpath(self.path))
        place = Path(os.path.realpath(inside.joinpath(*components)))
        if not place.is_relative_to(inside):
            raise FileNotFoundError(errno.ENOENT, "outside of the folder")
        parts = list(place.relative_to(inside).parts)
        if not all(map(is_plain_name, parts)):
            raise FileNotFoundError(errno.ENOENT, "not allowed")
        return parts


class _Directory:
    """An open directory; closed when nobody refers to it any longer."""

    __slots__ = ("_identity", "descriptor")

    def __init__(self, path: Path) -> None:
        self.descriptor = -1
        # The folder itself may be reached through links: it is the application's own choice.
        self.descriptor = os.open(path, _FOLDER)
        self._identity = _identity_of(os.fstat(self.descriptor))

    def is_at(self, path: Path) -> bool:
        try:
            return _identity_of(os.stat(path)) == self._identity
        except OSError:
            return False

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


def open_below(folder: Path, path: str) -> BinaryIO | None:
    """The regular file at `path` below `folder`, or None; see `Root.find`."""
    found = Root(folder).find(path)
    if found is None:
        return None
    if found.is_directory:
        found.close()
        return None
    return found.as_file()


def is_plain_name(name: str) -> bool:
    """Whether a component is an ordinary, visible file name on every system."""
    if not name or name[0] == "." or name[-1] in ". " or _FORBIDDEN.search(name):
        return False
    return name.partition(".")[0].rstrip(" ").lower() not in RESERVED_NAMES


def _identity_of(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _walk(directory: _Directory, components: Sequence[str]) -> int:
    """The descriptor of the last component, or of the directory itself without any."""
    if not components:
        return os.open(".", _FOLDER, dir_fd=directory.descriptor)
    current = directory.descriptor
    try:
        for name in components[:-1]:
            below = os.open(name, _FOLDER | _NO_LINK, dir_fd=current)
            if current != directory.descriptor:
                os.close(current)
            current = below
        return os.open(components[-1], _FILE | _NO_LINK, dir_fd=current)
    finally:
        if current != directory.descriptor:
            os.close(current)
