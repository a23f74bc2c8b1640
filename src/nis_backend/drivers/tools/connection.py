"""One connection to a server of the Model Context Protocol, by its official package; `remote` loads this when asked."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import httpx2  # the package's own client, which it is handed below
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError as Refusal
from mcp_types import TextContent
from typing_extensions import override

from nis_backend.drivers.gateway.addresses import is_private
from nis_backend.drivers.telemetry.ids import HERE
from nis_backend.drivers.tools.base import RemoteAnswer, RemoteTool
from nis_backend.errors import Forbidden, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from mcp_types import RequestParamsMeta, Tool

    from nis_backend.drivers.tools.base import ToolServer

__all__ = ["Refusal", "call_of", "connected", "tools_of"]

for _name in ("mcp", "httpx2"):
    # They tell each address at "info", and an address may hold what is nobody's.
    logging.getLogger(_name).setLevel(logging.WARNING)

MOST_PAGES = 20
MOST_TOOLS = 500
LONGEST_DESCRIPTION = 2_000
LARGEST_SCHEMA = 32_768
"""Characters of a tool's schema; a tool with a larger one is left out."""
LARGEST_ANSWER = 16 * 2**20
"""Bytes that are read of what one request is answered over HTTP."""
LONGEST_TEXT = 200_000
"""Characters of an answer."""


@asynccontextmanager
async def connected(server: ToolServer) -> AsyncGenerator[Client]:
    """A client that has greeted the server."""
    if server.command:
        program, *arguments = server.command
        # What a program says beside the protocol is nobody's: it could be anything, a secret too.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - no file, and no waiting
            parameters = StdioServerParameters(command=program, args=arguments)
            async with Client(stdio_client(parameters, errlog=nowhere)) as client:
                yield client
        return
    # What unpacks to more than was sent would be more than is counted.
    headers = {"accept-encoding": "identity"}
    if server.token is not None:
        headers["authorization"] = f"Bearer {server.token.get_secret_value()}"
    async with (
        httpx2.AsyncClient(
            headers=headers,
            timeout=server.seconds,
            trust_env=False,
            transport=Guarded(inside=server.inside),
        ) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        yield client


class Guarded(httpx2.AsyncBaseTransport):
    """Connects to where a name leads, and nowhere in our own network unless the server may be `inside`.

    The name is looked up once, and what was looked at is what is connected to: it cannot lead elsewhere a moment later.
    """

    def __init__(self, *, inside: bool) -> None:
        self._inside = inside
        self._inner = httpx2.AsyncHTTPTransport()

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not self._inside:
            host = request.url.host
            found = await asyncio.get_running_loop().getaddrinfo(host, request.url.port, type=socket.SOCK_STREAM)
            addresses = [str(one[4][0]) for one in found]
            for address in addresses:
                if is_private(address):
                    raise Forbidden(
                        f"{host} is an address of the server's own network.",
                        field="url",
                        value=host,
                        remedy="Add the host to NIS_ALLOWED_TOOL_SERVERS.",
                    )
            request.url = request.url.copy_with(host=addresses[0])
            request.extensions = {**request.extensions, "sni_hostname": host}
        response = await self._inner.handle_async_request(request)
        response.stream = Bounded(response)
        return response

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class Bounded(httpx2.AsyncByteStream):
    """A body, as much as is read of it; what is packed has none."""

    def __init__(self, response: httpx2.Response) -> None:
        self._inner = cast("httpx2.AsyncByteStream", response.stream)
        self._most = LARGEST_ANSWER if response.headers.get("content-encoding", "identity") == "identity" else 0

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        read = 0
        async for piece in self._inner:
            read += len(piece)
            if read > self._most:
                raise UpstreamFailed(
                    f"The server of tools answers more than {LARGEST_ANSWER} bytes, or packed.",
                    remedy="Ask it for less.",
                )
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


async def tools_of(client: Client) -> list[RemoteTool]:
    """All of its tools, up to a bound."""
    found: list[RemoteTool] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += [_tool(one) for one in page.tools if len(json.dumps(one.input_schema)) <= LARGEST_SCHEMA]
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST_TOOLS:
            break
    return found[:MOST_TOOLS]


def _tool(one: Tool) -> RemoteTool:
    return RemoteTool(
        name=one.name,
        description=(one.description or one.title or one.name)[:LONGEST_DESCRIPTION],
        schema=one.input_schema,
        reads=bool(one.annotations and one.annotations.read_only_hint),
    )


async def call_of(client: Client, tool: str, arguments: Mapping[str, Any]) -> RemoteAnswer:
    """What the tool answers; what is no text is only named."""
    trace = HERE.get().trace
    # The protocol's own place for a trace, which a program that is spoken to over pipes has too.
    meta = None if trace is None else cast("RequestParamsMeta", trace.headers())
    result = await client.call_tool(tool, dict(arguments), meta=meta)
    texts = [
        one.text if isinstance(one, TextContent) else f"[{one.type}, which is not read here]" for one in result.content
    ]
    text = "\n".join(texts)
    data: Any = result.structured_content  # Any: JSON
    if len(text) > LONGEST_TEXT or (data is not None and len(json.dumps(data)) > LONGEST_TEXT):
        raise UpstreamFailed(f"The tool answers more than {LONGEST_TEXT} characters.", remedy="Ask it for less.")
    return RemoteAnswer(text=text, data=data, failed=bool(result.is_error))
