"""The controller ends when it is told to, whatever it is doing; and goes on when the disk is full."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builds import LISTENS, build
from deployed import PATIENCE, RULES, Deployed, wanted

from nis_backend.deployment.local import state
from nis_backend.deployment.local.balance import Counts
from nis_backend.deployment.local.controller import Controller
from nis_backend.deployment.local.rollout import Rollout
from nis_backend.deployment.local.surroundings import born
from nis_backend.errors import NisError, NotFound

WELL = LISTENS.replace("STATUS_OF(self.path)", "200")
SILENT = WELL.replace(
    "def answer(self):", "def answer(self):\n        if self.path == '/chat': __import__('time').sleep(600)"
)
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WELL}"
MIGRATES = f"import sys\nif 'upgrade' in sys.argv: __import__('time').sleep(600)\n{WELL}"
FOR_EVER = {"stop_seconds": 600, "drain_seconds": 600, "migration_seconds": 600}


def until(what: Callable[[], bool], deployed: Deployed) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, deployed.log
        time.sleep(0.02)


def begin(deployed: Deployed, image: str, settings: dict[str, str]) -> threading.Thread:
    """An apply, whose outcome nobody waits for."""
    target = deployed.target(**FOR_EVER)

    def body() -> None:
        try:
            asked = wanted(image, script=deployed.script)
            target.apply(replace(asked, environment={**asked.environment, **settings}), deployed.tell)
        except NisError as error:
            deployed.told.append(error.message)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("program", "settings", "words", "signals"),
    [
        (WELL, {}, "is healthy", 1),
        ("import time\ntime.sleep(600)\n", {}, "started the task", 1),
        (SILENT, {}, "is healthy", 1),
        (DEAF, {}, "is healthy", 2),
        (MIGRATES, {"NIS_DATABASE_URL": "postgresql://127.0.0.1/none"}, "controls", 1),
    ],
    ids=["in the trial", "before it listens", "in a trial without an answer", "deaf, and in a hurry", "in a migration"],
)
def test_told_to_end_it_ends_and_nothing_is_left(
    tmp_path: Path, deployed: Deployed, program: str, settings: dict[str, str], words: str, signals: int
) -> None:
    """Not after ten minutes, which tasks, requests and migrations have here; a second signal waits for nobody."""
    thread = begin(deployed, build(tmp_path, "own", program), settings)
    until(lambda: words in deployed.log, deployed)
    pids = deployed.folder / "tasks"
    until(lambda: any(pids.glob("*/pid")), deployed)
    tasks = [(int(one.read_text()), born(int(one.read_text()))) for one in pids.glob("*/pid")]
    controller = deployed.controller
    begun = born(controller)
    for _ in range(signals):
        os.kill(controller, signal.SIGTERM)
        until(lambda: "its tasks with it" in deployed.log or born(controller) != begun, deployed)
    until(lambda: born(controller) != begun, deployed)
    assert not deployed.are_there(tasks)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert "Traceback" not in deployed.log


def test_what_cannot_be_gone_back_from_is_told_with_another_way_out(tmp_path: Path, deployed: Deployed) -> None:
    """Whoever asks for a rollback is not told to ask for a rollback."""
    begin(deployed, build(tmp_path, "own", "import time\ntime.sleep(600)\n"), {})
    until(lambda: "started the task" in deployed.log, deployed)
    with pytest.raises(NotFound) as refused:
        deployed.target().roll_back("", deployed.tell)
    assert "destroy" in refused.value.remedy


def test_callers_of_what_is_not_there_yet_do_not_ring_the_alarm() -> None:
    """503 where no task is registered is no revision's fault; what a task does is."""
    counts = Counts()
    rollout = Rollout(state.RolloutKept(revision=1), RULES, counts)
    counts.requests = counts.errors = counts.own = counts.absent = 100
    assert not rollout.rings()
    counts.requests, counts.errors = 105, 105
    assert rollout.rings()


def test_a_full_disk_stops_nothing_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No task is started that nobody would know again, and all goes on as soon as there is room."""
    image, full, refused = build(tmp_path, "own", WELL), [True], threading.Event()
    write = state.write

    def written(folder: Path, kept: state.Everything) -> None:
        if full[0]:
            refused.set()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(folder, kept)

    async def body() -> None:
        kept = state.Everything(desired={"api": 1}, rules=RULES.model_copy(update={"trial": False}))
        kept.revisions.append(state.RevisionKept(number=1, image=image, environment={}, created=time.time()))
        controller = Controller(tmp_path, kept)
        monkeypatch.setattr(state, "write", written)
        await controller.listen(0, kept.rules)
        await controller.open()
        controller.begin(1)
        assert refused.is_set()
        try:
            async with asyncio.timeout(PATIENCE), controller.changed:
                while controller.rollout is not None:
                    await controller.changed.wait()
                assert kept.rollout is not None
                assert "No space left" in kept.rollout.why
                assert not list((tmp_path / "tasks").glob("*/pid"))
                full[0] = False
                controller.begin(1)
                while not any(controller.serves(one) for one in controller.tasks.values()):
                    await controller.changed.wait()
        finally:
            await controller.close()
        found = state.read(tmp_path)
        assert found is not None
        assert found.primary == 1
        assert found.tasks == []

    asyncio.run(body())
