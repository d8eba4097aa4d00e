"""What a scenario measured, beside what was asked of it."""

from collections.abc import Iterable
from dataclasses import dataclass

_HEADINGS = ("scenario", "figure", "asked", "measured", "")


class CannotRun(Exception):
    """A scenario lacks something on this machine; the text says what to do."""


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    scenario: str
    figure: str
    asked: str
    measured: str
    is_met: bool

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = "ok" if self.is_met else "MISSED"
        return (self.scenario, self.figure, self.asked, self.measured, verdict)


def print_table(findings: Iterable[Finding]) -> None:
    rows = [_HEADINGS, *(finding.cells for finding in findings)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print(" | ".join(cells).rstrip())
