"""This machine as a target."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, cast

from nis_backend.deployment.local import commands, state
from nis_backend.deployment.local.control import ask
from nis_backend.deployment.local.lines import read_lines
from nis_backend.deployment.local.rules import Rules
from nis_backend.deployment.local.surroundings import born
from nis_backend.deployment.profiles import profile
from nis_backend.deployment.report import Outcome, Resource, Status
from nis_backend.deployment.template.reading import own_template, read
from nis_backend.errors import Conflict, InvalidRequest, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nis_backend.deployment.report import LogLine, Service
    from nis_backend.deployment.target import Tell, Wanted
    from nis_backend.operation import Json

START_SECONDS = 30.0
# It is nobody's child once the shell has ended: whoever started it need not wait for it. What it and its tasks write is
# for their owner's eyes.
_DETACHED = 'umask 077; "$@" </dev/null >>"$0" 2>&1 & echo $!'
COUNTS: dict[str, Service] = {"ApiCount": "api", "WorkerCount": "worker"}
"""Parameters of the template that say how many."""
MOST_TASKS = 50


class LocalTarget:
    """A deployment in a folder of this machine: its controller is started where none is, and outlives who asked."""

    def __init__(self, folder: Path, *, name: str = "nis-backend", port: int = 0, rules: Rules | None = None) -> None:
        self._folder = folder.absolute()
        self._name = name
        self._port = port
        self._rules = rules or Rules()

    def changes(self, wanted: Wanted) -> Sequence[Resource]:
        """What applying would do to what is there."""
        kept = state.read(self._folder)
        current = kept.current if kept is not None else None
        counts = self._counts(wanted)
        found = [self._balancer(kept)]
        for service, count in counts.items():
            before = kept.desired.get(service, 0) if kept is not None and kept.primary else 0
            if not count and not before:
                continue
            told: list[str] = []
            if current is not None and before:
                if wanted.image and wanted.image != current.image:
                    told.append(f"image {current.image} → {wanted.image}")
                elif wanted.image.startswith("venv:"):
                    told.append("started anew: an environment may have changed")
                told += _settings(current.environment, wanted.environment)
            if before != count:
                told.append(f"tasks {before} → {count}")
            change = "add" if not before else "remove" if not count else "change" if told else "keep"
            found.append(Resource(id=service, kind="local service", change=change, told="; ".join(told)))
        return found

    def _balancer(self, kept: state.Everything | None) -> Resource:
        there = kept is not None and kept.port
        before = kept.port if kept is not None else 0
        port = self._port or before
        told = f"http://127.0.0.1:{port}" if port else "on a free port"
        change = "add" if not there else "keep" if port == before else "change"
        return Resource(id="proxy", kind="local load balancer", change=change, told=told)

    def apply(self, wanted: Wanted, tell: Tell) -> Outcome:
        """Bring it to what is wanted, wait, verify.

        Raises:
            Conflict: task-local data would be lost and that was not accepted, or another apply is under way.
        """
        given = commands.Apply(
            name=self._name,
            profile=wanted.profile,
            image=wanted.image,
            environment=dict(wanted.environment),
            counts=self._counts(wanted),
            ephemeral=wanted.ephemeral,
            port=self._port,
            rules=self._rules,
        )
        return Outcome.model_validate(self._ask("apply", given.model_dump(mode="json"), tell))

    def _counts(self, wanted: Wanted) -> dict[Service, int]:
        has_database = "NIS_DATABASE_URL" in wanted.environment
        counts: dict[Service, int] = {"api": 1, "worker": 0}
        _know(wanted.parameters)
        given = {**profile(wanted.profile).parameters, **wanted.parameters}
        for name, service in COUNTS.items():
            value = given.get(name)
            if value is None:
                continue
            if not value.isdecimal() or int(value) > MOST_TASKS:
                raise InvalidRequest(f"From 0 to {MOST_TASKS} tasks run here.", field=name, value=value)
            counts[service] = int(value)
        if counts["worker"] and not has_database:
            # Workers share a database with who serves; a profile for AWS names them nevertheless.
            counts["worker"] = 0
        return counts

    def status(self) -> Status:
        """How it is; a controller that has died is told of, not started."""
        try:
            return Status.model_validate(self._ask("status", {}, lambda _share, _text: None, start=False))
        except Unavailable:
            kept = state.read(self._folder) or state.Everything()
        none: dict[Service, int] = {"api": 0, "worker": 0}
        return commands.told(kept, address="", running=none, healthy=none)

    def logs(self, service: Service | None, *, since: float, limit: int, words: str = "") -> Sequence[LogLine]:
        """What its tasks wrote; also those that are gone, while their log is kept."""
        if state.read(self._folder) is None:
            raise _missing()
        return read_lines(self._folder / "logs", service, since=since, limit=limit, words=words)

    def scale(self, service: Service, count: int, tell: Tell) -> Outcome:
        """Have so many tasks of a service."""
        self._must_exist()
        if not 0 <= count <= MOST_TASKS:
            raise InvalidRequest(f"From 0 to {MOST_TASKS} tasks run here.", field="count", value=count)
        return Outcome.model_validate(self._ask("scale", {"service": service, "count": count}, tell))

    def roll_back(self, to: str, tell: Tell) -> Outcome:
        """Serve an earlier revision again."""
        self._must_exist()
        return Outcome.model_validate(self._ask("roll_back", {"to": to}, tell))

    def destroy(self, tell: Tell) -> Outcome:
        """End tasks and controller, and remove what they kept: nothing of it is anywhere else."""
        self._must_exist()
        outcome = Outcome.model_validate(self._ask("destroy", {}, tell))
        deadline = time.monotonic() + START_SECONDS
        while state.address_file(self._folder) and time.monotonic() < deadline:
            time.sleep(0.02)
        return outcome

    def _must_exist(self) -> None:
        if state.read(self._folder) is None:
            raise _missing()

    def _ask(self, what: str, given: Json, tell: Tell, *, start: bool = True) -> Json:
        where = state.address_file(self._folder)
        try:
            return ask(int(str(where.get("port", 0))), str(where.get("token", "")), what, given, tell)
        except Unavailable as error:
            # Only who was never reached is asked again: what was begun goes on without us.
            if not start or error.sent != "no":
                raise
        where = self._start()
        return ask(int(str(where["port"])), str(where["token"]), what, given, tell)

    def _start(self) -> dict[str, object]:
        """Start a controller, or find the one that was quicker."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = self._folder / "controller.log"
        command = [sys.executable, "-P", "-m", "nis_backend.deployment.local", str(self._folder)]
        started = subprocess.run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", _DETACHED, str(log), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            cwd=self._folder,
            # It outlives the terminal.
            start_new_session=True,
        )
        pid = int(started.stdout)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            where = state.address_file(self._folder)
            ended = not born(pid)
            if where.get("pid") == pid or (ended and where and _answers(where)):
                return where
            if ended and not where:
                break
            time.sleep(0.02)
        said = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise Unavailable(
            f"The controller did not start: {''.join(said)[-300:] or 'it said nothing'}",
            remedy=f"{log.name} in the deployment's folder has the reason.",
        )


def _answers(where: dict[str, object]) -> bool:
    try:
        ask(int(str(where["port"])), str(where["token"]), "status", {}, lambda _share, _text: None)
    except (Unavailable, Conflict):
        return False
    return True


def _settings(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Which settings change, without their values: some are secrets."""
    return [
        f"{name} {'set' if name not in before else 'removed' if name not in now else 'changed'}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def _know(parameters: Mapping[str, str]) -> None:
    """Refuse what the template has not: a misspelt count would be another count."""
    if not set(parameters) - set(COUNTS):
        return
    known = cast("Mapping[str, object]", read(own_template()).document["Parameters"])
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise InvalidRequest(
            f"The template has no parameter {unknown[0]}.",
            field="parameters",
            value=unknown[0],
            remedy=f"On this machine these count: {', '.join(COUNTS)}.",
        )


def _missing() -> NotFound:
    return NotFound("Nothing is deployed on this machine.", remedy="nis deploy apply --to local --image venv:/path")
