"""Fixtures that give a test a connected database of each engine.

A conftest takes them in by name:

    from tests.support.databases import db, db_url, mariadb, mysql_url

`TREADLE_TEST_MYSQL` names a server of one's own (mysql://user:password@host:port/name, a database
the tests may empty); without it a private MariaDB is started once per session.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.schema.introspect import existing_tables
from orm.schema.provision import create_database
from tests.support.mariadb import MariaDbUnavailable, start_mariadb

ENGINES = ("sqlite", pytest.param("mysql", marks=pytest.mark.mysql))

# For a test of `db` that is about one engine's ways: it exists for that engine only.
on_sqlite = pytest.mark.parametrize("db_url", ENGINES[:1], indirect=True)
on_mysql = pytest.mark.parametrize("db_url", ENGINES[1:], indirect=True)


@pytest.fixture(scope="session")
def mariadb():
    """A private MariaDB of this session; skips where there is none."""
    try:
        server = start_mariadb()
    except MariaDbUnavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mysql_url(request: pytest.FixtureRequest) -> str:
    """The URL of an existing, empty database for tests."""
    url = os.environ.get("TREADLE_TEST_MYSQL") or request.getfixturevalue("mariadb").url("treadle")
    create_database(url)
    return url


@pytest.fixture(params=ENGINES)
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once for each engine."""
    return _url_of(request, tmp_path)


def _url_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "mysql":
        return str(request.getfixturevalue("mysql_url")) + "?pool_size=8"
    # What a power cut would lose does not matter here, and FULL waits for the disk.
    return f"sqlite:///{tmp_path}/test.db?synchronous=OFF"


@pytest.fixture(params=(*ENGINES, pytest.param("plain", marks=pytest.mark.mysql)))
def db_url_of_each_reader(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As db_url, and once more with PyMySQL's own reader; taken in under the name db_url."""
    if request.param == "plain":
        return str(request.getfixturevalue("mysql_url")) + "?pool_size=8&fast_reader=false"
    return _url_of(request, tmp_path)


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    """The default database, connected and empty, once on each engine."""
    database = engine.connect(db_url)
    yield database
    if database.dialect.name == "mysql":
        drop_everything(database)
    engine.close()


def drop_everything(database: Database) -> None:
    """Drop every table of a MySQL database, whatever refers to what."""
    tables = existing_tables(database)
    if tables:
        names = ", ".join(map(database.dialect.quote, tables))
        # MySQL drops tables that refer to each other in one statement, MariaDB asks for this.
        unchecked = "/*M! SET STATEMENT foreign_key_checks = 0 FOR */"
        database.run(f"{unchecked} DROP TABLE {names}")


def empty_database(database: Database) -> None:
    """Drop every table and view of a database."""
    if database.dialect.name == "mysql":
        drop_everything(database)
        return
    database.run("PRAGMA foreign_keys = OFF")
    for kind, name in database.run("SELECT type, name FROM sqlite_master").rows:
        if kind in ("table", "view") and not name.startswith("sqlite_"):
            database.run(f'DROP {kind} IF EXISTS "{name}"')
    database.run("PRAGMA foreign_keys = ON")
