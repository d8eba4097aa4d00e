"""Writing what a client sends to new files of our own."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from httpcore import BodyReader

FILE_MODE = 0o600  # sec:A11: an upload is the application's alone
COPY_CHUNK = 64 * 1024
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # sec:F6

# Called after each piece with the bytes written so far and the bytes in all (None: not known).
ProgressCallback = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class SavedBody:
    """What `save_to` wrote: the path, its size in bytes, the digest in hexadecimal."""

    path: Path
    size: int
    digest: str


def create_private(path: Path) -> int:
    """The descriptor of a new file of mode 0600. Raises FileExistsError, for a link too."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, FILE_MODE)


def save_stream(
    stream: BodyReader, path: Path, algorithm: str, progress: ProgressCallback | None
) -> SavedBody:
    """Copy the body to a new file of mode 0600 and hash it on the way.

    Raises FileExistsError when the file exists, ValueError for an unknown algorithm, and what
    reading raises; a file that did not arrive whole is removed.
    """
    digest = hashlib.new(algorithm)
    size = 0
    descriptor = create_private(path)
    try:
        with os.fdopen(descriptor, "wb") as output:
            while chunk := stream.read(COPY_CHUNK):
                output.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if progress is not None:
                    progress(size, stream.size)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return SavedBody(path, size, digest.hexdigest())
