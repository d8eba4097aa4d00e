"""Text, bytes and what is kept as text: UUIDs, JSON documents, enum members."""

import enum
from typing import Any

from orm.later import json, uuid
from orm.types.base import Converter, Refused, ValueType, shorten


class TextType(ValueType):
    """Text of at most `length` characters; None for no limit but the column type's own."""

    kind = "text"

    def __init__(self, length: int | None = None, *, ci: bool = False) -> None:
        self.length = length
        self.ci = ci
        self.allowed = "a str" if length is None else f"a str of at most {length} characters"

    def gate(self, variable: str) -> str:
        limit = "" if self.length is None else f" and len({variable}) <= {self.length}"
        return (
            f"type({variable}) is str{limit} and {variable}.isascii() and '\\0' not in {variable}"
        )

    def accept(self, value: Any) -> str:
        if not isinstance(value, str) or (self.length is not None and len(value) > self.length):
            raise self.refuse(value)
        flaw = flaw_of(value)
        if flaw is not None:
            raise Refused(f"{self.allowed}, without {flaw}", shorten(value))
        # A member of a str enum is stored as its value, as a plain str.
        return str.__str__(value)


def flaw_of(text: str) -> str | None:
    """What keeps a str from being text: NUL, where functions of one engine see its end and those
    of the other do not, or half of a surrogate pair, as broken JSON escapes make: it has no UTF-8.
    """
    if "\0" in text:
        return "the character NUL"
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair"
    return None


class StringType(TextType):
    kind = "string"


class BytesType(ValueType):
    kind = "bytes"

    def __init__(self, length: int | None = None) -> None:
        self.length = length
        self.allowed = "bytes" if length is None else f"at most {length} bytes"

    def accept(self, value: Any) -> bytes:
        if isinstance(value, (bytes, bytearray, memoryview)):
            data = bytes(value)
            if self.length is None or len(data) <= self.length:
                return data
        raise self.refuse(value)

    def decoder(self, dialect: str) -> Converter:
        return bytes


class UuidType(ValueType):
    kind = "uuid"
    length = 36
    allowed = "a UUID or its text form"

    def gate(self, variable: str) -> str:
        return f"type({variable}) is UUID"

    def accept(self, value: Any) -> "uuid.UUID":
        if isinstance(value, uuid.UUID):
            return value
        if isinstance(value, str):
            try:
                return uuid.UUID(value)
            except ValueError:
                pass
        raise self.refuse(value)

    def encoder(self, dialect: str) -> Converter:
        return str

    def decoder(self, dialect: str) -> Converter:
        return uuid.UUID


class JsonType(ValueType):
    """Anything JSON; kept as compact text without escapes, NaN and infinities refused."""

    kind = "json"
    is_mutable = True
    allowed = "what JSON can hold (dict with str keys, list, str, number, bool)"

    def accept(self, value: Any) -> Any:
        try:
            encode_json(value).encode()
        except (TypeError, ValueError, RecursionError):
            raise self.refuse(value) from None
        return value

    def encoder(self, dialect: str) -> Converter:
        return encode_json

    def decoder(self, dialect: str) -> Converter:
        return json.loads


def encode_json(value: Any) -> str:
    """Compact JSON text. A dict key that is no str would come back as one, so it is refused."""
    _check_keys(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _check_keys(value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(key)
            _check_keys(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_keys(item)


class EnumType(ValueType):
    """A member of a Python enum: its value is stored when all values are text, else its name."""

    kind = "enum"

    def __init__(self, enum_class: type[enum.Enum]) -> None:
        self.enum = enum_class
        members = list(enum_class)
        by_value = all(isinstance(member.value, str) for member in members)
        self._stored = {m: m.value if by_value else m.name for m in members}
        self._members = {text: member for member, text in self._stored.items()}
        self.length = max((len(text) for text in self._members), default=1)
        self.allowed = f"a {enum_class.__name__} ({', '.join(self._members)})"

    def accept(self, value: Any) -> enum.Enum:
        if isinstance(value, self.enum):
            return value  # type: ignore[no-any-return]
        if isinstance(value, str) and value in self._members:
            return self._members[value]
        raise self.refuse(value)

    def encoder(self, dialect: str) -> Converter:
        return self._stored.__getitem__

    def decoder(self, dialect: str) -> Converter:
        return self._members.__getitem__
