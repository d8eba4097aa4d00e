"""Text, bytes and what is kept as text."""

import enum
import uuid
from typing import Any, Literal, TypeVar, Unpack, overload

from orm.errors import ModelError
from orm.expressions.documents import DocumentColumn
from orm.expressions.writer import Source
from orm.fields.base import Field, FieldOptions
from orm.types.base import shorten
from orm.types.text import BytesType, EnumType, JsonType, StringType, TextType, UuidType

T = TypeVar("T")
E = TypeVar("E", bound=enum.Enum)


class String(Field[T]):
    """Text of at most `length` characters; `ci` compares it without regard to case."""

    python_type = str

    @overload
    def __init__(
        self: "String[str]",
        length: int = 255,
        *,
        ci: bool = False,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "String[str | None]",
        length: int = 255,
        *,
        ci: bool = False,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        length: int = 255,
        *,
        ci: bool = False,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(StringType(_check_length(length), ci=ci), null, **options)


class Text(Field[T]):
    """Text of any length."""

    python_type = str

    @overload
    def __init__(
        self: "Text[str]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Text[str | None]",
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
        super().__init__(TextType(), null, **options)


class Bytes(Field[T]):
    """Bytes; `length` limits their number."""

    @overload
    def __init__(
        self: "Bytes[bytes]",
        length: int | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Bytes[bytes | None]",
        length: int | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        length: int | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(BytesType(length), null, **options)


class Uuid(Field[T]):
    """A UUID; takes its text form too."""

    @overload
    def __init__(
        self: "Uuid[uuid.UUID]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Uuid[uuid.UUID | None]",
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
        super().__init__(UuidType(), null, **options)


class Json(Field[T]):
    """Anything JSON: dict, list, str, number, bool. A change inside it is saved too."""

    @overload
    def __init__(
        self: "Json[Any]",
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Json[Any | None]",
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
        super().__init__(JsonType(), null, **options)

    def make_expression(self, source: Source) -> DocumentColumn:
        return DocumentColumn(source, self.column, self.value_type, self)

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> DocumentColumn: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        return super().__get__(instance, owner)


class Enum(Field[T]):
    """A member of the given enum class, stored as its text value (or its name)."""

    @overload
    def __init__(
        self: "Enum[E]",
        enum_class: type[E],
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "Enum[E | None]",
        enum_class: type[E],
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        enum_class: type[enum.Enum],
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        if not (isinstance(enum_class, type) and issubclass(enum_class, enum.Enum)):
            raise ModelError(f"Enum() takes an enum class, not {shorten(enum_class)}.")
        super().__init__(EnumType(enum_class), null, **options)


def _check_length(length: object) -> int:
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        raise ModelError(f"String() takes its length, an int above 0, not {shorten(length)}.")
    return length
