"""What wrk prints becomes figures, or an error that says why it does not."""

from pathlib import Path

import pytest

from benchmarks.figures import BenchmarkError
from benchmarks.wrk import Load, command, parse

PRINTED = """\
Running 2s test @ http://127.0.0.1:8000/json
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.07ms  124.05us   6.52ms   93.44%
    Req/Sec    59.89k     3.35k   62.71k    90.00%
  Latency Distribution
     50%    1.05ms
     75%    1.09ms
     90%    1.14ms
     99%    {p99}
  119183 requests in 2.00s, 17.28MB read
{faults}Requests/sec:  59551.31
Transfer/sec:      8.63MB
"""


@pytest.mark.parametrize(
    ("p99", "milliseconds"),
    [("1.44ms", 1.44), ("980.00us", 0.98), ("1.20s", 1200.0), ("0.50m", 30_000.0)],
)
def test_rate_and_latency(p99: str, milliseconds: float) -> None:
    outcome = parse(PRINTED.format(p99=p99, faults=""))
    assert outcome.rate == 59551.31
    assert outcome.p99 == pytest.approx(milliseconds)


@pytest.mark.parametrize(
    "fault",
    [
        "  Socket errors: connect 0, read 0, write 0, timeout 3\n",
        "  Non-2xx or 3xx responses: 12\n",
    ],
)
def test_faults_are_no_figures(fault: str) -> None:
    with pytest.raises(BenchmarkError, match=fault.strip()):
        parse(PRINTED.format(p99="1.44ms", faults=fault))


def test_no_figures_show_what_was_printed() -> None:
    with pytest.raises(BenchmarkError, match="unable to connect to 127"):
        parse("unable to connect to 127.0.0.1:8000 Connection refused\n")


def test_command() -> None:
    load = Load("/json", b"{}", 32, (("Cookie", "a=b"),), Path("pipelined.lua"))
    assert command(load, 8123, 2) == [
        "wrk",
        "--latency",
        "-t1",
        "-c32",
        "-d2s",
        "--timeout=10s",
        "--header=Cookie: a=b",
        "--script=pipelined.lua",
        "http://127.0.0.1:8123/json",
    ]
