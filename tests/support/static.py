"""Static files without an application around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from httpcore import FileBody
from mvc.config import Settings
from mvc.static import FileOptions, StaticFiles


class StillClock:
    """Monotonic seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def static_files(
    *folders: Path,
    clock: Callable[[], float] | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> StaticFiles:
    """What serves these folders under /static/; `options` as of `FileOptions`."""
    return StaticFiles(
        folders, "/static/", FileOptions(**options), settings or Settings(), clock or StillClock()
    )


def body_of(response: Any) -> bytes:
    """The body's bytes; the response is closed, as the server does."""
    body = response.body
    if isinstance(body, FileBody):
        body.file.seek(body.offset)
        data = body.file.read(body.length)
    else:
        data = body if isinstance(body, bytes) else b"".join(body)
    response.close()
    return data


def write_tree(folder: Path, files: dict[str, bytes | Iterable[bytes]]) -> Path:
    """The folder, with these files in it by relative name."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else b"".join(content))
    return folder
