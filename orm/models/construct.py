"""New objects from keyword arguments, by a function that is generated once per model.

Assigning field by field, each checked by a chain of calls, took five times as long as storing the
row (docs/orm/performance.md). The generated function takes the fields as its own keywords, and asks
the type of each for a *gate*: a condition in Python that holds for values that are right as they
are, such as `type(v) is int and -32768 <= v <= 32767`. What passes is stored; everything else goes
to `Field.store`, which converts it or says what is wrong. So a gate may be narrow, but never wide.

Keywords that are no field's attribute make the function return False: the caller then takes the
slow way, which knows every name and every complaint. The text of a function has attribute names
(checked identifiers) and gates in it; values come by name.
"""

import datetime as dt
import decimal
import keyword
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final

from orm.errors import ModelError
from orm.fields.base import MISSING, Field
from orm.metadata.info import ModelInfo
from orm.relations.foreign import ForeignKey
from orm.types.gates import GATE_NAMES

Constructor = Callable[..., bool]

# A default of these kinds is one object for all; others are made anew for each.
CONSTANTS: Final = (str, int, float, bytes, bool, type(None), decimal.Decimal, dt.date, uuid.UUID)


def constructor(info: ModelInfo) -> Constructor:
    """The function of a model: (instance, **values) -> whether it took the values."""
    made: Constructor | None = info.plans.get("construct")
    if made is None:
        try:
            made = info.plans["construct"] = _generate(info)
        except ModelError:
            return _refuse  # a foreign key leads to a model that is not defined yet
    return made


def _refuse(_instance: Any, /, **_values: Any) -> bool:
    return False


def _generate(info: ModelInfo) -> Constructor:
    fields = list(info.fields.values())
    if not is_ordinary(info):
        return _refuse
    scope: dict[str, Any] = {**GATE_NAMES, "MISSING": MISSING}
    names = ", ".join(f"{field.attribute}=MISSING" for field in fields)
    lines = [
        f"def construct(_instance, /, *, {names}, **_others):",
        "    _state = _instance.__dict__",
        "    _state['_is_stored'] = False",
        *(
            f"    {line}"
            for index, field in enumerate(fields)
            for line in _take(index, field, scope)
        ),
        "    return True",
    ]
    lines[1:1] = _others(fields)
    exec("\n".join(lines), scope)
    function: Constructor = scope["construct"]
    return function


def _others(fields: Sequence[Field[Any]]) -> list[str]:
    """A foreign key goes by two names, `author` and `author_id`."""
    lines = ["    if _others:"]
    for field in fields:
        if field.name != field.attribute:
            lines += [
                f"        if {field.attribute} is MISSING:",
                f"            {field.attribute} = _others.pop({field.name!r}, MISSING)",
            ]
    return [*lines, "        if _others:", "            return False"]


def _take(index: int, field: Field[Any], scope: dict[str, Any]) -> list[str]:
    """The lines that give a new object the field's value or default."""
    name = field.attribute
    scope[f"_field{index}"] = field
    gate = gate_of(field, name)
    default = default_text(index, field, scope)
    missing = "pass" if default is None else f"_state[{name!r}] = {default}"
    lines = [f"if {name} is MISSING:", f"    {missing}"]
    if gate is not None:
        lines += [f"elif {gate}:", f"    _state[{name!r}] = {name}"]
    return [*lines, "else:", f"    _field{index}.store(_instance, {name})"]


def default_text(index: int, field: Field[Any], scope: dict[str, Any]) -> str | None:
    """What the field gets when it is not given, as an expression; None: nothing, it has to be."""
    if not callable(field.default):
        value = field.make_default()
        if value is MISSING:
            return None
        if isinstance(value, CONSTANTS):
            scope[f"_default{index}"] = value
            return f"_default{index}"
    scope[f"_field{index}"] = field
    return f"_field{index}.make_default()"


def is_ordinary(info: ModelInfo) -> bool:
    """Can the names of its fields be keywords of a function?"""
    return not any(keyword.iskeyword(field.attribute) for field in info.fields.values())


# -- assignment to one attribute -------------------------------------------------------------------

Store = Callable[[Any, Any], None]


def stores(info: ModelInfo) -> dict[str, Store]:
    """For each name of a field what an assignment to it calls, as `Field.store`."""
    try:
        made = {name: _store_of(field) for name, field in info.by_name.items()}
    except ModelError:  # as in constructor()
        return {name: field.store for name, field in info.by_name.items()}
    info.model._stores = made  # where the next assignment finds it by one look
    return made


def _store_of(field: Field[Any]) -> Store:
    gate = gate_of(field, "value")
    if gate is None or field.primary_key or type(field).store is not Field.store:
        return field.store
    scope = {**GATE_NAMES, "MISSING": MISSING, "field": field, "alone": frozenset({field})}
    name = field.attribute
    exec(
        "\n".join(
            [
                "def store(instance, value):",
                f"    if {gate}:",
                "        state = instance.__dict__",
                f"        if instance._is_stored and state.get({name!r}, MISSING) != value:",
                "            changed = instance._changed",
                "            state['_changed'] = changed | alone if changed else alone",
                f"        state[{name!r}] = value",
                "    else:",
                "        field.store(instance, value)",
            ]
        ),
        scope,
    )
    store: Store = scope["store"]
    return store


_ORDINARY_STORES: Final = (Field.store, ForeignKey.store)


# -- gates -----------------------------------------------------------------------------------------


def gate_of(field: Field[Any], variable: str) -> str | None:
    """A condition on a variable under which its value may be stored as it is; None: ask the field.

    Only of fields that check in the ordinary way, by their type alone.
    """
    kind = type(field)
    is_ordinary = kind.store in _ORDINARY_STORES and kind.assign is Field.assign
    if not is_ordinary or kind.accept is not Field.accept or field.is_checked:
        return None
    if field.generated is not None:
        return None
    gate = field.value_type.own_gate(variable)
    if gate is None:
        return None
    return f"({variable} is None or {gate})" if field.null or field.is_auto else gate
