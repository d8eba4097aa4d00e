"""What an application adds to its templates: functions, filters, context (feat:T6, T8).

The decorators file an entry under the module they stand in, as routes do, and return the function
unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, overload

from mvc.routing.applied import FORGOTTEN, check_bare
from mvc.routing.location import caller_outside
from mvc.routing.registry import registry_of

Function = TypeVar("Function", bound=Callable[..., Any])


class ExtraKind(Enum):
    GLOBAL = "template_global"
    FILTER = "template_filter"
    CONTEXT = "context_processor"


@dataclass(frozen=True, slots=True)
class Extra:
    """One addition: `name` in templates; a context processor has none."""

    kind: ExtraKind
    name: str
    function: Callable[..., Any]


@overload
def template_global(target: Function) -> Function: ...
@overload
def template_global(target: str) -> Callable[[Function], Function]: ...
def template_global(target: Any = FORGOTTEN) -> Any:
    """A function that templates call: `@template_global`, or `@template_global("name")`."""
    return _declare(ExtraKind.GLOBAL, target)


@overload
def template_filter(target: Function) -> Function: ...
@overload
def template_filter(target: str) -> Callable[[Function], Function]: ...
def template_filter(target: Any = FORGOTTEN) -> Any:
    """A filter, `{{ value|name }}`: `@template_filter`, or `@template_filter("name")`."""
    return _declare(ExtraKind.FILTER, target)


def context_processor(function: Function = FORGOTTEN) -> Function:
    """`function(request)`, or `function()`, returns a dict that every template of the application
    gets."""
    declared: Function = _declare(ExtraKind.CONTEXT, function)
    return declared


def _declare(kind: ExtraKind, target: Any) -> Any:
    extras = registry_of(caller_outside().module).template_extras

    def declare(function: Function, name: str = "") -> Function:
        extras.append(Extra(kind, name or function.__name__, function))
        return function

    if isinstance(target, str):
        return lambda function: declare(function, target)
    check_bare(kind.value, target)
    return declare(target)
