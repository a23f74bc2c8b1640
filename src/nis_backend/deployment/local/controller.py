"""What is wanted, what is there, and the next step from one to the other: the part of ECS's scheduler."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from typing import TYPE_CHECKING, Literal, cast

from nis_backend.deployment.local import image, state
from nis_backend.deployment.local.balance import HURRY_SECONDS, Balance
from nis_backend.deployment.local.proxy import Proxy
from nis_backend.deployment.local.rollout import Rollout
from nis_backend.deployment.local.rules import ENDING
from nis_backend.deployment.local.surroundings import free_port
from nis_backend.deployment.local.task import Task
from nis_backend.deployment.report import Step
from nis_backend.deployment.verify import verify
from nis_backend.errors import Conflict, NisError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from nis_backend.deployment.local.rules import Rules
    from nis_backend.deployment.local.state import Everything, RevisionKept
    from nis_backend.deployment.report import Service

log = logging.getLogger("nis.deployment.local")

SERVICES: tuple[Service, ...] = ("api", "worker")
MOST = 2
"""Tasks of a service at once, in multiples of those wanted: ECS's maximumPercent of 200; its minimum is 100 here."""
KEPT_LOGS = 20
"""Logs of tasks that are gone which stay."""
KEPT_REVISIONS = 20
LOOK_SECONDS = 5.0
"""What a start that is under way gets then to become known: a process that nobody knows would be left."""
END_SECONDS = 12.0
"""What tasks get from SIGTERM to SIGKILL then: to tell streams and sockets, and to give their runs back."""
TICK_SECONDS = 0.5
"""The pace of the alarm and the logs; everything else is told as it happens, and looked at again as often."""


class Controller:
    """Tasks of two services behind one proxy."""

    def __init__(self, folder: Path, kept: Everything) -> None:
        self.folder = folder
        self.kept = kept
        self.tasks: dict[str, Task] = {}
        self.balance = Balance()
        self.rollout: Rollout | None = None
        self.changed = asyncio.Condition()
        """Told of each change: who waits for an outcome looks again."""
        self._wake = asyncio.Event()
        self.proxy = Proxy(self.balance)
        self._failed: dict[str, int] = dict.fromkeys(SERVICES, 0)
        """Tasks that ended or fell ill in a row, for the wait before the next."""
        self._not_before: dict[str, float] = dict.fromkeys(SERVICES, 0.0)
        self._beside: set[asyncio.Task[object]] = set()
        self._on_trial = ""
        self.migration: Task | None = None
        self.closing = asyncio.Event()
        self._hurried = asyncio.Event()
        self._unkept = False
        """Whether the disk lacks what has changed."""
        self.kept_no_more = False
        """Whether all of it has been destroyed: nothing is written any more."""
        self.told: list[Step] = []
        """What the verifications of the rollout under way said."""

    @property
    def address(self) -> str:
        """Where callers come in."""
        return f"http://127.0.0.1:{self.kept.port}" if self.kept.port else ""

    async def listen(self, port: int, rules: Rules) -> None:
        """Have callers come in at this port: a free one for 0, unless there is one already.

        Raises:
            Conflict: it is taken.
        """
        self.proxy.idle_seconds, self.proxy.sticky_seconds = rules.idle_seconds, rules.sticky_seconds
        if self.proxy.port and port in {0, self.proxy.port}:
            return
        try:
            self.kept.port = await self.proxy.listen(port or free_port())
        except OSError as error:
            raise Conflict(
                f"Port {port} cannot be listened on: {error.strerror}.",
                field="port",
                value=port,
                remedy="End who listens there, or give another: --port, 0 for a free one.",
            ) from None

    async def open(self) -> None:
        """Listen where callers know it, take over what is there, and begin to see to it."""
        if self.kept.port:
            await self.listen(self.kept.port, self.kept.rules)
        for one in list(self.kept.tasks):
            await self._adopt(one)
        if self.kept.migration is not None:
            await self._end_migration(self.kept.migration)
        if self.kept.rollout is not None and self.kept.rollout.state in {"in_progress", "proving"}:
            self.rollout = Rollout(self.kept.rollout, self.kept.rules, self.balance.counts)
        self.keep()
        self._spawn(self._see_to_it())
        self._spawn(self._tick())

    async def _adopt(self, one: state.TaskKept) -> None:
        revision = self.kept.revision(one.revision)
        try:
            found = await asyncio.to_thread(image.find, revision.image) if revision is not None else None
        except NisError:
            # Its environment is gone; the process may go on, and what is left of it is removed as any other's.
            found = None
        task = Task(one, self.folder, found, self.kept.rules)
        if not await task.adopt():
            self.kept.tasks.remove(one)
            await task.remove()
            log.info("the task %s of revision %s is gone", one.id, one.revision)
            return
        log.info("took over the task %s of revision %s, process %s", one.id, one.revision, one.pid)
        self.tasks[one.id] = task
        if one.service == "api" and one.proven:
            self.balance.register(one.id, one.port, healthy=True)
        task.watch(self._hear)

    async def _end_migration(self, one: state.TaskKept) -> None:
        """Whoever asked for it has heard that its controller died, and asks again."""
        task = Task(one, self.folder, None, self.kept.rules)
        if await task.adopt():
            await task.stop(END_SECONDS, self._hurried)
        await task.remove()
        self.kept.migration = None

    def keep(self) -> None:
        """Write down what must outlive this process; where the disk takes nothing, it is tried again and again."""
        try:
            self.must_keep()
        except OSError as error:
            if not self._unkept:
                log.error("what has changed could not be written down, and is tried again: %s", error.strerror)  # noqa: TRY400 - the reason is in it
            self._unkept = True

    def must_keep(self) -> None:
        """Write down what must outlive this process.

        Raises:
            OSError: the disk takes nothing.
        """
        if self.kept_no_more:
            return
        state.write(self.folder, self.kept)
        self._unkept = False

    def wake(self) -> None:
        """Look again what is to be done."""
        self._wake.set()

    def _spawn(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[object]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a step failed", exc_info=error)
        self.wake()

    def _hear(self, task: Task) -> None:
        """A task tells that its state has changed."""
        one = task.kept
        log.info("the task %s of revision %s is %s %s", one.id, one.revision, task.state, task.why)
        if task.state == "healthy":
            self._failed[one.service] = 0
            if self.rollout is not None and one.revision == self.rollout.kept.revision:
                self.rollout.well(one.service)
        elif task.state in {"unhealthy", "gone"}:
            self.balance.mark(one.id, healthy=False)
            self._count(task)
        self.keep()
        self.wake()

    def _count(self, task: Task) -> None:
        service = task.kept.service
        self._failed[service] += 1
        rules = self.kept.rules
        wait = min(rules.again_most_seconds, rules.again_seconds * 2 ** min(20, self._failed[service] - 1))
        self._not_before[service] = time.monotonic() + wait
        asyncio.get_running_loop().call_later(wait, self.wake)
        if self.rollout is not None and task.kept.revision == self.rollout.kept.revision:
            self.rollout.ill(task, self.kept.desired.get(service, 0))

    async def _see_to_it(self) -> None:
        """Take the next steps, as often as something has changed."""
        while not self.closing.is_set():
            self._wake.clear()
            try:
                if self.rollout is not None and self.rollout.kept.state == "failed":
                    # First: what failed its trial is not to be tried again.
                    self._take_back(self.rollout)
                for service in SERVICES:
                    await self._reconcile(service)
                await self._go_on()
            except Exception:
                # Nobody else would look after the tasks: the next look may find what this one did not.
                log.exception("a look failed")
            async with self.changed:
                self.changed.notify_all()
            await self._wake.wait()

    def of(self, service: Service) -> list[Task]:
        """Tasks of a service that are meant to go on."""
        return [one for one in self.tasks.values() if one.kept.service == service and one.is_up]

    def serves(self, task: Task) -> bool:
        """Whether it does what it is for: healthy, and reached by callers where they are to reach it."""
        return task.state == "healthy" and (task.kept.service != "api" or task.kept.id in self.balance.members)

    def wanted(self, service: Service) -> int:
        """How many tasks a service is to have."""
        return self.kept.desired.get(service, 0) if self.kept.primary else 0

    async def _reconcile(self, service: Service) -> None:
        """Start what is missing, end what is too much: never fewer that serve than wanted, never more than twice."""
        desired, primary = self.wanted(service), self.kept.primary
        for one in [task for task in self.tasks.values() if task.kept.service == service and task.state == "gone"]:
            self._end(one, drain=0.0)
        tasks = self.of(service)
        new = [one for one in tasks if one.kept.revision == primary and one.state != "unhealthy"]
        room = max(desired, MOST * desired) - len(tasks)
        missing = desired - len(new)
        if missing > 0 and room > 0 and time.monotonic() >= self._not_before[service]:
            for _ in range(min(missing, room)):
                await self._start(service)
        serving = sum(self.serves(one) for one in tasks)
        others = [one for one in tasks if one not in new]
        # The youngest go first on a scale-in, those that are not yet well before the others.
        surplus = sorted(new, key=lambda one: (one.state == "healthy", -one.kept.created))[: max(0, -missing)]
        for one in (*others, *surplus):
            if one.state != "healthy":
                # Who never was well serves nobody; who was, serves on until somebody else can.
                if not one.kept.proven or serving >= desired or one in surplus:
                    self._end(one, drain=self.kept.rules.drain_seconds)
            elif not self.serves(one) or serving > desired:
                serving -= self.serves(one)
                self._end(one, drain=self.kept.rules.drain_seconds)
        for one in new:
            if one.state == "healthy" and one.kept.id not in self.balance.members and one.is_up:
                self._welcome(one)

    def _welcome(self, task: Task) -> None:
        """Let callers reach a healthy task: after its revision was tried, where that is wanted."""
        one, revision = task.kept, self.kept.revision(task.kept.revision)
        if one.service != "api" or revision is None:
            return
        if self.kept.rules.trial and not revision.tried:
            if not self._on_trial:
                self._on_trial = one.id
                self._spawn(self._try(task, revision))
            return
        self.balance.register(one.id, one.port, healthy=True)
        log.info("the task %s takes its turns", one.id)
        self.wake()

    async def _try(self, task: Task, revision: RevisionKept) -> None:
        try:
            steps = await self._verify(f"http://127.0.0.1:{task.kept.port}", revision)
        finally:
            self._on_trial = ""
        bad = [step for step in steps if not step.ok]
        if not bad:
            revision.tried = True
        elif task.is_up and task.state == "healthy":
            task.why = f"its first task failed the trial: {bad[0].what}: {bad[0].told}"
            if self.rollout is not None and self.rollout.kept.revision == revision.number:
                self.rollout.fail(task.why)
            else:
                # Another one is tried in its place, after a while.
                self._count(task)
                self._end(task, drain=0.0)
        self.keep()

    async def _verify(self, address: str, revision: RevisionKept) -> list[Step]:
        key = revision.environment.get("NIS_API_KEY")
        try:
            steps = await asyncio.to_thread(verify, address, key=key, tell=lambda _share, _text: None)
        except Exception as error:
            # Whatever it was: nobody has seen it answer, and who waits for the outcome must not wait for ever.
            log.exception("a verification failed")
            steps = [Step(what="verification", ok=False, seconds=0.0, told=f"It could not be asked: {error!r}")]
        if self.kept.primary == revision.number:
            self.told = steps
        return steps

    async def _start(self, service: Service) -> None:
        revision = self.kept.current
        assert revision is not None
        one = state.TaskKept(
            id=secrets.token_hex(4), service=service, revision=revision.number, port=free_port(), created=time.time()
        )
        how = "serve" if service == "api" else "worker"
        # Written before it is started: a controller that dies in between looks for it.
        self.kept.tasks.append(one)
        try:
            self.must_keep()
            # An engine takes its time to say whether it has the image, and callers are passed on meanwhile.
            found = await asyncio.to_thread(image.find, revision.image)
            if self.closing.is_set():
                self.kept.tasks.remove(one)
                return
            task = Task(one, self.folder, found, self.kept.rules)
            self.tasks[one.id] = task
            await task.start(
                {**ENDING[service], **revision.environment}, [how, "--host", "127.0.0.1", "--port", str(one.port)]
            )
        except (OSError, NisError) as error:
            task = self.tasks.setdefault(one.id, Task(one, self.folder, None, self.kept.rules))
            task.state, task.why = "gone", f"it could not be started: {error}"
            task.ended.set()
            self._hear(task)
            return
        log.info("started the task %s (%s) of revision %s, process %s", one.id, service, one.revision, one.pid)
        self.keep()
        task.watch(self._hear)

    def _end(self, task: Task, *, drain: float) -> None:
        if task.state == "leaving":
            return
        task.state = "leaving"
        self._spawn(self._leave(task, drain))

    async def _leave(self, task: Task, drain: float) -> None:
        """Deregister, wait for what is under way, SIGTERM, SIGKILL: in this order, as ECS does on a scale-in."""
        one = task.kept
        left = await self.balance.deregister(one.id, drain, self.closing)
        if left:
            log.info("the task %s is ended with %s requests under way, which it tells", one.id, left)
        ends = self.closing.is_set()
        await task.stop(END_SECONDS if ends else self.kept.rules.stop_seconds, self._hurried, lingers=not ends)
        self.balance.forget(one.id)
        await task.remove()
        self.tasks.pop(one.id, None)
        if one in self.kept.tasks:
            self.kept.tasks.remove(one)
        self.keep()
        log.info("the task %s has ended", one.id)

    async def _go_on(self) -> None:
        """The next stage of the rollout under way."""
        rollout = self.rollout
        if rollout is None:
            return
        if rollout.kept.state == "in_progress" and self._is_steady():
            rollout.kept.state = "proving"
            self.keep()
            self._spawn(self._prove(rollout))
        elif rollout.kept.state == "proving" and not rollout.proving:
            # A controller died here: its successor proves anew.
            self._spawn(self._prove(rollout))

    def _is_steady(self) -> bool:
        """Whether all that is wanted is there, healthy and reached by callers, and nothing else is."""
        for service in SERVICES:
            new = [one for one in self.of(service) if one.kept.revision == self.kept.primary]
            if sum(self.serves(one) for one in new) < self.wanted(service) or len(self.of(service)) > len(new):
                return False
        return True

    async def _prove(self, rollout: Rollout) -> None:
        """Ask as a caller would, and listen to the alarm for a while; what has served before is not asked so long."""
        rollout.proving = True
        revision = self.kept.revision(rollout.kept.revision)
        if revision is None:
            return
        if self.wanted("api"):
            bad = [step for step in await self._verify(self.address, revision) if not step.ok]
            if bad:
                rollout.fail(f"{bad[0].what}: {bad[0].told}")
        if not rollout.kept.back:
            await rollout.bake()
        if rollout.kept.state == "proving" and self.rollout is rollout:
            rollout.kept.state = "completed"
            revision.state = "completed"
            if self.kept.served[-1:] != [revision.number]:
                self.kept.served.append(revision.number)
            self.rollout = None
            self._tidy()
        self.keep()

    def _take_back(self, rollout: Rollout) -> None:
        """Want again what served last; without anything that did, want nothing (ECS stalls then as well)."""
        self.rollout = None
        revision = self.kept.revision(rollout.kept.revision)
        if rollout.kept.back:
            # What served before does not come up either: it is tried on and on, since nothing better is known.
            log.error("the way back failed as well: %s", rollout.kept.why)
            self.keep()
            return
        if revision is not None:
            revision.state = "failed"
        before = self.kept.served[-1] if self.kept.served else 0
        log.warning("revision %s failed, back to %s: %s", rollout.kept.revision, before, rollout.kept.why)
        self.begin(before, back=True, why=rollout.kept.why)

    def begin(self, number: int, *, back: bool = False, why: str = "") -> None:
        """Want a revision from now on."""
        self.kept.primary = number
        self._failed = dict.fromkeys(SERVICES, 0)
        self._not_before = dict.fromkeys(SERVICES, 0.0)
        if not back:
            self.told = []
        if number:
            kept = state.RolloutKept(revision=number, back=back, why=why)
            self.kept.rollout = kept
            self.rollout = Rollout(kept, self.kept.rules, self.balance.counts)
        self.keep()
        self.wake()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self.rollout is not None:
                self.rollout.rings()
            # Whatever has happened that nobody told of, as a timer that came too early.
            self.wake()
            if self._unkept:
                self.keep()
            for path in (self.folder / "controller.log", *(one.log for one in self.tasks.values())):
                bound(path, self.kept.rules.log_bytes)

    def _tidy(self) -> None:
        """Let go of logs and revisions that are many."""
        kept = {self.kept.primary, *self.kept.served[-KEPT_REVISIONS:]}
        self.kept.served = self.kept.served[-KEPT_REVISIONS:]
        self.kept.revisions = [
            one
            for number, one in enumerate(reversed(self.kept.revisions))
            if number < KEPT_REVISIONS or one.number in kept
        ][::-1]
        there = {one.log.name for one in self.tasks.values()}
        logs = sorted((self.folder / "logs").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in [one for one in logs if one.name not in there][KEPT_LOGS:]:
            path.unlink(missing_ok=True)
            path.with_suffix(".log.1").unlink(missing_ok=True)

    def hurry(self) -> None:
        """End what is ended at once: SIGKILL, for who waits no longer."""
        self._hurried.set()

    async def close(self) -> None:
        """Take no callers; end the tasks in order, in seconds."""
        # Those that drain already are not waited for as long as they would have been.
        self.closing.set()
        # Whoever would start another in the place of one that ends, first.
        self.wake()
        looks = [one for one in self._beside if _is(one, "_see_to_it")]
        if looks:
            await asyncio.wait(looks, timeout=LOOK_SECONDS)
        others = [one for one in self._beside if not _is(one, "_leave")]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self.migration is not None:
            await self.migration.stop(END_SECONDS, self._hurried)
        for one in list(self.tasks.values()):
            self._end(one, drain=min(self.kept.rules.drain_seconds, HURRY_SECONDS))
        await asyncio.gather(*self._beside, return_exceptions=True)
        for one in self.tasks.values():
            one.leave()
        await self.proxy.close()


def _is(task: asyncio.Task[object], name: str) -> bool:
    return getattr(task.get_coro(), "__name__", "") == name


def bound(path: Path, most: int) -> None:
    """Keep a log below a size: its writer appends, so that what is behind can be copied away and cut."""
    try:
        if not path.exists() or path.stat().st_size < most:
            return
        path.with_suffix(".log.1").write_bytes(path.read_bytes())
        with path.open("r+b") as file:
            file.truncate(0)
    except OSError as error:
        log.warning("the log %s is not bounded: %s", path.name, error.strerror)


State = Literal["serving", "starting", "draining", "before", "failed"]


def told_state(kept: Everything, number: int, there: set[int]) -> State:
    """How a revision is, in the words of a status."""
    revision = kept.revision(number)
    if revision is not None and revision.state == "failed" and number not in there:
        return "failed"
    if number == kept.primary:
        under_way = kept.rollout is not None and kept.rollout.state in {"in_progress", "proving"}
        return "starting" if under_way and not (kept.rollout and kept.rollout.back) else "serving"
    return cast("State", "draining" if number in there else "before")
