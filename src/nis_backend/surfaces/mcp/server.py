"""The protocol's server: the package dispatches, the tools are the catalog's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from mcp.server.caching import CacheHint
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams

from nis_backend import __version__
from nis_backend.caller import LOCAL
from nis_backend.errors import NisError, NotFound
from nis_backend.surfaces.mcp.tools import choose, tool
from nis_backend.surfaces.tools import tool_name

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

    from nis_backend.caller import Caller
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.opened import Operations
    from nis_backend.operation import Json
    from nis_backend.surfaces.mcp.call import Calls

    Asked = ServerRequestContext[Any, Any]  # Any: nothing is kept in the package's lifespan

FRESH_MILLISECONDS = 300_000
"""How long a client may keep the list of tools, which changes only with a restart."""

INSTRUCTIONS = (
    "Tools compute, simulate, remember and run agents on this server. Only the most used are listed at first: the "
    "search tool finds the others by what you want done, and the call tool calls them by name."
)


class Catalogued(Protocol):
    """What the tools are made of: a process, or a data folder that was opened."""

    @property
    def operations(self) -> Operations:
        """What there is to call."""
        ...

    def context(self, caller: Caller) -> Context:
        """A fresh context for one call."""
        ...


def build(process: Catalogued, calls: Calls, toolset: str | None = None) -> Server[Any]:
    """The server whose tools are the operations; `toolset` counts where the address names none."""
    entries = process.operations.entries()
    offered: dict[str, Entry] = {tool_name(entry): entry for entry in entries}

    async def list_tools(asked: Asked, params: PaginatedRequestParams | None) -> ListToolsResult:
        if params is not None and params.cursor is not None:
            raise refused(
                NotFound("There is one page.", field="cursor", value=params.cursor, remedy="Leave out cursor.")
            )
        return ListToolsResult(tools=[tool(entry) for entry in choose(entries, _toolset(asked) or toolset)])

    async def call_tool(asked: Asked, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in offered:
            raise refused(_unknown(params.name, offered))
        caller = asked.request.state.caller if asked.request is not None else LOCAL
        arguments: Json = params.arguments or {}
        tell = asked.session.report_progress
        # A client that gave no token for progress reads no words as they come.
        reads = asked.meta is not None and asked.meta.get("progress_token") is not None
        ctx = replace(process.context(caller), follows=reads)
        return await calls.answer(offered[params.name], arguments, ctx, tell)

    async def check_toolset(ctx: Asked, call_next: CallNext) -> HandlerResult:
        """A wrong address is told at the first request, whichever it is."""
        if ctx.request_id is not None:
            try:
                choose(entries, _toolset(ctx))
            except NisError as error:
                raise refused(error) from None
        return await call_next(ctx)

    server = Server[Any](
        "nis",
        title="nis",
        version=__version__,
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": CacheHint(ttl_ms=FRESH_MILLISECONDS)},
        get_tool_input_schema=lambda name: offered[name].request_schema if name in offered else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    server.middleware.append(check_toolset)
    return server


def _toolset(asked: Asked) -> str | None:
    return None if asked.request is None else asked.request.query_params.get("toolset")


def _unknown(name: str, offered: dict[str, Entry]) -> NotFound:
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong name needs it

    near = ", ".join(get_close_matches(name, offered, n=3))
    remedy = f"Nearest: {near}." if near else "List the tools to see what there is."
    return NotFound(f"There is no tool {name!r}.", field="name", value=name, remedy=remedy)


def refused(error: NisError) -> MCPError:
    """A failure as the protocol's own error: for what is wrong with the request, not with an operation."""
    return MCPError(INVALID_PARAMS, f"{error.message} {error.remedy}".rstrip(), error.problem())
