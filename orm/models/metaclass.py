"""What a class body goes through on its way to a model."""

from typing import TYPE_CHECKING, Any

from orm.expressions.base import Condition
from orm.later import difflib
from orm.models import builder
from orm.models.inheritance import concrete_base, declare, own_names, settle
from orm.models.options import MetaOptions, read_options
from orm.names import did_you_mean


class ModelType(type):
    """The metaclass: it collects declarations and leaves the rest to the builder."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **keywords: Any
    ) -> "ModelType":
        parents = [base for base in bases if isinstance(base, ModelType)]
        if not parents:
            return super().__new__(mcs, name, bases, namespace, **keywords)
        body = dict(namespace)
        inherited: MetaOptions | None = getattr(parents[0], "_options", None)
        meta = body.pop("Meta", None)
        base = concrete_base(bases)
        options = settle(name, read_options(name, meta, inherited), base, meta)
        declared = declare(name, builder.collect(bases, body), options, base)
        if not options.abstract:
            declared = builder.with_mark(builder.with_key(declared), options)
        body["_declared"] = declared
        body["_options"] = options
        model = super().__new__(mcs, name, bases, body, **keywords)
        builder.build(model, options, base, own_names(body, options))
        return model

    # Python asks here for what is not there. To a type checker it may be: back-references and
    # `author_id` are made at run time.
    def __getattr__(cls, name: str) -> Any:
        raise AttributeError(unknown_attribute(cls, name), name=name)

    if TYPE_CHECKING:
        # `Note.author` is to a type checker the model it leads to, and to a query an expression.
        def __eq__(cls, other: object) -> Condition: ...  # type: ignore[override]
        def __ne__(cls, other: object) -> Condition: ...  # type: ignore[override]
        def __hash__(cls) -> int: ...


def unknown_attribute(model: Any, name: str) -> str:
    """What to say of a name that a model class does not have."""
    info = vars(model).get("_meta")
    if info is None or name.startswith("_"):
        return f"type object {model.__name__!r} has no attribute {name!r}"
    names = {*info.by_name, *info.relations}
    public = {each for each in dir(model) if not each.startswith("_")}
    is_method = not difflib.get_close_matches(name, names) and difflib.get_close_matches(
        name, public
    )
    known = public if is_method else names
    return f"{info.name} has no field {name!r}. {did_you_mean(name, known)}"
