"""Requests that wait for a worker: bounded, fair while they move, newest first when they do not.

A queue that empties now and then absorbs bursts, and first come, first served is fair. One that
stands is overload: everybody then waits for as long as the queue is, and gets an answer that nobody
waits for any more. So when the oldest has waited too long, all the time, for half a second
(sec:T12), the newest is served first, since its client is still there, and those that waited too
long are sent away. Half a second of that would be hundreds of late answers when far too many
requests come. But then it shows sooner: a burst gets shorter while it is served, a flood longer.

From then on most newcomers need not wait to be told no: how long the queue will take shows in how
fast it moves, and who would not be served soon is refused on arrival, within milliseconds. Those
few that may wait are served in order again, two of 6 ms at most: more would not keep the threads
any busier, only wait longer themselves. It is over when nobody waits, and nobody had to be
refused for a while: with so short a queue there are moments without one in any overload.
"""

import math
from collections import deque

from httpcore.runtime.learning import WEIGHT
from httpcore.runtime.tickets import Ticket

STALE = 0.1  # seconds of waiting that are too long
STANDING = 0.5  # seconds of that, and the queue counts as standing
# In overload, from here on a client is sent away: it must know within 50 ms (sec:G8).
PATIENCE = 0.03
SOON = 0.01  # seconds: then, who would wait longer is refused on arrival
LATE = 0.02  # seconds of waiting: then, the newest is served first
FLOOD = 0.05  # seconds of waits that are too long, and a queue that meanwhile
GROWTH = 1.5  # times as long as at their beginning is overload, too


class Backlog:
    """Only the loop uses it; times are on its clock, in seconds."""

    def __init__(self) -> None:
        self._tickets: deque[Ticket] = deque()
        self._stale_since: float | None = None
        self._measured: tuple[float, int] | None = None  # when it was how long
        self._served_at = -math.inf  # the last
        self._pace = 0.0  # seconds from one to the next while somebody waits, on average
        self._refused_at = -math.inf
        self.is_overloaded = False

    def __len__(self) -> int:
        return len(self._tickets)

    @property
    def waiting_since(self) -> float:
        """When the one came that has waited longest. Raises IndexError when nobody waits."""
        return self._tickets[0].ready_at

    def admits(self, now: float) -> bool:
        """Whether one more may wait; in overload only who will be served soon."""
        if not self.is_overloaded or len(self._tickets) * self._pace <= SOON:
            return True
        self._refused_at = now
        return False

    def push(self, ticket: Ticket) -> None:
        if not self._tickets:
            self._stale_since = self._measured = None
            if ticket.ready_at - self._refused_at > STANDING:
                self.is_overloaded = False
        self._tickets.append(ticket)

    def pop(self, now: float) -> Ticket:
        """The next to be served. Raises IndexError when nobody waits."""
        oldest = self._tickets[0].ready_at
        self._pace += WEIGHT * (now - max(self._served_at, oldest) - self._pace)
        self._served_at = now
        is_late = self.is_overloaded and now - oldest > LATE
        return self._tickets.pop() if is_late else self._tickets.popleft()

    def remove(self, ticket: Ticket) -> None:
        """It is no longer to be served; nothing happens when it does not wait here."""
        if ticket in self._tickets:
            self._tickets.remove(ticket)

    def shed(self, now: float, is_crowd: bool = True) -> list[Ticket]:
        """Those to be sent away now; to be asked at every pass of the loop while anyone waits.

        is_crowd: whether there are so many that this may become overload.
        """
        self._judge(now, is_crowd)
        shed = []
        if self.is_overloaded:
            while self._tickets and now - self._tickets[0].ready_at > PATIENCE:
                shed.append(self._tickets.popleft())
                self._refused_at = now
        return shed

    def _judge(self, now: float, is_crowd: bool) -> None:
        if self._tickets and not self.is_overloaded:
            wait = now - self._tickets[0].ready_at
            is_too_much = [self._is_standing(wait, now), self._is_flooded(wait, now)]
            self.is_overloaded = is_crowd and any(is_too_much)
            if self.is_overloaded:
                self._refused_at = now

    def _is_standing(self, wait: float, now: float) -> bool:
        if wait <= STALE:
            self._stale_since = None
        elif self._stale_since is None:
            self._stale_since = now
        else:
            return now - self._stale_since >= STANDING
        return False

    def _is_flooded(self, wait: float, now: float) -> bool:
        if wait <= STALE:
            self._measured = None
        elif self._measured is None:
            self._measured = now, len(self._tickets)
        else:
            since, length = self._measured
            return now - since >= FLOOD and len(self._tickets) >= GROWTH * length + 1
        return False
