"""insert_many: from dicts to the parameters of one statement, without objects in between.

The function is generated once per model and dialect, out of the same gates as the constructor
(orm.models.construct): it looks the fields up in each dict, checks, encodes, and appends to one
flat list. Whatever is not plain (a row that is no dict, an unknown or missing name, a key for a row
the database numbers, a wrong value) makes it give up with None; the caller then takes the way
through objects, which accepts or explains it. Nothing has been sent by then.
"""

from collections.abc import Callable, Sequence
from typing import Any

from orm.errors import DataError, ModelError
from orm.expressions.writer import Dialect
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.models.construct import default_text, gate_of
from orm.types.gates import GATE_NAMES

Flatten = Callable[[Sequence[Any]], list[Any] | None]


def flat_fields(info: ModelInfo) -> list[Field[Any]]:
    """The columns such rows have: all, without a key that the database numbers."""
    return [field for field in info.fields.values() if not field.is_auto]


def flattener(info: ModelInfo, dialect: Dialect) -> Flatten:
    """The function of a model: rows -> parameters, or None."""
    name = f"flatten {dialect.name}"
    made: Flatten | None = info.plans.get(name)
    if made is None:
        try:
            made = info.plans[name] = _generate(info, dialect)
        except ModelError:
            return _give_up  # a foreign key leads to a model that is not defined yet
    return made


def _give_up(rows: Sequence[Any]) -> None:
    return None


def _generate(info: ModelInfo, dialect: Dialect) -> Flatten:
    fields = flat_fields(info)
    if not fields:
        return _give_up
    scope: dict[str, Any] = {**GATE_NAMES, "DataError": DataError}
    lines = []
    cells = []
    required = 0
    for index, field in enumerate(fields):
        is_required, text = _look_up(index, field, scope)
        required += is_required
        lines += text
        cells.append(_encoded(index, field, dialect, scope))
    body = [
        "def flatten(rows):",
        "    params = []",
        "    try:",
        "        for row in rows:",
        "            if type(row) is not dict:",
        "                return None",
        "            others = len(row)",
        *(f"            {line}" for line in lines),
        f"            if others != {required}:",
        "                return None",
        f"            params += ({', '.join(cells)},)",
        "    except (KeyError, DataError):",
        "        return None",
        "    return params",
    ]
    exec("\n".join(body), scope)
    flatten: Flatten = scope["flatten"]
    return flatten


def _look_up(index: int, field: Field[Any], scope: dict[str, Any]) -> tuple[bool, list[str]]:
    """The lines that find the value v<index>; True when a row has to have it."""
    value, name = f"v{index}", field.attribute
    scope[f"field{index}"] = field
    gate = gate_of(field, value)
    checked = f"{value} = field{index}.assign({value})"
    check = [checked] if gate is None else [f"if not ({gate}):", f"    {checked}"]
    found = f"{value} = row[{name!r}]"
    if field.name != name:
        found = f"{value} = row[{name!r}] if {name!r} in row else row[{field.name!r}]"
    default = default_text(index, field, scope)
    if default is None:
        return True, [found, *check]
    is_given = f"if {name!r} in row" + (
        f" or {field.name!r} in row:" if field.name != name else ":"
    )
    given = [found, "others -= 1", *check]
    return False, [
        is_given,
        *(f"    {line}" for line in given),
        "else:",
        f"    {value} = {default}",
    ]


def _encoded(index: int, field: Field[Any], dialect: Dialect, scope: dict[str, Any]) -> str:
    encode = field.value_type.encoder(dialect.name)
    if encode is None:
        return f"v{index}"
    scope[f"encode{index}"] = encode
    return f"None if v{index} is None else encode{index}(v{index})"
