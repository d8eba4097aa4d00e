"""Sessions: a dict per visitor, kept on the server under the hash of a random id."""

from mvc.sessions.cookies import session_cookie_name
from mvc.sessions.manager import SessionManager, session_id_of, session_of
from mvc.sessions.memory import MemorySessionStore
from mvc.sessions.session import Session
from mvc.sessions.store import SessionInfo, SessionStore, StoredSession

__all__ = [
    "MemorySessionStore",
    "Session",
    "SessionInfo",
    "SessionManager",
    "SessionStore",
    "StoredSession",
    "session_cookie_name",
    "session_id_of",
    "session_of",
]
