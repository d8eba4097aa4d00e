"""`Model.insert(...)` in one step: from keywords to the values of the object and to parameters.

For the plain case, which is the common one: the database numbers the rows, every value given passes
its gate or is a default, no document has to be watched. Making an object, marking it as new,
filling in the statement and marking the object as stored are then one generated function, one
statement and one store. Everything else gets None and goes by way of the object.
"""

from collections.abc import Callable
from typing import Any

from orm.errors import ModelError
from orm.expressions.writer import Dialect
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.models.construct import default_text, gate_of, is_ordinary
from orm.types.gates import GATE_NAMES

# From keywords to (values by attribute, parameters).
Ready = Callable[..., tuple[dict[str, Any], list[Any]] | None]


def ready_of(info: ModelInfo, dialect: Dialect) -> Ready:
    """The function of a model; one that always answers None when the model is not that plain."""
    name = f"ready {dialect.name}"
    made: Ready | None = info.plans.get(name)
    if made is None:
        try:
            made = info.plans[name] = _generate(info, dialect)
        except ModelError:
            return _never  # a foreign key leads to a model that is not defined yet
    return made


def _never(**values: Any) -> None:
    return None


def _generate(info: ModelInfo, dialect: Dialect) -> Ready:
    key = info.primary_key
    fields = [field for field in info.fields.values() if field is not key]
    if not (fields and key.is_auto and is_ordinary(info)) or info.mutable:
        return _never
    scope: dict[str, Any] = {**GATE_NAMES, "MISSING": object()}
    lines = []
    for index, field in enumerate(fields):
        lines += _take(index, field, scope)
    values = ", ".join(
        f"{f.attribute!r}: {'None' if f is key else f.attribute}" for f in info.fields.values()
    )
    cells = ", ".join(_encoded(index, field, dialect, scope) for index, field in enumerate(fields))
    names = ", ".join(f"{field.attribute}=MISSING" for field in fields)
    text = [
        f"def ready(*, {names}, **_others):",
        "    if _others:",
        "        return None",
        *(f"    {line}" for line in lines),
        f"    return {{{values}}}, [{cells}]",
    ]
    exec("\n".join(text), scope)
    ready: Ready = scope["ready"]
    return ready


def _take(index: int, field: Field[Any], scope: dict[str, Any]) -> list[str]:
    name = field.attribute
    default = default_text(index, field, scope)
    missing = "return None" if default is None else f"{name} = {default}"
    gate = gate_of(field, name) or "False"
    return [
        f"if {name} is MISSING:",
        f"    {missing}",
        f"elif not ({gate}):",
        "    return None",
    ]


def _encoded(index: int, field: Field[Any], dialect: Dialect, scope: dict[str, Any]) -> str:
    encode = field.value_type.encoder(dialect.name)
    if encode is None:
        return field.attribute
    scope[f"_encode{index}"] = encode
    call = f"_encode{index}({field.attribute})"
    return f"None if {field.attribute} is None else {call}" if field.null else call
