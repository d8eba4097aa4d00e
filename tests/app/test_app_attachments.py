"""Files of posts: storing, showing, downloading, deleting (sec:F4, F5, H12)."""

from pathlib import Path

import pytest

from app.models import Attachment, Board, Post
from app.uploads import MAX_BYTES
from mvc.testing import Client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
FORM = {"title": "Oak bench", "body": "To be fetched.", "tags": ""}


def write(client: Client, data: bytes, name: str) -> Attachment:
    answer = client.post("/boards/talk/write", form=FORM, files={"attachment": (name, data)})
    assert answer.status == 303, answer.text
    return Attachment.select().order_by(-Attachment.id).all()[0]


def test_a_picture_is_shown_in_its_post(as_ann: Client, board: Board) -> None:
    attachment = write(as_ann, PNG, "bench.png")
    page = as_ann.get(f"/posts/{attachment.post_id}").text
    assert f'<img src="/attachments/{attachment.id}" alt="bench.png"' in page
    answer = as_ann.get(f"/attachments/{attachment.id}")
    assert answer.body == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_sec_H12_other_files_are_downloads(as_ann: Client, board: Board) -> None:
    attachment = write(as_ann, b"%PDF-1.7 plan", "plan of the garden.pdf")
    answer = as_ann.get(f"/attachments/{attachment.id}")
    assert answer.headers["Content-Type"] == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="plan of the garden.pdf"')


def test_a_picture_can_be_downloaded_too(as_ann: Client, board: Board) -> None:
    attachment = write(as_ann, PNG, "bench.png")
    answer = as_ann.get(f"/attachments/{attachment.id}?download=1")
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["bench.png", "plan.txt"])
def test_sec_H12_a_users_file_is_sandboxed_and_not_sniffed(
    as_ann: Client, board: Board, name: str
) -> None:
    attachment = write(as_ann, PNG if name.endswith("png") else b"words", name)
    headers = as_ann.get(f"/attachments/{attachment.id}").headers
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<script>alert(1)</script>", "page.html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg"),
        (b"<script>alert(1)</script>", "page.png"),
    ],
)
def test_sec_F5_other_kinds_are_refused_with_the_form(
    as_ann: Client, board: Board, data: bytes, name: str
) -> None:
    answer = as_ann.post("/boards/talk/write", form=FORM, files={"attachment": (name, data)})
    assert answer.status == 422
    assert 'id="error-attachment"' in answer.text
    assert 'value="Oak bench"' in answer.text
    assert not Post.select().exists()


def test_sec_F4_the_stored_name_is_ours_and_the_file_is_private(
    as_ann: Client, board: Board, tmp_path: Path
) -> None:
    attachment = write(as_ann, PNG, "../../etc/passwd.png")
    assert attachment.filename == "passwd.png"
    stored = list((tmp_path / "var" / "uploads").iterdir())
    assert [path.name for path in stored] == [attachment.stored_name]
    assert stored[0].stat().st_mode & 0o777 == 0o600
    assert "passwd" not in attachment.stored_name


def test_sec_F4_a_name_with_quotes_and_line_breaks_stays_in_its_field(
    as_ann: Client, board: Board
) -> None:
    attachment = write(as_ann, b"words", 'a";x=\u202e.txt')
    disposition = as_ann.get(f"/attachments/{attachment.id}").headers["Content-Disposition"]
    assert "\n" not in disposition
    assert disposition.count('"') == 2


@pytest.mark.parametrize("extra", [0, 1])
def test_a_file_may_have_eight_megabytes_and_no_more(
    as_ann: Client, board: Board, extra: int
) -> None:
    data = PNG + bytes(MAX_BYTES - len(PNG) + extra)
    answer = as_ann.post("/boards/talk/write", form=FORM, files={"attachment": ("a.png", data)})
    assert answer.status == (422 if extra else 303)


def test_far_too_large_a_body_is_refused_before_it_is_read(as_ann: Client, board: Board) -> None:
    data = PNG + bytes(MAX_BYTES + 1_000_000)
    answer = as_ann.post("/boards/talk/write", form=FORM, files={"attachment": ("a.png", data)})
    assert answer.status == 413


def test_a_form_without_a_chosen_file_has_no_attachment(as_ann: Client, board: Board) -> None:
    as_ann.post("/boards/talk/write", form=FORM, files={"attachment": ("", b"")})
    assert Post.select().exists()
    assert not Attachment.select().exists()


def test_editing_adds_another_file(as_ann: Client, board: Board) -> None:
    first = write(as_ann, PNG, "one.png")
    files = {"attachment": ("two.txt", b"words")}
    as_ann.post(f"/posts/{first.post_id}/edit", form=FORM, files=files)
    names = Attachment.select().order_by(Attachment.id).scalars(Attachment.filename)
    assert names == ["one.png", "two.txt"]


def test_a_post_has_at_most_eight_files(as_ann: Client, board: Board) -> None:
    path = f"/posts/{write(as_ann, PNG, 'one.png').post_id}/edit"
    files = {"attachment": ("more.png", PNG)}
    statuses = [as_ann.post(path, form=FORM, files=files).status for _ in range(8)]
    assert statuses == [303] * 7 + [422]
    assert Attachment.select().count() == 8


def test_removing_an_attachment_removes_its_file(
    as_ann: Client, board: Board, tmp_path: Path
) -> None:
    attachment = write(as_ann, PNG, "one.png")
    answer = as_ann.post(f"/attachments/{attachment.id}/delete")
    assert answer.headers["Location"] == f"/posts/{attachment.post_id}/edit"
    assert not list((tmp_path / "var" / "uploads").iterdir())
    assert as_ann.get(f"/attachments/{attachment.id}").status == 404


def test_sec_F6_deleting_a_post_leaves_no_file_behind(
    as_ann: Client, board: Board, tmp_path: Path
) -> None:
    attachment = write(as_ann, PNG, "one.png")
    as_ann.post(f"/posts/{attachment.post_id}/delete")
    assert not list((tmp_path / "var" / "uploads").iterdir())


def test_a_file_that_is_gone_from_disk_is_404(as_ann: Client, board: Board, tmp_path: Path) -> None:
    attachment = write(as_ann, PNG, "one.png")
    (tmp_path / "var" / "uploads" / attachment.stored_name).unlink()
    assert as_ann.get(f"/attachments/{attachment.id}").status == 404
