"""What a handler's signature asks for, worked out once when its route is composed.

A parameter of the pattern comes from the path. Any other annotated one is a typed parameter: taken
from the query, then from the form or the JSON object. What is neither must be put in by a guard
(`owner_required` passes the row), or have a default.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mvc.dispatch.problems import InvalidParameters
from mvc.dispatch.values import CONVERTERS, Converter
from mvc.requests import Request
from mvc.routing import Route, location_of

_MISSING: Any = object()
_JSON_TYPES = ("application/json", "+json")
_KEYWORD_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class TypedParameter:
    """is_optional: None is a value it may have. default: `_MISSING` when there is none."""

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
    accepts = {name for name, each in parameters.items() if each.kind in _KEYWORD_KINDS}
    for name in route.pattern.names:
        if name not in accepts and not takes_any:
            raise _error(route, f"does not take {name!r} of {route.pattern.text}: add it")
    path, typed = [], []
    for name in accepts:
        compiled = _compile(route, parameters[name])
        if name in route.pattern.names:
            if compiled is not None and route.pattern.yields_text(name):
                path.append(compiled)
        elif compiled is not None:
            typed.append(compiled)
        elif parameters[name].default is inspect.Parameter.empty and not has_guards:
            known = ", ".join(each.__name__ for each in CONVERTERS if isinstance(each, type))
            raise _error(
                route,
                f"takes {name!r}, which is not in {route.pattern.text}: put it there, give it a "
                f"default, or annotate it with one of {known}",
            )
    return Signature(tuple(path), tuple(typed), frozenset(accepts), takes_any)


def collect(request: Request, wanted: tuple[TypedParameter, ...]) -> dict[str, Any]:
    """The typed parameters of this request. Raises InvalidParameters (422) naming every fault."""
    values: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for parameter in wanted:
        place, given = _look_up(request, parameter)
        if given is _MISSING:
            if parameter.default is _MISSING and not parameter.is_optional:
                errors.append({"in": place, "name": parameter.name, "detail": "is required"})
            else:
                default = parameter.default
                values[parameter.name] = None if default is _MISSING else default
        else:
            _convert(parameter, given, place, (values, errors))
    if errors:
        raise InvalidParameters(errors)
    return values


def convert_path(params: dict[str, Any], wanted: tuple[TypedParameter, ...]) -> dict[str, Any]:
    """The path's parameters with annotated ones converted. Raises InvalidParameters (422)."""
    values = dict(params)
    errors: list[dict[str, str]] = []
    for parameter in wanted:
        _convert(parameter, params[parameter.name], "path", (values, errors))
    if errors:
        raise InvalidParameters(errors)
    return values


def _convert(
    parameter: TypedParameter,
    given: Any,
    place: str,
    outcome: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    values, errors = outcome
    try:
        values[parameter.name] = parameter.converter.convert(given)
    except ValueError:
        detail = f"must be {parameter.converter.title}"
        errors.append({"in": place, "name": parameter.name, "detail": detail})


def _look_up(request: Request, parameter: TypedParameter) -> tuple[str, Any]:
    place, given = "query", request.query.get(parameter.name, _MISSING)
    if given is _MISSING and request.head.has_body:
        content_type = request.headers.get("Content-Type", "").partition(";")[0].strip(" \t")
        if content_type.lower().endswith(_JSON_TYPES):
            document = request.json
            place = "json"
            given = document.get(parameter.name, _MISSING) if isinstance(document, dict) else given
        else:
            place, given = "form", request.form.get(parameter.name, _MISSING)
    # A blank field of a form means "not given" to every type but text.
    is_blank = given == "" and parameter.converter is not CONVERTERS[str]
    is_null = given is None and parameter.is_optional
    return place, _MISSING if is_blank or is_null else given


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
    default = parameter.default if has_default else _MISSING
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


def _error(route: Route, problem: str) -> TypeError:
    name = getattr(route.handler, "__name__", repr(route.handler))
    return TypeError(f"{location_of(route.handler)}: handler {name!r} {problem}")
