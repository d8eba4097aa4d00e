"""Functions of dates and times.

SQLite keeps them as text of one fixed form (`2026-01-31 09:30:00.000000`, UTC), so a part is cut
out of the text; MySQL has functions. What has a month's length in it is computed by a function of
ours on SQLite, whose own goes from 31 January to 3 March where MySQL stops at 28 February.
"""

from datetime import timedelta
from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, Value
from orm.expressions.calls import Call, Form, argument
from orm.names import did_you_mean
from orm.types.base import ValueType, shorten
from orm.types.dates import DateTimeType, DateType
from orm.types.numbers import FloatType, IntegerType
from orm.types.text import TextType

_INTEGER: Final = IntegerType(64)


def _cut(name: str, start: int, count: int, mysql: str) -> Form:
    return Form(name, f"CAST(SUBSTR({{0}}, {start}, {count}) AS INTEGER)", mysql)


_PARTS: Final = {
    "year": _cut("year", 1, 4, "YEAR({0})"),
    "quarter": Form("quarter", "((CAST(SUBSTR({0}, 6, 2) AS INTEGER) + 2) / 3)", "QUARTER({0})"),
    "month": _cut("month", 6, 2, "MONTH({0})"),
    "week": Form(
        "week",
        "((STRFTIME('%j', {0}, '-3 days', 'weekday 4') - 1) / 7 + 1)",
        "WEEK({0}, 3)",
    ),
    "day": _cut("day", 9, 2, "DAYOFMONTH({0})"),
    "weekday": Form(
        "weekday", "((CAST(STRFTIME('%w', {0}) AS INTEGER) + 6) % 7 + 1)", "(WEEKDAY({0}) + 1)"
    ),
    "day_of_year": Form("day_of_year", "CAST(STRFTIME('%j', {0}) AS INTEGER)", "DAYOFYEAR({0})"),
    "hour": _cut("hour", 12, 2, "HOUR({0})"),
    "minute": _cut("minute", 15, 2, "MINUTE({0})"),
    "second": _cut("second", 18, 2, "SECOND({0})"),
    "microsecond": _cut("microsecond", 21, 6, "MICROSECOND({0})"),
}
_OF_TIME: Final = {"hour", "minute", "second", "microsecond"}

# The first day of the period, as text of a date, on both engines.
_FIRST_DAYS: Final = {
    "year": ("SUBSTR({0}, 1, 4) || '-01-01'", "DATE_FORMAT({0}, '%Y-01-01')"),
    "quarter": (
        "SUBSTR({0}, 1, 5) || SUBSTR('01040710', (SUBSTR({0}, 6, 2) - 1) / 3 * 2 + 1, 2) || '-01'",
        "DATE_FORMAT(MAKEDATE(YEAR({0}), 1) + INTERVAL (QUARTER({0}) - 1) QUARTER, '%Y-%m-%d')",
    ),
    "month": ("SUBSTR({0}, 1, 7) || '-01'", "DATE_FORMAT({0}, '%Y-%m-01')"),
    "week": (
        "DATE({0}, '-6 days', 'weekday 1')",
        "DATE_FORMAT({0} - INTERVAL WEEKDAY({0}) DAY, '%Y-%m-%d')",
    ),
    "day": ("SUBSTR({0}, 1, 10)", "DATE_FORMAT({0}, '%Y-%m-%d')"),
}
_STARTS: Final = {
    "hour": ("SUBSTR({0}, 1, 13) || ':00:00.000000'", "DATE_FORMAT({0}, '%Y-%m-%d %H:00:00')"),
    "minute": ("SUBSTR({0}, 1, 16) || ':00.000000'", "DATE_FORMAT({0}, '%Y-%m-%d %H:%i:00')"),
    "second": ("SUBSTR({0}, 1, 19) || '.000000'", "DATE_FORMAT({0}, '%Y-%m-%d %H:%i:%s')"),
}
_DATE_STARTS: Final = {
    unit: Form("date_trunc", f"({sqlite})", f"CAST({mysql} AS DATE)")
    for unit, (sqlite, mysql) in _FIRST_DAYS.items()
}
_MOMENT_STARTS: Final = {
    unit: Form("date_trunc", f"({sqlite} || ' 00:00:00.000000')", f"CAST({mysql} AS DATETIME(6))")
    for unit, (sqlite, mysql) in _FIRST_DAYS.items()
} | {
    unit: Form("date_trunc", f"({sqlite})", f"CAST({mysql} AS DATETIME(6))")
    for unit, (sqlite, mysql) in _STARTS.items()
}
_DATE_OF: Final = Form("date_of", "SUBSTR({0}, 1, 10)", "CAST({0} AS DATE)")
_SHIFT_MOMENT: Final = Form(
    "shift",
    "ORM_SHIFT({0}, {1}, {2})",
    "({0} + INTERVAL {1} MONTH + INTERVAL {2} MICROSECOND)",
)
_SHIFT_DATE: Final = Form(
    "shift",
    "ORM_SHIFT({0}, {1}, {2} * 86400000000)",
    "({0} + INTERVAL {1} MONTH + INTERVAL {2} DAY)",
)
_STORED: Final = {
    form: Form(
        "shift",
        form.sqlite.replace("ORM_SHIFT(", "ORM_SHIFT_INTO(").removesuffix(")") + ", {3}, {4})",
        form.mysql,
    )
    for form in (_SHIFT_MOMENT, _SHIFT_DATE)
}
_SECONDS: Final = Form(
    "seconds_between",
    "(ORM_MICROSECONDS({0}, {1}) / 1e6)",
    "(TIMESTAMPDIFF(MICROSECOND, {0}, {1}) / 1e6)",
)
_NOW: Final = Form("utc_now", "(STRFTIME('%Y-%m-%d %H:%M:%f', 'now') || '000')", "UTC_TIMESTAMP(6)")


def extract(moment: Any, part: str) -> Call[int]:
    """One part of a date or a point in time, as an int.

    part: year, quarter, month, week (ISO), day, weekday (1 is Monday), day_of_year, hour, minute,
    second, microsecond. Of an aware column the parts are those of UTC.
    """
    given = _moment(moment, "extract()")
    form = _PARTS.get(part)
    if form is None:
        raise QueryError(f"extract() knows no part {part!r}. {did_you_mean(str(part), _PARTS)}")
    if part in _OF_TIME and isinstance(given.type, DateType):
        raise QueryError(f"{given.label} is a date and has no {part}.")
    return Call(form, (given,), _INTEGER)


def year(moment: Any) -> Call[int]:
    """The year of a date or a point in time."""
    return extract(moment, "year")


def month(moment: Any) -> Call[int]:
    """The month, 1 to 12."""
    return extract(moment, "month")


def day(moment: Any) -> Call[int]:
    """The day of the month, from 1."""
    return extract(moment, "day")


def date_of(moment: Any) -> Call[Any]:
    """The date of a point in time (of an aware one, in UTC)."""
    return Call(_DATE_OF, (_moment(moment, "date_of()"),), DateType())


def date_trunc(moment: Any, unit: str) -> Call[Any]:
    """The start of the year, quarter, month, week (Monday), day, hour, minute or second it is in.

    A date stays a date (from year to day).
    """
    given = _moment(moment, "date_trunc()")
    forms = _DATE_STARTS if isinstance(given.type, DateType) else _MOMENT_STARTS
    form = forms.get(unit)
    if form is None:
        raise QueryError(
            f"date_trunc() of {given.label} knows no unit {unit!r}. "
            f"{did_you_mean(str(unit), forms)}"
        )
    return Call(form, (given,), given.type)


def shift(
    moment: Any,
    by: timedelta | None = None,
    *,
    years: int = 0,
    months: Any = 0,
    days: Any = 0,
) -> Call[Any]:
    """Later (or earlier, by negative numbers): `shift(Note.created_at, timedelta(hours=2))`.

    months and days may be expressions. A month later ends on the last day where the month is
    shorter. A date takes whole days only. NULL beyond the calendar of the engine.
    """
    given = _moment(moment, "shift()")
    if by is not None and not isinstance(by, timedelta):
        raise QueryError(f"shift() takes a timedelta, not {shorten(by)}.")
    all_months = months + 12 * years if years else months
    is_date = isinstance(given.type, DateType)
    extra = timedelta() if by is None else by
    if is_date:
        if extra % timedelta(days=1):
            raise QueryError(f"{given.label} is a date: shift it by whole days, not {by}.")
        amount = days + extra.days if by is not None else days
        form = _SHIFT_DATE
    else:
        rest = extra // timedelta(microseconds=1)
        amount = days * 86_400_000_000 + rest if rest else days * 86_400_000_000
        form = _SHIFT_MOMENT
    return Call(form, (given, _number(all_months), _number(amount)), given.type)


def held_to_calendar(call: Call[Any], field: Any) -> Call[Any]:
    """The call on its way into a field: beyond the calendar a shift is a DataError there, as it is
    to MySQL, and no NULL."""
    form = _STORED.get(call.form)
    if form is None:
        return call
    is_secret: Value[int] = Value(int(field.secret), _INTEGER)
    named: Value[str] = Value(field.label, TextType())
    return Call(form, (*call.arguments, is_secret, named), call.type)


def seconds_between(start: Any, end: Any) -> Call[float]:
    """Seconds from `start` to `end`, with fractions; negative when the end comes first."""
    first = _moment(start, "seconds_between()")
    return Call(_SECONDS, (first, first.operand(end)), FloatType())


def utc_now() -> Call[Any]:
    """The clock of the database, in UTC; SQLite's has milliseconds. Beside `now`, the program's."""
    return Call(_NOW, (), DateTimeType())


def _number(value: Any) -> Expression[Any]:
    if isinstance(value, int) and not isinstance(value, bool):
        return Value(value, _INTEGER)
    return argument(value, "shift()")


def _moment(value: Any, where: str) -> Expression[Any]:
    given = argument(value, where)
    kinds: tuple[type[ValueType], ...] = (DateType, DateTimeType)
    if given.type is not None and not isinstance(given.type, kinds):
        raise QueryError(f"{where} takes a date or a point in time; {given.label} is neither.")
    return given
