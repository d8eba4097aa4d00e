"""The scenarios, in the order of the page. Each is one small module that defines SCENARIO."""

from benchmarks.scenarios import (
    blocking,
    idle_connections,
    json_alone,
    json_beside_blocking,
    json_beside_cpu,
    json_from_browser,
    pipelined,
    startup,
    static_files,
    two_cores,
)
from benchmarks.scenarios.scenario import Scenario

SCENARIOS = (
    json_alone.SCENARIO,
    json_from_browser.SCENARIO,
    json_beside_blocking.SCENARIO,
    blocking.SCENARIO,
    json_beside_cpu.SCENARIO,
    two_cores.SCENARIO,
    static_files.SCENARIO,
    idle_connections.SCENARIO,
    pipelined.SCENARIO,
    startup.SCENARIO,
)

__all__ = ["SCENARIOS", "Scenario"]
