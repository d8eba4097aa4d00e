"""Fields that a query left out: read together, by one statement, when one of them is asked for."""

from typing import Any

from orm.metadata.scope import Visibility
from orm.models.documents import written
from orm.queries.select import Query
from orm.queries.shape import Shape


def load_deferred(instance: Any) -> None:
    """Give the instance every field it lacks; DoesNotExist when its row is gone."""
    info, state = type(instance)._meta, instance.__dict__
    documents = instance._documents
    missing = [
        field
        for field in info.fields.values()
        if field.attribute not in state and field.attribute not in documents
    ]
    columns = tuple(field.expression for field in missing)
    key = info.primary_key.expression == instance._stored_key()
    # A row that is marked as deleted has its values all the same.
    seen = Visibility(everywhere=True)
    row = Query[Any](Shape(info.source, columns, where=(key,), seen=seen)).one()
    cells = {}
    for field, value in zip(missing, row, strict=True):
        state[field.attribute] = value
        if field.is_mutable:
            cells[field.attribute] = written(field, value)
    if cells:
        state["_documents"] = {**documents, **cells}
