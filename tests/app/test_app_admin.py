"""Administration: users, roles, boards."""

from collections.abc import Callable

import pytest

from app.models import Board
from mvc import Application, Role, User
from mvc.testing import Client

JSON = {"Accept": "application/json"}


def test_users_are_listed_with_roles_and_found_by_name(
    admin: Client, person: Callable[..., User]
) -> None:
    person("ann", role="moderator")
    person("ben")
    text = admin.get("/admin/users").text
    assert "moderator" in text
    found = admin.get("/admin/users?name=be").text
    assert "ben" in found
    assert ">A</span> ann" not in found


def test_the_way_in_leads_to_the_first_page_that_is_allowed(
    admin: Client, app: Application, person: Callable[..., User]
) -> None:
    assert admin.get("/admin").headers["Location"] == "/admin/users"
    client = Client(app)
    client.login(person("ann"))
    assert 'href="/admin"' not in client.get("/").text
    assert client.get("/admin").status == 403


def test_sec_A11_the_list_as_json_has_no_password_hash(admin: Client, ann: User) -> None:
    text = admin.get("/admin/users", headers=JSON).text
    assert "ann" in text
    assert "password" not in text


def test_sec_S3_deactivating_ends_every_session_at_once(
    admin: Client, app: Application, ann: User
) -> None:
    client = Client(app)
    client.login(ann)
    assert client.get("/profile").status == 200
    assert admin.post(f"/admin/users/{ann.id}/deactivate").status == 303
    assert client.get("/profile").status == 303
    ann.refresh()
    assert not ann.is_active
    assert not app.sessions.sessions_of(ann.id)


def test_activating_lets_in_again_but_revives_no_session(
    admin: Client, app: Application, ann: User
) -> None:
    client = Client(app)
    client.login(ann)
    admin.post(f"/admin/users/{ann.id}/deactivate")
    admin.post(f"/admin/users/{ann.id}/activate")
    ann.refresh()
    assert ann.is_active
    assert client.get("/profile").status == 303


def test_nobody_locks_themselves_out(admin: Client) -> None:
    me = User.one(username="root")
    answer = admin.post(f"/admin/users/{me.id}/deactivate", follow_redirects=True)
    assert "You cannot deactivate yourself." in answer.text
    answer = admin.post(f"/admin/users/{me.id}/roles", form={}, follow_redirects=True)
    assert "cannot take the administrator" in answer.text
    assert admin.get("/admin/roles").status == 200


def test_roles_are_given_and_taken(admin: Client, ann: User, app: Application) -> None:
    moderator = Role.insert(name="moderator")
    admin.post(f"/admin/users/{ann.id}/roles", form={"roles": [str(moderator.id)]})
    assert [role.name for role in User.get(ann.id).roles] == ["moderator"]
    admin.post(f"/admin/users/{ann.id}/roles", form={})
    assert not User.get(ann.id).roles.all()


@pytest.mark.parametrize("roles", [["x"], ["1.5"]])
def test_odd_roles_are_a_400(admin: Client, ann: User, roles: list[str]) -> None:
    assert admin.post(f"/admin/users/{ann.id}/roles", form={"roles": roles}).status == 400


def test_sec_A6_who_manages_users_gives_no_roles_and_spares_administrators(
    admin: Client, person: Callable[..., User], app: Application
) -> None:
    admin.post("/admin/roles", form={"name": "clerk"})
    clerk = Role.one(name="clerk")
    admin.post(f"/admin/roles/{clerk.id}/permissions", form={"permissions": ["users.manage"]})
    user = person("cleo", role="clerk")
    clerk.permissions.set(clerk.permissions.all())
    client = Client(app)
    client.login(user)
    admin.post(f"/admin/roles/{clerk.id}/permissions", form={"permissions": ["users.manage"]})
    root = User.one(username="root")
    assert client.get("/admin/users").status == 200
    assert client.post(f"/admin/users/{user.id}/roles", form={}).status == 403
    assert client.post(f"/admin/users/{root.id}/deactivate").status == 403
    assert client.get("/admin/roles").status == 403
    assert client.get("/admin/boards").status == 403


def test_permissions_of_a_role_are_those_we_know(admin: Client) -> None:
    role = Role.insert(name="helper")
    form = {"permissions": ["posts.moderate", "everything"]}
    admin.post(f"/admin/roles/{role.id}/permissions", form=form)
    assert [permission.code for permission in role.permissions] == ["posts.moderate"]


@pytest.mark.parametrize("name", ["", "administrator", "x" * 41])
def test_a_wrong_role_comes_back(admin: Client, name: str) -> None:
    answer = admin.post("/admin/roles", form={"name": name})
    assert answer.status == 422
    assert 'id="error-name"' in answer.text


def test_boards_are_added_and_changed(admin: Client) -> None:
    form = {"name": "Help", "slug": "help", "description": "Hands", "position": "3"}
    assert admin.post("/admin/boards", form=form).status == 303
    board = Board.one(slug="help")
    assert 'value="Hands"' in admin.get(f"/admin/boards/{board.id}").text
    admin.post(f"/admin/boards/{board.id}", form=form | {"name": "Helping hands"})
    board.refresh()
    assert (board.name, board.position) == ("Helping hands", 3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"slug": "Not plain"}, "slug"),
        ({"slug": "talk"}, "slug"),
        ({"description": "x" * 201}, "description"),
        ({"position": "first"}, "position"),
    ],
)
def test_a_wrong_board_comes_back(
    admin: Client, board: Board, change: dict[str, str], field: str
) -> None:
    form = {"name": "Help", "slug": "help", "description": "", "position": "1"} | change
    answer = admin.post("/admin/boards", form=form)
    assert answer.status == 422
    assert f'id="error-{field}"' in answer.text
    assert Board.select().count() == 1
