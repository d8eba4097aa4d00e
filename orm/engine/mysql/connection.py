"""One connection to MySQL or MariaDB, and when it can no longer be trusted.

An exchange is a statement and its whole answer. If it ends in anything else (a time-out, a cut, an
interrupt, a packet that cannot be decoded), bytes of the old answer may still arrive and be taken
for the next one's. Such a connection is `broken`: it is closed at once and never reused (sec:D10).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import pymysql
from pymysql.constants import CLIENT, CR, FIELD_TYPE
from pymysql.converters import conversions, convert_timedelta
from pymysql.cursors import SSCursor

from orm.engine.mysql.errors import DUPLICATES, UNUSABLE, ends_exchange_cleanly, map_error
from orm.engine.mysql.pipeline import AUTOCOMMIT_ON, Pipeline
from orm.engine.mysql.streaming import RowStream
from orm.engine.mysql.wire.exchange import Exchange
from orm.engine.mysql.wire.literals import day_literal, moment_literal
from orm.engine.mysql.wire.packets import MALFORMED
from orm.engine.mysql.wire.stream import Stream
from orm.engine.mysql.wire.values import bits, day, moment
from orm.engine.options import MysqlOptions
from orm.engine.parameters import encode_parameters
from orm.engine.result import Result, Row
from orm.engine.statements import Kind, kind_of
from orm.engine.url import DatabaseURL
from orm.errors import DataError, Deadlock, IntegrityError, OrmError, QueryError

# Strict, so that nothing is cut or rounded in silence (sec:D9); a key of 0 is stored as it is, as
# on SQLite; without ONLY_FULL_GROUP_BY, so that both engines accept the same GROUP BY.
_SQL_MODE = (
    "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_AUTO_VALUE_ON_ZERO,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)

# What ends a transaction.
_ENDS = ("COMMIT", "ROLLBACK")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

CHARSET = "utf8mb4"
COLLATION = "utf8mb4_bin"

_UNIQUE_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.statistics"
    " WHERE table_schema = DATABASE() AND index_name = %s AND non_unique = 0"
    " ORDER BY table_name, seq_in_index"
)


_CONVERSIONS: dict[Any, Any] = {
    **conversions,
    datetime: moment_literal,
    date: day_literal,
    FIELD_TYPE.DATETIME: moment,
    FIELD_TYPE.TIMESTAMP: moment,
    FIELD_TYPE.DATE: day,
    FIELD_TYPE.TIME: convert_timedelta,
    # BIT(1) is a truth value in tables that others made.
    FIELD_TYPE.BIT: bits,
    FIELD_TYPE.DECIMAL: Decimal,
    FIELD_TYPE.NEWDECIMAL: Decimal,
}


class MysqlConnection:
    """An open connection in autocommit mode, used by one thread at a time."""

    __slots__ = (
        "_connection",
        "_exchange",
        "_pipeline",
        "_rows",
        "_url",
        "is_reusable",
    )

    def __init__(self, url: DatabaseURL, options: MysqlOptions, *, database: bool = True) -> None:
        """Connect and log in; `database` False leaves the default database unset.

        Disconnected or OperationalError says on which host and user it failed, and what to try.
        """
        self._url = url
        self.is_reusable = True
        try:
            self._connection = pymysql.connect(
                host=url.host,
                port=url.port,
                user=url.user,
                # As text PyMySQL would send it in Latin-1, which is not what the server stored.
                password=url.password.encode(),
                # Elsewhere PyMySQL uses TLS when the server has it. On the way to this machine
                # it protects nothing, and its set-up takes ten times as long as the login.
                ssl_disabled=url.host in _LOOPBACK,
                database=url.name if database else None,
                charset=CHARSET,
                collation=COLLATION,
                sql_mode=_SQL_MODE,
                init_command=_session_settings(options),
                autocommit=True,
                local_infile=False,
                # Rows matched, not rows changed, as SQLite counts. MULTI_STATEMENTS stays off.
                client_flag=CLIENT.FOUND_ROWS,
                conv=_CONVERSIONS,
                connect_timeout=options.connect_timeout,
                read_timeout=options.connect_timeout,
                write_timeout=options.write_timeout,
            )
        except (pymysql.MySQLError, OSError, RuntimeError) as error:
            raise map_error(*_code_and_text(error), url) from error
        self._exchange = self._begin_exchanges(options)
        self._pipeline: Pipeline | None = None  # of the open transaction
        self._rows: RowStream | None = None  # of it too, not all read

    def _begin_exchanges(self, options: MysqlOptions) -> Exchange | None:
        """From the login on a silent server has read_timeout to answer in, not connect_timeout;
        PyMySQL has no public way to change that."""
        raw: Any = self._connection
        if not options.fast_reader:
            raw._read_timeout = options.read_timeout
            return None
        stream = Stream(raw._sock, options.read_timeout, options.write_timeout)
        # The socket has its time-outs; with None on both sides PyMySQL leaves them alone.
        raw._read_timeout = raw._write_timeout = raw._current_timeout = None
        raw._rfile.close()
        raw._rfile = stream
        return Exchange(raw, stream, options.prepared_statements)

    @property
    def is_open(self) -> bool:
        return bool(self._connection.open)

    def open_pipeline(self) -> Pipeline | None:
        """What sends statements of the open transaction ahead; None when it cannot be done.

        Only MariaDB is known to read on while answers are unread; proxies may not.
        """
        if self._rows is not None:
            self._settle()
        if self._pipeline is None and self._exchange is not None:
            raw: Any = self._connection
            if "MariaDB" in raw.server_version:
                self._pipeline = Pipeline(self._exchange, self._fail)
        return self._pipeline

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        """Run a statement and read its whole answer.

        What is unread of a transaction's earlier statements is read first.
        """
        if self._pipeline is None and self._rows is None:
            return self._run(sql, params)
        self._settle()
        result = self._run(sql, params)
        if sql in _ENDS and self._pipeline is not None:
            self._leave_pipeline()
        return result

    def _leave_pipeline(self) -> None:
        """The transaction has ended, and that stands whatever happens here."""
        self._pipeline = None
        is_reusable = self.is_reusable
        with suppress(OrmError):
            self._run_plain(AUTOCOMMIT_ON, ())
            self.is_reusable = is_reusable

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        """The rows of a SELECT, as run() gives them."""
        exchange = self._exchange
        if exchange is None or self._pipeline is not None or self._rows is not None:
            return self.run(sql, params).rows
        try:
            return exchange.fetch(exchange.find(sql), params)
        except BaseException as error:
            self._fail(error)

    def _run(self, sql: str, params: Sequence[Any]) -> Result:
        exchange = self._exchange
        if exchange is not None:
            statement = exchange.find(sql)
            if statement.is_usual:
                try:
                    return exchange.run(statement, params)
                except BaseException as error:
                    self._fail(error)
        return self._run_plain(sql, params)

    def _run_plain(self, sql: str, params: Sequence[Any]) -> Result:
        """By PyMySQL alone."""
        if kind_of(sql) is Kind.SESSION:
            self.is_reusable = False  # SET, USE, LOCK ...: the next user must not inherit it
        cursor = self._connection.cursor()
        text = self._fill_in(cursor, sql, params)
        try:
            cursor.execute(text)
            result = Result(
                list(cursor.fetchall()),
                cursor.rowcount,
                cursor.lastrowid or None,
                cursor.description,
            )
            cursor.close()
        except BaseException as error:
            self._fail(error)
        return result

    def stream(
        self, sql: str, params: Sequence[Any], size: int, *, in_transaction: bool = False
    ) -> Iterator[list[Row]]:
        """Rows as they come from the socket, in lists of `size`.

        Giving it up early closes the connection, unless in_transaction: see `streaming`.
        """
        exchange = self._exchange
        if exchange is None:
            plain = self._batches if in_transaction else self._stream_plain
            yield from plain(sql, params, size)
            return
        self._settle()
        try:
            rows = self._rows = RowStream(exchange, exchange.open(exchange.find(sql), params))
            while batch := rows.take(size):
                yield batch
            if self._rows is rows:  # no later statement's
                self._rows = None
        except GeneratorExit:
            if not in_transaction and not rows.is_read:
                self.close()
            rows.abandon()
            raise
        except BaseException as error:
            self._rows = None
            self._fail(error)

    def _batches(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        rows = self.run(sql, params).rows
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    @property
    def has_unread_rows(self) -> bool:
        """Of a stream in the open transaction; the next statement would read them first."""
        return self._rows is not None and not self._rows.is_read

    def _stream_plain(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        cursor = self._connection.cursor(SSCursor)
        text = self._fill_in(cursor, sql, params)
        try:
            cursor.execute(text)
            while rows := cursor.fetchmany(size):
                yield list(rows)
            cursor.close()
        except BaseException as error:
            if isinstance(error, GeneratorExit):
                self.close()
                raise
            self._fail(error)

    def _settle(self) -> None:
        """Read what is left of earlier answers."""
        rows, self._rows = self._rows, None
        if rows is not None:
            try:
                rows.settle()
            except BaseException as error:
                self._fail(error)
        if self._pipeline is not None:
            self._pipeline.settle()

    def _fill_in(self, cursor: Any, sql: str, params: Sequence[Any]) -> str:
        """The statement with its parameters as literals; nothing was sent when this fails."""
        encoded = tuple(encode_parameters(params, "mysql"))
        try:
            text: str = cursor.mogrify(sql, encoded)
            text.encode("utf-8")
        except UnicodeError as error:
            raise DataError(f"a text cannot be stored: {error}.") from error
        except pymysql.ProgrammingError as error:
            raise QueryError(f"the parameters do not fit the statement: {error}.") from error
        return text

    def _fail(self, error: BaseException) -> NoReturn:
        """Raise our error for one met during an exchange, closing the connection if need be."""
        if isinstance(error, OrmError):
            raise error  # nothing was sent
        if isinstance(error, MALFORMED):
            error = pymysql.OperationalError(CR.CR_SERVER_LOST, f"the answer is broken: {error}")
        if not isinstance(error, (pymysql.MySQLError, OSError, EOFError)):
            self.close()  # an interrupt, or an answer that could not be decoded
            raise error
        code, text = _code_and_text(error)
        if not ends_exchange_cleanly(code):
            self.close()
        if code in UNUSABLE:
            self.is_reusable = False
        mapped = map_error(code, text, self._url)
        if isinstance(mapped, IntegrityError) and code in DUPLICATES:
            self._add_columns(mapped)
        raise mapped from error

    def _add_columns(self, error: IntegrityError) -> None:
        """The server names the key only; its columns are known when one table has such a key."""
        try:
            rows = self.run(_UNIQUE_COLUMNS, (error.constraint,)).rows
        except Deadlock:  # told once: another node's write has undone the transaction meanwhile
            raise
        except OrmError:
            return
        if len({table for table, _ in rows}) == 1:
            error.columns = tuple(column for _, column in rows)

    def close(self) -> None:
        """Close the socket without a word: a COM_QUIT could block on a broken connection."""
        self.is_reusable = False
        connection: Any = self._connection  # PyMySQL has no public way for either
        if connection._result is not None:
            # Else the unread answer would read on when it is freed.
            connection._result.unbuffered_active = False
        if connection.open:
            connection._force_close()


def _session_settings(options: MysqlOptions) -> str:
    """One SET for both servers: /*M! is code to MariaDB only, /*!50708 to MySQL only."""
    limit = options.statement_timeout
    return (
        f"SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = {options.lock_wait:d}"
        f"/*M! , max_statement_time = {limit:f} */"
        # SET a = b, b = a swaps them, as the standard and SQLite have it; MySQL has no such mode.
        "/*M!100305 , sql_mode = CONCAT(@@sql_mode, ',SIMULTANEOUS_ASSIGNMENT') */"
        f"/*!50708 , max_execution_time = {round(limit * 1000):d} */"
    )


def _code_and_text(error: BaseException) -> tuple[int, str]:
    """PyMySQL puts (number, text) into its errors, and (0, "") for a connection that is closed."""
    code = error.args[0] if error.args else 0
    if not isinstance(code, int):
        return 0, str(error)
    text = error.args[1] if len(error.args) > 1 else ""
    return (code if isinstance(error, pymysql.MySQLError) else 0), str(text) or "connection lost"
