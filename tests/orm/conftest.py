"""Every test of the ORM that takes `db` runs on SQLite and on MariaDB."""

from collections.abc import Callable, Iterator

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.metadata import registry
from tests.support.databases import db, db_url, mariadb, mysql_url

__all__ = ["db", "db_url", "mariadb", "mysql_url"]


@pytest.fixture(autouse=True)
def _forget_models() -> Iterator[None]:
    """Models made inside a test end with it: `create_all()` of another test means every model."""
    models, waiting = dict(registry._models), list(registry._waiting)
    yield
    registry._models.clear()
    registry._models.update(models)
    registry._waiting[:] = waiting


@pytest.fixture
def reconnect(db: Database, db_url: str) -> Callable[..., Database]:
    """Connect to the database of `db` once more, under a name of its own, with other options."""

    def connect(name: str = "other", **options: object) -> Database:
        return engine.connect(db_url, name, **options)

    return connect
