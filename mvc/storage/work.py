"""What the database does for one request: its transaction, its snapshot, its deadline.

A watched request is ended when it is of no use any more (feat:V3, V4): its client was told 504, or
has gone and the route asked for `cancel_on_disconnect`. Nothing it does then waits for a
connection, and one thread for all, the watch, stops the statement it runs, on SQLite or MySQL.

The watch looks at each watched request every few milliseconds, and again as long as it goes on: the
next statement of a handler that swallowed the first error is stopped, too. A statement belongs to
a thread, so a request that ends meanwhile must not be followed on its thread by another one before
the watch has let go: both hold the request's lock.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orm
from orm.engine.limits import deadline
from orm.engine.registry import connected
from orm.engine.retry import may_run_again, pause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvc.requests import Request
    from orm.engine.blocks import ReadOnlyBlock, TransactionBlock

_LOOK_EVERY = 0.050


def unit_of_work(request: Request) -> TransactionBlock:
    """The transaction around a handler: begun at its first statement, committed at the end.

    An exception undoes it; so does `rollback()` on what the block yields.
    """
    return orm.transaction(lazy=True)


def read_only(request: Request) -> ReadOnlyBlock:
    """One snapshot from the first statement on, in which every write raises ReadOnly."""
    return orm.database.read_only()


def is_worth_another_try(error: BaseException) -> bool:
    """The database undid the transaction, and the same may succeed now; waits for a moment then."""
    if not may_run_again(error):
        return False
    pause()
    return True


@contextmanager
def watched(request: Request, *, until_gone: bool) -> Iterator[None]:
    """Give the request's statements its deadline. until_gone: and end them with the client."""
    entry = _Watched(request, until_gone=until_gone)
    _watch.add(entry)
    try:
        with deadline(request.deadline):
            yield
    finally:
        _watch.remove(entry)


class _Watched:
    """A request that is being worked on. lock: held while its statement is stopped."""

    def __init__(self, request: Request, *, until_gone: bool) -> None:
        self.lock = threading.Lock()
        self.is_over = False
        self._request = request
        self._thread = threading.get_ident()
        self._until_gone = until_gone

    @property
    def is_useless(self) -> bool:
        left = self._request.time_left
        return (left is not None and left <= 0) or (self._until_gone and self._request.disconnected)

    def stop(self) -> None:
        with self.lock:
            if not self.is_over:
                for database in connected():
                    database.cancel(self._thread)


class _Watch:
    """The thread, started with the first request that needs it; it ends when none is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: set[_Watched] = set()  # guarded by _lock, as is the next
        self._is_running = False

    def add(self, entry: _Watched) -> None:
        with self._lock:
            self._entries.add(entry)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._work, name="treadle-watch", daemon=True).start()

    def remove(self, entry: _Watched) -> None:
        with entry.lock:
            entry.is_over = True
        with self._lock:
            self._entries.discard(entry)

    def _work(self) -> None:
        pause = threading.Event()
        idle = 0
        while True:
            pause.wait(_LOOK_EVERY)
            with self._lock:
                entries = list(self._entries)
                idle = 0 if entries else idle + 1
                if idle > 1 / _LOOK_EVERY:  # it is kept for a second, not started anew each time
                    self._is_running = False
                    return
            for entry in entries:
                if entry.is_useless:
                    entry.stop()


_watch = _Watch()
