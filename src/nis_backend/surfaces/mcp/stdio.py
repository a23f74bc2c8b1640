"""MCP over this process's standard input and output: the tools of the running server, or of the data folder itself.

Nothing but the protocol is written to standard output; what else would go there goes to standard error.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

import httpx2  # the package's own client, which it is handed below
from mcp.client.streamable_http import streamable_http_client
from mcp.server.stdio import stdio_server
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
)
from mcp.shared.message import ClientMessageMetadata, SessionMessage
from mcp_types import (
    PROTOCOL_VERSION_META_KEY,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
)

from nis_backend.context import Context
from nis_backend.errors import NisError, Unavailable, from_problem, shorten
from nis_backend.surfaces.base import Closing
from nis_backend.surfaces.mcp.call import Calls
from nis_backend.surfaces.mcp.routes import PATH
from nis_backend.surfaces.mcp.server import build
from nis_backend.surfaces.mcp.tasks import METHODS
from nis_backend.surfaces.mcp.tools import choose

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from anyio import AsyncFile
    from mcp.shared._stream_protocols import ReadStream, WriteStream
    from pydantic import SecretStr

    from nis_backend.caller import Caller
    from nis_backend.opened import Operations
    from nis_backend.operation import Json

    Messages = ReadStream[SessionMessage | Exception]

log = logging.getLogger("nis.mcp")

NAMED = {**NAME_BEARING_METHODS, **dict.fromkeys(METHODS, "taskId")}
"""What a request names, which a header says too, by the method; those of tasks are not the package's."""
LONGEST_LINE = 8 * 2**20
"""Bytes of a message that are read; what a server takes is less."""
SILENCE_SECONDS = 300.0
"""Longest silence of a server under a call; it says every 15 s that it is still there."""


def _be_quiet() -> None:
    """The packages tell each request and each session's id at "info"."""
    for name in ("mcp", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def serve_folder(opened: AbstractAsyncContextManager[Context], toolset: str | None) -> None:
    """Answer from the data folder, opened until the client leaves.

    Raises:
        NotFound: there is no such toolset.
        Conflict: another process holds the folder.
    """
    _be_quiet()
    asyncio.run(_serve_folder(opened, toolset))


async def _serve_folder(opened: AbstractAsyncContextManager[Context], toolset: str | None) -> None:
    async with opened as ctx:
        choose(ctx.operations.entries(), toolset)
        # It stays as long as its client: runs that were cut go on here, which a single command leaves alone.
        await ctx.drivers.dispatch.open()
        calls = Calls(Closing())
        server, subscriptions = build(_Folder(ctx), calls, toolset)
        async with _stdio() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
        subscriptions.close()
        await calls.drain()


@asynccontextmanager
async def _stdio() -> AsyncGenerator[tuple[Messages, WriteStream[SessionMessage]]]:
    """The package's streams over our two.

    It reads the input in a thread, which nothing ends but the next line: a client that keeps its end open would never
    see this process go. What a client gives is a pipe, and that is read here without one.
    """
    kind = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        async with stdio_server() as streams:
            yield streams
        return
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        # The cast: all it does with its input is to go through its lines.
        async with stdio_server(stdin=cast("AsyncFile[str]", _lines(reader))) as streams:
            yield streams
    finally:
        transport.close()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    async for line in reader:
        yield line.decode("utf-8", "replace")


class _Folder:
    """The opened folder as the protocol's server sees a process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    @property
    def operations(self) -> Operations:
        return self._ctx.operations

    def context(self, caller: Caller) -> Context:
        return Context(drivers=self._ctx.drivers, caller=caller)


def serve_over_http(url: str, key: SecretStr | None, toolset: str | None) -> None:
    """Hand everything on to the server at `url`, and back.

    Raises:
        NisError: the server does not answer, or refuses the key.
    """
    _be_quiet()
    try:
        asyncio.run(_bridge(url, key, toolset))
    except* NisError as refused:
        raise _first(refused) from None
    except* httpx2.HTTPError as broken:
        raise Unavailable(
            f"The server at {url} does not answer: {_first(broken)}.",
            remedy="Start it with `nis serve`; the client starts this command anew.",
        ) from None


async def _bridge(url: str, key: SecretStr | None, toolset: str | None) -> None:
    address = f"{url}{PATH}" + (f"?{urlencode({'toolset': toolset})}" if toolset else "")
    headers = {} if key is None else {"authorization": f"Bearer {key.get_secret_value()}"}
    async with (
        httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(30, read=SILENCE_SECONDS),
            trust_env=False,  # loopback needs no proxy
            event_hooks={"response": [_check]},
        ) as client,
        streamable_http_client(address, http_client=client, max_sse_event_size=None) as (answers, requests),
        _stdio() as (incoming, outgoing),
    ):
        era = _Era()
        down = asyncio.create_task(_hand_back(answers, outgoing, era))
        try:
            await _hand_on(incoming, requests, era)
        finally:
            down.cancel()
            # The output's writer ends with it, and waits for it.
            await outgoing.aclose()


async def _check(response: httpx2.Response) -> None:
    """A refusal of the guard ends the command with its words: the protocol has none for it."""
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        await response.aread()
        raise from_problem(response.json())


class _Era:
    """What the protocol wants in headers of a message that it has in the message itself."""

    def __init__(self) -> None:
        self._opening: object = None
        self._negotiated: str | None = None

    def sent(self, message: JSONRPCMessage) -> dict[str, str]:
        """The headers of a message of the client."""
        params: Json = getattr(message, "params", None) or {}
        meta: Json = params.get("_meta") or {}
        version = meta.get(PROTOCOL_VERSION_META_KEY, self._negotiated)
        if not isinstance(message, JSONRPCRequest):
            return {MCP_PROTOCOL_VERSION_HEADER: version} if version else {}
        if message.method == "initialize":
            self._opening, self._negotiated = message.id, None
            return {}
        headers = {MCP_METHOD_HEADER: message.method}
        name = params.get(NAMED.get(message.method, ""))
        if isinstance(name, str):
            headers[MCP_NAME_HEADER] = encode_header_value(name)
        return headers | ({MCP_PROTOCOL_VERSION_HEADER: str(version)} if version else {})

    def answered(self, message: JSONRPCMessage) -> None:
        """The answer to `initialize` has the version that holds from then on."""
        if isinstance(message, JSONRPCResponse) and message.id == self._opening:
            self._negotiated = message.result.get("protocolVersion")


async def _hand_on(incoming: Messages, requests: WriteStream[SessionMessage], era: _Era) -> None:
    async for one in incoming:
        if isinstance(one, SessionMessage):
            await requests.send(SessionMessage(one.message, ClientMessageMetadata(headers=era.sent(one.message))))
        else:
            log.warning("a line that is no message of the protocol is left out: %s", shorten(one))


async def _hand_back(answers: Messages, outgoing: WriteStream[SessionMessage], era: _Era) -> None:
    async for one in answers:
        if isinstance(one, SessionMessage):
            era.answered(one.message)
            await outgoing.send(SessionMessage(one.message))


def _first(error: BaseException) -> BaseException:
    """The failure itself, out of the groups that tasks wrap it in."""
    # The cast: a group's own type says nothing of what is in it.
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
