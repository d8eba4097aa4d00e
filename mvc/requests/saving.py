"""Writing what a client sends to new files of our own.

Nobody ever sees half a file under its name: what arrives goes to a nameless neighbour in the same
folder, which gets the name when it is whole (feat:V22). Giving the name by a link fails when the
name is taken, so two uploads never become one file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from httpcore import BodyReader

FILE_MODE = 0o600  # sec:A11: an upload is the application's alone
COPY_CHUNK = 64 * 1024
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # sec:F6
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
# Each system has some of these.
_NEW_FILE |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# What file systems without hard links say.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)

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
    return os.open(path, _NEW_FILE, FILE_MODE)


class DraftFile:
    """A file of mode 0600 on its way: `publish` gives it its name, `discard` removes it.

    Raises FileExistsError when the name is taken, ValueError for an unknown algorithm.
    """

    def __init__(self, path: Path, algorithm: str) -> None:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        self._digest = hashlib.new(algorithm)
        self._path = path
        self._draft = path.with_name(f".{secrets.token_hex(8)}.part")
        self._file = os.fdopen(create_private(self._draft), "wb")
        self._is_published = False
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def publish(self) -> SavedBody:
        """Raises FileExistsError when another has taken the name meanwhile."""
        self._file.close()
        try:
            os.link(self._draft, self._path)
            self._draft.unlink()
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(create_private(self._path))
            self._is_published = True
            self._draft.replace(self._path)
        self._is_published = True
        return SavedBody(self._path, self.size, self._digest.hexdigest())

    def discard(self) -> None:
        """Remove the file, published or not."""
        with contextlib.suppress(OSError):  # it tries once more what a full disk did not take
            self._file.close()
        self._draft.unlink(missing_ok=True)
        if self._is_published:
            self._path.unlink(missing_ok=True)


def save_stream(
    stream: BodyReader, path: Path, algorithm: str, progress: ProgressCallback | None
) -> SavedBody:
    """Copy the body to a new file of mode 0600 and hash it on the way.

    Raises FileExistsError when the file exists, ValueError for an unknown algorithm, and what
    reading raises; a file that did not arrive whole is removed.
    """
    draft = DraftFile(path, algorithm)
    try:
        while chunk := stream.read(COPY_CHUNK):
            draft.write(chunk)
            if progress is not None:
                progress(draft.size, stream.size)
        return draft.publish()
    except BaseException:
        draft.discard()
        raise
