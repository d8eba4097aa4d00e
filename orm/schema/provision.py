"""Creating the database itself, so that tables can be created in it.

Used before anything else works, so what it raises is read by people setting a machine up: one line
that says what failed, on which host, as which user, and what to try (`orm.engine.mysql.errors`).
"""

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from orm.engine.options import MysqlOptions, read_options
from orm.engine.registry import make_driver
from orm.engine.url import SQLITE, DatabaseURL, parse_url
from orm.errors import Disconnected, OperationalError
from orm.schema.introspect import existing_tables

_UNKNOWN_DATABASE = 1049


def create_database(url: str, *, base: str | Path | None = None) -> bool:
    """Create the database of `url` unless it exists; returns whether it was created.

    For SQLite that is the folder of the file; the file appears with its first table. On MySQL and
    MariaDB the database gets utf8mb4 and its binary collation; an existing one is left as it is.
    base: the folder a relative SQLite path counts from.
    Raises Disconnected or OperationalError with one readable line.
    """
    parsed = parse_url(url)
    if parsed.engine == SQLITE:
        return _create_folder(parsed, base)
    return _create_mysql(parsed)


def has_tables(url: str, *, base: str | Path | None = None) -> bool:
    """Is there anything in the database of `url`? False also when it does not exist.

    Creates nothing. Raises as `create_database`.
    """
    parsed = parse_url(url)
    if parsed.engine == SQLITE and not (parsed.path and Path(base or "", parsed.path).exists()):
        return False
    driver = make_driver(parsed, base, {})
    try:
        return bool(existing_tables(driver))
    except OperationalError as error:
        if error.code == _UNKNOWN_DATABASE:
            return False
        raise
    finally:
        driver.close()


def _create_folder(url: DatabaseURL, base: str | Path | None) -> bool:
    if not url.path:
        return False
    folder = Path(base or "", url.path).absolute().parent
    if folder.is_dir():
        return False
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise OperationalError(
            f"SQLite: the folder {folder} cannot be created: {error.strerror}; create it, or name "
            "another one in the URL."
        ) from error
    return True


def _create_mysql(url: DatabaseURL) -> bool:
    """On the first server of a cluster that answers; it tells the others."""
    *others, last = url.hosts
    for host in others:
        with suppress(Disconnected):
            return _create_at(url.at(host))
    return _create_at(url.at(last))


def _create_at(url: DatabaseURL) -> bool:
    """Try to use it first: a user who may use the database need not be allowed to create it."""
    module: Any = importlib.import_module("orm.engine.mysql.connection")
    options = read_options(MysqlOptions, url.options)
    try:
        module.MysqlConnection(url, options).close()
        return False
    except OperationalError as error:
        if error.code != _UNKNOWN_DATABASE:
            raise
    connection = module.MysqlConnection(url, options, database=False)
    try:
        name = url.name.replace("`", "``").replace("%", "%%")
        connection.run(
            f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET {module.CHARSET} "
            f"COLLATE {module.COLLATION}",
            (),
        )
    finally:
        connection.close()
    return True
