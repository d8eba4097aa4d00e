"""Statements on their way to the server, ahead of their answers.

Commands are gathered into batches. When a batch is full it is sent, and then the answers to the
batch before it are read: so the server works on one batch while this side fills the next, and at
most two are on their way.

Why this cannot end in both sides waiting: the server stops reading only when it cannot get rid of
its answers. An answer to a write is an ok packet (some 11 bytes) or an error (at most 530), so the
answers to two batches are under 70 KiB, which the buffers of the two sockets hold. Statements that
return rows are not submitted.

A deadlock ends the transaction on the server, and what was sent after the statement that met it
would run as transactions of its own. So autocommit is off as long as the transaction lasts: what
comes after is a new transaction, which is rolled back.
"""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final, NoReturn

from pymysql import MySQLError

from orm.engine.mysql.wire.exchange import Exchange
from orm.engine.mysql.wire.statements import Statement
from orm.engine.submitted import Submitted

# Statements in a batch; and bytes, so that the server gets its first long ones soon.
_BATCH: Final = 64
_BATCH_BYTES: Final = 16384

AUTOCOMMIT_OFF: Final = "SET autocommit = 0"
AUTOCOMMIT_ON: Final = "SET autocommit = 1"


class Pipeline:
    """The statements of one connection's transaction; used by the thread that holds it."""

    def __init__(self, exchange: Exchange, fail: Callable[[BaseException], NoReturn]) -> None:
        """fail: raises our error for one met during an exchange."""
        self._exchange = exchange
        self._fail = fail
        self._unsent: list[bytes] = []
        self._size = 0  # of the unsent, in bytes
        # Those whose answer was not read, in order; the last ones may be unsent.
        self._waiting: deque[tuple[Submitted, Statement, bool]] = deque()
        self.fault: BaseException | None = None  # the first error of a statement
        self.add(Submitted(AUTOCOMMIT_OFF, (), lambda row_count: None))

    def add(self, submitted: Submitted) -> None:
        """Take a statement to be sent. An error of an earlier one may be raised here."""
        exchange, waiting = self._exchange, self._waiting
        statement = exchange.find(submitted.sql)
        if waiting and exchange.would_prepare(statement):
            self.settle()  # preparing is an exchange of its own
        try:
            command, is_binary = exchange.encode(statement, submitted.params)
        except BaseException as error:
            self._fail(error)
        unsent = self._unsent
        unsent.append(command)
        waiting.append((submitted, statement, is_binary))
        self._size += len(command)
        if len(unsent) >= _BATCH or self._size >= _BATCH_BYTES:
            before = len(waiting) - len(unsent)
            self._send()
            self._read(before)

    def settle(self) -> None:
        """Send what is left and read every answer; raises the first error among them."""
        if self._waiting:
            self._send()
            self._read(len(self._waiting))

    def drop(self) -> None:
        """Forget what was not sent, and read the answers to what was: nobody wants them."""
        self._forget_unsent()
        try:
            while self._waiting:
                self._answer()
        except BaseException as error:
            self._break_off()
            self._fail(error)

    def _send(self) -> None:
        commands = b"".join(self._unsent)
        self._unsent.clear()
        self._size = 0
        try:
            self._exchange.send_ahead(commands)
        except BaseException as error:
            self._break_off()
            self._fail(error)

    def _read(self, number: int) -> None:
        """Read so many answers, all of them after an error: the connection is to go on."""
        waiting = self._waiting
        for place in range(number):
            submitted = waiting[0][0]
            try:
                try:
                    if place == 0:
                        self._exchange.gather(each[1] for each in islice(waiting, number))
                    answer = self._answer()
                except BaseException as error:
                    self._break_off()
                    self._fail(error)
                if isinstance(answer, MySQLError):
                    self.drop()
                    self._fail(answer)
                submitted.then(answer)
            except BaseException as error:
                if waiting:
                    self.drop()
                self.fault = error
                submitted.add_note(error)
                raise

    def _answer(self) -> int | MySQLError:
        """How many rows the next statement matched, or the error the server gave instead."""
        _, statement, is_binary = self._waiting.popleft()
        try:
            return self._exchange.count(statement, is_binary=is_binary)
        except MySQLError as error:
            statement.types = statement.layout = None
            return error

    def _forget_unsent(self) -> None:
        for _ in self._unsent:
            self._waiting.pop()
        self._unsent.clear()
        self._size = 0

    def _break_off(self) -> None:
        """The exchange is broken, and with it the connection: no answer will come."""
        self._unsent.clear()
        self._waiting.clear()
        self._size = 0
