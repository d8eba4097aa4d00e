"""What may be bound to a placeholder (sec:D3).

Only plain values of exactly these types reach a driver. A dict, list or set never does: PyMySQL
builds SQL text from what it is given, and such values have been a way to inject (CVE-2024-36039).
"""

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from orm.errors import DataError, QueryError
from orm.types.secret import Secret

Encoder = Callable[[Any], object]

_PLAIN = frozenset({str, int, bytes, bool, type(None)})


def _finite(value: float) -> float:
    # SQLite would store NaN as NULL without a word, MySQL has no literal for it.
    if not math.isfinite(value):
        raise DataError(f"{value} cannot be stored; a float must be finite.")
    return value


def _text_of_moment(value: datetime) -> str:
    return value.isoformat(" ", "microseconds")


# The forms are those the value types of `orm.types` store, so that raw SQL compares equal to them.
_ENCODERS: dict[str, dict[type, Encoder]] = {
    "sqlite": {
        float: _finite,
        datetime: _text_of_moment,
        date: date.isoformat,
        time: time.isoformat,
        Decimal: str,
    },
    "mysql": dict.fromkeys((datetime, date, time, Decimal), lambda value: value) | {float: _finite},
}


def check_sequence(params: Any) -> None:
    """QueryError unless `params` is a list or the like: of a dict the keys would be bound."""
    if not isinstance(params, Sequence) or isinstance(params, (str, bytes, bytearray)):
        raise QueryError(
            f"parameters come as a list, one for each `?`, not as a {type(params).__name__}."
        )


def encode_parameters(params: Sequence[Any], dialect: str) -> Sequence[Any]:
    """Check the parameters and give them the driver's form; DataError names the wrong one."""
    if _PLAIN.issuperset(map(type, params)):
        return params
    encoders = _ENCODERS[dialect]
    encoded = list(params)
    for index, value in enumerate(params):
        if isinstance(value, Secret):
            value = encoded[index] = value.reveal()
        kind = type(value)
        if kind in _PLAIN:
            continue
        encoder = encoders.get(kind)
        if encoder is None:
            raise DataError(
                f"parameter {index + 1} is a {kind.__name__}, which cannot be bound; give a str, "
                "int, float, bool, bytes, Decimal, date, time, datetime or None."
            )
        encoded[index] = encoder(value)
    return encoded
