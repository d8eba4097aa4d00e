"""Failed logins counted in the database."""

import pytest

import orm
from mvc.auth.throttle import throttle_key
from mvc.storage import DatabaseThrottle, LoginFailures
from tests.support.site import Clock

pytestmark = pytest.mark.usefixtures("tables")

KEY = throttle_key("ann", "192.0.2.1")


def test_sec_A4_count_is_shared_and_survives_a_restart() -> None:
    clock = Clock()
    first, second = DatabaseThrottle(clock), DatabaseThrottle(clock)
    for throttle in (first, second, first, second):
        throttle.count_failure(KEY)
        assert throttle.seconds_to_wait(KEY) == 0
    first.count_failure(KEY)
    assert DatabaseThrottle(clock).seconds_to_wait(KEY) == 60
    clock.advance(seconds=45)
    assert DatabaseThrottle(clock).seconds_to_wait(KEY) == 15
    assert second.seconds_to_wait("another") == 0


def test_sec_A4_window_ends_and_old_rows_go() -> None:
    clock = Clock()
    for _ in range(5):
        DatabaseThrottle(clock).count_failure(KEY)
    clock.advance(seconds=60)
    fresh = DatabaseThrottle(clock)
    assert fresh.seconds_to_wait(KEY) == 0
    fresh.count_failure("another")
    assert LoginFailures.select().scalars(LoginFailures.key) == ["another"]


def test_sec_A4_success_forgets() -> None:
    throttle = DatabaseThrottle(Clock())
    for _ in range(5):
        throttle.count_failure(KEY)
    throttle.forget(KEY)
    assert throttle.seconds_to_wait(KEY) == 0


def test_sec_A4_count_holds_even_if_the_transaction_is_undone() -> None:
    throttle = DatabaseThrottle()
    for _ in range(5):
        with orm.transaction() as work:
            throttle.count_failure(KEY)
            work.rollback()
    assert LoginFailures.select().count() == 0
    assert 0 < throttle.seconds_to_wait(KEY) <= 60


def test_sec_R13_clock_set_back_does_not_prolong_the_wait() -> None:
    clock = Clock()
    for _ in range(5):
        DatabaseThrottle(clock).count_failure(KEY)
    clock.advance(days=-1)
    assert DatabaseThrottle(clock).seconds_to_wait(KEY) == 60
