"""The application's database: connecting to it, and what its errors are answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orm
from mvc.config import ConfigError, Settings
from mvc.storage.queries import watching
from orm.schema.provision import create_database

if TYPE_CHECKING:
    from pathlib import Path

# Everything that goes wrong with the database; its text is one readable line.
StorageError = orm.OrmError

# What an ORM error that escapes a handler is answered with; any other is a 500. A value that does
# not fit its field, or that another row has taken, nearly always came with the request. 503 is for
# what may succeed a moment later; a commit whose outcome is unknown is not among them, for a client
# that tries again would do it twice (sec:D12).
EXCEPTION_STATUS: dict[type[BaseException], int] = {
    orm.DataError: 400,
    orm.DoesNotExist: 404,
    orm.IntegrityError: 409,
    orm.PoolTimeout: 503,
    orm.QueryTimeout: 503,
    orm.LockTimeout: 503,
    orm.Deadlock: 503,
    orm.Disconnected: 503,
    orm.ServerReadOnly: 503,
    orm.DiskFull: 507,
}


def connect(settings: Settings) -> None:
    """Make the database of these settings the default one; nothing is opened before it is used.

    Settings that name no database leave alone what a script or a test has connected by itself.
    Raises ConfigError when the folder for data cannot be made, and what `orm.connect` raises.
    """
    if settings.data_dir is None and not settings.database_url and _is_connected():
        return
    if settings.data_dir is not None and not settings.database_url:
        _make_folder(settings.data_dir)
    url = settings.database
    # As many connections as threads, so that no thread waits for another's (sec:D15).
    options: dict[str, Any] = {} if "pool_size=" in url else {"pool_size": settings.threads}
    orm.connect(url, **options, **watching(settings, url))


def prepare_database(settings: Settings) -> None:
    """Create the database itself when it is not there, so that tables can be created in it."""
    create_database(settings.database)


def _make_folder(folder: Path) -> None:
    try:
        # It holds password hashes and keys: nobody else needs to look in.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the folder for data, {folder}, cannot be made: {error.strerror}; make it, owned by "
            "the user who serves, or set database_url and secret_key"
        ) from error


def _is_connected() -> bool:
    try:
        orm.get_database()
    except orm.ConfigurationError:
        return False
    return True


def back_up(path: str) -> int:
    """Copy the SQLite database, as it is now, into the file `path`; returns its size in bytes."""
    return orm.database.backup(path)
