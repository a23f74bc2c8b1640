"""One task: a process of an image, from its start over its health to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, Literal

from nis_backend.deployment.local.surroundings import born, inherited
from nis_backend.deployment.local.wire import Broken, read_head
from nis_backend.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nis_backend.deployment.local.image import Image
    from nis_backend.deployment.local.rules import Rules
    from nis_backend.deployment.local.state import TaskKept

OK = 200
LOOK_SECONDS = 0.05
"""Between two looks whether a task listens yet, or an adopted one is there: nobody tells who is not its parent."""
AGAIN_SECONDS = 0.5
"""Between two SIGTERM: one that has not been heard yet and another are one."""
LAST_BYTES = 2000
KILL_SECONDS = 5.0
"""What the kernel takes, at the most, to end who was killed; one that waits for a disk may not end at all."""
INTENT_SECONDS = 2.0
"""What the kernel takes, at the most, from the start of a process to its first line."""
# The process writes its own number before it becomes the task's: a controller that dies in between leaves none unknown.
_FIRST = 'echo $$ >"$1.new" && mv "$1.new" "$1" && shift && exec "$@"'


class Task:
    """A process, and how it is."""

    def __init__(self, kept: TaskKept, folder: Path, image: Image | None, rules: Rules) -> None:
        self.kept = kept
        self.folder = folder / "tasks" / kept.id
        self.log = folder / "logs" / f"{kept.service}-{kept.id}.log"
        self.state: Literal["starting", "running", "healthy", "unhealthy", "leaving", "gone"] = "starting"
        self.code: int | None = None
        """How the process ended, where it was our child."""
        self.ended = asyncio.Event()
        self.why = ""
        """Why it counts as failed."""
        self._image = image
        self._rules = rules
        self._waiting: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None

    async def start(self, environment: dict[str, str], arguments: list[str]) -> None:
        """Start the process.

        Raises:
            OSError: it cannot be started.
        """
        assert self._image is not None
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        own = environment if self._image.engine else {**environment, "NIS_DATA": str(data)}
        command = self._image.command(arguments, task=self.name, environment=own)
        with self.log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *("/bin/sh", "-c", _FIRST, "sh", str(self.folder / "pid"), *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**inherited(), **own},
                cwd=self.folder,
                # A session of its own: it outlives the terminal and the controller, and its own children end with it.
                start_new_session=True,
            )
        self.kept.pid, self.kept.born = process.pid, born(process.pid)
        self._waiting = asyncio.create_task(self._wait(process))

    async def adopt(self) -> bool:
        """Take over the process of a controller that died; False where it is gone."""
        if not self.kept.pid:
            self.kept.pid, self.kept.born = await self._find()
        if not self.is_there:
            self._end()
            return False
        self._waiting = asyncio.create_task(self._look())
        return True

    async def _find(self) -> tuple[int, str]:
        """The process of a start that was begun: it has written its number, or is about to."""
        file = self.folder / "pid"
        # By the clock that nobody sets: the other one may have been put back since.
        deadline = time.monotonic() + min(INTENT_SECONDS, self.kept.created + INTENT_SECONDS - time.time())
        while not file.exists() and time.monotonic() < deadline:  # noqa: ASYNC110 - nobody tells of a file
            await asyncio.sleep(LOOK_SECONDS)
        try:
            return (pid := int(file.read_text("ascii"))), born(pid)
        except (OSError, ValueError):
            return 0, ""

    @property
    def name(self) -> str:
        """What a container of it is called."""
        return f"nis-backend-{self.kept.service}-{self.kept.id}"

    @property
    def is_there(self) -> bool:
        """Whether the process is: this one, and not another under its number."""
        return bool(self.kept.born) and born(self.kept.pid) == self.kept.born

    @property
    def is_up(self) -> bool:
        """Whether it is meant to go on."""
        return self.state not in {"leaving", "gone"}

    def watch(self, changed: Callable[[Task], None]) -> None:
        """Have its health looked at from now on; hear of each change of state."""
        self._checking = asyncio.create_task(self._check(changed))

    async def _check(self, changed: Callable[[Task], None]) -> None:
        rules, begun, good, bad = self._rules, time.monotonic(), 0, 0
        adopted = self.kept.proven
        if not adopted:
            await self._listens(begun + rules.start_seconds)
        while self.is_up and not self.ended.is_set():
            if await asks(self.kept.port, rules.health_timeout_seconds):
                good, bad = good + 1, 0
            else:
                good, bad = 0, bad + 1
            before = self.state
            if good >= (1 if adopted else rules.healthy):
                self.state, self.kept.proven = "healthy", True
            elif bad >= rules.unhealthy and time.monotonic() - begun >= (
                0 if self.kept.proven else rules.start_seconds
            ):
                self.state, self.why = "unhealthy", f"{bad} health checks in a row failed"
            elif self.state == "starting" and good:
                self.state = "running"
            if self.state != before:
                adopted = False
                changed(self)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rules.health_seconds):
                    await self.ended.wait()
        if self.is_up:
            where = "before it listened" if self.state == "starting" else "by itself"
            told = "" if self.code is None else f" with code {self.code}"
            self.state, self.why = "gone", f"it ended {where}{told}{self._last_words()}"
            changed(self)

    def _last_words(self) -> str:
        """The last line that it wrote, which most often says why."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - LAST_BYTES))
                lines = file.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f": {shorten(last, 200)}" if last else ""

    async def _listens(self, deadline: float) -> None:
        while not self.ended.is_set() and time.monotonic() < deadline:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.kept.port)
            except OSError:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                writer.close()
                return

    async def stop(self, seconds: float, hurry: asyncio.Event, *, lingers: bool = True) -> None:
        """SIGTERM, and after so long, or once `hurry` is set, SIGKILL for what has not heard it.

        `lingers`: whether it may serve on for a while; a second SIGTERM says that nobody asks it any more.
        """
        self.state = "leaving"
        if self._waiting is None:
            # It never came to be a process.
            self._end()
        self._send(signal.SIGTERM)
        waits = [asyncio.ensure_future(self.ended.wait()), asyncio.ensure_future(hurry.wait())]
        try:
            if not lingers:
                await asyncio.wait(waits, timeout=AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                self._send(signal.SIGTERM)
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        if not self.ended.is_set():
            self._send(signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KILL_SECONDS):
                    await self.ended.wait()
        # What it has started and left behind ends with it, as with a container.
        if self.kept.pid:
            # Group 0 would be our own.
            with contextlib.suppress(OSError):
                os.killpg(self.kept.pid, signal.SIGKILL)
        self.state = "gone"

    def _send(self, what: signal.Signals) -> None:
        if not self.is_there:
            return
        with contextlib.suppress(OSError):
            (os.killpg if what == signal.SIGKILL else os.kill)(self.kept.pid, what)

    async def remove(self) -> None:
        """What it kept on its own disk goes with it, as on Fargate; its log stays."""
        if self._checking is not None:
            self._checking.cancel()
        if self._image is not None:
            await asyncio.to_thread(self._image.clean, self.name)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def leave(self) -> None:
        """Let go of it, and let it be."""
        for one in (self._checking, self._waiting):
            if one is not None:
                one.cancel()

    async def _wait(self, process: asyncio.subprocess.Process) -> None:
        self.code = await process.wait()
        self._end()

    async def _look(self) -> None:
        """Wait for the end of who is not our child."""
        if (handle := _handle(self.kept.pid)) >= 0:
            gone, loop = asyncio.Event(), asyncio.get_running_loop()
            loop.add_reader(handle, gone.set)
            try:
                if self.is_there:
                    await gone.wait()
            finally:
                loop.remove_reader(handle)
                os.close(handle)
        while self.is_there:  # noqa: ASYNC110 - nobody tells who is not the parent, where the kernel does not
            await asyncio.sleep(LOOK_SECONDS)
        self._end()

    def _end(self) -> None:
        self.ended.set()


def _handle(pid: int) -> int:
    """What the kernel tells the end of a process by; -1 where it does not."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(pid)
    return -1


async def asks(port: int, seconds: float) -> bool:
    """Whether GET /health answers 200 in time."""
    writer = None
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n" % port)
            writer.write(b"User-Agent: ELB-HealthChecker/2.0 (nis local)\r\n\r\n")
            head = await read_head(reader)
            return head is not None and head.first.startswith(b"HTTP/1.") and head.status == OK
    except (OSError, Broken, ValueError):
        return False
    finally:
        if writer is not None:
            writer.close()
