"""The field of a type of one's own."""

from typing import Any, Literal, TypeVar, Unpack, overload

from orm.errors import ModelError
from orm.expressions.base import Condition, NullCheck, Operation
from orm.expressions.columns import Column
from orm.expressions.operators import T_co
from orm.expressions.writer import Source
from orm.fields.base import Field, FieldOptions
from orm.types.base import shorten
from orm.types.custom import Type

T = TypeVar("T")
V = TypeVar("V")


class CustomColumn(Column[T_co]):
    """A column that takes whatever its type does: which values those are no type checker knows."""

    trace = Column.trace

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return Operation("=", self, other) if other is not None else NullCheck(self, True)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return Operation("<>", self, other) if other is not None else NullCheck(self, False)


class Custom(Field[T]):
    """Values of one's own class, converted by a `Type`: `place = Custom(PointType())`."""

    @overload
    def __init__(
        self: "Custom[V]",
        value_type: Type[V],
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Custom[V | None]",
        value_type: Type[V],
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        value_type: Type[V],
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        if not isinstance(value_type, Type):
            raise ModelError(f"Custom() takes an object of a Type, not {shorten(value_type)}.")
        super().__init__(value_type, null, **options)

    def make_expression(self, source: Source) -> CustomColumn[T]:
        return CustomColumn(source, self.column, self.value_type, self)

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> CustomColumn[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        return super().__get__(instance, owner)
