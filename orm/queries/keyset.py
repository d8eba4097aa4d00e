"""Keyset pagination: the next rows after the last one seen, however far that is (orm:A7).

`page(number)` counts and skips; that grows slow with the number, and shows rows twice when others
come in between. A keyset page remembers the values that its last row is sorted by, and asks for the
rows beyond them, which an index finds at once:

    first <= v1 AND (first < v1 OR (first = v1 AND (second > v2 OR (second = v2 AND key > v3))))

for `order_by(-first, second)`. The primary key is added to the order when it is not in it, so that
no two rows are equal. NULLs are a place of their own at one end of each key, as the order has them.

A token is the values as JSON with a checksum over them and the order, in base64url. The checksum
tells a broken token, or one of another query, from a good one; with `key` it is a signature, and
nobody can make a token of values that were not shown. Either way values are parameters.
"""

import enum
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from orm.errors import DataError, OrmError, QueryError
from orm.expressions.base import Condition, Labelled
from orm.expressions.columns import Column
from orm.expressions.ordering import Ordered, ordered
from orm.later import base64, binascii, hashlib, hmac, json, uuid
from orm.queries.loaders import column_names, row_class
from orm.queries.page import to_json
from orm.queries.shape import Shape, count_of
from orm.types.base import shorten

M = TypeVar("M")

# Longest token that is looked at; one of ours is a few values.
_LONGEST_TOKEN: Final = 4096
_DIGEST: Final = 12
# The attribute that carries a key's value where the object has none for it.
_CARRIER: Final = "keyset_value_"


class KeysetPage(Generic[M]):
    """The items of one page; `next` and `previous` are tokens for its neighbours, or None."""

    def __init__(
        self,
        items: list[M],
        size: int,
        *,
        previous: str | None,
        next: str | None,  # noqa: A002
    ) -> None:
        self.items = items
        self.size = size
        self.previous = previous
        self.next = next

    @property
    def has_next(self) -> bool:
        return self.next is not None

    @property
    def has_prev(self) -> bool:
        return self.previous is not None

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __json__(self) -> dict[str, Any]:
        return {
            "items": [to_json(item) for item in self.items],
            "size": self.size,
            "previous": self.previous,
            "next": self.next,
        }


class Keyset:
    """The order of one query, and the places in it."""

    def __init__(self, shape: Shape, key: bytes | str | None) -> None:
        if shape.group_by or shape.distinct:
            raise QueryError(
                "paginate() needs rows with a key: make a grouped or distinct query a table first, "
                'as in query.as_table("t").select().order_by(...).'
            )
        self.shape = shape
        self.keys = _with_primary_key(shape)
        self._secret = key.encode() if isinstance(key, str) else key or b""
        self._order = repr(
            [(k.label, k.is_descending, k.has_nulls_first) for k in self.keys]
        ).encode()

    def beyond(self, place: Sequence[Any], *, backwards: bool) -> Condition | None:
        """The rows after a place (before it, backwards); None: there are none."""
        keys = [key.reversed for key in self.keys] if backwards else self.keys
        found = self._beyond(keys, place)
        first, value = keys[0], place[0]
        if found is None or value is None:
            return found
        if self._is_nullable(first) and not first.has_nulls_first:
            return found  # NULLs lie beyond, and no bound lets them through
        inner = first.inner
        bound = inner.__le__(value) if first.is_descending else inner.__ge__(value)
        return bound & found

    def _beyond(self, keys: Sequence[Ordered[Any]], place: Sequence[Any]) -> Condition | None:
        key, value = keys[0], place[0]
        further = self._further(key, value)
        if len(keys) == 1:
            return further
        rest = self._beyond(keys[1:], place[1:])
        same = key.inner.is_null() if value is None else key.inner == value
        tie = None if rest is None else same & rest
        if further is None or tie is None:
            return further if tie is None else tie
        return further | tie

    def _further(self, key: Ordered[Any], value: Any) -> Condition | None:
        if value is None:
            return key.inner.is_null(False) if key.has_nulls_first else None
        inner = key.inner
        found = inner.__lt__(value) if key.is_descending else inner.__gt__(value)
        if self._is_nullable(key) and not key.has_nulls_first:
            return found | key.inner.is_null()
        return found

    def _is_nullable(self, key: Ordered[Any]) -> bool:
        inner = key.inner
        if not isinstance(inner, Column) or inner.source is not self.shape.source:
            return True
        return inner.field is None or bool(inner.field.null)

    # -- tokens ------------------------------------------------------------------------------

    def token(self, values: Sequence[Any]) -> str:
        payload = json.dumps(
            [_plain(value) for value in values], ensure_ascii=False, separators=(",", ":")
        ).encode()
        data = self._digest(payload) + payload
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def place(self, given: Any) -> list[Any]:
        """The values of a token, or of a plain tuple; DataError for any other."""
        values = self._read(given) if isinstance(given, str) else given
        if not isinstance(values, (list, tuple)) or len(values) != len(self.keys):
            names = ", ".join(key.label for key in self.keys)
            raise DataError(f"a place in this order has a value for each of {names}.")
        try:
            return [_value(key, value) for key, value in zip(self.keys, values, strict=True)]
        except (OrmError, ValueError) as error:
            raise DataError(f"the page token does not fit the query: {error}") from None

    def _read(self, token: str) -> Any:
        try:
            if len(token) > _LONGEST_TOKEN:
                raise ValueError("too long")
            data = base64.b64decode(
                token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
            digest, payload = data[:_DIGEST], data[_DIGEST:]
            if not hmac.compare_digest(digest, self._digest(payload)):
                raise ValueError("changed")
            return json.loads(payload)
        except (ValueError, binascii.Error, RecursionError):
            raise DataError(
                f"{shorten(token)} is no page token of this query: start at its first page."
            ) from None

    def _digest(self, payload: bytes) -> bytes:
        secret = hashlib.blake2s(self._secret).digest() if self._secret else b""
        text = len(self._order).to_bytes(4, "big") + self._order + payload
        return hashlib.blake2s(text, digest_size=_DIGEST, key=secret).digest()


def paginate(
    query: Any, size: int, after: Any, before: Any, key: bytes | str | None
) -> KeysetPage[Any]:
    """See `Query.paginate`."""
    if count_of(size, "paginate(size=)") == 0:
        raise QueryError("paginate() needs a size of at least 1.")
    if after is not None and before is not None:
        raise QueryError("paginate() takes after or before, not both.")
    shape: Shape = query._shape
    keyset = Keyset(shape, key)
    backwards = before is not None
    given = before if backwards else after
    rows: list[tuple[Any, Sequence[Any]]] = []
    condition = None if given is None else keyset.beyond(keyset.place(given), backwards=backwards)
    if given is None or condition is not None:
        order = tuple(item.reversed for item in keyset.keys) if backwards else tuple(keyset.keys)
        narrowed = query if condition is None else query.where(condition)
        rows = _rows(narrowed.order_by(*order).limit(size + 1), keyset.keys)
    is_cut = len(rows) > size
    rows = rows[:size][::-1] if backwards else rows[:size]
    first = keyset.token(rows[0][1]) if rows else None
    last = keyset.token(rows[-1][1]) if rows else None
    return KeysetPage(
        [item for item, _ in rows],
        size,
        previous=first if (is_cut if backwards else given is not None) else None,
        next=last if backwards or is_cut else None,
    )


def _rows(query: Any, keys: Sequence[Ordered[Any]]) -> list[tuple[Any, Sequence[Any]]]:
    """Each item with the values of the keys."""
    shape: Shape = query._shape
    if shape.columns:
        names = column_names(shape.columns)
        make = row_class(tuple(names))._make
        width, into = len(names), shape.into
        more = tuple(key.inner for key in keys)
        found = query._with(columns=(*shape.columns, *more), into=None).all()
        items = [make(row[:width]) for row in found]
        done = items if into is None else list(map(into, items))
        return [(item, row[width:]) for item, row in zip(done, found, strict=True)]
    carried = [(number, key) for number, key in enumerate(keys) if not _is_own(shape, key)]
    more = tuple(Labelled(key.inner, f"{_CARRIER}{number}") for number, key in carried)
    objects = query._with(annotations=(*shape.annotations, *more)).all()
    return [(item, [_read_key(item, n, key) for n, key in enumerate(keys)]) for item in objects]


def _is_own(shape: Shape, key: Ordered[Any]) -> bool:
    inner = key.inner
    return isinstance(inner, Column) and inner.source is shape.source and inner.field is not None


def _read_key(item: Any, number: int, key: Ordered[Any]) -> Any:
    carrier = f"{_CARRIER}{number}"
    if carrier in item.__dict__:
        return item.__dict__.pop(carrier)
    column: Any = key.inner
    return getattr(item, column.field.attribute)


def _with_primary_key(shape: Shape) -> list[Ordered[Any]]:
    """The order's items up to the primary key, which comes last when the order has it not.

    A table of a query of columns has no key: there every column is one together with the others.
    """
    keys: list[Ordered[Any]] = []
    if shape.source.info.model is None:
        keys += map(ordered, shape.order_by)
        known = {key.inner.column for key in keys if isinstance(key.inner, Column)}
        columns = [item.make_expression(shape.source) for item in shape.source.info.fields.values()]
        return [*keys, *(Ordered(item, False) for item in columns if item.column not in known)]
    primary = shape.source.info.primary_key
    for item in map(ordered, shape.order_by):
        keys.append(item)
        if _is_own(shape, item) and getattr(item.inner, "column", None) == primary.column:
            return keys
    keys.append(
        Ordered(primary.make_expression(shape.source), bool(keys and keys[-1].is_descending))
    )
    return keys


def _plain(value: Any) -> Any:
    """A value as JSON has it; what has a type of its own as its text."""
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, uuid.UUID)):
        return str(value)
    raise QueryError(f"paginate() cannot keep {shorten(value)} in a token: sort by something else.")


def _value(key: Ordered[Any], value: Any) -> Any:
    if isinstance(value, dict):
        value = bytes.fromhex(value["bytes"]) if value.keys() == {"bytes"} else value
    return None if value is None else key.inner.accept(value)
