"""Three nodes of a cluster, one of which is killed while the notice board writes (orm:A1, orm:A2).

One process per node writes through a URL that names all three, its own node first. A node is
killed with SIGKILL, comes back, and another one is stopped with SIGTERM. Afterwards the tables are
compared with what the writers were told.
"""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import orm
from app.models.board import Board
from app.models.comment import Comment
from app.models.post import Post
from app.models.tag import Tag
from mvc import User
from tests.faults.board_writer import BOARDS
from tests.faults.report import CannotRun, Finding
from tests.support.galera import Cluster, Node, start_cluster
from tests.support.mariadb import MariaDbUnavailable

THREADS = 4
STOP_SECONDS = 60.0

# The cluster notices a dead node after 2 s here and needs up to another to form anew (see
# tests/support/galera.py); the writers find another node and try again in that time.
LONGEST_GAP = 8.0


@contextmanager
def three_nodes() -> Iterator[Cluster]:
    """A cluster with the tables of the notice board."""
    try:
        cluster = start_cluster()
    except MariaDbUnavailable as reason:
        raise CannotRun(str(reason)) from None
    try:
        prepare(cluster)
        yield cluster
    finally:
        orm.close()
        cluster.stop()


def run(seconds: float) -> list[Finding]:
    with three_nodes() as cluster:
        with writers(cluster) as processes:
            events = disturb(cluster, seconds)
        records = collect(processes)
        return [*judge(records, events), *compare(cluster, records)]


def run_minority(seconds: float) -> list[Finding]:
    """Two of three nodes die: the one that is left must not take writes, and says so honestly."""
    with three_nodes() as cluster:
        alive = cluster.nodes[0]
        quiet = threading.Event()
        with writers(cluster) as processes:
            quiet.wait(2.0)
            lost = time.time()
            for node in cluster.nodes[1:]:
                node.kill()
            quiet.wait(max(seconds, 8.0))
            revive(alive)
            revived = time.time()
            quiet.wait(5.0)
        records = collect(processes)
        return [*_judge_minority(records, lost, revived), *compare(cluster, records)]


def revive(node: Node) -> None:
    """Tell a node that it is the cluster now, as an administrator would."""
    with node.administer() as connection:
        connection.cursor().execute("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'")


def _judge_minority(
    records: list[dict[str, Any]], lost: float, revived: float
) -> Iterator[Finding]:
    outcomes: Outcomes = [each for record in records for each in record["outcomes"]]
    meanwhile = [
        each for each in outcomes if lost + 4.0 < each["began"] and each["ended"] < revived
    ]
    ends = Counter(each["end"] for each in meanwhile)
    honest = {"Disconnected", "Unavailable"}
    yield Finding(
        "minority", "answers without a majority", "errors", f"{dict(ends)}", ends.keys() <= honest
    )
    slowest = max((each["ended"] - each["began"] for each in meanwhile), default=0.0)
    yield Finding("minority", "slowest of them", "< 3 s", f"{slowest:.2f} s", slowest < 3)
    back = min(
        (
            each["ended"] - revived
            for each in outcomes
            if each["ended"] > revived and each["end"] == "stored"
        ),
        default=99.0,
    )
    yield Finding("minority", "first write after pc.bootstrap", "< 3 s", f"{back:.2f} s", back < 3)
    unknown = sum(each["end"] == "unknown" for each in outcomes)
    yield Finding("minority", "CommitUnknown", "any, at the loss", f"{unknown}", True)


def prepare(cluster: Cluster) -> None:
    """Tables, an author and the boards; every node has them before anybody writes."""
    orm.connect(cluster.url())
    orm.create_all()
    User.insert(username="ann", password_hash="none")
    for number in range(BOARDS):
        Board.insert(slug=f"b{number}", name=f"Board {number}")
    orm.close()


@contextmanager
def writers(cluster: Cluster) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.faults.board_writer"]
    processes = [
        subprocess.Popen(
            [*command, cluster.url(first=first), f"w{first}-", str(THREADS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in range(len(cluster.nodes))
    ]
    try:
        for process in processes:
            if process.stdout is not None:
                process.stdout.readline()  # it is at work
        yield processes
    finally:
        for process in processes:
            if process.stdin is not None:
                process.stdin.close()
                process.stdin = None


def collect(processes: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """What the writers remember, once they have ended."""
    outputs = [process.communicate(timeout=STOP_SECONDS)[0] for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError("a writer failed; what it said is above")
    return [json.loads(output) for output in outputs]


def disturb(cluster: Cluster, seconds: float) -> list[tuple[str, float]]:
    """What happens to the nodes, and when."""
    first, second, _ = cluster.nodes
    quiet = threading.Event()
    events = []

    def note(what: str, node: Node) -> None:
        events.append((f"{what} node {node.number}", time.time()))

    quiet.wait(seconds / 4)
    note("SIGKILL of", first)
    first.kill()
    quiet.wait(seconds / 2)
    first.start()
    note("return of", first)
    quiet.wait(seconds / 4)
    note("SIGTERM of", second)
    second.stop()
    quiet.wait(seconds / 4)
    return events


Outcomes = list[dict[str, Any]]


def judge(records: list[dict[str, Any]], events: list[tuple[str, float]]) -> list[Finding]:
    """What the writers were told."""
    outcomes: Outcomes = [each for record in records for each in record["outcomes"]]
    ends = Counter(each["end"] for each in outcomes)
    errors = {end: count for end, count in ends.items() if end not in ("stored", "unknown")}
    for each in outcomes:
        if each["end"] in errors:
            print(f"  {each['kind']}: {each['end']}: {each['detail']}", file=sys.stderr)
    stale = sum(len(record["stale_reads"]) for record in records)
    again = [each["tries"] for each in outcomes if each["tries"] > 1]
    tried = f"{len(again)}, {max(again, default=1)} tries at most"
    switches = sum(len(record["hosts"]) - 1 for record in records)
    return [
        Finding("galera", "stored and told so", "some", str(ends["stored"]), ends["stored"] > 100),
        Finding("galera", "errors shown", "0", f"{errors or 0}", not errors),
        Finding("galera", "transactions run again", "some", tried, bool(again)),
        _judge_unknown([each for each in outcomes if each["end"] == "unknown"], events),
        Finding("galera", "changes of node", "some", str(switches), switches > 0),
        Finding("galera", "own writes not found", "0", str(stale), stale == 0),
        *_gaps(outcomes, events),
    ]


def _judge_unknown(unknown: Outcomes, events: list[tuple[str, float]]) -> Finding:
    """Only work that was under way when its node died may be unknown."""
    losses = [at for what, at in events if what.startswith("SIG")]
    odd = [
        each
        for each in unknown
        if not any(each["began"] <= at + 1.0 and each["ended"] >= at for at in losses)
    ]
    allowed = THREADS * len(losses)
    for each in unknown:
        print(f"  unknown: {each['kind']}: {each['detail']}", file=sys.stderr)
    is_met = not odd and len(unknown) <= allowed
    text = f"{len(unknown)}, {len(odd)} of them at other times"
    return Finding("galera", "CommitUnknown", f"<= {allowed}, at a loss", text, is_met)


def _gaps(outcomes: Outcomes, events: list[tuple[str, float]]) -> Iterator[Finding]:
    """The longest time around each event in which no writer was told that work is stored."""
    stored = sorted(each["ended"] for each in outcomes if each["end"] == "stored")
    for what, at in events:
        near = [moment for moment in stored if at - 1 < moment < at + LONGEST_GAP + 2]
        gap = max((b - a for a, b in pairwise(near)), default=float("inf"))
        is_met = gap < LONGEST_GAP
        yield Finding(
            "galera", f"silence at {what}", f"< {LONGEST_GAP:g} s", f"{gap:.2f} s", is_met
        )


def compare(cluster: Cluster, records: list[dict[str, Any]]) -> list[Finding]:
    """What the tables hold, asked of a node that is left and that has applied everything."""
    alive = next(index for index, node in enumerate(cluster.nodes) if node.process is not None)
    orm.connect(cluster.url(first=alive), sync_reads="always")
    outcomes: Outcomes = [each for record in records for each in record["outcomes"]]
    stored = Counter(post.title for post in Post.all()) + Counter(tag.name for tag in Tag.all())
    told = {each["token"] for each in outcomes if each["end"] == "stored"}
    unknown = {each["token"] for each in outcomes if each["end"] == "unknown"}
    lost = told - stored.keys()
    invented = stored.keys() - told - unknown
    twice = [token for token, count in stored.items() if count > 1]
    posts, comments = Post.select().count(), Comment.select().count()
    counted = sum(board.position for board in Board.all())
    kept = len(unknown & stored.keys())
    return [
        Finding("galera", "acknowledged and lost", "0", str(len(lost)), not lost),
        Finding("galera", "stored twice", "0", str(len(twice)), not twice),
        Finding("galera", "stored after an error", "0", str(len(invented)), not invented),
        Finding(
            "galera",
            "posts = comments = counted",
            "equal",
            f"{posts} / {comments} / {counted}",
            posts == comments == counted,
        ),
        Finding("galera", "unknown and stored", "any", f"{kept} of {len(unknown)}", True),
    ]
