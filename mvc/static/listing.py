"""The page of a folder: "Index of ...", its JSON form, or a plain list of links (feat:W2, W3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from httpcore import Response
from mvc.requests import prefers_json
from mvc.responses import HtmlResponse, JsonResponse, TextResponse
from mvc.responses.dates import format_last_modified
from mvc.responses.vary import add_vary
from mvc.static.directories import (
    SORT_KEYS,
    DirectoryEntry,
    list_directory,
    list_links,
    sort_entries,
)
from mvc.static.opening import Found
from mvc.static.options import PRIVATE, REVALIDATE
from mvc.static.resources import read_all
from mvc.views import render

if TYPE_CHECKING:
    from mvc.requests import Request
    from mvc.static.files import StaticFiles

_READMES = ("README", "README.txt", "README.md")
_MAX_README = 64 * 1024  # bytes shown above a listing
_LATEST = datetime.max.replace(tzinfo=UTC).timestamp() - 1  # file systems know later years
_COLUMNS = (
    ("name", "Name"),
    ("modified", "Last Modified"),
    ("size", "Size"),
    ("type", "Type"),
)


def answer_listing(files: StaticFiles, request: Request, path: str) -> Response | None:
    """The page of the folder at `path` below a mount, or None where there is none to be shown."""
    if files.options.listing == "none":
        return None
    located = files.find(path)
    if located is None:
        is_missing = files.options.listing == "plain" and not path
        return TextResponse("Directory not found", 500) if is_missing else None
    found = located[1]
    try:
        return _page_of(files, request, path, found) if found.is_directory else None
    finally:
        found.close()


def _page_of(files: StaticFiles, request: Request, path: str, found: Found) -> Response:
    prefix = files.prefix + (f"{quote(path)}/" if path else "")
    inside = f"{path}/" if path else ""
    entries = list_directory(found.descriptor, prefix)
    if files.options.follow_symlinks:
        entries += list_links(found.descriptor, prefix, lambda name: _target(files, inside + name))
        entries = sort_entries(entries, "name", False)
    entries = [
        each for each in entries if each.is_folder or files.options.allows(inside + each.name)
    ]
    if files.options.listing == "plain":
        response = _plain_page(entries)
    else:
        response = _index_page(files, request, path, entries)
        add_vary(response.headers, "Accept", "X-Requested-With")
    modified = max([found.status.st_mtime, *(each.modified for each in entries)])
    response.headers["Last-Modified"] = format_last_modified(modified)
    response.headers["Cache-Control"] = PRIVATE if files.options.is_private else REVALIDATE
    return response


def _target(files: StaticFiles, path: str) -> Found | None:
    """What a link leads to, where it may."""
    located = files.find(path)
    return located[1] if located else None


def _plain_page(entries: list[DirectoryEntry]) -> Response:
    links = Markup("").join(
        Markup('<li><a href="{}">{}</a></li>').format(each.url, each.name) for each in entries
    )
    return HtmlResponse(
        Markup("<!doctype html>\n<title>Files in server</title>\n")
        + Markup("<h1>Files in server</h1><ul>{}</ul>\n").format(links)
    )


def _index_page(
    files: StaticFiles, request: Request, path: str, entries: list[DirectoryEntry]
) -> Response:
    key = request.query.get("sort", "name")
    key = key if key in SORT_KEYS else "name"
    is_descending = request.query.get("order", "") == "desc"
    ordered = sort_entries(entries, key, is_descending)
    title = files.prefix + (f"{path}/" if path else "")
    if prefers_json(request):
        return JsonResponse({"path": title, "entries": [_as_json(each) for each in ordered]})
    return render(
        request,
        "treadle/listing.html",
        title=title,
        columns=_columns(key, is_descending),
        entries=[(each, _moment(each).strftime("%Y-%m-%d %H:%M")) for each in ordered],
        has_parent=bool(path),
        readme=_readme(files, path),
    )


def _columns(sorted_by: str, is_descending: bool) -> list[dict[str, str]]:
    """Heading and link of each column; the one sorted by now leads to the other direction."""
    columns = []
    for key, title in _COLUMNS:
        is_current = key == sorted_by
        order = "desc" if is_current and not is_descending else "asc"
        arrow = ("↓" if is_descending else "↑") if is_current else ""
        columns.append({"title": title, "url": f"?sort={key}&order={order}", "arrow": arrow})
    return columns


def _readme(files: StaticFiles, path: str) -> str:
    for name in _READMES:
        inside = f"{path}/{name}" if path else name
        located = files.find(inside) if files.options.allows(inside) else None
        if located is None:
            continue
        found = located[1]
        try:
            text = None if found.is_directory else read_all(found, _MAX_README)
        finally:
            found.close()
        if text is not None:
            return text.decode("utf-8", "replace")
    return ""


def _as_json(entry: DirectoryEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "url": entry.url,
        "type": entry.type,
        "size": entry.size,
        "modified": _moment(entry).isoformat(timespec="seconds"),
    }


def _moment(entry: DirectoryEntry) -> datetime:
    # One odd file must not take the page from the others.
    return datetime.fromtimestamp(min(max(entry.modified, 0.0), _LATEST), UTC)
