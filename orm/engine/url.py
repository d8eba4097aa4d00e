"""Database URLs: what they look like and what they mean.

    sqlite:///relative.db       counts from the base folder given to `connect`
    sqlite:////absolute/file.db
    sqlite://                   in memory, shared by the threads of this process
    mysql://user:password@host:port/name?pool_size=8
    mysql://user:password@host1:port1,host2,[::1]:3307/name    the nodes of one cluster

Every part is percent-decoded, so `@` in a password is written `%40`. An error never shows the URL
itself: it may hold a password.
"""

import re
from collections.abc import Mapping
from typing import Self

from orm.errors import ConfigurationError
from orm.later import difflib, parse
from orm.records import Record, field, replace

SQLITE = "sqlite"
MYSQL = "mysql"
MYSQL_PORT = 3306  # IANA's registered port, used by MySQL and MariaDB

Host = tuple[str, int]  # name or address, TCP port

_FORMS = "sqlite:///file.db or mysql://user:password@host:3306/name (MariaDB too)"

_HOST = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]\s]*))(?::(?P<port>[0-9]{1,5}))?"
)
_LAST_PORT = 65535


class DatabaseURL(Record):
    """A parsed database URL; `str()` of it is safe to print.

    path: of an SQLite file, "" for a database in memory.
    host, port: of the server; of several the first.
    hosts: every server of the URL, in its order.
    name: of the database on a MySQL server.
    options: the query part, texts by name.
    """

    engine: str
    path: str = ""
    user: str = ""
    password: str = field(default="", shown=False)
    host: str = ""
    port: int = MYSQL_PORT
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[Host, ...] = ()

    def __str__(self) -> str:
        if self.engine == SQLITE:
            return f"sqlite:///{self.path}" if self.path else "sqlite://"
        return f"mysql://{self.user}@{','.join(map(format_host, self.hosts))}/{self.name}"

    def at(self, *hosts: Host) -> Self:
        """The same database on other hosts."""
        return replace(self, host=hosts[0][0], port=hosts[0][1], hosts=hosts)


def parse_url(text: str) -> DatabaseURL:
    """Parse `text`; ConfigurationError with the accepted forms when it is no database URL."""
    scheme, separator, rest = text.partition("://")
    parser = _PARSERS.get(scheme.lower())
    if not separator or parser is None:
        close = difflib.get_close_matches(scheme.lower(), _PARSERS, n=1)
        hint = f" Did you mean {close[0]}://?" if close and separator else ""
        what = f"unknown database scheme {scheme!r}" if separator else "no database URL"
        raise ConfigurationError(f"{what}; write {_FORMS}.{hint}")
    place_and_path, _, query = rest.partition("#")[0].partition("?")
    place, slash, path = place_and_path.partition("/")
    try:
        return parser(place, slash + path, _parse_options(query))
    except ValueError:  # its text is not shown: it may quote a part of the password
        raise ConfigurationError(
            f"the {scheme} URL cannot be read, its port or its options are wrong; write {_FORMS} "
            "and percent-encode special characters of the user name and password (@ is %40, / is "
            "%2F, # is %23, ? is %3F)."
        ) from None


def _parse_options(query: str) -> dict[str, str]:
    if not query:
        return {}
    return dict(parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True))


def _parse_sqlite(place: str, path: str, options: dict[str, str]) -> DatabaseURL:
    if place:
        raise ConfigurationError(
            "the sqlite URL names a host, and SQLite has none; a relative file has three slashes "
            "(sqlite:///file.db), an absolute one four (sqlite:////folder/file.db)."
        )
    path = _decode(path.removeprefix("/"))
    if "\0" in path:
        raise ConfigurationError("the path of the SQLite file holds a NUL byte.")
    return DatabaseURL(SQLITE, path="" if path == ":memory:" else path, options=options)


def _parse_mysql(place: str, path: str, options: dict[str, str]) -> DatabaseURL:
    login, _, hosts_text = place.rpartition("@")
    user, _, password = login.partition(":")
    hosts = parse_hosts(hosts_text)
    name = _decode(path.removeprefix("/"))
    words = {"host": all(host for host, _ in hosts), "user": user, "database": name}
    missing = [word for word, value in words.items() if not value]
    if missing or "/" in name:
        what = f"names no {missing[0]}" if missing else "has more than one path segment"
        raise ConfigurationError(f"the mysql URL {what}; write {_FORMS}.")
    plain = DatabaseURL(
        MYSQL, user=_decode(user), password=_decode(password), name=name, options=options
    )
    return plain.at(*hosts)


def parse_hosts(text: str) -> tuple[Host, ...]:
    """`host`, `host:port` or `[IPv6]:port`, several divided by commas; ValueError."""
    return tuple(map(_parse_host, text.split(",")))


def _parse_host(text: str) -> Host:
    match = _HOST.fullmatch(text.strip())
    port = int(match["port"] or MYSQL_PORT) if match else 0
    if match is None or not 0 < port <= _LAST_PORT:
        raise ValueError(f"{text!r} is not a host")
    return match["six"] or _decode(match["name"]).lower(), port


def format_host(host: Host) -> str:
    """As it stands in a URL."""
    name, port = host
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


_PARSERS = {SQLITE: _parse_sqlite, MYSQL: _parse_mysql}


def _decode(text: str) -> str:
    return parse.unquote(text) if "%" in text else text
