"""Databases: URLs, connections, statements and transactions on SQLite and MySQL/MariaDB.

url, options        what `connect` is given
registry            databases by name; connect, transaction, on_commit
log, tally, explain what is known of statements: logs, statistics, plans
watching, context   lazy loads and slow statements; what the program was doing
database            one database: run, execute, stream, scopes, the query log
transaction, blocks the state of a transaction, and the blocks that open and end it
statements          what kind of statement a text is, where its placeholders stand
driver              what an engine offers; sqlite/ and mysql/ are the two
"""

from orm.engine.context import set_context
from orm.engine.database import Database
from orm.engine.dialect import Dialect
from orm.engine.expecting import assert_queries
from orm.engine.log import QueryLog, Statement
from orm.engine.registry import (
    close,
    connect,
    database,
    get_database,
    on_commit,
    pipeline,
    transaction,
)
from orm.engine.result import Result, Row

__all__ = [
    "Database",
    "Dialect",
    "QueryLog",
    "Result",
    "Row",
    "Statement",
    "assert_queries",
    "close",
    "connect",
    "database",
    "get_database",
    "on_commit",
    "pipeline",
    "set_context",
    "transaction",
]
