"""What an operation costs and whom it stops, on each engine (feat:V19, orm:A11).

The algorithms of MariaDB are those of 10.11 with InnoDB; `tests/orm/migrations` holds this table to
the server, which refuses an ALTER TABLE that names an algorithm it has not. A table with a virtual
column in an index (an emulated unique index) is one step worse for columns that come and go.

SQLite has one writer: every change stops other writers for as long as it takes, and never readers.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from orm.migrations import data
from orm.migrations import operations as ops
from orm.migrations.sqlite import is_rebuilt
from orm.schema.ddl import DdlCompiler
from orm.schema.indexes import emulate
from orm.schema.tables import Schema, Table, TableColumn


class Cost(IntEnum):
    """In the order of what they mean for a large table."""

    METADATA = 0  # a moment, whatever its size
    SCAN = 1  # reads the table, or builds an index
    REWRITE = 2  # writes the table anew


class Blocks(IntEnum):
    NOTHING = 0
    WRITES = 1


@dataclass(frozen=True)
class Impact:
    """algorithm: MariaDB's word for it, "" on SQLite."""

    cost: Cost
    blocks: Blocks
    algorithm: str = ""

    def __str__(self) -> str:
        what = {
            Cost.METADATA: "at once",
            Cost.SCAN: "reads the table",
            Cost.REWRITE: "rewrites the table",
        }[self.cost]
        whom = "writers wait" if self.blocks else "nobody waits"
        return ", ".join(filter(None, (self.algorithm, what, whom)))


_INSTANT: Final = Impact(Cost.METADATA, Blocks.NOTHING, "INSTANT")
_NOCOPY: Final = Impact(Cost.SCAN, Blocks.NOTHING, "NOCOPY")
_INPLACE: Final = Impact(Cost.REWRITE, Blocks.NOTHING, "INPLACE")
_LOCKED: Final = Impact(Cost.REWRITE, Blocks.WRITES, "INPLACE")
_COPY: Final = Impact(Cost.REWRITE, Blocks.WRITES, "COPY")
_PLAIN: Final = Impact(Cost.METADATA, Blocks.NOTHING)


def impact(operation: ops.Operation, before: Schema, compiler: DdlCompiler) -> Impact:
    """The cost of one operation on the schema as it is `before` it."""
    if isinstance(operation, data.Sql):
        return Impact(Cost.SCAN, Blocks.WRITES)
    if isinstance(operation, data.DataOperation):
        return Impact(Cost.SCAN, Blocks.NOTHING if operation.is_batched else Blocks.WRITES)
    if compiler.dialect.name == "mysql":
        return _mysql(operation, before)
    return _sqlite(operation, before, compiler)


def _sqlite(operation: ops.Operation, before: Schema, compiler: DdlCompiler) -> Impact:
    if isinstance(operation, ops.CreateTable):
        return _PLAIN
    if isinstance(operation, ops.AddIndex):
        return Impact(Cost.SCAN, Blocks.WRITES)
    if isinstance(operation, ops.DropColumn) or is_rebuilt(operation, before, compiler):
        return Impact(Cost.REWRITE, Blocks.WRITES)
    return _PLAIN


_MYSQL: Final[dict[type[ops.Operation], Impact]] = {
    ops.CreateTable: _PLAIN,
    ops.DropTable: _PLAIN,
    ops.RenameTable: _INSTANT,
    ops.CommentTable: _INSTANT,
    ops.RenameColumn: _INSTANT,
    ops.AddIndex: _NOCOPY,
    ops.DropIndex: _NOCOPY,
    ops.AddForeignKey: _COPY,
    ops.DropForeignKey: _INSTANT,
    ops.AddCheck: _COPY,
    ops.DropCheck: _INSTANT,
}


def _mysql(operation: ops.Operation, before: Schema) -> Impact:
    table = before.get(operation.table)
    has_virtual = table is not None and any(
        emulate(table, index).added
        for index in table.indexes
        if index.kind == "index" and index.unique
    )
    if isinstance(operation, ops.AddColumn):
        if operation.column.generated is not None:
            return _COPY if operation.column.is_stored else _INSTANT
        return _LOCKED if has_virtual else _INSTANT
    if isinstance(operation, ops.DropColumn):
        return _dropped(operation, table) if not has_virtual else _COPY
    if isinstance(operation, ops.AlterColumn) and table is not None:
        return _altered(operation, table, has_virtual=has_virtual)
    if isinstance(operation, ops.AddIndex) and operation.index.kind != "index":
        return _LOCKED
    return _MYSQL.get(type(operation), _COPY)


def _dropped(operation: ops.DropColumn, table: Table | None) -> Impact:
    checks = table.checks if table is not None else ()
    is_checked = any(f"`{operation.name}`" in check.condition.mysql for check in checks)
    return _NOCOPY if is_checked else _INSTANT


def _altered(operation: ops.AlterColumn, table: Table, *, has_virtual: bool) -> Impact:
    column = operation.column
    former = table.column(column.name)
    if former is None or operation.fill is not None:
        return _COPY
    if former.type != column.type:
        return _INSTANT if is_longer_at_once(former, column) else _COPY
    if former.null != column.null:
        return _COPY if has_virtual and not column.null else _LOCKED if has_virtual else _INPLACE
    return _INSTANT


# InnoDB notes a text's length in one byte up to this many, in two above.
_ONE_BYTE: Final = 255
_HALF: Final = 127


def is_longer_at_once(former: TableColumn, column: TableColumn) -> bool:
    """Is it only a longer VARCHAR, whose stored rows need not change?"""
    old, new = former.type, column.type
    if (old.kind, old.ci, new.kind, new.ci) != ("string", old.ci, "string", old.ci):
        return False
    if former.null != column.null or (new.length or 0) < (old.length or 0):
        return False
    before, after = (old.length or 0) * 4, (new.length or 0) * 4
    return after <= _ONE_BYTE or before <= _HALF or before > _ONE_BYTE
