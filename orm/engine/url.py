"""Database URLs: what they look like and what they mean.

    sqlite:///relative.db       counts from the base folder given to `connect`
    sqlite:////absolute/file.db
    sqlite://                   in memory, shared by the threads of this process
    mysql://user:password@host:port/name?pool_size=8

Every part is percent-decoded, so `@` in a password is written `%40`. An error never shows the URL
itself: it may hold a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from orm.errors import ConfigurationError

SQLITE = "sqlite"
MYSQL = "mysql"
MYSQL_PORT = 3306  # IANA's registered port, used by MySQL and MariaDB

_FORMS = "sqlite:///file.db or mysql://user:password@host:3306/name (MariaDB too)"


@dataclass(frozen=True, slots=True)
class DatabaseURL:
    """A parsed database URL; `str()` of it is safe to print.

    path: of an SQLite file, "" for a database in memory.
    name: of the database on a MySQL server.
    options: the query part, texts by name.
    """

    engine: str
    path: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int = MYSQL_PORT
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.engine == SQLITE:
            return f"sqlite:///{self.path}" if self.path else "sqlite://"
        return f"mysql://{self.user}@{self.host}:{self.port}/{self.name}"


def parse_url(text: str) -> DatabaseURL:
    """Parse `text`; ConfigurationError with the accepted forms when it is no database URL."""
    scheme, separator, _ = text.partition("://")
    parser = _PARSERS.get(scheme.lower())
    if not separator or parser is None:
        close = get_close_matches(scheme.lower(), _PARSERS, n=1)
        hint = f" Did you mean {close[0]}://?" if close and separator else ""
        what = f"unknown database scheme {scheme!r}" if separator else "no database URL"
        raise ConfigurationError(f"{what}; write {_FORMS}.{hint}")
    try:
        parts = urlsplit(text)
        return parser(parts, _parse_options(parts.query))
    except ValueError:  # its text is not shown: it may quote a part of the password
        raise ConfigurationError(
            f"the {scheme} URL cannot be read, its port or its options are wrong; write {_FORMS} "
            "and percent-encode special characters of the user name and password (@ is %40, / is "
            "%2F, # is %23, ? is %3F)."
        ) from None


def _parse_options(query: str) -> dict[str, str]:
    if not query:
        return {}
    return dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))


def _parse_sqlite(parts: SplitResult, options: dict[str, str]) -> DatabaseURL:
    if parts.netloc:
        raise ConfigurationError(
            "the sqlite URL names a host, and SQLite has none; a relative file has three slashes "
            "(sqlite:///file.db), an absolute one four (sqlite:////folder/file.db)."
        )
    path = unquote(parts.path.removeprefix("/"))
    if "\0" in path:
        raise ConfigurationError("the path of the SQLite file holds a NUL byte.")
    return DatabaseURL(SQLITE, path="" if path == ":memory:" else path, options=options)


def _parse_mysql(parts: SplitResult, options: dict[str, str]) -> DatabaseURL:
    host = unquote(parts.hostname or "")
    user = unquote(parts.username or "")
    name = unquote(parts.path.removeprefix("/"))
    missing = [
        word
        for word, value in (("host", host), ("user", user), ("database name", name))
        if not value
    ]
    if missing or "/" in name:
        what = f"names no {missing[0]}" if missing else "has more than one path segment"
        raise ConfigurationError(f"the mysql URL {what}; write {_FORMS}.")
    return DatabaseURL(
        MYSQL,
        user=user,
        password=unquote(parts.password or ""),
        host=host,
        port=parts.port or MYSQL_PORT,
        name=name,
        options=options,
    )


_PARSERS = {SQLITE: _parse_sqlite, MYSQL: _parse_mysql}
