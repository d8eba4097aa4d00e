"""The WITH clause: common table expressions are declared where the FROM that names them begins."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from orm.expressions.writer import Source, Writer
from orm.queries.sources import CteSource


@contextmanager
def declared(writer: Writer, sources: Iterable[Source]) -> Iterator[None]:
    """Write `WITH ...` for those of the sources that no statement around has declared."""
    new = [
        source
        for source in sources
        if isinstance(source, CteSource) and source not in writer.declared
    ]
    writer.declared.extend(new)
    if new:
        is_recursive = any(source.step is not None for source in new)
        writer.text("WITH RECURSIVE " if is_recursive else "WITH ")
        for index, source in enumerate(new):
            writer.text(", " if index else "")
            with writer.wall():
                source.write_declaration(writer)
        writer.text(" ")
    try:
        yield
    finally:
        del writer.declared[len(writer.declared) - len(new) :]
