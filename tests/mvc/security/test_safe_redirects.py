"""Where `next` may lead."""

import pytest

from mvc.security.redirects import is_safe_redirect, safe_next
from tests.support.messages import make_request


@pytest.mark.parametrize(
    "target",
    ["/", "/a/b?c=d#e", "/a//b", "/?next=http://evil.test", "/%2F%2Fevil.test", "/é", "/a:b@c"],
)
def test_sec_H11_local_paths_pass(target: str) -> None:
    assert is_safe_redirect(target)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "a",
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "\x00/a",
        " /a",
        "/a b",
        "http:evil",
        "http://evil.test/",
        "https:///evil.test",
        "javascript:alert(1)",
        "ftp://evil.test",
        "data:,x",
        "//evil.test\\@a",
        "/a\x7f",
        "/a\x85",
        "/a\u2028b",
        "/" + "a" * 2048,
    ],
)
def test_sec_H11_what_could_leave_the_origin_is_refused(target: str) -> None:
    assert not is_safe_redirect(target)


def test_feat_X10_next_comes_from_query_or_form() -> None:
    assert safe_next(make_request("/login?next=/notes")) == "/notes"
    form = make_request(
        "/login",
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"next=%2Fnotes%3Fa%3D1",
    )
    assert safe_next(form) == "/notes?a=1"


def test_sec_H11_unsafe_next_gives_the_default() -> None:
    assert safe_next(make_request("/login?next=//evil.test")) == "/"
    assert safe_next(make_request("/login"), "/home") == "/home"
