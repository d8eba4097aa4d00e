"""Values that no error, log or traceback shows (secret=True)."""

import copy
from typing import Any, Final

from orm.types.base import Converter, ValueType

MASK: Final = "***"


class Secret:
    """A value on its way to the driver; whoever logs the parameters of a statement sees `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        return self._value

    def __repr__(self) -> str:
        return MASK


def make_secret(value_type: ValueType) -> ValueType:
    """A copy of the type whose values reach the driver inside `Secret`."""
    secret = copy.copy(value_type)
    encoder_of = value_type.encoder

    def encoder(dialect: str) -> Converter:
        encode = encoder_of(dialect)
        return Secret if encode is None else lambda value: Secret(encode(value))

    setattr(secret, "encoder", encoder)  # noqa: B010  (on this instance only)
    return secret
