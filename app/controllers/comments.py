"""Writing and deleting comments."""

from typing import Any

from app import forms
from app.controllers.posts import page_of
from app.models import Comment, Post
from app.models.comment import COMMENT_MAX
from mvc import Request, flash, login_required, owner_required, redirect, route, view


@route("/posts/<id:int>/comments", methods="POST", name="comment")
@login_required
@view("posts/show.html")
def create(request: Request, id: int) -> Any:
    post = Post.get(id)
    form = forms.read(request, "body")
    body = form.require("body", "The comment", COMMENT_MAX)
    if form.errors:
        return page_of(id, form), 422
    Comment.insert(post=post, author=request.user, body=body)
    flash(request, "Your comment is there.", level="success")
    return redirect("post", id=id)


@route("/comments/<id:int>/delete", methods="POST", name="delete_comment")
@owner_required(Comment)
def delete(request: Request, id: int, comment: Comment) -> Any:
    return remove(request, comment)


def remove(request: Request, comment: Comment) -> Any:
    """Delete a comment and go back to its post."""
    comment.delete()
    flash(request, "The comment is gone.")
    return redirect("post", id=comment.post_id)
