"""A deployment on this machine for one test, with short intervals, ended whatever becomes of the test."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from crowd import SCRIPT

from nis_backend.deployment.local.rules import Rules
from nis_backend.deployment.local.surroundings import born
from nis_backend.deployment.local.target import LocalTarget
from nis_backend.deployment.report import Outcome
from nis_backend.deployment.target import Wanted

RULES = Rules(
    health_seconds=0.1,
    # Two cores run much beside it: what is well must not pass for ill.
    health_timeout_seconds=20,
    start_seconds=60,
    drain_seconds=4,
    stop_seconds=20,
    bake_seconds=0.3,
    again_seconds=0.02,
)
PATIENCE = 60.0


def wanted(image: str, *, script: Path, ephemeral: bool = True, **environment: str) -> Wanted:
    """What is asked for."""
    scripted = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted:scripted", "NIS_WEIGHTS": f"{script.parent}/none"}
    ending = {"NIS_LINGER_SECONDS": "0", "NIS_DRAIN_SECONDS": "3"}
    everything = {**scripted, **ending, **environment}
    counts = {"WorkerCount": "1"} if "NIS_DATABASE_URL" in environment else {}
    return Wanted(profile="small", image=image, parameters=counts, environment=everything, ephemeral=ephemeral)


class Deployed:
    """The deployment of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "deployment"
        self.script = folder / "script.json"
        self.script.write_text(SCRIPT)
        self.told: list[str] = []

    def target(self, **rules: object) -> LocalTarget:
        """The way to it, with some rules of its own."""
        return LocalTarget(self.folder, rules=Rules.model_validate({**RULES.model_dump(), **rules}))

    def tell(self, _share: float, text: str) -> None:
        """Hear how far it is."""
        self.told.append(text)

    def apply(self, target: LocalTarget, image: str) -> Outcome:
        """Bring an image there."""
        return target.apply(wanted(image, script=self.script), self.tell)

    @property
    def controller(self) -> int:
        """The process of the controller."""
        return int(json.loads((self.folder / "controller.json").read_bytes())["pid"])

    def tasks(self) -> list[tuple[int, str]]:
        """Processes that are tasks, and when each began, the oldest first."""
        kept = json.loads((self.folder / "state.json").read_bytes())
        return [(one["pid"], one["born"]) for one in sorted(kept["tasks"], key=lambda one: one["created"])]

    def are_there(self, tasks: list[tuple[int, str]]) -> bool:
        """Whether any of these processes is."""
        return any(born(pid) == when for pid, when in tasks if when)

    def settle(self, target: LocalTarget) -> None:
        """Wait until what was to end has ended."""
        deadline = time.monotonic() + PATIENCE
        while len(self.tasks()) > sum(one.desired for one in target.status().services):
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    @property
    def log(self) -> str:
        """What the controller wrote."""
        path = self.folder / "controller.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self) -> None:
        """End the controller, and whatever it has left."""
        left = self.tasks() if (self.folder / "state.json").exists() else []
        if (self.folder / "controller.json").exists():
            pid, deadline = self.controller, time.monotonic() + PATIENCE
            begun = born(pid)
            if begun:
                os.kill(pid, signal.SIGTERM)
            while begun and born(pid) == begun and time.monotonic() < deadline:
                time.sleep(0.02)
        for pid, when in left:
            if when and born(pid) == when:
                os.killpg(pid, signal.SIGKILL)


@contextmanager
def deployment(folder: Path) -> Generator[Deployed]:
    """One, until the block ends; what its controller wrote is told with a test that fails."""
    one = Deployed(folder)
    try:
        yield one
    except BaseException as error:
        error.add_note(one.log[-6000:])
        raise
    finally:
        one.end()
