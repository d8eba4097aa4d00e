"""Every error the ORM raises, under one root.

Driver exceptions cross one boundary (`engine/sqlite/errors.py`, `engine/mysql/errors.py`), where
they are mapped by error *code*, never by message text. What a message says besides (the name of a
constraint, of a missing table) is only ever used to enrich the error, not to choose its class.

    OrmError
      DoesNotExist, MultipleRows          outcomes of get() and one()
      ModelError                          a model, field or relation is declared wrongly
      QueryError                          a query is written wrongly
      ConfigurationError                  a URL, an option or a database name is wrong
      TransactionError                    a transaction is used wrongly, or can go on no more
      MigrationError                      a migration is wrong, edited, unsafe or half done
      DataError                           a value does not fit its column or parameter
        ValidationError                   several fields of an object, or what validate() found
      IntegrityError                      a constraint refused a write
        CheckFailed                       a check that was seen to fail at the assignment
      StaleObject                         the row was changed by somebody else meanwhile
      OperationalError                    the database could not do it
        ReadOnly                          a write inside a read-only scope
          ServerReadOnly                  the server takes no writes at the moment
        DiskFull                          the database has no room for a write
        Deadlock, LockTimeout             the whole transaction is undone and may be run again
        Disconnected                      the connection is gone; nothing of its work is stored
          Unavailable                     so often lately that nobody tries now
        CommitUnknown                     it went away during COMMIT: the outcome is unknown
        PoolTimeout                       no connection became free in time
        QueryTimeout                      the statement ran longer than its limit
          Cancelled                       somebody stopped it
"""

from collections.abc import Sequence


class OrmError(Exception):
    """The root of every error of this package."""


class DoesNotExist(OrmError):
    """`get()` or `one()` found no row."""


class MultipleRows(OrmError):
    """`get()` or `one()` found more than one row."""


class ModelError(OrmError):
    """A model, a field or a relation is declared wrongly; found when the class is made or bound."""


class QueryError(OrmError):
    """A query is written wrongly; found while it is built or compiled."""


class LazyLoadError(QueryError):
    """Objects load a relation one by one where the query or the database forbids it (orm:O10)."""


class ConfigurationError(OrmError):
    """A database URL, an option or the name of a database is wrong."""


class TransactionError(OrmError):
    """A transaction is used wrongly, or an earlier error in it forbids further statements."""


class MigrationError(OrmError):
    """A migration is wrong, was edited after it was applied, or cannot go on; says what to do."""


class DataError(OrmError):
    """A value does not fit: its type, its range, its length or its encoding."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ValidationError(DataError):
    """An object that may not be stored as it is; `errors` has what is wrong by field.

    For `validate()` of a model: `raise ValidationError(ends="lies before the start")`, or with a
    text alone for what is about no single field.
    """

    def __init__(self, message: str = "", /, **errors: str) -> None:
        self.errors = {"": message, **errors} if message else dict(errors)
        self.model = ""
        super().__init__(message)

    def __str__(self) -> str:
        told = "; ".join(f"{name} {text}".lstrip() for name, text in self.errors.items())
        return f"{self.model or 'The object'} is not valid: {told}."


class StaleObject(OrmError):
    """The row was changed or deleted since the object was read; `refresh()` reads it again."""


class IntegrityError(OrmError):
    """A constraint refused a write.

    constraint: its name as it stands in the database, "PRIMARY" for a primary key, None when the
        engine does not tell (SQLite names neither foreign keys nor NOT NULL).
    columns: the columns it is about, in their order; empty when the engine does not tell.
    code: the driver's error code.
    """

    def __init__(
        self,
        message: str,
        *,
        constraint: str | None = None,
        columns: Sequence[str] = (),
        code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.constraint = constraint
        self.columns = tuple(columns)
        self.code = code


class CheckFailed(IntegrityError, DataError):
    """A value breaks the check of its column, as was seen at the assignment: the database would
    have refused it with the same `constraint`."""


class OperationalError(OrmError):
    """The database could not do what it was asked; `code` is the driver's error code."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ReadOnly(OperationalError):
    """A write inside a read-only scope, or on a database that accepts none."""


class ServerReadOnly(ReadOnly):
    """The server refused a write because it is a standby now (sec:D14); another may take it."""


class Deadlock(OperationalError):
    """The database undid the transaction to resolve a deadlock (sec:D13); run it again."""


class LockTimeout(OperationalError):
    """A lock was not granted in time; the transaction is undone (sec:D13); run it again."""


class Disconnected(OperationalError):
    """The connection is gone, or was never made; the transaction on it is lost (sec:D11)."""


class Unavailable(Disconnected):
    """No server could be reached several times in a row, so this time none was asked (sec:D14).

    retry_after: seconds until the next attempt.
    """

    def __init__(self, message: str, *, retry_after: float, code: int | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class CommitUnknown(OperationalError):
    """The connection went away during COMMIT, or during a write outside a transaction (sec:D12).

    The work may or may not be in the database. It is never run again by itself: look whether its
    effect is there, or use an idempotency key.
    """


class PoolTimeout(OperationalError):
    """Every connection of the pool stayed in use for the whole wait (sec:D15)."""


class DiskFull(OperationalError):
    """The disk, or the size the database may have, is used up; what was written is undone."""


class QueryTimeout(OperationalError):
    """The statement ran longer than it may and was stopped (sec:D8)."""


class Cancelled(QueryTimeout):
    """The statement was stopped from outside: by `database.cancel`, or by an administrator."""
