"""Numbers and truth values."""

import decimal
from typing import Any, Literal, TypeVar, Unpack, overload

from orm.errors import ModelError
from orm.fields.base import Field, FieldOptions
from orm.types.numbers import BooleanType, DecimalType, FloatType, IntegerType

T = TypeVar("T")

# MySQL's limits for DECIMAL.
_MAX_DIGITS = 65
_MAX_PLACES = 30


class Integer(Field[T]):
    """A whole number of 32 bits."""

    python_type = int

    @overload
    def __init__(
        self: "Integer[int]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Integer[int | None]",
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
        super().__init__(IntegerType(32), null, **options)


class SmallInteger(Field[T]):
    """A whole number of 16 bits."""

    python_type = int

    @overload
    def __init__(
        self: "SmallInteger[int]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "SmallInteger[int | None]",
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
        super().__init__(IntegerType(16), null, **options)


class TinyInteger(Field[T]):
    """A whole number of 8 bits."""

    python_type = int

    @overload
    def __init__(
        self: "TinyInteger[int]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "TinyInteger[int | None]",
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
        super().__init__(IntegerType(8), null, **options)


class BigInteger(Field[T]):
    """A whole number of 64 bits."""

    python_type = int

    @overload
    def __init__(
        self: "BigInteger[int]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "BigInteger[int | None]",
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
        super().__init__(IntegerType(64), null, **options)


class Boolean(Field[T]):
    """True or False."""

    @overload
    def __init__(
        self: "Boolean[bool]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Boolean[bool | None]",
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
        super().__init__(BooleanType(), null, **options)


class Float(Field[T]):
    """A finite float."""

    python_type = float

    @overload
    def __init__(
        self: "Float[float]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Float[float | None]",
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
        super().__init__(FloatType(), null, **options)


class Decimal(Field[T]):
    """An exact number: at most `digits` digits, `places` of them after the point."""

    @overload
    def __init__(
        self: "Decimal[decimal.Decimal]",
        digits: int,
        places: int,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Decimal[decimal.Decimal | None]",
        digits: int,
        places: int,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        digits: int,
        places: int,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        if not (1 <= digits <= _MAX_DIGITS and 0 <= places <= min(digits, _MAX_PLACES)):
            raise ModelError(
                f"Decimal({digits}, {places}): 1 to {_MAX_DIGITS} digits, of which at most "
                f"{_MAX_PLACES} are places."
            )
        super().__init__(DecimalType(digits, places), null, **options)


class Version(Field[int]):
    """Counts the changes of a row, so that two programs cannot overwrite each other's.

    Begins at 1. An update or delete of an object counts only where the row still has the number the
    object was read with, else StaleObject is raised; updates by condition raise the number, too.
    """

    python_type = int

    def __init__(self, *, column: str | None = None) -> None:
        options: dict[str, Any] = {} if column is None else {"column": column}
        super().__init__(IntegerType(64), default=1, **options)

    @property
    def is_automatic(self) -> bool:
        return True

    def bulk_update(self) -> Any:
        return self.expression + 1
