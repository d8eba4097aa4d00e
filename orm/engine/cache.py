"""A cache that stays small: what is used often stays, what nobody asks for goes.

It is bounded twice, by a number of entries and by their weight, because one statement may have ten
thousand parameters. It keeps two generations: what is put or found in the old one goes to the young
one; when that is full it becomes the old one, and what the old one had and nobody asked for
meanwhile is dropped. That keeps the entries that an LRU list of half the size would keep, but
finding one is a single look into a dict, without a lock: one operation on a dict is atomic with a
GIL and without. Everything that changes takes the lock. A reader that finds the dicts just being
exchanged may miss an entry that is there; it will make it again.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# Of one generation, of which there are two.
MOST_ENTRIES: Final = 512
MOST_WEIGHT: Final = 250_000

# An entry heavier than this is not kept: its like seldom comes again.
HEAVIEST_ENTRY: Final = 10_000


class BoundedCache(Generic[K, V]):
    """Safe to use from any thread."""

    # Told what an entry that was missed was made of; for statistics.
    listener: Callable[[str], object] | None = None

    def __init__(self) -> None:
        self._lock = Lock()
        # Pairs (entry, weight).
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}
        self._weight = 0  # of the young

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.put(key, *found)
        return found[0]

    def put(self, key: K, entry: V, weight: int) -> None:
        """Keep an entry, unless it is too heavy."""
        if weight > HEAVIEST_ENTRY:
            return
        with self._lock:
            if len(self._young) >= MOST_ENTRIES or self._weight + weight > MOST_WEIGHT:
                self._old, self._young, self._weight = self._young, {}, 0
            if key not in self._young:
                self._weight += weight
            self._young[key] = (entry, weight)

    def clear(self) -> None:
        with self._lock:
            self._old, self._young, self._weight = {}, {}, 0

    def __len__(self) -> int:
        with self._lock:
            return len(self._young.keys() | self._old.keys())
