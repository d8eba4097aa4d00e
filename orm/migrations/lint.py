"""What may go wrong with an operation on a table in use, and how to do it instead (orm:A11).

While a new version is rolled out, the one before still runs against the same tables. So a change
is made in two migrations: one that widens the schema (expand) before the new version, one that
narrows it (contract) when the old one is gone.
"""

from dataclasses import dataclass
from typing import Final

from orm.migrations import data
from orm.migrations import operations as ops
from orm.migrations.impact import Blocks, Cost, impact
from orm.schema.ddl import DdlCompiler
from orm.schema.tables import ColumnType, Schema


@dataclass(frozen=True)
class Finding:
    """rule: a name to look up in docs/orm/migrations.md. is_additive: nothing that is there now can
    break or get lost by it."""

    rule: str
    text: str
    advice: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}; {self.advice}"


ADVICE: Final[dict[str, str]] = {
    "drop": "remove it from the models first, and drop it one release later",
    "rename": "add the new one, copy (backfill), use both, drop the old one a release later",
    "not-null": "add it with null=True, backfill, and make it NOT NULL in a later migration",
    "type-change": "add a column of the new type, backfill it in batches, switch, drop the old one",
    "validates": "look for such rows first; what violates it makes the migration fail half way",
    "locks": "run it when nobody writes, or in a maintenance window",
    "rewrites": "expect it to take as long as copying the table, and as much disk",
    "irreversible": "give it a way back, or accept that this migration cannot be undone",
}


def lint(operation: ops.Operation, before: Schema, compiler: DdlCompiler) -> list[Finding]:
    """What speaks against running the operation on a table in use."""
    found = [*_about_programs(operation, before), *_about_rows(operation, before)]
    cost = impact(operation, before, compiler)
    is_new = not isinstance(operation, ops.CreateTable)
    if is_new and cost.cost is Cost.REWRITE:
        found.append(("rewrites", f"{operation.describe()} writes the table anew"))
    if is_new and cost.blocks is Blocks.WRITES and cost.cost is not Cost.METADATA:
        found.append(("locks", f"writers of {operation.table or 'the tables'} wait for it"))
    if not operation.is_reversible:
        found.append(("irreversible", f"nothing undoes {operation.describe()}"))
    return [Finding(rule, text, ADVICE[rule]) for rule, text in found]


def is_additive(operation: ops.Operation, before: Schema) -> bool:
    """Can nothing that works now stop working by it, and nothing be lost? What
    `auto_migrate = "safe"` may do by itself."""
    if isinstance(operation, (ops.CreateTable, ops.CommentTable)):
        return True
    if isinstance(operation, ops.AddColumn):
        column = operation.written
        return column.null or column.default is not None or column.generated is not None
    if isinstance(operation, ops.AddIndex):
        return not operation.index.unique
    if isinstance(operation, ops.AlterColumn):
        return _is_wider(operation, before)
    if isinstance(operation, ops.AddForeignKey):
        # On a column that the same migration has just added, every row has NULL.
        return False
    return isinstance(operation, data.Backfill)


def _is_wider(operation: ops.AlterColumn, before: Schema) -> bool:
    former = ops.find_table(before, operation.table).column(operation.column.name)
    column = operation.column
    if former is None or (former.null and not column.null):
        return False
    is_same = (former.is_auto, former.generated) == (column.is_auto, column.generated)
    return is_same and _takes_all(former.type, column.type)


_WIDER: Final = {
    "tinyint": ("smallint", "integer", "bigint"),
    "smallint": ("integer", "bigint"),
    "integer": ("bigint",),
}


def _takes_all(old: ColumnType, new: ColumnType) -> bool:
    """Does a column of the new type take every value of the old one, unchanged?"""
    if old == new or new.kind in _WIDER.get(old.kind, ()):
        return True
    is_text = old.kind in ("string", "enum") and new.kind in ("string", "enum", "text")
    if is_text and old.ci == new.ci:
        return new.length is None or (new.length or 0) >= (old.length or 0)
    is_decimal = old.kind == new.kind == "decimal" and old.places == new.places
    return is_decimal and (new.digits or 0) >= (old.digits or 0)


def _about_programs(operation: ops.Operation, before: Schema) -> list[tuple[str, str]]:
    what = operation.describe()
    if isinstance(operation, (ops.DropTable, ops.DropColumn)):
        return [("drop", f"{what}: what it holds is lost, and programs that use it fail")]
    if isinstance(operation, (ops.RenameTable, ops.RenameColumn)):
        return [("rename", f"{what}: programs that use the old name fail")]
    if isinstance(operation, ops.AddColumn):
        column = operation.written
        if not column.null and column.default is None and column.generated is None:
            return [("not-null", f"{what}: programs that do not know it cannot insert any more")]
    if isinstance(operation, ops.AlterColumn):
        former = ops.find_table(before, operation.table).column(operation.column.name)
        if former is not None and not _takes_all(former.type, operation.column.type):
            return [("type-change", f"{what}: values may not fit {operation.column.type.kind}")]
    return []


def _about_rows(operation: ops.Operation, before: Schema) -> list[tuple[str, str]]:
    what = operation.describe()
    if isinstance(operation, ops.AddIndex) and operation.index.unique:
        return [("validates", f"{what} fails when two rows agree")]
    if isinstance(operation, (ops.AddCheck, ops.AddForeignKey)):
        return [("validates", f"{what} fails when a row violates it")]
    if isinstance(operation, ops.AlterColumn):
        former = ops.find_table(before, operation.table).column(operation.column.name)
        if former is not None and former.null and not operation.column.null:
            return [("validates", f"{what}: NULL is refused from now on")]
    return []
