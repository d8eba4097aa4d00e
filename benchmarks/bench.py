"""What a scenario measures with: servers in a scratch folder, checked before they are timed."""

import contextlib
import http.client
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import wrk
from benchmarks.contenders import Contender, Place
from benchmarks.figures import BenchmarkError
from benchmarks.machine import SERVER_CORE
from benchmarks.paths import APPS
from benchmarks.processes import Process, free_port, serving
from benchmarks.wrk import Load, Outcome

WARM_UP_SECONDS = 1
ANSWER_SECONDS = 10
# What /static/ serves, in bytes.
FILES = {"10KiB.bin": 10 * 1024, "1MiB.bin": 1024 * 1024}


@dataclass(frozen=True)
class Served:
    """A running server. seconds: of load for each figure."""

    name: str
    port: int
    process: Process
    seconds: int

    def check(self, load: Load) -> None:
        """Ask once. Raises BenchmarkError unless the answer is the one that is to be timed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", load.path, headers=dict(load.fields))
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 200 or body != load.body:
            raise BenchmarkError(
                f"{self.name} answers GET {load.path} with {answer.status} and {body[:100]!r}, "
                f"not with 200 and {load.body[:100]!r}"
            )

    def warm_up(self, *loads: Load) -> None:
        """Check the answers, then load without measuring."""
        for load in loads:
            self.check(load)
        wrk.run_together(loads, self.port, WARM_UP_SECONDS)

    def measure(self, *loads: Load) -> list[Outcome]:
        """All loads at once; what each of them saw."""
        return wrk.run_together(loads, self.port, self.seconds)

    def rate(self, load: Load) -> float:
        """Answers a second to one load alone."""
        return self.measure(load)[0].rate


@dataclass(frozen=True)
class Bench:
    """seconds: of load for each figure; scratch: a folder that is thrown away."""

    seconds: int
    scratch: Path

    def prepare(self) -> None:
        """Lay out the application and its files."""
        application = self.scratch / "treadle"
        shutil.copytree(APPS / "treadle", application, ignore=shutil.ignore_patterns("var"))
        (application / "static").mkdir()
        for name, size in FILES.items():
            (application / "static" / name).write_bytes(content(size))

    @contextlib.contextmanager
    def serve(
        self, contender: Contender, cores: Sequence[int] = (SERVER_CORE,)
    ) -> Iterator[Served]:
        place = Place(free_port(), self.scratch)
        log = self.scratch / "server.log"
        with serving(contender.command(place), place.port, log, cores) as process:
            yield Served(contender.name, place.port, process, self.seconds)


def content(size: int) -> bytes:
    """Bytes of a file to serve: no two lines alike."""
    return b"".join(b"%15d\n" % number for number in range(size // 16))
