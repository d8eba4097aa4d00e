"""Column types of one's own: a pair of conversions on top of a built-in field (orm:O1)."""

from typing import Any, ClassVar, Generic, TypeVar

from orm.errors import ModelError
from orm.later import inspect
from orm.types.base import Converter, Refused, ValueType
from orm.types.dates import NoDate

T = TypeVar("T")


class Type(ValueType, Generic[T]):
    """Values of a class of one's own, kept in a column of a built-in type.

    base: a field such as `String(40)`, which decides the column. bind: from a value to what `base`
    takes; result: back. convert: from what a program may give to a value, by default only what
    `bind` takes, unchanged. Any of them refuses by a ValueError, TypeError or AttributeError, and
    none is called for None. is_mutable: values can be changed in place, so save() compares.

    An instance is shared by all statements, whose text is cached: it keeps no state. In comparisons
    a plain value is converted as at an assignment, and the database compares what `bind` made.
    """

    # A field; Any, because to a type checker a field on a class is its column.
    base: ClassVar[Any]

    def convert(self, value: Any) -> T:
        """The value for what a program gives."""
        self.bind(value)
        return value  # type: ignore[no-any-return]

    def bind(self, value: T) -> Any:
        """What `base` stores for a value."""
        raise NotImplementedError

    def result(self, stored: Any) -> T:
        """The value for what `base` gives back."""
        raise NotImplementedError

    # -- as a value type ---------------------------------------------------------------------

    def __init__(self) -> None:
        # A field is a descriptor, which answers a class with its column.
        inner = inspect.getattr_static(type(self), "base", None)
        if inner is None:
            raise ModelError(f"{type(self).__name__} needs `base`, a field such as String(40).")
        self._inner: ValueType = inner.value_type
        self.kind = self._inner.kind
        self.length, self.digits = self._inner.length, self._inner.digits
        self.places, self.tz, self.ci = self._inner.places, self._inner.tz, self._inner.ci
        self.is_mutable = type(self).is_mutable or self._inner.is_mutable
        self.allowed = f"what {type(self).__name__} takes"

    def accept(self, value: Any) -> T:
        try:
            converted = self.convert(value)
            self._inner.accept(self.bind(converted))
        except Refused:
            raise self.refuse(value) from None
        except (ValueError, TypeError, AttributeError) as error:
            refused = self.refuse(value)
            refused.args = (f"{refused} ({error})",)
            raise refused from None
        return converted

    def encoder(self, dialect: str) -> Converter:
        bind, accept, encode = self.bind, self._inner.accept, self._inner.encoder(dialect)
        if encode is None:
            return lambda value: accept(bind(value))
        return lambda value: encode(accept(bind(value)))

    def decoder(self, dialect: str) -> Converter:
        result, decode = self.result, self._inner.decoder(dialect)
        if decode is None:
            if not self._inner.is_calendar:
                return result
            decode = _check_date
        return lambda stored: result(decode(stored))


def _check_date(stored: Any) -> Any:
    """No conversion is to see a date that Python does not have."""
    if type(stored) is NoDate:
        raise ValueError(stored)
    return stored
