"""One page of a query."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

M = TypeVar("M")


class Page(Generic[M]):
    """The items of one page and what a pager needs. Pages count from 1; an empty result has one.

    No dataclass: a JSON encoder would take its fields, where `__json__` has `pages` too.
    """

    def __init__(self, items: list[M], page: int, size: int, total: int) -> None:
        self.items = items
        self.page = page
        self.size = size
        self.total = total

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __json__(self) -> dict[str, Any]:
        return {
            "items": [to_json(item) for item in self.items],
            "page": self.page,
            "size": self.size,
            "total": self.total,
            "pages": self.pages,
        }


def to_json(item: Any) -> Any:
    """A model or a named tuple as a dict."""
    to_dict = getattr(item, "_asdict", None) or item.__json__
    return to_dict()
