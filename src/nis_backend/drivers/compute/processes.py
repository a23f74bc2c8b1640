"""Pools of worker processes on this machine: started on demand, ended when idle, killed with what they started."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import os
import signal
import socket
import sys
from collections import OrderedDict, deque
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import ADDED, LONGEST_NAME, MOST_VALUES, PoolStatus
from nis_backend.drivers.compute.frames import IDS, MAX_FRAME, WINDOW, BadFrame, Frame, pack, read
from nis_backend.drivers.telemetry.ids import HERE, apart, told
from nis_backend.errors import Busy, InternalError, NisError, Unavailable, WorkerLost, from_problem
from nis_backend.settings import inherited_environment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from nis_backend.drivers.compute.base import Json, OnProgress, Pool

log = logging.getLogger("nis.compute")

GRACE = 2.0
"""Seconds that a cancelled call, or a process that was let go, has to end by itself."""

STDERR = 2

RECENT = 32
"""Calls from whose times it is told how long a turn takes."""


class WorkerPools:
    """The `Compute` of one machine; `grace` is in seconds."""

    def __init__(
        self, pools: Sequence[Pool], *, grace: float = GRACE, kept: Callable[[Pool], Pool] = lambda pool: pool
    ) -> None:
        """`kept` says how a pool is kept that is added later."""
        self._pools = {pool.name: _Workers(pool, grace) for pool in pools}
        self._added: OrderedDict[str, _Workers] = OrderedDict()
        """Pools that were not there at the start, the one last that was called last."""
        self._grace = grace
        self._kept = kept

    def stream(
        self, pool: str, payload: Json, *, on_progress: OnProgress | None = None, patient: bool = False
    ) -> AsyncGenerator[Json, None]:
        """See `Compute.stream`."""
        found = self._pools.get(pool) or self._added.get(pool)
        if found is None:
            raise Unavailable(
                f"There is no pool {pool!r}.",
                field="pool",
                value=pool,
                remedy=f"Pools: {', '.join(self._pools) or 'none'}.",
            )
        return found.stream(payload, on_progress, patient=patient)

    async def call(
        self, pool: str, payload: Json, *, on_progress: OnProgress | None = None, patient: bool = False
    ) -> Json:
        """See `Compute.call`."""
        answer: Json | None = None
        async with aclosing(self.stream(pool, payload, on_progress=on_progress, patient=patient)) as items:
            async for item in items:
                if answer is not None:
                    raise InternalError(f"The pool {pool!r} answered a call for one item with several.")
                answer = item
        if answer is None:
            raise InternalError(f"The pool {pool!r} answered a call for one item with none.")
        return answer

    def add(self, pool: Pool, most: int) -> None:
        """See `Compute.add`."""
        there = self._added.get(pool.name)
        if there is None or not there.staying:
            self._make_room(most)
        self._added.setdefault(pool.name, there or _Workers(self._kept(pool), self._grace))
        self._added.move_to_end(pool.name)

    def _make_room(self, most: int) -> None:
        for name in [name for name, workers in self._added.items() if not workers.running]:
            del self._added[name]
        # The place of one that ends was given to another already.
        staying = [workers for workers in self._added.values() if workers.staying]
        if len(staying) < most:
            return
        idle = next((workers for workers in staying if not workers.called), None)
        if idle is None:
            raise Busy(
                f"{most} models of those that were trained here are in use at once.",
                remedy="Try again when one of them is not.",
                retry_after=1.0,
            )
        idle.let_go()

    def status(self) -> list[PoolStatus]:
        """See `Compute.status`."""
        found = [workers.status() for workers in self._pools.values()]
        added = [workers.status() for workers in self._added.values()]
        if not added:
            return found
        sums = {name: sum(getattr(one, name) for one in added) for name in ("processes", "busy", "waiting")}
        return [*found, PoolStatus(name=ADDED, **sums, pids=tuple(pid for one in added for pid in one.pids))]

    async def close(self) -> None:
        """See `Compute.close`."""
        await asyncio.gather(*(workers.close() for workers in (*self._pools.values(), *self._added.values())))


class _Workers:
    """The processes of one pool, never more than it may have: a dying one counts until it is gone."""

    def __init__(self, pool: Pool, grace: float) -> None:
        self._pool = pool
        self._grace = grace
        self._exclusive = pool.kind == "exclusive"
        self._most = pool.processes if self._exclusive else 1
        self._turns = asyncio.Semaphore(pool.processes if self._exclusive else pool.queue)
        self._waiting = 0
        self._took: deque[float] = deque(maxlen=RECENT)
        """Seconds that the last calls had their turns for."""
        self._numbers = itertools.count(1)
        self._workers: list[_Worker] = []
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether it has a process, or is about to."""
        return bool(self._workers or self._waiting)

    @property
    def staying(self) -> bool:
        """Whether it has a process that takes calls, or is about to."""
        return bool(self._waiting or any(not worker.ending for worker in self._workers))

    @property
    def called(self) -> bool:
        """Whether a call is under way."""
        return bool(self._waiting or any(worker.calls for worker in self._workers))

    def let_go(self) -> None:
        """End the processes."""
        for worker in list(self._workers):
            worker.kill("its place was needed")

    async def stream(
        self, payload: Json, on_progress: OnProgress | None, *, patient: bool
    ) -> AsyncGenerator[Json, None]:
        number = next(self._numbers)
        # A handler is handed no more than its payload: the worker takes these out again.
        frame = pack("call", number, {**payload, IDS: told(HERE.get())})
        async with self._turn(patient=patient):
            worker = await self._worker()
            call = worker.begin(number, frame, on_progress)
            try:
                while (item := await call.item()) is not None:
                    yield item
            finally:
                worker.leave(call)

    @asynccontextmanager
    async def _turn(self, *, patient: bool) -> AsyncGenerator[None]:
        if not patient and self._turns.locked() and self._waiting >= (self._pool.queue if self._exclusive else 0):
            raise self._busy()
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            yield
        finally:
            self._took.append(loop.time() - begun)
            self._turns.release()

    def _busy(self) -> Busy:
        what = "waiting" if self._exclusive else "in progress"
        at_once = self._pool.processes if self._exclusive else self._pool.queue
        refusal = Busy(
            f"The pool {self._pool.name!r} has {self._pool.queue} calls {what}.",
            retry_after=seconds_ahead(self._took, self._waiting, at_once),
        )
        refusal.remedy = f"Call again in {refusal.retry_after} s."
        return refusal

    async def _worker(self) -> _Worker:
        while not self._closed:
            for worker in reversed(self._workers):
                if not worker.ending and not (self._exclusive and worker.calls):
                    return worker
            if len(self._workers) < self._most:
                return self._start()
            # All that could be taken are dying: their memory is needed back first.
            await asyncio.wait([one.life for one in self._workers if one.ending], return_when=asyncio.FIRST_COMPLETED)
        raise Unavailable(f"The pool {self._pool.name!r} is closed.", remedy="Start the server again.")

    def _start(self) -> _Worker:
        worker = _Worker(self._pool, self._grace)
        self._workers.append(worker)
        worker.life.add_done_callback(lambda _: self._workers.remove(worker))
        return worker

    def status(self) -> PoolStatus:
        return PoolStatus(
            name=self._pool.name,
            processes=len(self._workers),
            busy=sum(len(worker.calls) for worker in self._workers),
            waiting=self._waiting,
            pids=tuple(worker.pid for worker in self._workers if worker.pid is not None),
        )

    async def close(self) -> None:
        self._closed = True
        lives = [worker.life for worker in self._workers]
        for worker in list(self._workers):
            worker.kill("the server stops")
        if lives:
            await asyncio.wait(lives)


def seconds_ahead(took: Sequence[float], waiting: int, at_once: int) -> float | None:
    """Seconds until those who wait have had their turns, if turns take as long as the last; None where none ended."""
    return max(1.0, waiting / at_once) * sum(took) / len(took) if took else None


class _Call:
    """One call as its caller sees it."""

    def __init__(self, worker: _Worker, number: int, on_progress: OnProgress | None) -> None:
        self.number = number
        self.left = False
        self._worker = worker
        self._on_progress = on_progress
        self._frames: asyncio.Queue[Frame | NisError] = asyncio.Queue()
        self._held = 0
        self._owed = 0
        self._told = 0
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def item(self) -> Json | None:
        """The next item; None at the end."""
        frame = await self._frames.get()
        if isinstance(frame, NisError):
            raise frame
        if frame.kind == "done":
            return None
        self._held -= frame.size
        self._owed += frame.size
        if self._owed >= WINDOW // 2:
            self._worker.send(pack("taken", self.number, {"size": self._owed}))
            self._owed = 0
        return frame.body

    def put(self, frame: Frame) -> None:
        """Take in an item or the end.

        Raises:
            BadFrame: the worker sends on although nothing is taken.
        """
        if self.left:
            return
        if frame.kind == "item":
            self._held += frame.size
            if self._held > WINDOW + MAX_FRAME:
                raise BadFrame("more items than its reader had room for")
        self._frames.put_nowait(_problem(frame.body) if frame.kind == "error" else frame)

    def fail(self, error: NisError) -> None:
        """End it in failure."""
        self._frames.put_nowait(error)

    def tell(self, body: Json) -> None:
        """Pass progress on, unless it is more than twice what an honest worker sends."""
        self._told += 1
        allowed = 10 + 20 * (self._loop.time() - self._began)
        if self.left or self._on_progress is None or self._told > allowed:
            return
        match body:
            case {"fraction": float() | int() as fraction, "message": str(message), "values": dict()} if (
                0 <= fraction <= 1
            ):
                self._on_progress(float(fraction), message, _numbers(body["values"]))
            case _:
                raise BadFrame("progress that is none")


class _Worker:
    """One process, from its start to its burial; `ending` means that it takes no more calls."""

    def __init__(self, pool: Pool, grace: float) -> None:
        self.calls: dict[int, _Call] = {}
        self.ending = False
        self.pid: int | None = None
        self._pool = pool
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._writer: asyncio.StreamWriter | None = None
        hello = {
            "pool": pool.name,
            "entry": pool.entry,
            "options": dict(pool.options),
            "extra": pool.extra,
            "memory": pool.memory,
            "log": pool.log and dict(pool.log),
        }
        self._unsent = [pack("hello", 0, hello)]
        self._ready = False
        self._idle: asyncio.TimerHandle | None = None
        self._why = ""
        self._dying = False
        self._problem: Json | None = None
        self._code: int | None = None
        # A task of its own: a caller that gives up does not leave a process half started, nor are its ids that one's.
        self.life = asyncio.create_task(self._live(), context=apart())
        self.life.add_done_callback(self._bury)

    def begin(self, number: int, frame: bytes, on_progress: OnProgress | None) -> _Call:
        """Send a call."""
        call = self.calls[number] = _Call(self, number, on_progress)
        self.send(frame)
        self._rest()
        return call

    def leave(self, call: _Call) -> None:
        """The caller of `call` reads no further; if it has not ended, it is cancelled."""
        if call.number not in self.calls:
            return
        call.left = True
        if self._pool.kind == "exclusive":
            self.kill("its call was cancelled")
            return
        self.send(pack("cancel", call.number))
        if self._ready:
            self._expect_end(call)
        self._rest()

    def send(self, frame: bytes) -> None:
        """Write a frame, or keep it until the socket is open; a process that is let go needs none."""
        if self._writer is None:
            self._unsent.append(frame)
        elif not self._writer.is_closing():
            self._writer.write(frame)

    def kill(self, why: str) -> None:
        """End the process now, and everything it started."""
        if not self._dying:
            self._dying = self.ending = True
            self._why = why
            self.life.cancel()

    async def _live(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            self._writer.writelines(self._unsent)
            try:
                process = await self._start(theirs)
                theirs.close()
                await self._attend(process, reader)
            except OSError as error:
                failure = Unavailable(
                    f"The pool {self._pool.name!r} cannot start a process: {error.strerror}.",
                    remedy="Give the machine more memory, or fewer processes.",
                )
                self._problem = failure.problem()
            finally:
                self._writer.close()

    async def _attend(self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader) -> None:
        reading = asyncio.create_task(self._read(reader))
        exited = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({reading, exited}, return_when=asyncio.FIRST_COMPLETED)
            self.ending = True
            # What it said before it died is still in the socket, which a process of its own may hold open for ever.
            await asyncio.wait({reading, exited}, timeout=self._grace)
            if reading.done():
                reading.result()
        finally:
            self._dying = self.ending = True
            reading.cancel()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self._code = await exited

    async def _start(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        # From the thread of the loop: the kernel ends the worker with the thread that started it.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the working folder is not a place to import from
            "-m",
            "nis_backend.drivers.compute.worker",
            str(theirs.fileno()),
            env={**inherited_environment(), **self._pool.environment},
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=STDERR,  # native libraries print there
        )
        self.pid = process.pid
        return process

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while frame := await read(reader):
                self._heed(frame)
            self.ending = True
        except BadFrame as error:
            self.kill(f"it sent {error}")

    def _heed(self, frame: Frame) -> None:
        call = self.calls.get(frame.call)
        if frame.kind == "ready":
            self._ready = True
            for one in self.calls.values():
                if one.left:
                    self._expect_end(one)
        elif frame.kind == "error" and frame.call == 0:
            _problem(frame.body)
            self._problem = frame.body
            self.ending = True
        elif call is not None and frame.kind == "progress":
            call.tell(frame.body)
        elif call is not None and frame.kind == "item":
            call.put(frame)
        elif call is not None and frame.kind in ("done", "error"):
            call.put(frame)
            del self.calls[call.number]
            self._rest()

    def _expect_end(self, call: _Call) -> None:
        def look() -> None:
            if call.number in self.calls:
                self.kill(f"a call ignored its cancellation for {self._grace:g} s")

        self._loop.call_later(self._grace, look)

    def _rest(self) -> None:
        """Count the idle time from now, if nobody waits for anything."""
        if self._idle is not None:
            self._idle.cancel()
        busy = any(not call.left for call in self.calls.values())
        self._idle = None if busy or self.ending else self._loop.call_later(self._pool.idle_seconds, self._retire)

    def _retire(self) -> None:
        self.ending = True
        if self._writer is None:
            self.kill("it was idle")
        else:
            # It ends when it reads the end of the socket; `_live` sees to it that it does.
            self._writer.close()

    def _bury(self, life: asyncio.Task[None]) -> None:
        self._dying = self.ending = True
        if self._idle is not None:
            self._idle.cancel()
        if not life.cancelled() and (fault := life.exception()):
            log.error("the pool %s", self._pool.name, exc_info=fault)
            self._problem = InternalError(f"The pool {self._pool.name!r} failed; the log has the traceback.").problem()
        while self.calls:
            self.calls.popitem()[1].fail(self._loss())

    def _loss(self) -> NisError:
        if self._problem is not None:
            return from_problem(self._problem)
        name = f"The worker of the pool {self._pool.name!r}"
        if self._why:
            return WorkerLost(f"{name} was ended: {self._why}.", remedy="Call again: it is started anew.")
        code = self._code or 0
        if code >= 0:
            return WorkerLost(f"{name} ended with exit code {code}.", remedy="See the server's log, and call again.")
        memory = " If it was for want of memory, ask for less at once." if code == -signal.SIGKILL else ""
        return WorkerLost(
            f"{name} was killed by signal {-code} ({signal.strsignal(-code)}).",
            remedy=f"Call again: it is started anew.{memory}",
        )


def _numbers(values: Json) -> Mapping[str, float]:
    """What a worker measures on the way, as far as an honest one says it."""
    if len(values) > MOST_VALUES or max(map(len, values), default=0) > LONGEST_NAME:
        raise BadFrame("values that are none")
    if not all(isinstance(value, float | int) and math.isfinite(value) for value in values.values()):
        raise BadFrame("a value that is no number")
    return {name: float(value) for name, value in values.items()}


def _problem(body: Json) -> NisError:
    try:
        return from_problem(body)
    except (TypeError, AttributeError):
        raise BadFrame("a problem that is none") from None
