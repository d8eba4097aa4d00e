"""Isolation levels of a transaction, by their names in SQL (orm:O26).

MySQL and MariaDB know four, InnoDB's default is REPEATABLE READ. SQLite has one writer at a time
and snapshots for readers: every transaction is SERIALIZABLE, which satisfies the weaker levels too.
"""

from orm.errors import TransactionError
from orm.names import did_you_mean

LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable")


def check_isolation(level: str) -> str:
    """The level in small letters; TransactionError when there is none of that name."""
    name = " ".join(level.replace("_", " ").lower().split())
    if name not in LEVELS:
        hint = did_you_mean(name, LEVELS)
        raise TransactionError(f"there is no isolation level {level!r}. {hint}")
    return name


def statement_for(level: str) -> str:
    """What MySQL is sent before START TRANSACTION: it counts for that transaction only."""
    return f"SET TRANSACTION ISOLATION LEVEL {check_isolation(level).upper()}"
