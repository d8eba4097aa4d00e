"""`class Meta` inside a model."""

from typing import Any

from orm.errors import ModelError
from orm.metadata.constraints import Check, Index
from orm.names import check_identifier, did_you_mean, snake_case
from orm.records import Record
from orm.types.base import shorten


class MetaOptions(Record):
    """The options of one model. `indexes` and `database` are inherited, the others are not.

    table: by default the class name in snake_case. indexes: Index, Unique and Check objects.
    abstract: no table; its fields go to the models derived from it. database: the name given to
    `connect(url, name=...)`. comment: what the database says of the table. was: the table's former
    name, for migrations. soft_delete: True, or the name of the field with the time of deletion
    (`deleted_at`): rows are marked instead of deleted. inheritance ("own", "single", "joined",
    "proxy"), discriminator and kind: see `orm.models.inheritance`; soft_delete and inheritance are
    inherited, but for "proxy".
    """

    table: str
    indexes: tuple[Index | Check, ...] = ()
    abstract: bool = False
    database: str = "default"
    comment: str = ""
    was: str | None = None
    soft_delete: str | None = None
    inheritance: str = "own"
    discriminator: str | None = None
    kind: str | None = None


def read_options(name: str, meta: Any, inherited: Any) -> MetaOptions:
    """The options from a Meta class (or None) over those of the base model (or None)."""
    given = {k: v for k, v in vars(meta).items() if not k.startswith("__")} if meta else {}
    known = MetaOptions.field_names
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
        _soft_delete(name, given, inherited),
        *_inheritance(name, given, inherited),
        given.get("kind"),
    )


INHERITANCE = ("own", "single", "joined", "proxy")


def _soft_delete(name: str, given: dict[str, Any], inherited: Any) -> str | None:
    default = inherited.soft_delete if inherited else None
    wanted = given.get("soft_delete", default)
    if wanted in (None, False):
        return None
    if wanted is True:
        return "deleted_at"
    if not isinstance(wanted, str):
        raise ModelError(
            f"{name}.Meta.soft_delete is True or the name of a field, not {shorten(wanted)}."
        )
    return wanted


def _inheritance(name: str, given: dict[str, Any], inherited: Any) -> tuple[str, str | None]:
    default = inherited.inheritance if inherited else "own"
    wanted = given.get("inheritance", "own" if default == "proxy" else default)
    if wanted not in INHERITANCE:
        raise ModelError(
            f"{name}.Meta.inheritance = {wanted!r}. {did_you_mean(str(wanted), INHERITANCE)}"
        )
    former = inherited.discriminator if inherited else None
    discriminator = given.get("discriminator", former if wanted != "own" else None)
    if discriminator is None and wanted == "single":
        discriminator = "kind"
    if discriminator is not None:
        check_identifier(discriminator, f"{name}.Meta.discriminator")
    return wanted, discriminator
