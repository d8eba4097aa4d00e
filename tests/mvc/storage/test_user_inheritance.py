"""An application's own users: in the framework's table, beside it, or in one of their own."""

from typing import Any

import pytest

from mvc.storage import DatabaseUserStore, Permission, Role, User
from orm import DataError, ForeignKey, Integer, Model, create_all
from orm.metadata import registry

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_models", dict(registry._models))


def derived(name: str, **options: Any) -> Any:
    body = {"points": Integer(default=0), "Meta": type("Meta", (), options)}
    return type(name, (User,), {**body, "__module__": __name__})


def test_orm_O38_users_with_more_columns_share_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    member: Any = derived("OwnMember", inheritance="joined")
    create_all([member])
    store = DatabaseUserStore()
    monkeypatch.setattr(store, "model", member)
    ann = member(username="Ann", points=3)
    ann.set_password("correct horse")
    ann.save()
    found: Any = store.find_by_username("ANN")
    assert (type(found), found.points) == (member, 3)
    assert found.check_password("correct horse")
    role = Role.insert(name="editor")
    role.permissions.add(Permission.insert(code="edit"))
    ann.roles.add(role)
    assert found.has_permission("edit")
    assert [user.username for user in role.users] == ["Ann"]
    found.session_epoch += 1
    found.points = 4
    found.save()
    plain = User.get(ann.id)
    assert (plain.username, plain.session_epoch) == ("Ann", found.session_epoch)


def test_orm_O38_users_with_a_table_of_their_own_are_others() -> None:
    own: Any = derived("OtherMember", table="other_members")
    letter: Any = type("OwnLetter", (Model,), {"author": ForeignKey(User), "__module__": __name__})
    create_all([own, letter])
    ann = own.insert(username="ann")
    assert User.select().count() == 0
    with pytest.raises(DataError, match="table of its own"):
        letter(author=ann)
