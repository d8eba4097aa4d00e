"""Dates and times: naive UTC in the database; text of one fixed form on SQLite, so it sorts."""

import datetime as dt
from typing import Any

from orm.types.base import Converter, ValueType


class DateTimeType(ValueType):
    """A point in time with microseconds: naive, or with `tz` aware (stored as UTC)."""

    kind = "datetime"

    def __init__(self, tz: bool = False) -> None:
        self.tz = tz
        what = "an aware" if tz else "a naive"
        self.allowed = f"{what} datetime or its ISO 8601 text"

    def accept(self, value: Any) -> dt.datetime:
        moment = value
        if isinstance(value, str):
            try:
                moment = dt.datetime.fromisoformat(value)
            except ValueError:
                raise self.refuse(value) from None
        if not isinstance(moment, dt.datetime) or (moment.utcoffset() is not None) is not self.tz:
            raise self.refuse(value)
        return moment.astimezone(dt.UTC) if self.tz else moment

    def encoder(self, dialect: str) -> Converter | None:
        if dialect == "sqlite":
            return _aware_to_text if self.tz else _to_text
        return _aware_to_naive if self.tz else None

    def decoder(self, dialect: str) -> Converter | None:
        if dialect == "sqlite":
            return _aware_from_text if self.tz else dt.datetime.fromisoformat
        return _naive_to_aware if self.tz else None


class DateType(ValueType):
    kind = "date"
    allowed = "a date or its ISO 8601 text"

    def accept(self, value: Any) -> dt.date:
        # A datetime is a date to Python, but its time of day would be lost.
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
        raise self.refuse(value)

    def encoder(self, dialect: str) -> Converter | None:
        return dt.date.isoformat if dialect == "sqlite" else None

    def decoder(self, dialect: str) -> Converter | None:
        return dt.date.fromisoformat if dialect == "sqlite" else None


def now() -> dt.datetime:
    """The current time as the ORM keeps it: naive UTC with microseconds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _to_text(moment: dt.datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _aware_to_text(moment: dt.datetime) -> str:
    return _to_text(_aware_to_naive(moment))


def _aware_from_text(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _aware_to_naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _naive_to_aware(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC)
