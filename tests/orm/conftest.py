"""Every test of the ORM that takes `db` runs on SQLite and on MariaDB."""

from collections.abc import Callable

import pytest

import orm.engine as engine
from orm.engine.database import Database
from tests.support.databases import db, db_url, mariadb, mysql_url

__all__ = ["db", "db_url", "mariadb", "mysql_url"]


@pytest.fixture(scope="module")
def model_packages() -> frozenset[str]:
    """None: these tests are about their own models."""
    return frozenset()


@pytest.fixture
def reconnect(db: Database, db_url: str) -> Callable[..., Database]:
    """Connect to the database of `db` once more, under a name of its own, with other options."""

    def connect(name: str = "other", **options: object) -> Database:
        return engine.connect(db_url, name, **options)

    return connect
