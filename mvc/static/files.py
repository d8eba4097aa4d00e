"""The handler of `/static/<path:path>`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from httpcore import HTTPError
from mvc.requests import Request
from mvc.responses import FileResponse
from mvc.responses.content_types import content_type_of
from mvc.static.opening import open_below

# A browser keeps the file but asks every time whether it changed: a 304 costs little, and a page
# never runs with yesterday's script.
_REVALIDATE = "no-cache"


class StaticFiles:
    """Serves files from several folders; for each file the first folder that has it counts.

    folders: the application's own first, then the top-level one. One that does not exist is empty.
    Register it for GET as a handler with the parameter `path`; ETag, ranges and HEAD are the
    dispatcher's, as for every FileResponse.
    """

    __name__ = "static"

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def __call__(self, request: Request, path: str) -> FileResponse:
        """The file, as it is now. Raises HTTPError 404, the same one for whatever reason."""
        for folder in self.folders:
            file = open_below(folder, path)
            if file is not None:
                return FileResponse(
                    file,
                    content_type=content_type_of(path),
                    headers={"Cache-Control": _REVALIDATE},
                )
        raise HTTPError(404)
