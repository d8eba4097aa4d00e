"""`mount`: folders served under a prefix, declared beside the routes (feat:W1, W9-W12, W15)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypedDict, Unpack

from mvc.config import ConfigError, Settings
from mvc.routing import Route, caller_outside, make_route, registry_of
from mvc.static.files import StaticFiles
from mvc.static.options import FileOptions, Listing, Permission, as_names
from mvc.suggestions import did_you_mean

_LISTINGS: dict[object, Listing] = {False: "none", True: "index", "plain": "plain"}
_DEFAULT_INDEX = "index.html"
# Options of `route` that mean the same for a mount.
_ROUTE_OPTIONS = ("name", "login", "permissions", "middleware", "cors", "csp", "max_concurrency")


class MountOptions(TypedDict, total=False):
    """The keywords of `mount`, for editors and type checkers."""

    name: str
    listing: bool | str
    index: str | Sequence[str]
    not_found: str
    fallback: str
    cache_control: str | Mapping[str, str]
    match: str
    content_types: Mapping[str, str]
    follow_symlinks: bool
    download: bool
    permission: Permission | None
    signed: bool
    login: bool
    permissions: str | Sequence[str]
    middleware: Sequence[Any]
    cors: Any
    csp: str | Mapping[str, str] | None
    max_concurrency: int | None


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount as declared. prefix: with both slashes. location: `file:line`."""

    prefix: str
    folders: tuple[Path, ...]
    options: FileOptions
    name: str | None
    route_options: Mapping[str, Any]
    location: str

    def files(self, settings: Settings) -> StaticFiles:
        """What serves them. Relative folders count from the application's own.

        Raises ConfigError for a folder that is not there; a plain listing says so itself (feat:W3).
        """
        base = settings.app_dir or Path.cwd()
        folders = [base / folder for folder in self.folders]
        for folder in folders:
            if self.options.listing != "plain" and not folder.is_dir():
                raise ConfigError(
                    f"{self.location}: mount {self.prefix}: there is no folder {folder}; make it, "
                    "or name another"
                )
        return StaticFiles(folders, self.prefix, self.options, settings)

    def routes(self, files: StaticFiles, declared: Iterable[Route] = ()) -> list[Route]:
        """The routes that lead to the files; of the folder's own address where none is declared."""
        taken = {route.pattern.text for route in declared if "GET" in route.methods}
        patterns = [f"{self.prefix}<path:path>"]
        if files.options.is_browsable:
            patterns += {self.prefix, self.prefix.rstrip("/") or "/"} - taken
        return [self._route(pattern, files) for pattern in sorted(patterns)]

    def _route(self, pattern: str, files: StaticFiles) -> Route:
        name = self.name if "<" in pattern else None
        return make_route((pattern, "GET", name), files, self.route_options, self.location)


def mount(
    prefix: str, folders: str | Path | Sequence[str | Path], **given: Unpack[MountOptions]
) -> Mount:
    """Serve the files of a folder, or of several in their order, below a URL prefix.

    Mounts come after all routes, the longest prefix first; `/` is a document root. Options:
    listing: True for the page "Index of ...", "plain" for a bare list of links.
    index: names that answer for their folder, default index.html. not_found: a file sent as the
    404. fallback: a file sent for any path without a suffix that leads nowhere (an application of
    one page). cache_control: the field's value, or a table of pattern (`*.js`) -> value; the first
    that fits counts, default no-cache. match: a regular expression; only files in whose path it is
    found are served. content_types: suffix -> media type. follow_symlinks: True follows links to
    places inside the folder. download: True sends every file as an attachment, as files of users
    should be (sec:H12). permission: function(request, path); false is a 403, a Response is the
    answer. signed: True answers addresses from `signed_url` only. name, login, permissions,
    middleware, cors, csp, max_concurrency: as of `route`; `url_for(name, path=...)`.
    Raises ValueError, with file and line, for an option that is unknown or makes no sense.
    """
    caller = caller_outside()
    mounted = declare_mount(prefix, folders, given, caller.location)
    registry_of(caller.module).mounts.append(mounted)
    return mounted


def declare_mount(
    prefix: str,
    folders: str | Path | Sequence[str | Path],
    given: Mapping[str, Any],
    location: str,
) -> Mount:
    """A mount from keywords as `mount` takes them."""
    if not prefix.startswith("/") or "//" in prefix or any(sign in prefix for sign in "<>{}?#%"):
        raise ValueError(f"{location}: mount {prefix!r}: give a path such as '/files/'")
    listed = [folders] if isinstance(folders, str | Path) else folders
    route_options = {name: given[name] for name in _ROUTE_OPTIONS if name in given}
    name = route_options.pop("name", None)
    try:
        options = _parse(given, bool(route_options.keys() & {"login", "permissions"}))
    except (ValueError, re.error) as error:
        raise ValueError(f"{location}: mount {prefix}: {error}") from None
    places = tuple(Path(folder) for folder in listed)
    return Mount(f"{prefix.rstrip('/')}/", places, options, name, route_options, location)


def _parse(given: Mapping[str, Any], is_guarded: bool) -> FileOptions:
    own = {each.name for each in fields(FileOptions)} - {"is_private", "is_hashed"}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in own and name not in _ROUTE_OPTIONS:
            known = sorted({*own, *_ROUTE_OPTIONS})
            hint = f"known: {', '.join(known)}"
            raise ValueError(f"no option {name!r}: {did_you_mean(name, known, hint)}")
        if name in own:
            values[name] = value
    listing = values.get("listing", False)
    if listing not in _LISTINGS:
        raise ValueError(f"listing={listing!r}: give True, False or 'plain'")
    values["listing"] = _LISTINGS[listing]
    values["index"] = as_names(values.get("index", _DEFAULT_INDEX))
    values["match"] = re.compile(values["match"]) if "match" in values else None
    is_private = is_guarded or bool(values.get("permission")) or bool(values.get("signed"))
    return FileOptions(**values, is_private=is_private)
