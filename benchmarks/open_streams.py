"""Streams of every protocol, opened and read to their end, which is one of its own or a cut."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Json = dict[str, Any]
UNSPOKEN = 4408
"""How a conversation by voice ends in which nobody has said anything for a minute."""
STOPPING = "The server is stopping."
HEADERS = {"accept": "text/event-stream", "anthropic-version": "2023-06-01", "a2a-version": "1.0"}


@dataclass(kw_only=True)
class Stream:
    """One stream, and how it has ended: `finished`, `told` that the server stops, or what cut it."""

    kind: str
    words: str
    name: str
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: str = "open"
    at: float = 0.0

    async def read(self, session: aiohttp.ClientSession, url: str) -> None:
        """Open it, and read on."""
        try:
            self.ended = await KINDS[self.kind](self, session, url)
        except (aiohttp.ClientError, OSError) as error:
            self.ended = f"cut: {type(error).__name__} {error}"
        self.at = time.monotonic()
        self.begun.set()

    def heard(self, event: str) -> None:
        """Something has come; the model's first word is where it begins."""
        if "[scripted]" in event:
            self.begun.set()


async def _events(stream: Stream, session: aiohttp.ClientSession, url: str, body: Json) -> AsyncGenerator[str]:
    """The events of a stream, each as it was written; the connection's end is theirs."""
    async with session.post(url, json=body, headers=HEADERS) as answer:
        if not answer.ok:
            raise aiohttp.ClientPayloadError(f"{answer.status} {await answer.text()}"[:200])
        rest = ""
        async for piece in answer.content.iter_any():
            rest += piece.decode()
            *whole, rest = rest.split("\n\n")
            for event in whole:
                stream.heard(event)
                yield event


async def _over_http(stream: Stream, events: AsyncGenerator[str], finished: str, told: str = STOPPING) -> str:
    last = ""
    async for event in events:
        if told in event:
            return "told"
        last = event
    return "finished" if finished in last else f"cut: {stream.kind} after {last[:120]!r}"


async def chat(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """A run's own events."""
    events = _events(stream, session, f"{url}/chat", {"message": stream.words})
    return await _over_http(stream, events, "event: succeeded", "event: closing")


def _run_input(stream: Stream) -> Json:
    said = {"id": "m1", "role": "user", "content": stream.words}
    return {"threadId": stream.name, "runId": f"run-{stream.name}", "messages": [said]} | {
        "state": {},
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }


async def agui(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """AG-UI over server-sent events."""
    return await _over_http(stream, _events(stream, session, f"{url}/agui", _run_input(stream)), '"RUN_FINISHED"')


async def openai(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """A chat completion of OpenAI's format."""
    body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": stream.words}]}
    return await _over_http(stream, _events(stream, session, f"{url}/v1/chat/completions", body), "data: [DONE]")


async def anthropic(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """A message of Anthropic's format."""
    body: Json = {"model": "scripted", "stream": True, "max_tokens": 500}
    body["messages"] = [{"role": "user", "content": stream.words}]
    return await _over_http(stream, _events(stream, session, f"{url}/v1/messages", body), "event: message_stop")


def _message(stream: Stream) -> Json:
    message = {"messageId": f"m-{stream.name}", "role": "ROLE_USER", "parts": [{"text": stream.words}]}
    return {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage", "params": {"message": message}}


async def a2a(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """A2A's JSON-RPC over server-sent events."""
    return await _over_http(stream, _events(stream, session, f"{url}/a2a", _message(stream)), "TASK_STATE_COMPLETED")


async def _over_socket(
    stream: Stream, session: aiohttp.ClientSession, url: str, frame: Json | None, over: Callable[[Json], bool]
) -> str:
    """A frame, and what comes until it is over; the code of the close says why it ends before."""
    async with session.ws_connect(url, autoping=True, max_msg_size=0) as socket:
        if frame is None:
            stream.begun.set()
        else:
            await socket.send_json(frame)
        async for came in socket:
            if came.type == aiohttp.WSMsgType.TEXT:
                stream.heard(came.data)
                if over(json.loads(came.data)):
                    return "finished"
        if socket.close_code == UNSPOKEN:
            return "finished"
        return "told" if socket.close_code == aiohttp.WSCloseCode.GOING_AWAY else f"cut: close {socket.close_code}"


async def a2a_socket(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """A2A over the WebSocket."""
    return await _over_socket(
        stream, session, f"{url}/a2a", _message(stream), lambda frame: frame.get("method") == "streamEnd"
    )


async def agui_socket(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """AG-UI over the WebSocket."""
    return await _over_socket(
        stream, session, f"{url}/agui/ws", _run_input(stream), lambda event: event["type"] == "RUN_FINISHED"
    )


async def voice_socket(stream: Stream, session: aiohttp.ClientSession, url: str) -> str:
    """A conversation by voice that nobody has begun yet."""
    return await _over_socket(stream, session, f"{url}/ws/voice", None, lambda _frame: False)


VOICE = "voice socket"
KINDS = {
    "run's events": chat,
    "AG-UI": agui,
    "OpenAI chat": openai,
    "Anthropic messages": anthropic,
    "A2A": a2a,
    "A2A socket": a2a_socket,
    "AG-UI socket": agui_socket,
    VOICE: voice_socket,
}
LEAVE_RUNS = ("run's events", "AG-UI", "A2A", "A2A socket", "AG-UI socket")
"""Those whose work is a run, which goes on without them."""
