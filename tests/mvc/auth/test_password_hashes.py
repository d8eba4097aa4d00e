"""Password hashes: parameters, both methods, the bounded lane."""

import threading

import pytest

from httpcore import HTTPError
from mvc.auth import passwords
from mvc.auth.passwords import HashLane, hash_password, needs_rehash, verify_password


@pytest.fixture(params=["argon2", "scrypt"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run with argon2-cffi and as if it were not installed."""
    if request.param == "scrypt":
        monkeypatch.setattr(passwords, "argon2", None)
    elif passwords.argon2 is None:
        pytest.skip("argon2-cffi is not installed")
    return str(request.param)


def test_sec_A1_parameters_stand_in_the_hash(method: str) -> None:
    stored = hash_password("pässwörd")
    prefix = {"argon2": "$argon2id$v=19$m=19456,t=2,p=1$", "scrypt": "$scrypt$ln=15,r=8,p=3$"}
    assert stored.startswith(prefix[method])
    assert not needs_rehash(stored)
    assert verify_password("pässwörd", stored)
    assert not verify_password("passwörd", stored)


def test_sec_A1_weaker_parameters_ask_for_a_new_hash() -> None:
    assert needs_rehash("$scrypt$ln=14,r=8,p=3$c2FsdA$aGFzaA")
    assert needs_rehash(passwords.UNUSABLE)


@pytest.mark.parametrize(
    "stored", ["", "!", "plain", "$scrypt$", "$scrypt$ln=99,r=8,p=3$c2FsdA$aGFzaA", "$argon2id$x"]
)
def test_sec_A3_unusable_hash_matches_nothing(stored: str) -> None:
    assert not verify_password("anything", stored)


def test_sec_A1_password_over_1024_bytes_is_400() -> None:
    with pytest.raises(HTTPError) as refusal:
        hash_password("é" * 513)
    assert refusal.value.status == 400
    with pytest.raises(HTTPError):
        verify_password("x" * 1025, "!")


def test_sec_A2_lane_without_a_place_left_refuses_at_once() -> None:
    lane = HashLane(slots=1, waiting=0)
    with lane.enter(), pytest.raises(HTTPError) as refusal, lane.enter():
        pass
    assert refusal.value.status == 503
    assert dict(refusal.value.headers) == {"Retry-After": "2"}
    with lane.enter():
        pass  # the place is free again


def test_sec_A2_waiting_login_gets_its_turn() -> None:
    lane = HashLane(slots=1, waiting=1, wait_seconds=30)
    ran = threading.Event()

    def wait_for_a_turn() -> None:
        with lane.enter():
            ran.set()

    with lane.enter():
        second = threading.Thread(target=wait_for_a_turn)
        second.start()
        assert not ran.is_set()
    assert ran.wait(30)
    second.join(30)


def test_sec_A2_wait_ends_with_503() -> None:
    lane = HashLane(slots=1, waiting=1, wait_seconds=0.01)
    with lane.enter(), pytest.raises(HTTPError) as refusal, lane.enter():
        pass
    assert refusal.value.status == 503
