"""http:R1: status lines and error pages name a status as RFC 9110 does, on every Python."""

from http import HTTPStatus

import pytest

from httpcore import HTTPError, reason_phrase
from httpcore.phrases import REASON_PHRASES
from httpcore.protocol.serializer import Serializer
from httpcore.response import Response
from httpcore.runtime.answers import refusal

RENAMED = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


@pytest.mark.parametrize(("status", "phrase"), RENAMED.items())
def test_http_R1_phrases_are_those_of_the_standard_everywhere(status: int, phrase: str) -> None:
    serializer = Serializer((), lambda: b"")
    answer = refusal(HTTPError(status))
    assert serializer.plan(answer, None, False).head.startswith(b"HTTP/1.1 %d " % status)
    assert serializer.plan(answer, None, False).head.split(b"\r\n")[0].endswith(phrase.encode())
    assert answer.body == f"{status} {phrase}: {phrase}\n".encode()


def test_http_R1_every_final_status_that_python_knows_has_a_phrase() -> None:
    theirs = {status.value: status.phrase for status in HTTPStatus if status >= 200}
    assert theirs.keys() <= REASON_PHRASES.keys()
    differing = {status for status, phrase in theirs.items() if REASON_PHRASES[status] != phrase}
    assert differing <= RENAMED.keys()


def test_http_R1_status_without_a_name_has_an_empty_phrase_and_is_an_error_to_people() -> None:
    head = Serializer((), lambda: b"").plan(Response(status=499), None, False).head
    assert head.startswith(b"HTTP/1.1 499 \r\n")
    assert (reason_phrase(499), HTTPError(499).detail) == ("Error", "Error")
