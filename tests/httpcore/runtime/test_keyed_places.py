"""`max_concurrency` for each value of a key: mutual exclusion among requests that share one, and
nothing left of values that nobody uses (feat:V2). A whole server, turned by hand."""

import pytest

from httpcore import HTTPError, Response


@pytest.fixture
def order(table):
    """The queries of requests for /one in the order in which they ran; "key=1&..." counts for 1."""
    order = []

    def endpoint(request):
        order.append(request.head.query_string)
        return Response(b"done")

    policy = {"lane": "pool", "max_concurrency": 1, "queue": 1, "queue_timeout": 5.0}
    table.add("/one", endpoint, key=key_of, **policy)
    return order


def key_of(head, peer):
    return head.query_string.partition("&")[0]


def sets(rig):
    return len(rig.record("/one").places)


def statuses(clients):
    return [None if each.has_nothing_to_read() else each.read_answer().status for each in clients]


def test_feat_V2_values_do_not_wait_for_each_other(by_hand, order):
    rig = by_hand()
    clients = [rig.ask(f"/one?{value}") for value in "abc"]
    rig.turn()
    assert rig.record("/one").places.running == 3
    rig.settle()
    assert statuses(clients) == [200] * 3


def test_feat_V2_one_value_excludes_itself_and_refuses_what_is_too_much(by_hand, order):
    rig = by_hand()
    same = [rig.ask(f"/one?a&{n}") for n in range(3)]
    other = rig.ask("/one?b")
    rig.turn()
    places = rig.record("/one").places
    assert (places.running, places.waiting, sets(rig)) == (2, 1, 2)
    answer = same[2].read_answer()
    assert (answer.status, answer.headers["Retry-After"] in "123") == (503, True)
    rig.settle()
    assert statuses([*same[:2], other]) == [200] * 3
    assert [each for each in order if each != "b"] == ["a&0", "a&1"]


def test_feat_V2_who_waits_holds_no_thread(by_hand, order):
    rig = by_hand(threads=4)
    for n in range(2):
        rig.ask(f"/one?a&{n}")
    rig.turn()
    assert rig.server._pool._tasks.qsize() == 1
    rig.settle()
    assert order == ["a&0", "a&1"]


def test_feat_V2_who_waits_for_a_value_too_long_is_503(by_hand, order):
    rig = by_hand()
    first, second = (rig.ask(f"/one?a&{n}") for n in range(2))
    rig.turn()
    rig.clock.advance(5.1)
    rig.turn(2)
    assert statuses([first, second]) == [None, 503]
    rig.settle()
    assert (first.read_answer().status, sets(rig)) == (200, 0)


def test_feat_V21_full_value_refuses_before_the_body(by_hand, order):
    rig = by_hand()
    for n in range(2):
        rig.ask(f"/one?a&{n}")
    rig.turn()
    answers = {}
    for value in "ab":
        client = rig.connect()
        head = f"POST /one?{value} HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
        client.send(f"{head}Content-Length: 4\r\n\r\n".encode())
        rig.turn()
        answers[value] = client.read_head().status
    assert answers == {"a": 503, "b": 100}


def test_feat_V2_values_that_clients_make_up_are_forgotten(by_hand, order):
    rig = by_hand()
    client = rig.connect()
    for n in range(300):
        rig.ask(f"/one?{n}", client)
        rig.settle()
        assert client.read_answer().status == 200
    assert sets(rig) == 0


def test_feat_V2_value_is_forgotten_when_its_client_goes(by_hand, order):
    rig = by_hand()
    for n in range(2):
        rig.ask(f"/one?a&{n}")
    rig.turn()
    for connection in list(rig.loop.connections.values()):
        rig.loop.drop(connection)
    rig.settle()
    assert (rig.record("/one").places.running, sets(rig)) == (0, 0)


def test_feat_V2_gate_leaves_no_value_behind(by_hand, table):
    table.add(
        "/one",
        lambda request: Response(request.stream.read()),
        lane="pool",
        gate=lambda head: None,
        max_concurrency=1,
        key=key_of,
    )
    rig = by_hand()
    client = rig.connect()
    client.send(
        b"POST /one?a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    rig.settle()
    assert client.read_head().status == 100
    assert sets(rig) == 0
    client.send(b"ab")
    rig.settle()
    assert (client.read_answer().body, sets(rig)) == (b"ab", 0)


def test_feat_V2_gate_that_ends_does_not_forget_who_has_come_meanwhile(by_hand, table, order):
    table._endpoints["/one"].gate = lambda head: None
    table._endpoints["/one"].gated = True
    rig = by_hand()
    gated = rig.connect()
    gated.send(
        b"POST /one?a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    rig.turn()
    rig.ask("/one?a")
    rig.turn()
    assert rig.work()  # the gate
    rig.turn()
    rig.ask("/one?a")
    rig.turn()
    places = rig.record("/one").places
    assert (places.running, places.waiting, sets(rig)) == (1, 1, 1)
    rig.settle()
    assert order == ["a", "a"]


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError(), 500), (SystemExit(1), 500), (HTTPError(400, "no"), 400)]
)
@pytest.mark.parametrize("size", [0, 4])
def test_sec_R6_key_that_fails_costs_one_request(by_hand, table, error, status, size):
    def fail(head, peer):
        raise error

    table.add("/one", lambda request: Response(b""), lane="pool", max_concurrency=1, key=fail)
    table.add("/", lambda request: Response(b"hello"))
    rig = by_hand()
    client = rig.connect()
    client.send(f"POST /one HTTP/1.1\r\nHost: t\r\nContent-Length: {size}\r\n\r\n".encode())
    client.send(bytes(size))
    rig.settle()
    assert client.read_answer().status == status
    rig.ask("/", client)
    rig.settle()
    assert client.read_answer().body == b"hello"


def test_http_C2_request_behind_one_whose_key_fails_is_answered(by_hand, table):
    """Behind a body that its endpoint reads itself nothing is watched until the loop asks for it:
    a connection that was refused there stood for ever, at the server's end, too."""
    table.add(
        "/one", lambda request: Response(b""), max_concurrency=1, key=lambda head, peer: 1 / 0
    )
    table.add("/read", lambda request: Response(request.stream.read()), stream_body=True)
    rig = by_hand()
    client = rig.connect()
    read = b"POST /read HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab"
    refused = b"GET /one HTTP/1.1\r\nHost: t\r\n\r\n"
    client.send(read + refused + read + refused)
    rig.settle()
    answers = [client.read_answer() for _ in range(4)]
    assert [(each.status, each.body[:2]) for each in answers] == [(200, b"ab"), (500, b"50")] * 2
    client.close()
    rig.turn(2)
    assert rig.loop.connections == {}
