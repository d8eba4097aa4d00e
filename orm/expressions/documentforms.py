"""How each engine is asked about a place in a JSON document: paths, and the forms of questions.

In a form {0} is the document and {1} the path. The forms look at the type of what is there before
they take it for something: SQLite's `true` is 1 otherwise, and MariaDB's a text.
"""

from collections.abc import Sequence
from typing import Final

from orm.expressions.calls import Form
from orm.expressions.casts import EXACT
from orm.later import json
from orm.types.base import Converter, ValueType

Step = str | int


def _sqlite_path(steps: Sequence[Step]) -> str:
    return "$" + "".join(
        f'."{step}"' if isinstance(step, str) else f"[{step}]" if step >= 0 else f"[#{step}]"
        for step in steps
    )


def _mysql_path(steps: Sequence[Step]) -> str:
    return "$" + "".join(map(_mysql_step, steps))


def _mysql_step(step: Step) -> str:
    if isinstance(step, str):
        return f".{json.dumps(step, ensure_ascii=False)}"
    if step >= 0:
        return f"[{step}]"
    return "[last]" if step == -1 else f"[last-{-step - 1}]"


class PathType(ValueType):
    """A path as each engine writes it; as JSON for our own functions on SQLite."""

    kind = "text"

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def encoder(self, dialect: str) -> Converter:
        if dialect == "mysql":
            return _mysql_path
        return json.dumps if self.as_json else _sqlite_path


PATH: Final = PathType(as_json=False)
JSON_PATH: Final = PathType(as_json=True)


def is_plain_step(step: Step) -> bool:
    """Can a path of SQLite name it? Not what JSON text would escape."""
    return isinstance(step, int) or not any(c in '"\\' or c < " " for c in step)


# -- what is asked of a place in a document: {0} is the document, {1} the path ---------------------

_SQLITE_NUMBER: Final = "JSON_TYPE({0}, {1}) IN ('integer', 'real')"
_MYSQL_TYPE: Final = "JSON_TYPE(JSON_EXTRACT({0}, {1}))"
_MYSQL_NUMBER: Final = f"{_MYSQL_TYPE} IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')"
_MYSQL_TEXT: Final = "JSON_UNQUOTE(JSON_EXTRACT({0}, {1}))"
# MariaDB's JSON is text and needs a normal form to be compared; MySQL's compares by itself.
_NORMAL: Final = "/*M!100700 JSON_NORMALIZE*/(JSON_EXTRACT({0}, {1}))"
_AT: Final = "(JSON({0}) -> {1})"

# A path of MySQL names any key; there the part is cut out by it, too.
PART: Final = Form("json", _AT, "JSON_EXTRACT({0}, {1})")
CUT: Final = Form("json", "ORM_JSON_AT({0}, {1})", "JSON_EXTRACT({0}, {1})")
AS_INT: Final = Form(
    "as_int",
    f"CASE WHEN {_SQLITE_NUMBER} THEN CAST(JSON_EXTRACT({{0}}, {{1}}) AS INTEGER) END",
    f"CASE WHEN {_MYSQL_TYPE} IN ('INTEGER', 'UNSIGNED INTEGER')"
    " THEN CAST(JSON_EXTRACT({0}, {1}) AS SIGNED)"
    f" WHEN {_MYSQL_TYPE} IN ('DOUBLE', 'DECIMAL')"
    " THEN CAST(TRUNCATE(CAST(JSON_EXTRACT({0}, {1}) AS DOUBLE), 0) AS SIGNED) END",
)
AS_NUMBER: Final = Form(
    "as_float",
    f"CASE WHEN {_SQLITE_NUMBER} THEN JSON_EXTRACT({{0}}, {{1}}) END",
    f"CASE WHEN {_MYSQL_NUMBER} THEN CAST(JSON_EXTRACT({{0}}, {{1}}) AS DOUBLE) END",
)
AS_DECIMAL: Final = Form(
    "as_decimal",
    f"CASE WHEN {_SQLITE_NUMBER} THEN JSON_EXTRACT({{0}}, {{1}}) END",
    f"CASE WHEN {_MYSQL_NUMBER} THEN CAST(JSON_EXTRACT({{0}}, {{1}}) AS DECIMAL(65, 20)) END",
)
AS_BOOL: Final = Form(
    "as_bool",
    "CASE JSON_TYPE({0}, {1}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
    f"CASE WHEN {_MYSQL_TYPE} = 'BOOLEAN' THEN {_MYSQL_TEXT} = 'true' END",
)
AS_STR: Final = Form(
    "as_str",
    "CASE WHEN JSON_TYPE({0}, {1}) = 'text' THEN JSON_EXTRACT({0}, {1}) END",
    f"(CASE WHEN {_MYSQL_TYPE} = 'STRING' THEN {_MYSQL_TEXT} END{EXACT})",
)
AS_DATETIME: Final = Form(
    "as_datetime",
    "ORM_MOMENT(CASE WHEN JSON_TYPE({0}, {1}) = 'text' THEN JSON_EXTRACT({0}, {1}) END)",
    f"CASE WHEN {_MYSQL_TYPE} = 'STRING' THEN CAST({_MYSQL_TEXT} AS DATETIME(6)) END",
)
AS_DATE: Final = Form(
    "as_date",
    "SUBSTR(ORM_MOMENT(CASE WHEN JSON_TYPE({0}, {1}) = 'text'"
    " THEN JSON_EXTRACT({0}, {1}) END), 1, 10)",
    f"CASE WHEN {_MYSQL_TYPE} = 'STRING' THEN CAST({_MYSQL_TEXT} AS DATE) END",
)
LENGTH: Final = Form(
    "length",
    "CASE WHEN JSON_TYPE({0}, {1}) IS NOT NULL THEN (SELECT COUNT(*) FROM JSON_EACH({0}, {1})) END",
    "JSON_LENGTH({0}, {1})",
)
EXISTS: Final = Form(
    "exists",
    "JSON_TYPE({0}, {1}) IS NOT NULL",
    "COALESCE(JSON_CONTAINS_PATH({0}, 'one', {1}), 0) = 1",
)
IS_JSON_NULL: Final = Form(
    "is_json_null",
    "COALESCE(JSON_TYPE({0}, {1}), '') = 'null'",
    f"COALESCE({_MYSQL_TYPE}, '') = 'NULL'",
)
IS_NOTHING: Final = Form(
    "is_null",
    "COALESCE(JSON_TYPE({0}, {1}), 'null') = 'null'",
    f"COALESCE({_MYSQL_TYPE}, 'NULL') = 'NULL'",
)
CONTAINS: Final = Form(
    "contains", f"ORM_JSON_CONTAINS({_AT}, {{2}})", "JSON_CONTAINS({0}, {2}, {1})"
)
EQUALS: Final = Form(
    "equals",
    f"ORM_JSON_NORMAL({_AT}) = ORM_JSON_NORMAL({{2}})",
    f"{_NORMAL} = /*M!100700 JSON_NORMALIZE*/(JSON_EXTRACT({{2}}, '$'))",
)
SET: Final = Form(
    "set", "ORM_JSON_SET({0}, {1}, {2})", "JSON_SET({0}, {1}, JSON_EXTRACT({2}, '$'))"
)
REMOVE: Final = Form("remove", "ORM_JSON_REMOVE({0}, {1})", "JSON_REMOVE({0}, {1})")
MERGE: Final = Form("merge", "JSON_PATCH({0}, {1})", "JSON_MERGE_PATCH({0}, {1})")
