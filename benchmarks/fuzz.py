"""Spoilt requests in every protocol, by someone whose key is not the one that the server's other runs belong to.

    make prove-fuzz                                        # 10,000 a protocol
    make prove-fuzz ARGS="--messages 200 --only a2a-socket"

Messages are right ones that were cut, retyped, garbled, blown up, sent slowly, left in the middle, sent side by side or
given others' ids (`mutations.py`). What must hold: no answer is a fault of the server, none holds words of another's
runs, a trace or a path; sockets end with the protocols' own codes; each run that was begun ends; and the server answers
as before. The exit status says whether it was so. `--seed` makes the same messages again.
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
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mutations
from start import free_port, ours, started
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

Json = Any

KEY = "fuzz-master-key-0123456789"
WORDS = "tangerine-submarine-4711"
"""Words of the other owner's runs."""
LEAKS = (WORDS, "Traceback (most recent call last)", 'File "/', "site-packages")
AT_ONCE, PATIENCE = 8, 60.0
CLOSES = {1000, 1002, 1003, 1007, 1009, 1013}
"""How a socket may end: as the protocol says. 1011 is a fault of the server's."""
CUT = 1006
"""No close at all."""
FAULT = -32603
UNHURT = {500, 502, 504}
"""Statuses that a stranger's words must never lead to; 503 is an answer, where something is not set up."""

SAY = {"messageId": "m-1", "role": "ROLE_USER", "parts": [{"text": "Convert 26.2 miles to kilometers"}]}
META: dict[str, Json] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
DECLARED: Json = {"extensions": {"io.modelcontextprotocol/tasks": {}}, "elicitation": {}}
TASKS = {**META, "io.modelcontextprotocol/clientCapabilities": DECLARED}
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello!"}]
TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "number"}}}},
}


def rpc(method: str, params: Json) -> Json:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": "q-1", "method": method, "params": params}


A2A = [
    rpc("SendMessage", {"message": SAY}),
    rpc(
        "SendMessage",
        {"message": {**SAY, "taskId": "@ID@", "contextId": "@ID@"}, "configuration": {"historyLength": 2}},
    ),
    rpc("SendMessage", {"message": SAY, "configuration": {"returnImmediately": True}}),
    rpc(
        "SendStreamingMessage",
        {"message": {**SAY, "parts": [{"data": {"version": "v0.9", "action": {"name": "call"}}}]}},
    ),
    rpc("SendStreamingMessage", {"message": SAY}),
    rpc("GetTask", {"id": "@ID@", "historyLength": 1}),
    rpc("ListTasks", {"contextId": "@ID@", "pageSize": 5, "pageToken": "@ID@", "status": "TASK_STATE_WORKING"}),
    rpc("ListTasks", {}),
    rpc("CancelTask", {"id": "@ID@"}),
    rpc("SubscribeToTask", {"id": "@ID@", "lastSeq": 1}),
    rpc("CreateTaskPushNotificationConfig", {"taskId": "@ID@", "url": "http://127.0.0.1:1/x", "token": "t"}),
    rpc("ListTaskPushNotificationConfigs", {"taskId": "@ID@"}),
    rpc("GetExtendedAgentCard", {}),
]
OLD_SAY = {"kind": "message", "messageId": "m-1", "role": "user", "parts": [{"kind": "text", "text": "Hello!"}]}
A2A_OLD = [
    rpc("message/send", {"message": OLD_SAY}),
    rpc("message/stream", {"message": {**OLD_SAY, "taskId": "@ID@"}}),
    rpc("tasks/get", {"id": "@ID@", "historyLength": 2}),
    rpc("tasks/cancel", {"id": "@ID@"}),
    rpc("tasks/resubscribe", {"id": "@ID@"}),
]
MCP = [
    rpc("tools/list", {"_meta": META, "cursor": "@ID@"}),
    rpc("tools/call", {"_meta": META, "name": "runs-get_run", "arguments": {"id": "@ID@"}}),
    rpc(
        "tools/call",
        {"_meta": META, "name": "physics-convert_unit", "arguments": {"value": 1, "unit": "mile", "to": "km"}},
    ),
    rpc("tools/call", {"_meta": META, "name": "chat-send_message", "arguments": {"message": "Hello!"}}),
    rpc("resources/list", {"_meta": META}),
    rpc("resources/read", {"_meta": META, "uri": "nis://runs/@ID@"}),
    rpc("prompts/get", {"_meta": META, "name": "@ID@", "arguments": {"a": "b"}}),
    rpc("tools/call", {"_meta": TASKS, "name": "chat-send_message", "arguments": {"message": "Hello!"}}),
    rpc("tasks/get", {"_meta": TASKS, "taskId": "@ID@"}),
    rpc("tasks/update", {"_meta": TASKS, "taskId": "@ID@", "inputResponses": {"0.approval-1": {"action": "accept"}}}),
    rpc("tasks/cancel", {"_meta": TASKS, "taskId": "@ID@"}),
    rpc("server/discover", {"_meta": META}),
    rpc(
        "initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "f", "version": "1"}}
    ),
]
OPENAI = [
    {"model": "scripted", "messages": CHAT, "stream": True, "stream_options": {"include_usage": True}},
    {"model": "scripted", "messages": CHAT, "n": 2, "temperature": 0.1, "tools": [TOOL], "max_tokens": 9},
    {"model": "agent:chat", "messages": CHAT, "stream": True},
]
RESPONSES = [
    {"model": "scripted", "input": "Hello!", "stream": True, "store": True},
    {
        "model": "scripted",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
        "background": True,
    },
    {
        "model": "scripted",
        "input": "More.",
        "previous_response_id": "@ID@",
        "tools": [{"type": "function", "name": "f"}],
    },
]
MESSAGES = [
    {"model": "scripted", "max_tokens": 9, "messages": CHAT[1:], "stream": True},
    {"model": "scripted", "max_tokens": 9, "system": [{"type": "text", "text": "Be brief."}], "messages": CHAT[1:]},
]
TURNS = [
    {"message": "Convert 26.2 miles to kilometers", "genui_enabled": True},
    {"message": "Hello!", "conversation_id": "@ID@", "user_id": "u"},
]
INPUT = {
    "threadId": "@ID@",
    "runId": "@ID@",
    "state": {"a": 1},
    "context": [{"description": "d", "value": "v"}],
    "messages": [{"id": "1", "role": "user", "content": "Hello!"}],
    "forwardedProps": {},
    "tools": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
}
AGUI = [INPUT, {**INPUT, "resume": [{"interruptId": "@ID@", "status": "resolved", "payload": {"approved": True}}]}]


WATCH = {"type": "watch", "threadId": "none", "frame": "last"}


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Where messages go, and what right ones look like."""

    name: str
    paths: tuple[str, ...]
    """Those without a slash are of A2A's HTTP+JSON binding."""
    seeds: list[Json]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    socket: bool = False
    last: Json = field(default_factory=lambda: {**rpc("GetTask", {"id": "none"}), "id": "last"})
    """Of a socket: a right message, after the spoilt ones."""


ACCEPT = {"Accept": "application/json, text/event-stream"}
MCP_HEADERS = {**ACCEPT, "MCP-Protocol-Version": "2026-07-28"}
PROTOCOLS = (
    Protocol(name="a2a-socket", paths=("/a2a",), seeds=A2A, headers={"A2A-Version": "1.0"}, socket=True),
    Protocol(name="a2a", paths=("/a2a", "/a2a/"), seeds=A2A, headers={"A2A-Version": "1.0"}),
    Protocol(name="a2a-0.3", paths=("/a2a",), seeds=A2A_OLD),
    Protocol(
        name="a2a-rest",
        paths=(
            "message:send",
            "message:stream",
            "tasks/@ID@:cancel",
            "tasks/@ID@:subscribe",
            "tasks/@ID@/pushNotificationConfigs",
        ),
        seeds=[one["params"] for one in A2A],
        headers={"A2A-Version": "1.0"},
    ),
    Protocol(name="mcp", paths=("/mcp", "/mcp?toolset=all"), seeds=MCP, headers=MCP_HEADERS),
    Protocol(name="agui", paths=("/agui",), seeds=AGUI, headers={"Accept": "text/event-stream"}),
    Protocol(name="agui-socket", paths=("/agui/ws",), seeds=AGUI, socket=True, last=WATCH),
    Protocol(name="chat-completions", paths=("/v1/chat/completions",), seeds=OPENAI),
    Protocol(name="responses", paths=("/v1/responses", "/v1/responses/@ID@/cancel"), seeds=RESPONSES),
    Protocol(
        name="messages",
        paths=("/v1/messages", "/v1/messages/count_tokens"),
        seeds=MESSAGES,
        headers={"anthropic-version": "2023-06-01"},
    ),
    Protocol(
        name="chat",
        paths=("/chat", "/runs/@ID@/cancel", "/runs/@ID@/fork", "/runs/@ID@/approve"),
        seeds=TURNS,
        headers=ACCEPT,
    ),
)


@dataclass(kw_only=True)
class Found:
    """What came of the messages to one protocol."""

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter[str])
    """How many were answered with each status, code or close."""
    wrong: list[str] = field(default_factory=list[str])
    """What must not be, with the message that led to it."""

    def judge(self, told: str, text: str, sent: str) -> None:
        """Look at an answer."""
        self.answers[told] += 1
        leaks = [leak for leak in LEAKS if leak in text]
        if leaks or f'"code":{FAULT}' in text.replace(" ", "") or (told.isdigit() and int(told) in UNHURT):
            self.wrong.append(f"{told} {leaks} {text[:400]!r}\n    to {sent[:600]!r}")


class Fuzz:
    """One key's messages to one server."""

    def __init__(self, port: int, key: str, ids: list[str], chance: random.Random) -> None:
        self._port, self._key, self._ids, self._chance = port, key, ids, chance

    def message(self, protocol: Protocol) -> str:
        """One of the protocol's, spoilt."""
        seed = self._chance.choice(protocol.seeds)
        text = mutations.foreign(self._chance, json.dumps(seed), self._ids)
        spoil = self._chance.choice(mutations.SPOILT)
        return spoil(self._chance, json.loads(text))

    def _one_in(self, times: int) -> bool:
        return not self._chance.randrange(times)

    async def send(self, protocol: Protocol, count: int) -> Found:
        """So many messages, some at a time."""
        found = Found()

        async def some() -> None:
            while found.sent < count:
                if protocol.socket:
                    await self._over_socket(protocol, found, min(self._chance.randint(1, 24), count - found.sent))
                else:
                    found.sent += 1
                    await self._over_http(protocol, found)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        return found

    async def _over_http(self, protocol: Protocol, found: Found) -> None:
        chance, text = self._chance, self.message(protocol)
        body = text.encode("utf-8", "surrogatepass")
        if self._one_in(20):
            body = body[: len(body) // 2] + bytes([0xFF, 0xC0]) + body[len(body) // 2 :]
        path = mutations.foreign(chance, chance.choice(protocol.paths), self._ids)
        path = path if path.startswith("/") else f"/a2a/rest/{path}"
        kind = chance.choice(("text/plain", "", "application/x", "x" * 99)) if self._one_in(20) else "application/json"
        named = {"Host": f"127.0.0.1:{self._port}", "Authorization": f"Bearer {self._key}", "Connection": "close"}
        mirrored = mirrors(text) if protocol.name == "mcp" else {}
        headers = {**named, **protocol.headers, **mirrored, "Content-Type": kind, "Content-Length": str(len(body))}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        try:
            async with asyncio.timeout(PATIENCE):
                status, answer = await self._exchange(head, body)
        except TimeoutError:
            found.wrong.append(f"no answer within {PATIENCE:g} s\n    to {path} {text[:600]!r}")
            return
        found.judge(status, answer, f"{path} {text}")

    async def _exchange(self, head: bytes, body: bytes) -> tuple[str, str]:
        """Send a request in one of the ways there are; what it was answered with, or that it was left."""
        chance = self._chance
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            way = chance.choices(("at once", "slowly", "left", "left later"), (80, 10, 5, 5))[0]
            if way == "left":
                # Left in the middle of the body.
                writer.write(head + body[: len(body) // 2])
                await asyncio.sleep(chance.uniform(0, 0.01))
                return "left", ""
            if way == "slowly":
                # Slowly, in pieces.
                at = chance.randrange(len(body) + 1)
                for piece in (head[:20], head[20:], body[:at], body[at:]):
                    writer.write(piece)
                    await asyncio.sleep(chance.uniform(0, 0.02))
            else:
                writer.write(head + body)
            if way == "left later":
                # Left while it is answered.
                await reader.read(chance.randint(1, 400))
                return "left", ""
            answer = (await reader.read()).decode("utf-8", "replace")
            return answer[9:12] or "no answer", answer
        except (ConnectionError, BrokenPipeError):
            return "cut", ""
        finally:
            writer.close()

    async def _over_socket(self, protocol: Protocol, found: Found, count: int) -> None:
        texts = [self.message(protocol) for _ in range(count)]
        found.sent += count
        address = f"ws://127.0.0.1:{self._port}{protocol.paths[0]}"
        headers = {"Authorization": f"Bearer {self._key}", **protocol.headers}
        try:
            async with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
                await self._frames(socket, texts, protocol.last, found)
        except (ConnectionClosed, InvalidStatus, ConnectionError) as error:
            found.answers[type(error).__name__] += 1

    async def _frames(self, socket: ClientConnection, texts: list[str], last: Json, found: Found) -> None:
        sent, broken = " | ".join(texts), False
        with suppress(ConnectionClosed):
            for text in texts:
                broken |= await self._frame(socket, text)
            # After all that, a right one is answered, unless the socket is closed.
            await socket.send(json.dumps(last))
        if self._one_in(10):
            found.answers["left"] += 1
            return
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    told = str(await socket.recv())
                    found.judge("answered", told, sent)
                    if '"last"' in told[:60] or '"last"' in told[-60:]:
                        return
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else CUT
            found.judge(f"closed {code}", "", sent)
            # Where frames follow one that ends the connection, the system may cut it before the close is read.
            if code not in CLOSES and not (broken and code == CUT):
                found.wrong.append(f"closed with {code}\n    after {sent[:600]!r}")
        except TimeoutError:
            found.wrong.append(f"no answer within {PATIENCE:g} s\n    after {sent[:600]!r}")

    async def _frame(self, socket: ClientConnection, text: str) -> bool:
        """Send a message; answers whether that ends the connection."""
        if self._one_in(50):
            await socket.send(text.encode("utf-8", "replace"))
            return True
        if self._one_in(100):
            # No frame at all.
            socket.transport.write(self._chance.randbytes(self._chance.randint(1, 200)))
            return True
        if self._one_in(20):
            half = len(text) // 2
            await socket.send(iter((text[:half].encode("utf-8", "replace").decode(), text[half:])))
        else:
            await socket.send(text.encode("utf-8", "replace").decode("utf-8"))
        return False


def mirrors(text: str) -> dict[str, str]:
    """What MCP wants in headers too, as far as a message's text shows it."""
    shown = {name: text.partition(f'"{name}": "')[2].partition('"')[0] for name in ("method", "name", "uri", "taskId")}
    plain = {name: value[:200] for name, value in shown.items() if value and value.isascii() and value.isprintable()}
    name = next((plain[one] for one in ("name", "uri", "taskId") if one in plain), "")
    return {"Mcp-Method": plain.get("method", ""), **({"Mcp-Name": name} if name else {})}


def ask(port: int, key: str, path: str, body: Json = None) -> Json:
    """What the server answers to a right request."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def stuck(port: int, key: str) -> list[str]:
    """Runs that have not ended and wait for nobody, after all that there was to wait for."""
    end = time.monotonic() + PATIENCE
    while True:
        left = [one["id"] for state in ("queued", "running") for one in ask(port, key, f"/runs?state={state}")["runs"]]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.2)


def main() -> None:
    """Send, look, and say what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--messages", type=int, default=10_000, help="messages to each protocol (default 10,000)")
    arguments.add_argument("--only", help="the name of one protocol")
    arguments.add_argument("--seed", type=int, default=1, help="of what is random (default 1)")
    given = arguments.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as data:
        script = Path(data, "script.json")
        script.write_text(json.dumps({"replies": [{"text": "I answer from a script."}]}))
        port = free_port()
        place = {"NIS_API_KEY": KEY, "NIS_SCRIPTED": str(script), "NIS_WEIGHTS": f"{data}/none"}
        with started(ours(port, f"{data}/nis"), port, **place) as server:
            other = ask(port, KEY, "/chat", {"message": f"Remember {WORDS}.", "user_id": "other"})
            ids = [str(other[name]) for name in ("run_id", "conversation_id")]
            key = str(ask(port, KEY, "/keys", {"name": "fuzz", "owner": "stranger"})["key"])
            print(f"| {'protocol':16} | messages | answered with | wrong |\n|---|---|---|---|")
            for protocol in PROTOCOLS:
                if given.only not in {None, protocol.name}:
                    continue
                chance = random.Random(f"{given.seed} {protocol.name}")  # noqa: S311 - the same each time
                found = asyncio.run(Fuzz(port, key, ids, chance).send(protocol, given.messages))
                told = ", ".join(f"{name}: {times}" for name, times in sorted(found.answers.items()))
                left = stuck(port, key)
                print(f"| {protocol.name:16} | {found.sent} | {told} | {len(found.wrong) + len(left)} |", flush=True)
                for one in (*found.wrong[:10], *(f"still under way: {name}" for name in left[:10])):
                    print(f"  {one}", file=sys.stderr)
                failed |= bool(found.wrong or left)
            ask(port, KEY, "/health")
            if any(leak in server.told() for leak in LEAKS):
                failed = True
                print(server.told()[-4000:], file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    main()
