"""Row locks: FOR UPDATE and what goes with it."""

from typing import Any

from orm.engine.database import Database
from orm.errors import QueryError
from orm.queries.joins import source_of


def lock(skip_locked: bool, nowait: bool, of: Any, share: bool) -> dict[str, Any]:
    """The parts of a shape that for_update() sets."""
    if skip_locked and nowait:
        raise QueryError("for_update() takes skip_locked or nowait, not both.")
    targets = () if of is None else tuple(of) if isinstance(of, (list, tuple)) else (of,)
    return {
        # Of the two spellings of a shared lock MariaDB knows this one only.
        "lock": "LOCK IN SHARE MODE" if share else "FOR UPDATE",
        "lock_of": tuple(map(source_of, targets)),
        "lock_wait": " SKIP LOCKED" if skip_locked else " NOWAIT" if nowait else "",
    }


def check_lock_of(database: Database) -> None:
    """QueryError on MariaDB, which locks the rows of all tables of a query or of none."""
    if database.dialect.name == "mysql" and "MariaDB" in str(_version(database)):
        raise QueryError(
            "MariaDB has no for_update(of=...): it locks the rows of every table of a query. Lock "
            "them by a query of that table alone."
        )


def _version(database: Database) -> Any:
    return database.run("SELECT VERSION()").rows[0][0]
