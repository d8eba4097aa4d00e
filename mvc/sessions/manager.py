"""Loading the session of a request and settling it with the response (sec:S1-S4, S11, H8).

`load` runs when a handler first asks for `request.session`; `finish` runs once the response is
known, outside the request's transaction. Between the two nothing is written, so a request that only
looks at its session costs one read, and a visitor who stores nothing costs nothing.

What `finish` does, by what the request did:

    nothing loaded                  nothing
    ended                           delete the old row, whatever became of the request
    failed (5xx)                    leave the old row as it was
    renewed                         delete the old row, then as for a new session
    new and written to              insert a row, set the cookie
    new and empty                   nothing; a stale cookie is taken back
    changed                         update the row; when it is gone, take the cookie back
    unchanged, seen a minute ago    move `last_seen`, extend the cookie
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, cast

from mvc.config import Settings
from mvc.sessions.cookies import mark_private, session_cookie_name, set_session_cookie
from mvc.sessions.session import Session
from mvc.sessions.store import SessionInfo, SessionStore, StoredSession, key_of

if TYPE_CHECKING:
    from httpcore import Response
    from mvc.requests import Request

_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_TOUCH_INTERVAL = timedelta(minutes=1)  # feat:C9
_PURGE_INTERVAL = 300.0  # seconds between two batches of one process
_PURGE_BATCH = 500  # rows
_MAX_ADDRESS = 45  # characters of the longest IPv6 spelling; a zone name may make it longer
_MAX_USER_AGENT = 200  # characters kept for the list of sessions


@dataclass(frozen=True, slots=True)
class Lifetime:
    """idle: since the session was last seen; absolute: since it was made (sec:S4)."""

    idle: timedelta
    absolute: timedelta

    def expires_at(self, created_at: datetime, last_seen: datetime) -> datetime:
        return min(created_at + self.absolute, last_seen + self.idle)


LIFETIMES = {
    "default": Lifetime(timedelta(days=14), timedelta(days=30)),
    "strict": Lifetime(timedelta(hours=1), timedelta(hours=24)),
}


class Owner(Protocol):
    """What a session remembers of a user."""

    id: Any
    session_epoch: Any


def utc_now() -> datetime:
    """The wall clock as naive UTC, as the database stores it."""
    return datetime.now(UTC).replace(tzinfo=None)


def session_of(request: Request) -> Session:
    """`request.session` with its own type."""
    return cast(Session, request.session)


def session_id_of(request: Request) -> str:
    """The id that the client's cookie names, whether there is such a session or not; "" without."""
    session_id = request.cookies.get(session_cookie_name(request), "")
    return session_id if _ID.fullmatch(session_id) else ""


class SessionManager:
    """Sessions of one application.

    clock: naive UTC, wall time, because expiry outlives the process; a test hands in its own.
    """

    def __init__(
        self,
        store: SessionStore,
        settings: Settings,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.store = store
        self._lifetime = LIFETIMES[settings.session_policy]
        self._clock = clock
        self._purge_lock = threading.Lock()
        self._next_purge = 0.0  # monotonic; guarded by _purge_lock

    def load(self, request: Request) -> Session:
        """The session the client's cookie names, or a new one: an unknown id is never adopted."""
        session_id = session_id_of(request)
        row = self.store.load(key_of(session_id)) if session_id else None
        if row is None or self._is_expired(row):
            return Session()
        return Session(session_id, row)

    def finish(self, request: Request, response: Response) -> None:
        """Save, touch or delete what the request left behind, and tell the client's browser."""
        session = cast("Session | None", request.loaded_session)
        if session is None:
            return
        mark_private(response)
        has_ended = bool(session.retired_id) and session.user_id is None
        if response.status >= 500 and not has_ended:
            return
        if session.retired_id:
            self.store.delete(key_of(session.retired_id))
        if session.stored is None:
            self._settle_new(request, response, session)
        else:
            self._settle_known(request, response, session, session.stored)

    def open_for(self, user: Owner) -> str:
        """Log `user` in without a request, for tests and tools; the cookie value of the session."""
        now = self._clock()
        session = Session()
        row = StoredSession(
            data=session.to_json(),
            user_id=user.id,
            epoch=user.session_epoch,
            created_at=now,
            last_seen=now,
            expires_at=self._lifetime.expires_at(now, now),
        )
        self.store.insert(key_of(session.id), row)
        return session.id

    def sessions_of(self, user_id: int) -> list[SessionInfo]:
        """The live sessions of a user, most recently seen first (feat:C19)."""
        now = self._clock()
        return [
            info
            for info in self.store.list_user(user_id)
            if self._lifetime.expires_at(info.created_at, info.last_seen) > now
        ]

    def revoke(self, user_id: int, handle: str) -> bool:
        """End one session of this user; False when it is not theirs or gone."""
        return bool(handle) and self.store.delete_user(user_id, only=handle) > 0

    def revoke_all(self, user_id: int, keep: str = "") -> int:
        """End every session of this user but the one with the handle `keep`; how many ended."""
        return self.store.delete_user(user_id, keep=keep)

    def purge(self) -> int:
        """Delete one bounded batch of expired rows (sec:S11); how many."""
        return self.store.purge(self._clock(), _PURGE_BATCH)

    def _settle_new(self, request: Request, response: Response, session: Session) -> None:
        if session.is_empty:
            self._take_back(request, response)
            return
        now = self._clock()
        self.store.insert(key_of(session.id), self._row(session, now, now, request))
        self._set_cookie(request, response, session, now, now)
        self._purge_sometimes()

    def _settle_known(
        self, request: Request, response: Response, session: Session, stored: StoredSession
    ) -> None:
        now = max(self._clock(), stored.last_seen)
        is_due = now - stored.last_seen >= _TOUCH_INTERVAL
        if not (session.is_changed or is_due):
            return
        key = key_of(session.id)
        if session.is_changed:
            row = self._row(session, stored.created_at, now, request)
            is_alive = self.store.update(key, row)
        else:
            expires_at = self._lifetime.expires_at(stored.created_at, now)
            is_alive = self.store.touch(key, now, expires_at)
        if not is_alive:
            self._take_back(request, response)
        elif is_due:
            self._set_cookie(request, response, session, stored.created_at, now)

    def _row(
        self, session: Session, created_at: datetime, last_seen: datetime, request: Request
    ) -> StoredSession:
        return StoredSession(
            data=session.to_json(),
            user_id=session.user_id,
            epoch=session.epoch,
            created_at=created_at,
            last_seen=last_seen,
            expires_at=self._lifetime.expires_at(created_at, last_seen),
            ip=request.remote_addr[:_MAX_ADDRESS],
            user_agent=request.headers.get("User-Agent", "")[:_MAX_USER_AGENT],
        )

    def _is_expired(self, row: StoredSession) -> bool:
        # After a backward jump of the clock a row may lie in the future; taking it as seen just
        # now neither ends nor extends it (sec:R13).
        now = self._clock()
        created_at, last_seen = min(row.created_at, now), min(row.last_seen, now)
        return self._lifetime.expires_at(created_at, last_seen) <= now

    def _set_cookie(
        self,
        request: Request,
        response: Response,
        session: Session,
        created_at: datetime,
        last_seen: datetime,
    ) -> None:
        left = self._lifetime.expires_at(created_at, last_seen) - last_seen
        set_session_cookie(request, response, session.id, max(1, int(left.total_seconds())))

    def _take_back(self, request: Request, response: Response) -> None:
        if request.cookies.get(session_cookie_name(request)) is not None:
            set_session_cookie(request, response, "", 0)

    def _purge_sometimes(self) -> None:
        with self._purge_lock:
            if time.monotonic() < self._next_purge:
                return
            self._next_purge = time.monotonic() + _PURGE_INTERVAL
        self.purge()
