"""Standard input and output as the protocol's messages: one JSON object a line, and nothing else on the output."""

from __future__ import annotations

import asyncio
import json
import os
import select
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from nis_backend.operation import Json

LONGEST_LINE = 8 * 2**20
"""Bytes of a message that are read: many times what a message of the agent may have."""


class Pipes:
    """Messages from standard input and to standard output; what is none is answered, and the next one is read."""

    def __init__(self, reader: asyncio.StreamReader, output: int) -> None:
        self._reader = reader
        self._output = output
        self._writing = asyncio.Lock()

    @classmethod
    async def opened(cls) -> Pipes:
        """Over the two; what others print goes to standard error from now on."""
        output = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        if stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):
            # No loop waits for a file.
            reader.feed_data(await asyncio.to_thread(sys.stdin.buffer.read))
            reader.feed_eof()
        else:
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        return cls(reader, output)

    async def send(self, message: Json) -> None:
        """Write one message; a client that reads slowly holds up its own messages alone."""
        line = f"{json.dumps(message, ensure_ascii=False)}\n".encode("utf-8", "replace")
        async with self._writing:
            await asyncio.to_thread(self._write, line)

    def _write(self, line: bytes) -> None:
        # A client that has gone reads nothing more; its end of the input tells.
        with suppress(BrokenPipeError):
            while line:
                try:
                    line = line[os.write(self._output, line) :]
                except BlockingIOError:
                    # A terminal is one file for both, and the input's reader does not block.
                    select.select([], [self._output], [])

    async def receive(self) -> Json | None:
        """The next message; None when the client has closed its end."""
        while True:
            try:
                line = await self._reader.readline()
            except ValueError:
                await self._refuse(-32600, f"A message has more than {LONGEST_LINE} bytes.", "Send less at once.")
                continue
            if not line:
                return None
            if not line.strip():
                continue
            try:
                message: Any = json.loads(line)
            except (ValueError, RecursionError) as error:
                await self._refuse(-32700, f"A line is not JSON: {error}.", "Send one JSON object a line, UTF-8.")
                continue
            if _is_message(message):
                return cast("Json", message)
            await self._refuse(-32600, "A line is no message.", "Send a request, a notification or a response.")

    async def _refuse(self, code: int, message: str, remedy: str) -> None:
        error = {"code": code, "message": message, "data": {"detail": message, "remedy": remedy}}
        await self.send({"jsonrpc": "2.0", "id": None, "error": error})

    async def close(self) -> None:
        """The output ends."""
        os.close(self._output)


def _is_message(message: Any) -> bool:  # Any: JSON
    """Whether it has the form of a message: a method by name, or the answer to one of our requests by its number."""
    if not isinstance(message, dict):
        return False
    given = cast("Json", message)
    number = given.get("id")
    if number is not None and not isinstance(number, str | int):
        return False
    return isinstance(given.get("method"), str) if "method" in given else number is not None
