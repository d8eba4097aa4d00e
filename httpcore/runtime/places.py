"""How many requests of an endpoint run at once, and who waits for one of them to end (feat:V2).

An endpoint has one set of places or, with a `key`, one for each value of the key. Clients choose
those values, so the set of a value is kept only while a request of it runs or waits: there are
never more sets than requests under way.
"""

from collections import deque
from typing import TYPE_CHECKING

from httpcore.contract import Endpoint

if TYPE_CHECKING:
    from httpcore.runtime.tickets import Ticket


class Places:
    """value: of the key, None without one. running: tickets that are not over; waiting: those that
    wait for one of them to be."""

    __slots__ = ("_most", "_queue", "running", "value", "waiting")

    def __init__(self, endpoint: Endpoint, value: str | None = None) -> None:
        self._most = endpoint.max_concurrency
        self._queue = endpoint.queue
        self.value = value
        self.running = 0
        self.waiting: deque[Ticket] = deque()

    @property
    def is_full(self) -> bool:
        """Whether neither a place to run nor one to wait is left."""
        most = self._most
        return most is not None and self.running + len(self.waiting) >= most + self._queue

    @property
    def must_wait(self) -> bool:
        return self._most is not None and self.running >= self._most


class KeyedPlaces:
    """The sets of one endpoint; `unkeyed` is that of requests without a key.

    Only the loop uses it.
    """

    __slots__ = ("_by_value", "_endpoint", "unkeyed")

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.unkeyed = Places(endpoint)
        self._by_value: dict[str, Places] = {}

    def of(self, value: str | None) -> Places:
        """The set for this value of the key, None = there is no key. `enter` it to have it kept."""
        if value is None:
            return self.unkeyed
        return self._by_value.get(value) or Places(self._endpoint, value)

    def enter(self, places: Places) -> None:
        """A request is about to run or to wait there."""
        if places.value is not None:
            self._by_value[places.value] = places

    def leave(self, places: Places) -> None:
        """One has ended, or waits no more: nobody there, and the value is forgotten.

        Its set may be one that was never entered, of a gate: the value has another one then.
        """
        value = places.value
        if value is None or places.running or places.waiting:
            return
        if self._by_value.get(value) is places:
            del self._by_value[value]

    @property
    def running(self) -> int:
        """Tickets that are not over, in all sets."""
        return self.unkeyed.running + sum(each.running for each in self._by_value.values())

    @property
    def waiting(self) -> int:
        """Tickets that wait for a place, in all sets."""
        keyed = sum(len(each.waiting) for each in self._by_value.values())
        return len(self.unkeyed.waiting) + keyed

    def __len__(self) -> int:
        """Values that are known at the moment."""
        return len(self._by_value)
