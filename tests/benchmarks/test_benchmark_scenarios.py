"""The scenarios declare what they measure, and ask for the figures that are asked of the server."""

import pytest

from benchmarks.bench import FILES, content
from benchmarks.figures import BenchmarkError, Series
from benchmarks.loads import BROWSER_FIELDS, FILE_LOADS, PIPELINE_DEPTH, PIPELINED
from benchmarks.nginx import configuration
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.scenarios.pipelined import split_answer
from benchmarks.stages import request_bytes

GOALS = """\
json: Treadle / Falcon on granian >= 1.15 x
json: Treadle / Falcon on bjoern >= 1.00 x
json: Treadle / Flask on gunicorn gthread >= 12.00 x
json: Treadle / Starlette on uvicorn >= 1.50 x
json-browser: Treadle / Falcon on granian >= 1.10 x
json-beside-blocking: Treadle: JSON beside / Treadle: JSON alone >= 85.0%
json-beside-blocking: Treadle: p99 of JSON beside <= 3.00 ms
json-beside-blocking: Treadle: slow route, of the ideal >= 90.0%
blocking-0.3ms: Treadle / Falcon on granian >= 0.95 x
json-beside-cpu: Treadle, 1 computing / Falcon on granian, 1 computing >= 2.50 x
json-beside-cpu: Treadle, 4 computing / Falcon on granian, 4 computing >= 2.50 x
two-cores: both cores / one core >= 90.0%
static: Treadle, 10KiB.bin / nginx, 10KiB.bin >= 1.00 x
static: Treadle, 1MiB.bin / nginx, 1MiB.bin >= 1.00 x
idle: memory for them < 10.0 MB
idle: JSON with them / JSON without them >= 95.0%
pipelined: Treadle: answers in order >= 1,000
startup: start to first answer < 0.400 s
startup: memory after start < 45.0 MB
"""

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)


def test_goals_asked() -> None:
    asked = [
        f"{scenario.name}: {goal.figure} {goal.asked}"
        for scenario in SCENARIOS
        for goal in scenario.goals
    ]
    assert "\n".join(asked) + "\n" == GOALS


@each_scenario
def test_goals_and_comparisons_are_of_declared_series(scenario: Scenario) -> None:
    declared = {each.name for each in scenario.series}
    used = {goal.of for goal in scenario.goals} | {goal.over for goal in scenario.goals}
    used |= {each.versus for each in scenario.series}
    assert used - {""} <= declared
    assert len(declared) == len(scenario.series)


def test_a_round_must_have_the_declared_series() -> None:
    def measure(bench):
        yield "rate", 1.0
        yield "latency", 2.0

    scenario = Scenario("odd", "", "", measure, (Series("rate"), Series("memory")), ())
    with pytest.raises(BenchmarkError, match="latency, memory"):
        scenario.run_round(None)


def test_a_browsers_request() -> None:
    head = request_bytes(BROWSER_FIELDS)
    fields = head.decode().split("\r\n")[1:-2]
    assert len(fields) == 14
    assert any(field.startswith("Cookie: ") for field in fields)
    assert len(head) == 761


def test_the_pipeline_script_writes_as_many_requests_as_are_checked() -> None:
    assert f"rep(one, {PIPELINE_DEPTH})" in PIPELINED.script.read_text()


def test_files_have_their_size() -> None:
    assert {name: len(load.body) for name, load in FILE_LOADS.items()} == FILES
    assert content(48) == b"              0\n              1\n              2\n"


def test_nginx_runs_as_the_figures_ask(tmp_path) -> None:
    text = configuration(tmp_path, 8123, is_root=False)
    for words in ("worker_processes 1;", "access_log off;", "sendfile on;", "127.0.0.1:8123;"):
        assert words in text
    assert "user root;" not in text
    assert "user root;" in configuration(tmp_path, 8123, is_root=True)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12", (b"12", b"")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12HTTP", (b"12", b"HTTP")),
        (b"HTTP/1.1 204 No Content\r\n\r\nHTTP", (b"", b"HTTP")),
    ],
)
def test_pipelined_answers_are_taken_apart(data: bytes, found: tuple[bytes, bytes] | None) -> None:
    assert split_answer(data) == found
