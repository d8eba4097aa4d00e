"""Dates and times."""

import datetime
from typing import Literal, TypeVar, Unpack, overload

from orm.fields.base import Field, FieldOptions
from orm.types.dates import DateTimeType, DateType, DurationType, TimeType

T = TypeVar("T")


class DateTime(Field[T]):
    """A point in time with microseconds: naive, or aware and kept as UTC with `tz`."""

    @overload
    def __init__(
        self: "DateTime[datetime.datetime]",
        *,
        tz: bool = False,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "DateTime[datetime.datetime | None]",
        *,
        tz: bool = False,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        *,
        tz: bool = False,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(DateTimeType(tz), null, **options)


class Date(Field[T]):
    """A day of the calendar."""

    @overload
    def __init__(
        self: "Date[datetime.date]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Date[datetime.date | None]",
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(DateType(), null, **options)


class Time(Field[T]):
    """A time of day with microseconds, without a zone."""

    @overload
    def __init__(
        self: "Time[datetime.time]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Time[datetime.time | None]",
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(TimeType(), null, **options)


class Duration(Field[T]):
    """A span of time, exact to the microsecond."""

    @overload
    def __init__(
        self: "Duration[datetime.timedelta]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Duration[datetime.timedelta | None]",
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(DurationType(), null, **options)
