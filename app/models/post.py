"""Posts: what people pin to a board."""

from app.models.board import Board
from app.models.tag import Tag
from mvc import User
from orm import DateTime, ForeignKey, Index, ManyToMany, Model, String, Text, now

TITLE_MAX = 120
BODY_MAX = 20_000


class Post(Model):
    """One post. Its indexes are the listings: newest first of all, of a board, of an author."""

    board = ForeignKey(Board, back="posts", on_delete="cascade")
    author = ForeignKey(User, back="posts", on_delete="cascade")
    title = String(TITLE_MAX)
    body = Text()
    tags = ManyToMany(Tag, back="posts")
    created_at = DateTime(default=now, index=True)
    edited_at = DateTime(null=True)

    class Meta:
        table = "posts"
        indexes = [Index("board", "-created_at"), Index("author", "-created_at")]
