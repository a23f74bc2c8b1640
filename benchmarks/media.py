"""Hostile pictures and sounds, sent to every operation that takes them; and whether all is well afterwards.

    make prove-media                          # every hostile file, and 2,000 spoilt ones
    make prove-media ARGS="--files 60"

What must hold: a file that its header gives away is refused with 413, 415 or 422 before a worker starts, in 100 ms; any
other ends in an answer or a typed refusal of a worker that is bounded; after all of them the server has its memory, no
process is dead and unburied, a good file is answered as before, and the workers end when they are idle. A worker that
died under a call is counted: the call was told so, and the next one started another. The exit status says whether it
was so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from hostile_files import FILES, Hostile, Kind, good, spoilt
from start import descendants, free_port, ours, resident_mb, started

from nis_backend.catalog import Catalog
from nis_backend.entry import Entry

Json = Any

POOLS = ("vision", "voice")
ACCEPTS: dict[str, Kind] = {"image/png": "image", "audio/wav": "audio", "video/mp4": "film"}
AT_ONCE = 4
IDLE_SECONDS = 5
MOST_SECONDS = 60
"""What is set as the longest sound, so that ten minutes of silence are too much."""
GROWTH_MB = 30.0
"""What the server may have grown by: caches of its own, and arenas of its allocator."""
ANSWERS = frozenset({200, 413, 415, 422, 502, 503, 504})
OK = 200
SLOW = 20.0
"""Seconds after which a call is told of."""
LEAKS = ("Traceback (most recent call last)", 'File "/', "site-packages", "/blobs/")


@dataclass(frozen=True, kw_only=True)
class Target:
    """An operation, and the field of its request that takes such files; the rest is as in its first example."""

    entry: Entry
    kind: Kind
    name: str
    many: bool
    request: Json

    def asked(self, blob: str) -> Json:
        """Its request with this blob."""
        return {**self.request, self.name: [blob] * max(1, len(self.request[self.name])) if self.many else blob}


@dataclass(kw_only=True)
class Found:
    """What came of the calls."""

    answers: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    slow: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    told: list[float] = field(default_factory=list[float])
    """Seconds of each refusal by a header."""


def targets() -> list[Target]:
    """The operations in the index that decode a picture or a sound, as their schemas say."""
    found: list[Target] = []
    for entry in Catalog.from_index().entries():
        plain = [one["request"] for one in entry.examples if not one.get("before")]
        if entry.pool not in POOLS or entry.shape != "model" or not plain:
            continue
        for name, schema in entry.request_schema["properties"].items():
            accepts = schema.get("accepts") or schema.get("items", {}).get("accepts") or [""]
            kind = ACCEPTS.get(accepts[0])
            if kind and name in plain[0]:
                many = "items" in schema
                found.append(Target(entry=entry, kind=kind, name=name, many=many, request=plain[0]))
                break
    return found


class Sender:
    """Sends files to one server."""

    def __init__(self, session: aiohttp.ClientSession, found: Found) -> None:
        self._session = session
        self._found = found

    async def call(self, target: Target, data: bytes, named: str) -> tuple[int, Json, float]:
        """Keep the bytes, and call the operation on them: its status, what it says, and the seconds of the call."""
        form = aiohttp.FormData()
        form.add_field("content", data, filename="picture.png", content_type=named)
        async with self._session.post("/blobs", data=form) as kept:
            blob = str((await kept.json())["id"])
        begun = time.perf_counter()
        async with self._session.post(target.entry.routes[0].split()[-1], json=target.asked(blob)) as answer:
            said = await answer.read()
            seconds = time.perf_counter() - begun
        async with self._session.delete(f"/blobs/{blob}"):
            pass
        body: Json = json.loads(said) if "json" in answer.content_type else {}
        if any(leak in said.decode("utf-8", "replace") for leak in LEAKS):
            self._found.wrong.append(f"{target.entry.name} shows what is inside: {said[:200]!r}")
        return answer.status, body, seconds

    async def judged(
        self, target: Target, data: bytes, named: str, allowed: frozenset[int] | tuple[int, ...], what: str
    ) -> None:
        """Call, and keep what is wrong with the answer."""
        status, body, seconds = await self.call(target, data, named)
        code = "" if status == OK else str(body["code"])
        self._found.answers[f"{status} {code}".strip()] += 1
        line = f"{target.entry.name}: {what}: {status} {code} {body['detail'] if code else ''} ({seconds:.2f} s)"
        if code == "worker_lost":
            self._found.lost.append(line)
        if status not in allowed or code == "internal_error":
            self._found.wrong.append(line)
        if seconds > SLOW:
            self._found.slow.append(line)


async def hostile(sender: Sender, ready: list[Target], found: Found, limit: float, *, once: bool) -> None:
    """Each hostile file: to one operation where its header tells, else to all of its kind, or `once` to one in turn."""
    for number, file in enumerate(FILES):
        data = file.made()
        chosen = [one for one in ready if one.kind == file.kind]
        if not chosen:
            continue
        if file.told:
            seconds = [(await told(sender, chosen[0], data, file, found)) for _ in range(3)]
            found.told.append(statistics.median(seconds))
            if found.told[-1] > limit:
                found.wrong.append(f"{file.name}: refused after {found.told[-1]:.3f} s")
            continue
        for target in [chosen[number % len(chosen)]] if once else chosen:
            await sender.judged(target, data, file.named, (*file.statuses, 502, 504), file.name)


async def told(sender: Sender, target: Target, data: bytes, file: Hostile, found: Found) -> float:
    """The seconds that a header's refusal took."""
    status, body, seconds = await sender.call(target, data, file.named)
    found.answers[f"{status} {body.get('code')}"] += 1
    if status not in file.statuses:
        found.wrong.append(f"{target.entry.name}: {file.name}: {status} {body}")
    return seconds


async def mutated(sender: Sender, ready: list[Target], files: int, seed: int) -> None:
    """Spoilt files, a few at once, to the operations in turn."""
    samples = good()
    waiting = iter(range(files))

    async def some() -> None:
        for number in waiting:
            chance = random.Random(f"{seed} {number}")  # noqa: S311 - the same each time
            target = ready[number % len(ready)]
            data = spoilt(chance.choice(samples[target.kind]), chance)
            await sender.judged(target, data, "application/octet-stream", ANSWERS, f"spoilt file {number}")

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def able(sender: Sender) -> tuple[list[Target], list[str]]:
    """The operations that answer a good file, and the names of those whose model or package is not here."""
    ready: list[Target] = []
    absent: list[str] = []
    samples = good()
    for target in targets():
        status, body, _ = await sender.call(target, samples[target.kind][0], "application/octet-stream")
        if status in {200, 422}:
            ready.append(target)
        else:
            absent.append(f"{target.entry.name} ({status} {body.get('code', '')})")
    return ready, absent


async def prove(port: int, pid: int, given: argparse.Namespace) -> Found:
    """All of it, on one server."""
    found = Found()
    timeout = aiohttp.ClientTimeout(total=300)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as session:
        sender = Sender(session, found)
        ready, absent = await able(sender)
        print(f"operations: {', '.join(one.entry.name for one in ready)}")
        print(f"not here: {', '.join(absent) or 'none'}")
        await mutated(sender, ready, 20, -1)
        before = resident_mb(pid)
        await hostile(sender, ready, found, given.seconds, once=given.once)
        await mutated(sender, ready, given.files, given.seed)
        await asyncio.gather(*(sender.call(one, good()[one.kind][0], "") for one in ready))
        for target in ready:
            status, body, _ = await sender.call(target, good()[target.kind][0], "application/octet-stream")
            if status not in {200, 422}:
                found.wrong.append(f"{target.entry.name} answers a good file with {status} {body}")
        after = resident_mb(pid)
        largest = max((resident_mb(one) for one in descendants(pid)), default=0.0)
        grown = after - before
        print(f"server: {before:.0f} MB before, {after:.0f} MB after; the largest worker: {largest:.0f} MB")
        if grown > GROWTH_MB:
            found.wrong.append(f"the server has grown by {grown:.0f} MB")
    return found


def idle(pid: int, found: Found) -> None:
    """Every worker ends, and none stays unburied."""
    end = time.monotonic() + 20 * IDLE_SECONDS
    while (left := [*descendants(pid), *unburied(pid)]) and time.monotonic() < end:
        time.sleep(0.5)
    if left:
        found.wrong.append(f"processes that have not ended, or that nobody has buried: {left}")


def unburied(parent: int) -> list[int]:
    """Processes that are dead and wait for their parent."""
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and zombie_of(one, parent)]


def zombie_of(entry: Path, parent: int) -> bool:
    """Whether this process is dead and waits for its parent."""
    try:
        fields = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] == "Z" and int(fields[1]) == parent


def main() -> None:
    """Send, look, and say what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--files", type=int, default=2000, help="spoilt files (default 2,000)")
    arguments.add_argument("--once", action="store_true", help="each hostile file to one operation, not to all")
    arguments.add_argument("--seed", type=int, default=1, help="of what is random (default 1)")
    arguments.add_argument("--seconds", type=float, default=0.1, help="that a header's refusal may take (default 0.1)")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as data:
        port = free_port()
        limits = {"NIS_IDLE_SECONDS": str(IDLE_SECONDS), "NIS_MAX_MEDIA_SECONDS": str(MOST_SECONDS)}
        with started(ours(port, f"{data}/nis"), port, **limits) as server:
            found = asyncio.run(prove(port, server.process.pid, given))
            idle(server.process.pid, found)
            leaks = [line for line in server.told().splitlines() if "failed inside" in line or "Traceback" in line]
            if leaks:
                found.wrong.append(f"the server's log has {len(leaks)} tracebacks")
                print(server.told()[-6000:], file=sys.stderr)
    print(f"refused by their headers: {len(found.told)} files, the slowest in {1000 * max(found.told):.0f} ms")
    for answer, times in sorted(found.answers.items()):
        print(f"| {answer:24} | {times} |")
    for name, lines in (("slow", found.slow), ("lost", found.lost), ("wrong", found.wrong)):
        print(f"{name}: {len(lines)}")
        for line in lines[:20]:
            print(f"  {line}")
    sys.exit(bool(found.wrong))


if __name__ == "__main__":
    main()
