"""What can be asked of the controller: to bring something up, to have more or fewer, to go back, to end."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, assert_never

from pydantic import Field, TypeAdapter, ValidationError

from nis_backend.deployment.local import image, state
from nis_backend.deployment.local.controller import SERVICES, told_state
from nis_backend.deployment.local.rules import Rules
from nis_backend.deployment.local.surroundings import free_port
from nis_backend.deployment.local.task import Task
from nis_backend.deployment.report import Outcome, Revision, Service, ServiceStatus, Status, Step
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import Generator

    from nis_backend.deployment.local.controller import Controller
    from nis_backend.deployment.target import Tell

TARGET = "local"


class Apply(Model):
    """Bring it to this."""

    name: str
    profile: str
    image: str
    environment: dict[str, str]
    counts: dict[Service, int]
    ephemeral: bool
    port: int
    rules: Rules


class Scale(Model):
    """Have so many."""

    service: Service
    count: int = Field(ge=0, le=50)


class RollBack(Model):
    """Serve this again."""

    to: str = ""


class Nothing(Model):
    """No more is to be said."""


Asked = Apply | Scale | RollBack | Nothing
KINDS: dict[str, type[Asked]] = {
    "apply": Apply,
    "scale": Scale,
    "roll_back": RollBack,
    "status": Nothing,
    "destroy": Nothing,
}


class Commands:
    """Each of them, one at a time where it changes something."""

    def __init__(self, controller: Controller, stop: asyncio.Event) -> None:
        self._controller = controller
        self._stop = stop
        self._under_way = ""

    async def answer(self, what: str, given: Json, tell: Tell) -> Json:
        """Do what is asked.

        Raises:
            InvalidRequest: there is no such thing to ask, or what is given is wrong.
            Conflict: something else is under way, or who asks is of another version.
        """
        if what not in KINDS:
            raise InvalidRequest("The controller does not do that.", field="do", value=what)
        try:
            asked = TypeAdapter(KINDS[what]).validate_python(given)
        except ValidationError as error:
            raise Conflict(
                f"The controller is of another nis, and does not understand this: {error.errors()[0]['msg']}.",
                field="do",
                value=what,
                remedy="End its process, which controller.json names: the next command starts one of its own version.",
            ) from None
        match asked:
            case Apply():
                with self._alone("an apply"):
                    done = await self._apply(asked, tell)
            case Scale():
                with self._alone("a scaling"):
                    done = await self._scale(asked, tell)
            case RollBack():
                done = await self._roll_back(asked, tell)
            case Nothing():
                if what == "status":
                    return self.status().model_dump(mode="json")
                done = await self._destroy(tell)
            case _:
                assert_never(asked)
        return done.model_dump(mode="json")

    @contextmanager
    def _alone(self, what: str) -> Generator[None]:
        if self._under_way:
            raise Conflict(
                f"{self._under_way[:1].upper()}{self._under_way[1:]} is under way.",
                remedy="Wait for its end, or take it back: nis deploy rollback",
            )
        self._under_way = what
        try:
            yield
        finally:
            self._under_way = ""

    async def _apply(self, asked: Apply, tell: Tell) -> Outcome:
        kept, begun = self._controller.kept, time.monotonic()
        current = kept.current
        name = asked.image or (current.image if current is not None else "")
        if not name:
            raise InvalidRequest("Nothing is deployed yet, and no image is named.", field="image", value="")
        if not asked.ephemeral and "NIS_DATABASE_URL" not in asked.environment:
            raise Conflict(
                "What tasks keep is on their own disks, and lost with them at each deploy.",
                field="ephemeral",
                remedy="Name a database (NIS_DATABASE_URL), or accept it: --ephemeral",
            )
        tell(0.0, f"looking for {name}")
        found = await asyncio.to_thread(image.find, name)
        environment = dict(asked.environment)
        revision = state.RevisionKept(
            number=max((one.number for one in kept.revisions), default=0) + 1,
            image=name,
            environment=environment,
            created=time.time(),
        )
        steps: list[Step] = []
        await self._controller.listen(asked.port, asked.rules)
        if "NIS_DATABASE_URL" in environment:
            tell(0.1, "bringing the database forward")
            steps.append(await self._migrate(found, revision, asked.rules))
            if not steps[-1].ok:
                why = f"The database was not brought forward, and nothing else was changed: {steps[-1].told}"
                return Outcome(
                    ended="failed", revision=str(kept.primary or ""), steps=steps, seconds=_since(begun), told=why
                )
        kept.name, kept.profile, kept.rules = asked.name, asked.profile, asked.rules
        kept.desired = {service: asked.counts.get(service, 0) for service in SERVICES}
        kept.revisions.append(revision)
        self._controller.begin(revision.number)
        return await self._until_over(revision.number, steps, begun, tell)

    async def _migrate(self, found: image.Image, revision: state.RevisionKept, rules: Rules) -> Step:
        """Bring the database forward by the new image, as a one-off task before the switch."""
        controller, begun = self._controller, time.monotonic()
        one = state.TaskKept(
            id=f"migration-{secrets.token_hex(4)}",
            service="api",
            revision=revision.number,
            port=free_port(),
            created=time.time(),
        )
        controller.kept.migration = one
        controller.keep()
        task = controller.migration = Task(one, controller.folder, found, rules)
        try:
            await task.start(revision.environment, ["database", "upgrade"])
            controller.keep()
            async with asyncio.timeout(rules.migration_seconds):
                await task.ended.wait()
        except TimeoutError:
            await task.stop(rules.stop_seconds, controller.closing)
        finally:
            controller.kept.migration = controller.migration = None
            controller.keep()
        said = task.log.read_text("utf-8", "replace").strip()[-500:]
        await task.remove()
        return Step(what="migrations", ok=task.code == 0, seconds=_since(begun), told=said)

    async def _until_over(self, number: int, steps: list[Step], begun: float, tell: Tell) -> Outcome:
        """Wait for the deployment's end, whichever it is."""
        controller = self._controller
        kept, serves, said = controller.kept, 0.0, ""
        async with controller.changed:
            while True:
                now = kept.rollout
                well = [
                    one for one in controller.of("api") if one.kept.revision == kept.primary and controller.serves(one)
                ]
                wanted = max(1, controller.wanted("api"))
                if not serves and well and now is not None and now.revision == kept.primary:
                    serves = time.monotonic()
                    steps.append(_serves(kept.primary, serves - begun))
                if (
                    now is None
                    or not kept.primary
                    or (now.state in {"completed", "failed"} and controller.rollout is None)
                ):
                    break
                if now.revision != number and serves and steps[-1].what != f"revision {kept.primary} serves":
                    serves = 0.0
                    continue
                stage = "going back: " if now.back else ""
                text = f"{stage}{len(well)} of {wanted} tasks serve, {now.state}"
                if text != said:
                    tell(0.2 + 0.6 * min(1.0, len(well) / wanted), text)
                    said = text
                await controller.changed.wait()
        ended, told = "done", ""
        if now is None or not kept.primary or now.state == "failed":
            ended, told = "failed", (now.why if now is not None else "")
        elif now.revision != number:
            ended, told = "rolled_back", now.why
        if ended == "failed" and not kept.primary:
            told += "; nothing served before that could be gone back to"
        tell(1.0, ended.replace("_", " "))
        return Outcome.model_validate(
            {
                "ended": ended,
                "revision": str(kept.primary or ""),
                "steps": [*steps, *controller.told],
                "seconds": _since(begun),
                "told": told,
            }
        )

    async def _scale(self, asked: Scale, tell: Tell) -> Outcome:
        controller, begun = self._controller, time.monotonic()
        kept, rules = controller.kept, controller.kept.rules
        revision = kept.current
        if revision is None:
            raise NotFound("Nothing is deployed.", remedy="Apply first: nis deploy apply --to local")
        if asked.service == "worker" and asked.count and "NIS_DATABASE_URL" not in revision.environment:
            raise InvalidRequest(
                "Workers share a database with who serves, and there is none.",
                field="service",
                value="worker",
                remedy="Apply with NIS_DATABASE_URL.",
            )
        kept.desired[asked.service] = asked.count
        controller.keep()
        controller.wake()
        most = 3 * (rules.start_seconds + rules.health_seconds * (rules.healthy + rules.unhealthy))
        try:
            async with asyncio.timeout(most), controller.changed:
                while not self._is_so(asked):
                    well = sum(one.state == "healthy" for one in controller.of(asked.service))
                    tell(min(0.9, well / max(1, asked.count)), f"{well} of {asked.count} tasks are healthy")
                    await controller.changed.wait()
        except TimeoutError:
            ill = [one.why for one in controller.tasks.values() if one.why]
            told = (
                f"{asked.count} healthy tasks of {asked.service} did not come up: {ill[-1] if ill else 'see the logs'}"
            )
            step = Step(what=f"{asked.service}: {asked.count}", ok=False, seconds=_since(begun), told=told)
            return Outcome(ended="failed", revision=str(kept.primary), steps=[step], seconds=_since(begun), told=told)
        step = Step(what=f"{asked.service}: {asked.count}", ok=True, seconds=_since(begun))
        return Outcome(ended="done", revision=str(kept.primary), steps=[step], seconds=_since(begun))

    def _is_so(self, asked: Scale) -> bool:
        up = self._controller.of(asked.service)
        return len(up) == asked.count and all(self._controller.serves(one) for one in up)

    async def _roll_back(self, asked: RollBack, tell: Tell) -> Outcome:
        controller, begun = self._controller, time.monotonic()
        kept = controller.kept
        rollout = controller.rollout
        if rollout is not None and not rollout.kept.back and kept.served and asked.to in {"", str(kept.served[-1])}:
            # It has not come to serve yet: what serves goes on.
            number = kept.served[-1]
            rollout.fail("a rollback was asked for")
            controller.wake()
            async with controller.changed:
                while kept.primary != number:
                    await controller.changed.wait()
            return await self._until_over(number, [], begun, tell)
        if rollout is not None and not kept.served:
            raise NotFound(
                "Nothing has served yet that could be gone back to.",
                field="to",
                value=asked.to,
                remedy="Wait for the end of the apply, or end it all: nis deploy destroy --to local",
            )
        with self._alone("a rollback"):
            number = self._earlier(asked.to)
            controller.begin(number, back=True, why="a rollback was asked for")
            return await self._until_over(number, [], begun, tell)

    def _earlier(self, to: str) -> int:
        """The revision to go back to."""
        kept = self._controller.kept
        if not to:
            before = [number for number in kept.served if number != kept.primary]
            if not before:
                raise NotFound("No other revision has served.", field="revision", value=to)
            return before[-1]
        revision = kept.revision(int(to)) if to.isdecimal() else None
        if revision is None or revision.state != "completed":
            told = ", ".join(str(one.number) for one in kept.revisions if one.state == "completed")
            raise NotFound(
                "No such revision has served.", field="revision", value=to, remedy=f"Those that have: {told or 'none'}."
            )
        return revision.number

    async def _destroy(self, tell: Tell) -> Outcome:
        controller, begun = self._controller, time.monotonic()
        count = len(controller.tasks)
        tell(0.1, f"ending {count} tasks")
        controller.kept.primary = 0
        controller.keep()
        await controller.close()
        controller.kept_no_more = True
        for name in ("tasks", "logs"):
            await asyncio.to_thread(shutil.rmtree, controller.folder / name, ignore_errors=True)
        (controller.folder / state.NAME).unlink(missing_ok=True)
        self._stop.set()
        step = Step(what="tasks, logs and the state", ok=True, seconds=_since(begun), told=f"{count} tasks were ended")
        return Outcome(ended="done", steps=[step], seconds=_since(begun))

    def status(self) -> Status:
        """How it is."""
        controller = self._controller
        return told(
            controller.kept,
            address=controller.address,
            running={service: len(controller.of(service)) for service in SERVICES},
            healthy={service: sum(one.state == "healthy" for one in controller.of(service)) for service in SERVICES},
        )


def told(kept: state.Everything, *, address: str, running: dict[Service, int], healthy: dict[Service, int]) -> Status:
    """What is kept as a status."""
    rollout = kept.rollout
    how = "" if rollout is None else f"{rollout.state.upper()}{f': {rollout.why}' if rollout.why else ''}"
    there = {one.revision for one in kept.tasks}
    serving = "serving" if healthy["api"] else "nothing is healthy"
    return Status(
        name=kept.name,
        target=TARGET,
        exists=bool(kept.revisions),
        address=address,
        state=serving if address else "its controller does not run: the next apply, scale or rollback starts it",
        services=[
            ServiceStatus(
                service=service,
                desired=kept.desired.get(service, 0) if kept.primary else 0,
                running=running[service],
                healthy=healthy[service],
                rollout=how,
            )
            for service in SERVICES
        ],
        revisions=[
            Revision(
                id=str(one.number), image=one.image, created=one.created, state=told_state(kept, one.number, there)
            )
            for one in reversed(kept.revisions)
        ],
        alarms=[rollout.why] if rollout is not None and "alarm" in rollout.why else [],
    )


def _serves(number: int, seconds: float) -> Step:
    return Step(what=f"revision {number} serves", ok=True, seconds=round(seconds, 3), told="its first task has callers")


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
