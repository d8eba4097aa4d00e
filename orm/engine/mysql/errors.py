"""Errors of MySQL and MariaDB, mapped by error number.

The numbers and their names: https://mariadb.com/kb/en/mariadb-error-code-reference/. Numbers below
1000 and from 2000 to 2999 are the client's: the exchange with the server did not end, and the
connection cannot be trusted any more (sec:D10). The message is read for names only.
"""

import re
from collections.abc import Callable

from orm.engine.url import DatabaseURL
from orm.errors import (
    Cancelled,
    DataError,
    Deadlock,
    Disconnected,
    DiskFull,
    IntegrityError,
    LockTimeout,
    OperationalError,
    OrmError,
    QueryTimeout,
    ReadOnly,
    ServerReadOnly,
)

# The server is gone, going, or told us to go (sec:D11).
_GONE = (2002, 2003, 2005, 2006, 2013, 2014, 2045, 2055, 4031, 1927, 1053, 1152, 1158, 1159, 1160)
_GONE_CLASS = dict.fromkeys((*_GONE, 1161), Disconnected)

# A node that cannot serve at the moment, though the exchange is whole: not prepared (1047),
# read-only after a failover (1290, 1836). It refused before it did anything, and another connection
# may reach another node (sec:D14).
NOT_PREPARED = 1047
_STANDBY = (1290, 1836)
UNUSABLE = frozenset((NOT_PREPARED, *_STANDBY))

# COMMIT, also that of a single statement, failed for a reason that the server does not tell: above
# all on a node of Galera that left its cluster. The others may have taken the transaction.
COMMIT_FAILED = 1180

# No more connections for anybody, for this user, in this hour.
CROWDED = frozenset((1040, 1203, 1226))

# A packet too large: an answer comes, and then the server closes the connection.
_TOO_LARGE = 1153

_DATA = (_TOO_LARGE, 1139, 1264, 1265, 1292, 1300, 1366, 1367, 1406, 1411, 1416, 1690, 1916, 3140)

_CLASSES: dict[int, Callable[..., OrmError]] = {
    **_GONE_CLASS,
    **dict.fromkeys(_DATA, DataError),
    1441: DataError,  # a computed date beyond the calendar
    1213: Deadlock,  # also a certification conflict of Galera
    1205: LockTimeout,
    3572: LockTimeout,  # NOWAIT on MySQL 8
    1021: DiskFull,
    1114: DiskFull,  # of a table, or of the tablespace
    1317: Cancelled,  # KILL QUERY
    1969: QueryTimeout,  # MariaDB's max_statement_time
    3024: QueryTimeout,  # MySQL's max_execution_time
    1792: ReadOnly,  # a transaction that began as READ ONLY
    **dict.fromkeys(_STANDBY, ServerReadOnly),
    # Neither lost a connection that was made; the work did not begin, or is undone with it.
    **dict.fromkeys((NOT_PREPARED, *CROWDED), Disconnected),
}

# A violated constraint, and where its name or its column stands in the message. A duplicate's
# message holds the value too, so the key is looked for at the end; MySQL 8 puts the table before.
_DUPLICATE = re.compile(r"for key '(?:[^'.]+\.)?(?P<constraint>[^']+)'$")
_NAMED = re.compile(r"(?:CONSTRAINT|constraint) [`'](?P<constraint>[^`']+)[`']")
_FOREIGN = re.compile(r"CONSTRAINT `(?P<constraint>[^`]+)` FOREIGN KEY \((?P<columns>[^)]+)\)")
_COLUMN = re.compile(r"(?:Column|Field) '(?P<columns>[^']+)'")

_INTEGRITY = {
    **dict.fromkeys((1022, 1062, 1169, 1557, 1586, 1859), _DUPLICATE),
    **dict.fromkeys((1216, 1217, 1451, 1452), _FOREIGN),
    **dict.fromkeys((1048, 1263, 1364), _COLUMN),
    **dict.fromkeys((3819, 4025), _NAMED),
}

DUPLICATES = frozenset(code for code, pattern in _INTEGRITY.items() if pattern is _DUPLICATE)

_UNREACHABLE = "check the host and port, and that the server runs and accepts TCP connections"
_CREDENTIALS = "check the user name and the password (percent-encoded in the URL)"
_GRANT = "ask its administrator to GRANT ALL ON the database to this user"

_REMEDIES = {
    1040: "the server has too many connections; lower pool_size or raise its max_connections",
    NOT_PREPARED: "this node has lost its cluster; name every node in the URL (host1,host2,host3)",
    1044: _GRANT,
    1045: _CREDENTIALS,
    1049: "create the database with `python reset.py`, or name another one in the URL",
    1118: "make the longest String a Text, which counts little; where columns were added and "
    "dropped often, ALTER TABLE ... FORCE builds the table anew and makes room",
    1130: "the server does not allow this machine; create the user for its address",
    1142: _GRANT,
    1146: "`python -m mvc migrate` or orm.create_all() creates the tables of the models",
    _TOO_LARGE: "the value is larger than the server's max_allowed_packet",
    1203: "the user has too many connections; lower pool_size or raise max_user_connections",
    1227: _GRANT,
    1251: "the user's login method is not supported; use mysql_native_password or caching_sha2",
    1441: "a computed date lies beyond the years 1 to 9999",
    1698: f"the user may log in over the local socket only; {_CREDENTIALS}",
    1820: "the password has expired; set a new one",
    1862: "the password has expired; set a new one",
    1969: "it ran longer than statement_timeout; add an index or a limit",
    2003: _UNREACHABLE,
    2005: "check the host name",
    2013: _UNREACHABLE,
    2059: "the user's login method is not supported; use mysql_native_password or caching_sha2",
    3024: "it ran longer than statement_timeout; add an index or a limit",
}


def ends_exchange_cleanly(code: int) -> bool:
    """The error came from the server, as a whole answer, and it will go on (sec:D10)."""
    return is_answer(code) and code not in _GONE_CLASS and code != _TOO_LARGE


def is_answer(code: int | None) -> bool:
    """The server itself said so; all other numbers are the client's, who heard nothing."""
    return code is not None and code >= 1000 and not 2000 <= code < 3000


def map_error(code: int, message: str, url: DatabaseURL) -> OrmError:
    """The error of ours for error number `code` of a server or of PyMySQL itself."""
    if code in _INTEGRITY:
        return _integrity_error(code, message)
    remedy = _REMEDIES.get(code, "")
    text = f"MySQL {url.host}:{url.port}, user {url.user!r}: {message} ({code})"
    text += f"; {remedy}." if remedy else "."
    default = OperationalError if code >= 1000 else Disconnected
    return _CLASSES.get(code, default)(text, code=code)


def _integrity_error(code: int, message: str) -> IntegrityError:
    match = _INTEGRITY[code].search(message)
    found = match.groupdict() if match else {}
    columns = [name.strip(" `") for name in (found.get("columns") or "").split(",") if name]
    return IntegrityError(
        f"{message} ({code})", constraint=found.get("constraint"), columns=columns, code=code
    )
