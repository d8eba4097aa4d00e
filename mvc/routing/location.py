"""Where in the application something was declared: for error messages, and to file it there."""

import inspect
import sys
from dataclasses import dataclass
from typing import Any

_OWN_PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Caller:
    """module: its dotted name. location: `file:line`."""

    module: str
    location: str


def caller_outside() -> Caller:
    """The nearest caller outside the framework: the line of the decorator itself."""
    frame = sys._getframe(1)
    while frame.f_back and _is_own(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    module = frame.f_globals.get("__name__", "")
    return Caller(module, f"{frame.f_code.co_filename}:{frame.f_lineno}")


def location_of(item: Any) -> str:
    """`file:line` of a function or a class, or its repr when it was not written in Python."""
    code = getattr(getattr(item, "__wrapped__", item), "__code__", None)
    if code:
        return f"{code.co_filename}:{code.co_firstlineno}"
    try:
        return f"{inspect.getsourcefile(item)}:{inspect.getsourcelines(item)[1]}"
    except (OSError, TypeError):
        return repr(item)


def _is_own(module: str) -> bool:
    return module == _OWN_PACKAGE or module.startswith(f"{_OWN_PACKAGE}.")
