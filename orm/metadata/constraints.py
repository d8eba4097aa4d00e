"""Indexes and constraints, as they stand in `Meta.indexes`."""

import copy
from collections.abc import Callable
from typing import Any, Self

from orm.errors import ModelError
from orm.names import check_identifier, did_you_mean
from orm.types.base import shorten


class Index:
    """An index over columns or expressions; `-` before a name makes that column descending.

    parts: names of fields (`author`) or columns (`author_id`), or functions of the model giving an
    expression (`lambda note: lower(note.title)`), which need a `name`. condition: only rows that
    meet it are in the index; SQL text, or a function of the model. What MariaDB has no index for,
    `docs/orm/schema.md` says. Once bound, `columns` has pairs (column, is_descending) of the plain
    parts, `members` pairs (column or function, is_descending) of all.

    `kind` chooses who writes the DDL (`orm.schema.indexes`); `options` is for kinds of one's own.
    """

    kind = "index"
    unique = False
    nulls_distinct = True

    def __init__(
        self,
        *parts: str | Callable[[Any], Any],
        condition: str | Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        kind = type(self).__name__
        if not parts or not all(isinstance(item, str) or callable(item) for item in parts):
            raise ModelError(
                f'{kind}() takes names of fields, as in {kind}("author", "-id"), and functions of '
                "the model."
            )
        if condition is not None and not (isinstance(condition, str) or callable(condition)):
            raise ModelError(
                f"{kind}(condition=) takes SQL text or a function of the model, not "
                f"{shorten(condition)}."
            )
        if name is None and not all(isinstance(item, str) for item in parts):
            raise ModelError(f"{kind}() of an expression needs a name: {kind}(..., name=...).")
        self.parts = parts
        self.condition = condition
        self.name = None if name is None else check_identifier(name, "the name of an index")
        self.columns: tuple[tuple[str, bool], ...] = ()
        self.members: tuple[tuple[str | Callable[[Any], Any], bool], ...] = ()
        self.options: tuple[tuple[str, str], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Over columns of every row: what a foreign key or an upsert may rely on."""
        is_whole = self.condition is None and self.nulls_distinct
        return is_whole and all(isinstance(item, str) for item in self.parts)

    def bind(self, table: str, column_of: dict[str, str]) -> Self:
        """A copy for one table: names turned into columns, its own name made when it has none."""
        members: list[tuple[str | Callable[[Any], Any], bool]] = []
        for item in self.parts:
            if not isinstance(item, str):
                members.append((item, False))
                continue
            plain = item.removeprefix("-")
            if plain not in column_of:
                raise ModelError(
                    f"{type(self).__name__} of {table}: no field {plain!r}. "
                    f"{did_you_mean(plain, column_of)}"
                )
            members.append((column_of[plain], item != plain))
        bound = copy.copy(self)
        bound.members = tuple(members)
        bound.columns = tuple((item, down) for item, down in members if isinstance(item, str))
        bound.name = self.name or default_name(table, bound.columns, self.unique)
        return bound


class Unique(Index):
    """No two rows have the same values in these columns.

    condition: only among the rows that meet it. nulls_distinct: rows with None in one of the
    columns never collide, as SQL has it; False makes None equal to None.
    """

    unique = True

    def __init__(
        self,
        *parts: str | Callable[[Any], Any],
        condition: str | Callable[[Any], Any] | None = None,
        nulls_distinct: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(*parts, condition=condition, name=name)
        self.nulls_distinct = nulls_distinct


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
