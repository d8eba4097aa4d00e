"""What every session store promises, asked of each of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mvc.sessions import MemorySessionStore, SessionStore, StoredSession
from mvc.storage import DatabaseSessionStore
from orm import Database

START = datetime(2026, 3, 1, 12, 0, 0, 123456)
ROW = StoredSession(
    data='{"a":"é\U0001f600"}',
    user_id=7,
    epoch=2,
    created_at=START,
    last_seen=START,
    expires_at=START + timedelta(days=14),
    ip="2001:db8::1",
    user_agent="Firefox",
)


@pytest.fixture(params=[MemorySessionStore, DatabaseSessionStore])
def store(request: pytest.FixtureRequest, tables: Database) -> SessionStore:
    made: SessionStore = request.param()
    return made


def test_feat_C9_row_comes_back_as_it_went(store: SessionStore) -> None:
    store.insert("k1", ROW)
    assert store.load("k1") == ROW
    assert store.load("k2") is None
    changed = replace(ROW, data="{}", user_id=None, epoch=0)
    assert store.update("k1", changed)
    assert store.load("k1") == changed


def test_sec_S1_keys_are_compared_exactly(store: SessionStore) -> None:
    store.insert("abc", ROW)
    for other in ("ABC", "abc ", " abc", "ab", "abcd", "Abc", "\u00e4bc", ""):
        assert store.load(other) is None


def test_sec_S3_deleted_row_stays_deleted(store: SessionStore) -> None:
    store.insert("k1", ROW)
    assert store.delete("k1")
    assert not store.delete("k1")
    assert not store.update("k1", ROW)
    assert not store.touch("k1", START, START)
    assert store.load("k1") is None


def test_update_without_a_change_still_finds_its_row(store: SessionStore) -> None:
    store.insert("k1", ROW)
    assert store.update("k1", ROW)
    assert store.touch("k1", ROW.last_seen, ROW.expires_at)


def test_touch_moves_the_times_only(store: SessionStore) -> None:
    store.insert("k1", ROW)
    seen, end = START + timedelta(hours=1), START + timedelta(days=15)
    assert store.touch("k1", seen, end)
    assert store.load("k1") == replace(ROW, last_seen=seen, expires_at=end)


def test_feat_C19_sessions_of_one_user_newest_first(store: SessionStore) -> None:
    for number in range(3):
        store.insert(f"k{number}", replace(ROW, last_seen=START + timedelta(minutes=number)))
    store.insert("other", replace(ROW, user_id=8))
    store.insert("nobody", replace(ROW, user_id=None))
    assert [info.handle for info in store.list_user(7)] == ["k2", "k1", "k0"]
    assert store.list_user(7)[0].user_agent == "Firefox"
    assert store.delete_user(7, only="other") == 0
    assert store.delete_user(7, only="k1") == 1
    assert store.delete_user(7, keep="k2") == 1
    assert [info.handle for info in store.list_user(7)] == ["k2"]
    assert store.delete_user(7) == 1
    assert store.load("other") is not None


def test_sec_S11_purge_is_bounded_and_takes_only_what_expired(store: SessionStore) -> None:
    for number in range(5):
        store.insert(f"k{number}", replace(ROW, expires_at=START))
    store.insert("alive", replace(ROW, expires_at=START + timedelta(microseconds=1)))
    assert store.purge(START - timedelta(microseconds=1), 3) == 0
    assert [store.purge(START, 3) for _ in range(3)] == [3, 2, 0]
    assert store.load("alive") is not None
