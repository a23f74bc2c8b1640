"""A server that answers chat completions with prepared bytes: the model's part in measurements of everything else.

    python benchmarks/upstream.py PORT

A stream is one event a token, each written in a turn of the loop of its own, with no pause between them: the worst that
a server in front of it can meet. What it answers by itself is in the tables that `runs.py` prints.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import cast

import uvloop

TOKENS = 50
WORDS = [f"word{number} " for number in range(TOKENS)]
TEXT = "".join(WORDS)
"""The answer, whole."""
LAST = WORDS[-1].strip()
"""What only a whole answer holds."""

NAMED = {"id": "chatcmpl-1", "created": 1, "model": "prepared"}
USAGE = {"prompt_tokens": 10, "completion_tokens": TOKENS, "total_tokens": 10 + TOKENS}


def asking(port: int) -> dict[str, str]:
    """The variables of a nis that asks the server at this port, and says nothing of each call."""
    return {
        "NIS_LOCAL_URL": f"http://127.0.0.1:{port}/v1",
        "NIS_LOCAL_MODEL": "prepared",
        "NIS_MODEL": "local:prepared",
        "NIS_LOG_LEVEL": "warning",
    }


def _plain(body: object) -> bytes:
    text = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(text), text)


def _event(data: str) -> bytes:
    text = f"data: {data}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(text), text)


def _chunk(delta: object, reason: str | None = None) -> str:
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return json.dumps({**NAMED, "object": "chat.completion.chunk", "choices": choices})


WHOLE = _plain(
    {
        **NAMED,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
)
MODELS = _plain({"object": "list", "data": [{"id": "prepared", "object": "model", "created": 1, "owned_by": "bench"}]})
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PIECES = [
    HEAD + _event(_chunk({"role": "assistant", "content": WORDS[0]})),
    *(_event(_chunk({"content": word})) for word in WORDS[1:]),
    _event(_chunk({}, "stop"))
    + _event(json.dumps({**NAMED, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}))
    + _event("[DONE]")
    + b"0\r\n\r\n",
]


class Upstream(asyncio.Protocol):
    """One connection, kept open; a request that is being answered is followed by no other."""

    def __init__(self) -> None:
        self._given = bytearray()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        # uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._given += data
        end = self._given.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._given[:end]).lower()
        _, _, length = head.partition(b"content-length:")
        whole = end + 4 + int(length.split(b"\r\n", 1)[0] or 0)
        if len(self._given) < whole:
            return
        body = bytes(self._given[end + 4 : whole])
        del self._given[:whole]
        if head.startswith(b"get"):
            self._transport.write(MODELS)
        elif b'"stream":true' in body or b'"stream": true' in body:
            self._write(PIECES, 0)
        else:
            self._transport.write(WHOLE)

    def _write(self, pieces: Sequence[bytes], at: int) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(pieces[at])
        if at + 1 < len(pieces):
            self._loop.call_soon(self._write, pieces, at + 1)


async def main(port: int) -> None:
    """Answer until this process is ended."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
