"""Rows read from the socket as they are asked for (orm:O24).

As long as rows are unread, the connection can do nothing else: their bytes come before any other
answer. What happens when it is to do something else depends on whose it is:

    a statement's own connection    nothing else is run on it; giving the rows up closes it
    a transaction's connection      the next statement first reads the rest: into memory when
                                    somebody still wants it, else to throw it away
"""

from orm.engine.mysql.wire.exchange import Exchange, RowReader
from orm.engine.mysql.wire.text import Row


class RowStream:
    """The rows of one statement that was sent; used by the thread that has the connection."""

    def __init__(self, exchange: Exchange, reader: RowReader | None) -> None:
        """reader: None for a statement that returns no rows."""
        self._exchange = exchange
        self._reader = reader
        self._given = 0  # of the reader's rows
        self._is_wanted = True

    @property
    def is_read(self) -> bool:
        """The whole answer was taken from the socket."""
        return self._reader is None or self._reader.status is not None

    def take(self, size: int) -> list[Row]:
        """The next `size` rows, fewer at the end, none after it."""
        reader = self._reader
        if reader is None:
            return []
        while reader.status is None and len(reader.rows) - self._given < size:
            self._read_on(reader)
        start, self._given = self._given, self._given + size
        return reader.rows[start : self._given]

    def _read_on(self, reader: RowReader) -> None:
        del reader.rows[: self._given]
        self._given = 0
        reader.take_some()
        if reader.status is not None:
            self._exchange.end(reader)

    def abandon(self) -> None:
        """Nobody wants what is left."""
        self._is_wanted = False

    def settle(self) -> None:
        """Read what is left of the answer."""
        reader = self._reader
        while reader is not None and reader.status is None:
            self._read_on(reader)
            if not self._is_wanted:
                reader.rows.clear()
