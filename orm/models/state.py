"""What an instance knows about itself beside its values: stored or not, what has changed.

See `orm.models.model` for the names that an instance keeps in its `__dict__`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from orm.errors import DataError, QueryError
from orm.fields.base import MISSING, Field
from orm.metadata.info import ModelInfo
from orm.models.construct import Store, stores
from orm.models.deferred import load_deferred
from orm.models.documents import is_changed, read, written


class State:
    """What `Model` has of it. No __slots__: see `orm.models.writing`."""

    if TYPE_CHECKING:
        _meta: ClassVar[ModelInfo]
        _stores: ClassVar[dict[str, Store]]  # of the fields, once one was assigned to

    _is_stored: bool = True
    _changed: frozenset[Field[Any]] = frozenset()
    _old_key: Any = MISSING
    _documents: Mapping[str, Any] = {}
    _peers: Any = None

    def __setattr__(self, name: str, value: Any) -> None:
        store = self._stores.get(name)
        if store is not None:
            store(self, value)
            return
        info = self._meta
        if name in info.by_name:
            stores(info)[name](self, value)
        elif name in info.relations:
            raise QueryError(
                f"{info.name}.{name} is a relation and cannot be assigned: change it by its own "
                "methods, or from the other side."
            )
        else:
            object.__setattr__(self, name, value)

    def _note_change(self, field: Field[Any]) -> None:
        if field.primary_key and "_old_key" not in self.__dict__:
            self.__dict__["_old_key"] = self.__dict__.get(field.attribute)
        self.__dict__["_changed"] = self._changed | {field}

    def _changed_documents(self) -> frozenset[Field[Any]]:
        """The fields whose value was changed inside (`note.data["a"] = 1`): written out, they
        differ from what was read. A document that nobody looked at is still that text."""
        state = self.__dict__
        fields = self._meta.by_attribute
        return frozenset(
            fields[attribute]
            for attribute, text in self._documents.items()
            if attribute in state and is_changed(fields[attribute], text, state[attribute])
        )

    def _mark_stored(self) -> None:
        state = self.__dict__
        if "_is_stored" in state:
            del state["_is_stored"]
        if "_changed" in state:
            del state["_changed"]
            state.pop("_old_key", None)
        mutable = self._meta.mutable
        if mutable:
            kept = {
                f.attribute: written(f, state[f.attribute]) for f in mutable if f.attribute in state
            }
            state["_documents"] = {**self._documents, **kept}

    def _stored_key(self) -> Any:
        """The key of the row as the database has it; DataError when there is no row."""
        if not self._is_stored:
            raise DataError(f"{self!r} is not stored: save() it first.")
        if self._old_key is not MISSING:
            return self._old_key
        return self.__dict__[self._meta.primary_key.attribute]

    def _load_missing(self, field: Field[Any]) -> Any:
        """The value of a field the instance lacks: it is new, or the query left the column out."""
        if not self._is_stored:
            raise AttributeError(f"{field.label} of this new object has no value yet.")
        if field.attribute in self._documents:
            value = self.__dict__[field.attribute] = read(field, self._documents[field.attribute])
            return value
        load_deferred(self)
        return self.__dict__[field.attribute]
