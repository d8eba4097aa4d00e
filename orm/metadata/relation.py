"""What queries know of a relation: where it leads, and through which columns.

Queries join, filter and fetch along relations without knowing the kinds of them. Each kind
(`orm.relations`) says how its tables link up; the rest is written once, here and in `orm.queries`.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Protocol

from orm.errors import QueryError
from orm.expressions.base import Condition
from orm.expressions.columns import Column
from orm.expressions.trace import Trace, Traceable
from orm.expressions.writer import Source, Writer
from orm.metadata.paths import PathSource
from orm.metadata.scope import scope_of
from orm.names import did_you_mean
from orm.records import Record


class Link(Record):
    """One step along a relation: `right` is a column of `source`, the table stepped onto."""

    source: Source
    left: Column[Any]
    right: Column[Any]

    @property
    def condition(self) -> Condition:
        return self.left == self.right


class Relation(Hashable, Protocol):
    """A way from one model to another."""

    name: str
    model: Any
    is_many: bool
    is_nullable: bool

    @property
    def target_model(self) -> Any: ...

    def links(self, near: Source, far: Source) -> list[Link]:
        """The steps from `near` (a source of the owner) to `far` (a source of the target)."""
        ...

    def near_key(self, instance: Any) -> Any:
        """The value of the first link's left column in an instance of the owner."""
        ...

    def fill(self, instance: Any, related: list[Any]) -> None:
        """Keep what was fetched for `instance`, so that reading it asks the database no more."""
        ...


class RelationPath(Traceable):
    """A relation seen from one source: what `Note.tags` or `alias(Note).author` is to a query."""

    def __init__(self, relation: Relation, source: Source) -> None:
        self.relation = relation
        self.source = source
        self._path_key = (relation, source) if source.is_own else None

    def trace(self, trace: Trace) -> None:
        if self._path_key is not None:
            trace.key += self._path_key
            return
        trace.key.append(self.relation)
        self.source.trace(trace)

    @property
    def label(self) -> str:
        return f"{self.source.label}.{self.relation.name}"

    def any(self, condition: Condition | None = None) -> Condition:
        """Has at least one related row (for which `condition` holds)."""
        return AnyRelated(self, condition)

    def __getattr__(self, name: str) -> Any:
        """A column or relation of the model it leads to: see `orm.metadata.paths`."""
        return member(self, name)


class RelationColumn(Column[Any], RelationPath):
    """A foreign key on the class: a column and a relation in one."""

    def __init__(self, relation: Any, source: Source) -> None:
        Column.__init__(self, source, relation.column, relation.value_type, relation)
        RelationPath.__init__(self, relation, source)

    def trace(self, trace: Trace) -> None:
        RelationPath.trace(self, trace)

    @property
    def label(self) -> str:
        return f"{self.source.label}.{self.relation.name}"


# What is called for a name that makes a query of a relation to many rows.
_refining: dict[str, Callable[[RelationPath, str], Any]] = {}


def set_refining(names: Iterable[str], function: Callable[[RelationPath, str], Any]) -> None:
    """`Board.posts.where` and the like come from `function(path, name)`: queries are above us."""
    _refining.update(dict.fromkeys(names, function))


def member(path: RelationPath, name: str) -> Any:
    """What `path.name` is: a column of the target, or the next relation.

    AttributeError for what the target has not. QueryError when the path leads to many rows: which
    of them would it be?
    """
    if name.startswith("_"):
        raise AttributeError(name)
    if path.relation.is_many and name in _refining:
        return _refining[name](path, name)
    relation, info = path.relation, path.relation.target_model._meta
    field = info.by_name.get(name)
    if field is None and name not in info.relations:
        known = {*info.by_name, *info.relations}
        raise AttributeError(f"{info.name} has no field {name!r}. {did_you_mean(name, known)}")
    if relation.is_many:
        raise QueryError(
            f"{path.label} leads to many rows and has no {name!r} of its own: ask for one of them "
            f"by {path.label}.any({info.name}.{name} == ...), or join it."
        )
    if field is not None and field is info.primary_key and isinstance(path, RelationColumn):
        return Column(path.source, path.column, path.field.value_type, path.field)
    source = PathSource(path)
    return field.make_expression(source) if field else RelationPath(info.relations[name], source)


class AnyRelated(Condition):
    """`EXISTS (SELECT 1 FROM target ... WHERE linked AND condition)`.

    The near side is written before the inner scope opens: when a model is related to itself, the
    condition speaks of the inner row and the link of both.
    """

    parts = ("path", "condition")

    def __init__(self, path: RelationPath, condition: Condition | None) -> None:
        self.path = path
        self.condition = condition

    def write(self, writer: Writer) -> None:
        far = self.path.relation.target_model._meta.source
        first, *rest = self.path.relation.links(self.path.source, far)
        start = writer.mark()
        writer.column(self.path.source, first.left.column)
        near = writer.cut(start)
        writer.text("EXISTS (SELECT 1 FROM ")
        with writer.scope():
            writer.table(first.source, writer.open(first.source, distinct=True))
            for link in rest:
                writer.text(" JOIN ")
                writer.table(link.source, writer.open(link.source, distinct=True))
                writer.text(" ON ")
                link.condition.write(writer)
            writer.text(" WHERE ")
            first.right.write(writer)
            writer.text(" = ")
            writer.paste(near)
            sources = (first.source, *(link.source for link in rest))
            scopes = [item for source in sources for item in scope_of(source, writer.seen)]
            for condition in (*scopes, *([] if self.condition is None else [self.condition])):
                writer.text(" AND ")
                condition.write(writer)
        writer.text(")")
