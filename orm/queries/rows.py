"""The row of a query that selects columns, as a type checker sees it (orm:O39)."""

from typing import TYPE_CHECKING, Any, TypeVarTuple

Cells = TypeVarTuple("Cells")


class Row(tuple[*Cells]):
    """A named tuple: `row[0]` and unpacking have the types of the selected columns.

    Names come from labels and fields, which no annotation can follow: `row.title` is Any.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def _asdict(self) -> dict[str, Any]: ...
