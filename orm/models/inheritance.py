"""What a model derived from a concrete one shares with it (orm:O38).

    Meta.inheritance   table                       rows
    "own" (default)    one of its own, whole       its own; nothing is shared but declarations
    "single"           its base's, more columns    its base's, told apart by the discriminator
    "joined"           the further columns alone   its base's, with a row in both tables
    "proxy"            its base's                  its base's, all of them; other methods only

The base of a hierarchy in one table says `inheritance = "single"` itself: that gives it the
discriminator, a text column `kind` (or `discriminator = "..."`) with the name of each row's class
in snake_case (or `kind = "..."`). Reading the base then gives objects of the derived classes.
"joined" works for any base. It reads a derived model from a join that is written wherever its table
would stand, so that everything else of a query is as for one table. Reading the base gives the
base's objects, unless it has a discriminator, too: then each is of its own class, and what the
derived ones have besides comes by one more statement for each class.
"""

from typing import Any, Final

from orm.engine.registry import connected
from orm.errors import ModelError
from orm.expressions.base import Condition
from orm.expressions.writer import Source, Writer
from orm.fields.base import Field
from orm.fields.text import String
from orm.metadata.info import ModelInfo
from orm.metadata.scope import Visibility
from orm.models.joined import complete_rows
from orm.models.options import MetaOptions
from orm.models.rows import Part
from orm.names import check_identifier, snake_case
from orm.records import replace
from orm.relations.foreign import ForeignKey
from orm.relations.many import ManyToMany

SHARING: Final = ("single", "joined", "proxy")

_LONGEST_KIND: Final = 63


def concrete_base(bases: tuple[type, ...]) -> Any:
    """The nearest model among the ancestors that has rows; None when there is none."""
    for base in bases:
        for ancestor in base.__mro__:
            info = ancestor.__dict__.get("_meta")
            if info is not None and not info.abstract:
                return ancestor
    return None


def settle(name: str, options: MetaOptions, base: Any, meta: Any) -> MetaOptions:
    """The options with what a sharing model has from its base; ModelError where they contradict."""
    if options.kind is not None and options.discriminator is None:
        raise ModelError(
            f"{name}.Meta.kind: rows of this model do not say their kind; inheritance = 'single', "
            "or a discriminator in the base, makes them."
        )
    if base is None or options.abstract or options.inheritance not in SHARING:
        if options.inheritance == "proxy":
            raise ModelError(f"{name}.Meta.inheritance is 'proxy', and there is no base with rows.")
        return options
    given = vars(meta) if meta else {}
    shared = base._options
    if options.inheritance == "single" and shared.discriminator is None:
        raise ModelError(
            f"{name} shares the table of {base.__name__}, whose rows do not say their kind: give "
            f"{base.__name__}.Meta inheritance = 'single', too, or use 'joined' or 'proxy' here."
        )
    for option in () if options.inheritance == "joined" else ("table", "database"):
        if option in given:
            raise ModelError(f"{name} has no table of its own: leave out Meta.{option}.")
    return replace(
        options,
        table=options.table if options.inheritance == "joined" else base._meta.table,
        database=shared.database,
        indexes=tuple(given.get("indexes", ())),
        discriminator=shared.discriminator,
        soft_delete=shared.soft_delete,
    )


def declare(name: str, declared: dict[str, Any], options: MetaOptions, base: Any) -> dict[str, Any]:
    """The declarations with the discriminator, and without what stays the base's."""
    if base is not None and options.inheritance in SHARING:
        # A many-to-many of the base has one table of links, for the rows of all.
        inherited = base._declared
        for key, item in declared.items():
            if isinstance(item, ForeignKey) and key in inherited:
                item.pin()
        declared = {
            key: item
            for key, item in declared.items()
            if not (isinstance(item, ManyToMany) and key in inherited)
        }
    if options.discriminator is not None and not options.abstract:
        kind = check_identifier(options.kind or snake_case(name), f"the kind of {name}")
        if options.discriminator not in declared:
            declared[options.discriminator] = String(_LONGEST_KIND, index=True)
        if options.inheritance != "proxy":  # its rows are of its base's kind
            declared[options.discriminator].default = kind
    return declared


def share(info: ModelInfo, base: ModelInfo, own: set[str]) -> None:
    """Tie a sharing model to its base. own: the names of the fields that its body declares."""
    inheritance = info.model._options.inheritance
    if inheritance == "proxy" and own:
        raise ModelError(
            f"{info.name} is a proxy of {base.name} and has no columns of its own: it declares "
            f"{', '.join(sorted(own))}."
        )
    info.shared = (base, *base.shared)
    info.relations = {**base.relations, **info.relations}
    info.scope = base.scope
    info.kinds = base.kinds
    if inheritance == "joined":
        _join(info, base, own)
    else:
        info.owner = base.owner or base
        info.parts = base.parts
        info.joined = base.joined
    if inheritance == "single":
        _share_table(info, base)


def note_kind(info: ModelInfo, options: MetaOptions) -> None:
    """Make the class of a discriminator's value known to all that read the same rows."""
    if options.discriminator is None or options.inheritance == "proxy":
        return
    if info.kinds is None:
        info.kinds = {}
    kind = info.fields[options.discriminator].default
    former = info.kinds.get(kind)
    if former is not None and former.name != info.name:
        raise ModelError(
            f"{info.name} and {former.name} are both of the kind {kind!r}: give one Meta.kind."
        )
    info.kinds[kind] = info
    for other in info.shared:
        other.plans.clear()
    for database in connected():
        database.plans.clear()  # what was compiled before did not know of this kind


# -- one table -------------------------------------------------------------------------------------


def _share_table(info: ModelInfo, base: ModelInfo) -> None:
    info.scope = _of_kinds(info, base.scope)
    owner = info.owner
    for further in [item for item in info.shared if item.owner is owner or item is owner]:
        known = {field.column: field for field in further.row_fields}
        for field in info.fields.values():
            other = known.get(field.column)
            if other is None:
                further.row_fields.append(field)
            elif other.kind != field.kind:
                raise ModelError(
                    f"{field.label} and {other.label} are the same column, of different types."
                )
        further.columns = [field.column for field in further.row_fields]
        further.plans.clear()
    owner.sharers.append(info)


def _of_kinds(info: ModelInfo, inner: Any) -> Any:
    def scope(source: Source, seen: Visibility) -> tuple[Condition, ...]:
        others = () if inner is None else inner(source, seen)
        plain = [item for item in others if not isinstance(item, OfKinds)]
        return (OfKinds(source, info), *plain)

    return scope


class OfKinds(Condition):
    """`kind IN ('dog', 'puppy')`: the rows of a model and of those derived from it.

    Kinds stand in the text: they are checked identifiers from class bodies, and the statement can
    be kept (sec:D1).
    """

    def __init__(self, source: Source, info: ModelInfo) -> None:
        self.source = source
        self.info = info

    def write(self, writer: Writer) -> None:
        model = self.info.model
        kinds = [
            k for k, other in (self.info.kinds or {}).items() if issubclass(other.model, model)
        ]
        column = self.info.fields[model._options.discriminator].column
        writer.column(self.source, column)
        writer.text(" IN (")
        writer.text(", ".join(f"'{check_identifier(kind, 'a kind')}'" for kind in sorted(kinds)))
        writer.text(")")


# -- several tables --------------------------------------------------------------------------------


def _join(info: ModelInfo, base: ModelInfo, own: set[str]) -> None:
    """The model's rows are those of its base with further columns, joined by the key."""
    key = info.primary_key
    if key.name in own:
        raise ModelError(f"{info.name} has the primary key of {base.name}: it declares another.")
    further = [key, *(field for field in info.fields.values() if field.name in own)]
    info.table_fields = further
    former = base.parts or (Part(base.table, tuple(base.fields.values())),)
    inherited = [
        Part(part.table, tuple(info.fields[field.name] for field in part.fields)) for part in former
    ]
    info.parts = (*inherited, Part(info.table, tuple(further)))
    info.joined = tuple(
        (part.table, tuple(f.column for f in part.fields if number == 0 or f is not key))
        for number, part in enumerate(info.parts)
    )
    info.joined_to = base
    if info.kinds is not None:
        for other in info.shared:
            other.complete = complete_rows


def own_names(body: dict[str, Any], options: MetaOptions) -> set[str]:
    """The fields that a class body declares."""
    names = {name for name, item in body.items() if isinstance(item, Field)}
    return names - {options.discriminator}
