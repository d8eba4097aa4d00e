"""What a request sends to the database: counted, held to a budget, named in reports (orm:A6).

The ORM knows statements, lines and templates; here it learns which request they are for. Where no
setting and no route asks for it, a request pays nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import orm

if TYPE_CHECKING:
    from httpcore import Response
    from mvc.config import Settings
    from mvc.requests import Request

_log = logging.getLogger("treadle.queries")

# The request that this thread answers, and the name of its endpoint.
_current: ContextVar[tuple[Request, str] | None] = ContextVar("queried_request", default=None)

Observe = Callable[["Request", str, int], AbstractContextManager["RequestQueries"]]

_REPORTED = ("warn", "raise")


def lazy_loads_of(settings: Settings) -> str:
    return settings.lazy_loads or ("warn" if settings.debug else "allow")


def watching(settings: Settings, url: str) -> dict[str, Any]:
    """What the database is to watch for, as options of `connect`; those in its URL win."""
    options = {
        "lazy_loads": lazy_loads_of(settings),
        "slow_query": settings.slow_query / 1000,
        "query_log": settings.query_log,
    }
    return {name: value for name, value in options.items() if f"{name}=" not in url}


def query_observer(settings: Settings) -> Callable[[int], Observe | None]:
    """From the budget of a route, 0 for none, to what observes its requests; None where nobody
    would see it."""
    is_reported = lazy_loads_of(settings) in _REPORTED
    is_needed = settings.debug or is_reported or settings.slow_query or settings.query_log

    def observer(budget: int) -> Observe | None:
        if not (is_needed or budget):
            return None
        orm.set_context(_describe)
        return _counted if settings.debug or budget else _named

    return observer


def _describe() -> Mapping[str, str]:
    found = _current.get()
    return {} if found is None else {"request": found[0].id, "route": found[1]}


class RequestQueries:
    """What one request sent. counted: None when nobody counts."""

    def __init__(self, request: Request, name: str, budget: int, counted: Any) -> None:
        self._request = request
        self._name = name
        self._budget = budget
        self._counted = counted

    def report(self, response: Response) -> None:
        """A field of the answer with debug, a warning above the budget."""
        counted = self._counted
        if counted is None:
            return
        if self._request.app.settings.debug:
            seconds = counted.seconds * 1000
            field = f'db;dur={seconds:.1f};desc="{counted.count} queries"'
            response.headers["Server-Timing"] = field
        if self._budget and counted.count > self._budget:
            text, number = counted.most_frequent
            _log.warning(
                "request %s, %s: %d statements, and its budget (max_queries) is %d; %d times: %s",
                self._request.id,
                self._name,
                counted.count,
                self._budget,
                number,
                text,
            )


@contextmanager
def _named(request: Request, name: str, budget: int) -> Iterator[RequestQueries]:
    token = _current.set((request, name))
    try:
        yield RequestQueries(request, name, budget, None)
    finally:
        _current.reset(token)


@contextmanager
def _counted(request: Request, name: str, budget: int) -> Iterator[RequestQueries]:
    token = _current.set((request, name))
    try:
        with orm.database.count_queries() as counted:
            yield RequestQueries(request, name, budget, counted)
    finally:
        _current.reset(token)
