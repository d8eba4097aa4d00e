"""The typed parameters of a request: from the query, then from the form or the JSON object."""

from __future__ import annotations

from typing import Any

from mvc.dispatch.problems import InvalidParameters
from mvc.dispatch.signature import MISSING, TypedParameter
from mvc.dispatch.values import CONVERTERS
from mvc.requests import Request

_JSON_TYPES = ("application/json", "+json")


def collect(request: Request, wanted: tuple[TypedParameter, ...]) -> dict[str, Any]:
    """The typed parameters of this request. Raises InvalidParameters (422) naming every fault."""
    values: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for parameter in wanted:
        place, given = _look_up(request, parameter)
        if given is MISSING:
            if parameter.default is MISSING and not parameter.is_optional:
                errors.append({"in": place, "name": parameter.name, "detail": "is required"})
            else:
                default = parameter.default
                values[parameter.name] = None if default is MISSING else default
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
    place, given = "query", request.query.get(parameter.name, MISSING)
    if given is MISSING and request.head.has_body:
        content_type = request.headers.get("Content-Type", "").partition(";")[0].strip(" \t")
        if content_type.lower().endswith(_JSON_TYPES):
            document = request.json
            place = "json"
            given = document.get(parameter.name, MISSING) if isinstance(document, dict) else given
        else:
            place, given = "form", request.form.get(parameter.name, MISSING)
    # A blank field of a form means "not given" to every type but text.
    is_blank = given == "" and parameter.converter is not CONVERTERS[str]
    is_null = given is None and parameter.is_optional
    return place, MISSING if is_blank or is_null else given
