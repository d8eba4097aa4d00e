"""Boards: the headings under which people pin their posts."""

from orm import Integer, Model, String

NAME_MAX = 60
SLUG_MAX = 40
DESCRIPTION_MAX = 200


class Board(Model):
    """One board. `slug` is its name in addresses; boards are listed by `position`, then name."""

    slug = String(SLUG_MAX, unique=True)
    name = String(NAME_MAX)
    description = String(DESCRIPTION_MAX, default="")
    position = Integer(default=0)

    class Meta:
        table = "boards"
