"""What is left when the controller dies, who may be one, and who is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from builds import GOOD
from crowd import Crowd
from deployed import PATIENCE, Deployed, wanted

from nis_backend.deployment.local.control import ask
from nis_backend.deployment.local.state import address_file
from nis_backend.deployment.local.surroundings import born
from nis_backend.deployment.local.target import LocalTarget
from nis_backend.deployment.report import Outcome
from nis_backend.errors import Conflict, Forbidden, NisError, Unavailable


def begun(deployed: Deployed, target: LocalTarget, ended: list[object]) -> threading.Thread:
    """An apply that is under way, whose new task has been started."""

    def body() -> None:
        try:
            ended.append(deployed.apply(target, GOOD))
        except NisError as error:
            ended.append(error)

    before = len(deployed.tasks())
    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while len([one for one in deployed.tasks() if one[0]]) == before:
        assert time.monotonic() < deadline, deployed.log
        thread.join(0.02)
    return thread


def test_tasks_outlive_a_controller_that_is_killed_and_the_next_one_takes_them_over(deployed: Deployed) -> None:
    """In the middle of a deploy: nothing is orphaned, nothing is started twice, and the deploy goes on."""
    target = deployed.target()
    deployed.apply(target, GOOD)
    address, ended = target.status().address, list[object]()
    thread = begun(deployed, target, ended)
    tasks, controller = deployed.tasks(), deployed.controller
    os.kill(controller, signal.SIGKILL)
    thread.join(PATIENCE)
    assert isinstance(ended[0], Unavailable)
    deadline = time.monotonic() + PATIENCE
    while born(controller):
        assert time.monotonic() < deadline
        thread.join(0.02)
    assert all(deployed.are_there([one]) for one in tasks)
    assert "does not run" in target.status().state
    # Whoever asks next starts the next one.
    assert target.scale("api", 1, deployed.tell).ended == "done"
    assert target.status().address == address
    deadline = time.monotonic() + PATIENCE
    while target.status().revisions[0].state != "serving":
        assert time.monotonic() < deadline, deployed.log
        thread.join(0.02)
    deployed.settle(target)
    # The task that the dead one had begun serves; the one before it has gone.
    assert deployed.tasks() == tasks[1:]
    with Crowd(address, callers=2, streams=1) as crowd:
        os.kill(deployed.controller, signal.SIGTERM)
        while (deployed.folder / "controller.json").exists():
            assert time.monotonic() < deadline + PATIENCE
            thread.join(0.02)
        # It said so to streams and sockets before it went, and took its tasks with it.
        assert crowd.seen.cut == []
    assert not deployed.are_there(tasks)


def test_a_second_apply_is_refused_and_a_rollback_takes_the_first_one_back(deployed: Deployed) -> None:
    """Who is in a hurry need not wait for what is not wanted any more."""
    target = deployed.target()
    deployed.apply(target, GOOD)
    ended = list[object]()
    thread = begun(deployed, target, ended)
    with pytest.raises(Conflict) as refused:
        deployed.apply(target, GOOD)
    assert "An apply is under way" in refused.value.message
    back = target.roll_back("", deployed.tell)
    assert (back.ended, back.revision) == ("done", "1")
    thread.join(PATIENCE)
    assert isinstance(ended[0], Outcome)
    assert (ended[0].ended, ended[0].told) == ("rolled_back", "a rollback was asked for")


def test_a_second_controller_is_refused_by_the_name_of_the_first_and_so_is_a_wrong_token(deployed: Deployed) -> None:
    """Two would end each other's tasks; and whoever may connect to a port of this machine may not command it."""
    target = deployed.target()
    with pytest.raises(Conflict):
        # Refused for the data, but the controller is there.
        target.apply(wanted(GOOD, ephemeral=False, script=deployed.script), deployed.tell)
    command = [sys.executable, "-m", "nis_backend.deployment.local", str(deployed.folder)]
    second = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert second.returncode == 1
    assert f"Process {deployed.controller} controls this deployment" in second.stderr
    assert oct((deployed.folder / "controller.json").stat().st_mode)[-3:] == "600"
    port = int(str(address_file(deployed.folder)["port"]))
    with pytest.raises(Forbidden):
        ask(port, "guessed", "destroy", {}, deployed.tell)
    with pytest.raises(Conflict, match="another nis"):
        ask(port, str(address_file(deployed.folder)["token"]), "scale", {"service": "api", "few": 1}, deployed.tell)
