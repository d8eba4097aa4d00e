"""Password hashes: parameters, both methods, the bounded lane."""

import contextlib
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


class Running:
    """A lane of one slot with a piece of work in it that ends when told to."""

    def __init__(self, waiting: int, wait_seconds: float = 30) -> None:
        self.lane = HashLane(slots=1, waiting=waiting, wait_seconds=wait_seconds)
        self._has_begun, self._may_end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._occupy)

    def _occupy(self) -> None:
        with contextlib.suppress(HTTPError):  # it may wait longer than the lane allows
            self.lane.run(self._work)

    def _work(self) -> None:
        self._has_begun.set()
        self._may_end.wait(30)

    def __enter__(self) -> HashLane:
        self._thread.start()
        assert self._has_begun.wait(30)
        return self.lane

    def end(self) -> None:
        self._may_end.set()
        self._thread.join(30)

    def __exit__(self, *_: object) -> None:
        self.end()


def test_sec_A2_lane_without_a_place_left_refuses_at_once() -> None:
    running = Running(waiting=0)
    with running as lane:
        with pytest.raises(HTTPError) as refusal:
            lane.run(str)
        running.end()
        assert lane.run(str, 1) == "1"  # the place is free again
    assert refusal.value.status == 503
    assert dict(refusal.value.headers) == {"Retry-After": "2"}


def test_sec_A2_waiting_login_gets_its_turn() -> None:
    running = Running(waiting=1)
    answers: list[str] = []
    with running as lane:
        second = threading.Thread(target=lambda: answers.append(lane.run(str, 2)))
        second.start()
        assert not answers
        running.end()
        second.join(30)
    assert answers == ["2"]


def test_sec_A2_wait_ends_with_503() -> None:
    with Running(waiting=1, wait_seconds=0.01) as lane, pytest.raises(HTTPError) as refusal:
        lane.run(str)
    assert refusal.value.status == 503


def test_sec_A2_an_error_of_the_work_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        HashLane(slots=1, waiting=0).run(divmod, 1, 0)


def test_sec_A2_hashes_run_on_few_threads_whoever_asks() -> None:
    lane = HashLane(slots=1, waiting=8)
    names: list[str] = []
    askers = [
        threading.Thread(
            target=lambda: names.append(lane.run(lambda: threading.current_thread().name))
        )
        for _ in range(8)
    ]
    for each in askers:
        each.start()
    for each in askers:
        each.join(30)
    assert len(names) == 8
    assert len(set(names)) == 1
