"""What a pool of connections is doing."""

from orm.records import Record


class PoolStatistics(Record):
    """A moment of one pool; the figures are read one after the other while others work.

    size: connections at most. in_use: borrowed now. idle: open and waiting for a borrower.
    waiting: threads that wait for a connection. opened: connections made since the start.
    timeouts: waits that ended in PoolTimeout since the start.
    host: where new connections go, "" for SQLite. aside: servers that are not tried now.
    """

    size: int
    in_use: int
    idle: int
    waiting: int
    opened: int = 0
    timeouts: int = 0
    host: str = ""
    aside: tuple[str, ...] = ()
