"""Logging in and out: new ids, equal answers, throttling, logins that end elsewhere."""

import pytest

from httpcore import HTTPError
from mvc.auth import (
    anonymous,
    authenticate,
    list_sessions,
    login,
    logout,
    logout_everywhere,
    revoke_session,
)
from mvc.auth.passwords import hash_password
from mvc.auth.throttle import MemoryThrottle, throttle_key
from mvc.auth.usernames import username_key
from tests.support.site import FakeSite, Person, Visitor

PASSWORD = "correct horse"
STORED = hash_password(PASSWORD)


@pytest.fixture
def site() -> FakeSite:
    return FakeSite(
        Person(1, "Ann", STORED), Person(2, "bob", STORED), Person(3, "eve", STORED, False)
    )


def logged_in(site: FakeSite, user_id: int = 1) -> Visitor:
    visitor = Visitor(site)
    request = visitor.ask()
    person = site.users.get(user_id)
    assert person is not None
    login(request, person)
    visitor.settle(request)
    return visitor


@pytest.mark.parametrize("name", ["Ann", "ANN", " ann ", "\uff21nn"])
def test_sec_D9_names_are_compared_by_their_key(site: FakeSite, name: str) -> None:
    assert authenticate(Visitor(site).ask(), name, PASSWORD) is site.users.people[0]


@pytest.mark.parametrize("name", ["adm\u0131n", "\u0430dmin", "adm in"])
def test_sec_D9_names_that_only_look_alike_differ(name: str) -> None:
    assert username_key(name) != username_key("admin")


@pytest.mark.parametrize(
    ("name", "password"), [("nobody", PASSWORD), ("Ann", "wrong"), ("eve", PASSWORD), ("", "")]
)
def test_sec_A3_every_failure_is_the_same_none(site: FakeSite, name: str, password: str) -> None:
    assert authenticate(Visitor(site).ask(), name, password) is None


def test_sec_T16_endless_names_cost_no_time(site: FakeSite) -> None:
    endless = "a" + "\u0301\u0323" * 500_000
    assert username_key(endless) == endless
    assert authenticate(Visitor(site).ask(), endless, PASSWORD) is None


def test_sec_S2_login_gives_a_new_id_and_the_old_one_is_dead(site: FakeSite) -> None:
    visitor = Visitor(site)
    request = visitor.ask()
    request.session["cart"] = [1]
    visitor.settle(request)
    planted = visitor.cookies["session"]
    request = visitor.ask()
    login(request, site.users.people[0])
    assert request.user is site.users.people[0]
    visitor.settle(request)
    assert visitor.cookies["session"] != planted
    request = visitor.ask()
    assert request.user.username == "Ann"
    assert request.session["cart"] == [1]
    visitor.cookies["session"] = planted
    assert visitor.ask().user is anonymous
    assert site.users.logins == [1]


def test_login_as_someone_else_drops_what_the_first_had(site: FakeSite) -> None:
    visitor = logged_in(site)
    request = visitor.ask()
    request.session["private"] = 1
    login(request, site.users.people[1])
    visitor.settle(request)
    assert visitor.ask().user.username == "bob"
    assert "private" not in visitor.ask().session


def test_sec_S3_logout_ends_the_session(site: FakeSite) -> None:
    visitor = logged_in(site)
    old = visitor.cookies["session"]
    request = visitor.ask()
    logout(request)
    assert request.user is anonymous
    visitor.settle(request)
    assert visitor.cookies == {}
    visitor.cookies["session"] = old
    assert visitor.ask().user is anonymous


def test_sec_S3_deactivated_user_is_out_at_once(site: FakeSite) -> None:
    visitor = logged_in(site)
    site.users.people[0].is_active = False
    request = visitor.ask()
    assert not request.user
    visitor.settle(request)
    assert len(site.store) == 0


def test_sec_S3_password_change_ends_the_other_logins(site: FakeSite) -> None:
    here, there = logged_in(site), logged_in(site)
    request = here.ask()
    request.user.set_password("another one")
    login(request, request.user)
    here.settle(request)
    assert here.ask().user.username == "Ann"
    assert there.ask().user is anonymous


def test_feat_C19_own_sessions_are_listed_and_ended_one_by_one(site: FakeSite) -> None:
    here, there, other = logged_in(site), logged_in(site), logged_in(site, 2)
    request = here.ask()
    sessions = list_sessions(request)
    assert sorted(each.is_current for each in sessions) == [False, True]
    foreign = list_sessions(other.ask())[0]
    assert not revoke_session(request, foreign.handle)
    assert revoke_session(request, next(e.handle for e in sessions if not e.is_current))
    assert there.ask().user is anonymous
    assert here.ask().user
    assert list_sessions(Visitor(site).ask()) == []


def test_sec_S3_logout_everywhere_ends_all_of_this_user(site: FakeSite) -> None:
    here, there, other = logged_in(site), logged_in(site), logged_in(site, 2)
    request = here.ask()
    logout_everywhere(request)
    here.settle(request)
    assert here.cookies == {}
    assert there.ask().user is anonymous
    assert other.ask().user.username == "bob"


def test_sec_A4_sixth_failure_in_a_minute_is_429_and_costs_no_hash(site: FakeSite) -> None:
    for _ in range(5):
        assert authenticate(Visitor(site).ask(), "ann", "wrong") is None
    with pytest.raises(HTTPError) as refusal:
        authenticate(Visitor(site).ask(), "ANN", PASSWORD)
    assert refusal.value.status == 429
    assert 0 < int(dict(refusal.value.headers)["Retry-After"]) <= 60
    assert authenticate(Visitor(site).ask(), "bob", PASSWORD)


def test_sec_A4_window_ends_and_success_forgets() -> None:
    now = [0.0]
    throttle = MemoryThrottle(lambda: now[0])
    for _ in range(5):
        throttle.count_failure("key")
    assert throttle.seconds_to_wait("key") == 60
    now[0] = 60.0
    assert throttle.seconds_to_wait("key") == 0
    throttle.count_failure("key")
    assert throttle.seconds_to_wait("key") == 0
    for _ in range(5):
        throttle.count_failure("key")
    throttle.forget("key")
    assert throttle.seconds_to_wait("key") == 0


def test_sec_A4_key_takes_the_network_not_the_address() -> None:
    assert throttle_key("ann", "192.0.2.1") == throttle_key("ann", "192.0.2.200")
    assert throttle_key("ann", "192.0.2.1") != throttle_key("ann", "192.0.3.1")
    assert throttle_key("ann", "2001:db8::1") == throttle_key("ann", "2001:db8::2:1")
    assert throttle_key("ann", "192.0.2.1") != throttle_key("bob", "192.0.2.1")
