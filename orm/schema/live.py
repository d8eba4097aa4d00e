"""What a database says of its tables: facts in the engine's own words, nothing guessed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """type: as the engine names it, in lower case, without a display width ("varchar(200)", "int",
    "text"). default, generated: SQL text. collation: None where the engine's own holds."""

    name: str
    type: str
    null: bool
    default: str | None = None
    generated: str | None = None
    is_stored: bool = False
    is_auto: bool = False
    collation: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class LiveMember:
    """One part of an index: a column or an expression; prefix: so many characters of it."""

    column: str | None
    expression: str | None = None
    is_descending: bool = False
    prefix: int | None = None


@dataclass(frozen=True, slots=True)
class LiveIndex:
    """method: "btree", "fulltext" and the like. is_implied: made by a constraint inside the table,
    so it cannot be dropped alone (SQLite)."""

    name: str
    members: tuple[LiveMember, ...]
    unique: bool
    where: str | None = None
    method: str = "btree"
    is_implied: bool = False

    @property
    def columns(self) -> tuple[str | None, ...]:
        return tuple(member.column for member in self.members)


@dataclass(frozen=True, slots=True)
class LiveForeignKey:
    """name: None when it has none (SQLite). Actions as in SQL: "CASCADE", "NO ACTION"."""

    name: str | None
    columns: tuple[str, ...]
    target_table: str
    target_columns: tuple[str, ...]
    on_delete: str
    on_update: str


@dataclass(frozen=True, slots=True)
class LiveCheck:
    name: str | None
    condition: str


@dataclass(frozen=True, slots=True)
class LiveTable:
    name: str
    columns: tuple[LiveColumn, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[LiveIndex, ...] = ()
    foreign_keys: tuple[LiveForeignKey, ...] = ()
    checks: tuple[LiveCheck, ...] = ()
    comment: str = ""

    def column(self, name: str) -> LiveColumn | None:
        return next((item for item in self.columns if item.name == name), None)

    def index(self, name: str) -> LiveIndex | None:
        return next((item for item in self.indexes if item.name == name), None)

    def check(self, name: str) -> LiveCheck | None:
        return next((item for item in self.checks if item.name == name), None)

    def foreign_key(self, name: str) -> LiveForeignKey | None:
        return next((item for item in self.foreign_keys if item.name == name), None)


LiveSchema = dict[str, LiveTable]
