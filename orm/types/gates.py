"""Gates as functions: is a value right as it is, without a look at anything but its kind?

See `ValueType.gate`. What a gate lets pass needs no accept(); everything else asks it.
"""

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from typing import Any, Final

from orm.types.base import ValueType

Test = Callable[[Any], bool]

# What gates and the functions generated from them may speak of.
GATE_NAMES: Final[dict[str, Any]] = {
    "datetime": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "timedelta": dt.timedelta,
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
}


def gate_test(value_type: ValueType) -> Test:
    """The gate of a type as a function; of a type without one, a function that is never true."""
    gate = value_type.own_gate("value")
    test: Test = eval(f"lambda value: {gate or 'False'}", dict(GATE_NAMES))
    return test
