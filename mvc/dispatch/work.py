"""What surrounds a handler that works on the database: transaction, snapshot, further tries.

The transaction of an unsafe request ends before the first byte of its answer is sent (feat:V8):

    the handler returns below 500     COMMIT; when that fails, the failure is answered
    an exception, a 5xx               ROLLBACK
    the client was told 504, or is    ROLLBACK: who was told of a failure must not find the work
    gone and the route cares          done
    `retry=N`, and the database       the handler runs again from its start, in a new transaction;
    undid the transaction             nothing was sent yet

The template of an unsafe request is rendered inside, so that one that fails takes the changes back
with it. Everything else is rendered and sent without a connection (feat:V18).
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from httpcore import Response
from mvc.requests import Request
from mvc.routing.options import RouteOptions
from mvc.views import TemplateResponse

_log = logging.getLogger("treadle.app")

_SESSION = "session"


class Transaction(Protocol):
    """What a unit of work yields. is_committed: what comes after that is no reason to undo it."""

    @property
    def is_committed(self) -> bool: ...

    def rollback(self) -> None: ...


class Watch(Protocol):
    def __call__(self, request: Request, *, until_gone: bool) -> AbstractContextManager[None]: ...


class Observed(Protocol):
    """What was counted while a request was answered."""

    def report(self, response: Response) -> None: ...


# (request, name of its endpoint, budget of statements or 0) -> a block around its answer.
Observe = Callable[[Request, str, int], AbstractContextManager[Observed]]


def _observe_nothing(budget: int) -> Observe | None:
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """What the storage offers to requests; see `mvc.storage.work` and, for `observer`,
    `mvc.storage.queries`: from a route's budget to the block, or None where nobody asks."""

    transaction: Callable[[Request], AbstractContextManager[Transaction]]
    read_only: Callable[[Request], AbstractContextManager[Any]]
    watch: Watch
    is_worth_another_try: Callable[[BaseException], bool]
    observer: Callable[[int], Observe | None] = _observe_nothing


# Calls the handler; what the guards found may come along as a dict.
Invoke = Callable[..., Response]


def in_read_only(work: Work, invoke: Invoke) -> Invoke:
    """Run the handler in one snapshot that refuses writes."""

    def call(request: Request, *extras: dict[str, Any]) -> Response:
        with work.read_only(request):
            return invoke(request, *extras)

    return call


def in_transaction(work: Work, options: RouteOptions, invoke: Invoke) -> Invoke:
    """Run the handler in a transaction of its own."""
    call = _once(work, options, invoke)
    return _again(work, options.retry, call) if options.retry else call


def _once(work: Work, options: RouteOptions, invoke: Invoke) -> Invoke:
    until_gone = options.cancel_on_disconnect

    def call(request: Request, *extras: dict[str, Any]) -> Response:
        block: Transaction | None = None
        try:
            with work.transaction(request) as block:
                response = invoke(request, *extras)
                # Inside, so that a template that fails takes the changes back with it.
                if isinstance(response, TemplateResponse):
                    response.render()
                if response.status >= 500 or _is_given_up(request, until_gone):
                    block.rollback()
        except Exception:
            if block is None or not block.is_committed:
                raise
            # An on_commit callback: the work is stored, and so the client is told.
            _log.exception("request %s: what was to follow its commit failed", request.id)
        return response

    return call


def _is_given_up(request: Request, until_gone: bool) -> bool:
    if request.deadline is None and not until_gone:
        return False
    left = request.time_left
    return (left is not None and left <= 0) or (until_gone and request.disconnected)


def _again(work: Work, tries: int, call: Invoke) -> Invoke:
    def repeated(request: Request, *extras: dict[str, Any]) -> Response:
        session = copy.deepcopy(request.loaded_session)
        left = tries
        while True:
            try:
                return call(request, *extras)
            except Exception as error:
                if not left or not work.is_worth_another_try(error):
                    raise
            left -= 1
            _begin_anew(request, copy.deepcopy(session))

    return repeated


def _begin_anew(request: Request, session: Any) -> None:
    """As it was before the handler ran: the session, and body and files from their first byte."""
    if request.has_context:
        request.context.pop(_SESSION, None)
        if session is not None:
            request.context[_SESSION] = session
    request.rewound()
    for file in request.parsed_files:
        file.seek(0)
