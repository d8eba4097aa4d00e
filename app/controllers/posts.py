"""Reading, writing, editing and deleting posts."""

from typing import Any

from app import forms, uploads
from app.attachments import attach, discard_on_commit, read_upload
from app.models import Attachment, Board, Comment, Post, Tag
from app.models.post import BODY_MAX, TITLE_MAX
from mvc import Request, flash, login_required, owner_required, redirect, route, view
from orm import now

_FIELDS = ("title", "body", "tags")


@route("/posts/<id:int>", name="post")
@view("posts/show.html")
def show(request: Request, id: int) -> dict[str, Any]:
    return page_of(id, forms.Form())


def page_of(id: int, form: forms.Form) -> dict[str, Any]:
    """A post's page, with the comment form as it stands."""
    post = Post.get(id)
    comments = Comment.select().where(Comment.post == post).with_related(Comment.author)
    return {
        "post": post,
        "tags": [tag.name for tag in post.tags],
        "comments": comments.order_by(Comment.created_at, Comment.id).all(),
        "attachments": post.attachments.order_by(Attachment.id).all(),
        "form": form,
    }


@route("/boards/<slug:re:[a-z0-9-]{1,40}>/write", name="write")
@login_required
@view("posts/form.html")
def write(request: Request, slug: str) -> dict[str, Any]:
    return _form_page(Board.one(slug=slug), forms.Form())


@route("/boards/<slug:re:[a-z0-9-]{1,40}>/write", methods="POST", max_body=uploads.FORM_MAX_BYTES)
@login_required
@view("posts/form.html")
def create(request: Request, slug: str) -> Any:
    board = Board.one(slug=slug)
    form = forms.read(request, *_FIELDS)
    values, tags = _check(form)
    upload = read_upload(request, form)
    if form.errors:
        return _form_page(board, form), 422
    post = Post.insert(board=board, author=request.user, **values)
    post.tags.set(_tags(tags))
    attach(request, post, upload)
    flash(request, "Your post is on the board.", level="success")
    return redirect("post", id=post.id)


@route("/posts/<id:int>/edit", name="edit")
@owner_required(Post)
@view("posts/form.html")
def edit(request: Request, id: int, post: Post) -> dict[str, Any]:
    tags = ", ".join(tag.name for tag in post.tags)
    return _form_page(
        post.board, forms.Form({"title": post.title, "body": post.body, "tags": tags}), post
    )


@route("/posts/<id:int>/edit", methods="POST", max_body=uploads.FORM_MAX_BYTES)
@owner_required(Post)
@view("posts/form.html")
def update(request: Request, id: int, post: Post) -> Any:
    form = forms.read(request, *_FIELDS)
    values, tags = _check(form)
    upload = read_upload(request, form, post)
    if form.errors:
        return _form_page(post.board, form, post), 422
    post.title, post.body = values["title"], values["body"]
    post.edited_at = now()
    post.save()
    post.tags.set(_tags(tags))
    attach(request, post, upload)
    flash(request, "Saved.", level="success")
    return redirect("post", id=post.id)


@route("/posts/<id:int>/delete", methods="POST", name="delete")
@owner_required(Post)
def delete(request: Request, id: int, post: Post) -> Any:
    return take_down(request, post, "Your post is gone.")


def take_down(request: Request, post: Post, message: str) -> Any:
    """Delete a post with all that hangs on it, and go back to its board."""
    board = post.board
    discard_on_commit(request, post.attachments.all())
    post.delete()
    flash(request, message)
    return redirect("board", slug=board.slug)


def _check(form: forms.Form) -> tuple[dict[str, str], list[str]]:
    values = {
        "title": form.require("title", "The title", TITLE_MAX),
        "body": form.require("body", "The text", BODY_MAX),
    }
    return values, forms.check_tags(form)


def _tags(names: list[str]) -> list[Tag]:
    """The tags of these names, made when they are new.

    Two writers may make the same ones: in one order, so that neither waits for the other in turn.
    """
    for name in sorted(names):
        Tag.upsert({"name": name}, key=["name"])
    return Tag.select().where(Tag.name.in_(names)).all()


def _form_page(board: Board, form: forms.Form, post: Post | None = None) -> dict[str, Any]:
    return {
        "board": board,
        "post": post,
        "form": form,
        "attachments": post.attachments.all() if post else [],
        "accepted": uploads.ACCEPTED,
        "max_bytes": uploads.MAX_BYTES,
    }
