"""The methods of a model that write many rows, or look before they write."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from orm.errors import QueryError
from orm.models import getting, updates, upserts
from orm.models.bulk import InsertHow, insert_dicts, insert_rows, upsert_row
from orm.models.upserts import Upserted
from orm.queries.insertion import insert_from
from orm.types.base import shorten

if TYPE_CHECKING:
    from orm.models.model import Model


class Writing:
    """What `Model` has of them; `_concrete_info` is the model's, ModelError for an abstract one.

    No __slots__: an instance of a plain class must be able to become one of a model (see
    `orm.queries.loaders`).
    """

    if TYPE_CHECKING:

        def __init__(self, **values: Any) -> None: ...
        @classmethod
        def _concrete_info(cls) -> Any: ...
        @classmethod
        def _takes_plain_dicts(cls) -> bool: ...

    # -- insert ------------------------------------------------------------------------------

    @overload
    @classmethod
    def insert_many(
        cls,
        rows: "Iterable[Mapping[str, Any] | Model]",
        *,
        returning: Literal[False] = False,
        ignore_conflicts: bool = False,
        batch_size: int | None = None,
    ) -> int: ...
    @overload
    @classmethod
    def insert_many(
        cls,
        rows: "Iterable[Mapping[str, Any] | Model]",
        *,
        returning: Literal[True],
        batch_size: int | None = None,
    ) -> list[Self]: ...
    @classmethod
    def insert_many(
        cls,
        rows: "Iterable[Mapping[str, Any] | Model]",
        *,
        returning: bool = False,
        ignore_conflicts: bool = False,
        batch_size: int | None = None,
    ) -> int | list[Self]:
        """Store many rows, dicts or new objects, by as few statements as fit; how many.

        Objects are stored ones afterwards, with the keys the database gave them. returning: the
        objects, of dicts as well, in the order of the rows. ignore_conflicts: leave out rows whose
        unique key another row has (objects then stay as they are). batch_size: rows in one
        statement. All or nothing.
        """
        info = cls._concrete_info()
        how = InsertHow(ignore_conflicts, _batch_size(info, batch_size))
        if returning and ignore_conflicts:
            raise QueryError(
                f"{info.name}.insert_many(): of rows that may be left out no keys come back; use "
                "upsert_many(), which tells what became of each."
            )
        given = list(rows)
        steps = info.steps
        if steps is None and given and not returning and cls._takes_plain_dicts():
            stored = insert_dicts(info, given, how)
            if stored is not None:
                return stored
        objects: list[Any] = [row if isinstance(row, cls) else _new(cls, row) for row in given]
        kept = [dict(item.__dict__) for item in objects]
        try:
            number = (
                insert_rows(info, objects, how)
                if steps is None
                else steps.insert_many(objects, how)
            )
        except BaseException:
            for item, state in zip(objects, kept, strict=True):
                item.__dict__.clear()
                item.__dict__.update(state)
            raise
        if not ignore_conflicts:
            for item in objects:
                item._mark_stored()
        return objects if returning else int(number)

    @classmethod
    def insert_from(cls, query: Any, fields: Sequence[str] | None = None) -> int:
        """INSERT ... SELECT: store the rows of a query of columns; how many. fields: which of the
        model's get the columns, by default those of the same names."""
        return insert_from(cls._concrete_info(), query, fields)

    # -- update ------------------------------------------------------------------------------

    @classmethod
    def update_many(cls, objects: Iterable[Any], fields: Iterable[str] | None = None) -> int:
        """Save many stored objects in one transaction: these fields, or what changed of each.

        Returns how many were written. DoesNotExist when a row is gone; nothing is stored then.
        """
        return updates.update_rows(cls._concrete_info(), list(objects), fields)

    @classmethod
    def refresh_many(cls, objects: Iterable[Any]) -> None:
        """Read the rows of many objects again, as `refresh()` does for one: after an update by
        condition, which objects in memory do not see. DoesNotExist when a row is gone."""
        updates.refresh_rows(cls._concrete_info(), list(objects))

    # -- insert or update ----------------------------------------------------------------------

    @classmethod
    def upsert(
        cls,
        values: Mapping[str, Any],
        key: Sequence[str],
        update: Iterable[str] | Mapping[str, Any] | None = None,
    ) -> str:
        """Insert the row, or update the one with the same `key` columns (which need to be unique).

        Returns what happened: "inserted", "updated" or "unchanged". Fields that are not given keep
        their value in an existing row. update: as of `upsert_many`.
        """
        info = cls._concrete_info()
        if update is not None:
            return cls.upsert_many([values], key, update)[0].outcome
        made = cls(**values)
        if info.steps is not None:
            outcome: str = info.steps.upsert(made, values, key)
            return outcome
        return upsert_row(info, made, values, key)

    @classmethod
    def upsert_many(
        cls,
        rows: Iterable[Mapping[str, Any]],
        key: Sequence[str],
        update: Iterable[str] | Mapping[str, Any] | None = None,
    ) -> list[Upserted]:
        """Insert or update many rows by their unique `key` columns; for each, in order, the outcome
        ("inserted", "updated", "unchanged") and the primary key. All or nothing.

        update: the fields that an existing row gets, by default all that are given; or a dict of
        values and expressions: `{"hits": Page.hits + incoming(Page.hits)}`.
        """
        info = cls._concrete_info()
        given = list(rows)
        for row in given:
            if not isinstance(row, Mapping):
                raise QueryError(f"{info.name}.upsert_many() takes dicts, not {shorten(row)}.")
        made: list[Any] = [cls(**row) for row in given]

        def write(objects: list[Any]) -> list[Upserted]:
            return upserts.upsert_rows(info, objects, given, key, update)

        if info.steps is None:
            return write(made)
        done: list[Upserted] = info.steps.upsert_many(made, write)
        return done

    # -- look, then write ------------------------------------------------------------------------

    @classmethod
    def get_or_create(
        cls, defaults: Mapping[str, Any] | None = None, **values: Any
    ) -> tuple[Self, bool]:
        """The only row with these values, and False; or a new one with them, the defaults added,
        and True.

        Right also when several do it at once, if what is looked for is unique. A default may be a
        function. MultipleRows when several rows have these values.
        """
        cls._concrete_info()
        return getting.get_or_create(cls, values, defaults)

    @classmethod
    def update_or_create(
        cls,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> tuple[Self, bool]:
        """The only row with these values, changed to `defaults`, and False; or a new one with the
        values and `create_defaults` (by default the same), and True. See get_or_create()."""
        cls._concrete_info()
        return getting.update_or_create(cls, values, defaults, create_defaults)


def _batch_size(info: Any, size: Any) -> int:
    if size is None:
        return 0
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise QueryError(f"{info.name}.insert_many(batch_size={shorten(size)}): give 1 or more.")
    return size


def _new(model: Any, row: Any) -> Any:
    if not isinstance(row, Mapping):
        raise QueryError(f"{model.__name__}.insert_many() takes dicts, not {shorten(row)}.")
    return model(**row)
