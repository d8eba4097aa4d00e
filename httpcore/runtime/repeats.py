"""Answers that may be given again without asking.

A response may say until when it stays what it is (`Response.same_until`): a file that was looked at
a moment ago is taken for unchanged until it is looked at again. To the same bytes of a request it
is the same bytes of an answer until then. So the answer is kept whole, by the bytes of the request
(`RequestHead.source`), and whoever sends the same gets it without a request being made, an endpoint
being called and a head being written. What the bytes mean, and that they may be answered at all,
was decided when they came first.

The answer names a date; so it is not kept longer than that second.

Any thread may keep an answer; the loop looks for them, without the lock: what it finds never
changes. The table is emptied when it is full, and once a second it is worth nothing anyway.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from httpcore.contract import Endpoint
from httpcore.head import RequestHead
from httpcore.runtime.answers import Answer
from httpcore.runtime.date import format_date

MAX_BYTES = 8 * 1024 * 1024  # of all answers that are kept


@dataclass(frozen=True, slots=True)
class Repeat:
    """until: on the loop's clock. The others are what the connection holds while it answers."""

    until: float
    head: RequestHead
    endpoint: Endpoint
    answer: Answer


class Repeats:
    """Shared by the parts of one server. clock: monotonic seconds; wall_clock: since the epoch."""

    def __init__(
        self, clock: Callable[[], float], wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._repeats: dict[bytes, Repeat] = {}  # changed under _lock
        self._used = 0  # guarded by _lock
        self.find = self._repeats.get

    def keep(self, head: RequestHead, endpoint: Endpoint, answer: Answer, until: float) -> None:
        """Give this answer again until then, to requests over plain HTTP that are the same."""
        source, body = head.source, answer.body
        if source is None or type(body) is not bytes or not answer.keep_alive:
            return
        now, seconds = self._clock(), self._wall_clock()
        if format_date(seconds) not in answer.head:  # made in the second before this one
            return
        until = min(until, now + 1.0 - seconds % 1.0)
        whole = Answer(answer.head, body, answer.status, keep_alive=True)
        whole.joined = answer.head + body
        cost = len(whole.joined) + len(body)
        with self._lock:
            if self._used + cost > MAX_BYTES:
                self._repeats.clear()
                self._used = 0
            if cost <= MAX_BYTES:
                self._repeats[source] = Repeat(until, head, endpoint, whole)
                self._used += cost
