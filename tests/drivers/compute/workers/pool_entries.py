"""Entries for worker processes: each does the one thing its name says."""

from __future__ import annotations

import asyncio
import ctypes
import itertools
import logging
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from nis_backend.drivers.compute.base import WorkerContext
from nis_backend.errors import Conflict, FieldError, Unavailable

Json = dict[str, Any]  # Any: JSON
Handle = Callable[[Json, WorkerContext], AsyncIterator[Json]]


class Answers:
    """A handler of one function."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle


def count(options: Json) -> Answers:
    """Yields `n` numbered items, giving way to other calls between them."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        for number in range(payload["n"]):
            yield {"name": payload.get("name", ""), "number": number, "pid": os.getpid(), **options}
            await asyncio.sleep(0)

    return Answers(handle)


def echo(_options: Json) -> Answers:
    """Yields its payload back."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        yield payload

    return Answers(handle)


def logs(_options: Json) -> Answers:
    """Logs a line for each call, then yields nothing of what it was given."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        logging.getLogger("third.party").warning("asked of %s", sorted(payload))
        yield {}

    return Answers(handle)


def descriptors() -> list[str]:
    """What files the process has open."""
    return [one.name for one in Path("/proc/self/fd").iterdir()]


def environment(_options: Json) -> Answers:
    """Yields what the process was given."""

    async def handle(_payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        yield {
            "environment": dict(os.environ),
            "session": os.getsid(0),
            "pid": os.getpid(),
            "descriptors": descriptors(),
        }

    return Answers(handle)


def gate(_options: Json) -> Answers:
    """Holds each call until another releases it or it is cancelled; `{"ended"}` tells which calls were."""
    held: dict[str, asyncio.Event] = {}
    ended: list[str] = []

    async def handle(payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        match payload:
            case {"hold": str(name)}:
                held[name] = asyncio.Event()
                yield {"held": name, "pid": os.getpid()}
                try:
                    await held[name].wait()
                except asyncio.CancelledError:
                    ended.append(name)
                    assert ctx.cancelled()
                    raise
                yield {"released": name}
            case {"release": str(name)}:
                held[name].set()
                yield {}
            case _:
                yield {"ended": ended}

    return Answers(handle)


def stubborn(_options: Json) -> Answers:
    """Ignores every cancellation."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        yield {"pid": os.getpid()}
        while payload.get("stay"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    return Answers(handle)


def sleeper(*descriptors: int) -> int:
    """A process that nothing but a signal ends, for two minutes; its id."""
    code = "import signal; signal.alarm(120); signal.pause()"
    return subprocess.Popen([sys.executable, "-c", code], pass_fds=descriptors).pid


def blocked(_options: Json) -> Answers:
    """Blocks its process's only loop, with a process of its own started before where that is asked for."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        yield {"pid": os.getpid(), "child": sleeper() if payload.get("start") else None}
        threading.Event().wait()

    return Answers(handle)


def silent_parent(_options: Json) -> Answers:
    """Leaves a process behind that holds the socket, and dies."""

    async def handle(_payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        yield {"child": sleeper(int(sys.argv[1]))}
        os.kill(os.getpid(), signal.SIGSEGV)

    return Answers(handle)


def remark(_options: Json) -> Answers:
    """Tells a number, and words alone right behind it."""

    async def handle(_payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        ctx.progress(0.5, "", {"loss": 3.0})
        ctx.progress(0.6, "halfway")
        yield {}

    return Answers(handle)


def report(_options: Json) -> Answers:
    """Says how far it is from a thread, then answers."""

    def work(ctx: WorkerContext) -> None:
        for step in range(100_000):
            # What is not finite draws no curve, and is left out.
            ctx.progress(step / 100_000, "counting", {"left": 100_000 - step, "lost": math.nan})
        ctx.progress(1, "counted", {"left": 0})

    async def handle(_payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        await asyncio.to_thread(work, ctx)
        yield {}

    return Answers(handle)


def failing(_options: Json) -> Answers:
    """Fails as the payload says."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        if payload.get("how") == "known":
            wrong = FieldError(field="a", value="1", message="is taken", remedy="Give another.")
            raise Conflict("It is taken.", remedy="Take another.", field="name", value="this one", fields=[wrong])
        if payload.get("how") == "long":
            raise Conflict("It is taken.", remedy="x" * 2**25)
        if payload.get("how") == "package":
            import package_that_nobody_has  # noqa: F401, PLC0415 # pyright: ignore[reportMissingImports, reportUnusedImport]
        if payload.get("how") == "exit":
            os._exit(7)
        if payload.get("how") == "crash":
            ctypes.string_at(0)
        if payload.get("how") == "unknown":
            raise RuntimeError("secret of the inside")
        if payload.get("how") == "numbers":
            raise ZeroDivisionError("secret of the inside")
        yield {"NaN": float("nan")} if payload.get("how") == "nan" else {"pid": os.getpid()}

    return Answers(handle)


def without_weights(options: Json) -> Answers:
    """Refuses to open until a file is there."""
    if not Path(options["file"]).exists():
        raise Unavailable("The weights are missing.", remedy="Run: nis weights pull.")
    return echo(options)


def flood(_options: Json) -> Answers:
    """Yields without end, or how many a call has yielded so far."""
    yielded: dict[str, int] = {}

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        match payload:
            case {"yielded": str(name)}:
                yield {"yielded": yielded[name]}
            case {"name": str(name), "size": int(size)}:
                for number in itertools.count(1):
                    yielded[name] = number
                    yield {"number": number, "filling": b"x" * size}
            case _:
                raise NotImplementedError

    return Answers(handle)


def hostile(_options: Json) -> Answers:
    """Writes to the socket itself: whatever bytes the payload holds."""

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        os.set_blocking(int(sys.argv[1]), True)
        for _ in range(payload.get("times", 1)):
            os.write(int(sys.argv[1]), payload["bytes"])
        await asyncio.Event().wait()
        yield {}

    return Answers(handle)


def printing(_options: Json) -> Answers:
    """Prints as native libraries do, past Python."""

    async def handle(_payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        os.write(1, b"printed on stdout\n")
        yield {}

    return Answers(handle)


def slow_to_open(options: Json) -> Answers:
    """Opens when something is written into the pipe it was told."""
    Path(options["pipe"]).read_bytes()
    return gate(options)


def memory(options: Json) -> Answers:
    """Takes as many bytes as it is told to, at its opening or in a call, and gives them back."""
    bytearray(options.get("open", 0))

    async def handle(payload: Json, _ctx: WorkerContext) -> AsyncIterator[Json]:
        bytearray(payload["take"])
        yield {"pid": os.getpid()}

    return Answers(handle)
