"""What differs between the SQL of the engines and concerns everybody who writes SQL."""

from orm.errors import QueryError
from orm.records import Record


class Dialect(Record):
    """The surface of one SQL dialect.

    name: "sqlite" or "mysql" (MariaDB is "mysql" too).
    placeholder: how a bound parameter is written in the text given to `Database.run`.
    quote_mark: encloses identifiers and is doubled inside them.
    doubles_percent: a literal percent sign in the text given to `Database.run` is written `%%`,
        because PyMySQL fills parameters in by %-formatting.
    transactional_ddl: CREATE and DROP are part of a transaction instead of committing it.
    """

    name: str
    placeholder: str
    quote_mark: str
    doubles_percent: bool
    transactional_ddl: bool

    def quote(self, name: str) -> str:
        """Quote an identifier (sec:D1); QueryError when no identifier can look like it."""
        if not name or not name.isprintable():
            raise QueryError(f"{name!r} cannot be the name of a table or column.")
        if self.doubles_percent:
            name = name.replace("%", "%%")
        mark = self.quote_mark
        return f"{mark}{name.replace(mark, mark + mark)}{mark}"


SQLITE_DIALECT = Dialect("sqlite", "?", '"', doubles_percent=False, transactional_ddl=True)
MYSQL_DIALECT = Dialect("mysql", "%s", "`", doubles_percent=True, transactional_ddl=False)
