"""The notice board in a real browser, from registering to being deactivated."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.models import Board
from app.permissions import ADMINISTRATOR, ensure_role
from app.uploads import MAX_BYTES
from mvc import User
from mvc.testing import LiveServer

pytestmark = pytest.mark.browser

ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts"
PASSWORD = "correct horse battery"


def make_png(path: Path, width: int = 640, height: int = 360) -> Path:
    """A picture with a gradient, made here so that no file of someone else's is needed."""
    rows = b"".join(
        b"\0"
        + b"".join(
            bytes((40 + x * 180 // width, 120, 60 + y * 160 // height)) for x in range(width)
        )
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


@pytest.fixture
def board(site: LiveServer) -> Board:
    return Board.insert(slug="for-sale", name="For sale and wanted", description="Prices, please.")


@pytest.fixture
def administrator(site: LiveServer) -> User:
    user = User(username="root")
    user.set_password(PASSWORD)
    user.save()
    user.roles.add(ensure_role(ADMINISTRATOR))
    return user


def register(page: Any, name: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register").click()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    page.get_by_text(f"Welcome, {name}.").wait_for()


def log_in(page: Any, name: str) -> None:
    page.goto("/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()


def write_post(page: Any, title: str, picture: Path | None = None) -> None:
    page.goto("/boards/for-sale")
    page.get_by_role("link", name="Write a post").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text").fill("Made of oak.\n\nMore at https://example.org/bench.")
    page.get_by_label("Tags").fill("Garden, free")
    if picture:
        page.get_by_label("Attach a file or picture").set_input_files(picture)
    page.get_by_role("button", name="Pin it to the board").click()
    page.get_by_text("Your post is on the board.").wait_for()


def test_from_registering_to_logging_out(
    open_browser: Callable[..., Any], board: Board, tmp_path: Path
) -> None:
    page = open_browser()
    register(page, "ann")

    write_post(page, "Oak bench", make_png(tmp_path / "bench.png"))
    picture = page.get_by_role("img", name="bench.png")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    assert page.get_by_role("link", name="https://example.org/bench").count() == 1

    page.get_by_label("Add a comment").fill("Is it still there?")
    page.get_by_role("button", name="Comment").click()
    page.get_by_role("heading", name="1 comment").wait_for()
    page.screenshot(path=ARTIFACTS / "post-with-picture.png", full_page=True)

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Title").fill("Oak bench, reserved")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Oak bench, reserved").wait_for()

    page.get_by_role("searchbox").fill("oak reserved")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_text("1 post found").wait_for()
    page.get_by_role("link", name="garden").click()
    page.get_by_role("heading", name="garden").wait_for()

    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out.").wait_for()
    page.get_by_role("link", name="Log in").click()
    log_in(page, "ann")


def test_a_wrong_form_is_shown_again(open_browser: Callable[..., Any], board: Board) -> None:
    page = open_browser()
    register(page, "ann")
    page.goto("/boards/for-sale/write")
    page.get_by_label("Title").fill("Bench")
    page.get_by_label("Text").fill("Oak.")
    page.get_by_label("Tags").fill("a, b, c, d, e, f")
    page.get_by_role("button", name="Pin it to the board").click()
    page.screenshot(path=ARTIFACTS / "form-with-errors.png", full_page=True)
    page.get_by_role("alert").get_by_role("link", name="6 tags are too many").click()
    tags = page.get_by_label("Tags")
    assert tags.input_value() == "a, b, c, d, e, f"
    assert tags.get_attribute("aria-invalid") == "true"
    assert tags.evaluate("field => field === document.activeElement")
    assert page.get_by_label("Title").input_value() == "Bench"


def test_an_administrator_deactivates_a_user(
    open_browser: Callable[..., Any], board: Board, administrator: User
) -> None:
    ann, root = open_browser(), open_browser()
    register(ann, "ann")
    log_in(root, "root")
    root.get_by_role("link", name="Admin").click()
    root.get_by_role("link", name="ann").click()
    root.on("dialog", lambda dialog: dialog.accept())
    root.get_by_role("button", name="Deactivate ann").click()
    root.get_by_text("ann is deactivated and logged out.").wait_for()

    ann.goto("/profile")
    assert ann.url.endswith("/login?next=/profile")
    ann.get_by_label("User name").fill("ann")
    ann.get_by_label("Password").fill(PASSWORD)
    ann.get_by_role("button", name="Log in").click()
    ann.get_by_role("alert").get_by_text("The name or the password is not right.").wait_for()


def test_deleting_asks_first_and_can_be_declined(
    open_browser: Callable[..., Any], board: Board
) -> None:
    page = open_browser()
    register(page, "ann")
    write_post(page, "Oak bench")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete").click()
    assert page.get_by_role("heading", name="Oak bench").count() == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Your post is gone.").wait_for()


def test_logging_out_everywhere_ends_the_other_browser(
    open_browser: Callable[..., Any], board: Board
) -> None:
    here, there = open_browser(), open_browser()
    register(here, "ann")
    log_in(there, "ann")
    here.goto("/profile")
    assert here.get_by_text("last used").count() == 2
    here.once("dialog", lambda dialog: dialog.accept())
    here.get_by_role("button", name="Log out everywhere").click()
    here.get_by_role("heading", name="Log in").wait_for()
    there.goto("/profile")
    assert "/login" in there.url


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    open_browser: Callable[..., Any], board: Board, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(MAX_BYTES + 1))
    page = open_browser()
    register(page, "ann")
    page.goto("/boards/for-sale/write")
    field = page.get_by_label("Attach a file or picture")
    field.set_input_files(large)
    assert field.evaluate("field => field.validationMessage") == "This file is larger than 8 MB."
    field.set_input_files(make_png(tmp_path / "small.png"))
    assert field.evaluate("field => field.checkValidity()")


def test_everything_works_without_scripts(open_browser: Callable[..., Any], board: Board) -> None:
    page = open_browser(java_script_enabled=False)
    register(page, "ann")
    write_post(page, "Oak bench")
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Your post is gone.").wait_for()


def test_the_keyboard_reaches_the_content_first(
    open_browser: Callable[..., Any], board: Board
) -> None:
    page = open_browser()
    page.goto("/")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
