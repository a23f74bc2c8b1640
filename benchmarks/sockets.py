"""What an idle WebSocket costs in memory, beside a bare Starlette application's: `make bench-sockets`.

    make bench-sockets                          # a table on standard output, as Markdown
    make bench-sockets ARGS="--sockets 200"

So many clients connect to `/a2a` of `nis serve`, and as many to a bare application that reads frames, on the same loop
and with the same parser. Memory is the resident set of the serving process after two seconds of rest: with one socket,
then with all of them, then once each has asked for a task and had its answer. The first socket is not counted, because
it loads code.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from start import free_port, ours, resident_mb, started
from websockets.asyncio.client import ClientConnection, connect

SETTLE_SECONDS = 2.0
BUDGET_KB = 50.0
PACE = 32
"""Handshakes under way at once."""

BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

async def health(request):
    return JSONResponse({"status": "ok"})

async def read(socket):
    await socket.accept()
    while (await socket.receive())["type"] != "websocket.disconnect":
        await socket.send_text("{}")

app = Starlette(routes=[Route("/health", health), WebSocketRoute("/a2a", read)])
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False,
    ws_per_message_deflate=False)
"""

ASK = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": "run-none"}})

Use = Callable[[ClientConnection], Awaitable[object]]


async def ask(socket: ClientConnection) -> None:
    """One request, and its answer."""
    await socket.send(ASK)
    await socket.recv()


async def each(sockets: list[ClientConnection], use: Use) -> None:
    """Have every socket used, a few at a time."""
    for first in range(0, len(sockets), PACE):
        await asyncio.gather(*(use(socket) for socket in sockets[first : first + PACE]))


async def measure(port: int, pid: int, count: int) -> tuple[float, float]:
    """Kilobytes (10³ bytes) a socket: open and idle; idle again after a request."""
    async with AsyncExitStack() as stack:

        async def another() -> ClientConnection:
            address = f"ws://127.0.0.1:{port}/a2a"
            return await stack.enter_async_context(connect(address, compression=None, ping_interval=None))

        async def rest() -> float:
            await asyncio.sleep(SETTLE_SECONDS)
            return resident_mb(pid)

        await ask(await another())
        before = await rest()
        sockets: list[ClientConnection] = []
        while len(sockets) < count:
            sockets += await asyncio.gather(*(another() for _ in range(min(PACE, count - len(sockets)))))
        opened = await rest()
        await each(sockets, ask)
        asked = await rest()
    return (opened - before) * 1e3 / count, (asked - before) * 1e3 / count


def main() -> None:
    """Measure and print; the exit status says whether the budget was kept."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--sockets", type=int, default=1000, help="connections (default 1000)")
    count: int = arguments.parse_args().sockets
    with tempfile.TemporaryDirectory() as data:
        found: dict[str, tuple[float, float]] = {}
        for name in ("nis", "bare Starlette"):
            port = free_port()
            command = ours(port, data) if name == "nis" else [sys.executable, "-c", BARE, str(port)]
            with started(command, port, NIS_WEIGHTS=f"{data}/none") as server:
                found[name] = asyncio.run(measure(port, server.process.pid, count))
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()}, {count} sockets\n")
    print("| | kB a socket, idle | idle again after a request |\n|---|---|---|")
    for name, (idle, after) in found.items():
        print(f"| {name} | {idle:.1f} | {after:.1f} |")
    print(f"\nThe budget is {BUDGET_KB:g} kB a socket.")
    sys.exit(max(found["nis"]) > BUDGET_KB)


if __name__ == "__main__":
    main()
