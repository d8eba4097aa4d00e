"""The object mapper: models by metaclass, queries by expression, on SQLite and MySQL/MariaDB."""

from orm.engine import (
    Database,
    Result,
    close,
    connect,
    database,
    get_database,
    on_commit,
    transaction,
)
from orm.errors import (
    CommitUnknown,
    ConfigurationError,
    DataError,
    Deadlock,
    Disconnected,
    DiskFull,
    DoesNotExist,
    IntegrityError,
    LockTimeout,
    ModelError,
    MultipleRows,
    OperationalError,
    OrmError,
    PoolTimeout,
    QueryError,
    QueryTimeout,
    ReadOnly,
    TransactionError,
)
from orm.expressions.base import Condition, Expression
from orm.expressions.functions import (
    avg,
    case,
    cast,
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
from orm.models.alias import alias
from orm.models.bulk import Outcome
from orm.models.model import Model
from orm.queries.page import Page
from orm.queries.raw import raw
from orm.queries.select import Query
from orm.relations.foreign import ForeignKey, OneToOne
from orm.relations.many import ManyToMany
from orm.schema.create import create_all, drop_all
from orm.schema.provision import create_database, has_tables
from orm.types.custom import Type
from orm.types.dates import now

__all__ = [
    "BigInteger",
    "Boolean",
    "Bytes",
    "Check",
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
    "Index",
    "Integer",
    "IntegrityError",
    "Json",
    "LockTimeout",
    "ManyToMany",
    "Model",
    "ModelError",
    "MultipleRows",
    "OneToOne",
    "OperationalError",
    "OrmError",
    "Outcome",
    "Page",
    "PoolTimeout",
    "Query",
    "QueryError",
    "QueryTimeout",
    "ReadOnly",
    "Result",
    "SmallInteger",
    "String",
    "Text",
    "Time",
    "TinyInteger",
    "TransactionError",
    "Type",
    "Unique",
    "Uuid",
    "Version",
    "alias",
    "at_least",
    "at_most",
    "avg",
    "case",
    "cast",
    "close",
    "coalesce",
    "concat",
    "connect",
    "count",
    "create_all",
    "create_database",
    "database",
    "drop_all",
    "exists",
    "get_database",
    "has_length",
    "has_tables",
    "lower",
    "matches",
    "max_",
    "min_",
    "now",
    "on_commit",
    "raw",
    "sum_",
    "transaction",
    "upper",
    "when",
]
