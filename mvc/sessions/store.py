"""What a session store does, whatever it is made of.

A store never sees a session id, only its SHA-256 in hex, the key (sec:S1): whoever reads the table
cannot log in with it. `update` and `touch` change a row that exists and never make one: a slow
request must not bring back a session that was logged out meanwhile (sec:S3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One row. Times are naive UTC; data is a JSON object as text.

    epoch: the user's session epoch at login; another value there ends this session (sec:S3).
    expires_at: when it may be purged at the latest; last_seen: updated at most once a minute.
    """

    data: str
    user_id: int | None
    epoch: int
    created_at: datetime
    last_seen: datetime
    expires_at: datetime
    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as its user may see it. `handle` names it for revoking and opens nothing."""

    handle: str
    created_at: datetime
    last_seen: datetime
    ip: str
    user_agent: str


class SessionStore(Protocol):
    """Rows by key. Every method is safe to call from several threads and processes."""

    def load(self, key: str) -> StoredSession | None: ...

    def insert(self, key: str, row: StoredSession) -> None: ...

    def update(self, key: str, row: StoredSession) -> bool:
        """Replace an existing row; False when it is gone, and then nothing is written."""
        ...

    def touch(self, key: str, last_seen: datetime, expires_at: datetime) -> bool:
        """Move the times of an existing row; False when it is gone."""
        ...

    def delete(self, key: str) -> bool: ...

    def list_user(self, user_id: int) -> list[SessionInfo]:
        """The user's sessions, most recently seen first."""
        ...

    def delete_user(self, user_id: int, keep: str = "", only: str = "") -> int:
        """Delete the user's sessions: all, all but the key `keep`, or the key `only`."""
        ...

    def purge(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` rows whose `expires_at` has passed (sec:S11)."""
        ...


def key_of(session_id: str) -> str:
    """The key a session id is stored under."""
    return hashlib.sha256(session_id.encode("ascii")).hexdigest()
