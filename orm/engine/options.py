"""The options of each engine, with unit, default and reason.

They come as keywords of `connect` or as the query part of the URL; a keyword wins. Options are
declared once, as fields of a record: the type of the default decides how a text is converted.
"""

from collections.abc import Mapping
from typing import TypeVar

from orm.errors import ConfigurationError
from orm.names import did_you_mean
from orm.records import Record, defaults

# NORMAL lost 163 of 2,426 acknowledged commits in a simulated power cut, FULL none (sec:D19).
SYNCHRONOUS = ("FULL", "NORMAL", "EXTRA", "OFF")


class SqliteOptions(Record):
    """Durations in seconds."""

    synchronous: str = "FULL"  # one of SYNCHRONOUS
    busy_timeout: float = 5.0  # wait for another process that writes (sec:D17)
    writer_wait: float = 10.0  # wait for this process's writer connection, then LockTimeout
    statement_timeout: float = 30.0  # of one statement, then QueryTimeout (sec:D8); 0 is no limit
    pool_size: int = 32  # reader connections kept for reuse; as many as the server has threads
    wal_limit: int = 64 * 1024 * 1024  # bytes of the WAL, then it is emptied (sec:D21)
    snapshot_limit: float = 30.0  # of a block or stream that keeps it from that; 0 is no limit
    leak_after: float = 10.0  # of the writer in use: its thread's stack is logged; 0 is never

    def __post_init__(self) -> None:
        if self.synchronous.upper() not in SYNCHRONOUS:
            raise ConfigurationError(
                f"synchronous={self.synchronous!r} is unknown; use one of {', '.join(SYNCHRONOUS)}."
            )
        object.__setattr__(self, "synchronous", self.synchronous.upper())
        _check_not_negative(self)


# Which host of several a process begins with; another one only when that fails.
HOST_ORDERS = ("listed", "random")

# When a node waits, before a read, for the writes that its cluster acknowledged.
SYNC_READS = ("switch", "always", "never")


class MysqlOptions(Record):
    """Durations in seconds."""

    pool_size: int = 32  # connections at most; as many as the server has threads (sec:D15)
    pool_wait: float = 2.0  # for a free connection, then PoolTimeout (sec:D15)
    connection_life: float = 1800.0  # give or take a tenth, then it is replaced (sec:D11)
    idle_timeout: float = 600.0  # an unused connection is closed; below the server's wait_timeout
    leak_after: float = 10.0  # in use for longer: the borrower's stack is logged; 0 is never
    connect_timeout: float = 3.0  # (sec:D16)
    # Two seconds above statement_timeout, so that the server's own, clean end of a slow statement
    # arrives before the client gives the connection up.
    read_timeout: float = 32.0
    write_timeout: float = 30.0  # (sec:D16)
    statement_timeout: float = 30.0  # of one statement, then QueryTimeout (sec:D8); 0 is no limit
    # The server's own default of 50 s is longer than read_timeout: a lock wait would look like a
    # lost connection.
    lock_wait: int = 10  # for a row lock, then LockTimeout
    fast_reader: bool = True  # our own reader of answers; False leaves all to PyMySQL
    prepared_statements: int = 32  # kept on the server by each connection; 0 is none
    host_order: str = "listed"  # one of HOST_ORDERS (orm:A2)
    sync_reads: str = "switch"  # one of SYNC_READS: after a change of the node, or on every read
    replicas: str = ""  # host:port,host:port for reads outside of transactions (orm:O30)
    replica_pin: float = 5.0  # after a write its thread reads from the primary for so long

    def __post_init__(self) -> None:
        _check_not_negative(self)
        for name in ("pool_size", "connect_timeout", "read_timeout", "write_timeout"):
            if not getattr(self, name):
                raise ConfigurationError(f"{name} must be greater than 0.")
        _check_choice("host_order", self.host_order, HOST_ORDERS)
        _check_choice("sync_reads", self.sync_reads, SYNC_READS)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigurationError(f"{name}={value!r} is unknown; use one of {', '.join(choices)}.")


def _check_not_negative(options: SqliteOptions | MysqlOptions) -> None:
    for name in defaults(type(options)):
        value = getattr(options, name)
        if not isinstance(value, str) and value < 0:
            raise ConfigurationError(f"{name}={value} must not be negative.")


Options = TypeVar("Options", SqliteOptions, MysqlOptions)


def read_options(kind: type[Options], given: Mapping[str, object]) -> Options:
    """Build the options of one engine; ConfigurationError names the unknown or unreadable one."""
    known = defaults(kind)
    values: dict[str, object] = {}
    for name, value in given.items():
        if name not in known:
            engine = {SqliteOptions: "SQLite", MysqlOptions: "MySQL"}[kind]
            hint = did_you_mean(name, known)
            raise ConfigurationError(f"{engine} has no option {name!r}. {hint}")
        values[name] = _convert(name, value, type(known[name]))
    return kind(**values)  # type: ignore[arg-type]  # checked by name and type just above


def _convert(name: str, value: object, kind: type) -> object:
    if kind is bool:
        return _convert_bool(name, value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ConfigurationError(f"option {name!r} takes {kind.__name__}, not {value!r}.")
    try:
        return kind(value)
    except ValueError:
        raise ConfigurationError(f"option {name!r} takes {kind.__name__}, not {value!r}.") from None


_TRUTHS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


def _convert_bool(name: str, value: object) -> bool:
    found = _TRUTHS.get(str(value).lower())
    if found is None:
        raise ConfigurationError(f"option {name!r} takes true or false, not {value!r}.")
    return found
