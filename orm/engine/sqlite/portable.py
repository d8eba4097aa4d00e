"""SQL functions that MySQL has and SQLite has not, so that both engines answer the same."""

import math
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from orm.engine.sqlite.concatenation import GroupConcat
from orm.engine.sqlite.documents import FUNCTIONS as DOCUMENT_FUNCTIONS
from orm.later import calendar

# Longest text repeat() and the paddings make; MySQL's limit is its max_allowed_packet.
_LONGEST = 16 * 1024 * 1024


def _reverse(text: Any) -> str | None:
    return None if text is None else str(text)[::-1]


def _repeat(text: Any, times: Any) -> str | None:
    if text is None or times is None:
        return None
    count = max(0, int(times))
    return str(text) * count if len(str(text)) * count <= _LONGEST else None


def _pad(text: Any, width: Any, fill: Any) -> tuple[str, str] | None:
    """The text cut to the width, and what fills it up; None when the answer is NULL."""
    if text is None or width is None or fill is None or not 0 <= int(width) <= _LONGEST:
        return None
    cut, size = str(text)[: int(width)], int(width)
    missing = size - len(cut)
    return cut, (str(fill) * missing)[:missing]


def _lpad(text: Any, width: Any, fill: Any) -> str | None:
    padded = _pad(text, width, fill)
    return None if padded is None else padded[1] + padded[0]


def _rpad(text: Any, width: Any, fill: Any) -> str | None:
    padded = _pad(text, width, fill)
    return None if padded is None else padded[0] + padded[1]


def shift(text: str | None, months: int | None, microseconds: int | None) -> str | None:
    """A date or a point in time, in the form it came in, so much later; NULL beyond year 9999."""
    if text is None or months is None or microseconds is None:
        return None
    try:
        moment = _add_months(datetime.fromisoformat(text), int(months))
        moment += timedelta(microseconds=int(microseconds))
    except (ValueError, OverflowError):
        return None
    if len(text) == len("2026-01-31"):
        return moment.date().isoformat()
    return moment.isoformat(" ", "microseconds")


def _add_months(moment: datetime, months: int) -> datetime:
    if not months:
        return moment
    year, index = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(
        year=year, month=index + 1, day=min(moment.day, calendar.monthrange(year, index + 1)[1])
    )


def _microseconds(start: str | None, end: str | None) -> int | None:
    if start is None or end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // timedelta(
        microseconds=1
    )


def _of_number(compute: Callable[[float], float]) -> Callable[[Any], float | None]:
    def run(value: Any) -> float | None:
        try:
            return None if value is None else compute(float(value))
        except (ValueError, OverflowError):
            return None

    return run


def _power(base: Any, exponent: Any) -> float | None:
    if base is None or exponent is None:
        return None
    try:
        return math.pow(float(base), float(exponent))
    except (ValueError, OverflowError):
        return None


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "reverse": (1, _reverse),
    "repeat": (2, _repeat),
    "lpad": (3, _lpad),
    "rpad": (3, _rpad),
    "orm_shift": (3, shift),
    "orm_microseconds": (2, _microseconds),
    **DOCUMENT_FUNCTIONS,
}
# SQLite has these only when it was built with them.
_MATHEMATICS: dict[str, tuple[int, Callable[..., Any]]] = {
    "floor": (1, _of_number(math.floor)),
    "ceil": (1, _of_number(math.ceil)),
    "sqrt": (1, _of_number(math.sqrt)),
    "exp": (1, _of_number(math.exp)),
    "ln": (1, _of_number(math.log)),
    "log10": (1, _of_number(math.log10)),
    "power": (2, _power),
}


def install(connection: sqlite3.Connection) -> None:
    """Add them to a connection."""
    wanted = _FUNCTIONS if _has_mathematics(connection) else {**_FUNCTIONS, **_MATHEMATICS}
    for name, (count, function) in wanted.items():
        connection.create_function(name, count, function, deterministic=True)
    # Typeshed counts the arguments of step() by hand.
    connection.create_aggregate("orm_group_concat", -1, cast("Any", GroupConcat))


def _has_mathematics(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT SQRT(4)")
    except sqlite3.OperationalError:
        return False
    return True
