"""Is any stream cut unannounced when the server is told to stop, and does each outlive a proxy that cuts quiet ones?

    make prove-drain                                   # 200 streams; a proxy that cuts after 60 s, for 3 minutes
    make prove-drain ARGS="--streams 400 --drain 30"
    make prove-drain ARGS="--cut 2 --ping 0.5 --watch 5"

Streams of every protocol are open when SIGTERM comes, half of which end while the server drains. New requests keep
coming. Then the server is started again, and each run that was under way must end well there. Then streams whose model
says nothing are watched through a proxy (`idle_proxy.py`), with the pings of the settings and, to see that the proxy
does cut, without. The exit status says whether all was as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from idle_proxy import proxied
from open_streams import KINDS, LEAVE_RUNS, VOICE, Stream
from start import free_port

LIMIT_SECONDS = 120.0
RUNS_SECONDS = 3.0
"""What runs get beside the drain, and the closing of the drivers."""
TOLD_SECONDS = 3.0
"""The last of the drain, in which what is open is told."""
LATE_SECONDS = 5.0
"""What a busy machine may add to any of these times."""
TOGETHER = 25
SHORT, LONG, QUIET = "short", "long", "quiet"


def script(folder: Path, short: float, pause: float) -> Path:
    """What the model says: in `short` seconds, without an end in sight, or nothing after its first word."""
    told = {
        "replies": [
            {"when": SHORT, "text": " ".join(["word"] * 8), "pause": short / 8},
            {"when": LONG, "text": " ".join(["word"] * 200), "pause": pause},
            {"when": QUIET, "text": "first " + " ".join(["last"] * 3), "pause": 600 * pause},
            {"text": "at once"},
        ]
    }
    path = folder / "script.json"
    path.write_text(json.dumps(told))
    return path


@contextmanager
def served(folder: Path, **settings: object) -> Generator[tuple[subprocess.Popen[bytes], str, Path]]:
    """A server over this folder, and what it logs."""
    port, log = free_port(), folder / "log"
    environment = {**os.environ, "NIS_MODEL": "scripted:scripted", **{name: str(to) for name, to in settings.items()}}
    command = [sys.executable, "-m", "nis_backend", "serve", "--port", str(port), "--data", str(folder / "data")]
    with log.open("ab") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        try:
            yield process, f"http://127.0.0.1:{port}", log
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(LIMIT_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


async def up(session: aiohttp.ClientSession, url: str) -> None:
    """Wait for its first answer."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            try:
                async with session.get(f"{url}/health") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


class Probes:
    """Requests that keep coming while the server stops, each on a connection of its own."""

    def __init__(self, url: str, since: float) -> None:
        self._url = url
        self._since = since
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []

    async def run(self, over: asyncio.Event) -> None:
        """Until it is over."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True, limit=0)) as session:
            under_way: set[asyncio.Task[None]] = set()
            while not over.is_set():
                under_way.add(asyncio.create_task(self._turn(session)))
                under_way.add(asyncio.create_task(self._look(session, "/health")))
                under_way.add(asyncio.create_task(self._look(session, "/health/live")))
                await asyncio.sleep(0.1)
            await asyncio.gather(*under_way)

    async def _turn(self, session: aiohttp.ClientSession) -> None:
        await self._asked("POST /chat", session.post(f"{self._url}/chat", json={"message": "hello"}), {200, 503})

    async def _look(self, session: aiohttp.ClientSession, path: str) -> None:
        expected = {200} if path.endswith("live") else {503}
        await self._asked(f"GET {path}", session.get(f"{self._url}{path}"), expected)

    async def _asked(self, what: str, asking: Any, expected: set[int]) -> None:  # Any: aiohttp's context
        at = time.monotonic() - self._since
        try:
            async with asyncio.timeout(LIMIT_SECONDS), asking as answer:
                await answer.read()
                self.answers[f"{what}: {answer.status}"] += 1
                if answer.status not in expected:
                    self.faults.append(f"{what} at {at:.2f} s: {answer.status}")
        except aiohttp.ClientConnectorError:
            self.answers[f"{what}: refused"] += 1
        except (aiohttp.ClientError, OSError) as error:
            self.faults.append(f"{what} at {at:.2f} s: {type(error).__name__} {error}")


def opened(count: int, kinds: list[str], words: str) -> list[Stream]:
    """So many streams, of each kind as many."""
    made = [kinds[number % len(kinds)] for number in range(count)]
    # Few conversations by voice are open at once.
    made = ["AG-UI socket" if kind == VOICE and number >= len(kinds) else kind for number, kind in enumerate(made)]
    return [Stream(kind=kind, words=f"{words} {number}", name=f"{words}-{number}") for number, kind in enumerate(made)]


async def begin(session: aiohttp.ClientSession, url: str, streams: list[Stream]) -> list[asyncio.Task[None]]:
    """Open them, some at a time: what chooses operations has room for few that wait."""
    reading: list[asyncio.Task[None]] = []
    async with asyncio.timeout(LIMIT_SECONDS):
        for start in range(0, len(streams), TOGETHER):
            some = streams[start : start + TOGETHER]
            reading += [asyncio.create_task(one.read(session, url)) for one in some]
            await asyncio.gather(*(one.begun.wait() for one in some))
    return reading


async def stop(given: argparse.Namespace, folder: Path) -> list[str]:
    """SIGTERM under open streams; what was not as it should be."""
    short = (given.linger + given.drain - TOLD_SECONDS) / 2
    settings: dict[str, object] = {
        "NIS_SCRIPTED": script(folder, short, 1.0),
        "NIS_LINGER_SECONDS": given.linger,
        "NIS_DRAIN_SECONDS": given.drain,
        "NIS_MAX_RUNS": 2 * given.streams,
    }
    half = given.streams // 2
    long, brief = opened(given.streams - half, [*KINDS], LONG), opened(half, [*KINDS], SHORT)
    with served(folder, **settings) as (process, url, log):
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=NEVER) as session:
            await up(session, url)
            # Nothing waits for another's place, and what chooses operations is awake.
            async with session.patch(f"{url}/providers/scripted", json={"concurrency": 512}) as answer:
                answer.raise_for_status()
            async with session.post(f"{url}/chat", json={"message": "hello"}) as answer:
                answer.raise_for_status()
            reading = [*await begin(session, url, long), *await begin(session, url, brief)]
            before = sum(one.ended != "open" for one in (*long, *brief))
            at, over = time.monotonic(), asyncio.Event()
            process.send_signal(signal.SIGTERM)
            probes = Probes(url, at)
            probing = asyncio.create_task(probes.run(over))
            async with asyncio.timeout(given.linger + given.drain + LIMIT_SECONDS):
                await asyncio.gather(*reading)
                drained = time.monotonic() - at
                code = await asyncio.to_thread(process.wait)
            took = time.monotonic() - at
            over.set()
            await probing
        told = [line for line in log.read_text().splitlines() if "told that the server stops" in line]
    faults = list(probes.faults)
    faults += [
        f"{one.kind} {one.name}: {one.ended}" for one in (*long, *brief) if one.ended.startswith(("cut", "open"))
    ]
    limit = given.linger + given.drain + RUNS_SECONDS + LATE_SECONDS
    faults += [f"it ended with {code}"] if code else []
    faults += [f"it took {took:.1f} s of {limit:g}"] if took > limit else []
    late = sum(one.ended == "finished" and one.at > at for one in (*long, *brief))
    faults += [] if late else ["none finished while it drained, so that was not shown"]
    faults += [] if told else ["the log does not say what was told"]
    print(f"| {given.streams} open streams | at SIGTERM | finished | told | cut |\n|---|---|---|---|---|")
    for kind in KINDS:
        of = [one for one in (*long, *brief) if one.kind == kind]
        how = Counter(one.ended.partition(":")[0] for one in of)
        print(f"| {kind} | {len(of)} | {how['finished']} | {how['told']} | {how['cut']} |")
    print(f"\n{before} had finished before the signal, {late} while it drained. The last stream ended after ", end="")
    print(f"{drained:.1f} s, the process after {took:.1f} s with code {code}; ", end="")
    print(f"linger {given.linger:g} s, drain {given.drain:g} s.")
    print("Requests meanwhile: " + ", ".join(f"{what} {many}" for what, many in sorted(probes.answers.items())))
    return faults + await go_on(given, folder)


async def go_on(given: argparse.Namespace, folder: Path) -> list[str]:
    """Each run of a stream ends well in the next process."""
    settings = {"NIS_SCRIPTED": script(folder, 0.0, 0.0), "NIS_MAX_RUNS": 2 * given.streams}
    faults: list[str] = []
    with served(folder, **settings) as (_, url, _log):
        async with aiohttp.ClientSession() as session:
            await up(session, url)
            at = time.monotonic()
            runs: list[Any] = []
            while time.monotonic() < at + LIMIT_SECONDS:
                runs = await listed(session, url)
                if all(run["state"] in {"succeeded", "failed", "cancelled"} for run in runs):
                    break
            ended = Counter(str(run["state"]) for run in runs)
            again = sum(run["attempt"] > 1 for run in runs)
    halves = (given.streams // 2, given.streams - given.streams // 2)
    wanted = sum(one.kind in LEAVE_RUNS for half in halves for one in opened(half, [*KINDS], ""))
    faults += [f"{len(runs)} runs are there of {wanted} streams"] if len(runs) < wanted else []
    faults += [f"runs ended so: {dict(ended)}"] if set(ended) != {"succeeded"} else []
    faults += [] if again else ["no run was under way, so that none went on was shown"]
    print(f"In the next process {len(runs)} runs had ended well, {again} of which it went on with.")
    return faults


async def listed(session: aiohttp.ClientSession, url: str) -> list[Any]:
    """All runs."""
    found: list[Any] = []
    page: str | None = f"{url}/runs?limit=100"
    while page:
        async with session.get(page) as answer:
            told = await answer.json()
        found += told["runs"]
        page = f"{url}/runs?limit=100&cursor={told['next_cursor']}" if told.get("next_cursor") else None
    return found


async def watch(given: argparse.Namespace, folder: Path) -> list[str]:
    """Quiet streams behind a proxy that cuts, with pings and, beside it, without; what was not as it should be."""
    places = [Path(tempfile.mkdtemp(dir=folder)) for _ in range(2)]
    found = await asyncio.gather(
        *(watched(given, place, ping) for place, ping in zip(places, (given.ping, 3600), strict=True))
    )
    # A conversation by voice that nobody begins ends by itself after a minute.
    print(f"\n| behind a proxy that cuts after {given.cut:g} s of silence | open | cut |\n|---|---|---|")
    for row, _ in found:
        print(row)
    return [fault for _, faults in found for fault in faults]


async def watched(given: argparse.Namespace, folder: Path, ping: float) -> tuple[str, list[str]]:
    """A line of the table, and what was not as it should be."""
    seconds = given.watch if ping == given.ping else given.cut + LATE_SECONDS
    settings = {"NIS_SCRIPTED": script(folder, 0.0, 1.0), "NIS_PING_SECONDS": ping}
    with served(folder, **settings) as (_, url, _log):
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=NEVER) as session,
            proxied(int(url.rpartition(":")[2]), given.cut) as (_proxy, port),
        ):
            await up(session, url)
            streams = opened(2 * len(KINDS), [*KINDS], QUIET)
            reading = await begin(session, f"http://127.0.0.1:{port}", streams)
            await asyncio.wait(reading, timeout=seconds)
            cut = [one for one in streams if one.ended.startswith("cut")]
            left = [one for one in streams if one.ended == "open"]
            for one in reading:
                one.cancel()
            await asyncio.wait(reading)
    faults: list[str] = []
    if ping == given.ping:
        faults += [f"{one.kind} behind the proxy: {one.ended}" for one in cut]
    elif left or not cut:
        faults.append("the proxy does not cut what is quiet, so nothing was shown")
    return f"| pings every {ping:g} s, watched for {seconds:g} s | {len(left)} | {len(cut)} |", faults


NEVER = aiohttp.ClientTimeout(total=None, sock_read=None)


def main() -> int:
    """Do both, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--linger", type=float, default=5.0)
    parser.add_argument("--drain", type=float, default=20.0)
    parser.add_argument("--cut", type=float, default=60.0)
    parser.add_argument("--ping", type=float, default=20.0)
    parser.add_argument("--watch", type=float, default=180.0)
    parser.add_argument("--only", choices=["stop", "watch"])
    given = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    faults: list[str] = []
    for name, part in (("stop", stop), ("watch", watch)):
        if given.only in {None, name}:
            with tempfile.TemporaryDirectory() as folder:
                faults += asyncio.run(part(given, Path(folder)))
    for fault in faults:
        print(f"FAULT {fault}")
    print("\nNone was cut." if not faults else f"\n{len(faults)} faults.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
