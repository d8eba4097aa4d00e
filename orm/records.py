"""Small classes of named values: declared, typed and used like dataclasses, and cheap to import.

`dataclasses` imports `inspect` (6 ms with all that this brings) and compiles up to six functions
for each class (0.3 to 1 ms). For the 37 classes that `import orm` loads this was a quarter of its
time. The subclasses of Record share all methods but `__init__`, and that is compiled when the first
object is made: half of them are never made. Such an object is as quick to make and to read as that
of a dataclass; to compare and to hash it takes 1 us.

What `import orm` loads declares its records so; what is imported on demand has dataclasses.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Final, NoReturn, TypeVar, dataclass_transform, get_origin

from orm.later import dataclasses

_ABSENT: Final[Any] = object()


class _Field:
    def __init__(self, default: Any, factory: Callable[[], Any] | None, is_shown: bool) -> None:
        self.default = default
        self.factory = factory
        self.is_shown = is_shown


def field(
    *, default: Any = _ABSENT, default_factory: Callable[[], Any] | None = None, shown: bool = True
) -> Any:
    """A field with a default of its own for each object, or one that `repr` leaves out."""
    return _Field(default, default_factory, shown)


class _DataclassFields:
    """Makes a record a dataclass for those who ask: `dataclasses.asdict`, encoders of JSON."""

    def __get__(self, record: object, kind: Any) -> dict[str, Any]:
        return _dataclass_fields(kind)


@cache
def _dataclass_fields(kind: Any) -> dict[str, Any]:
    alike: Any = dataclasses.make_dataclass(kind.__name__, kind.field_names)
    found: dict[str, Any] = alike.__dataclass_fields__
    return found


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record:
    """A frozen class of its annotated fields; `class Name(Record, frozen=False, eq=False)`.

    frozen: setting an attribute raises AttributeError. eq: objects with equal fields are equal, and
    hashed by them when frozen; otherwise every object is equal to itself only.
    `__post_init__` is called at the end of `__init__`, if there is one.
    """

    field_names: ClassVar[tuple[str, ...]] = ()
    __dataclass_fields__: ClassVar[dict[str, Any]] = _DataclassFields()  # type: ignore[assignment]

    def __init_subclass__(cls, *, frozen: bool = True, eq: bool = True) -> None:
        super().__init_subclass__()
        own = cls.__annotations__.items()
        names = (name for name, kind in own if not _is_of_class(kind))
        cls.field_names = tuple(dict.fromkeys((*cls.field_names, *names)))
        given: Any = cls  # whose methods are given here
        if "__init__" not in cls.__dict__:
            given.__init__ = _first_init(cls)
        if frozen:
            given.__setattr__ = given.__delattr__ = _refuse
        if not eq:
            given.__eq__, given.__hash__ = object.__eq__, object.__hash__
        elif not frozen:
            given.__hash__ = None

    def __repr__(self) -> str:
        kind = type(self)
        shown = (name for name in self.field_names if _is_shown(kind, name))
        pairs = (f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{kind.__qualname__}({', '.join(pairs)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(tuple(_values(self)))


def _first_init(kind: type[Record]) -> Callable[..., None]:
    """What stands for the `__init__` of a class until its first call, which may come from that of a
    subclass. Two threads at once both put the same there."""

    def compile_and_init(self: Record, *args: Any, **kwargs: Any) -> None:
        init = _compile_init(kind)
        kind.__init__ = init  # type: ignore[method-assign]
        init(self, *args, **kwargs)

    return compile_and_init


def _compile_init(kind: type[Record]) -> Callable[..., None]:
    scope: dict[str, Any] = {"_absent": _ABSENT, "_set": object.__setattr__}
    assign = "_set(self, {0!r}, {1})" if kind.__setattr__ is _refuse else "self.{0} = {1}"
    head, body = ["self"], []
    for name in kind.field_names:
        default, value = getattr(kind, name, _ABSENT), name
        if isinstance(default, _Field):
            scope[f"_new_{name}"] = default.factory
            if default.factory:
                value = f"_new_{name}() if {name} is _absent else {name}"
            default = default.default
            has_default = True
        else:
            has_default = default is not _ABSENT
        scope[f"_default_{name}"] = default
        head.append(f"{name}=_default_{name}" if has_default else name)
        body.append(assign.format(name, value))
    if hasattr(kind, "__post_init__"):
        body.append("self.__post_init__()")
    # Names of attributes from our own classes, nothing else.
    exec(f"def __init__({', '.join(head)}):\n " + "\n ".join(body), scope)
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{kind.__qualname__}.__init__"
    return init


def _refuse(self: Record, name: str, *value: Any) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be changed.")


def _values(record: Record) -> list[Any]:
    return [getattr(record, name) for name in record.field_names]


def _is_of_class(annotation: Any) -> bool:
    return get_origin(annotation) is ClassVar


def _is_shown(kind: type[Record], name: str) -> bool:
    default = getattr(kind, name, None)
    return not isinstance(default, _Field) or default.is_shown


def defaults(kind: type[Record]) -> dict[str, Any]:
    """The plain defaults, by field."""
    return {name: getattr(kind, name) for name in kind.field_names if hasattr(kind, name)}


R = TypeVar("R", bound=Record)


def replace(record: R, **changes: Any) -> R:
    """A new one with other values of some fields; TypeError for a name that is no field."""
    values = {name: getattr(record, name) for name in record.field_names}
    return type(record)(**(values | changes))
