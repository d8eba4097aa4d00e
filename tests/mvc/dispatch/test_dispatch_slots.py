"""`max_concurrency` and `queue`: who runs, who waits, who is refused at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest

from mvc.requests import Request

SECONDS = 10


class Room:
    """A handler that says when it was entered and stays until it is let out."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.leave = threading.Event()

    def handler(self, request: Request) -> str:
        self.entered.release()
        assert self.leave.wait(SECONDS)
        return "done"


@pytest.mark.parametrize("running", [1, 2])
def test_the_next_request_is_refused_at_once(ask: Callable[..., Any], running: int) -> None:
    room = Room()
    send = ask([("/", room.handler, {"max_concurrency": running})])
    with ThreadPoolExecutor(running) as threads:
        inside = [threads.submit(send, "GET", "/") for _ in range(running)]
        for _ in inside:
            assert room.entered.acquire(timeout=SECONDS)
        refused = send("GET", "/")
        room.leave.set()
        assert [each.result(SECONDS).status for each in inside] == [200] * running
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert send("GET", "/").status == 200


def test_a_queued_request_gets_its_turn(ask: Callable[..., Any]) -> None:
    room = Room()
    send = ask([("/", room.handler, {"max_concurrency": 1, "queue": 1})])
    with ThreadPoolExecutor(3) as threads:
        three = [threads.submit(send, "GET", "/") for _ in range(3)]
        assert room.entered.acquire(timeout=SECONDS)
        # Whoever of the other two comes last is refused while the first is still inside.
        finished = next(as_completed(three, SECONDS))
        assert finished.result().status == 503
        room.leave.set()
        assert sorted(each.result(SECONDS).status for each in three) == [200, 200, 503]
