"""Everything that takes `db` runs on SQLite and on MariaDB, with the framework's own tables."""

import pytest

import orm
from mvc.storage import LoginFailures, Permission, Role, SessionRecord, User
from orm import Database
from tests.support.databases import db, db_url, mariadb, mysql_url

__all__ = ["db", "db_url", "mariadb", "mysql_url"]


@pytest.fixture
def tables(db: Database) -> Database:
    """The connected database, with empty tables for users and sessions."""
    orm.create_all([Permission, Role, User, SessionRecord, LoginFailures])
    return db
