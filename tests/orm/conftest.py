"""Every test of the ORM that takes `db` runs on SQLite and on MariaDB."""

from tests.support.databases import db, mariadb, mysql_url

__all__ = ["db", "mariadb", "mysql_url"]
