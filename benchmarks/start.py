"""Start and idle memory of `nis serve` beside a bare Starlette application; memory as models and surfaces are used.

    make bench-start                     # the table on standard output, as Markdown
    make bench-start ARGS="--runs 20"

Both servers are started in turn, so that what else the machine does falls on both. Time runs from the fork to the first
200 on `/health`, asked over a fresh connection every 2 ms. Everything is compiled to bytecode first. Memory is the
serving process's resident set, read from /proc after it has been idle for 2 s: the median of the first three runs.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from websockets.sync.client import connect

import nis_backend

SETTLE_SECONDS = 2.0
MEMORY_RUNS = 3
LIMIT_SECONDS = 60.0
IDLE_SECONDS = 3.0
"""What `NIS_IDLE_SECONDS` is set to for the run that watches the worker end."""

# One route on the same loop and parser that `nis serve` uses.
BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def health(request):
    return JSONResponse({"status": "ok"})

app = Starlette(routes=[Route("/health", health)])
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False)
"""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A server that has answered."""

    process: subprocess.Popen[bytes]
    port: int
    seconds: float
    """From the fork to the first 200."""
    output: IO[bytes]

    def told(self) -> str:
        """What it has written so far."""
        self.output.seek(0)
        return self.output.read().decode("utf-8", "replace")


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    while True:
        # Below those that the kernel gives to connections: who asks again and again for one of those, while nobody
        # listens, is connected to itself in the end, and its server does not come up.
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def healthy(port: int, path: str = "/health") -> bool:
    """Whether this path answers 200 now."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


@contextmanager
def started(command: Sequence[str], port: int, health: str = "/health", **environment: str) -> Generator[Started]:
    """The server that `command` starts on `port`, from its first answer to its end."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            while not healthy(port, health):
                if process.poll() is not None or time.perf_counter() - begun > LIMIT_SECONDS:
                    output.seek(0)
                    sys.exit(f"{' '.join(command[:4])} did not come up:\n{output.read().decode()[-4000:]}")
                time.sleep(0.002)
            yield Started(process=process, port=port, seconds=time.perf_counter() - begun, output=output)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def bare(port: int) -> list[str]:
    """How the floor is started."""
    return [sys.executable, "-c", BARE, str(port)]


def ours(port: int, data: str) -> list[str]:
    """How the product is started."""
    return [sys.executable, "-m", "nis_backend", "serve", "--port", str(port), "--data", data]


def resident_mb(pid: int) -> float:
    """Resident memory of one process, MB (10⁶ bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def descendants(pid: int) -> list[int]:
    """The processes below `pid`, at any depth and from any of its threads."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def post(port: int, path: str, body: object, **headers: str) -> bytes:
    """What a path answers to a JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json", **named}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def ask(port: int, message: str) -> dict[str, object]:
    """One chat turn."""
    return dict(json.loads(post(port, "/chat", {"message": message})))


def use_rest(port: int) -> None:
    """A computation, and a page of runs."""
    post(port, "/physics/convert-unit", {"value": 1, "unit": "mile", "to": "km"})
    urllib.request.urlopen(f"http://127.0.0.1:{port}/runs", timeout=60).close()


def use_console(port: int) -> None:
    """The page, and an answer drawn as A2UI."""
    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60).close()
    post(port, "/chat", {"message": "Convert 26.2 miles to kilometers", "genui_enabled": True})


def use_openai(port: int) -> None:
    """A chat completion and an embedding."""
    post(port, "/v1/chat/completions", {"model": "embedded", "messages": [{"role": "user", "content": "Hello!"}]})
    post(port, "/v1/embeddings", {"model": "minilm-l6-v2-int8", "input": "Hello!"})


def use_mcp(port: int) -> None:
    """The older era's handshake, and the list of tools in the newer one."""
    accept = "application/json, text/event-stream"
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    post(port, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}, Accept=accept)
    version = "2026-07-28"
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    listed = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}}
    post(port, "/mcp", listed, Accept=accept, MCP_Protocol_Version=version, Mcp_Method="tools/list")


def use_a2a(port: int) -> None:
    """A message over the socket, to the end of its stream."""
    message = {"messageId": "1", "role": "ROLE_USER", "parts": [{"text": "Convert 26.2 miles to kilometers"}]}
    request = {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage", "params": {"message": message}}
    with connect(f"ws://127.0.0.1:{port}/a2a", additional_headers={"A2A-Version": "1.0"}) as socket:
        socket.send(json.dumps(request))
        while json.loads(socket.recv(120)).get("method") != "streamEnd":
            pass


def use_agui(port: int) -> None:
    """A run to its end, over HTTP and over the socket."""
    message = {"id": "1", "role": "user", "content": "Convert 26.2 miles to kilometers"}
    asked = {"threadId": "t", "runId": "1", "messages": [message], "forwardedProps": {"nis": {"surfaces": True}}}
    post(port, "/agui", asked)
    with connect(f"ws://127.0.0.1:{port}/agui/ws") as socket:
        socket.send(json.dumps({**asked, "runId": "2"}))
        while json.loads(socket.recv(120))["type"] != "RUN_FINISHED":
            pass


SURFACES = {
    "REST": use_rest,
    "console": use_console,
    "OpenAI": use_openai,
    "MCP": use_mcp,
    "A2A": use_a2a,
    "AG-UI": use_agui,
}


def measure_start(runs: int) -> None:
    """Print the table of start and idle memory."""
    seconds: dict[str, list[float]] = {"bare Starlette": [], "nis serve": []}
    memory: dict[str, list[float]] = {"bare Starlette": [], "nis serve": []}
    for turn in range(runs + 1):
        for name, taken in seconds.items():
            port = free_port()
            with tempfile.TemporaryDirectory() as data:
                command = bare(port) if name == "bare Starlette" else ours(port, data)
                with started(command, port) as server:
                    if turn == 0:
                        continue  # the first of each only brings the files into the page cache
                    taken.append(server.seconds)
                    if turn <= MEMORY_RUNS:
                        time.sleep(SETTLE_SECONDS)
                        memory[name].append(resident_mb(server.process.pid))
        print(f"\rstart {turn}/{runs}", end="\n" if turn == runs else "", file=sys.stderr, flush=True)
    print("| | exec → first 200 on /health, median (min-max) of", runs, "| idle RSS |")
    print("|---|---|---|")
    for name, values in seconds.items():
        spread = f"{1e3 * min(values):.0f}-{1e3 * max(values):.0f}"
        idle = statistics.median(memory[name])
        print(f"| {name} | {1e3 * statistics.median(values):.0f} ms ({spread}) | {idle:.0f} MB |")
    ratio = statistics.median(seconds["nis serve"]) / statistics.median(seconds["bare Starlette"])
    print(f"| ratio | {ratio:.2f} × (budget 2.5) | (budget 80 MB) |")


def measure_model() -> None:
    """Print the table of memory with the embedded model in its worker, and after the worker's idle time."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as data,
        started(ours(port, data), port, NIS_IDLE_SECONDS=str(IDLE_SECONDS)) as server,
    ):
        pid = server.process.pid
        answer = ask(port, "Hello!")
        workers = descendants(pid)
        used, held = resident_mb(pid), sum(resident_mb(worker) for worker in workers)
        begun = time.perf_counter()
        while descendants(pid) and time.perf_counter() - begun < IDLE_SECONDS + LIMIT_SECONDS:
            time.sleep(0.1)
        ended, left = time.perf_counter() - begun, descendants(pid)
        print("| the embedded model | serving process | worker processes |")
        print("|---|---|---|")
        print(
            f"| after one chat with {answer['model']} | {used:.0f} MB (budget 90 MB) | {len(workers)}, {held:.0f} MB |"
        )
        state = f"{len(left)} left" if left else f"none, {ended:.1f} s after the answer"
        print(f"| after the idle time of {IDLE_SECONDS:g} s | {resident_mb(pid):.0f} MB | {state} |")


def measure_surfaces() -> None:
    """Print the table of the serving process's memory as each surface is used for the first time."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data, started(ours(port, data), port) as server:
        time.sleep(SETTLE_SECONDS)
        before = resident_mb(server.process.pid)
        print("| serving process | RSS | more |")
        print("|---|---|---|")
        print(f"| idle | {before:.0f} MB | |")
        for name, use in SURFACES.items():
            use(port)
            time.sleep(SETTLE_SECONDS)
            now = resident_mb(server.process.pid)
            print(f"| … after {name} was used once | {now:.0f} MB | {now - before:.0f} MB |")
            before = now
        print("| budget | 150 MB | |")


def compile_everything() -> None:
    """Write bytecode for all that either server imports: compiling at start is not what is measured."""
    for folder in (sysconfig.get_path("purelib"), str(Path(nis_backend.__file__).parent)):
        compileall.compile_dir(folder, quiet=2, workers=os.cpu_count() or 1)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--runs", type=int, default=10, help="starts of each server (default 10)")
    arguments.add_argument(
        "--without-model", action="store_true", help="leave out the part that needs the model's file"
    )
    given = arguments.parse_args()
    compile_everything()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}\n")
    measure_start(given.runs)
    if not given.without_model:
        print()
        measure_model()
        print()
        measure_surfaces()


if __name__ == "__main__":
    main()
