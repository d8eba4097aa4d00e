"""Named values where a name may come several times: query parameters, form fields, files.

The values are what a client sent, so whatever is wrong with them is the client's 400, and the
answer names the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar, overload

from httpcore import HTTPError
from mvc.requests.readers import READERS, Reader

V = TypeVar("V")
T = TypeVar("T")
D = TypeVar("D")

_SHOWN_NAME = 64  # characters of a client's field name in an error message


class MissingField(HTTPError, KeyError):
    """A field the controller needs was not sent: 400. A KeyError too, as mappings promise."""


class InvalidField(HTTPError, ValueError):
    """A field was sent, but its value is of no use: 400."""


class MultiDict(Mapping[str, V], Generic[V]):
    """An immutable multi-dict. Names keep the order in which they first came.

    `d[name]` is the first value and raises MissingField (400); `get` and `getlist` convert with
    `type` and raise InvalidField (400). Iteration and `len` are over distinct names.
    """

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, V]] = ()) -> None:
        self._values: dict[str, list[V]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> V:
        try:
            return self._values[name][0]
        except KeyError:
            raise MissingField(400, f"The field {_shown(name)} is missing.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def get(self, name: str, /) -> V | None: ...
    @overload
    def get(self, name: str, /, default: D) -> V | D: ...
    @overload
    def get(self, name: str, /, default: D, type: Callable[[V], T]) -> T | D: ...
    @overload
    def get(self, name: str, /, *, type: Callable[[V], T]) -> T | None: ...

    def get(
        self,
        name: str,
        /,
        default: Any = None,
        type: Callable[[V], Any] | None = None,  # noqa: A002  the word applications write
    ) -> Any:
        """The first value, converted by `type`; `default` (never converted) when absent.

        type: int, float, bool, date, datetime, time are read strictly (ASCII digits, finite,
        true/false/1/0/on/off/yes/no, ISO 8601); any other callable by its own rules.
        """
        values = self._values.get(name)
        if values is None:
            return default
        return values[0] if type is None else _convert(name, values[0], type)

    @overload
    def getlist(self, name: str) -> list[V]: ...
    @overload
    def getlist(self, name: str, type: Callable[[V], T]) -> list[T]: ...

    def getlist(
        self,
        name: str,
        type: Callable[[V], Any] | None = None,  # noqa: A002
    ) -> list[Any]:
        """Every value of the name, converted; an empty list when absent."""
        values = self._values.get(name, [])
        if type is None:
            return list(values)
        return [_convert(name, value, type) for value in values]

    def pairs(self) -> Iterator[tuple[str, V]]:
        """Every (name, value), grouped by name."""
        for name, values in self._values.items():
            for value in values:
                yield name, value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.pairs())!r})"


def _convert(name: str, value: Any, kind: Callable[[Any], Any]) -> Any:
    reader = READERS.get(kind) or Reader("a valid value", kind)
    try:
        return reader.read(value)
    except (ValueError, TypeError, ArithmeticError, LookupError):
        raise InvalidField(400, f"The field {_shown(name)} is not {reader.title}.") from None


def _shown(name: str) -> str:
    """A field's name as an error message may show it: short, on one line."""
    return repr(name if len(name) <= _SHOWN_NAME else name[:_SHOWN_NAME] + "...")
