"""Sessions in the database, shared by every process of the application."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime

from mvc.sessions import SessionInfo, StoredSession
from mvc.storage.models import SessionRecord

_COLUMNS = tuple(field.name for field in fields(StoredSession))


class DatabaseSessionStore:
    """A `SessionStore` over the table `sessions`. Every method is one statement."""

    def load(self, key: str) -> StoredSession | None:
        row = SessionRecord.select().where(SessionRecord.key == key).first()
        if row is None:
            return None
        return StoredSession(**{name: getattr(row, name) for name in _COLUMNS})

    def insert(self, key: str, row: StoredSession) -> None:
        SessionRecord.insert(key=key, **asdict(row))

    def update(self, key: str, row: StoredSession) -> bool:
        changes = SessionRecord.update(**asdict(row)).where(SessionRecord.key == key)
        return changes.execute() > 0

    def touch(self, key: str, last_seen: datetime, expires_at: datetime) -> bool:
        changes = SessionRecord.update(last_seen=last_seen, expires_at=expires_at)
        return changes.where(SessionRecord.key == key).execute() > 0

    def delete(self, key: str) -> bool:
        return SessionRecord.delete().where(SessionRecord.key == key).execute() > 0

    def list_user(self, user_id: int) -> list[SessionInfo]:
        rows = SessionRecord.select().where(SessionRecord.user_id == user_id)
        return [
            SessionInfo(row.key, row.created_at, row.last_seen, row.ip, row.user_agent)
            for row in rows.order_by(-SessionRecord.last_seen)
        ]

    def delete_user(self, user_id: int, keep: str = "", only: str = "") -> int:
        doomed = SessionRecord.delete().where(SessionRecord.user_id == user_id)
        if keep:
            doomed = doomed.where(SessionRecord.key != keep)
        if only:
            doomed = doomed.where(SessionRecord.key == only)
        return doomed.execute()

    def purge(self, now: datetime, limit: int) -> int:
        expired = SessionRecord.select().where(SessionRecord.expires_at <= now).limit(limit)
        keys = expired.scalars(SessionRecord.key)
        return SessionRecord.delete().where(SessionRecord.key.in_(keys)).execute() if keys else 0
