"""Middleware: code around every request, or around the requests of one route (feat:E8, R20).

Three forms become one layer. A layer never lets an exception out: whatever stands inside it has
already answered, and what its own hooks raise is answered by the error responder.

    class with hooks              see `Middleware`; any class with some of its methods will do
    function(request)             before: may return a Response, which is the answer
    function(request, call_next)  around: returns call_next(request) or another Response
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from httpcore import FileBody, Response
from mvc.dispatch.arity import check_takes
from mvc.requests import Request
from mvc.routing import location_of

Call = Callable[[Request], Response]
Recover = Callable[[Request, Exception], Response]

# The hooks, and what each is called with.
_HOOKS = {
    "process_request": ("request",),
    "process_response": ("request", "response"),
    "post_process": ("request", "response", "rendered"),
    "on_error": ("request", "error"),
}


class Middleware:
    """Base class; override what is needed."""

    def process_request(self, request: Request) -> Response | None:
        """Called on the way in. A Response it returns is the answer; the handler is not asked."""
        return None

    def process_response(self, request: Request, response: Response) -> Response | None:
        """Called on the way out, for error pages too. None keeps the response."""
        return None

    def post_process(self, request: Request, response: Response, rendered: bytes) -> bytes | str:
        """Called with the rendered body, or with every piece of a stream (feat:E9)."""
        return rendered

    def on_error(self, request: Request, error: Exception) -> Response | None:
        """Called for an exception below, innermost first. A Response it returns answers it."""
        return None


def wrap(item: Any, inner: Call, recover: Recover) -> Call:
    """`inner` with one middleware (from `load_middleware`) around it."""
    layer = _object_layer if _has_hooks(item) else _function_layer
    return layer(item, inner, recover)


def load_middleware(item: Any) -> Any:
    """A middleware ready to wrap: names imported, classes instantiated.

    Raises ImportError for a name that leads nowhere, TypeError for what is no middleware or has a
    hook that cannot be called.
    """
    if isinstance(item, str):
        item = _import_name(item)
    if isinstance(item, type):
        item = item()
    if not callable(item) and not _has_hooks(item):
        raise TypeError(
            f"{location_of(type(item))}: {type(item).__name__} is no middleware: give a "
            "function(request), a function(request, call_next), "
            f"or a class with some of {', '.join(_HOOKS)}"
        )
    for name, arguments in _HOOKS.items():
        if hasattr(item, name):
            check_takes(getattr(item, name), arguments)
    return item


def _has_hooks(item: Any) -> bool:
    return any(hasattr(item, hook) for hook in _HOOKS)


def _import_name(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImportError(
            f"middleware {name!r} is not there ({error}): write 'package.module.Name'"
        ) from error


def _function_layer(function: Callable[..., Any], inner: Call, recover: Recover) -> Call:
    takes_next = len(inspect.signature(function).parameters) > 1

    def call(request: Request) -> Response:
        try:
            answer = function(request, inner) if takes_next else function(request)
        except Exception as error:
            return recover(request, error)
        if isinstance(answer, Response):
            return answer
        if takes_next:
            return recover(request, TypeError(f"{function!r} returned no Response"))
        return inner(request)

    return call


def _object_layer(middleware: Any, inner: Call, recover: Recover) -> Call:
    before = getattr(middleware, "process_request", None)
    after = getattr(middleware, "process_response", None)
    post = _overridden(middleware, "post_process")

    def call(request: Request) -> Response:
        try:
            answer = before(request) if before else None
            response = answer if isinstance(answer, Response) else inner(request)
        except Exception as error:
            response = recover(request, error)
        try:
            response = (after(request, response) if after else None) or response
            return _post_process(post, request, response) if post else response
        except Exception as error:
            return recover(request, error)

    return call


def _overridden(middleware: Any, name: str) -> Callable[..., Any] | None:
    if getattr(type(middleware), name, None) is getattr(Middleware, name):
        return None
    hook: Callable[..., Any] | None = getattr(middleware, name, None)
    return hook


def _post_process(
    post: Callable[..., bytes | str], request: Request, response: Response
) -> Response:
    body = response.body
    if isinstance(body, bytes):
        response.body = _as_bytes(post(request, response, body))
    elif not isinstance(body, FileBody):
        response.headers.pop("Content-Length", None)
        response.body = _Filtered(body, lambda piece: _as_bytes(post(request, response, piece)))
    return response


def _as_bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


class _Filtered:
    """A streamed body whose pieces pass through a function; closing it closes the body."""

    def __init__(self, body: Any, change: Callable[[bytes], bytes]) -> None:
        self._body = body
        self._change = change

    def __iter__(self) -> Iterator[bytes]:
        return map(self._change, self._body)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def error_hooks(middlewares: list[Any]) -> list[Callable[..., Any]]:
    """The `on_error` hooks that do something, innermost first (feat:E10)."""
    hooks = [_overridden(each, "on_error") for each in reversed(middlewares)]
    return [hook for hook in hooks if hook is not None]
