"""One engine's rounds, in one process: interleaved, one call of each contender after the other.

    python -m benchmarks.orm.contest ENGINE   with a job as JSON on standard input

Run by `run.py` in the environment of the peers; prints the rounds as JSON.
"""

import gc
import json
import sys
import time
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

from benchmarks.figures import BenchmarkError
from benchmarks.orm import contenders
from benchmarks.orm.contender import Contender
from benchmarks.orm.place import Place
from benchmarks.orm.stage import Stage, mysql_connection, sqlite_connection
from benchmarks.orm.work import GETS, THREADS, WORKS, Work

# A figure is the best of so many calls: what disturbs a call of a few milliseconds is not ours.
CALLS = 3


def main() -> None:
    job = json.load(sys.stdin)
    place = Place(**{**job["place"], "path": Path(job["place"]["path"])})
    stage = build(place)
    entrants = [contenders.make(name, place) for name in job["contenders"]]
    works = [work for work in WORKS if work.letter in job["works"]]
    works = [work for work in works if place.engine in work.engines]
    measure_round(stage, entrants, works, place)  # warms everything up
    set_aside_what_stays()
    rounds = [measure_round(stage, entrants, works, place) for _ in range(job["rounds"])]
    for each in (*entrants, stage):
        each.close()
    json.dump(rounds, sys.stdout)


def build(place: Place) -> Stage:
    connection: Any
    if place.engine == "sqlite":
        connection = sqlite_connection(place.path, place.synchronous)
    else:
        mysql_connection(place.port, place.password, "").cursor().execute("CREATE DATABASE bench")
        connection = mysql_connection(place.port, place.password)
    stage = Stage(place.engine, connection)
    stage.build()
    return stage


def set_aside_what_stays() -> None:
    """Let the collections before each call look at what the call left, and at nothing else.

    The modules and models of six mappers are some 50 MB. A collection that walks through them
    drives everything out of the processor's caches, and the call that follows pays for it:
    MariaDB's D took 23 % less time without (ours; Django 5 %, the raw driver 1 %).
    """
    gc.collect()
    gc.freeze()


def measure_round(
    stage: Stage, entrants: list[Contender], works: list[Work], place: Place
) -> dict[str, float]:
    """Rates by "letter contender"."""
    found = {}
    for work in works:
        for entrant in entrants:
            found[f"{work.letter} {entrant.name}"] = work.amount / best_time(stage, entrant, work)
    if place.engine == "mysql" and any(work.letter == "L" for work in works):
        for entrant in entrants:
            if entrant.name == "Treadle":
                found[f"L8 {entrant.name}"] = THREADS * GETS / together([entrant] * THREADS)
            elif entrant.name.startswith("raw"):
                several = [contenders.make("raw", place) for _ in range(THREADS)]
                found[f"L8 {entrant.name}"] = THREADS * GETS / together(several)
                for each in several:
                    each.close()
    return found


def best_time(stage: Stage, entrant: Contender, work: Work) -> float:
    """Seconds of the quickest call; its result is checked each time."""
    times = []
    for _ in range(CALLS):
        prepared = work.prepare(stage, entrant)
        gc.collect()
        began = time.perf_counter()
        result = work.run(entrant, prepared)
        times.append(time.perf_counter() - began)
        work.check(stage, entrant, result)
    return min(times)


def together(entrants: list[Contender]) -> float:
    """Seconds in which each, on a thread of its own, fetches `GETS` rows by key."""
    barrier = Barrier(len(entrants) + 1)
    failures: list[BaseException] = []

    def work(entrant: Contender) -> None:
        try:
            entrant.world(1)
            barrier.wait(30)
            for key in range(1, GETS + 1):
                entrant.world(key)
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=work, args=(entrant,)) for entrant in entrants]
    for thread in threads:
        thread.start()
    barrier.wait(30)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchmarkError(f"a thread failed: {failures[0]!r}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
