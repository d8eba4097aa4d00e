"""Windows: a function over the rows around each row.

    rank().over(partition_by=Note.author, order_by=-Note.score)
    sum_(Note.score).over(order_by=Note.id, frame="rows unbounded preceding")
    month = window(partition_by=Note.author, order_by=Note.created_at)     # named, for several
    row_number().over(month), lag(Note.score).over(month)

A frame is checked word by word, so it may be written as SQL has it: `rows` or `range`, then one
bound or `between` two: `unbounded preceding`, `3 preceding`, `current row`, `2 following`,
`unbounded following`.
"""

import re
from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.operators import T_co
from orm.expressions.ordering import Ordered, ordered
from orm.expressions.patterns import Searchable
from orm.expressions.trace import Traceable
from orm.expressions.writer import Writer
from orm.types.base import shorten

_BOUND: Final = (
    r"(?:UNBOUNDED PRECEDING|UNBOUNDED FOLLOWING|CURRENT ROW|\d{1,9} (?:PRECEDING|FOLLOWING))"
)
_FRAME: Final = re.compile(rf"(?:ROWS|RANGE) (?:{_BOUND}|BETWEEN {_BOUND} AND {_BOUND})")


class Frame(Traceable):
    """A window's definition: partition, order, frame."""

    parts = ("partition_by", "order_by")
    traits = ("frame",)

    def __init__(
        self,
        partition_by: tuple[Expression[Any], ...] = (),
        order_by: tuple[Ordered[Any], ...] = (),
        frame: str | None = None,
    ) -> None:
        self.partition_by = partition_by
        self.order_by = order_by
        self.frame = frame

    def write(self, writer: Writer) -> None:
        clauses = 0
        if self.partition_by:
            writer.text("PARTITION BY ")
            writer.join(self.partition_by)
            clauses = 1
        if self.order_by:
            writer.text(" ORDER BY " if clauses else "ORDER BY ")
            writer.join(self.order_by)
            clauses = 1
        if self.frame is not None:
            writer.text(f" {self.frame}" if clauses else self.frame)


class Window(Searchable[T_co]):
    """`FUNCTION(...) OVER (...)`."""

    parts = ("function", "frame")

    def __init__(self, function: Any, frame: Frame) -> None:
        if getattr(function, "distinct", False):
            raise QueryError(
                f"{function.label}(distinct=True).over(): no engine counts distinct values over a "
                "window; count them in a subquery."
            )
        self.function = function
        self.frame = frame
        self.type = function.type

    @property
    def label(self) -> str:
        return str(self.function.label)

    def write(self, writer: Writer) -> None:
        if writer.stand_in(self):
            return
        write_over = getattr(self.function, "write_over", None)
        if write_over is not None:
            write_over(writer, self.frame)
            return
        self.function.write(writer)
        writer.text(" OVER (")
        self.frame.write(writer)
        writer.text(")")


def window(*, partition_by: Any = None, order_by: Any = None, frame: str | None = None) -> Frame:
    """A window for several functions, as in `rank().over(w)`."""
    return overlaid(None, partition_by, order_by, frame)


def overlaid(base: Frame | None, partition_by: Any, order_by: Any, frame: str | None) -> Frame:
    """`base` with what is given over it; QueryError for what is no expression or no frame."""
    if base is not None and not isinstance(base, Frame):
        raise QueryError(f"over() takes a window(...) or keywords, not {shorten(base)}.")
    start = Frame() if base is None else base
    return Frame(
        _several(partition_by, "partition_by") or start.partition_by,
        tuple(map(ordered, _several(order_by, "order_by"))) or start.order_by,
        _checked(frame) if frame is not None else start.frame,
    )


def _several(value: Any, name: str) -> tuple[Expression[Any], ...]:
    if value is None:
        return ()
    items = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    for item in items:
        if not isinstance(item, Expression):
            raise QueryError(f"over({name}=) takes expressions, not {shorten(item)}.")
    return items


def _checked(frame: str) -> str:
    text = " ".join(frame.upper().split()) if isinstance(frame, str) else ""
    if not _FRAME.fullmatch(text):
        raise QueryError(
            f"{shorten(frame)} is no frame; write it as in 'rows between 2 preceding and current "
            "row', 'range unbounded preceding'."
        )
    return text
