"""How many requests of one route run at once: `max_concurrency` of them, `queue` more may wait.

The next one is refused at once with 503 and Retry-After, so that a slow route keeps few threads.
A waiting request gives up after `WAIT_SECONDS`, or when its own deadline comes.
"""

from __future__ import annotations

import threading

from httpcore import HTTPError, Response
from mvc.dispatch.middleware import Call
from mvc.requests import Request

# As long as somebody looks at a page that does not come.
WAIT_SECONDS = 10.0
_BUSY = (503, "Too many requests for this page at the moment.", (("Retry-After", "1"),))


def limited(call: Call, running: int, waiting: int) -> Call:
    """`call`, for at most `running` requests at once and `waiting` behind them.

    It raises HTTPError 503 for the others.
    """
    slots = threading.BoundedSemaphore(running)
    places = threading.BoundedSemaphore(running + waiting)

    def limited_call(request: Request) -> Response:
        if not places.acquire(blocking=False):
            raise HTTPError(*_BUSY)
        try:
            if not slots.acquire(timeout=_patience(request)):
                raise HTTPError(*_BUSY)
            try:
                return call(request)
            finally:
                slots.release()
        finally:
            places.release()

    return limited_call


def _patience(request: Request) -> float:
    left = request.time_left
    return WAIT_SECONDS if left is None else max(0.0, min(WAIT_SECONDS, left))
