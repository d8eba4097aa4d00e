"""A client that asks at a fixed rate, whatever becomes of the answers; a process of its own.

    python -m tests.faults.open_loop HOST PORT PATH RATE SECONDS

Each request comes on a fresh connection and counts from the moment it was due, so a server that
makes its clients wait cannot hide it. Prints a JSON list of [status, seconds, has Retry-After,
seconds that the client itself was late]; status 0 is no answer within the time-out.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass

from tests.faults.site import ROOT

TIMEOUT = 10.0
Told = tuple[int, float, bool, float]


@dataclass(frozen=True)
class Asked:
    """One request: status, seconds since it was due, whether the answer had Retry-After.

    late: seconds by which the client missed the moment; when they are many it, and not the server,
    is what was measured.
    """

    status: int
    seconds: float
    says_when: bool
    late: float


def ask_at_rate(address: tuple[str, int], path: str, rate: float, seconds: float) -> list[Asked]:
    """Every request of `seconds`, in the order in which they were due."""
    host, port = address
    command = [sys.executable, "-m", "tests.faults.open_loop", host, str(port), path]
    process = subprocess.run(
        [*command, str(rate), str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=seconds + 3 * TIMEOUT,
        check=True,
    )
    return [Asked(*each) for each in json.loads(process.stdout)]


async def _ask(address: tuple[str, int], request: bytes, due: float) -> Told:
    answer, late = b"", time.perf_counter() - due
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(request)
            answer = await reader.read(-1)
            writer.close()
    except (OSError, TimeoutError):
        pass
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    return status, time.perf_counter() - due, b"\r\nRetry-After: " in answer, late


async def _ask_all(
    address: tuple[str, int], path: str, rate: float, seconds: float
) -> list[object]:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    begin = time.perf_counter()
    asked = []
    for number in range(int(rate * seconds)):
        due = begin + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        asked.append(asyncio.ensure_future(_ask(address, request, due)))
    return await asyncio.gather(*asked)


def main(host: str, port: str, path: str, rate: str, seconds: str) -> None:
    asked = asyncio.run(_ask_all((host, int(port)), path, float(rate), float(seconds)))
    print(json.dumps(asked))


if __name__ == "__main__":
    main(*sys.argv[1:])
