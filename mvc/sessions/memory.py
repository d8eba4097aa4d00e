"""Sessions in the memory of this process, for tests and applications without a database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

from mvc.sessions.store import SessionInfo, StoredSession


class MemorySessionStore:
    """A dict under a lock. Lost at restart and invisible to other processes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, StoredSession] = {}  # guarded by _lock

    def load(self, key: str) -> StoredSession | None:
        with self._lock:
            return self._rows.get(key)

    def insert(self, key: str, row: StoredSession) -> None:
        with self._lock:
            self._rows[key] = row

    def update(self, key: str, row: StoredSession) -> bool:
        with self._lock:
            return self._replace_locked(key, row)

    def touch(self, key: str, last_seen: datetime, expires_at: datetime) -> bool:
        with self._lock:
            row = self._rows.get(key)
            if row is None:
                return False
            return self._replace_locked(
                key, replace(row, last_seen=last_seen, expires_at=expires_at)
            )

    def delete(self, key: str) -> bool:
        with self._lock:
            return self._rows.pop(key, None) is not None

    def list_user(self, user_id: int) -> list[SessionInfo]:
        with self._lock:
            rows = [(key, row) for key, row in self._rows.items() if row.user_id == user_id]
        rows.sort(key=lambda entry: entry[1].last_seen, reverse=True)
        return [
            SessionInfo(key, row.created_at, row.last_seen, row.ip, row.user_agent)
            for key, row in rows
        ]

    def delete_user(self, user_id: int, keep: str = "", only: str = "") -> int:
        with self._lock:
            doomed = [
                key
                for key, row in self._rows.items()
                if row.user_id == user_id and key != keep and only in ("", key)
            ]
            return self._delete_locked(doomed)

    def purge(self, now: datetime, limit: int) -> int:
        with self._lock:
            expired = [key for key, row in self._rows.items() if row.expires_at <= now]
            return self._delete_locked(expired[:limit])

    def __len__(self) -> int:
        return len(self._rows)

    def _replace_locked(self, key: str, row: StoredSession) -> bool:
        if key not in self._rows:
            return False
        self._rows[key] = row
        return True

    def _delete_locked(self, keys: list[str]) -> int:
        for key in keys:
            del self._rows[key]
        return len(keys)
