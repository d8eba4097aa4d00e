"""`@on(Note, "after_save")`: functions that listen to the writes of a model (orm:O31)."""

from collections.abc import Callable
from typing import Any, TypeVar

from orm.engine.registry import get_database
from orm.errors import ModelError
from orm.metadata import registry
from orm.models.hooks import EVENTS, LinkChange, Listener, add_listener
from orm.models.metaclass import ModelType
from orm.models.steps import set_steps
from orm.names import did_you_mean
from orm.queries.write import WriteQuery
from orm.types.base import shorten

F = TypeVar("F", bound=Callable[..., object])


def on(model: Any, event: str, *, on_commit: bool = False) -> Callable[[F], F]:
    """Decorator: call the function at `event` of the model and of those derived from it (of all
    models, for `Model` itself).

    on_commit: wait until the transaction is committed, for mails and the like; a write that is
    undone is not heard of, and an error undoes nothing any more. Only for `after_` events.
    ModelError for an unknown event.
    """
    if not isinstance(model, ModelType):
        raise ModelError(f"on() takes a model, not {shorten(model)}.")
    if event not in EVENTS:
        raise ModelError(f"There is no event {event!r}. {did_you_mean(str(event), EVENTS)}")
    if on_commit and not event.startswith("after_"):
        raise ModelError(f"{event!r} comes before the write: on_commit=True is for after_ events.")

    def register(function: F) -> F:
        listener = _after_commit(function) if on_commit else function
        add_listener(model, event, listener)
        for known in registry.models():
            if issubclass(known, model):
                set_steps(known._meta)
        return function

    return register


def _after_commit(function: Listener) -> Listener:
    def listen(*given: Any) -> None:
        info = _info_of(given[0])
        if info is not None:
            get_database(info.database).on_commit(lambda: function(*given))

    return listen


def _info_of(given: Any) -> Any:
    """The model that an event is about: of an object, a list of them, a query, a LinkChange."""
    if isinstance(given, list):
        return given[0]._meta if given else None
    if isinstance(given, LinkChange):
        return given.instance._meta
    return given.info if isinstance(given, WriteQuery) else given._meta
