"""Which lane an endpoint runs in: what is learned, and what a route says (feat:V1)."""

import pytest

from httpcore import Endpoint, Response
from httpcore.runtime import lanes
from httpcore.runtime.learning import (
    LONG,
    MAX_LATE,
    MAX_STREAK,
    QUICK,
    SLOW,
    STREAK,
    WINDOW,
    EndpointRecord,
)

LATE = QUICK * 2  # neither quick nor slow


def make_record(**policy):
    endpoint = Endpoint()
    for name, value in policy.items():
        setattr(endpoint, name, value)
    return EndpointRecord(endpoint)


@pytest.fixture
def record():
    return make_record()


def qualify(record, runs=STREAK):
    """Quick runs in the pool; what the last of them says."""
    return [record.note_pooled(QUICK / 2) for _ in range(runs)][-1]


def run_inline(record, seconds):
    """As the loop notes its own runs: quick ones are only counted."""
    record.runs += 1
    return record.note_late(seconds) if seconds > QUICK else None


def test_100_quick_runs_in_a_row_lead_to_the_loop(record):
    assert qualify(record, STREAK - 1) is None
    assert record.lane == "pool"
    assert qualify(record, 1) == "100 runs in a row under 0.2 ms"
    assert record.lane == "inline"


def test_one_that_is_not_quick_starts_the_row_again(record):
    qualify(record, STREAK - 1)
    record.note_pooled(LATE)
    assert qualify(record, STREAK - 1) is None
    assert qualify(record, 1) is not None


def test_run_of_just_the_time_is_quick(record):
    for _ in range(STREAK):
        record.note_pooled(QUICK)
    assert record.is_inline


def test_slow_run_leads_back_at_once(record):
    qualify(record)
    assert run_inline(record, SLOW) is None
    assert run_inline(record, 0.0031) == "a run took 3.1 ms"
    assert record.lane == "pool"


def test_more_than_one_in_twenty_leads_back(record):
    qualify(record)
    for _ in range(MAX_LATE):
        assert run_inline(record, LATE) is None
    assert run_inline(record, LATE) == "more than one run in twenty over 0.2 ms"
    assert record.lane == "pool"


def test_one_in_twenty_stays(record):
    qualify(record)
    for _ in range(20):
        for _ in range(19):
            run_inline(record, 0)
        assert run_inline(record, LATE) is None
    assert record.is_inline


def test_late_runs_of_an_earlier_window_are_forgotten(record):
    qualify(record)
    for _ in range(MAX_LATE):
        run_inline(record, LATE)
    for _ in range(WINDOW):
        run_inline(record, 0)
    assert run_inline(record, LATE) is None
    assert record.is_inline


def test_each_way_back_doubles_what_it_takes_up_to_64_times(record):
    needed = STREAK
    for _ in range(10):
        assert qualify(record, needed - 1) is None
        assert qualify(record, 1) is not None
        run_inline(record, 1.0)
        needed = min(2 * needed, MAX_STREAK)
    assert needed == MAX_STREAK == 64 * STREAK


def test_leaving_the_loop_twice_counts_once(record):
    qualify(record)
    assert record.leave_loop("taken over") == "taken over"
    assert record.leave_loop("taken over") is None
    assert qualify(record, 2 * STREAK) is not None


@pytest.mark.parametrize("seconds", [LATE, 1.0])
def test_route_that_says_inline_stays_there(seconds):
    record = make_record(lane="inline")
    for _ in range(50):
        assert run_inline(record, seconds) is None
    assert record.leave_loop("taken over") is None
    assert record.lane == "inline"


def test_route_that_says_pool_stays_there():
    record = make_record(lane="pool")
    assert qualify(record, 10 * STREAK) is None
    assert record.lane == "pool"


@pytest.mark.parametrize("lane", ["auto", "inline", "pool"])
def test_endpoint_that_reads_its_body_itself_never_runs_inline(lane):
    record = make_record(lane=lane, stream_body=True)
    qualify(record, 10 * STREAK)
    assert record.lane == "pool"


@pytest.mark.parametrize("lane", ["auto", "inline"])
def test_generated_bodies_lead_to_the_pool_for_good(lane):
    record = make_record(lane=lane)
    record.stay_pooled()
    qualify(record, MAX_STREAK)
    assert record.lane == "pool"


def test_unknown_endpoint_counts_as_long_until_runs_have_shown_otherwise(record):
    assert record.is_long
    runs = 0
    while record.is_long:
        record.note_pooled(0.001)
        runs += 1
    assert 1 < runs < 20
    record.note_pooled(10 * LONG)
    assert record.is_long


@pytest.mark.parametrize(
    ("running", "waiting", "is_full", "must_wait"),
    [(0, 0, False, False), (2, 0, False, True), (2, 1, True, True), (1, 1, False, False)],
)
def test_feat_V2_places_to_run_and_to_wait(running, waiting, is_full, must_wait):
    places = make_record(max_concurrency=2, queue=1).places.of(None)
    places.running = running
    places.waiting.extend([object()] * waiting)
    assert (places.is_full, places.must_wait) == (is_full, must_wait)


def test_no_bound_no_waiting(record):
    places = record.places.of(None)
    places.running = 10_000
    assert not places.is_full
    assert not places.must_wait


# With a whole server, turned by hand.


def test_feat_V1_learned_lane_is_logged_and_told(by_hand, table, caplog):
    caplog.set_level("INFO", "treadle.lanes")
    table.add("/", lambda request: Response(b"quick"))
    rig = by_hand()
    client = rig.connect()
    for n in range(STREAK + 1):
        assert len(rig.changes) == (n == STREAK)
        rig.ask("/", client)
        rig.settle()
        assert client.read_answer().status == 200
    ((name, lane, reason),) = rig.changes
    assert (name, lane) == ("<lambda>", "inline")
    assert f"{name} runs inline from now on: {reason}" in caplog.messages
    assert rig.record("/").runs == 1


def test_feat_V1_only_the_call_of_the_endpoint_is_timed(by_hand, table):
    rig = by_hand()
    table.add("/", lambda request: rig.clock.advance(0.0031) or Response(b""), lane="pool")
    rig.ask("/")
    rig.turn()
    rig.clock.advance(5.0)  # waits for a worker
    rig.settle()
    assert rig.connection().timing.handled == pytest.approx(0.0031)
    assert rig.record("/").average < 2 * LONG


def test_feat_V1_slow_run_on_the_loop_moves_the_endpoint(by_hand, table):
    pauses = iter([0.0] * STREAK + [0.003, 0.0])
    rig = by_hand()
    table.add("/", lambda request: rig.clock.advance(next(pauses)) or Response(b""))
    client = rig.connect()
    for _ in range(STREAK + 1):
        rig.ask("/", client)
        rig.settle()
    assert [(change.lane, change.reason) for change in rig.changes] == [
        ("inline", "100 runs in a row under 0.2 ms"),
        ("pool", "a run took 3.0 ms"),
    ]
    rig.ask("/", client)
    rig.turn(2)
    assert rig.work()


def test_feat_V1_generated_body_on_the_loop_moves_its_endpoint_for_good(by_hand, table):
    table.add("/", lambda request: Response(iter([b"one", b"two"])), lane="inline")
    rig = by_hand()
    client = rig.ask("/")
    rig.turn()
    assert [change.lane for change in rig.changes] == ["pool"]
    rig.settle()
    assert client.read_answer().body == b"onetwo"
    assert rig.record("/").lane == "pool"


def test_feat_V1_pieces_of_a_body_are_not_runs(by_hand, table):
    def pieces():
        for _ in range(40):
            yield bytes(256 * 1024)

    table.add("/", lambda request: Response(pieces()))
    rig = by_hand()
    client = rig.ask("/")
    rig.settle()
    before = rig.record("/").average
    assert before < 2 * LONG  # noted once, though the peer has not read yet
    client.sock.settimeout(0)
    received = 0
    while received < 40 * 256 * 1024:
        try:
            received += len(client.sock.recv(1 << 20))
        except BlockingIOError:
            rig.settle()
    rig.settle()
    assert rig.record("/").average == before


def test_feat_V1_run_that_outlives_its_time_out_ends_the_row(by_hand, table):
    rig = by_hand()
    is_late = [False]

    def endpoint(request):
        if is_late[0]:
            rig.clock.advance(3.0)
            rig.turn(2)  # the loop answers 504 meanwhile
        return Response(b"")

    table.add("/", endpoint, timeout=2.0)
    client = rig.connect()
    for _ in range(STREAK - 1):
        rig.ask("/", client)
        rig.settle()
        client.read_answer()
    is_late[0] = True
    rig.ask("/", client)
    rig.settle()
    assert client.read_answer().status == 504
    is_late[0] = False
    client = rig.connect()
    rig.ask("/", client)
    rig.settle()
    assert rig.changes == []
    assert rig.record("/").is_long


def test_records_of_endpoints_made_anew_are_bounded(by_hand, table, monkeypatch):
    monkeypatch.setattr(lanes, "MAX_RECORDS", 5)
    rig = by_hand()
    client = rig.connect()
    for _ in range(20):
        table.add("/", lambda request: Response(b""), lane="inline")
        rig.ask("/", client)
        rig.turn()
        assert client.read_answer().status == 200
    assert len(rig.lanes._records) <= 5
