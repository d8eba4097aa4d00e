"""ModelInfo: everything the other parts know about a model, at `Model._meta`."""

from collections.abc import Mapping, Sequence
from typing import Any

from orm.errors import DataError, ModelError, QueryError
from orm.expressions.writer import Source
from orm.fields.base import Field
from orm.metadata.constraints import Check, Index, Unique
from orm.names import did_you_mean
from orm.records import Record, field


class Kinds(dict[str, Any]):
    """Classes by discriminator; DataError for one that nobody has defined."""

    def __init__(self, name: str, classes: Mapping[str, Any]) -> None:
        super().__init__(classes)
        self._name = name

    def __missing__(self, kind: str) -> Any:
        raise DataError(
            f"{self._name}: the database holds a row of the kind {kind!r}, and no model of that "
            "kind is defined: import the module that has it."
        )


class ModelInfo(Record, frozen=False, eq=False):
    """One model, as built by the metaclass.

    fields: by name, in the order of declaration. by_attribute: the same by the key an instance
    keeps the value under (`author_id`); by_name has both. uniques and checks are those of Meta; a
    field's own `unique`, `index` and `check` stay with the field. relations: every attribute that
    leads to another model, back-references included.
    """

    model: Any
    name: str
    table: str
    database: str
    abstract: bool
    fields: dict[str, Field[Any]] = field(default_factory=dict)
    indexes: list[Index] = field(default_factory=list)
    uniques: list[Unique] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    relations: dict[str, Any] = field(default_factory=dict)
    many_to_many: list[Any] = field(default_factory=list)
    plans: dict[str, Any] = field(default_factory=dict)
    # What writes go through when the model asks for more than a plain row (see models.steps).
    steps: Any = None
    # Which rows are there at all (see metadata.scope); None: every row.
    scope: Any = None
    # Inheritance (see models.inheritance). shared: the models whose rows these are, too. owner: the
    # one whose table it is. parts, joined: the tables of a row, when there are several. kinds: the
    # models by discriminator. sharers: who has columns in this table.
    shared: tuple[Any, ...] = ()
    owner: Any = None
    parts: Any = None
    joined: Any = None
    joined_to: Any = None
    # Reads what objects of derived classes lack after a query of this model.
    complete: Any = None
    kinds: dict[str, Any] | None = None
    sharers: list[Any] = field(default_factory=list)
    # The field that marks a row as deleted.
    soft_delete: Field[Any] | None = None
    # What delete() by condition is for a model that marks; None: it deletes.
    mark_query: Any = None

    def __post_init__(self) -> None:
        self.source = Source(self.table, None, self)
        self.by_attribute: dict[str, Field[Any]] = {}
        self.by_name: dict[str, Field[Any]] = {}
        self.every_field: frozenset[Field[Any]] = frozenset()
        self.version: Any = None
        # The fields of a row as it is read: those of derived models in the same table, too.
        self.row_fields: list[Field[Any]] = []
        # The fields that are columns of this table; None for those of a row.
        self.table_fields: list[Field[Any]] | None = None
        self.mutable: list[Field[Any]] = []
        # Fields that an update sets although it does not name them.
        self.automatic: list[Field[Any]] = []

    def __reduce__(self) -> Any:
        """There is one of a model, for pickles and deep copies too."""
        return (getattr, (self.model, "_meta"))

    def seal(self) -> None:
        """Fix what is derived from the fields, once all of them are bound."""
        self.by_attribute = {item.attribute: item for item in self.fields.values()}
        self.by_name = {**self.by_attribute, **self.fields}
        self.row_fields = list(self.fields.values())
        self.every_field = frozenset(f for f in self.fields.values() if not f.primary_key)
        self.columns = [item.column for item in self.fields.values()]
        self.automatic = [item for item in self.fields.values() if item.is_automatic]
        self.mutable = [item for item in self.fields.values() if item.is_mutable]
        keys = [item for item in self.fields.values() if item.primary_key]
        distinct = min(len(set(self.columns)), len(self.by_attribute))
        if len(keys) != 1 or distinct != len(self.fields):
            raise ModelError(
                f"{self.name} needs exactly one primary key, and a column and attribute of its own "
                f"for each field; it has the keys {[key.name for key in keys]} and the columns "
                f"{self.columns}."
            )
        self.primary_key = keys[0]

    @property
    def living_only(self) -> Any:
        """The condition of unique indexes: what is marked as deleted is in nobody's way."""
        mark = self.soft_delete
        return None if mark is None else lambda model: getattr(model, mark.name).is_null()

    @property
    def shares_rows(self) -> bool:
        """Are its rows those of another model, too?"""
        return bool(self.shared)

    @property
    def plain_attributes(self) -> list[str]:
        """The attributes that every object has once its row is read."""
        return [item.attribute for item in self.fields.values() if not item.is_mutable]

    def kind_place(self, fields: Sequence[Field[Any]]) -> int | None:
        """Where among `fields` the discriminator stands, for a model whose rows may be of classes
        derived from it; None for any other."""
        if self.kinds is None or len(self.classes()) < 2:
            return None
        name = self.model._options.discriminator
        return next((index for index, item in enumerate(fields) if item.name == name), None)

    def classes(self) -> dict[str, Any]:
        """The classes of the model's rows by their kind."""
        kinds = self.kinds or {}
        found = {k: info.model for k, info in kinds.items() if issubclass(info.model, self.model)}
        return Kinds(self.name, found)

    def strange(self, fields: Sequence[Field[Any]]) -> dict[Any, list[str]]:
        """By class, what of a row of `fields` is another class's."""
        return {
            model: [f.attribute for f in fields if f.name not in model._meta.fields]
            for model in self.classes().values()
        }

    def reads(self, model: Any) -> bool:
        """Is a row of this model one of `model`, so that what leads from there leads from here?"""
        return self.model is model or any(info.model is model for info in self.shared)

    @property
    def foreign_keys(self) -> list[Any]:
        return [item for item in self.fields.values() if hasattr(item, "target_model")]

    def column_names(self) -> dict[str, str]:
        """Every name a column goes by: field, attribute and the column itself."""
        names = {item.column: item.column for item in self.fields.values()}
        names.update((item.attribute, item.column) for item in self.fields.values())
        names.update((item.name, item.column) for item in self.fields.values())
        return names

    def find(self, name: str) -> Field[Any]:
        """The field called `name` (or `author_id`); QueryError with a suggestion otherwise."""
        found = self.by_name.get(name)
        if found is None:
            raise QueryError(
                f"{self.name} has no field {name!r}. {did_you_mean(name, self.by_name)}"
            )
        return found

    def resolve(self, values: Mapping[str, Any]) -> dict[Field[Any], Any]:
        """Keyword arguments by field, values not yet checked; a field given twice is an error."""
        resolved: dict[Field[Any], Any] = {}
        for name, value in values.items():
            item = self.find(name)
            if item in resolved:
                raise QueryError(f"{self.name} got {item.name!r} and {item.attribute!r} together.")
            resolved[item] = value
        return resolved
