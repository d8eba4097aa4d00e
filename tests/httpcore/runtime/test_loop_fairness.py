"""A pass of the loop stays short, whatever a crowd does (sec:G2)."""

from httpcore import Response
from httpcore.protocol.states import State
from httpcore.runtime import loop as loops
from httpcore.runtime.loop import EXPIRED, IN_A_ROW, QUIET


def test_sec_G2_crowd_that_is_late_together_does_not_hold_up_others(by_hand, table):
    table.add("/", lambda request: Response(b"page"), lane="inline")
    rig = by_hand()
    crowd = [rig.connect() for _ in range(EXPIRED + 10)]
    for each in crowd:
        each.send(b"GET / HTTP/1.1\r\n")
    rig.turn(2)
    other = rig.connect()
    rig.clock.advance(30)
    rig.ask("/", other)
    rig.turn()
    assert not other.has_nothing_to_read()
    late = [each for each in crowd if not each.has_nothing_to_read()]
    assert 0 < len(late) <= EXPIRED
    rig.turn(2)
    assert {each.read_answer().status for each in crowd} == {408}


def test_sec_G2_clients_that_pipeline_to_workers_do_not_keep_a_stage_from_ending(
    by_hand, table, monkeypatch
):
    monkeypatch.setattr(loops, "LONGEST", 32)
    table.add("/", lambda request: Response(b"page"), lane="pool")
    rig = by_hand(threads=32)
    crowd = [rig.connect() for _ in range(4 * IN_A_ROW)]
    supply = rig.loop.supply

    def supply_and_work():  # as workers would that are faster than the loop
        supply()
        while rig.work():
            pass

    rig.loop.supply = supply_and_work
    for each in crowd:
        each.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n" * 20)
    rig.turn()
    assert sum(each.requests for each in rig.loop.connections.values()) <= 32 + 2 * len(crowd)
    rig.turn(20 * len(crowd) // 32)
    bodies = [each.read_answer().body for each in crowd for _ in range(20)]
    assert bodies == [b"page"] * 20 * len(crowd)


def test_sec_G8_recess_is_before_a_look_at_the_sockets_unless_there_is_work(by_hand, monkeypatch):
    rig = by_hand()
    recesses = []
    monkeypatch.setattr(rig.loop._mailbox, "wait", recesses.append)
    rig.turn()
    assert recesses == []
    rig.loop.recess = 0.002
    rig.turn()
    assert recesses == [0.002]
    rig.loop.post(list)
    rig.turn()
    assert recesses == [0.002]


def test_sec_G8_there_is_no_recess_while_quick_requests_come(by_hand, table, monkeypatch):
    table.add("/", lambda request: Response(b"page"), lane="inline")
    rig = by_hand()
    recesses = []
    monkeypatch.setattr(rig.loop._mailbox, "wait", recesses.append)
    client = rig.ask("/")
    rig.turn()
    assert client.read_answer().status == 200
    rig.loop.recess = 0.002
    rig.turn()
    assert recesses == []
    rig.clock.advance(QUIET + 0.001)
    rig.turn()
    assert recesses == [0.002]


def test_http_C2_body_that_a_worker_was_given_in_mid_stage_is_left_to_it(by_hand, table):
    table.add("/", lambda request: Response(b"page"), lane="inline")
    table.add("/large", lambda request: Response(b"x" * 100_000), lane="pool")
    table.add("/up", lambda request: Response(request.stream.read()), stream_body=True, lane="pool")
    rig = by_hand(threads=1)
    client = rig.ask("/large")
    rig.turn()
    connection = rig.connection()
    others = [rig.connect() for _ in range(IN_A_ROW)]
    client.send(b"POST /up HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n")
    rig.turn(2)  # the second: it is no longer the first that the poller thinks of
    assert rig.work()  # the worker sends the large answer, and its mail waits
    for each in others:
        rig.ask("/", each)
    client.send(b"body")
    before = connection.state
    rig.turn()
    assert (before, connection.state) == (State.HANDLING, State.HANDLING)
    assert connection.parser.buffered == 0
    rig.settle()
    assert client.read_answer().body == b"x" * 100_000
    assert client.read_answer().body == b"body"
    assert {each.read_answer().body for each in others} == {b"page"}
