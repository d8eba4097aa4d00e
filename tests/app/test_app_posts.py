"""Writing, editing and deleting posts and comments."""

from collections.abc import Callable

import pytest

from app.models import Board, Comment, Post
from app.models.post import BODY_MAX, TITLE_MAX
from mvc.testing import Client

JSON = {"Accept": "application/json"}
GOOD = {"title": "Oak bench", "body": "To be fetched.", "tags": "garden, free"}


def test_writing_a_post_leads_to_its_page(as_ann: Client, board: Board) -> None:
    answer = as_ann.post("/boards/talk/write", form=GOOD, follow_redirects=True)
    assert answer.status == 200
    assert "Oak bench" in answer.text
    assert "Your post is on the board." in answer.text
    post = Post.one(title="Oak bench")
    assert answer.url == f"/posts/{post.id}"
    assert sorted(tag.name for tag in post.tags) == ["free", "garden"]


def test_a_flash_message_is_shown_once(as_ann: Client, board: Board) -> None:
    answer = as_ann.post("/boards/talk/write", form=GOOD, follow_redirects=True)
    assert "Your post is on the board." not in as_ann.get(answer.url).text


def test_a_json_client_writes_and_is_led_to_the_post_as_json(as_ann: Client, board: Board) -> None:
    answer = as_ann.post("/boards/talk/write", form=GOOD, headers=JSON, follow_redirects=True)
    assert answer.json()["post"]["title"] == "Oak bench"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * (TITLE_MAX + 1)}, "title"),
        ({"body": ""}, "body"),
        ({"body": "x" * (BODY_MAX + 1)}, "body"),
        ({"tags": "a,b,c,d,e,f"}, "tags"),
        ({"tags": "no/slash"}, "tags"),
    ],
)
def test_a_wrong_form_comes_back_with_its_errors(
    as_ann: Client, board: Board, change: dict[str, str], field: str
) -> None:
    answer = as_ann.post("/boards/talk/write", form=GOOD | change)
    assert answer.status == 422
    assert f'id="error-{field}"' in answer.text
    problem = as_ann.post("/boards/talk/write", form=GOOD | change, headers=JSON)
    assert problem.status == 422
    assert list(problem.json()["form"]["errors"]) == [field]
    assert not Post.select().exists()


def test_a_wrong_form_keeps_what_was_typed(as_ann: Client, board: Board) -> None:
    form = {"title": "", "body": "Two & <three>", "tags": "garden"}
    text = as_ann.post("/boards/talk/write", form=form).text
    assert "Two &amp; &lt;three&gt;</textarea>" in text
    assert 'value="garden"' in text


def test_fields_that_were_not_sent_count_as_empty(as_ann: Client, board: Board) -> None:
    assert as_ann.post("/boards/talk/write", form={}).status == 422


def test_sec_A7_the_author_comes_from_the_session_alone(
    as_ann: Client, board: Board, logged_in: Callable[..., Client]
) -> None:
    logged_in("ben")
    as_ann.post("/boards/talk/write", form=GOOD | {"author": "2", "author_id": "2", "id": "99"})
    post = Post.one(title="Oak bench")
    assert post.author.username == "ann"
    assert post.id != 99


def test_line_ends_of_browsers_become_one(as_ann: Client, board: Board) -> None:
    as_ann.post("/boards/talk/write", form=GOOD | {"body": "one\r\n\r\ntwo"})
    assert Post.one(title="Oak bench").body == "one\n\ntwo"


def test_the_edit_form_has_the_posts_text_and_tags(as_ann: Client, post: Post) -> None:
    text = as_ann.get(f"/posts/{post.id}/edit").text
    assert 'value="Kingfisher"' in text
    assert "At the weir.</textarea>" in text
    assert 'value="birds"' in text


def test_editing_changes_text_and_tags_and_says_when(as_ann: Client, post: Post) -> None:
    as_ann.post(f"/posts/{post.id}/edit", form=GOOD)
    post.refresh()
    assert (post.title, post.body) == ("Oak bench", "To be fetched.")
    assert sorted(tag.name for tag in post.tags) == ["free", "garden"]
    assert post.edited_at is not None
    assert "edited" in as_ann.get(f"/posts/{post.id}").text


def test_a_wrong_edit_changes_nothing(as_ann: Client, post: Post) -> None:
    assert as_ann.post(f"/posts/{post.id}/edit", form=GOOD | {"title": ""}).status == 422
    post.refresh()
    assert post.title == "Kingfisher"


def test_deleting_takes_comments_along(as_ann: Client, post: Post) -> None:
    answer = as_ann.post(f"/posts/{post.id}/delete")
    assert (answer.status, answer.headers["Location"]) == (303, "/boards/talk")
    assert not Post.select().exists()
    assert not Comment.select().exists()


def test_commenting(as_ann: Client, post: Post) -> None:
    answer = as_ann.post(
        f"/posts/{post.id}/comments", form={"body": "<i>Lovely</i>"}, follow_redirects=True
    )
    assert "&lt;i&gt;Lovely&lt;/i&gt;" in answer.text
    assert "2 comments" in answer.text


@pytest.mark.parametrize("body", ["", "  ", "x" * 5001])
def test_a_wrong_comment_comes_back_below_its_post(as_ann: Client, post: Post, body: str) -> None:
    answer = as_ann.post(f"/posts/{post.id}/comments", form={"body": body})
    assert answer.status == 422
    assert "Kingfisher" in answer.text
    assert 'id="error-body"' in answer.text


def test_deleting_a_comment_leaves_the_post(as_ann: Client, post: Post) -> None:
    comment = post.comments.first()
    assert as_ann.post(f"/comments/{comment.id}/delete").headers["Location"] == f"/posts/{post.id}"
    assert not Comment.select().exists()


def test_feat_moderators_take_down_what_others_wrote(
    post: Post, logged_in: Callable[..., Client]
) -> None:
    moderator = logged_in("mod", role="moderator")
    assert "Take down" in moderator.get(f"/posts/{post.id}").text
    comment = post.comments.first()
    assert moderator.post(f"/comments/{comment.id}/remove").status == 303
    assert moderator.post(f"/posts/{post.id}/remove").status == 303
    assert not Post.select().exists()
