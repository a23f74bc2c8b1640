"""What a durable turn costs: turns a second, plain and streamed, and the log beneath them, each beside its floor.

    make bench-runs                      # the tables on standard output, as Markdown
    make bench-runs ARGS="--seconds 8"

One machine, one process a server; the callers, the model's stand-in and the server share its cores. The stand-in
answers with 50 tokens, an event each, without a pause between them. Each server is asked in turn, so that what else the
machine does falls on all; the steadiest column is the processor time of the server's processes a turn. Each caller says
something else. An answer that does not hold the stand-in's last token counts as failed, and ends the measurement.

`nis` is asked as it comes up where no model file was fetched: a turn then offers the model the operations its words
are likest to. With the embedding model's file here (`--vectors`) it compares meanings as well: that is a model's call.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from load import Load, Loaded, json_request, request_bytes, share
from start import compile_everything, descendants, free_port, ours, started
from upstream import LAST, asking

from nis_backend.drivers.store.base import Append, NewEvent
from nis_backend.drivers.store.sqlite.store import SqliteStore

UPSTREAM = Path(__file__).with_name("upstream.py")
PEERS = Path(__file__).resolve().parents[1] / ".venv" / "bench-runs"
CALLERS = 32
DIRECT, FLOOR, NIS, AGNO, AGNO_DB = (
    "the stand-in itself",
    "bare pass-through",
    "nis",
    "Agno AgentOS",
    "Agno, its SQLite",
)
SSE = {"Accept": "text/event-stream"}

# Bytes passed on unread, on the loop, parser and HTTP client that `nis serve` uses.
PASSING = """
import sys
import aiohttp, uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

session = None

async def chat(request):
    global session
    session = session or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    answer = await session.post(
        f"http://127.0.0.1:{sys.argv[2]}/v1/chat/completions", data=await request.body(),
        headers={"Content-Type": "application/json"},
    )
    return StreamingResponse(answer.content.iter_any(), media_type=answer.content_type)

async def health(request):
    return StreamingResponse(iter([b"ok"]))

app = Starlette(routes=[Route("/chat", chat, methods=["POST"]), Route("/health", health)])
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False)
"""

# One agent without tools, as its documentation begins; with a file named, its sessions and runs are kept there.
PEER = """
import sys
import uvicorn
from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai import OpenAIChat
from agno.os import AgentOS

model = OpenAIChat(id="prepared", base_url=f"http://127.0.0.1:{sys.argv[2]}/v1", api_key="none")
db = SqliteDb(db_file=sys.argv[3]) if len(sys.argv) > 3 else None
agent = Agent(id="bench", model=model, db=db, telemetry=False)
app = AgentOS(agents=[agent], telemetry=False).get_app()
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False)
"""


@dataclass(kw_only=True)
class Contender:
    """One that answers turns; `request(number, streamed)` asks it, and a whole answer holds `ends`."""

    pid: int
    port: int
    request: Callable[[int, bool], bytes]
    ends: dict[bool, str] = field(default_factory=lambda: {False: LAST, True: LAST})
    rates: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    processor: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    alone: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    """Seconds of turns with one caller."""
    windows: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """When there was one."""
    firsts: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    times: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})


def processor_seconds(pid: int) -> float:
    """What a process and those below it have used so far."""
    ticks = 0
    for one in (pid, *descendants(pid)):
        fields = Path(f"/proc/{one}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def said(number: int) -> str:
    """What the callers say."""
    return f"Tell me something about the sea, and call it story {number}."


@contextmanager
def contenders(data: str, *, vectors: bool) -> Generator[dict[str, Contender]]:
    """Every server that can be started here, ready."""
    with ExitStack() as stack:

        def start(command: list[str], port: int, **environment: str) -> int:
            return stack.enter_context(started(command, port, **environment)).process.pid

        upstream, passing, product = free_port(), free_port(), free_port()
        body = {"model": "prepared", "messages": [{"role": "user", "content": "Hello!"}]}

        def ask(port: int, path: str) -> Callable[[int, bool], bytes]:
            return lambda number, streamed: json_request(port, path, {**body, "user": str(number), "stream": streamed})

        settings = {**asking(upstream), **({} if vectors else {"NIS_WEIGHTS": f"{data}/none"})}
        pid = start([sys.executable, str(UPSTREAM), str(upstream)], upstream)
        found = {
            DIRECT: Contender(pid=pid, port=upstream, request=ask(upstream, "/v1/chat/completions")),
            FLOOR: Contender(
                pid=start([sys.executable, "-c", PASSING, str(passing), str(upstream)], passing),
                port=passing,
                request=ask(passing, "/chat"),
            ),
            NIS: Contender(
                pid=start(ours(product, data), product, **settings),
                port=product,
                request=lambda number, streamed: json_request(
                    product, "/chat", {"message": said(number)}, **(SSE if streamed else {})
                ),
                ends={False: LAST, True: "event: succeeded"},
            ),
        }
        python = PEERS / "bin" / "python"
        for name, database in ((AGNO, []), (AGNO_DB, [f"{data}/agno.db"])):
            if python.exists():
                port = free_port()
                pid = start([str(python), "-c", PEER, str(port), str(upstream), *database], port)
                found[name] = Contender(pid=pid, port=port, request=_to_agno(port))
        yield found


def _to_agno(port: int) -> Callable[[int, bool], bytes]:
    media, mark = "multipart/form-data; boundary=part", "--part\r\nContent-Disposition: form-data; name="

    def request(number: int, streamed: bool) -> bytes:
        fields = {"message": said(number), "stream": str(streamed).lower()}
        parts = [f'{mark}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        return request_bytes(port, "/agents/bench/runs", "".join([*parts, "--part--\r\n"]).encode(), media)

    return request


def load(one: Contender, seconds: float, callers: int, streamed: bool) -> Loaded:
    """So many callers for so long."""

    async def run() -> Loaded:
        kind = Load(lambda number: one.request(number, streamed), one.ends[streamed], seconds=seconds)
        return await kind.run(one.port, callers)

    done = uvloop.run(run())
    if done.failed or not done.times:
        sys.exit(f"{len(done.failed)} answers of {one.port} failed, one of them:\n{done.failed[:1]}")
    return done


def measure(found: dict[str, Contender], rounds: int, seconds: float) -> None:
    """Ask each server in turn, alone and together."""
    for one in found.values():
        for streamed in (False, True):
            load(one, 1.0, 4, streamed)
    for turn in range(rounds):
        for streamed in (False, True):
            for name, one in found.items():
                print(f"\rround {turn + 1}/{rounds}: {name:24}", end="", file=sys.stderr, flush=True)
                begun = time.time()
                one.alone[streamed] += load(one, seconds / 2, 1, streamed).times
                one.windows.append((begun, time.time()))
                before = processor_seconds(one.pid)
                done = load(one, seconds, CALLERS, streamed)
                one.processor[streamed].append((processor_seconds(one.pid) - before) / len(done.times))
                one.rates[streamed].append(done.rate)
                one.firsts[streamed] += done.firsts
                one.times[streamed] += done.times
    print(file=sys.stderr)


def print_turns(found: dict[str, Contender]) -> None:
    """The tables of turns."""
    for streamed, kind in ((False, "plain"), (True, "streamed, 50 tokens")):
        direct = share(found[DIRECT].alone[streamed], 0.5)
        columns = [
            kind,
            f"turns/s, {CALLERS} callers",
            "first byte",
            "whole, p50 / p99",
            "added to one call",
            "processor",
        ]
        print(f"| {' | '.join(columns)} |")
        print("|---|---|---|---|---|---|")
        for name, one in found.items():
            whole = " / ".join(f"{1e3 * share(one.times[streamed], part):.0f}" for part in (0.5, 0.99))
            first, added = share(one.firsts[streamed], 0.5), share(one.alone[streamed], 0.5) - direct
            print(
                f"| {name} | {statistics.median(one.rates[streamed]):.0f} | {1e3 * first:.1f} ms | {whole} ms "
                f"| {1e3 * added:.2f} ms | {1e6 * statistics.median(one.processor[streamed]):.0f} µs |"
            )
        print()


def print_starts(data: str, alone: Sequence[tuple[float, float]]) -> None:
    """How long the runs waited: from their rows to the commit of the event that says that they were begun."""
    with sqlite3.connect(f"{data}/nis.db") as database:
        rows = database.execute(
            "select r.created, e.time - r.created from runs r join events e on e.run_id = r.id and e.type = 'started'"
        ).fetchall()
    waited: dict[str, list[float]] = {"one caller": [], "more callers, saturated": []}
    for created, seconds in rows:
        few = any(begun <= created <= ended for begun, ended in alone)
        waited["one caller" if few else "more callers, saturated"].append(seconds)
    print("| enqueued to started | runs | p50 | p99 |\n|---|---|---|---|")
    for name, values in waited.items():
        print(f"| {name} | {len(values)} | {1e3 * share(values, 0.5):.1f} ms | {1e3 * share(values, 0.99):.1f} ms |")
    print()


# -- the log alone -----------------------------------------------------------------------------------------------------

BODY = '{"step":1,"text":"a few words of the answer "}'
RUNS, EVENTS = 32, 500


def bare_inserts(path: Path, batch: int) -> float:
    """Events a second of SQLite alone: inserts into the log's own table, so many a transaction, in one thread."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    database.execute(
        "create table events (run_id text not null, seq integer not null, owner text not null, attempt integer"
        " not null, time real not null, type text not null, body text not null, primary key (run_id, seq)) strict"
        ", without rowid"
    )
    count, begun = RUNS * EVENTS // (1 if batch > 1 else 4), time.perf_counter()
    for first in range(0, count, batch):
        database.execute("begin immediate")
        for number in range(first, first + batch):
            row = (f"run-{number % RUNS}", number // RUNS, "local", 1, time.time(), "text_delta", BODY)
            database.execute("insert into events values (?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("commit")
    took = time.perf_counter() - begun
    database.close()
    return count / took


def bare_reads(path: Path) -> float:
    """Events a second of SQLite alone: pages of 500 in one thread."""
    database = sqlite3.connect(path)
    begun, count = time.perf_counter(), 0
    for run in range(RUNS):
        count += len(
            database.execute(
                "select seq, attempt, time, type, body from events where run_id = ?", (f"run-{run}",)
            ).fetchall()
        )
    took = time.perf_counter() - begun
    database.close()
    return count / took


async def our_log(path: Path) -> tuple[float, float]:
    """Events written a second by 32 holders that each wait for every commit, and read back in pages."""
    store = SqliteStore(path)

    async def hold(number: int) -> None:
        run_id, now = f"run-{number}", time.time()
        row = {"id": run_id, "operation": "bench.write", "state": "running", "attempt": 1, "last_seq": 0, "format": 1}
        row |= {"conversation_id": None, "created": now, "updated": now, "input": "{}", "result": None, "problem": None}
        await store.insert("runs", "local", row)
        event = NewEvent(type="text_delta", body=BODY)
        for _ in range(EVENTS):
            await store.append(Append(owner="local", run_id=run_id, attempt=1, events=[event], changes={}))

    begun = time.perf_counter()
    await asyncio.gather(*(hold(number) for number in range(RUNS)))
    wrote = RUNS * EVENTS / (time.perf_counter() - begun)
    await store.close()
    # Opened anew, so that what it may have kept in memory does not answer.
    store = SqliteStore(path)
    begun = time.perf_counter()
    read = 0
    for number in range(RUNS):
        read += len(await store.events("local", f"run-{number}", 0))
    took = time.perf_counter() - begun
    await store.close()
    return wrote, read / took


def measure_log(rounds: int) -> None:
    """Print the table of the log beside SQLite."""
    figures: dict[str, list[tuple[float, float]]] = {"alone": [], "batch": [], "nis": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            alone, batch = (bare_inserts(Path(folder, f"{size}.db"), size) for size in (1, 100))
            figures["alone"].append((alone, 0.0))
            figures["batch"].append((batch, bare_reads(Path(folder, "100.db"))))
            figures["nis"].append(uvloop.run(our_log(Path(folder, "nis.db"))))
    print("| the log | events written/s | events read/s, pages of 500 |")
    print("|---|---|---|")
    names = {
        "alone": "bare sqlite3 in one thread, an event a transaction",
        "batch": "bare sqlite3 in one thread, 100 a transaction",
        "nis": f"the store, {RUNS} holders that wait for each commit",
    }
    for key, name in names.items():
        wrote, read = (statistics.median(values) for values in zip(*figures[key], strict=True))
        print(f"| {name} | {wrote:.0f} | {f'{read:.0f}' if read else ''} |")
    print()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (default 3)")
    arguments.add_argument("--seconds", type=float, default=3.0, help="length of each load (default 3)")
    arguments.add_argument("--vectors", action="store_true", help="let nis compare meanings as well, where it can")
    given = arguments.parse_args()
    compile_everything()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}\n")
    with tempfile.TemporaryDirectory() as data, contenders(data, vectors=given.vectors) as found:
        measure(found, given.rounds, given.seconds)
        print_turns(found)
        print_starts(data, found[NIS].windows)
    measure_log(given.rounds)


if __name__ == "__main__":
    main()
