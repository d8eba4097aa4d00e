"""The protective response fields."""

from types import SimpleNamespace
from typing import Any

import pytest

from httpcore import Response
from mvc.config import ConfigError, Settings
from mvc.requests import Request
from mvc.security.headers import csp_nonce, default_fields, finish
from tests.support.messages import make_request
from tests.support.site import TLS, FakeSite

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def finished(request: Request) -> Response:
    response = Response(b"")
    finish(request, response)
    return response


def test_sec_H1_default_set_is_exact() -> None:
    assert dict(default_fields(Settings())) == {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": POLICY,
    }


def test_sec_H1_table_changes_adds_and_removes() -> None:
    changes = {"x-frame-options": "SAMEORIGIN", "Referrer-Policy": False, "X-More": "1"}
    fields = dict(default_fields(Settings(security_headers=changes)))
    assert fields["X-Frame-Options"] == "SAMEORIGIN"
    assert fields["X-More"] == "1"
    assert "Referrer-Policy" not in fields


def test_sec_H1_csp_as_text_replaces_and_as_table_changes_directives() -> None:
    whole = dict(default_fields(Settings(csp="default-src 'self'")))
    assert whole["Content-Security-Policy"] == "default-src 'self'"
    table = {"img-src": "*", "font-src": "", "upgrade-insecure-requests": ""}
    some = dict(default_fields(Settings(csp=table)))["Content-Security-Policy"]
    assert "img-src *;" in some
    assert "font-src" not in some
    assert "script-src 'self'" in some


def test_feat_X7_nonce_is_named_only_where_asked_for() -> None:
    site = FakeSite()
    assert "Content-Security-Policy" not in finished(make_request(services=site)).headers
    request = make_request(services=site)
    nonce = csp_nonce(request)
    assert nonce == csp_nonce(request)
    policy = finished(request).headers["Content-Security-Policy"]
    assert f"script-src 'self' 'nonce-{nonce}';" in policy
    assert f"style-src 'self' 'nonce-{nonce}';" in policy
    assert nonce != csp_nonce(make_request(services=site))


def test_sec_H1_route_has_its_own_policy() -> None:
    route = SimpleNamespace(csp={"img-src": "*"})
    request = make_request(services=FakeSite(), route=route)
    assert "img-src *;" in finished(request).headers["Content-Security-Policy"]


def test_sec_H1_removed_policy_stays_removed_with_a_nonce() -> None:
    site = FakeSite(security_headers={"content-security-policy": False})
    request = make_request(services=site)
    csp_nonce(request)
    assert "Content-Security-Policy" not in finished(request).headers


def test_sec_H1_hsts_only_under_tls_and_never_on_loopback() -> None:
    site = FakeSite()
    assert "Strict-Transport-Security" not in finished(make_request(services=site)).headers
    secure = make_request(services=site, peer=TLS)
    assert finished(secure).headers["Strict-Transport-Security"] == "max-age=31536000"
    local = make_request(services=site, peer=TLS)
    local.head.host = "localhost:8443"
    assert "Strict-Transport-Security" not in finished(local).headers
    off = FakeSite(security_headers={"Strict-Transport-Security": False})
    assert "Strict-Transport-Security" not in finished(make_request(services=off, peer=TLS)).headers


@pytest.mark.parametrize(
    "settings",
    [
        {"csp": "default-src 'self'\r\nX: y"},
        {"security_headers": {"X Y": "1"}},
        {"security_headers": {"X-Y": 1}},
    ],
)
def test_sec_H2_a_field_that_cannot_be_ends_the_start(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="csp or security_headers"):
        default_fields(Settings(**settings))


def test_sec_H1_true_leaves_a_field_as_it_is() -> None:
    kept = default_fields(Settings(security_headers={"x-frame-options": True}))
    assert ("X-Frame-Options", "DENY") in kept
