"""Resources kept by path, bounded in bytes (feat:W14).

Looking one up takes no lock: the table is a dict, and what it holds is never changed but for the
moment it is good until. Changing the table takes the lock, which also guards the count of bytes.
When it is full, those go first that were found unchanged the longest ago: whatever is asked for is
looked at again every second, and moves to the end then.
"""

from __future__ import annotations

import threading

from mvc.static.resources import Resource


class ResourceCache:
    """capacity: bytes; 0 keeps nothing."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._entries: dict[str, Resource] = {}  # changed under _lock
        self._used = 0  # guarded by _lock
        self.get = self._entries.get

    def put(self, path: str, resource: Resource) -> None:
        """Keep a resource, as the last to go; in place of the one that was there."""
        cost = resource.cost
        with self._lock:
            self._drop_locked(path)
            if cost > self._capacity:
                return
            self._entries[path] = resource
            self._used += cost
            while self._used > self._capacity:
                self._drop_locked(next(iter(self._entries)))

    def drop(self, path: str) -> None:
        """Forget a path, if it is known."""
        with self._lock:
            self._drop_locked(path)

    def _drop_locked(self, path: str) -> None:
        dropped = self._entries.pop(path, None)
        if dropped is not None:
            self._used -= dropped.cost
