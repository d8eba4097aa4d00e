"""From a class body to a model.

The metaclass only collects what was declared; here it is bound, in this order: the key, the
fields, the relations, the constraints, the registry. Afterwards the model is an ordinary class
with `_meta` beside it.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from orm.errors import ModelError
from orm.fields.base import Field
from orm.fields.dates import DateTime
from orm.fields.numbers import BigInteger, Version
from orm.metadata import registry
from orm.metadata.constraints import Check, Unique
from orm.metadata.info import ModelInfo
from orm.models.hooks import EVENTS
from orm.models.inheritance import SHARING, note_kind, share
from orm.models.options import MetaOptions
from orm.models.softdelete import MarkQuery, living
from orm.models.steps import set_steps
from orm.names import check_identifier
from orm.relations.foreign import ForeignKey, KeyAttribute
from orm.relations.many import ManyToMany

Declaration = Field[Any] | ManyToMany[Any]

# What a model may define as methods for the ORM to call.
_reserved: set[str] = {*EVENTS, "validate"}


def reserve(names: Iterable[str]) -> None:
    """Names that fields may not have, because they are methods of Model."""
    _reserved.update(names)


def collect(bases: Iterable[Any], namespace: Mapping[str, Any]) -> dict[str, Declaration]:
    """What a new model declares or inherits, in order; inherited ones as copies of their own.

    Bases that are no models, plain mixins, count with what they declare. A name that the class body
    sets to something else is dropped. Raises ModelError for the class of a field in place of one.
    """
    declared: dict[str, Declaration] = {}
    for base in reversed(list(bases)):
        for name, item in _declarations_of(base):
            declared[name] = copy.copy(item)
    for name, value in namespace.items():
        if isinstance(value, (Field, ManyToMany)):
            declared[name] = value
        else:
            _check_call(name, value)
            declared.pop(name, None)
    return declared


def _check_call(name: str, value: Any) -> None:
    # `name = String` would be a model without that column, which shows only when it is used.
    if isinstance(value, type) and issubclass(value, (Field, ManyToMany)):
        raise ModelError(f"{name} = {value.__name__} is no field yet: write {value.__name__}().")


def _declarations_of(base: Any) -> Iterable[tuple[str, Declaration]]:
    found: dict[str, Declaration] | None = getattr(base, "_declared", None)
    if found is not None:
        return found.items()
    inherited = [item for ancestor in reversed(base.__mro__) for item in vars(ancestor).items()]
    return [(name, item) for name, item in inherited if isinstance(item, (Field, ManyToMany))]


def with_key(declared: dict[str, Declaration]) -> dict[str, Declaration]:
    """The declarations with `id` in front when none of them is the primary key."""
    if any(isinstance(item, Field) and item.primary_key for item in declared.values()):
        return declared
    if "id" in declared:
        raise ModelError("A field called id that is not the primary key needs one beside it.")
    return {"id": BigInteger(primary_key=True), **declared}


def with_mark(declared: dict[str, Declaration], options: MetaOptions) -> dict[str, Declaration]:
    """The declarations with the mark of deleted rows, when the model has one."""
    name = options.soft_delete
    if name is None:
        return declared
    mark = declared.setdefault(name, DateTime(null=True, index=True))
    if not isinstance(mark, DateTime) or not mark.null:
        raise ModelError(f"Meta.soft_delete: {name} is to be a DateTime(null=True).")
    return declared


def build(model: Any, options: MetaOptions, base: Any, own: set[str]) -> None:
    """Bind the declarations of a new class and make it known.

    base: the concrete model it derives from, or None. own: the fields of its own class body.
    """
    info = ModelInfo(model, model.__name__, options.table, options.database, options.abstract)
    model._meta = info
    model._stores = {}
    for name in model._declared:
        _check_name(model, name)
    if options.abstract:
        return
    _bind_fields(model, info)
    info.version = next((f for f in info.fields.values() if isinstance(f, Version)), None)
    if options.soft_delete is not None:
        info.soft_delete = info.fields[options.soft_delete]
        info.scope = living(info)
        info.mark_query = MarkQuery
    if base is not None and options.inheritance in SHARING:
        share(info, base._meta, own)
    note_kind(info, options)
    _bind_constraints(info, options)
    # A class body may be run again (a test, a reload): only now, without errors, does it count.
    for name, item in model._declared.items():
        if isinstance(item, ManyToMany):
            item.bind(model, name)
    registry.register(model)
    set_steps(info)


def _bind_fields(model: Any, info: ModelInfo) -> None:
    for name, item in model._declared.items():
        setattr(model, name, item)
        if not isinstance(item, Field):
            continue
        info.fields[name] = item
        item.bind(model, name)
        if isinstance(item, ForeignKey):
            info.relations[name] = item
            setattr(model, item.attribute, KeyAttribute(item))
    info.seal()


def _bind_constraints(info: ModelInfo, options: MetaOptions) -> None:
    column_of = info.column_names()
    for item in options.indexes:
        if isinstance(item, Check):
            info.checks.append(item)
        elif isinstance(item, Unique) and item.is_plain:
            bound = item.bind(info.table, column_of)
            bound.condition = info.living_only
            info.uniques.append(bound)
        else:
            info.indexes.append(item.bind(info.table, column_of))


def _check_name(model: Any, name: str) -> None:
    check_identifier(name, f"a field of {model.__name__}")
    if name.startswith("_"):
        raise ModelError(f"{model.__name__}.{name}: names of fields do not begin with '_'.")
    if name in _reserved:
        raise ModelError(
            f"{model.__name__}.{name} would hide Model.{name}(): give the field another name and "
            f"column={name!r}."
        )
