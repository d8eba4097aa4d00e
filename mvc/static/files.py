"""The handler of a mount: from a path to the file, the folder's page or the 404.

The road of a cached file is short, because most requests take it: `quick` looks at the head's bytes
for the few fields that could change the answer, and gives the prepared body and fields. Everything
else takes the long road through `__call__`, which the dispatcher's last steps follow (ranges).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from httpcore import FileBody, Headers, HTTPError
from httpcore import Response as ServerResponse
from mvc.requests import Request
from mvc.responses import RedirectResponse, Response
from mvc.responses.codings import IDENTITY, best_coding
from mvc.responses.conditional import answer_precondition
from mvc.security.signed_urls import check_signature
from mvc.static.endpoint import FileEndpoint
from mvc.static.hashed import split_name, static_url
from mvc.static.listing import answer_listing
from mvc.static.opening import Root
from mvc.static.options import REVALIDATE, FileOptions
from mvc.static.resources import Representation, Resource
from mvc.static.store import ResourceStore

if TYPE_CHECKING:
    from mvc.config import Settings

# Looks at a file that is another one each time it is opened; a log that grows needs two.
_ATTEMPTS = 4
_ACCEPT_ENCODING = b"\naccept-encoding:"


class PreparedResponse(Response):
    """A response from fields that are already valid, and nobody else's."""

    __slots__ = ("same_until",)

    def __init__(self, body: bytes | FileBody, headers: Headers, same_until: float = 0.0) -> None:
        self.body = body
        self.status = 200
        self.headers = headers
        self.same_until = same_until


class StaticFiles:
    """Serves files from several folders; for each file the first folder that has it counts.

    folders: one that does not exist is empty. prefix: of the URL, with both slashes.
    Register it for GET as a handler with the parameter `path`.
    """

    __name__ = "static"
    endpoint_type = FileEndpoint

    def __init__(
        self,
        folders: Iterable[Path],
        prefix: str,
        options: FileOptions,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folders = tuple(folders)
        self.prefix = prefix
        self.options = options
        self._clock = clock
        roots = [Root(each, options.follow_symlinks, clock) for each in self.folders]
        self._store = ResourceStore(roots, prefix, options, settings, clock)
        self._known = self._store.known
        self.find = self._store.find

    # Answering.

    def __call__(self, request: Request, path: str = "") -> ServerResponse:
        """The file, as it is now. Raises HTTPError 404, the same one for whatever reason."""
        refusal = self._refusal(request, path)
        if refusal is not None:
            return refusal
        if _has_encoded_slash(request):
            return self._answer_otherwise(request, path)
        if not path and not request.path.endswith("/"):
            return _to_slash(request)
        if not path or path.endswith("/"):
            answer = self._answer_folder(request, path[:-1]) if self.options.is_browsable else None
        else:
            answer = self._answer_file(request, path) or self._answer_slash(request, path)
        return answer or self._answer_otherwise(request, path)

    def quick(self, request: Request) -> Response | None:
        """The answer when it is a whole file that was looked at within the last second."""
        path: str = request.head.match["path"]  # type: ignore[index]  # made by the route's pattern
        resource = self._known(path)
        if resource is None or self._clock() >= resource.fresh_until:
            return None
        if "%2" in request.head.raw_path and _has_encoded_slash(request):
            return None
        fields = b"\n" + request.head.field_block.lower()
        if b"\nif-" in fields or b"\nrange:" in fields:
            return None
        chosen = resource.identity
        if resource.offered and _ACCEPT_ENCODING in fields:
            coding = best_coding(_value_of(_ACCEPT_ENCODING, fields), resource.offered)
            chosen = resource.encoded[coding] if coding != IDENTITY else chosen
        body = chosen.body if chosen.body is not None else self._open_quickly(resource, chosen)
        if body is None:
            return None
        return PreparedResponse(body, chosen.headers_copy(), resource.fresh_until)

    def url(self, path: str) -> str:
        """The URL of a file for a page: with the hash of the content where that is on."""
        clean, names = path.lstrip("/"), self._store.names
        return static_url(self.prefix, names.name_of(clean) if names else clean)

    def _refusal(self, request: Request, path: str) -> ServerResponse | None:
        """Ask who may have the file, before anybody looks whether it is there (feat:W15)."""
        if self.options.signed:
            check_signature(request)
        if self.options.permission is None:
            return None
        answer = self.options.permission(request, path)
        if isinstance(answer, ServerResponse):
            return answer
        if not answer:
            raise HTTPError(403, "You may not have this file.")
        return None

    def _answer_file(self, request: Request, path: str, status: int = 200) -> Response | None:
        for _ in range(_ATTEMPTS):
            name, resource = path, self._store.get(path)
            if resource is None and self.options.is_hashed and (plain := split_name(path)):
                # Not of this content, or no longer: what there is now, to be asked for again.
                name, resource = plain[0], self._store.get(plain[0])
            if resource is None:
                return None
            chosen = self._choose(request, resource)
            response = PreparedResponse(b"", chosen.headers_copy())
            response.status = status
            if status != 200 or name != path:
                response.headers["Cache-Control"] = REVALIDATE
            if status == 200 and answer_precondition(request.headers, response):
                return response
            body = chosen.body if chosen.body is not None else self._store.open(resource, chosen)
            if body is not None:
                response.body = body
                return response
            self._store.drop(name)
        raise HTTPError(503, "The file is being changed.", (("Retry-After", "1"),))

    def _choose(self, request: Request, resource: Resource) -> Representation:
        if not resource.offered:
            return resource.identity
        fields, offered = request.headers, resource.offered
        if "Range" in fields:
            offered = tuple(each for each in offered if resource.encoded[each].has_ranges)
        coding = best_coding(fields.get("Accept-Encoding", ""), offered)
        return resource.encoded[coding] if coding != IDENTITY else resource.identity

    def _open_quickly(self, resource: Resource, chosen: Representation) -> FileBody | None:
        """Open it, leaving what goes wrong to the long road, which knows how to answer it."""
        try:
            return self._store.open(resource, chosen)
        except OSError:
            return None

    # Folders, and what is not there.

    def _answer_folder(self, request: Request, path: str) -> ServerResponse | None:
        for name in self.options.index:
            answer = self._answer_file(request, f"{path}/{name}" if path else name)
            if answer is not None:
                return answer
        return answer_listing(self, request, path)

    def _answer_slash(self, request: Request, path: str) -> ServerResponse | None:
        """A folder's address ends with a slash, or the links on its page lead elsewhere."""
        if not self.options.is_browsable or not self._has_page(path):
            return None
        return _to_slash(request)

    def _has_page(self, path: str) -> bool:
        """Whether there is a folder at the path that is answered."""
        if self.options.listing == "none":
            return any(self._store.get(f"{path}/{name}") for name in self.options.index)
        found = self._store.find(path)
        if found is not None:
            found[1].close()
        return found is not None and found[1].is_directory

    def _answer_otherwise(self, request: Request, path: str) -> ServerResponse:
        options = self.options
        if options.fallback and "." not in path.rpartition("/")[2]:
            answer = self._answer_file(request, options.fallback)
            if answer is not None:
                return answer
        if options.not_found:
            answer = self._answer_file(request, options.not_found, 404)
            if answer is not None:
                return answer
        raise HTTPError(404)


def _has_encoded_slash(request: Request) -> bool:
    """Whether a name holds a slash, as no file's does. As a separator (http:L4) it would lead past
    the guards of a mount for the folder below (sec:F1)."""
    return "%2f" in request.raw_path.lower()


def _to_slash(request: Request) -> ServerResponse:
    query = f"?{request.head.query_string}" if request.head.query_string else ""
    path = request.raw_path.lstrip("/")  # `//x` would be the name of a host (sec:H11)
    return RedirectResponse(f"/{path}/{query}", 301)


@lru_cache(256)
def _codings_text(value: bytes) -> str:
    return value.decode("latin-1").strip(" \t")


def _value_of(name: bytes, fields: bytes) -> str:
    """The value of a field in a lower-case block; of a repeated one, all of them."""
    values = [part.partition(b"\r\n")[0] for part in fields.split(name)[1:]]
    return _codings_text(b",".join(values))
