"""Who made the ORM run a statement: the innermost line that is not the ORM's or a library's.

Frames are walked, nothing is formatted before somebody looks. A line of a Jinja template is told by
the template: its functions are compiled Python whose globals have the template itself.
"""

import sys
from os.path import dirname
from types import CodeType, FrameType
from typing import Any, Final

_PACKAGE: Final = dirname(dirname(__file__)) + "/"
_SITE: Final = dirname(dirname(dirname(__file__)))
_LIBRARIES: Final = tuple(f"{_SITE}/{name}/" for name in ("mvc", "httpcore"))
_ANYWHERE: Final = ("/jinja2/", "/markupsafe/", "/contextlib.py")
_MOST_FILES: Final = 10_000  # a program that makes up names of files does not fill the memory
_TEMPLATE: Final = "__jinja_template__"


class Caller:
    """A place in a program."""

    __slots__ = ("function", "line", "path")

    def __init__(self, path: str, line: int, function: str) -> None:
        self.path = path
        self.line = line
        self.function = function

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" + (f" in {self.function}" if self.function else "")

    def __repr__(self) -> str:
        return f"Caller({str(self)!r})"


# A place not worked out yet: the code, the position in it, its globals.
Mark = tuple[CodeType, int, dict[str, Any]]


def mark_caller() -> Mark:
    """The innermost place outside of the ORM, at the cost of a look at each frame on the way; for
    what is done with every query. `resolve` tells the line."""
    frame = sys._getframe(3)  # past set_origin() and the method that ran the query
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame.f_code, frame.f_lasti, frame.f_globals


def resolve(mark: Mark) -> Caller:
    """The line of a mark (PEP 626)."""
    code, place, names = mark
    lines = (line for start, end, line in code.co_lines() if start <= place < end)
    line = next(lines, None) or code.co_firstlineno
    template = names.get(_TEMPLATE)
    if template is not None:
        return _in_template(template, code.co_filename, line)
    return Caller(code.co_filename, line, code.co_name)


def find_caller() -> Caller | None:
    """The place that called into the ORM; None when there is nothing but libraries."""
    frame: FrameType | None = sys._getframe(1)
    fallback = None
    while frame is not None:
        code = frame.f_code
        kind = _kinds.get(code.co_filename) or _kind_of(code.co_filename)
        if kind != _OURS:
            template = frame.f_globals.get(_TEMPLATE)
            if template is not None:
                return _in_template(template, code.co_filename, frame.f_lineno)
            found = Caller(code.co_filename, frame.f_lineno, code.co_name)
            if kind == _PROGRAM:
                return found
            fallback = fallback or found
        frame = frame.f_back
    return fallback


# Whose a file is. Every query asks it of the same few files.
_OURS, _LIBRARY, _PROGRAM = 1, 2, 3
_kinds: dict[str, int] = {}


def _kind_of(path: str) -> int:
    if path.startswith((_PACKAGE, "<string>")):
        kind = _OURS
    elif path.startswith(("<", *_LIBRARIES)) or any(part in path for part in _ANYWHERE):
        kind = _LIBRARY
    else:
        kind = _PROGRAM
    if len(_kinds) < _MOST_FILES:
        _kinds[path] = kind
    return kind


def _in_template(template: Any, path: str, line: int) -> Caller:
    name = template.filename or template.name or path
    return Caller(str(name), template.get_corresponding_lineno(line), "")
