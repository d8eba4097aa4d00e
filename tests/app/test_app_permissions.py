"""Who may do what: one table for every protected route (sec:A6)."""

from collections.abc import Callable

import pytest

from app.models import Attachment, Post
from app.permissions import ADMINISTRATOR
from mvc import Application
from mvc.testing import Client

JSON = {"Accept": "application/json"}
WHO = ("visitor", "stranger", "author", "moderator", "administrator")

# What each of WHO gets. Forms are sent empty, so 422 and 303 alike mean "may".
MATRIX = {
    "GET /boards/talk/write": (303, 200, 200, 200, 200),
    "POST /boards/talk/write": (303, 422, 422, 422, 422),
    "GET /posts/1/edit": (303, 403, 200, 403, 403),
    "POST /posts/1/edit": (303, 403, 422, 403, 403),
    "POST /posts/1/delete": (303, 403, 303, 403, 403),
    "POST /posts/1/remove": (303, 403, 403, 303, 303),
    "POST /posts/1/comments": (303, 422, 422, 422, 422),
    "POST /comments/1/delete": (303, 403, 303, 403, 403),
    "POST /comments/1/remove": (303, 403, 403, 303, 303),
    "POST /attachments/1/delete": (303, 403, 303, 403, 403),
    "GET /profile": (303, 200, 200, 200, 200),
    "POST /profile/password": (303, 422, 422, 422, 422),
    "GET /admin": (303, 403, 403, 403, 303),
    "GET /admin/users": (303, 403, 403, 403, 200),
    "GET /admin/users/1": (303, 403, 403, 403, 200),
    "POST /admin/users/1/roles": (303, 403, 403, 403, 303),
    "POST /admin/users/1/deactivate": (303, 403, 403, 403, 303),
    "POST /admin/users/1/activate": (303, 403, 403, 403, 303),
    "GET /admin/roles": (303, 403, 403, 403, 200),
    "POST /admin/roles": (303, 403, 403, 403, 422),
    "GET /admin/boards": (303, 403, 403, 403, 200),
    "POST /admin/boards": (303, 403, 403, 403, 422),
    "GET /admin/boards/1": (303, 403, 403, 403, 200),
    "POST /admin/boards/1": (303, 403, 403, 403, 422),
}


@pytest.fixture
def scene(
    app: Application, post: Post, as_ann: Client, logged_in: Callable[..., Client]
) -> dict[str, Client]:
    """A client for each of WHO, on a board where post, comment and attachment 1 are Ann's."""
    Attachment.insert(
        post=post, filename="a.txt", stored_name="none", content_type="text/plain", size=1
    )
    return {
        "visitor": Client(app),
        "stranger": logged_in("ben"),
        "author": as_ann,
        "moderator": logged_in("mod", role="moderator"),
        "administrator": logged_in("root", role=ADMINISTRATOR),
    }


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("action", MATRIX)
def test_sec_A6_only_the_cells_of_the_table_pass(
    scene: dict[str, Client], action: str, who: str
) -> None:
    method, path = action.split()
    expected = MATRIX[action][WHO.index(who)]
    options = {"form": {}} if method == "POST" else {}
    answer = scene[who].request(method, path, **options)
    assert answer.status == expected
    if who == "visitor":
        assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("action", MATRIX)
def test_a_json_client_gets_401_and_403_instead_of_a_redirect(
    scene: dict[str, Client], action: str
) -> None:
    method, path = action.split()
    answer = scene["visitor"].request(method, path, headers=JSON)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Session"
    if MATRIX[action][1] == 403:
        refusal = scene["stranger"].request(method, path, headers=JSON)
        assert refusal.status == 403
        assert refusal.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/posts/99", "/posts/99/edit", "/boards/none/write", "/tags/none", "/attachments/99", "/x"],
)
def test_what_is_not_there_is_404_in_html_and_json(scene: dict[str, Client], path: str) -> None:
    assert scene["author"].get(path).status == 404
    assert scene["author"].get(path, headers=JSON).json()["status"] == 404


def test_links_to_administration_are_for_those_who_may(scene: dict[str, Client]) -> None:
    assert ">Admin</a>" in scene["administrator"].get("/").text
    for who in ("visitor", "stranger", "moderator"):
        assert ">Admin</a>" not in scene[who].get("/").text


@pytest.mark.parametrize(
    "path", ["/", "/boards/talk", "/posts/1", "/search?q=x", "/tags", "/login", "/register", "/no"]
)
def test_sec_H1_every_page_has_the_security_headers(scene: dict[str, Client], path: str) -> None:
    headers = scene["visitor"].get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
