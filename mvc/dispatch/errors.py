"""From an exception to its response, at one place, so that an exception is always answered.

Who answers, in this order (feat:E1, E4, E5):

    1. the `on_error` hooks of the middleware around the route, innermost first
    2. `@error(Type)` for the exception's own type or a specific base of it, nearest first
    3. `@error(status)` for its status
    4. `@error(HTTPError)` and `@error(Exception)`
    5. the framework's page

A handler that crashes is answered as a 500 of its own; when that crashes too, the page stands.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from httpcore import ClientDisconnected, HTTPError, Response
from mvc.debugging import error_page
from mvc.dispatch.problems import InvalidParameters, wants_page
from mvc.requests import Request
from mvc.responses import to_response
from mvc.routing import ErrorKey
from mvc.views import with_template

_log = logging.getLogger("treadle.app")

ErrorHandler = Callable[..., Any]
# What the system ran out of while a handler worked: descriptors (sec:T8), disk (sec:F6).
_EXHAUSTED = {errno.EMFILE: 503, errno.ENFILE: 503, errno.ENOSPC: 507, errno.EDQUOT: 507}
_GENERAL = (HTTPError, Exception, BaseException, object)


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception as its answer needs it."""

    error: Exception
    status: int
    detail: str
    headers: tuple[tuple[str, str], ...]


class ErrorResponder:
    """Answers exceptions for one application.

    handlers: what `@error` declared; a later one for the same key wins.
    statuses: the status of exception types that are no HTTPError (DoesNotExist: 404).
    """

    def __init__(
        self,
        handlers: Iterable[tuple[ErrorKey, ErrorHandler]],
        statuses: Mapping[type[BaseException], int],
        debug: bool,
    ) -> None:
        self._handlers = {key: with_template(handler) for key, handler in handlers}
        self._statuses = statuses
        self._debug = debug

    def respond(
        self, request: Request, error: Exception, hooks: Sequence[ErrorHandler] = ()
    ) -> Response:
        """The response to an exception. hooks: of the middleware, see above.

        Raises nothing but ClientDisconnected: who is gone gets no answer, the server logs it.
        """
        if isinstance(error, ClientDisconnected):
            raise error
        fault = self._fault_of(request, error)
        self._log(request, fault)
        try:
            return self._ask(request, fault, hooks)
        except Exception as crash:
            return self._respond_crash(request, crash)

    def respond_plainly(self, request: Request, error: Exception) -> Response:
        """The framework's page, no handler asked: when a handler's own answer failed."""
        return self._page(request, self._fault_of(request, error))

    def _ask(self, request: Request, fault: Fault, hooks: Sequence[ErrorHandler]) -> Response:
        for hook in hooks:
            answer = hook(request, fault.error)
            if isinstance(answer, Response):
                return answer
        handler = self._handler_for(fault)
        if handler is None:
            return self._page(request, fault)
        return self._answer(request, fault, handler)

    def _answer(self, request: Request, fault: Fault, handler: ErrorHandler) -> Response:
        result = handler(request, fault.error)
        response = to_response(result, request, fault.status)
        # A response object says 200 when nobody gave it a status; only a tuple means it.
        if response.status == 200 and not isinstance(result, tuple):
            response.status = fault.status
        for name, value in fault.headers:
            response.headers.setdefault(name, value)
        return response

    def _respond_crash(self, request: Request, crash: Exception) -> Response:
        fault = Fault(crash, 500, "Internal Server Error", ())
        _log.error("request %s: the error handler failed too", request.id, exc_info=crash)
        handler = self._handlers.get(500)
        try:
            if handler is not None:
                return self._answer(request, fault, handler)
        except Exception as second:
            _log.error("request %s: so did the handler of 500", request.id, exc_info=second)
        return self._page(request, fault)

    def _page(self, request: Request, fault: Fault) -> Response:
        if isinstance(fault.error, InvalidParameters) and not wants_page(request):
            return fault.error.to_problem()
        # Bad data is shown with its traceback, too: a 409 does not say which row of whose.
        is_shown = fault.status >= 500 or not _is_expected(fault)
        exception = fault.error if is_shown else None
        try:
            return error_page(
                request, fault.status, fault.detail, fault.headers, exception, self._debug
            )
        except Exception as crash:
            _log.error("request %s: the error page failed", request.id, exc_info=crash)
            text = f"{fault.status}\n".encode()
            return Response(text, fault.status, fault.headers, "text/plain; charset=utf-8")

    def _fault_of(self, request: Request, error: Exception) -> Fault:
        if isinstance(error, HTTPError):
            return Fault(error, error.status, error.detail, error.headers)
        status = self._status_of(error)
        if status == 503 and (request.time_left or 1) <= 0:
            status = 504  # what the server says when it notices first (feat:V3)
        retry = (("Retry-After", "1"),) if status == 503 else ()
        return Fault(error, status, "", retry)

    def _status_of(self, error: Exception) -> int:
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            return _EXHAUSTED[error.errno]
        kinds = (each for each in type(error).__mro__ if each in self._statuses)
        return next((self._statuses[each] for each in kinds), 500)

    def _handler_for(self, fault: Fault) -> ErrorHandler | None:
        general = [each for each in type(fault.error).__mro__ if each in _GENERAL]
        for key in (*_specific_types(fault.error), fault.status, *general):
            if key in self._handlers:
                return self._handlers[key]
        return None

    def _log(self, request: Request, fault: Fault) -> None:
        """A fault of ours is one entry with its traceback; what a client did is none.

        Bad data is a line: mostly the client's, but the application may be wrong about it.
        """
        is_handled = any(each in self._handlers for each in _specific_types(fault.error))
        if is_handled or _is_expected(fault):
            return
        if fault.status < 500:
            # %a: the text may quote what the client sent (sec:A8).
            place = (request.id, request.method, request.raw_path)
            _log.warning("request %s: %s %s: %a", *place, str(fault.error))
            return
        _log.error(
            "request %s: %s %s failed: %s",
            request.id,
            request.method,
            request.raw_path,
            type(fault.error).__name__,
            exc_info=fault.error,
        )


def _is_expected(fault: Fault) -> bool:
    """Whether this is a refusal that somebody meant, or a row that is not there."""
    return isinstance(fault.error, HTTPError) or fault.status == 404


def _specific_types(error: Exception) -> list[Any]:
    """The error's type and its bases, nearest first, without those that stand for everything.

    A refusal of the framework may be a ValueError too (a field that does not convert), for who
    wants to catch it; `@error(ValueError)` is about the application's own and leaves it a 400.
    """
    base = HTTPError if isinstance(error, HTTPError) else object
    return [each for each in type(error).__mro__ if each not in _GENERAL and issubclass(each, base)]
