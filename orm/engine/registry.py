"""The databases of this process by name, and the functions that speak to the default one."""

import atexit
import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from threading import Lock
from typing import Any, Final, NoReturn, ParamSpec, TypeAlias, TypeVar, cast, overload

from orm.engine.blocks import TransactionBlock
from orm.engine.database import Database
from orm.engine.driver import Driver
from orm.engine.local import ThreadState
from orm.engine.log import log_statements
from orm.engine.options import MysqlOptions, SqliteOptions, read_options
from orm.engine.pipeline import PipelineBlock
from orm.engine.sqlite.driver import SqliteDriver
from orm.engine.transaction import Callback
from orm.engine.url import MYSQL, SQLITE, DatabaseURL, parse_url
from orm.engine.watching import split_watching
from orm.errors import ConfigurationError, OrmError

P = ParamSpec("P")
R = TypeVar("R")

Folder: TypeAlias = str | PathLike[str] | None

DEFAULT = "default"

_lock = Lock()  # guards changes of databases; reading a dict needs none


class _Databases(dict[str, Database]):
    def __missing__(self, name: str) -> NoReturn:
        known = f"known are {', '.join(self)}" if self else "none is connected"
        keyword = "" if name == DEFAULT else f", name={name!r}"
        raise ConfigurationError(
            f"no database {name!r}; {known}. Call orm.connect(url{keyword}) first."
        )


# By name, as get_database() finds them; for who looks one up with every statement.
databases: Final = _Databases()


def connect(url: str, name: str = DEFAULT, *, base: Folder = None, **options: Any) -> Database:
    """Make a database known under `name` and return it.

    url: see `orm.engine.url`. base: the folder a relative SQLite path counts from, by default the
    current one. options: see `orm.engine.options` and `orm.engine.watching` (lazy_loads="warn",
    slow_query=0.0, query_log=False); they win over those in the URL.

    Nothing is sent yet: connections open when the first statement needs them, so a wrong password
    is an OperationalError there. A database of the same name is closed and replaced.
    ConfigurationError for a URL or option that is wrong.
    """
    parsed = parse_url(url)
    watching, _ = split_watching({**parsed.options, **options})
    database = Database(name, make_driver(parsed, base, options))
    database.lazy_loads = watching.lazy_loads
    database.log_slow_queries(watching.slow_query)
    if watching.query_log:
        log_statements(database.add_observer)
    with _lock:
        former = databases.get(name)
        databases[name] = database
    if former is not None:
        former.close()
    return database


def make_driver(url: DatabaseURL, base: Folder, options: dict[str, Any]) -> Driver:
    """The driver of one database, known to nobody yet; arguments as for `connect`."""
    _, given = split_watching({**url.options, **options})
    return _DRIVERS[url.engine](url, base, given)


def _sqlite_driver(url: DatabaseURL, base: Folder, given: dict[str, Any]) -> Driver:
    path = _absolute(base, url.path) if url.path else ""
    return SqliteDriver(path, read_options(SqliteOptions, given))


def _absolute(base: Folder, path: str) -> str:
    """As `pathlib` writes it, `..` left to the file system (it may follow a link); that takes 3 ms
    to import."""
    given = os.path.join(base or "", path)
    # Where a path is absolute, the folder we are in may be gone.
    whole = given if os.path.isabs(given) else os.path.join(os.getcwd(), given)
    root, *parts = whole.split(os.sep)
    return os.sep.join([root, *(part for part in parts if part not in ("", "."))])


def _mysql_driver(url: DatabaseURL, base: Folder, given: dict[str, Any]) -> Driver:
    # Imported here, and by name, so that an application on SQLite never loads PyMySQL.
    module = importlib.import_module("orm.engine.mysql.driver")
    if isinstance(replicas := given.get("replicas"), (list, tuple)):
        given = {**given, "replicas": ",".join(map(str, replicas))}
    return cast(Driver, module.MysqlDriver(url, read_options(MysqlOptions, given)))


_DRIVERS: dict[str, Callable[[DatabaseURL, Folder, dict[str, Any]], Driver]] = {
    SQLITE: _sqlite_driver,
    MYSQL: _mysql_driver,
}


def connected() -> list[Database]:
    """Every database that is connected."""
    return list(databases.values())


def get_database(name: str = DEFAULT) -> Database:
    """The database connected under `name`; ConfigurationError when there is none."""
    return databases[name]


def close(name: str | None = None) -> None:
    """Close and forget the database `name`, or every one."""
    with _lock:
        names = list(databases) if name is None else [name]
        closing = [databases.pop(each) for each in names if each in databases]
    for each in closing:
        each.close()


class _DefaultDatabase:
    """Stands for whatever database is the default one at the moment of the call."""

    def __getattr__(self, name: str) -> Any:
        return getattr(get_database(), name)

    def __repr__(self) -> str:
        return "<the default database>"


database = cast(Database, _DefaultDatabase())


@overload
def transaction(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def transaction(
    *,
    database: str = DEFAULT,
    lazy: bool = False,
    retry: int = 0,
    isolation: str | None = None,
) -> TransactionBlock: ...
def transaction(
    function: Callable[P, R] | None = None,
    /,
    *,
    database: str = DEFAULT,
    lazy: bool = False,
    retry: int = 0,
    isolation: str | None = None,
) -> TransactionBlock | Callable[P, R]:
    """A transaction as `with transaction():` or as decorator (orm:O25).

    It commits at the end of the block and is undone when an exception leaves it; inside another it
    is a savepoint. lazy: BEGIN waits for the first statement. retry: as decorator, run the function
    again up to so many times when the database undid it or was lost before COMMIT (Deadlock,
    LockTimeout, Disconnected, ServerReadOnly; sec:D13); the function must be safe to run again.
    isolation: "serializable" or another level of SQL, for this transaction alone (orm:O26).
    `with transaction() as block: block.rollback()` undoes without an exception.
    """

    def find_state() -> ThreadState:
        return get_database(database).thread_state

    block = TransactionBlock(find_state, lazy=lazy, retry=retry, isolation=isolation)
    return block if function is None else block(function)


def pipeline(*, database: str = DEFAULT) -> PipelineBlock:
    """`with pipeline():` the statements of save() and delete() inside go out together.

    A transaction block, a savepoint inside another: all of it is stored or nothing. On MariaDB
    statements are sent ahead of the answers to those before them, which are read in order at the
    end of the block, before anything else is run, or when enough are on their way; there an error
    is raised, with a note that names its object. On SQLite each statement runs at once.
    """
    return PipelineBlock(lambda: get_database(database).thread_state)


def on_commit(callback: Callback, *, database: str = DEFAULT) -> None:
    """Call `callback` once this thread's transaction is committed, at once outside of one.

    It is dropped when the transaction, or the savepoint it was registered in, is undone.
    """
    get_database(database).on_commit(callback)


def _abandon_all() -> None:
    for each in databases.values():
        each.abandon()


def _close_at_exit() -> None:
    """A SQLite file that is closed has no WAL beside it, and needs no check at the next start.
    What is in use by another thread stays as it is: the exit waits for nobody."""
    for each in connected():
        if not each.statistics.in_use:
            with suppress(OrmError):
                each.close()


os.register_at_fork(after_in_child=_abandon_all)
atexit.register(_close_at_exit)
