"""Indexes and constraints, as they stand in `Meta.indexes`."""

from collections.abc import Callable
from typing import Any, Self

from orm.errors import ModelError
from orm.names import check_identifier, did_you_mean
from orm.types.base import shorten


class Index:
    """An index over columns; `-` before a name makes that column descending.

    Names are fields (`author`) or columns (`author_id`). Once bound, `columns` has pairs
    (column, is_descending).
    """

    unique = False

    def __init__(self, *names: str, name: str | None = None) -> None:
        if not names or not all(isinstance(item, str) for item in names):
            kind = type(self).__name__
            raise ModelError(f'{kind}() takes names of fields, as in {kind}("author", "-id").')
        self.names = names
        self.name = None if name is None else check_identifier(name, "the name of an index")
        self.columns: tuple[tuple[str, bool], ...] = ()

    def bind(self, table: str, column_of: dict[str, str]) -> Self:
        """A copy for one table: names turned into columns, its own name made when it has none."""
        columns = []
        for item in self.names:
            plain = item.removeprefix("-")
            if plain not in column_of:
                raise ModelError(
                    f"{type(self).__name__} of {table}: no field {plain!r}. "
                    f"{did_you_mean(plain, column_of)}"
                )
            columns.append((column_of[plain], item != plain))
        bound = type(self)(*self.names, name=self.name)
        bound.columns = tuple(columns)
        bound.name = self.name or default_name(table, bound.columns, self.unique)
        return bound


class Unique(Index):
    """No two rows have the same values in these columns."""

    unique = True


class Check:
    """A condition every row meets: SQL text, or a function of the model giving a condition."""

    def __init__(self, condition: str | Callable[[Any], Any], *, name: str | None = None) -> None:
        if not isinstance(condition, str) and not callable(condition):
            raise ModelError(
                f"Check() takes SQL text or a function of the model, not {shorten(condition)}."
            )
        self.condition = condition
        self.name = None if name is None else check_identifier(name, "the name of a check")


def default_name(table: str, columns: tuple[tuple[str, bool], ...], unique: bool) -> str:
    """`notes_author_id_created_at_idx`, cut to what both engines take."""
    ending = "_key" if unique else "_idx"
    return "_".join([table, *(column for column, _ in columns)])[: 63 - len(ending)] + ending
