"""A file that a client names, as the answer of a controller."""

from __future__ import annotations

from pathlib import Path

from httpcore import HTTPError
from mvc.responses import FileResponse, content_type_of
from mvc.responses.classes import HeadersLike
from mvc.static.opening import open_below


def file_below(
    folder: str | Path,
    path: str,
    *,
    download_name: str | None = None,
    as_attachment: bool = False,
    content_type: str | None = None,
    headers: HeadersLike = None,
) -> FileResponse:
    """The file at `path` below `folder`, and never one elsewhere, whatever the path says (sec:F1).

    `file(folder / path)` would follow a client's `..` and links out of the folder, and a path that
    begins with a slash to anywhere. The other arguments are those of `file`. Raises HTTPError 404
    for what a mount of the folder would not serve either: nothing there, a hidden name, a link, no
    regular file.
    """
    opened = open_below(Path(folder), path)
    if opened is None:
        raise HTTPError(404)
    name = path.rpartition("/")[2]
    return FileResponse(
        opened,
        download_name=download_name or (name if as_attachment else None),
        as_attachment=as_attachment,
        content_type=content_type or content_type_of(name),
        headers=headers,
    )
