"""The home page with every board, and the page of one board."""

from typing import Any

from app.listings import listing, newest_first, replies_of
from app.models import Board, Post
from mvc import Request, route, view
from orm import count, max_

_LATEST = 6


@route("/", name="home")
@view("boards/index.html")
def index(request: Request) -> dict[str, Any]:
    posts = newest_first(Post.select()).limit(_LATEST).all()
    return {
        "boards": Board.select().order_by(Board.position, Board.name).all(),
        "activities": _activities(),
        "posts": posts,
        "replies": replies_of(posts),
    }


def _activities() -> dict[int, dict[str, Any]]:
    """How many posts each board has and when the latest came, in one statement for all."""
    query = Post.select(
        Post.board_id, count(Post.id).as_("posts"), max_(Post.created_at).as_("latest")
    )
    return {row["board_id"]: row for row in query.group_by(Post.board).dicts()}


@route("/boards/<slug:re:[a-z0-9-]{1,40}>", name="board")
@view("boards/show.html")
def show(request: Request, slug: str) -> dict[str, Any]:
    board = Board.one(slug=slug)
    return {"board": board, **listing(request, Post.select().where(Post.board == board))}
