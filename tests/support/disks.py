"""A disk that is full.

A buffered file keeps what the disk did not take and tries it once more when it is closed.
"""

import errno
import io
import os
from typing import BinaryIO, cast


class _SmallDisk(io.RawIOBase):
    def __init__(self, room: int) -> None:
        self._room = room

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return 0

    def write(self, data: object) -> int:
        size = len(cast(bytes, data))
        if size > self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._room -= size
        return size


def file_with_room(room: int) -> BinaryIO:
    """A buffered binary file on a disk that takes `room` bytes."""
    return io.BufferedRandom(cast(io.RawIOBase, _SmallDisk(room)))
