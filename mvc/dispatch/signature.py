"""What a handler's signature asks for, worked out once when its route is composed.

A parameter of the pattern comes from the path. Any other annotated one is a typed parameter (see
`parameters`). What is neither must be put in by a guard (`owner_required` passes the row), or have
a default.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mvc.dispatch.values import CONVERTERS, Converter
from mvc.routing import Route, location_of

# The default of a parameter that has none.
MISSING: Any = object()
_KEYWORD_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class TypedParameter:
    """is_optional: None is a value it may have. default: `MISSING` when there is none."""

    name: str
    converter: Converter
    is_optional: bool
    default: Any


@dataclass(frozen=True, slots=True)
class Signature:
    """What a handler takes.

    path: parameters of the pattern whose text is still to be converted. typed: the ones to look
    for. accepts: names it takes by keyword; takes_any: it has `**kwargs`.
    """

    path: tuple[TypedParameter, ...]
    typed: tuple[TypedParameter, ...]
    accepts: frozenset[str]
    takes_any: bool


def read_signature(route: Route, has_guards: bool) -> Signature:
    """Compile the signature of a route's handler.

    Raises TypeError, naming file and line, for a handler that cannot be called for the pattern.
    """
    if inspect.iscoroutinefunction(route.handler):
        raise _error(route, "is async: handlers are plain functions, the threads wait for them")
    parameters = _keyword_parameters(route)
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    accepted = {name: each for name, each in parameters.items() if each.kind in _KEYWORD_KINDS}
    for name in route.pattern.names:
        if name not in accepted and not takes_any:
            raise _error(route, f"does not take {name!r} of {route.pattern.text}: add it")
    compiled = {name: _compile(route, each) for name, each in accepted.items()}
    for name, each in accepted.items():
        is_known = name in route.pattern.names or compiled[name] is not None
        if not (is_known or has_guards or each.default is not inspect.Parameter.empty):
            raise _unknown_parameter(route, name)
    typed = [each for each in compiled.values() if each is not None]
    in_path = [each for each in typed if each.name in route.pattern.names]
    return Signature(
        path=tuple(each for each in in_path if route.pattern.yields_text(each.name)),
        typed=tuple(each for each in typed if each not in in_path),
        accepts=frozenset(accepted),
        takes_any=takes_any,
    )


def _keyword_parameters(route: Route) -> dict[str, inspect.Parameter]:
    parameters = dict(inspect.signature(route.handler).parameters)
    for name, parameter in parameters.items():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            return parameters
        if parameter.kind in _KEYWORD_KINDS[:1] or parameter.kind is parameter.POSITIONAL_ONLY:
            del parameters[name]
            return parameters
        break
    raise _error(route, "takes no request: its first parameter must be the request")


def _compile(route: Route, parameter: inspect.Parameter) -> TypedParameter | None:
    annotation = _evaluate(parameter.annotation, route.handler)
    is_optional = False
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [each for each in typing.get_args(annotation) if each is not type(None)]
        is_optional = len(members) < len(typing.get_args(annotation))
        annotation = members[0] if len(members) == 1 else None
    try:
        converter = CONVERTERS.get(annotation)
    except TypeError:  # an annotation that cannot be hashed is none of ours
        converter = None
    if converter is None:
        return None
    has_default = parameter.default is not inspect.Parameter.empty
    default = parameter.default if has_default else MISSING
    return TypedParameter(parameter.name, converter, is_optional, default)


def _evaluate(annotation: Any, handler: Callable[..., Any]) -> Any:
    """The annotation itself; of one in quotes what it names, None when that is not importable."""
    if not isinstance(annotation, str):
        return annotation
    namespace = getattr(inspect.unwrap(handler), "__globals__", {})
    try:
        return eval(annotation, namespace)
    except Exception:  # names imported for type checkers only: no type of ours
        return None


def _unknown_parameter(route: Route, name: str) -> TypeError:
    known = ", ".join(getattr(each, "__name__", "") for each in CONVERTERS)
    return _error(
        route,
        f"takes {name!r}, which is not in {route.pattern.text}: put it there, give it a default, "
        f"or annotate it with one of {known}",
    )


def _error(route: Route, problem: str) -> TypeError:
    name = getattr(route.handler, "__name__", repr(route.handler))
    return TypeError(f"{location_of(route.handler)}: handler {name!r} {problem}")
