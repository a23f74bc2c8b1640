"""Many readers of many runs that are being written: do all of them read the same, to the end, in bounded memory?

    make prove-readers                                     # 50 runs, 500 readers
    make prove-readers ARGS="--runs 5 --readers 50"

Every run counts aloud for some seconds. Its readers come over server-sent events, at random moments: from the
beginning, or with the number of an event as `Last-Event-ID`; every tenth reads only a little at a time, with pauses. At
the end each run's log is read once more, and each reader must have had its frames, byte for byte, from its number on.
The exit status says whether that was so, and whether the serving process has stayed within its bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import cast

import uvloop
from load import END
from start import free_port, ours, post, resident_mb, started

PER_READER_MB, BESIDE_MB = 0.25, 40.0
"""What a reader may take while it reads, and what else may come with the load."""
LIMIT_SECONDS = 300.0

COUNTING = '''
"""An operation that counts aloud."""

import asyncio
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.operation import Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Count(Model):
    """How far."""

    events: int = Field(ge=1, le=10_000, description="Numbers to say.")
    seconds: float = Field(ge=0, le=600, description="Time for all of them.")


class Counted(Model):
    """How far it was."""

    events: int


@operation("bench.count_aloud", effect="reads")
async def count_aloud(request: Count, ctx: "Context") -> Recorded[Counted]:
    """Count aloud."""
    for number in range(request.events):
        await ctx.run.text(1, f"{number}, a number that was said aloud. ")
        await ctx.run.flush()
        await asyncio.sleep(request.seconds / request.events)
    return Counted(events=request.events)


OPERATIONS = (count_aloud,)
'''


class Reader(asyncio.Protocol):
    """One connection that reads a run's events."""

    def __init__(self, port: int, run_id: str, after: int, *, slow: bool) -> None:
        self.run_id, self.after = run_id, after
        self.given = bytearray()
        self.done = asyncio.get_running_loop().create_future()
        self._port, self._slow = port, slow

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        # uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        seen = f"Last-Event-ID: {self.after}\r\n" if self.after else ""
        self._transport.write(
            f"GET /runs/{self.run_id}/events HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Accept: text/event-stream\r\n{seen}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take some; a slow one then takes nothing for a while."""
        self.given += data
        if self.given.endswith(END):
            self._transport.close()
            self.done.set_result(None)
        elif self._slow:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(0.3, self._resume)

    def _resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for what will not come."""
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"cut: {exc}"))

    def frames(self) -> list[bytes]:
        """The frames, without comments."""
        body, text, at = bytes(self.given).partition(b"\r\n\r\n")[2], bytearray(), 0
        while True:
            line = body.index(b"\r\n", at)
            size = int(body[at:line], 16)
            if not size:
                return [frame for frame in bytes(text).split(b"\n\n") if frame and not frame.startswith(b":")]
            text += body[line + 2 : line + 2 + size]
            at = line + 4 + size


async def read_all(port: int, runs: list[str], readers: int, seconds: float, pid: int) -> tuple[list[Reader], float]:
    """Have the readers come and read to their ends; the most memory that the server had meanwhile."""
    loop = asyncio.get_running_loop()
    chance = random.Random(1)  # noqa: S311 - the same moments each time

    async def one(number: int) -> Reader:
        await asyncio.sleep(chance.uniform(0, 0.8 * seconds))
        run_id, slow = runs[number % len(runs)], number % 10 == 0
        # Every third has read some of it before.
        after = 0 if number % 3 else chance.randint(0, await asyncio.to_thread(last_of, port, run_id))
        _, reader = await loop.create_connection(lambda: Reader(port, run_id, after, slow=slow), "127.0.0.1", port)
        await asyncio.wait_for(reader.done, LIMIT_SECONDS)
        return reader

    reading = asyncio.gather(*(one(number) for number in range(readers)))
    peak = 0.0
    while not reading.done():
        peak = max(peak, resident_mb(pid))
        await asyncio.wait([reading], timeout=0.1)
    return await reading, peak


def last_of(port: int, run_id: str) -> int:
    """The number of a run's last event so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/runs/{run_id}", timeout=60) as answer:
        return int(json.loads(answer.read())["last_seq"])


def log_of(port: int, run_id: str) -> list[bytes]:
    """The whole log of a run, read once more."""
    url = f"http://127.0.0.1:{port}/runs/{run_id}/events"
    request = urllib.request.Request(url, headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [frame for frame in answer.read().split(b"\n\n") if frame]


def wrong(readers: list[Reader], logs: dict[str, list[bytes]]) -> list[str]:
    """Whose frames are not those of the log, and how."""
    found: list[str] = []
    for run_id, log in logs.items():
        numbers = [int(frame.partition(b"\n")[0].removeprefix(b"id: ")) for frame in log]
        if numbers != list(range(1, len(log) + 1)) or b"event: succeeded" not in log[-1]:
            found.append(f"the log of {run_id} has the numbers {numbers}")
    for reader in readers:
        frames = reader.frames()
        if frames != logs[reader.run_id][reader.after :]:
            found.append(f"a reader of {reader.run_id} after {reader.after} had {len(frames)} frames: {frames[:2]}")
    return found


def main() -> None:
    """Prove it, or say what was otherwise."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--runs", type=int, default=50, help="runs under way at once (default 50)")
    arguments.add_argument("--readers", type=int, default=500, help="readers of all of them (default 500)")
    arguments.add_argument("--events", type=int, default=100, help="numbers that each run says (default 100)")
    arguments.add_argument("--seconds", type=float, default=20.0, help="time that it takes for them (default 20)")
    given = arguments.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        app = Path(data, "counting.py")
        app.write_text(COUNTING)
        with started([*ours(port, data), "--app", str(app)], port, NIS_WEIGHTS=f"{data}/none") as server:
            pid = server.process.pid
            asked = {"events": given.events, "seconds": given.seconds}
            answers = [post(port, "/bench/count-aloud", asked, Prefer="respond-async") for _ in range(given.runs)]
            runs = [str(json.loads(answer)["id"]) for answer in answers]
            before, begun = resident_mb(pid), time.perf_counter()
            readers, peak = uvloop.run(read_all(port, runs, given.readers, given.seconds, pid))
            took = time.perf_counter() - begun
            faults = wrong(readers, {run_id: log_of(port, run_id) for run_id in runs})
            after = resident_mb(pid)
    frames = sum(len(reader.frames()) for reader in readers)
    most = PER_READER_MB * given.readers + BESIDE_MB
    if peak - before > most:
        faults.append(f"the process grew by {peak - before:.1f} MB")
    print(f"{len(readers)} readers of {len(runs)} runs, {frames} frames in {took:.1f} s.")
    print(f"The process had {before:.1f} MB before, {peak:.1f} MB at most, {after:.1f} MB after.")
    print("; ".join(faults[:5]) or "All read the same, to the end.")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
