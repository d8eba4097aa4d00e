"""FullText: an index for searching words, declared in `Meta.indexes`."""

from orm.errors import ModelError
from orm.metadata.constraints import Index


class FullText(Index):
    """Words of these text columns, found by `match()` (see `orm.expressions.search`).

    Words are told apart without regard to case, with regard to accents. The primary key has to be
    an integer. `docs/orm/json-and-search.md` says how each engine keeps it.
    """

    kind = "fulltext"

    def __init__(self, *names: str, name: str | None = None) -> None:
        super().__init__(*names, name=name)
        if not all(isinstance(item, str) and not item.startswith("-") for item in names):
            raise ModelError('FullText() takes names of text fields, as in FullText("title").')
