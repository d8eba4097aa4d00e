"""What a relation may point at, and hanging a back-reference on it."""

from collections.abc import Callable
from typing import Any

from orm.errors import ModelError
from orm.metadata import registry
from orm.names import check_identifier
from orm.types.base import shorten


def find_target(target: Any, owner: Any, label: str, callback: Callable[[Any], None]) -> None:
    """Call back with the target model: a class, "self", or a name that may be defined later."""
    if target == "self":
        callback(owner)
    elif isinstance(target, str):
        registry.when_defined(target, owner, callback)
    elif getattr(target, "_meta", None) is not None and not target._meta.abstract:
        callback(target)
    else:
        raise ModelError(
            f"{label} points at a model, its name in quotes or 'self', not at {shorten(target)}."
        )


def near_source(model: Any, asked: Any) -> Any:
    """The table that a relation of `model` starts from, asked of a class derived from it: that
    one's, where its rows are the model's, too."""
    info = asked._meta
    return info.source if info.reads(model) else model._meta.source


def add_back_reference(target: Any, name: str, relation: Any, owner: Any) -> None:
    """Make `relation` the attribute `name` of the target model.

    ModelError when the name is taken; a model defined again, and a copy inherited from a concrete
    model, leave room for each other.
    """
    check_identifier(name, f"the back-reference of {owner.__name__} on {target.__name__}")
    if hasattr(target, name) and not _is_inherited_relation(target, name):
        other = getattr(target._meta.relations.get(name), "target_model", None)
        if other is None or name in target._meta.fields:
            raise ModelError(_taken(target, name, owner))
        if other is not owner and issubclass(owner, other):
            return
        if not _is_replaced(other, owner):
            raise ModelError(_taken(target, name, owner))
    setattr(target, name, relation)
    target._meta.relations[name] = relation


def _is_inherited_relation(target: Any, name: str) -> bool:
    """Does the target have it only from a model it derives from? Its own takes that place."""
    if name in vars(target):
        return False
    bases = [base._meta for base in target.__mro__[1:] if hasattr(base, "_meta")]
    return any(name in info.relations for info in bases)


def _is_replaced(other: Any, owner: Any) -> bool:
    """Is `other` an earlier definition of `owner`, or one that failed or was itself replaced?"""
    if other is owner:
        return False
    is_same = (other.__module__, other.__qualname__) == (owner.__module__, owner.__qualname__)
    return is_same or not registry.is_registered(other)


def _taken(target: Any, name: str, owner: Any) -> str:
    return (
        f"{target.__name__} has {name!r} already, so it cannot be the back-reference of "
        f"{owner.__name__}: choose another back=."
    )
