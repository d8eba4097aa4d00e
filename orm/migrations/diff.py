"""From one schema to another: the operations that lead there, in an order that works.

Renames are never guessed: a column that is gone and one that is new are a rename only when
somebody says so (`was=` in the model, `--rename`, or a yes to the question). Names of indexes and
constraints alone are no difference, so renaming a table does not build its indexes anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from orm.errors import MigrationError
from orm.migrations import operations as ops
from orm.schema.create import closing_keys, in_order
from orm.schema.tables import Renames, Schema, SqlText, Table, TableColumn

# Values for the rows there are, by (table, column): what a column that must not be NULL gets.
Fills = Mapping[tuple[str, str], SqlText]


@dataclass(frozen=True)
class PossibleRename:
    """A table's column that went away, and one like it that came."""

    table: str
    old: str
    new: str


def diff(
    old: Schema, new: Schema, renames: Renames, fills: Fills, *, is_whole: bool = True
) -> list[ops.Operation]:
    """The operations from `old` to `new`; MigrationError for what cannot be done.

    is_whole: all of it is going to be done, so every column that must not be NULL needs a fill;
    False for who only looks, or does only what adds.
    """
    return _Diff(old, new, renames, fills, is_whole=is_whole).operations


def possible_renames(old: Schema, new: Schema, renames: Renames) -> list[PossibleRename]:
    """What may be renames that nobody declared: a column gone and one of the same type come."""
    found = []
    for table in new.tables:
        former = old.get(renames.tables.get(table.name, table.name))
        if former is None:
            continue
        told = {new: old for (name, new), old in renames.columns.items() if name == table.name}
        gone = [c for c in former.columns if not table.column(c.name)]
        come = [c for c in table.columns if not former.column(c.name) and c.name not in told]
        for lost in (column for column in gone if column.name not in told.values()):
            like = [column for column in come if column.type == lost.type]
            found += [PossibleRename(table.name, lost.name, column.name) for column in like[:1]]
    return found


class _Diff:
    """One run: `current` is the schema as the operations so far leave it."""

    def __init__(
        self, old: Schema, new: Schema, renames: Renames, fills: Fills, *, is_whole: bool
    ) -> None:
        self.operations: list[ops.Operation] = []
        self._current = old
        self._new = new
        self._fills = fills
        self._is_whole = is_whole
        self._rename(renames)
        kept = [table for table in new.tables if table.name in self._current]
        for table in kept:
            self._check_key(table)
            self._drop_constraints(table)
        self._create_tables()
        for table in kept:
            self._change_columns(table)
        for table in kept:
            self._add_constraints(table)
        self._close_circles()
        self._drop_tables()

    def _add(self, operation: ops.Operation) -> None:
        self._current = operation.apply(self._current)
        self.operations.append(operation)

    # -- in this order -----------------------------------------------------------------------

    def _rename(self, renames: Renames) -> None:
        for new, old in renames.tables.items():
            if new in self._new and new not in self._current and old in self._current:
                self._add(ops.RenameTable(old, new))
        for (table, new), old in renames.columns.items():
            former = self._current.get(table)
            if former and table in self._new and former.column(old) and not former.column(new):
                self._add(ops.RenameColumn(table, old, new))

    def _check_key(self, table: Table) -> None:
        former = self._current[table.name].primary_key
        if former != table.primary_key:
            raise MigrationError(
                f"{table.name}: its primary key ({', '.join(former)}) cannot become "
                f"({', '.join(table.primary_key)}): make another table, copy the rows, drop this."
            )

    def _drop_constraints(self, table: Table) -> None:
        former = self._current[table.name]
        for key in _doomed(former.foreign_keys, table.foreign_keys):
            self._add(ops.DropForeignKey(table.name, key.name))
        for check in _doomed(former.checks, table.checks):
            self._add(ops.DropCheck(table.name, check.name))
        # Where an index gives way to another, a foreign key may need the new one to be there.
        taken = {index.name for index in former.indexes}
        columns = {column.name for column in former.columns}
        for index in _without(table.indexes, former.indexes):
            is_ready = set(index.column_names) <= columns and index.is_plain and not index.unique
            if is_ready and index.name not in taken:
                self._add(ops.AddIndex(table.name, index))
        for index in _doomed(self._current[table.name].indexes, table.indexes):
            self._add(ops.DropIndex(table.name, index.name))

    def _create_tables(self) -> None:
        new = {t.name: t for t in self._new.tables if t.name not in self._current}
        ordered = in_order(new)
        later = {(table.name, key.name) for table, key in closing_keys(ordered)}
        for table in ordered:
            keys = tuple(k for k in table.foreign_keys if (table.name, k.name) not in later)
            self._add(ops.CreateTable(replace(table, foreign_keys=keys)))

    def _change_columns(self, table: Table) -> None:
        former = self._current[table.name]
        if former.comment != table.comment:
            self._add(ops.CommentTable(table.name, table.comment))
        for column in table.columns:
            present = former.column(column.name)
            if present is None:
                self._add(ops.AddColumn(table.name, column, self._fill(table, column)))
            elif present != column:
                self._alter(table, present, column)
        for column in former.columns:
            if table.column(column.name) is None:
                self._add(ops.DropColumn(table.name, column.name))

    def _alter(self, table: Table, present: TableColumn, column: TableColumn) -> None:
        if present.generated != column.generated or present.is_stored != column.is_stored:
            # No engine turns a column into a computed one, or gives it another expression.
            self._add(ops.DropColumn(table.name, column.name))
            self._add(ops.AddColumn(table.name, column, self._fill(table, column)))
            return
        needs_fill = present.null and not column.null and not column.is_auto
        fill = self._fill(table, column) if needs_fill else None
        self._add(ops.AlterColumn(table.name, column, fill))

    def _fill(self, table: Table, column: TableColumn) -> SqlText | None:
        if column.null or column.generated is not None or column.is_auto:
            return None
        if column.default is not None:
            return column.default
        given = self._fills.get((table.name, column.name))
        if given is None and self._is_whole:
            raise MigrationError(
                f"{table.name}.{column.name} must not be NULL, and nothing says what the rows "
                "there are should have: give the field a default, null=True, or "
                f"--fill {table.name}.{column.name}=VALUE."
            )
        return given

    def _add_constraints(self, table: Table) -> None:
        former = self._current[table.name]
        for index in _without(table.indexes, former.indexes):
            self._add(ops.AddIndex(table.name, index))
        for check in _without(table.checks, former.checks):
            self._add(ops.AddCheck(table.name, check))
        for key in _without(table.foreign_keys, former.foreign_keys):
            self._add(ops.AddForeignKey(table.name, key))

    def _close_circles(self) -> None:
        for table in self._new.tables:
            present = self._current[table.name]
            for key in _without(table.foreign_keys, present.foreign_keys):
                self._add(ops.AddForeignKey(table.name, key))

    def _drop_tables(self) -> None:
        doomed = {t.name: t for t in self._current.tables if t.name not in self._new}
        ordered = in_order(doomed)
        for table, key in closing_keys(ordered):
            self._add(ops.DropForeignKey(table.name, key.name))
        for table in reversed(ordered):
            self._add(ops.DropTable(table.name))


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def _without(items: Iterable[N], others: Iterable[N]) -> Iterator[N]:
    """The items of which no other has the same content, whatever it is called."""
    contents = {_content(other) for other in others}
    return (item for item in items if _content(item) not in contents)


def _doomed(former: Sequence[N], wanted: Sequence[N]) -> list[N]:
    """What has to go: what nobody wants, and what has the name that another one is to get."""
    doomed = list(_without(former, wanted))
    while True:
        left = [item for item in former if item not in doomed]
        coming = {item.name for item in _without(wanted, left)}
        more = [item for item in left if item.name in coming]
        if not more:
            return doomed
        doomed += more


def _content(item: _Named) -> _Named:
    return replace(item, name="")  # type: ignore[type-var]
