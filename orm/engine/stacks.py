"""Where a connection was borrowed, taken cheaply and written out only when somebody asks."""

import sys
from os.path import dirname
from types import CodeType, FrameType

# Frames kept, innermost first, and how many of this package's own are passed over.
_DEPTH = 12
_PACKAGE = dirname(dirname(__file__))

Stack = tuple[tuple[CodeType, int], ...]


def take_stack(frame: FrameType | None = None) -> Stack:
    """The callers, as code and place in it: no text, and no frame kept alive with its variables.

    frame: where to begin, by default the caller's own.
    """
    found: list[tuple[CodeType, int]] = []
    frame = frame or sys._getframe(1)
    while frame is not None and len(found) < _DEPTH:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE):
            found.append((code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def format_stack(stack: Stack) -> str:
    """One line for each caller, the innermost first."""
    return "\n".join(
        f"  {code.co_filename}:{_line(code, place)} in {code.co_qualname}" for code, place in stack
    )


def _line(code: CodeType, place: int) -> int | None:
    """The line of a bytecode offset (PEP 626)."""
    lines = (line for start, end, line in code.co_lines() if start <= place < end)
    return next(lines, code.co_firstlineno)
