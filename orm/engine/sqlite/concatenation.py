"""group_concat with an order and DISTINCT, which SQLite learns only in 3.44."""

from typing import Any


class GroupConcat:
    """`orm_group_concat(value, separator, is_distinct, directions, key, ...)`.

    directions: for each key `a` or `d`. NULLs are left out, as MySQL does; as a key they come first
    in an ascending order. Nothing to join gives NULL.
    """

    def __init__(self) -> None:
        self._items: list[tuple[str, tuple[Any, ...]]] = []
        self._separator = ","
        self._is_distinct = False
        self._directions = ""

    def step(self, value: Any, separator: str, distinct: int, directions: str, *keys: Any) -> None:
        self._separator, self._is_distinct = separator, bool(distinct)
        self._directions = directions
        if value is not None:
            self._items.append((str(value), tuple(_sortable(key) for key in keys)))

    def finalize(self) -> str | None:
        if not self._items:
            return None
        items = self._items
        for index in range(len(self._directions) - 1, -1, -1):
            items.sort(key=lambda item: item[1][index], reverse=self._directions[index] == "d")
        texts = [text for text, _ in items]
        return self._separator.join(dict.fromkeys(texts) if self._is_distinct else texts)


def _sortable(key: Any) -> tuple[int, Any]:
    """NULL before numbers before texts before bytes, as SQLite sorts them."""
    if key is None:
        return (0, 0)
    if isinstance(key, (int, float)):
        return (1, key)
    return (2, key) if isinstance(key, str) else (3, key)
