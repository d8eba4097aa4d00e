"""Opening a file below a folder, and nowhere else (sec:F1, sec:F2).

A path that is checked and then opened by name can change in between. So the folder is opened, and
each component below it is opened relative to the descriptor of the one before, without following
symbolic links: whatever is swapped meanwhile, the kernel never leaves the folder. Names that would
mean something else on another system are refused on every system.

Every refusal looks alike: a name that is not allowed, a file outside, and a file that is not there
are all None.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from mvc.requests.uploads import RESERVED_NAMES

MAX_DEPTH = 32  # components; a deeper path is not there

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Non-blocking, because opening a FIFO would wait for a writer; of no effect on regular files.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_ABSENT = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.ENXIO}
)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\:]")


def open_below(folder: Path, path: str) -> BinaryIO | None:
    """The regular file at `path`, components joined by `/`, below `folder`; None if there is none.

    Raises OSError only for what is no property of the path, such as running out of descriptors.
    """
    components = path.split("/")
    if len(components) > MAX_DEPTH or not all(map(is_plain_name, components)):
        return None
    try:
        descriptor = _walk(folder, components)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "rb")


def is_plain_name(name: str) -> bool:
    """Whether a component is an ordinary, visible file name on every system."""
    if not name or name[0] == "." or name[-1] in ". " or _FORBIDDEN.search(name):
        return False
    return name.partition(".")[0].rstrip(" ").lower() not in RESERVED_NAMES


def _walk(folder: Path, components: Sequence[str]) -> int:
    # The folder itself may be reached through links: it is the application's own choice.
    current = os.open(folder, _FOLDER)
    try:
        for name in components[:-1]:
            below = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = below
        return os.open(components[-1], _FILE | os.O_NOFOLLOW, dir_fd=current)
    finally:
        os.close(current)
