"""What a durable turn costs: turns a second, plain and streamed, and the log beneath them, each beside its floor.

    make bench-runs                      # the tables on standard output, as Markdown
    make bench-runs ARGS="--seconds 8"
    make bench-runs ARGS="--postgresql"  # … and the same of a PostgreSQL of its own, with fsync

One machine, one process a server; the callers, the model's stand-in and the server share its cores. The stand-in
answers with 50 tokens, an event each, without a pause between them. Each server is asked in turn, so that what else the
machine does falls on all; the steadiest column is the processor time of the server's processes a turn, and beside it of
PostgreSQL's. Each caller says something else. An answer that does not hold the stand-in's last token counts as failed,
and ends the measurement.

`nis` is asked as it comes up where no model file was fetched: a turn then offers the model the operations its words
are likest to. Without them (`operations: false`) it is the like of Agno's turn, whose one agent has no tools. With the
embedding model's file here (`--vectors`) it compares meanings as well: that is a model's call.
"""

from __future__ import annotations

import argparse
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
from logs import measure_log
from start import compile_everything, descendants, free_port, ours, started
from upstream import LAST, asking

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgresql import PostgreSQL, running_postgresql

UPSTREAM, PASSING = (Path(__file__).with_name(name) for name in ("upstream.py", "passing.py"))
PEERS = Path(__file__).resolve().parents[1] / ".venv" / "bench-runs"
CALLERS = 32
DIRECT, FLOOR, NIS, NIS_TALK, NIS_POSTGRESQL, AGNO, AGNO_DB = (
    "the stand-in itself",
    "bare pass-through",
    "nis",
    "nis, no operations offered",
    "nis on PostgreSQL",
    "Agno AgentOS",
    "Agno, its SQLite",
)
SSE = {"Accept": "text/event-stream"}

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

    pids: tuple[int, ...]
    """Whose processor time it is, that of those below them included."""
    port: int
    request: Callable[[int, bool], bytes]
    ends: dict[bool, str] = field(default_factory=lambda: {False: LAST, True: LAST})
    rates: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    processor: dict[bool, list[list[float]]] = field(default_factory=lambda: {False: [], True: []})
    """Seconds a turn of each of `pids`."""
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
def contenders(data: str, postgresql: PostgreSQL | None, *, vectors: bool) -> Generator[dict[str, Contender]]:
    """Every server that can be started here, ready."""
    with ExitStack() as stack:

        def start(command: list[str], port: int, **environment: str) -> tuple[int, ...]:
            return (stack.enter_context(started(command, port, **environment)).process.pid,)

        upstream, passing, product = free_port(), free_port(), free_port()
        body = {"model": "prepared", "messages": [{"role": "user", "content": "Hello!"}]}

        def ask(port: int, path: str) -> Callable[[int, bool], bytes]:
            return lambda number, streamed: json_request(port, path, {**body, "user": str(number), "stream": streamed})

        settings = {**asking(upstream), **({} if vectors else {"NIS_WEIGHTS": f"{data}/none"})}
        pid = start([sys.executable, str(UPSTREAM), str(upstream)], upstream)
        found = {
            DIRECT: Contender(pids=pid, port=upstream, request=ask(upstream, "/v1/chat/completions")),
            FLOOR: Contender(
                pids=start([sys.executable, str(PASSING), str(passing), str(upstream)], passing),
                port=passing,
                request=ask(passing, "/v1/chat/completions"),
            ),
            NIS: _to_nis(product, served := start(ours(product, data), product, **settings)),
            NIS_TALK: _to_nis(product, served, operations=False),
        }
        if postgresql is not None:
            port = free_port()
            settings["NIS_DATABASE_URL"] = postgresql.database()
            pids = start(ours(port, f"{data}/shared"), port, **settings)
            found[NIS_POSTGRESQL] = _to_nis(port, (*pids, postgresql.pid))
        python = PEERS / "bin" / "python"
        for name, database in ((AGNO, []), (AGNO_DB, [f"{data}/agno.db"])):
            if python.exists():
                port = free_port()
                pid = start([str(python), "-c", PEER, str(port), str(upstream), *database], port)
                found[name] = Contender(pids=pid, port=port, request=_to_agno(port))
        yield found


def _to_nis(port: int, pids: tuple[int, ...], **more: bool) -> Contender:
    def request(number: int, streamed: bool) -> bytes:
        return json_request(port, "/chat", {"message": said(number), **more}, **(SSE if streamed else {}))

    return Contender(pids=pids, port=port, request=request, ends={False: LAST, True: "event: succeeded"})


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
                before = [processor_seconds(pid) for pid in one.pids]
                done = load(one, seconds, CALLERS, streamed)
                used = [processor_seconds(pid) - of for pid, of in zip(one.pids, before, strict=True)]
                one.processor[streamed].append([seconds / len(done.times) for seconds in used])
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
            used = " + ".join(f"{1e6 * statistics.median(of):.0f}" for of in zip(*one.processor[streamed], strict=True))
            first, added = share(one.firsts[streamed], 0.5), share(one.alone[streamed], 0.5) - direct
            print(
                f"| {name} | {statistics.median(one.rates[streamed]):.0f} | {1e3 * first:.1f} ms | {whole} ms "
                f"| {1e3 * added:.2f} ms | {used} µs |"
            )
        print()


def print_starts(data: str, alone: Sequence[tuple[float, float]]) -> None:
    """How long the runs waited: from their rows to the event that says that they were begun."""
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


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (default 3)")
    arguments.add_argument("--seconds", type=float, default=3.0, help="length of each load (default 3)")
    arguments.add_argument("--vectors", action="store_true", help="let nis compare meanings as well, where it can")
    arguments.add_argument("--postgresql", action="store_true", help="measure nis and its log on PostgreSQL too")
    given = arguments.parse_args()
    compile_everything()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}\n")
    with ExitStack() as stack:
        postgresql = stack.enter_context(running_postgresql(durable=True)) if given.postgresql else None
        with tempfile.TemporaryDirectory() as data, contenders(data, postgresql, vectors=given.vectors) as found:
            measure(found, given.rounds, given.seconds)
            print_turns(found)
            print_starts(data, [*found[NIS].windows, *found[NIS_TALK].windows])
        measure_log(given.rounds, postgresql)


if __name__ == "__main__":
    main()
