"""Stopping the statement that a connection is running, from another thread (feat:V4)."""

from contextlib import suppress

from orm.engine.mysql.connection import MysqlConnection
from orm.engine.options import MysqlOptions
from orm.engine.url import DatabaseURL
from orm.errors import OrmError


def kill_statement(url: DatabaseURL, options: MysqlOptions, thread_id: int) -> bool:
    """KILL QUERY on a connection of its own; returns whether the server took it.

    The caller has seen to it that the connection killed never carries anybody else's statement:
    the kill is for a connection, and may find it idle or already at the next one.
    """
    with suppress(OrmError):
        connection = MysqlConnection(url, options)
        try:
            connection.run(f"KILL QUERY {thread_id:d}", ())
            return True
        finally:
            connection.close()
    return False
