"""Values that a query computes, as attributes of its objects."""

from collections.abc import Sequence
from typing import Any

from orm.expressions.base import Expression
from orm.queries.loaders import Loader, Row, tuple_loader


def annotated_loader(
    load: Loader, width: int, annotations: Sequence[Expression[Any]], dialect: str
) -> Loader:
    """A loader that also sets the annotations, which stand behind `width` columns of a row."""
    names = [item.label for item in annotations]
    read = tuple_loader(annotations, dialect)
    end = width + len(annotations)

    def load_annotated(rows: Sequence[Row]) -> list[Any]:
        found = load(rows)
        for instance, values in zip(found, read([row[width:end] for row in rows]), strict=True):
            instance.__dict__.update(zip(names, values, strict=True))
        return found

    return load_annotated
