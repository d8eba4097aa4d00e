"""Fields behind the body of an answer (RFC 9110 section 6.5)."""

import hashlib

import pytest

from httpcore import Response, exchange
from httpcore.protocol.trailers import FORBIDDEN_IN_RESPONSES

ASK = b"GET /sum HTTP/1.1\r\nHost: test\r\nTE: trailers\r\nConnection: TE\r\n\r\n"


@pytest.fixture
def table(table):
    def answer(request):
        digest = hashlib.sha256()

        def items():
            for item in (b"ab", b"c"):
                digest.update(item)
                yield item

        response = Response(items())
        response.trailers = {"X-Sum": digest.hexdigest, "X-End": lambda: "well"}
        return response

    table.add("/sum", answer)
    return table


def read_trailers(client):
    """The lines behind the last chunk of the answer that comes next."""
    head, lines = client.read_head(), []
    while size := int(client.read_line(), 16):
        client.read_exactly(size + 2)
    while line := client.read_line():
        lines.append(line.decode())
    return head, lines


def test_http_trailers_are_announced_and_stand_behind_the_body(serve, connect):
    client = connect(serve())
    for _ in range(2):
        client.send(ASK)
        head, lines = read_trailers(client)
        assert head.headers["Trailer"] == "X-Sum, X-End"
        assert lines == [f"X-Sum: {hashlib.sha256(b'abc').hexdigest()}", "X-End: well"]


@pytest.mark.parametrize("te", [b"", b"TE: gzip\r\n", b"TE: trailersx, x;q=1\r\n"])
def test_http_trailers_are_for_clients_that_ask(serve, connect, te):
    client = connect(serve())
    client.send(ASK.replace(b"TE: trailers\r\n", te))
    head, lines = read_trailers(client)
    assert ("Trailer" in head.headers, lines) == (False, [])


@pytest.mark.parametrize("te", ["trailers", "gzip;q=0.5,\ttrailers ", "TRAILERS"])
def test_http_trailers_are_asked_for_in_a_list(serve, connect, te):
    client = connect(serve())
    client.send(ASK.replace(b"TE: trailers", b"TE: " + te.encode()))
    assert len(read_trailers(client)[1]) == 2


def test_http_trailers_need_the_chunked_coding(table):
    def known(request):
        response = Response(iter([b"abc"]), headers={"Content-Length": "3"})
        response.trailers = {"X-End": lambda: "well"}
        return response

    def whole(request):
        response = Response(b"abc")
        response.trailers = {"X-End": lambda: "well"}
        return response

    table.add("/known", known)
    table.add("/whole", whole)
    for path in (b"/known", b"/whole"):
        output = exchange(table, ASK.replace(b"/sum", path))
        assert output.endswith(b"\r\n\r\nabc")
        assert b"Trailer" not in output
    assert b"X-Sum" not in exchange(table, ASK.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert b"X-Sum" not in exchange(table, ASK.replace(b"GET", b"HEAD"))


@pytest.mark.parametrize("name", sorted(FORBIDDEN_IN_RESPONSES))
def test_http_what_belongs_before_the_body_is_no_trailer(name):
    response = Response(iter([b""]))
    with pytest.raises(ValueError, match=name):
        response.trailers = {"X-Sum": lambda: "", name.title(): lambda: "x"}
    assert response.trailers is None


@pytest.mark.parametrize("name", ["", "a b", "a\r\nb", "a:"])
def test_sec_H2_names_of_trailers_are_tokens(name):
    with pytest.raises(ValueError, match="name"):
        Response().trailers = {name: lambda: "x"}


def test_http_R5_trailers_that_fail_leave_the_body_without_its_end(serve, connect, table, caplog):
    for path, value in [("/inject", lambda: "a\r\nb: c"), ("/fail", lambda: 1 / 0)]:

        def answer(request, value=value):
            response = Response(iter([b"abc"]))
            response.trailers = {"X-End": value}
            return response

        table.add(path, answer)
        client = connect(serve())
        client.send(ASK.replace(b"/sum", path.encode()))
        assert client.read_to_end().endswith(b"\r\n\r\n3\r\nabc\r\n")
        assert "trailers of a response failed" in caplog.text


def test_http_C8_te_is_seen_by_who_answers_and_other_hop_by_hop_fields_are_not(table):
    table.add("/te", lambda request: Response(repr(request.headers.items()).encode()))
    output = exchange(
        table, ASK.replace(b"/sum", b"/te").replace(b"on: TE", b"on: TE, X-A\r\nX-A: 1")
    )
    assert b"('TE', 'trailers')" in output
    assert b"'X-A', '1'" not in output
