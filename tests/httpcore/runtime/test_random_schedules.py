"""Whatever comes in whatever order: each request gets one answer, and nothing is left over.

Clients, workers, the clock, hanging endpoints and the watchdog take turns as a seeded generator of
random numbers says. So a failure comes again with its seed.
"""

import itertools
import random
import threading

import pytest

from httpcore import Response
from tests.support.wire import PATIENCE

STEPS = 60
TIMEOUT = 1.0
HANGING = ("/hang", "/hang-too")  # while one hangs, workers run what else is asked of it


class Play:
    """One schedule. `answers` of a client: the paths it has asked for and not heard of."""

    def __init__(self, rig, table, seed):
        self.rig, self.random = rig, random.Random(seed)
        self.asked = {}
        self.hanging = []
        self.entered, self.exits = threading.Semaphore(0), []
        policies = {
            "/inline": {"lane": "inline"},
            "/learned": {},
            "/pool": {"lane": "pool"},
            "/timed": {"lane": "pool", "timeout": TIMEOUT},
            "/timed-inline": {"lane": "inline", "timeout": TIMEOUT},
            "/one": {"lane": "pool", "max_concurrency": 1, "queue": 2, "queue_timeout": TIMEOUT},
            "/one-inline": {"lane": "inline", "max_concurrency": 1, "queue": 2},
        }
        self.paths = [*policies, "/stream", "/stream-inline"]
        for path, policy in policies.items():
            table.add(path, lambda request: Response(request.path.encode()), **policy)
        for path, lane in (("/stream", "auto"), ("/stream-inline", "inline")):
            table.add(path, self.stream, lane=lane, max_concurrency=3, timeout=TIMEOUT)
        for path in HANGING:
            table.add(path, self.hang, lane="inline", timeout=TIMEOUT, max_concurrency=2)

    @staticmethod
    def stream(request):
        return Response(iter([request.path[:3].encode(), request.path[3:].encode()]))

    def hang(self, request):
        leave = threading.Event()
        self.exits.append(leave)
        self.entered.release()
        assert leave.wait(PATIENCE)
        return Response(request.path.encode())

    # What may happen.

    def newcomer(self):
        client = self.rig.connect()
        self.asked[client] = []

    def request(self):
        if self.asked:
            client, path = self.random.choice([*self.asked]), self.random.choice(self.paths)
            try:
                self.rig.ask(path, client)
            except OSError:  # it was refused before, and the server has closed
                return
            self.asked[client].append(path)

    def turn(self):
        self.rig.turn()

    def work(self):
        self.rig.work()

    def time(self):
        self.rig.clock.advance(self.random.choice([0.01, 0.1, TIMEOUT]))

    def leave(self):
        if self.asked and self.random.random() < 0.3:
            client = self.random.choice([*self.asked])
            del self.asked[client]
            self.random.choice([client.close, client.reset])()

    def hang_up(self):
        free = [path for path in HANGING if all(path != each for each, _, _ in self.hanging)]
        if free and self.rig.turn(2):
            client, path = self.rig.connect(), self.random.choice(free)
            self.asked[client] = [path]
            self.rig.ask(path, client)
            turn = self.rig.turn_elsewhere()
            assert self.entered.acquire(timeout=PATIENCE)
            self.rig.take_over(turn)
            self.hanging.append((path, self.exits.pop(), turn))

    def come_back(self):
        if self.hanging:
            _, leave, turn = self.hanging.pop(self.random.randrange(len(self.hanging)))
            leave.set()
            assert turn.end() is False

    def step(self):
        acts = [self.newcomer, self.request, self.turn, self.work, self.time, self.leave]
        rare = [self.hang_up, self.come_back]
        self.random.choices([*acts, *rare], [2, 8, 8, 6, 1, 1, 1, 1])[0]()

    def end(self):
        while self.hanging:
            self.come_back()
        self.rig.settle()
        for client, paths in self.asked.items():
            for path in paths:
                try:
                    answer = client.read_answer()
                except EOFError:  # broken off at its time-out, which must show
                    assert path.startswith("/stream")
                    break
                if answer.status == 200:
                    assert answer.body.decode() == path
                else:
                    assert answer.status in (503, 504)
                    if "Connection" in answer.headers:
                        break
            else:
                assert client.has_nothing_to_read()


@pytest.mark.parametrize("seed", range(40))
def test_feat_V1_random_schedule_leaves_nothing_over(by_hand, table, caplog, seed):
    rig = by_hand(threads=2, queue_per_thread=4)
    play = Play(rig, table, seed)
    for _ in itertools.repeat(None, STEPS):
        play.step()
    play.end()
    for record in rig.lanes._records.values():
        assert (record.places.running, record.places.waiting) == (0, 0), record.endpoint.name
    pool = rig.lanes.pool
    assert (pool._tasks, pool.waiting) == (0, 0)
    assert (pool._watch.running, pool._watch.long_running) == (set(), 0)
    assert not rig.loop.due
    assert rig.loop.trespasses == []
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []
