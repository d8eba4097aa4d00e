"""What was measured, as it is kept in a JSON file: the bare rounds, from which all else follows."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.figures import Round


@dataclass(frozen=True)
class Result:
    """One scenario. date: ISO, when; seconds: of load for each figure."""

    date: str
    seconds: int
    rounds: list[Round]


@dataclass(frozen=True)
class Results:
    """machine, packages: name -> value, of all of them. scenarios: by their names."""

    machine: Mapping[str, str]
    packages: Mapping[str, str]
    scenarios: dict[str, Result] = field(default_factory=dict)

    def merged_into(self, older: "Results") -> "Results":
        """These, and of the older ones what was not measured again. Figures of another machine or
        of other versions are not kept: nothing could be compared with them."""
        if (older.machine, older.packages) != (self.machine, self.packages):
            return self
        return Results(self.machine, self.packages, older.scenarios | self.scenarios)


def load(path: Path) -> Results:
    """Raises OSError without the file."""
    stored = json.loads(path.read_text())
    scenarios = {name: Result(**each) for name, each in stored.pop("scenarios").items()}
    return Results(**stored, scenarios=scenarios)


def save(results: Results, path: Path) -> None:
    path.write_text(json.dumps(asdict(results), indent=1) + "\n")
