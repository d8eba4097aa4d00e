"""Files of a multipart form that go straight to their destination as their bytes arrive (feat:V22).

Nothing lies between the socket and the file: no spooled body, no temporary copy. The files get
their names when the whole form has arrived; a form that breaks off leaves none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from httpcore import HTTPError, require_room, size_text
from mvc.requests.saving import DraftFile, ProgressCallback, SavedBody
from mvc.requests.uploads import safe_filename


@dataclass(frozen=True, slots=True)
class SaveTo:
    """Where a file goes, and how.

    path: must not exist yet. hash: a name that hashlib knows. max_size: bytes, more is a 413.
    progress: called after each piece with the bytes so far and None.
    """

    path: str | Path
    hash: str = "sha256"
    max_size: int | None = None
    progress: ProgressCallback | None = None


@dataclass(frozen=True, slots=True)
class SavedFile:
    """filename: safe base name. content_type: what the client says. size in bytes, digest in
    hexadecimal."""

    filename: str
    content_type: str
    path: Path
    size: int
    digest: str


# Called with the field, the file's safe name and its media type when the file begins; None throws
# the file away. It may raise HTTPError to refuse the whole form.
FileCallback = Callable[[str, str, str], SaveTo | str | Path | None]


class IncomingFile:
    """One file while it arrives. target: None throws it away."""

    def __init__(self, filename: str, content_type: str, target: SaveTo | None) -> None:
        self.filename = safe_filename(filename)
        self.content_type = content_type
        self.size = 0
        self._target = target
        self._draft = None if target is None else DraftFile(Path(target.path), target.hash)

    def write(self, data: bytes) -> None:
        """Raises HTTPError 413 beyond the file's own limit."""
        self.size += len(data)
        if self._target is None or self._draft is None:
            return
        limit = self._target.max_size
        if limit is not None and self.size > limit:
            raise HTTPError(413, f"A file is larger than {size_text(limit)}.")
        self._draft.write(data)
        if self._target.progress is not None:
            self._target.progress(self.size, None)

    def finish(self) -> None:
        """Its last byte is here; the form goes on."""

    def publish(self) -> SavedFile | None:
        """Give the file its name; None for one that was thrown away."""
        if self._draft is None:
            return None
        saved: SavedBody = self._draft.publish()
        return SavedFile(self.filename, self.content_type, saved.path, saved.size, saved.digest)

    def close(self) -> None:
        """Remove what was written."""
        if self._draft is not None:
            self._draft.discard()


@dataclass(frozen=True, slots=True)
class Receiver:
    """Opens the files of one form. reserve: bytes to leave free on a disk (sec:F6)."""

    place: FileCallback
    reserve: int

    def open(self, field: str, filename: str, content_type: str) -> IncomingFile:
        # A browser sends a file input that was left empty as a nameless empty file.
        wanted = self.place(field, safe_filename(filename), content_type) if filename else None
        target = SaveTo(wanted) if isinstance(wanted, str | Path) else wanted
        if target is not None:
            require_room(Path(target.path).parent, 0, self.reserve)
        return IncomingFile(filename, content_type, target)
