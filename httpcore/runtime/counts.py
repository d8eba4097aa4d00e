"""What a server has counted, gathered under names for whoever runs it."""

from dataclasses import dataclass

from httpcore.counters import process_counts
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.accesslog import AccessLog
from httpcore.runtime.ledger import Ledger
from httpcore.runtime.refusals import Refuser


@dataclass(frozen=True, slots=True)
class Counts:
    """The parts of a server that count."""

    acceptor: Acceptor
    refuser: Refuser
    ledger: Ledger
    access_log: AccessLog

    def read(self) -> dict[str, int]:
        """What is not zero, in the order of the names. Any thread may ask.

        `dict` copies what the loop counts in at once, so that it does not grow meanwhile.
        """
        closed = dict(self.acceptor.rejected).items()
        refused = dict(self.refuser.refused).items()
        numbers = {
            **process_counts(),
            **{f"closed_{reason}": count for reason, count in closed},
            **{f"refused_{status}": count for status, count in refused},
            "refused_for_memory": self.ledger.refused.value,
            "dropped_log_lines": self.access_log.dropped,
        }
        return {name: numbers[name] for name in sorted(numbers) if numbers[name]}


def format_counts(counts: dict[str, int]) -> str:
    """One line for the log."""
    return " ".join(f"{name}={count}" for name, count in counts.items()) or "all are zero"
