"""Sessions from the first write to the last: cookies, times, ids, and who may bring them back."""

import re
import threading
from typing import Any

import pytest

from httpcore import Response
from mvc.sessions import Session, session_of
from mvc.sessions.cookies import mark_private
from mvc.sessions.store import key_of
from tests.support.site import TLS, FakeSite, Person, Visitor


@pytest.fixture
def site() -> FakeSite:
    return FakeSite(Person(1, "ann"))


def visitor_with(site: FakeSite, **values: Any) -> Visitor:
    visitor = Visitor(site)
    request = visitor.ask()
    request.session.update(values)
    visitor.settle(request)
    return visitor


def test_sec_S1_id_has_256_bits_and_only_its_hash_is_stored(site: FakeSite) -> None:
    visitor = visitor_with(site, a=1)
    session_id = visitor.cookies["session"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", session_id)
    assert site.store.load(key_of(session_id)) is not None
    assert site.store.load(session_id) is None
    assert len({Session().id for _ in range(1000)}) == 1000


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda x: x + "A", lambda x: x[:-1]])
def test_sec_S1_lookup_is_exact(site: FakeSite, change: Any) -> None:
    visitor = visitor_with(site, a=1)
    visitor.cookies["session"] = change(visitor.cookies["session"])
    assert dict(visitor.ask().session) == {}


def test_sec_S2_unknown_id_is_never_adopted(site: FakeSite) -> None:
    visitor = Visitor(site)
    planted = visitor.cookies["session"] = "A" * 43
    request = visitor.ask()
    request.session["a"] = 1
    visitor.settle(request)
    assert visitor.cookies["session"] != planted


def test_sec_S11_reading_stores_nothing_and_sets_no_cookie(site: FakeSite) -> None:
    visitor = Visitor(site)
    request = visitor.ask()
    assert request.session.get("a") is None
    response = visitor.settle(request)
    assert len(site.store) == 0
    assert "Set-Cookie" not in response.headers


def test_sec_S5_cookie_attributes(site: FakeSite) -> None:
    visitor = Visitor(site)
    request = visitor.ask()
    request.session["a"] = 1
    field = visitor.settle(request).headers["Set-Cookie"]
    attributes = {part.strip().lower() for part in field.split(";")[1:]}
    assert {"path=/", "httponly", "samesite=lax", "max-age=1209600"} <= attributes
    assert "secure" not in attributes


def test_sec_S5_under_tls_the_cookie_is_host_bound_and_secure(site: FakeSite) -> None:
    visitor = Visitor(site)
    request = visitor.ask(peer=TLS)
    request.session["a"] = 1
    field = visitor.settle(request).headers["Set-Cookie"]
    assert field.startswith("__Host-session=")
    assert "; Secure" in field
    assert visitor.ask(peer=TLS).session["a"] == 1


def test_feat_C9_written_only_if_changed_even_deep_inside(site: FakeSite) -> None:
    visitor = visitor_with(site, cart=[1])
    writes: list[str] = []
    update = site.store.update
    site.store.update = lambda key, row: writes.append(row.data) or update(key, row)  # type: ignore
    request = visitor.ask()
    request.session["cart"] = [1]
    visitor.settle(request)
    assert writes == []
    request = visitor.ask()
    request.session["cart"].append(2)
    visitor.settle(request)
    assert writes == ['{"cart":[1,2]}']


def test_feat_C9_last_seen_moves_at_most_once_a_minute(site: FakeSite) -> None:
    visitor = visitor_with(site, a=1)
    start = site.clock.now
    key = key_of(visitor.cookies["session"])
    for seconds, expected in ((30, 0), (29, 0), (1, 60), (59, 60)):
        site.clock.advance(seconds=seconds)
        request = visitor.ask()
        assert request.session["a"] == 1
        response = visitor.settle(request)
        row = site.store.load(key)
        assert row is not None
        assert (row.last_seen - start).total_seconds() == expected
        assert ("Set-Cookie" in response.headers) is (seconds == 1)


@pytest.mark.parametrize(
    ("policy", "idle", "absolute"),
    [("default", {"days": 14}, {"days": 30}), ("strict", {"hours": 1}, {"hours": 24})],
)
def test_sec_S4_idle_and_absolute_time(policy: str, idle: Any, absolute: Any) -> None:
    site = FakeSite(session_policy=policy)
    visitor = visitor_with(site, a=1)
    site.clock.advance(**idle)
    assert dict(visitor.ask().session) == {}

    visitor = visitor_with(site, a=1)
    half = {unit: amount / 2 for unit, amount in idle.items()}
    born = site.clock.now
    while "a" in (request := visitor.ask()).session:
        visitor.settle(request)
        site.clock.advance(**half)
    lived = site.clock.now - born
    site.clock.now = born
    site.clock.advance(**absolute)
    assert lived >= site.clock.now - born


def test_sec_R13_backward_jump_of_the_clock_ends_nothing_and_extends_nothing(
    site: FakeSite,
) -> None:
    visitor = visitor_with(site, a=1)
    site.clock.advance(days=-1)
    request = visitor.ask()
    assert request.session["a"] == 1
    visitor.settle(request)
    row = site.store.load(key_of(visitor.cookies["session"]))
    assert row is not None
    site.clock.advance(days=1)
    assert row.last_seen == site.clock.now


def test_sec_S3_slow_request_does_not_resurrect_a_session_logged_out_meanwhile(
    site: FakeSite,
) -> None:
    visitor = visitor_with(site, a=1)
    slow = visitor.ask()
    slow.session["a"] = 2
    session_id = visitor.cookies["session"]
    leaving = visitor.ask()
    session_of(leaving).end()
    visitor.settle(leaving)
    visitor.settle(slow)
    assert len(site.store) == 0
    visitor.cookies["session"] = session_id
    assert dict(visitor.ask().session) == {}


def test_sec_S3_race_of_logout_and_writes_never_resurrects(site: FakeSite) -> None:
    for _ in range(50):
        visitor = visitor_with(site, a=1)
        leaving = visitor.ask()
        session_of(leaving).end()
        others = [visitor.ask() for _ in range(3)]
        for number, request in enumerate(others):
            request.session["a"] = number + 2
        threads = [
            threading.Thread(target=site.sessions.finish, args=(request, Response(b"")))
            for request in [*others, leaving]
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(site.store) == 0


def test_sec_S2_renewed_session_keeps_its_data_under_a_new_id(site: FakeSite) -> None:
    visitor = visitor_with(site, a=1)
    old = visitor.cookies["session"]
    request = visitor.ask()
    session_of(request).renew()
    visitor.settle(request)
    assert visitor.cookies["session"] != old
    assert visitor.ask().session["a"] == 1
    visitor.cookies["session"] = old
    assert dict(visitor.ask().session) == {}


def test_failed_request_leaves_the_session_as_it_was(site: FakeSite) -> None:
    visitor = visitor_with(site, a=1)
    request = visitor.ask()
    request.session["a"] = 2
    visitor.settle(request, 500)
    assert visitor.ask().session["a"] == 1
    fresh = Visitor(site)
    request = fresh.ask()
    request.session["a"] = 2
    fresh.settle(request, 503)
    assert fresh.cookies == {}


def test_sec_S3_logout_holds_even_if_the_request_fails(site: FakeSite) -> None:
    visitor = visitor_with(site, a=1)
    request = visitor.ask()
    session_of(request).end()
    visitor.settle(request, 500)
    assert len(site.store) == 0
    assert visitor.cookies == {}


def test_stale_cookie_is_taken_back(site: FakeSite) -> None:
    visitor = Visitor(site)
    visitor.cookies["session"] = "A" * 43
    request = visitor.ask()
    assert len(request.session) == 0
    visitor.settle(request)
    assert visitor.cookies == {}


@pytest.mark.parametrize(
    "touch",
    [
        lambda session: session.get("a"),
        lambda session: "a" in session,
        lambda session: len(session),
        lambda session: list(session),
        lambda session: session.update(b=1),
        lambda session: session.pop("a", None),
        lambda session: session.clear(),
        lambda session: session.setdefault("a", 2),
    ],
)
def test_sec_H8_every_touch_makes_the_response_private(site: FakeSite, touch: Any) -> None:
    visitor = visitor_with(site, a=1)
    request = visitor.ask()
    touch(request.session)
    response = visitor.settle(request)
    assert response.headers["Cache-Control"] == "private"
    assert response.headers["Vary"] == "Cookie"


def test_sec_H8_untouched_session_leaves_the_response_alone(site: FakeSite) -> None:
    visitor = visitor_with(site, a=1)
    response = visitor.settle(visitor.ask())
    assert list(response.headers.items()) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("private", "Cookie")),
        ({"Cache-Control": "public, max-age=60"}, ("private, max-age=60", "Cookie")),
        ({"Cache-Control": "s-maxage=60"}, ("private", "Cookie")),
        ({"Cache-Control": "no-store"}, ("no-store", "Cookie")),
        ({"Cache-Control": "Private"}, ("Private", "Cookie")),
        ({"Vary": "Accept , cookie"}, ("private", "Accept , cookie")),
        ({"Vary": "Accept"}, ("private", "Accept, Cookie")),
        ({"Vary": "*"}, ("private", "*")),
    ],
)
def test_sec_H8_existing_fields_are_respected(
    given: dict[str, str], expected: tuple[str, str]
) -> None:
    response = Response(b"", headers=given)
    mark_private(response)
    assert (response.headers["Cache-Control"], response.headers["Vary"]) == expected


@pytest.mark.parametrize("value", [object(), b"x", {1}, float("nan"), float("inf")])
def test_sec_S12_only_json_is_stored(value: Any) -> None:
    session = Session()
    with pytest.raises(TypeError, match="JSON values"):
        session["a"] = value
    with pytest.raises(TypeError, match="keys are str"):
        session[1] = 2  # type: ignore[index]


def test_feat_C19_sessions_of_a_user_are_listed_and_revoked(site: FakeSite) -> None:
    user = site.users.people[0]
    first, second = site.sessions.open_for(user), site.sessions.open_for(user)
    listed = site.sessions.sessions_of(user.id)
    assert {info.handle for info in listed} == {key_of(first), key_of(second)}
    assert not site.sessions.revoke(2, key_of(first))
    assert not site.sessions.revoke(user.id, "")
    assert site.sessions.revoke(user.id, key_of(first))
    assert site.sessions.revoke_all(user.id, keep=key_of(second)) == 0
    assert site.sessions.revoke_all(user.id) == 1
    assert site.sessions.sessions_of(user.id) == []


def test_sec_S11_expired_rows_are_purged_in_batches(site: FakeSite) -> None:
    for _ in range(501):
        site.sessions.open_for(site.users.people[0])
    assert site.sessions.purge() == 0
    site.clock.advance(days=14)
    assert site.sessions.purge() == 500
    assert site.sessions.purge() == 1


def test_a_copy_of_the_session_is_a_plain_dict() -> None:
    session = Session()
    session["cart"] = [1]
    copied = session.copy()
    copied["other"] = 2
    assert type(copied) is dict
    assert dict(session) == {"cart": [1]}
