"""The object mapper: models by metaclass, queries by expression, on SQLite and MySQL/MariaDB.

`import orm` by itself loads next to nothing: each public name is imported from its home when it is
first asked for, so that a program waits for what it uses (a connection: a third of the whole; a
model and its queries: three quarters). Type checkers read the imports below, Python the table.
"""

from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orm.engine.context import set_context as set_context
    from orm.engine.database import Database as Database
    from orm.engine.expecting import assert_queries as assert_queries
    from orm.engine.log import Statement as Statement
    from orm.engine.registry import close as close
    from orm.engine.registry import connect as connect
    from orm.engine.registry import database as database
    from orm.engine.registry import get_database as get_database
    from orm.engine.registry import on_commit as on_commit
    from orm.engine.registry import pipeline as pipeline
    from orm.engine.registry import transaction as transaction
    from orm.engine.result import Result as Result
    from orm.errors import Cancelled as Cancelled
    from orm.errors import CheckFailed as CheckFailed
    from orm.errors import CommitUnknown as CommitUnknown
    from orm.errors import ConfigurationError as ConfigurationError
    from orm.errors import DataError as DataError
    from orm.errors import Deadlock as Deadlock
    from orm.errors import Disconnected as Disconnected
    from orm.errors import DiskFull as DiskFull
    from orm.errors import DoesNotExist as DoesNotExist
    from orm.errors import IntegrityError as IntegrityError
    from orm.errors import LazyLoadError as LazyLoadError
    from orm.errors import LockTimeout as LockTimeout
    from orm.errors import MigrationError as MigrationError
    from orm.errors import ModelError as ModelError
    from orm.errors import MultipleRows as MultipleRows
    from orm.errors import OperationalError as OperationalError
    from orm.errors import OrmError as OrmError
    from orm.errors import PoolTimeout as PoolTimeout
    from orm.errors import QueryError as QueryError
    from orm.errors import QueryTimeout as QueryTimeout
    from orm.errors import ReadOnly as ReadOnly
    from orm.errors import ServerReadOnly as ServerReadOnly
    from orm.errors import StaleObject as StaleObject
    from orm.errors import TransactionError as TransactionError
    from orm.errors import Unavailable as Unavailable
    from orm.errors import ValidationError as ValidationError
    from orm.expressions.aggregates import group_concat as group_concat
    from orm.expressions.base import Condition as Condition
    from orm.expressions.base import Expression as Expression
    from orm.expressions.base import literal as constant  # noqa: F401
    from orm.expressions.calls import function as function
    from orm.expressions.casts import cast as cast
    from orm.expressions.functions import avg as avg
    from orm.expressions.functions import case as case
    from orm.expressions.functions import coalesce as coalesce
    from orm.expressions.functions import concat as concat
    from orm.expressions.functions import count as count
    from orm.expressions.functions import exists as exists
    from orm.expressions.functions import lower as lower
    from orm.expressions.functions import max_ as max_
    from orm.expressions.functions import min_ as min_
    from orm.expressions.functions import sum_ as sum_
    from orm.expressions.functions import upper as upper
    from orm.expressions.functions import when as when
    from orm.expressions.moments import date_of as date_of
    from orm.expressions.moments import date_trunc as date_trunc
    from orm.expressions.moments import day as day
    from orm.expressions.moments import extract as extract
    from orm.expressions.moments import month as month
    from orm.expressions.moments import seconds_between as seconds_between
    from orm.expressions.moments import shift as shift
    from orm.expressions.moments import utc_now as utc_now
    from orm.expressions.moments import year as year
    from orm.expressions.numbers import abs_ as abs_
    from orm.expressions.numbers import ceil as ceil
    from orm.expressions.numbers import exp as exp
    from orm.expressions.numbers import floor as floor
    from orm.expressions.numbers import greatest as greatest
    from orm.expressions.numbers import least as least
    from orm.expressions.numbers import ln as ln
    from orm.expressions.numbers import log10 as log10
    from orm.expressions.numbers import nullif as nullif
    from orm.expressions.numbers import power as power
    from orm.expressions.numbers import random_ as random_
    from orm.expressions.numbers import round_ as round_
    from orm.expressions.numbers import sign as sign
    from orm.expressions.numbers import sqrt as sqrt
    from orm.expressions.ranking import cume_dist as cume_dist
    from orm.expressions.ranking import dense_rank as dense_rank
    from orm.expressions.ranking import first_value as first_value
    from orm.expressions.ranking import lag as lag
    from orm.expressions.ranking import last_value as last_value
    from orm.expressions.ranking import lead as lead
    from orm.expressions.ranking import nth_value as nth_value
    from orm.expressions.ranking import ntile as ntile
    from orm.expressions.ranking import percent_rank as percent_rank
    from orm.expressions.ranking import rank as rank
    from orm.expressions.ranking import row_number as row_number
    from orm.expressions.search import match as match
    from orm.expressions.texts import length as length
    from orm.expressions.texts import lpad as lpad
    from orm.expressions.texts import ltrim as ltrim
    from orm.expressions.texts import position as position
    from orm.expressions.texts import repeat as repeat
    from orm.expressions.texts import replace as replace
    from orm.expressions.texts import reverse as reverse
    from orm.expressions.texts import rpad as rpad
    from orm.expressions.texts import rtrim as rtrim
    from orm.expressions.texts import substr as substr
    from orm.expressions.texts import trim as trim
    from orm.expressions.windows import window as window
    from orm.fields.base import Field as Field
    from orm.fields.custom import Custom as Custom
    from orm.fields.dates import Date as Date
    from orm.fields.dates import DateTime as DateTime
    from orm.fields.dates import Duration as Duration
    from orm.fields.dates import Time as Time
    from orm.fields.numbers import BigInteger as BigInteger
    from orm.fields.numbers import Boolean as Boolean
    from orm.fields.numbers import Decimal as Decimal
    from orm.fields.numbers import Float as Float
    from orm.fields.numbers import Integer as Integer
    from orm.fields.numbers import SmallInteger as SmallInteger
    from orm.fields.numbers import TinyInteger as TinyInteger
    from orm.fields.numbers import Version as Version
    from orm.fields.text import Bytes as Bytes
    from orm.fields.text import Enum as Enum
    from orm.fields.text import Json as Json
    from orm.fields.text import String as String
    from orm.fields.text import Text as Text
    from orm.fields.text import Uuid as Uuid
    from orm.fields.validators import at_least as at_least
    from orm.fields.validators import at_most as at_most
    from orm.fields.validators import has_length as has_length
    from orm.fields.validators import matches as matches
    from orm.metadata.constraints import Check as Check
    from orm.metadata.constraints import Index as Index
    from orm.metadata.constraints import Unique as Unique
    from orm.metadata.fulltext import FullText as FullText
    from orm.models.alias import alias as alias
    from orm.models.bulk import Outcome as Outcome
    from orm.models.events import on as on
    from orm.models.hooks import LinkChange as LinkChange
    from orm.models.incoming import incoming as incoming
    from orm.models.model import Model as Model
    from orm.models.upserts import Upserted as Upserted
    from orm.queries.page import Page as Page
    from orm.queries.raw import raw as raw
    from orm.queries.related import Prefetch as Prefetch
    from orm.queries.rows import Row as Row
    from orm.queries.select import Query as Query
    from orm.relations.foreign import ForeignKey as ForeignKey
    from orm.relations.foreign import OneToOne as OneToOne
    from orm.relations.many import ManyToMany as ManyToMany
    from orm.schema.create import create_all as create_all
    from orm.schema.create import drop_all as drop_all
    from orm.schema.provision import create_database as create_database
    from orm.schema.provision import has_tables as has_tables
    from orm.types.custom import Type as Type
    from orm.types.dates import now as now

# Where the public names are from.
_NAMES = {
    "orm.engine.context": "set_context",
    "orm.engine.database": "Database",
    "orm.engine.expecting": "assert_queries",
    "orm.engine.log": "Statement",
    "orm.engine.registry": "close connect database get_database on_commit pipeline transaction",
    "orm.engine.result": "Result",
    "orm.errors": """
        Cancelled CheckFailed CommitUnknown ConfigurationError DataError Deadlock Disconnected
        DiskFull DoesNotExist IntegrityError LazyLoadError LockTimeout MigrationError ModelError
        MultipleRows OperationalError OrmError PoolTimeout QueryError QueryTimeout ReadOnly
        ServerReadOnly StaleObject TransactionError Unavailable ValidationError
    """,
    "orm.expressions.aggregates": "group_concat",
    "orm.expressions.base": "Condition Expression constant",
    "orm.expressions.calls": "function",
    "orm.expressions.casts": "cast",
    "orm.expressions.functions": """
        avg case coalesce concat count exists lower max_ min_ sum_ upper when
    """,
    "orm.expressions.moments": """
        date_of date_trunc day extract month seconds_between shift utc_now year
    """,
    "orm.expressions.numbers": """
        abs_ ceil exp floor greatest least ln log10 nullif power random_ round_ sign sqrt
    """,
    "orm.expressions.ranking": """
        cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
        row_number
    """,
    "orm.expressions.search": "match",
    "orm.expressions.texts": """
        length lpad ltrim position repeat replace reverse rpad rtrim substr trim
    """,
    "orm.expressions.windows": "window",
    "orm.fields.base": "Field",
    "orm.fields.custom": "Custom",
    "orm.fields.dates": "Date DateTime Duration Time",
    "orm.fields.numbers": """
        BigInteger Boolean Decimal Float Integer SmallInteger TinyInteger Version
    """,
    "orm.fields.text": "Bytes Enum Json String Text Uuid",
    "orm.fields.validators": "at_least at_most has_length matches",
    "orm.metadata.constraints": "Check Index Unique",
    "orm.metadata.fulltext": "FullText",
    "orm.models.alias": "alias",
    "orm.models.bulk": "Outcome",
    "orm.models.events": "on",
    "orm.models.hooks": "LinkChange",
    "orm.models.incoming": "incoming",
    "orm.models.model": "Model",
    "orm.models.upserts": "Upserted",
    "orm.queries.page": "Page",
    "orm.queries.raw": "raw",
    "orm.queries.related": "Prefetch",
    "orm.queries.rows": "Row",
    "orm.queries.select": "Query",
    "orm.relations.foreign": "ForeignKey OneToOne",
    "orm.relations.many": "ManyToMany",
    "orm.schema.create": "create_all drop_all",
    "orm.schema.provision": "create_database has_tables",
    "orm.types.custom": "Type",
    "orm.types.dates": "now",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}
_CALLED_THERE = {"constant": "literal"}

__all__ = sorted(_HOMES)

# Two threads that import a package and a module of it would wait for each other, which Python ends
# by an error in one of them.
_importing = RLock()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'orm' has no attribute {name!r}")
    with _importing:
        value = getattr(import_module(_HOMES[name]), _CALLED_THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
