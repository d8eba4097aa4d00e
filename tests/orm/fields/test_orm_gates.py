"""orm:O41 What a gate lets pass is what accept() would return: a gate may be narrow, never wide."""

import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orm.types.base import Refused, ValueType
from orm.types.dates import DateTimeType, DateType
from orm.types.gates import gate_test
from orm.types.numbers import BooleanType, FloatType, IntegerType
from orm.types.text import StringType, TextType, UuidType

TYPES: list[ValueType] = [
    TextType(),
    StringType(3),
    StringType(3, ci=True),
    IntegerType(16),
    IntegerType(64),
    BooleanType(),
    FloatType(),
    DateType(),
    DateTimeType(),
    DateTimeType(tz=True),
    UuidType(),
]

VALUES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(["", "\0", "a\0b", "\ud800", "é", "1", "2024-01-02", "true"]),
    st.integers(),
    st.sampled_from([-(2**15), 2**15 - 1, 2**15, 2**63 - 1, 2**63, True, False, None, 1.0]),
    st.floats(),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(dt.UTC)),
    st.uuids(),
    st.binary(max_size=3),
)


@pytest.mark.parametrize("value_type", TYPES, ids=lambda item: type(item).__name__)
@settings(max_examples=300, deadline=None)
@given(value=VALUES)
def test_orm_O41_a_gate_is_never_wider_than_accept(value_type: ValueType, value: Any) -> None:
    if not gate_test(value_type)(value):
        return
    try:
        accepted = value_type.accept(value)
    except Refused as refusal:
        pytest.fail(f"passed the gate: {refusal}")
    assert (accepted, type(accepted)) == (value, type(value))


@pytest.mark.parametrize(
    ("value_type", "value"),
    [
        (TextType(), "plain"),
        (IntegerType(16), -5),
        (BooleanType(), False),
        (FloatType(), -0.5),
        (DateType(), dt.date(2024, 1, 2)),
        (DateTimeType(), dt.datetime(2024, 1, 2)),
        (UuidType(), uuid.UUID(int=5)),
    ],
    ids=str,
)
def test_orm_O41_plain_values_pass(value_type: ValueType, value: Any) -> None:
    assert gate_test(value_type)(value)
