"""The statements that a shape can be: its rows, their number, whether there is one, a subselect.

Each function writes one and returns how a row of it is read; plans know them by these functions.
"""

from typing import Any

from orm.expressions.base import Labelled
from orm.expressions.functions import Aggregate
from orm.expressions.writer import Writer
from orm.queries.annotations import annotated_loader
from orm.queries.compile import (
    SelectCompiler,
    primary_key,
    write_columns,
    write_count,
    write_numbered,
    write_objects,
    write_one,
)
from orm.queries.loaders import Loader, Part, build_loader, object_loader, tuple_loader
from orm.queries.pruning import without_unused_related
from orm.queries.shape import FixedNumber, Shape
from orm.types.base import Converter


def compile_rows(shape: Shape, writer: Writer) -> Loader:
    """Objects of the model, or named tuples of the selected columns."""
    dialect = writer.dialect
    if shape.columns:
        pruned = without_unused_related(shape, dialect)
        SelectCompiler(pruned, writer).write(write_columns)
        return tuple_loader(shape.columns, dialect.name)
    compiler = SelectCompiler(shape, writer)
    compiler.write(write_objects)
    return _object_loader(compiler, dialect.name)


def compile_count(shape: Shape, writer: Writer) -> None:
    """The number of rows."""
    shape = without_unused_related(shape.changed(lock=""), writer.dialect)
    is_plain = shape.limit is None and shape.offset is None and not shape.group_by
    if is_plain and not shape.distinct and not has_aggregate(shape):
        SelectCompiler(shape, writer).write(write_count, tail=False)
    else:
        writer.text("SELECT COUNT(*) FROM (")
        SelectCompiler(shape, writer).write(write_numbered)
        writer.text(") AS counted")


def compile_existence(shape: Shape, writer: Writer) -> None:
    """One row when there is any."""
    shape = without_unused_related(shape.changed(order_by=(), lock=""), writer.dialect)
    # Aggregated and distinct rows exist by other rules than those of the table.
    is_counted = shape.distinct or has_aggregate(shape)
    if shape.limit is None:
        shape = shape.changed(limit=FixedNumber(1, None))
    SelectCompiler(shape, writer).write(write_numbered if is_counted else write_one)


def write_subselect(shape: Shape, writer: Writer) -> None:
    """The query inside another statement, of one column."""
    shape = without_unused_related(shape.changed(lock=""), writer.dialect)
    SelectCompiler(shape, writer).write(_subselect_columns)


def write_list(shape: Shape, writer: Writer) -> None:
    """The query as the list of an IN. MySQL takes no LIMIT there, but in a table derived there."""
    if not writer.is_mysql or (shape.limit is None and shape.offset is None):
        write_subselect(shape, writer)
        return
    shape = without_unused_related(shape.changed(lock=""), writer.dialect)
    writer.text("SELECT * FROM (")
    with writer.wall():
        SelectCompiler(shape, writer).write(write_numbered)
    writer.text(") AS limited")


def _subselect_columns(compiler: SelectCompiler) -> None:
    if compiler.shape.columns:
        write_columns(compiler)
    else:
        primary_key(compiler.shape.source).write(compiler.writer)


def compile_keyed(keyed: Any, writer: Writer) -> tuple[Loader, Converter | None]:
    """As compile_rows, for objects, with one more column behind them (see `orm.queries.prefetch`);
    the loader leaves it alone, and beside it is what decodes it."""

    def write(compiler: SelectCompiler) -> None:
        write_objects(compiler)
        writer.text(", ")
        keyed.key.write(writer)

    compiler = SelectCompiler(keyed.shape, writer)
    compiler.write(write)
    decode = keyed.key.type.decoder(writer.dialect.name) if keyed.key.type else None
    return _object_loader(compiler, writer.dialect.name, extra=1), decode


def _object_loader(compiler: SelectCompiler, dialect: str, *, extra: int = 0) -> Loader:
    """extra: columns behind those of the query."""
    shape, info = compiler.shape, compiler.shape.source.info
    if not compiler.related and shape.only is None and not shape.annotations and not extra:
        return object_loader(info, dialect)
    own = info.row_fields
    if shape.only is not None:
        own = [info.by_attribute[name] for name in shape.only]
    parts = [Part(info.model, own)]
    offset = len(own)
    for item in compiler.related:
        far = item.source.info
        fields = far.row_fields
        parts.append(Part(far.model, fields, offset, item.parent, item.path.relation.name))
        offset += len(fields)
    load = build_loader(parts, dialect, extra=len(shape.annotations) + extra)
    return annotated_loader(load, offset, shape.annotations, dialect) if shape.annotations else load


def has_aggregate(shape: Shape) -> bool:
    """Is it one row over the whole table, as select(count()) without group_by is?"""
    inner = [item.inner if isinstance(item, Labelled) else item for item in shape.columns]
    return bool(shape.having) or any(isinstance(item, Aggregate) for item in inner)
