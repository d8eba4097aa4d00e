"""An exception as data for the debug page: its frames, the lines around them, its causes."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import jinja2

_ENGINE = Path(jinja2.__file__).parent
_CONTEXT_LINES = 4  # shown before and after the line in question
_MAX_FRAMES = 50  # per exception, the innermost ones
_MAX_CAUSES = 10


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class FrameView:
    """One step of a traceback. file: as Python or the template engine names it."""

    file: str
    line: int
    function: str
    source: list[SourceLine]


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One exception of a chain. location: `file, line n` where the fault lies."""

    title: str
    message: str
    location: str
    frames: list[FrameView]


def describe(error: BaseException) -> list[ExceptionView]:
    """The exception and what caused it, the newest first."""
    return [_describe_one(each) for each in islice(_chain(error), _MAX_CAUSES)]


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden


def _describe_one(error: BaseException) -> ExceptionView:
    frames = [_frame(summary) for summary in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, jinja2.TemplateSyntaxError):
        # The fault lies in the template, not in the engine that read it.
        file = error.filename or error.name or "a template"
        frames.append(FrameView(file, error.lineno, "template", _source(file, error.lineno)))
    # An undefined name surfaces inside the engine; the template that used it is the place to look.
    places = [frame for frame in frames if _ENGINE not in Path(frame.file).parents] or frames
    location = f"{places[-1].file}, line {places[-1].line}" if places else ""
    message = str(error)
    return ExceptionView(type(error).__name__, message, location, frames[-_MAX_FRAMES:][::-1])


def _frame(summary: traceback.FrameSummary) -> FrameView:
    line = summary.lineno or 0
    return FrameView(summary.filename, line, summary.name, _source(summary.filename, line))


def _source(file: str, line: int) -> list[SourceLine]:
    numbers = range(max(1, line - _CONTEXT_LINES), line + _CONTEXT_LINES + 1)
    lines = [(number, linecache.getline(file, number)) for number in numbers]
    return [SourceLine(number, text.rstrip("\n"), number == line) for number, text in lines if text]
