"""CSRF: every combination of method, Sec-Fetch-Site, Origin, cookie and token against one rule."""

from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest

from httpcore import HTTPError
from mvc.security import csrf
from mvc.security.keys import open_key_ring
from tests.support.messages import make_request
from tests.support.site import TLS, FakeSite, Visitor

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
SITES = [None, "same-origin", "none", "same-site", "cross-site", "Same-Origin"]
OWN, TRUSTED = "http://testserver", "https://trusted.test"
ORIGINS = [
    None,
    OWN,
    "http://testserver:80",
    TRUSTED,
    "null",
    "https://testserver",
    "http://testserver.evil.test",
    "http://evil.test",
]
TOKENS = ["no session", "none", "wrong", "field", "header"]
FORM = "application/x-www-form-urlencoded"

SITE = FakeSite(csrf_trusted_origins=(TRUSTED,))


def is_allowed(method: str, site: str | None, origin: str | None, token: str) -> bool:
    """The rule in its own words (sec 0.4, sec:H5)."""
    if method in ("GET", "HEAD", "OPTIONS") or site in ("same-origin", "none"):
        return True
    if site is not None:
        return origin == TRUSTED
    if origin not in (None, OWN, "http://testserver:80", TRUSTED):
        return False
    return token in ("no session", "field", "header")


def session_cookie() -> tuple[str, str]:
    """A cookie and a token for it, as a page would have rendered it."""
    visitor = Visitor(SITE)
    request = visitor.ask()
    request.session["seen"] = True
    token = csrf.token(request)
    visitor.settle(request)
    return visitor.cookies["session"], token


def attempt(method: str, headers: dict[str, str], fields: dict[str, str], **options: Any) -> bool:
    request = make_request(
        method=method,
        headers={"Content-Type": FORM, **headers},
        body=urlencode(fields).encode(),
        services=SITE,
        **options,
    )
    try:
        csrf.check(request)
    except HTTPError as error:
        return error.status != 403
    return True


@pytest.mark.parametrize("method", METHODS)
def test_sec_H5_matrix(method: str) -> None:
    cookie, token = session_cookie()
    _, wrong = session_cookie()
    for site, origin, kind in product(SITES, ORIGINS, TOKENS):
        headers = {"Sec-Fetch-Site": site, "Origin": origin}
        headers["Cookie"] = None if kind == "no session" else f"session={cookie}"
        headers["X-CSRF-Token"] = token if kind == "header" else None
        sent = {name: value for name, value in headers.items() if value is not None}
        field = {"field": token, "wrong": wrong}.get(kind)
        allowed = attempt(method, sent, {} if field is None else {"csrf_token": field})
        assert allowed is is_allowed(method, site, origin, kind), (site, origin, kind)


def test_sec_H5_json_with_own_origin_needs_no_token() -> None:
    cookie, _ = session_cookie()
    headers = {"Content-Type": "application/json", "Cookie": f"session={cookie}"}
    assert attempt("POST", {**headers, "Origin": OWN}, {})
    assert not attempt("POST", headers, {})


def test_sec_H5_token_of_another_session_or_key_is_refused() -> None:
    cookie, _ = session_cookie()
    _, other = session_cookie()
    assert not attempt("POST", {"Cookie": f"session={cookie}", "X-CSRF-Token": other}, {})
    own_keys, SITE.keys = SITE.keys, open_key_ring(SITE.settings)
    try:
        _, foreign = session_cookie()
    finally:
        SITE.keys = own_keys
    assert not attempt("POST", {"Cookie": f"session={cookie}", "X-CSRF-Token": foreign}, {})


@pytest.mark.parametrize("junk", ["", "x", "é" * 86, "!" * 86, "A" * 86, "A" * 87])
def test_sec_H5_junk_tokens_are_refused(junk: str) -> None:
    cookie, _ = session_cookie()
    headers = {"Cookie": f"session={cookie}"}
    assert not attempt("POST", headers, {"csrf_token": junk})


def test_sec_H5_query_is_no_place_for_a_token() -> None:
    cookie, token = session_cookie()
    request = make_request(
        f"/?csrf_token={token}",
        method="POST",
        headers={"Cookie": f"session={cookie}"},
        services=SITE,
    )
    with pytest.raises(HTTPError, match="reload"):
        csrf.check(request)


def test_sec_H6_token_differs_in_every_rendering_and_stays_valid() -> None:
    visitor = Visitor(SITE)
    request = visitor.ask()
    request.session["seen"] = True
    tokens = {csrf.token(request) for _ in range(3)}
    visitor.settle(request)
    assert len(tokens) == 3
    cookie = f"session={visitor.cookies['session']}"
    assert all(attempt("POST", {"Cookie": cookie, "X-CSRF-Token": each}, {}) for each in tokens)


def test_sec_S11_rendering_a_token_makes_no_session() -> None:
    site = FakeSite()
    visitor = Visitor(site)
    request = visitor.ask()
    csrf.token(request)
    response = visitor.settle(request)
    assert len(site.store) == 0
    assert "Set-Cookie" not in response.headers
    assert response.headers["Vary"] == "Cookie"


def test_sec_H5_exempt_handler_takes_everything() -> None:
    request = make_request(method="POST", headers={"Sec-Fetch-Site": "cross-site"}, services=SITE)
    csrf.check(request, exempt=True)


def test_sec_H5_own_origin_counts_scheme_and_port() -> None:
    assert attempt("POST", {"Origin": "https://testserver"}, {}, peer=TLS)
    assert not attempt("POST", {"Origin": "http://testserver"}, {}, peer=TLS)
    assert not attempt("POST", {"Origin": "http://testserver:8080"}, {})
