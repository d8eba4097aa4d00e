"""Every concrete model, in the order of definition, and who waits for one not defined yet.

A relation may name its target in quotes. The name is looked up when the relation is bound, and if
nobody has it yet, again whenever a model is defined.
"""

from collections.abc import Callable
from typing import Any

from orm.errors import ModelError
from orm.expressions.trace import Definitions

_models: dict[tuple[str, str], Any] = {}
_waiting: list[tuple[str, Any, Callable[[Any], None]]] = []


def models() -> list[Any]:
    """The concrete models in the order of their definition."""
    return list(_models.values())


def register(model: Any) -> None:
    """Add a model; one defined again under the same module and name replaces the earlier."""
    Definitions.count += 1
    key = (model.__module__, model.__qualname__)
    _models.pop(key, None)
    _models[key] = model
    for entry in list(_waiting):
        name, owner, callback = entry
        if not is_registered(owner):  # its class body failed, or was run again
            _waiting.remove(entry)
        elif _matches(model, name):
            _waiting.remove(entry)
            callback(model)


def is_registered(model: Any) -> bool:
    return _models.get((model.__module__, model.__qualname__)) is model


def when_defined(name: str, owner: Any, callback: Callable[[Any], None]) -> None:
    """Call back with the model called `name` ("User" or "app.models.User"), now or later.

    A model of the owner's module is preferred. ModelError when several others have the name.
    """
    found = [model for model in _models.values() if _matches(model, name)]
    near = [model for model in found if model.__module__ == owner.__module__]
    if len(found) > 1 and not near:
        places = ", ".join(f"{model.__module__}.{model.__name__}" for model in found)
        raise ModelError(f"{owner.__name__}: {name!r} may be one of {places}; name its module too.")
    if found:
        callback((near or found)[-1])
    else:
        _waiting.append((name, owner, callback))


def _matches(model: Any, name: str) -> bool:
    module, _, plain = name.rpartition(".")
    return model.__name__ == plain and (not module or model.__module__ == module)
