"""Everything of the framework that is kept in the database. Nothing else in `mvc` imports `orm`."""

from mvc.storage.database import (
    EXCEPTION_STATUS,
    StorageError,
    back_up,
    connect,
)
from mvc.storage.models import LoginFailures, Permission, Role, SessionRecord, User
from mvc.storage.queries import query_observer
from mvc.storage.schema import prepare_tables
from mvc.storage.sessions import DatabaseSessionStore
from mvc.storage.throttle import DatabaseThrottle
from mvc.storage.users import DatabaseUserStore, load_user_model
from mvc.storage.work import is_worth_another_try, read_only, unit_of_work, watched

__all__ = [
    "EXCEPTION_STATUS",
    "DatabaseSessionStore",
    "DatabaseThrottle",
    "DatabaseUserStore",
    "LoginFailures",
    "Permission",
    "Role",
    "SessionRecord",
    "StorageError",
    "User",
    "back_up",
    "connect",
    "is_worth_another_try",
    "load_user_model",
    "prepare_tables",
    "query_observer",
    "read_only",
    "unit_of_work",
    "watched",
]
