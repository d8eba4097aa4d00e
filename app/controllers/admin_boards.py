"""Administration of boards: adding and changing them."""

from typing import Any

from app import forms
from app.models import Board
from app.models.board import DESCRIPTION_MAX, NAME_MAX, SLUG_MAX
from app.permissions import BOARDS
from mvc import Group, Request, flash, redirect, view

admin = Group("/admin/boards", name="admin", permissions=BOARDS)

_FIELDS = ("name", "slug", "description", "position")


@admin.get("", name="boards")
@view("admin/boards.html")
def index(request: Request) -> dict[str, Any]:
    return _page(forms.Form())


@admin.post("", name="create_board")
@view("admin/boards.html")
def create(request: Request) -> Any:
    return _save(request, Board())


@admin.get("/<id:int>", name="edit_board")
@view("admin/boards.html")
def edit(request: Request, id: int) -> dict[str, Any]:
    board = Board.get(id)
    values = {name: str(getattr(board, name)) for name in _FIELDS}
    return _page(forms.Form(values), board)


@admin.post("/<id:int>", name="save_board")
@view("admin/boards.html")
def save(request: Request, id: int) -> Any:
    return _save(request, Board.get(id))


def _save(request: Request, board: Board) -> Any:
    form = forms.read(request, *_FIELDS)
    values: dict[str, Any] = {
        "name": form.require("name", "The name", NAME_MAX),
        "slug": forms.check_slug(form, SLUG_MAX),
        "description": form.limit("description", "The description", DESCRIPTION_MAX),
        "position": forms.check_number(form, "position", "The place"),
    }
    if not form.errors:
        _check_unique(form, values["slug"], board)
    if form.errors:
        return _page(form, board if board.id else None), 422
    for name, value in values.items():
        setattr(board, name, value)
    board.save()
    flash(request, f"The board “{board.name}” is saved.", level="success")
    return redirect("admin:boards")


def _check_unique(form: forms.Form, slug: str, board: Board) -> None:
    namesake = Board.select().where(Board.slug == slug).first()
    if namesake and namesake.id != board.id:
        form.refuse("slug", f"The board “{namesake.name}” has that name in addresses.")


def _page(form: forms.Form, board: Board | None = None) -> dict[str, Any]:
    boards = Board.select().order_by(Board.position, Board.name).all()
    return {"boards": boards, "board": board, "form": form}
