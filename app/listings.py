"""Listings of posts, as every page that lists some needs them: without one query per post.

Author and board come in the same statement as the posts, tags in one more for all of them, and
the numbers of comments in a third.
"""

from collections.abc import Iterable
from typing import Any

from app.models import Comment, Post
from mvc import Request
from orm import Page, Query, count

PAGE_SIZE = 20


def newest_first(posts: Query[Post]) -> Query[Post]:
    """These posts with all that a listing shows of them, the newest first."""
    return (
        posts.with_related(Post.author, Post.board)
        .prefetch(Post.tags)
        .order_by(-Post.created_at, -Post.id)
    )


def listing(request: Request, posts: Query[Post]) -> dict[str, Any]:
    """One page of posts, by the query's `page`, with the number of comments of each."""
    page: Page[Post] = newest_first(posts).page(request.query.get("page", 1, int), size=PAGE_SIZE)
    return {"posts": page, "replies": replies_of(page)}


def replies_of(posts: Iterable[Post]) -> dict[int, int]:
    """The number of comments by post id; a post without any is not in it."""
    ids = [post.id for post in posts]
    counted = Comment.select(Comment.post_id, count(Comment.id).as_("n")).where(
        Comment.post.in_(ids)
    )
    return dict(counted.group_by(Comment.post).values())
