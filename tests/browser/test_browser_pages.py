"""Every page at desktop and phone width, light and dark: nothing overflows, all text is readable.

The screenshots are written to test-artifacts/ for looking at.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import sample
from app.models import Post
from mvc import User
from mvc.testing import LiveServer

pytestmark = pytest.mark.browser

ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts"
PASSWORD = "correct horse battery"
WIDTHS = {"desktop": (1200, 800), "phone": (375, 740)}

VISITOR_PAGES = {
    "home": "/",
    "board": "/boards/for-sale?page=2",
    "post": "/posts/{post}",
    "search": "/search?q=on",
    "tags": "/tags",
    "tag": "/tags/garden",
    "login": "/login",
    "register": "/register",
    "not-found": "/nothing-here",
}
ADMIN_PAGES = {
    "write": "/boards/for-sale/write",
    "edit": "/posts/{post}/edit",
    "own-post": "/posts/{post}",
    "profile": "/profile",
    "admin-users": "/admin/users",
    "admin-user": "/admin/users/3",
    "admin-roles": "/admin/roles",
    "admin-boards": "/admin/boards",
}

# Contrast of every text with what is behind it (WCAG 2.2, 1.4.3): the pairs that fall short.
CONTRAST = """() => {
  const linear = value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = rgb => [0.2126, 0.7152, 0.0722]
    .reduce((sum, weight, i) => sum + weight * linear(rgb[i] / 255), 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("[aria-hidden]") || !element.checkVisibility()) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.outerHTML.slice(0, 80)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]), textarea, select")]
  .filter(field => !field.labels.length).map(field => field.outerHTML)"""
# Headings that are more than one level below the one before them (WCAG 2.2, 1.3.1).
SKIPPED = """() => [...document.querySelectorAll("h1, h2, h3, h4")]
  .filter((heading, i, all) => heading.tagName[1] - (i ? all[i - 1].tagName[1] : 0) > 1)
  .map(heading => heading.outerHTML)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def filled(site: LiveServer) -> User:
    """The sample board; its administrator gets a password that the test knows, and a post."""
    sample.create(600)
    admin = User.one(username="admin")
    admin.set_password(PASSWORD)
    admin.save()
    return admin


@pytest.fixture
def longest(filled: User) -> Post:
    """The post with the most to show."""
    return max(Post.all(), key=lambda post: post.comments.count())


def look(page: Any, name: str, path: str, look_name: str) -> None:
    page.goto(path)
    assert page.evaluate(OVERFLOW) <= 0, f"{name} is wider than its window"
    assert page.evaluate(CONTRAST) == [], name
    assert page.evaluate(UNNAMED) == [], name
    assert page.evaluate(SKIPPED) == [], name
    assert page.get_by_role("main").count() == 1
    assert page.locator("h1").count() == 1
    page.screenshot(path=ARTIFACTS / f"{name}-{look_name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_can_be_read(
    open_browser: Callable[..., Any], longest: Post, filled: User, width: str, scheme: str
) -> None:
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    page = open_browser(viewport=size, color_scheme=scheme)
    for name, path in VISITOR_PAGES.items():
        look(page, name, path.format(post=longest.id), f"{width}-{scheme}")
    page.goto("/login")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()
    Post.update(author=filled).where(Post.id == longest.id).execute()
    for name, path in ADMIN_PAGES.items():
        look(page, name, path.format(post=longest.id), f"{width}-{scheme}")


def test_nothing_overflows_at_320_pixels(open_browser: Callable[..., Any], longest: Post) -> None:
    page = open_browser(viewport={"width": 320, "height": 600})
    for name, path in VISITOR_PAGES.items():
        page.goto(path.format(post=longest.id))
        assert page.evaluate(OVERFLOW) <= 0, name
