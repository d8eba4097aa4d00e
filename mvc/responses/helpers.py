"""Short forms for controllers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from httpcore import HTTPError
from mvc.responses.classes import (
    HeadersLike,
    HtmlResponse,
    JsonResponse,
    RedirectResponse,
    TextResponse,
)
from mvc.responses.files import FileResponse

_REDIRECTIONS = (301, 302, 303, 307, 308)


def html(body: str, status: int = 200, headers: HeadersLike = None) -> HtmlResponse:
    """Text as text/html."""
    return HtmlResponse(body, status, headers)


def text(body: str, status: int = 200, headers: HeadersLike = None) -> TextResponse:
    """Text as text/plain."""
    return TextResponse(body, status, headers)


def json(data: Any, status: int = 200, headers: HeadersLike = None) -> JsonResponse:
    """A value as JSON."""
    return JsonResponse(data, status, headers)


def file(
    source: str | Path | BinaryIO,
    *,
    download_name: str | None = None,
    as_attachment: bool = False,
    content_type: str | None = None,
    headers: HeadersLike = None,
) -> FileResponse:
    """A file, by path or opened for reading in binary; see `FileResponse`."""
    return FileResponse(
        source,
        download_name=download_name,
        as_attachment=as_attachment,
        content_type=content_type,
        headers=headers,
    )


def redirect(
    target: str, /, status: int = 303, *, external: bool = False, **params: Any
) -> RedirectResponse:
    """Send the client elsewhere: 303 unless `status` says otherwise.

    target: a location when it starts with `/` or `http`, else a route name, `params` being its
    parameters. Another origin needs `external=True` (sec:H11). Raises ValueError for a status that
    is no redirection, a location with parameters, and whatever `check_location` refuses.
    """
    if status not in _REDIRECTIONS:
        raise ValueError(f"{status} is no redirection; use one of {_REDIRECTIONS}")
    if params and target.startswith(("/", "http")):
        raise ValueError(f"{target!r} is a location; only a route name takes parameters")
    return RedirectResponse(target, status, external=external, params=params)


def abort(
    status: int, detail: str = "", headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()
) -> NoReturn:
    """End the request with an error status, 400-599; `detail` is shown to the client."""
    HTTPStatus(status)
    if status < 400:
        raise ValueError(f"abort() is for errors; {status} is none")
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raise HTTPError(status, detail, tuple(pairs))
