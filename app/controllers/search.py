"""Search over titles and texts, and the tags."""

from functools import reduce
from operator import and_
from typing import Any

from app.listings import listing
from app.models import Post, Tag
from mvc import Request, route, view
from orm import count, lower

_WORDS_MAX = 8  # each word is one more look at every text


@route("/search", name="search")
@view("posts/search.html")
def search(request: Request) -> dict[str, Any]:
    """Posts that have every word, in the title or the text, in capitals or not."""
    q = request.query.get("q", "").strip()[:100]
    words = q.lower().split()[:_WORDS_MAX]
    if not words:
        return {"q": q, "posts": None, "replies": {}}
    title, body = lower(Post.title), lower(Post.body)
    has_word = [title.contains(word) | body.contains(word) for word in words]
    return {"q": q, **listing(request, Post.select().where(reduce(and_, has_word)))}


@route("/tags", name="tags")
@view("posts/tags.html")
def tags(request: Request) -> dict[str, Any]:
    used = Tag.select(Tag.name, count(Post.id).as_("posts")).join(Tag.posts).group_by(Tag.id)
    return {"tags": used.order_by(Tag.name).dicts()}


@route("/tags/<name:re:[^/]{1,30}>", name="tag")
@view("posts/tag.html")
def tag(request: Request, name: str) -> dict[str, Any]:
    found = Tag.one(name=name)
    return {
        "tag": found,
        **listing(request, Post.select().where(Post.tags.any(Tag.id == found.id))),
    }
