"""Cookies are checked before they are written (sec:S5, sec:S6)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvc.requests.cookies import parse_cookies
from mvc.responses import Response


def cookie(*arguments, **attributes) -> str:
    response = Response()
    response.set_cookie(*arguments, **attributes)
    return response.headers.get_all("Set-Cookie")[0]


def test_defaults_are_safe() -> None:
    assert cookie("a", "1") == "a=1; Path=/; HttpOnly; SameSite=Lax"


def test_every_attribute() -> None:
    written = cookie(
        "a",
        "1",
        max_age=60,
        expires=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1))),
        path="/x",
        domain="site.test",
        secure=True,
        http_only=False,
        same_site="none",
        partitioned=True,
    )
    assert written == (
        "a=1; Max-Age=60; Expires=Fri, 02 Jan 2026 02:04:05 GMT; Path=/x; Domain=site.test; "
        "Secure; SameSite=None; Partitioned"
    )


def test_feat_C4_max_age_zero_is_written_and_deletion_repeats_the_scope() -> None:
    assert "Max-Age=0" in cookie("a", "", max_age=0)
    response = Response()
    response.delete_cookie("a", path="/x", domain="site.test")
    assert response.headers["Set-Cookie"] == (
        "a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/x; Domain=site.test; "
        "HttpOnly; SameSite=Lax"
    )


@pytest.mark.parametrize(
    ("name", "value", "attributes"),
    [
        ("", "x", {}),
        ("a b", "x", {}),
        ("a=b", "x", {}),
        ("a;b", "x", {}),
        ("é", "x", {}),
        ("a", "x y", {}),
        ("a", "x;y", {}),
        ("a", "x,y", {}),
        ("a", 'x"y', {}),
        ("a", "x\\y", {}),
        ("a", "x\r\ny", {}),
        ("a", "é", {}),
        ("a", "x" * 4096, {}),
        ("a", "x", {"path": "x"}),
        ("a", "x", {"path": "/;x"}),
        ("a", "x", {"path": "/\n"}),
        ("a", "x", {"domain": "a;b"}),
        ("a", "x", {"domain": "a b"}),
        ("a", "x", {"same_site": "maybe"}),
        ("a", "x", {"same_site": "None"}),
        ("a", "x", {"partitioned": True}),
        ("a", "x", {"max_age": 401 * 24 * 3600}),
        ("a", "x", {"expires": datetime(2026, 1, 1)}),
        ("__Host-a", "x", {}),
        ("__Host-a", "x", {"secure": True, "path": "/x"}),
        ("__host-a", "x", {"secure": True, "domain": "site.test"}),
        ("__Secure-a", "x", {}),
    ],
)
def test_sec_S5_S6_refused(name, value, attributes) -> None:
    with pytest.raises(ValueError, match="cookie"):
        cookie(name, value, **attributes)


def test_prefixes_done_right() -> None:
    assert cookie("__Host-a", "x", secure=True).startswith("__Host-a=x; Path=/; Secure")
    assert len(cookie("a", "x" * 4095, expires=datetime(2030, 1, 1, tzinfo=UTC))) > 4096


def test_unknown_attribute_is_named() -> None:
    with pytest.raises(TypeError, match="httponly"):
        cookie("a", "x", httponly=True)


@given(st.text(max_size=20), st.text(max_size=30))
def test_sec_S6_round_trip_or_exception(name: str, value: str) -> None:
    try:
        written = cookie(name, value)
    except ValueError:
        return
    pair, *rest = written.split("; ")
    assert dict(parse_cookies([pair])) == {name: value}
    assert rest == ["Path=/", "HttpOnly", "SameSite=Lax"]
