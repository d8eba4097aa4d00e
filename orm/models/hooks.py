"""Hooks: what a program does around the writes of a model (orm:O31, orm:A10).

A model may define methods with the names of events, and functions may listen to a model's events:

    event                                         is given
    before_save, after_save                       the object (an insert or an update)
    before_insert, after_insert                   the object
    before_update, after_update                   the object, names of the changed fields
    before_delete, after_delete                   the object
    before_insert_many, after_insert_many         the list of objects
    before_update_where, after_update_where       the query (after: and how many rows it matched)
    before_delete_where, after_delete_where       the query (after: and how many rows it matched)
    before_upsert, after_upsert                   the object (after: and the outcome)
    before_links, after_links                     a LinkChange of a many-to-many

Events of many rows are class methods when a model defines them. All run inside the transaction of
the write, which an error in one of them undoes, also when there is no other transaction. Listeners
of a model hear of its derived models, too. A model that nobody listens to pays nothing: the tables
below are made when a listener comes, not when something is written.
"""

from collections.abc import Callable
from typing import Any, Final

from orm.records import Record

Listener = Callable[..., object]

_KINDS: Final = (
    "save",
    "insert",
    "update",
    "delete",
    "insert_many",
    "update_where",
    "delete_where",
    "upsert",
    "links",
)
EVENTS: Final = tuple(f"{moment}_{kind}" for kind in _KINDS for moment in ("before", "after"))


class LinkChange(Record):
    """A change of a many-to-many: `action` is "add", "remove" or "clear".

    keys: those of the far rows that are added or removed; empty for "clear".
    """

    instance: Any
    relation: str
    action: str
    keys: tuple[Any, ...]


class Hooks(Record):
    """The listeners of one model by event, in the order of their calls."""

    listeners: dict[str, tuple[Listener, ...]]

    def __bool__(self) -> bool:
        return bool(self.listeners)

    def fire(self, event: str, *given: Any) -> None:
        for listener in self.listeners.get(event, ()):
            listener(*given)

    def refine(self, event: str, query: Any) -> Any:
        """As fire, for a query: a listener may answer another one, which is then run."""
        for listener in self.listeners.get(event, ()):
            query = listener(query) or query
        return query


# In the order of their registration.
_registered: list[tuple[Any, str, Listener]] = []


def add_listener(model: Any, event: str, listener: Listener) -> None:
    """Call `listener` at `event` of the model; `orm.models.events.on` is the way in."""
    _registered.append((model, event, listener))


def has_method(model: Any, name: str) -> bool:
    """Unlike `hasattr`, which has an AttributeError made up with the names that are close."""
    return any(name in vars(base) for base in model.__mro__)


def hooks_of(model: Any) -> Hooks:
    """The listeners of a model: its own methods first, then those registered, oldest first."""
    found: dict[str, list[Listener]] = {}
    for event in EVENTS:
        if has_method(model, event):
            found.setdefault(event, []).append(getattr(model, event))
    for known, event, listener in _registered:
        if issubclass(model, known):
            found.setdefault(event, []).append(listener)
    return Hooks({event: tuple(listeners) for event, listeners in found.items()})
