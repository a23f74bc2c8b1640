"""`nis worker`: runs go on in another process when theirs is killed or stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from conftest import Serve, Server
from outliving import begun, check_whole
from rest_client import Json, ask, done, followed, send

APP = str(Path(__file__).parent / "walking_app.py")
PATIENCE = 60.0
TAKEN_OVER_SECONDS = 30.0

Start = Callable[..., "Worker"]


class Worker:
    """A `nis worker` that is up."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self._log = folder / "worker.log"
        command = [sys.executable, "-m", "nis_backend", "worker", "--data", str(folder), "--app", APP, *arguments]
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        deadline = time.monotonic() + PATIENCE
        while "/health/ready" not in self.said:
            assert time.monotonic() < deadline, self.said
            try:
                # The wait between two looks is a wait for its death.
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(self.said)
        health = next(word for word in self.said.split() if word.startswith("http://"))
        self.url = health.removesuffix("/health/ready")

    @property
    def said(self) -> str:
        """Its output so far."""
        return self._log.read_text("utf-8")

    def end(self, how: signal.Signals) -> None:
        """Send a signal, and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(PATIENCE)


@pytest.fixture
def work(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Workers of a test's own, on its database."""
    with ExitStack() as stack:

        def start(*arguments: str, **environment: str) -> Worker:
            folder = tmp_path_factory.mktemp("worker")
            worker = Worker(folder, *arguments, **{"NIS_DATABASE_URL": database, **environment})
            stack.callback(worker.end, signal.SIGTERM)
            return worker

        yield start


@pytest.fixture
def front(serve: Serve, database: str) -> Server:
    """A server that takes calls and executes no run."""
    return serve("--app", APP, NIS_DATABASE_URL=database, NIS_QUEUES="default=0,compute=0")


def walk(front: Server, gate: Path) -> str:
    """Begin a walk of twenty steps that halts before the eighth; the run's id."""
    return begun(front, "/walks/take-walk", {"steps": 20, "halt": 8, "gate": str(gate)})


def until_halt(events: Iterator[Json]) -> list[Json]:
    """The events up to the answer of the seventh step."""
    seen: list[Json] = []
    for event in events:
        seen.append(event)
        if sum(one["body"]["type"] == "tool_answered" for one in seen) == 7:
            return seen
    raise AssertionError(seen)


def check_walked(front: Server, run_id: str, events: list[Json]) -> None:
    """No number is lost or doubled, and each step was made and written once."""
    check_whole(events)
    assert events[-1]["body"]["result"] == {"steps": 20}
    answered = Counter(one["body"]["call_id"] for one in events if one["body"]["type"] == "tool_answered")
    assert answered == Counter(f"step-{number}" for number in range(1, 21))
    rows = done(front, "GET", "/feedback?limit=100")["feedback"]
    assert Counter(row["comment"] for row in rows) == Counter(f"step {number}" for number in range(1, 21))
    assert done(front, "GET", f"/runs/{run_id}")["attempt"] == 2


def test_a_killed_workers_run_is_taken_over(front: Server, work: Start, tmp_path: Path) -> None:
    """Promise: a second process goes on within 30 s; one reader sees every number once; each write was made once."""
    first = work(NIS_STALL_SECONDS="5")
    run_id = walk(front, tmp_path / "gate")
    stream = followed(front, run_id)
    events = until_halt(stream)
    work(NIS_STALL_SECONDS="5")
    killed = time.monotonic()
    first.end(signal.SIGKILL)
    (tmp_path / "gate").touch()
    for event in stream:
        events.append(event)
        if event["body"]["type"] == "started":
            assert time.monotonic() - killed < TAKEN_OVER_SECONDS
    check_walked(front, run_id, events)


def test_a_stopped_worker_hands_its_run_over(front: Server, work: Start, tmp_path: Path) -> None:
    """SIGTERM: what is under way is released, and so at once another's."""
    first = work()
    run_id = walk(front, tmp_path / "gate")
    stream = followed(front, run_id)
    events = until_halt(stream)
    work("--queues", "default")
    first.end(signal.SIGTERM)
    assert first.process.returncode == 0
    (tmp_path / "gate").touch()
    events += stream
    assert "released" in {event["body"]["type"] for event in events}
    check_walked(front, run_id, events)


def test_a_worker_with_time_to_drain_ends_its_run_itself(front: Server, work: Start, tmp_path: Path) -> None:
    """SIGTERM with NIS_DRAIN_SECONDS: the run that is under way is not handed over, and nothing new is begun."""
    worker = work(NIS_DRAIN_SECONDS="600")
    run_id = walk(front, tmp_path / "gate")
    stream = followed(front, run_id)
    events = until_halt(stream)
    worker.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while True:
        # It listens no more: it has begun to stop.
        try:
            urlopen(f"{worker.url}/health/live", timeout=PATIENCE).close()
        except (URLError, ConnectionResetError):  # Who came in that very moment is reset, which is told as it is.
            break
        assert time.monotonic() < deadline
    (tmp_path / "gate").touch()
    events += stream
    assert events[-1]["body"]["type"] == "succeeded"
    assert {event["attempt"] for event in events} == {1}
    worker.process.wait(PATIENCE)
    assert worker.process.returncode == 0


def test_a_worker_serves_its_queues_and_tells_how_it_is(work: Start) -> None:
    """What it says at its start, `/health/ready`, `/metrics`, and nothing of the surfaces."""
    worker = work("--queues", "compute")
    assert "compute 2" in worker.said
    assert "default" not in worker.said
    assert done(worker, "GET", "/health/ready")["status"] == "ok"
    figures = send(worker, "GET", "/metrics")[2].decode()
    assert 'nis_runs_active_limit{queue="compute"} 2.0' in figures
    assert 'nis_runs_waiting{queue="compute"} 0.0' in figures
    status, _, problem = ask(worker, "GET", "/runs")
    assert (status, "A worker answers /health" in problem["remedy"]) == (404, True)


@pytest.mark.parametrize(
    ("arguments", "environment", "names"),
    [
        ((), {}, "NIS_DATABASE_URL"),
        (("--queues", "vision"), {"NIS_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "NIS_QUEUES=vision=4"),
    ],
)
def test_a_worker_that_could_do_nothing_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], names: str
) -> None:
    """On SQLite, or without a queue that has room: the message has the remedy, the exit code is that of wrong input."""
    done = subprocess.run(
        [sys.executable, "-m", "nis_backend", "worker", "--data", str(tmp_path), *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 2
    assert names in done.stderr
