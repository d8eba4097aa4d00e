"""A disk that is full, or soon will be.

A buffered file keeps what the disk did not take and tries it once more when it is closed.
"""

import contextlib
import errno
import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
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


@contextlib.contextmanager
def mounted_disk(size: str) -> Iterator[Path]:
    """The folder of a real disk (tmpfs) of `size`, "8m" for one. PermissionError without root."""
    with tempfile.TemporaryDirectory(prefix="treadle-disk-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise PermissionError(f"no tmpfs could be mounted here: {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
