"""Users, roles and permissions in the database."""

import pytest

from httpcore import HTTPError
from mvc.auth.passwords import UNUSABLE
from mvc.config import ConfigError
from mvc.debugging import error_page
from mvc.responses import encode_json
from mvc.storage import DatabaseUserStore, Permission, Role, User, load_user_model
from orm import Database, IntegrityError, OrmError
from tests.support.messages import make_request
from tests.support.site import FakeSite

CANARY = "canary-7f3a"
HASH = f"$scrypt${CANARY}"

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def users() -> DatabaseUserStore:
    return DatabaseUserStore()


@pytest.mark.parametrize("twin", ["ADMIN", "admin ", "\uff21dmin", "Admin"])
def test_sec_D9_there_is_one_account_per_name(twin: str) -> None:
    User.insert(username="admin")
    with pytest.raises(IntegrityError):
        User.insert(username=twin)


def test_sec_D9_name_is_kept_as_typed_and_found_by_its_key(users: DatabaseUserStore) -> None:
    ann = User.insert(username="Ann")
    assert User.get(ann.id).username == "Ann"
    assert users.find_by_username("ANN ") == ann
    assert users.find_by_username("adm\u0131n") is None
    ann.username = "Anna"
    ann.save()
    assert users.find_by_username("ann") is None
    assert users.find_by_username("anna") == ann


def test_rows_in_bulk_get_their_key_too(users: DatabaseUserStore) -> None:
    User.insert_many([{"username": "Bob"}, {"username": "Eve"}])
    assert users.find_by_username("bob") is not None


def test_sec_A1_password_is_kept_as_a_hash_and_raises_the_epoch() -> None:
    ann = User(username="ann", email="ann@example.org")
    ann.set_password("correct horse")
    ann.save()
    stored = User.get(ann.id)
    assert stored.password_hash.startswith("$")
    assert "horse" not in stored.password_hash
    assert stored.check_password("correct horse")
    assert not stored.check_password("wrong")
    epoch = stored.session_epoch
    stored.set_password("another one")
    assert stored.session_epoch == epoch + 1
    with pytest.raises(HTTPError):
        stored.set_password("x" * 1025)


def test_sec_A9_password_hash_is_in_no_error_log_or_debug_page(
    tables: Database, users: DatabaseUserStore
) -> None:
    with tables.log_queries() as log:
        ann = User.insert(username="ann", password_hash=HASH)
        users.refresh_password(ann, "correct horse")
        ann.password_hash = HASH
        ann.save()
        User.insert_many([{"username": "bob", "password_hash": HASH}])
        User.upsert({"username": "eve", "password_hash": HASH}, key=["username_key"])
        User.update(password_hash=HASH).where(User.password_hash == HASH).execute()
        assert User.one(password_hash=HASH, username="ann") == ann
    assert len(log) >= 7
    assert CANARY not in repr(log)
    assert CANARY not in repr(encode_json(ann))
    failures = [
        lambda: User.insert(username="ann", password_hash=HASH),
        lambda: User.insert(username="x", password_hash=HASH * 20),
        lambda: User.select().where(User.password_hash == HASH * 20).all(),
        lambda: User.one(password_hash=HASH * 20),
        lambda: User.one(password_hash=HASH),  # several
        lambda: User.get_or_create(password_hash=HASH),
        lambda: tables.execute("SELECT wrong FROM users"),
    ]
    request = make_request(services=FakeSite(secret_key=CANARY * 4))
    request.head.host = "localhost:8000"
    for fail in failures:
        with pytest.raises(OrmError) as caught:
            fail()
        page = error_page(request, 500, "", exception=caught.value, debug=True)
        assert type(caught.value).__name__ in page.body.decode()
        for text in (str(caught.value), repr(caught.value), page.body.decode()):
            assert CANARY not in text


def test_sec_A3_account_without_a_password_lets_nobody_in() -> None:
    bot = User.insert(username="bot")
    assert bot.password_hash == UNUSABLE
    assert not bot.check_password("")
    assert not bot.check_password(UNUSABLE)


def test_sec_A1_hash_is_renewed_at_login_without_ending_other_logins(
    users: DatabaseUserStore,
) -> None:
    weak = "$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2E$"
    ann = User.insert(username="ann", password_hash=weak)
    users.refresh_password(ann, "correct horse")
    stored = User.get(ann.id)
    assert stored.check_password("correct horse")
    assert stored.session_epoch == ann.session_epoch == 0
    kept = stored.password_hash
    users.refresh_password(stored, "correct horse")
    assert User.get(ann.id).password_hash == kept


def test_feat_A15_permissions_come_directly_and_by_role() -> None:
    ann, bob, root = (User.insert(username=name) for name in ("ann", "bob", "root"))
    view, edit = (Permission.insert(code=code) for code in ("stats.view", "stats.edit"))
    editor = Role.insert(name="editor")
    editor.permissions.add(edit)
    ann.roles.add(editor)
    bob.permissions.add(view)
    root.is_superuser = True
    assert [u.has_permission("stats.edit") for u in (ann, bob, root)] == [True, False, True]
    assert [u.has_permission("stats.view") for u in (ann, bob, root)] == [False, True, True]
    assert [u.has_role("editor") for u in (ann, bob, root)] == [True, False, False]
    assert not ann.has_permission("stats.EDIT")
    assert not ann.has_role("Editor")
    ann.roles.remove(editor)
    assert not ann.has_permission("stats.edit")


@pytest.mark.parametrize("is_superuser", [True, False])
def test_sec_S3_deactivated_user_may_nothing(is_superuser: bool) -> None:
    ann = User.insert(username="ann", is_active=False, is_superuser=is_superuser)
    ann.roles.add(Role.insert(name="editor"))
    assert not ann.has_role("editor")
    assert not ann.has_permission("anything")


def test_user_in_json_shows_no_secret() -> None:
    ann = User.insert(username="ann", password_hash="$secret")
    text = encode_json(ann).decode()
    assert '"username":"ann"' in text
    for hidden in ("password_hash", "$secret", "username_key", "session_epoch"):
        assert hidden not in text


def test_store_notes_logins_and_ends_them(users: DatabaseUserStore) -> None:
    ann = User.insert(username="ann")
    assert users.get(ann.id) == ann
    assert users.get(ann.id + 1) is None
    users.note_login(ann)
    users.end_logins(ann)
    stored = User.get(ann.id)
    assert stored.last_login is not None
    assert stored.session_epoch == 1


def test_user_model_setting_names_a_model() -> None:
    assert load_user_model("") is User
    assert load_user_model("mvc.storage.models.User") is User


@pytest.mark.parametrize("name", ["nothing", "no.such.Thing", "mvc.storage.Nothing", "orm.Model"])
def test_user_model_setting_that_means_no_user_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match="user_model"):
        load_user_model(name)
