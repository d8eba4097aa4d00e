"""One statement and its whole answer.

The columns of a statement hardly ever change, so those of its last answer are remembered as bytes.
When the new answer begins with the same bytes, they are not looked at again; when it does not (the
table was altered, the definitions are cut by the end of what has come so far), they are read.
Either way the rows are read by what their own definitions say.

Every packet's number is accounted for: that of the definitions by the comparison, that of the last
packet by the number of rows before it. A packet that is missing or too many shows there.
"""

from collections.abc import Callable, Iterable, Sequence
from struct import Struct
from typing import Any, Final

from pymysql import MySQLError
from pymysql.constants import SERVER_STATUS
from pymysql.err import raise_mysql_exception

from orm.engine.mysql.wire.binary import BinaryRows
from orm.engine.mysql.wire.literals import literals
from orm.engine.mysql.wire.packets import (
    COM_QUERY,
    COM_STMT_CLOSE,
    COM_STMT_PREPARE,
    END,
    END_SIZE,
    ERROR,
    INFILE,
    LONGEST_PAYLOAD,
    MORE_RESULTS,
    OK,
    Definition,
    MalformedAnswer,
    frame,
    is_end,
    length_at,
    parse_definition,
    parse_ok,
    parse_ok_at,
    status_of_end,
)
from orm.engine.mysql.wire.parameters import UNENCODABLE, layout_of
from orm.engine.mysql.wire.statements import (
    Columns,
    Statement,
    Statements,
    placeholders_for_server,
)
from orm.engine.mysql.wire.stream import Stream
from orm.engine.mysql.wire.text import Row, TextRows
from orm.engine.parameters import encode_parameters
from orm.engine.result import Result
from orm.errors import DataError, QueryError

_END_PAYLOAD: Final = 5  # bytes, of an end packet

_PREPARED: Final = Struct("<xIHH")

# The server does not know the prepared statement, or could not prepare it again; nothing was done.
_NOT_PREPARED: Final = (1243, 1615)

# Cannot be prepared, or not now: unsupported, too many parameters, too many prepared, changing.
_UNPREPARABLE: Final = (1210, 1295, 1390, 1461, 1615)

_NO_ESCAPES: Final = SERVER_STATUS.SERVER_STATUS_NO_BACKSLASH_ESCAPES

# Whether the answer of a statement that was sent comes in the binary protocol.
IsBinary = bool


class Exchange:
    """Statements over one connection that PyMySQL has logged in; one thread at a time.

    OrmError (a parameter that cannot be sent) is raised before anything was sent. MySQLError comes
    from the server. After any other error the answer was not read to its end.
    """

    def __init__(self, raw: Any, stream: Stream, prepared: int) -> None:
        """raw: PyMySQL's connection. prepared: how many statements the server may keep for it."""
        self._raw = raw
        self._stream = stream
        self._statements = Statements(prepared)
        self.find = self._statements.__getitem__

    def run(self, statement: Statement, params: Sequence[Any]) -> Result:
        command, is_binary = self.encode(statement, params)
        self.send(command)
        try:
            return self.receive(statement, is_binary=is_binary)
        except MySQLError as error:
            self._pass_unless_forgotten(statement, error)
        return self.run(statement, params)

    def fetch(self, statement: Statement, params: Sequence[Any]) -> list[Row]:
        """The rows alone, which takes less than run()."""
        command, is_binary = self.encode(statement, params)
        stream = self._stream
        if stream.position != len(stream.data):
            raise _unexpected()
        stream.send(command)
        try:
            columns = statement.binary if is_binary else statement.text
            data = stream.refill()
            if columns is not None and (rows := self._expected_rows(columns, data)) is not None:
                return rows
            return self.receive(statement, is_binary=is_binary).rows
        except MySQLError as error:
            self._pass_unless_forgotten(statement, error)
        return self.fetch(statement, params)

    def _pass_unless_forgotten(self, statement: Statement, error: MySQLError) -> None:
        """Raise the server's error again, unless it says that the prepared statement is unknown:
        then nothing was done, and it may be sent as a text."""
        if error.args[0] not in _NOT_PREPARED or statement.number is None:
            statement.types = statement.layout = statement.pack = None
            raise error
        self._statements.forget(statement)

    # Sending

    def send(self, command: bytes) -> None:
        stream = self._stream
        if stream.position != len(stream.data):
            raise _unexpected()
        stream.send(command)

    def send_ahead(self, commands: bytes) -> None:
        """As send(), while answers to earlier commands may be due."""
        self._stream.send(commands)

    def would_prepare(self, statement: Statement) -> bool:
        """Whether encode() of this statement takes an exchange of its own."""
        return statement.number is None and self._statements.is_due(statement)

    def encode(self, statement: Statement, params: Sequence[Any]) -> tuple[bytes, IsBinary]:
        """The command for a statement, after preparing it when it is time to."""
        pack = statement.pack
        if pack is not None and tuple(map(type, params)) == statement.types:
            statement.is_recent = True
            try:
                return statement.fixed + pack(*params), True
            except UNENCODABLE:
                return frame(self._query(statement.sql, params)), False
        number = statement.number
        if number is None:
            if self._statements.is_due(statement):
                number = self._prepare(statement)
            else:
                statement.uses += 1
        if number is not None:
            statement.is_recent = True
            try:
                return self._execution(statement, params), True
            except UNENCODABLE:
                pass
        return frame(self._query(statement.sql, params)), False

    def _execution(self, statement: Statement, params: Sequence[Any]) -> bytes:
        """The command that executes a prepared statement."""
        types = tuple(map(type, params))
        layout = statement.layout
        if layout is not None and types == statement.types:
            shape = layout.following
        else:
            try:
                layout = layout_of(types)
            except KeyError:
                return self._execution(statement, encode_parameters(params, "mysql"))
            shape = layout.first
        try:
            payload = b"".join((statement.head, shape, layout.values(params)))
        except UnicodeError as error:
            raise DataError(f"a text cannot be stored: {error}.") from error
        if layout is not statement.layout:
            statement.set_layout(types, layout)
        return frame(payload)

    def _query(self, sql: str, params: Sequence[Any]) -> bytes:
        has_escapes = not self._raw.server_status & _NO_ESCAPES
        try:
            try:
                values = literals(params, has_escapes=has_escapes)
            except KeyError:
                values = literals(encode_parameters(params, "mysql"), has_escapes=has_escapes)
            return b"%c%b" % (COM_QUERY, (sql % values).encode())
        except UnicodeError as error:
            raise DataError(f"a text cannot be stored: {error}.") from error
        except (TypeError, ValueError) as error:
            raise QueryError(f"the parameters do not fit the statement: {error}.") from error

    def _prepare(self, statement: Statement) -> int | None:
        """The number the server gives the statement; None when it does not prepare it."""
        statements = self._statements
        statements.make_room()
        closing = b"".join(
            frame(b"%c%b" % (COM_STMT_CLOSE, number.to_bytes(4, "little")))
            for number in statements.dropped
        )
        statements.dropped.clear()
        sql = placeholders_for_server(statement.sql).encode()
        self.send(closing + frame(b"%c%b" % (COM_STMT_PREPARE, sql)))
        payload, _ = self._stream.packet()
        if payload[0] == ERROR:
            if not _is_of_statement(payload):
                raise_mysql_exception(payload)
            statements.refuse(statement)
            return None
        number, columns, parameters = _PREPARED.unpack_from(payload)
        for count in (parameters, columns):
            for _ in range(count + 1 if count else 0):
                self._stream.packet()
        statements.add_prepared(statement, number)
        return statement.number

    # Receiving

    def receive(self, statement: Statement, *, is_binary: bool) -> Result:
        """The whole answer to a statement that was sent."""
        stream = self._stream
        data = stream.receive()
        done = parse_ok_at(data, stream.position)
        if done is not None and not done[2] & MORE_RESULTS:
            affected, key, self._raw.server_status, stream.position = done
            return Result([], affected, key or None)
        columns = statement.binary if is_binary else statement.text
        if columns is None or (rows := self._expected_rows(columns, data)) is None:
            columns = self._columns(statement, is_binary)
            if columns is None:
                return self._ok()
            rows = self._rows(columns, [])
        return Result(rows, len(rows), None, columns.description)

    def gather(self, statements: Iterable[Statement]) -> None:
        """Answers to these writes are about to be read."""
        self._stream.gather([statement.answer_size for statement in statements])

    def count(self, statement: Statement, *, is_binary: bool) -> int:
        """The whole answer to a write that was sent: the rows it matched."""
        stream = self._stream
        data = stream.receive()
        start = stream.position
        done = parse_ok_at(data, start)
        if done is None or done[2] & MORE_RESULTS:
            return self.receive(statement, is_binary=is_binary).row_count
        affected, _, self._raw.server_status, stream.position = done
        statement.answer_size = stream.position - start
        return affected

    def _expected_rows(self, columns: Columns, data: bytes) -> list[Row] | None:
        """All rows, when the answer begins with these columns; else None, with nothing taken.

        The whole of a short answer is here at once; this is the way of nearly every statement.
        """
        stream = self._stream
        start = stream.position
        first = start + columns.size
        if not (
            data.startswith(columns.packets, start)
            and data.startswith(columns.end, first - END_SIZE)
            and len(data) >= first
        ):
            return None
        rows: list[Row] = []
        last = columns.rows.loop(data, first, rows.append)
        if (
            len(data) - last == END_SIZE
            and data[last + 4] == END
            and data[last] == _END_PAYLOAD
            and data[last + 3] == columns.number + len(rows) + 1 & 0xFF
            and not data[last + 7] & MORE_RESULTS
        ):
            stream.position = len(data)
            return rows
        stream.position = last
        return self._rows(columns, rows)

    def open(self, statement: Statement, params: Sequence[Any]) -> "RowReader | None":
        """Send a statement whose rows are read one by one, and then given to end(); None when it
        has none."""
        command, is_binary = self.encode(statement, params)
        self.send(command)
        try:
            columns = self._columns(statement, is_binary)
        except MySQLError as error:
            self._pass_unless_forgotten(statement, error)
            return self.open(statement, params)
        if columns is None:
            self._ok()
            return None
        return RowReader(self._stream, columns, [])

    def end(self, reader: "RowReader") -> None:
        """The last row was read."""
        if reader.status is not None and reader.status & MORE_RESULTS:
            self._skip_results(reader.number)

    def _columns(self, statement: Statement, is_binary: bool) -> Columns | None:
        """Read up to the first row; None, with nothing taken, when an ok packet comes."""
        stream = self._stream
        stream.fill(5)
        data, start = stream.data, stream.position
        first = data[start + 4]
        if first == OK:
            return None
        payload, number = stream.packet()
        if first == ERROR:
            raise_mysql_exception(payload)
        if first == INFILE:
            raise MalformedAnswer("the server asks for a file of this machine")
        columns = self._definitions(payload, number, BinaryRows if is_binary else TextRows)
        if is_binary:
            statement.binary = columns
        else:
            statement.text = columns
        return columns

    def _definitions(
        self,
        first: bytes,
        number: int,
        make_rows: Callable[[Sequence[Definition]], TextRows | BinaryRows],
    ) -> Columns:
        stream = self._stream
        packets = [_packet(first, number)]
        count, _ = length_at(first, 0)
        definitions = []
        for _ in range(count):
            payload, number = stream.packet()
            packets.append(_packet(payload, number))
            definitions.append(parse_definition(payload))
        payload, number = stream.packet()
        if not is_end(payload):
            raise MalformedAnswer("the column definitions do not end where they should")
        return Columns(b"".join(packets), number, definitions, make_rows)

    def _rows(self, columns: Columns, rows: list[Row]) -> list[Row]:
        """All rows, after those that were taken already."""
        reader = RowReader(self._stream, columns, rows)
        while reader.status is None:
            reader.take_some()
        self.end(reader)
        return rows

    def _ok(self) -> Result:
        payload, number = self._stream.packet()
        affected, key, status = parse_ok(payload)
        self._raw.server_status = status
        if status & MORE_RESULTS:
            self._skip_results(number)
        return Result([], affected, key or None)

    def _skip_results(self, number: int) -> None:
        """Let PyMySQL read the further results of a statement, which nobody asked for."""
        raw = self._raw
        raw._next_seq_id = (number + 1) & 0xFF
        raw.next_result()
        while raw._result.has_next:
            raw.next_result()


def _unexpected() -> MalformedAnswer:
    return MalformedAnswer("something came that belongs to no statement")


def _is_of_statement(payload: bytes) -> bool:
    """An error packet is about the statement (SQLSTATE class 42: its syntax, names and rights), so
    that the statement itself will be told too. Others are told once and must be heard: a deadlock
    or a certification conflict has undone the transaction, and what followed would be outside."""
    code = int.from_bytes(payload[1:3], "little")
    return code in _UNPREPARABLE or payload[3:6] == b"#42"


class RowReader:
    """Takes the rows of one answer, chunk by chunk."""

    __slots__ = ("_columns", "_stream", "number", "rows", "status")

    def __init__(self, stream: Stream, columns: Columns, rows: list[Row]) -> None:
        """rows: those taken already, each from one packet; more are added."""
        self._stream = stream
        self._columns = columns
        self.rows = rows
        self.number = columns.number + len(rows) & 0xFF  # of the last packet taken
        self.status: int | None = None  # of the connection, once the last row was taken

    def take_some(self) -> None:
        """Take what has come, and at least one packet."""
        stream, rows = self._stream, self.rows
        before = len(rows)
        stream.position = self._columns.rows.loop(stream.data, stream.position, rows.append)
        self.number += len(rows) - before
        payload, number = stream.packet()
        self.number = self.number + 1 + len(payload) // LONGEST_PAYLOAD & 0xFF
        if number != self.number:
            raise MalformedAnswer(f"packet {number} came where {self.number} was due")
        if payload[0] == END and is_end(payload):
            self.status = status_of_end(payload)
        elif payload[0] == ERROR:
            raise_mysql_exception(payload)
        else:
            rows.append(self._columns.rows.row(payload))


def _packet(payload: bytes, number: int) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload
