"""`class Meta` inside a model."""

from dataclasses import dataclass, fields
from typing import Any

from orm.errors import ModelError
from orm.metadata.constraints import Check, Index
from orm.names import check_identifier, did_you_mean, snake_case
from orm.types.base import shorten


@dataclass(frozen=True)
class MetaOptions:
    """The options of one model. `indexes` and `database` are inherited, the others are not.

    table: by default the class name in snake_case. indexes: Index, Unique and Check objects.
    abstract: no table; its fields go to the models derived from it. database: the name given to
    `connect(url, name=...)`. comment: what the database says of the table. was: the table's former
    name, for migrations.
    """

    table: str
    indexes: tuple[Index | Check, ...] = ()
    abstract: bool = False
    database: str = "default"
    comment: str = ""
    was: str | None = None


def read_options(name: str, meta: Any, inherited: Any) -> MetaOptions:
    """The options from a Meta class (or None) over those of the base model (or None)."""
    given = {k: v for k, v in vars(meta).items() if not k.startswith("__")} if meta else {}
    known = [item.name for item in fields(MetaOptions)]
    for option in given:
        if option not in known:
            raise ModelError(f"{name}.Meta has no option {option!r}. {did_you_mean(option, known)}")
    table = given.get("table", snake_case(name))
    check_identifier(table, f"the table of {name}")
    default = (inherited.indexes, inherited.database) if inherited else ((), "default")
    indexes = tuple(given.get("indexes", default[0]))
    for item in indexes:
        if not isinstance(item, (Index, Check)):
            raise ModelError(
                f"{name}.Meta.indexes takes Index, Unique and Check, not {shorten(item)}."
            )
    abstract = bool(given.get("abstract", False))
    return MetaOptions(
        table,
        indexes,
        abstract,
        given.get("database", default[1]),
        given.get("comment", ""),
        given.get("was"),
    )
