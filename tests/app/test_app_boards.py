"""The home page, boards, search and tags, as HTML and as JSON."""

import re
from collections.abc import Callable

import pytest

from app.models import Board, Comment, Post, Tag
from mvc import User
from mvc.testing import Client

JSON = {"Accept": "application/json"}


@pytest.fixture
def many(board: Board, ann: User) -> list[Post]:
    return [Post.insert(board=board, author=ann, title=f"Post {n}", body="x") for n in range(45)]


def test_home_lists_boards_with_their_activity(client: Client, post: Post) -> None:
    Board.insert(slug="empty", name="Nothing here yet", position=2)
    text = client.get("/").text
    assert "Across the fence" in text
    assert "1 post" in text
    assert "Nothing yet" in text
    assert "Kingfisher" in text


def test_home_of_an_empty_site_says_so(client: Client) -> None:
    answer = client.get("/")
    assert answer.status == 200
    assert "no boards yet" in answer.text


def test_home_as_json_has_boards_and_posts(client: Client, post: Post) -> None:
    answer = client.get("/", headers=JSON)
    assert answer.headers["Vary"].startswith("Accept")
    data = answer.json()
    assert data["boards"][0]["slug"] == "talk"
    assert data["posts"][0]["title"] == "Kingfisher"
    assert data["activities"][str(post.board_id)]["posts"] == 1
    assert data["replies"] == {str(post.id): 1}


def test_board_shows_twenty_to_a_page_newest_first(client: Client, many: list[Post]) -> None:
    first = client.get("/boards/talk").text
    assert first.index("Post 44") < first.index("Post 25")
    assert "Post 24" not in first
    assert "Post 24" in client.get("/boards/talk?page=2").text


def test_board_as_json_is_a_page(client: Client, many: list[Post]) -> None:
    page = client.get("/boards/talk?page=3", headers=JSON).json()["posts"]
    assert (page["page"], page["size"], page["total"], page["pages"]) == (3, 20, 45, 3)
    assert [post["title"] for post in page["items"]] == [f"Post {n}" for n in range(4, -1, -1)]


@pytest.mark.parametrize(
    ("page", "status"), [("0", 200), ("-3", 200), ("9999", 200), ("x", 400), ("1.5", 400)]
)
def test_odd_page_numbers(client: Client, board: Board, page: str, status: int) -> None:
    assert client.get(f"/boards/talk?page={page}").status == status


def test_unknown_board_is_404_in_our_clothes_or_as_a_problem(client: Client, board: Board) -> None:
    answer = client.get("/boards/none")
    assert answer.status == 404
    assert "Nothing here" in answer.text
    problem = client.get("/boards/none", headers=JSON)
    assert problem.status == 404
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == 404


def test_a_listing_asks_the_same_number_of_statements_for_any_number_of_posts(
    client: Client, many: list[Post], ann: User, assert_queries: Callable[..., object]
) -> None:
    tag = Tag.insert(name="garden")
    for post in many:
        post.tags.add(tag)
        Comment.insert(post=post, author=ann, body="Yes.")
    with assert_queries(5):  # board, count, posts with author and board, tags, comment counts
        client.get("/boards/talk")


def test_search_finds_every_word_in_title_or_text(client: Client, board: Board, ann: User) -> None:
    Post.insert(board=board, author=ann, title="Garden bench", body="Made of oak.")
    Post.insert(board=board, author=ann, title="Garden gate", body="Made of iron.")
    found = client.get("/search", query={"q": "garden OAK"}, headers=JSON).json()["posts"]
    assert [post["title"] for post in found["items"]] == ["Garden bench"]


@pytest.mark.parametrize("q", ["100%", "a_b", "\\", "'; DROP TABLE posts; --", "%"])
def test_sec_D1_search_takes_wildcards_and_quotes_as_text(
    client: Client, board: Board, ann: User, q: str
) -> None:
    Post.insert(board=board, author=ann, title="plain words", body="nothing else")
    assert client.get("/search", query={"q": q}, headers=JSON).json()["posts"]["total"] == 0
    Post.insert(board=board, author=ann, title=f"with {q} in it", body="x")
    assert client.get("/search", query={"q": q}, headers=JSON).json()["posts"]["total"] == 1


def test_search_shows_what_was_asked_escaped(client: Client, board: Board) -> None:
    text = client.get("/search", query={"q": '<script>alert("x")</script>'}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_search_that_finds_nothing_says_so(client: Client, board: Board) -> None:
    text = client.get("/search", query={"q": "nowhere"}).text
    assert "No post has all of these words." in text
    assert "found, newest first" not in text


def test_search_without_words_shows_the_form_alone(client: Client, board: Board) -> None:
    answer = client.get("/search?q=%20")
    assert answer.status == 200
    assert "Words in the title or text" in answer.text


def test_tags_count_their_posts_and_lead_to_them(client: Client, post: Post) -> None:
    Tag.insert(name="unused")
    text = client.get("/tags").text
    assert "birds" in text
    assert "unused" not in text
    assert "Kingfisher" in client.get("/tags/birds").text
    assert client.get("/tags/none").status == 404


def test_post_page_shows_text_tags_comments_and_no_forms_for_visitors(
    client: Client, post: Post
) -> None:
    text = client.get(f"/posts/{post.id}").text
    assert "At the weir." in text
    assert "/tags/birds" in text
    assert "Two of them now." in text
    assert "Delete" not in text
    assert "to add a comment" in text


def test_post_as_json_has_everything_on_its_page(client: Client, post: Post) -> None:
    data = client.get(f"/posts/{post.id}", headers=JSON).json()
    assert data["post"]["title"] == "Kingfisher"
    assert data["tags"] == ["birds"]
    assert data["comments"][0]["body"] == "Two of them now."


@pytest.mark.parametrize("path", ["/", "/boards/talk", "/posts/1", "/tags", "/search?q=x"])
def test_sec_A11_no_page_tells_password_hashes_or_addresses(
    client: Client, post: Post, path: str
) -> None:
    for headers in ({}, JSON):
        text = client.get(path, headers=headers).text
        assert "password" not in text.lower()
        assert "@example.org" not in text


def test_the_pages_style_sheets_scripts_and_icons_are_there(client: Client) -> None:
    page = client.get("/").text
    paths = set(re.findall(r'"(/static/[^"]+)"', page))
    assert len(paths) == 6
    for path in paths:
        assert client.get(path).status == 200, path
