"""Taking down what others wrote; for those whose role has the permission."""

from typing import Any

from app.controllers import comments, posts
from app.models import Comment, Post
from app.permissions import MODERATE
from mvc import Request, permission_required, route


@route("/posts/<id:int>/remove", methods="POST", name="remove_post")
@permission_required(MODERATE)
def remove_post(request: Request, id: int) -> Any:
    return posts.take_down(request, Post.get(id), "The post is taken down.")


@route("/comments/<id:int>/remove", methods="POST", name="remove_comment")
@permission_required(MODERATE)
def remove_comment(request: Request, id: int) -> Any:
    return comments.remove(request, Comment.get(id))
