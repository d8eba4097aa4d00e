"""Values that can be changed in place, such as those of `Json` (orm:O36).

Such a value is read lazily: the row's cell stays as it came in `_documents`, by attribute, until
somebody looks at it. From then on the value is in the instance like any other, and the cell says
what the database holds: save() writes the value out and compares. That finds every change inside,
however it was made, and costs nothing for a document that was never looked at.
"""

from typing import Any

from orm.fields.base import Field
from orm.types.secret import Secret

# The forms of both engines are the same text for what is kept as a document.
_DIALECT = "sqlite"


def read(field: Field[Any], cell: Any) -> Any:
    """The value of a cell; DataError when the database holds something else."""
    decode = field.value_type.decoder(_DIALECT)
    if cell is None or decode is None:
        return cell
    try:
        return decode(cell)
    except (ValueError, TypeError, LookupError) as fault:
        raise field.unreadable(cell) from fault


def written(field: Field[Any], value: Any) -> Any:
    """The cell for a value."""
    encode = field.value_type.encoder(_DIALECT)
    cell = value if value is None or encode is None else encode(value)
    return cell.reveal() if isinstance(cell, Secret) else cell


def is_changed(field: Field[Any], cell: Any, value: Any) -> bool:
    """Would a save of `value` write something else than `cell`, but for spaces and the like?"""
    now = written(field, value)
    return bool(now != cell) and bool(now != written(field, read(field, cell)))
