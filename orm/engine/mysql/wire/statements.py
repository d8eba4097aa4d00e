"""What one connection knows of the statements it has run.

A connection is one thread's at a time, and so is everything in here. The generated loops are what
is worth sharing, and they are shared (see `text`, `binary`).

A statement that was run often is prepared on the server: it is not parsed again then, its
parameters need no quoting, and its numbers and dates come as bytes. The server holds every
prepared statement of every connection in memory and has a limit for all of them together
(max_prepared_stmt_count, 16,382), so each connection keeps a few: those used last.
"""

from collections.abc import Callable, Sequence
from typing import Final

from orm.engine.mysql.wire.binary import BinaryRows
from orm.engine.mysql.wire.packets import END, END_SIZE, OK_SIZE, Definition
from orm.engine.mysql.wire.parameters import Layout, Types, execute_head
from orm.engine.mysql.wire.text import TextRows
from orm.engine.statements import Kind, kind_of

# Preparing takes one exchange more; a quarter of one is what it saves each time.
_PREPARE_AFTER: Final = 4

# What is longer is a bulk write, whose text is another one each time: it is not even remembered.
_LONGEST_PREPARED: Final = 8192

# Statements remembered, prepared or not.
_CAPACITY: Final = 512

_PREPARABLE: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH ")


class Columns:
    """The columns of an answer, as bytes and as what reads their rows."""

    __slots__ = ("description", "end", "number", "packets", "rows", "size")

    def __init__(
        self,
        packets: bytes,
        number: int,
        definitions: Sequence[Definition],
        make_rows: Callable[[Sequence[Definition]], TextRows | BinaryRows],
    ) -> None:
        """packets: the count and the definitions as they came; number: of the `end` after them."""
        self.packets = packets
        self.number = number
        self.end = bytes((5, 0, 0, number, END))
        self.size = len(packets) + END_SIZE
        self.description = tuple([(definition.name,) for definition in definitions])
        self.rows = make_rows(definitions)


class Statement:
    """One SQL text."""

    __slots__ = (
        "answer_size",
        "binary",
        "fixed",
        "head",
        "is_preparable",
        "is_recent",
        "is_usual",
        "layout",
        "number",
        "pack",
        "sql",
        "text",
        "types",
        "uses",
    )

    def __init__(self, sql: str) -> None:
        self.sql = sql
        kind = kind_of(sql)
        # Whatever else there is may change how the connection behaves, and is PyMySQL's.
        self.is_usual = kind in (Kind.READ, Kind.WRITE, Kind.CONTROL)
        self.is_preparable = sql.startswith(_PREPARABLE)
        self.uses = 0
        self.answer_size = OK_SIZE  # of the last ok packet, if it had one
        self.is_recent = False
        self.text: Columns | None = None
        self.binary: Columns | None = None
        self.number: int | None = None  # the server's, while it is prepared
        self.head = b""  # of the commands that execute it then
        self.types: Types | None = None  # of the parameters the server saw last,
        self.layout: Layout | None = None  # how those are written,
        # and what comes before them, and makes their bytes, when they have a fixed size.
        self.fixed = b""
        self.pack: Callable[..., bytes] | None = None

    def set_layout(self, types: Types, layout: Layout) -> None:
        """The server knows these types from now on."""
        self.types, self.layout, self.pack = types, layout, layout.pack
        head = self.head + layout.following
        self.fixed = (len(head) + layout.size).to_bytes(4, "little") + head


class Statements(dict[str, Statement]):
    """The statements of one connection, by their text; `statements[text]` makes those not known.

    A dict with `__missing__`: finding one that is known calls nothing of ours.
    """

    def __init__(self, prepared: int) -> None:
        """prepared: how many may be prepared at a time, 0 for none."""
        super().__init__()
        self._prepared: list[Statement] = []
        self._limit = prepared
        self.dropped: list[int] = []  # numbers the server has not been told to forget yet

    def __missing__(self, sql: str) -> Statement:
        if len(sql) > _LONGEST_PREPARED:
            return Statement(sql)
        if len(self) >= _CAPACITY:
            self.clear()
            self.update((each.sql, each) for each in self._prepared)
        statement = self[sql] = Statement(sql)
        return statement

    def is_due(self, statement: Statement) -> bool:
        """It was run often enough to be prepared, and is not."""
        return (
            statement.number is None
            and statement.uses >= _PREPARE_AFTER
            and statement.is_preparable
            and self._limit > 0
        )

    def make_room(self) -> None:
        """For one more that is prepared."""
        if len(self._prepared) >= self._limit:
            self.forget(self._least_recent())

    def add_prepared(self, statement: Statement, number: int) -> None:
        statement.number = number
        statement.head = execute_head(number)
        self._prepared.append(statement)

    def _least_recent(self) -> Statement:
        """The oldest that was not used since this was asked last (the clock algorithm)."""
        while self._prepared[0].is_recent:
            self._prepared[0].is_recent = False
            self._prepared.append(self._prepared.pop(0))
        return self._prepared[0]

    def forget(self, statement: Statement) -> None:
        """Make it one that is not prepared."""
        if statement.number is not None:
            self.dropped.append(statement.number)
            self._prepared.remove(statement)
        statement.number = statement.types = statement.layout = statement.pack = None
        statement.uses = 0

    def refuse(self, statement: Statement) -> None:
        """It is never prepared (again): the server or a column's type does not allow it."""
        self.forget(statement)
        statement.is_preparable = False


def placeholders_for_server(sql: str) -> str:
    """The text with the server's own placeholder, from the form with `%s` and `%%`."""
    return "%".join(part.replace("%s", "?") for part in sql.split("%%"))
