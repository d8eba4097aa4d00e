"""The object mapper: models by metaclass, queries by expression, on SQLite and MySQL/MariaDB."""

from importlib import import_module
from typing import TYPE_CHECKING

from orm.engine import (
    Database,
    Result,
    Statement,
    assert_queries,
    close,
    connect,
    database,
    get_database,
    on_commit,
    pipeline,
    set_context,
    transaction,
)
from orm.errors import (
    Cancelled,
    CheckFailed,
    CommitUnknown,
    ConfigurationError,
    DataError,
    Deadlock,
    Disconnected,
    DiskFull,
    DoesNotExist,
    IntegrityError,
    LazyLoadError,
    LockTimeout,
    MigrationError,
    ModelError,
    MultipleRows,
    OperationalError,
    OrmError,
    PoolTimeout,
    QueryError,
    QueryTimeout,
    ReadOnly,
    ServerReadOnly,
    StaleObject,
    TransactionError,
    Unavailable,
    ValidationError,
)
from orm.expressions.aggregates import group_concat
from orm.expressions.base import Condition, Expression
from orm.expressions.base import literal as constant
from orm.expressions.calls import function
from orm.expressions.casts import cast
from orm.expressions.functions import (
    avg,
    case,
    coalesce,
    concat,
    count,
    exists,
    lower,
    max_,
    min_,
    sum_,
    upper,
    when,
)
from orm.expressions.moments import (
    date_of,
    date_trunc,
    day,
    extract,
    month,
    seconds_between,
    shift,
    utc_now,
    year,
)
from orm.expressions.numbers import (
    abs_,
    ceil,
    exp,
    floor,
    greatest,
    least,
    ln,
    log10,
    nullif,
    power,
    random_,
    round_,
    sign,
    sqrt,
)
from orm.expressions.ranking import (
    cume_dist,
    dense_rank,
    first_value,
    lag,
    last_value,
    lead,
    nth_value,
    ntile,
    percent_rank,
    rank,
    row_number,
)
from orm.expressions.search import match
from orm.expressions.texts import (
    length,
    lpad,
    ltrim,
    position,
    repeat,
    replace,
    reverse,
    rpad,
    rtrim,
    substr,
    trim,
)
from orm.expressions.windows import window
from orm.fields.base import Field
from orm.fields.custom import Custom
from orm.fields.dates import Date, DateTime, Duration, Time
from orm.fields.numbers import (
    BigInteger,
    Boolean,
    Decimal,
    Float,
    Integer,
    SmallInteger,
    TinyInteger,
    Version,
)
from orm.fields.text import Bytes, Enum, Json, String, Text, Uuid
from orm.fields.validators import at_least, at_most, has_length, matches
from orm.metadata.constraints import Check, Index, Unique
from orm.metadata.fulltext import FullText
from orm.models.alias import alias
from orm.models.bulk import Outcome
from orm.models.events import on
from orm.models.hooks import LinkChange
from orm.models.incoming import incoming
from orm.models.model import Model
from orm.models.upserts import Upserted
from orm.queries.page import Page
from orm.queries.raw import raw
from orm.queries.related import Prefetch
from orm.queries.rows import Row
from orm.queries.select import Query
from orm.relations.foreign import ForeignKey, OneToOne
from orm.relations.many import ManyToMany
from orm.types.custom import Type
from orm.types.dates import now

if TYPE_CHECKING:
    from orm.schema.create import create_all, drop_all
    from orm.schema.provision import create_database, has_tables
else:
    # What knows schemas takes a sixth of the time of the import, and only who makes tables needs
    # it: it is imported when it is asked for.
    _ON_DEMAND = {
        "create_all": "orm.schema.create",
        "create_database": "orm.schema.provision",
        "drop_all": "orm.schema.create",
        "has_tables": "orm.schema.provision",
    }

    def __getattr__(name):
        if name not in _ON_DEMAND:
            raise AttributeError(f"module 'orm' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_ON_DEMAND[name]), name)
        return value


__all__ = [
    "BigInteger",
    "Boolean",
    "Bytes",
    "Cancelled",
    "Check",
    "CheckFailed",
    "CommitUnknown",
    "Condition",
    "ConfigurationError",
    "Custom",
    "DataError",
    "Database",
    "Date",
    "DateTime",
    "Deadlock",
    "Decimal",
    "Disconnected",
    "DiskFull",
    "DoesNotExist",
    "Duration",
    "Enum",
    "Expression",
    "Field",
    "Float",
    "ForeignKey",
    "FullText",
    "Index",
    "Integer",
    "IntegrityError",
    "Json",
    "LazyLoadError",
    "LinkChange",
    "LockTimeout",
    "ManyToMany",
    "MigrationError",
    "Model",
    "ModelError",
    "MultipleRows",
    "OneToOne",
    "OperationalError",
    "OrmError",
    "Outcome",
    "Page",
    "PoolTimeout",
    "Prefetch",
    "Query",
    "QueryError",
    "QueryTimeout",
    "ReadOnly",
    "Result",
    "Row",
    "ServerReadOnly",
    "SmallInteger",
    "StaleObject",
    "Statement",
    "String",
    "Text",
    "Time",
    "TinyInteger",
    "TransactionError",
    "Type",
    "Unavailable",
    "Unique",
    "Upserted",
    "Uuid",
    "ValidationError",
    "Version",
    "abs_",
    "alias",
    "assert_queries",
    "at_least",
    "at_most",
    "avg",
    "case",
    "cast",
    "ceil",
    "close",
    "coalesce",
    "concat",
    "connect",
    "constant",
    "count",
    "create_all",
    "create_database",
    "cume_dist",
    "database",
    "date_of",
    "date_trunc",
    "day",
    "dense_rank",
    "drop_all",
    "exists",
    "exp",
    "extract",
    "first_value",
    "floor",
    "function",
    "get_database",
    "greatest",
    "group_concat",
    "has_length",
    "has_tables",
    "incoming",
    "lag",
    "last_value",
    "lead",
    "least",
    "length",
    "ln",
    "log10",
    "lower",
    "lpad",
    "ltrim",
    "match",
    "matches",
    "max_",
    "min_",
    "month",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "on",
    "on_commit",
    "percent_rank",
    "pipeline",
    "position",
    "power",
    "random_",
    "rank",
    "raw",
    "repeat",
    "replace",
    "reverse",
    "round_",
    "row_number",
    "rpad",
    "rtrim",
    "seconds_between",
    "set_context",
    "shift",
    "sign",
    "sqrt",
    "substr",
    "sum_",
    "transaction",
    "trim",
    "upper",
    "utc_now",
    "when",
    "window",
    "year",
]
