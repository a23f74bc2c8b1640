"""A worker process: imports its entry, then answers calls from the socket it inherits, until the server lets go.

Started by `processes.py` as `python -m nis_backend.drivers.compute.worker FD`, in a session of its own.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import logging
import math
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import LONGEST_NAME, MOST_VALUES
from nis_backend.drivers.compute.frames import IDS, LENGTHS, WINDOW, pack, read
from nis_backend.drivers.telemetry.ids import apart, of_told
from nis_backend.errors import InternalError, InvalidRequest, NisError, TooLarge, Unavailable

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Handler, Json
    from nis_backend.drivers.compute.frames import Frame, Kind
    from nis_backend.drivers.telemetry.ids import Ids

log = logging.getLogger("nis.worker")

TELL_EVERY = 0.1
"""Seconds between two progress frames of one call; a solver says it at each of its 100,000 steps."""


class _Call:
    """One call: what the handler may use of it, and how its frames go out."""

    def __init__(  # noqa: PLR0913, PLR0917 - one argument a part of the call
        self,
        number: int,
        handler: Handler,
        payload: Json,
        pool: _Pool,
        writer: asyncio.StreamWriter,
        ids: Ids,
    ) -> None:
        self.number = number
        self._pool = pool
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._cancelled = False
        self._untaken = 0
        self._room = asyncio.Event()
        self._lock = threading.Lock()
        self._progress: tuple[float, str, dict[str, float]] | None = None
        self._told = -TELL_EVERY
        self.task = asyncio.create_task(self._answer(handler, payload), context=apart(ids))
        self.task.add_done_callback(self._end)

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        told = _finite(values) if values else {}
        with self._lock:
            waits = self._progress is not None
            # Numbers that were not told yet stay where a remark without any follows.
            told = told or (self._progress[2] if self._progress else {})
            # NaN compares as not greater, and becomes 0.
            self._progress = (min(1.0, max(0.0, float(fraction))), str(message), told)
        if not waits:
            self._loop.call_soon_threadsafe(self._tell_in_time)

    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        self._cancelled = True
        self.task.cancel()

    def taken(self, size: int) -> None:
        self._untaken -= size
        self._room.set()

    async def _answer(self, handler: Handler, payload: Json) -> None:
        items = handler.handle(payload, self)
        try:
            async for item in items:
                await self._send(item)
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()

    def _end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        self._tell()
        if not isinstance(error, Exception):
            self._write("done")
            return
        try:
            self._write("error", self._pool.failure(error, f"call {self.number}").problem())
        except TooLarge as longer:
            self._write("error", longer.problem())

    async def _send(self, item: Json) -> None:
        while self._untaken >= WINDOW:
            self._room.clear()
            await self._room.wait()
        self._untaken += self._write("item", item)
        # The other calls, and a cancel, have their turn between two items of a handler that never waits.
        await asyncio.sleep(0)

    def _write(self, kind: Kind, body: Json | None = None) -> int:
        frame = pack(kind, self.number, body)
        self._writer.write(frame)
        return len(frame) - LENGTHS.size

    def _tell_in_time(self) -> None:
        self._loop.call_at(self._told + TELL_EVERY, self._tell)

    def _tell(self) -> None:
        with self._lock:
            progress, self._progress = self._progress, None
        if progress is not None:
            self._told = self._loop.time()
            self._write("progress", dict(zip(("fraction", "message", "values"), progress, strict=True)))


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """What of it a curve can show, as plain numbers."""
    told = ((str(name)[:LONGEST_NAME], float(value)) for name, value in values.items())
    return dict(islice(((name, value) for name, value in told if math.isfinite(value)), MOST_VALUES))


class _Pool:
    """What the server said about this process's pool."""

    def __init__(self, hello: Json) -> None:
        self.name = str(hello["pool"])
        self._entry = str(hello["entry"])
        self._options: Json = hello["options"]
        self._extra: str | None = hello["extra"]
        self._memory: int | None = hello["memory"]
        self.log: dict[str, str] | None = hello["log"]
        self._opening = False

    def open(self) -> Handler:
        if self._memory is not None:
            # Of the limits, the one for what a process writes: a model's file that is mapped costs nothing of it.
            resource.setrlimit(resource.RLIMIT_DATA, (self._memory, self._memory))
        self._opening = True
        module, _, function = self._entry.partition(":")
        handler: Handler = getattr(importlib.import_module(module), function)(self._options)
        self._opening = False
        return handler

    def failure(self, error: Exception, where: str) -> NisError:
        """What the caller is told; a traceback stays in the log."""
        if isinstance(error, NisError):
            return error
        if isinstance(error, MemoryError):
            return self._short()
        package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
        if package and package != "nis_backend":
            what = f"nis-backend[{self._extra}]" if self._extra else package
            return Unavailable(
                f"The pool {self.name!r} needs the package {package!r}, which is not installed.",
                remedy=f"Run: pip install '{what}'.",
            )
        log.error("%s failed", where, exc_info=error)
        if isinstance(error, ArithmeticError):
            return InvalidRequest(
                "What was given leads to a division by zero, or to a number too small or too large for a float.",
                remedy="Give other numbers: none that is tiny or huge beside the others.",
            )
        return InternalError(f"The pool {self.name!r} failed inside; the server's log has the traceback.")

    def _short(self) -> NisError:
        """What is said when memory was refused: by our limit, or by the machine."""
        limited = self._memory is not None
        limit = f"the {self._memory} bytes of NIS_WORKER_MEMORY" if limited else "there is"
        more = "Raise NIS_WORKER_MEMORY" if limited else "Give the machine more memory"
        if self._opening:
            return Unavailable(f"The pool {self.name!r} needs more memory than {limit}.", remedy=f"{more}.")
        return TooLarge(f"The call needs more memory than {limit}.", remedy=f"{more}, or ask for less at once.")


async def _live(inherited: socket.socket) -> None:
    await _serve(inherited)
    # From inside the loop, whose own end would wait for threads; whoever would read their result is gone.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _serve(inherited: socket.socket) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=inherited)
    hello = await read(reader)
    if hello is None:
        return
    pool = _Pool(hello.body)
    _log(pool)
    try:
        # On the main thread, where native libraries expect to be opened; calls wait in the socket meanwhile.
        handler = pool.open()
    except Exception as error:  # noqa: BLE001 - the worker loop: any fault of the entry is the answer of every call
        writer.write(pack("error", 0, pool.failure(error, "the entry").problem()))
        await writer.drain()
        return
    writer.write(pack("ready"))
    calls: dict[int, _Call] = {}
    while frame := await read(reader):
        _heed(frame, calls, handler, pool, writer)


def _log(pool: _Pool) -> None:
    lines = logging.StreamHandler()
    if pool.log is None:
        origin = f"worker {pool.name}[{os.getpid()}]"
        lines.setFormatter(logging.Formatter(f"%(levelname)s {origin} %(name)s: %(message)s"))
    else:
        from nis_backend.drivers.telemetry.lines import JsonLines  # noqa: PLC0415 - loads where it is asked for

        logging.captureWarnings(capture=True)
        lines.setFormatter(JsonLines({**pool.log, "pool": pool.name, "pid": str(os.getpid())}))
    logging.basicConfig(level=logging.INFO, handlers=[lines])


def _heed(frame: Frame, calls: dict[int, _Call], handler: Handler, pool: _Pool, writer: asyncio.StreamWriter) -> None:
    if frame.kind == "call":
        ids = of_told(frame.body.pop(IDS, {}))
        calls[frame.call] = _Call(frame.call, handler, frame.body, pool, writer, ids)
        calls[frame.call].task.add_done_callback(lambda _: calls.pop(frame.call))
    elif (call := calls.get(frame.call)) is None:
        return  # its end and the server's word crossed
    elif frame.kind == "cancel":
        call.cancel()
    elif frame.kind == "taken":
        call.taken(int(frame.body["size"]))


def _tie_to_server() -> None:
    """Have the kernel end this process with the server's, and rather this one than that when memory runs out."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500", "ascii")


def _close_all_but(inherited: int) -> None:
    """Let go of what else the server had open: uvloop hands on every descriptor that is not marked otherwise."""
    for descriptor in [int(one.name) for one in Path("/dev/fd").iterdir()]:
        if descriptor not in (0, 1, 2, inherited):
            with suppress(OSError):  # the one that listed them
                os.close(descriptor)


def main() -> None:
    """Serve until the server lets go of the socket."""
    inherited = int(sys.argv[1])
    _tie_to_server()
    _close_all_but(inherited)
    asyncio.run(_live(socket.socket(fileno=inherited)))


if __name__ == "__main__":
    main()
