"""The protocol's server: the package dispatches, the tools are the catalog's."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from mcp.server.caching import CacheHint
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp_types import CallToolRequestParams, ListToolsResult, PaginatedRequestParams

from nis_backend import __version__
from nis_backend.caller import LOCAL
from nis_backend.errors import NotFound
from nis_backend.run import RunHandle
from nis_backend.surfaces.mcp.following import Asking, Followed, asks_persons
from nis_backend.surfaces.mcp.questions import answer
from nis_backend.surfaces.mcp.results import refused, told
from nis_backend.surfaces.mcp.tasks import AsTask, Tasks, takes
from nis_backend.surfaces.mcp.things import Things
from nis_backend.surfaces.mcp.tools import choose, tool
from nis_backend.surfaces.tools import tool_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

    from nis_backend.caller import Caller
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.opened import Operations
    from nis_backend.surfaces.mcp.call import Calls

    Asked = ServerRequestContext[Any, Any]  # Any: nothing is kept in the package's lifespan

FRESH_MILLISECONDS = 300_000
"""How long a client may keep the list of tools, which changes only with a restart."""

ANSWER_SECONDS = 86_400.0
"""How long a person may take to answer what a call asks; the run waits on, and is answered by its commands then."""

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
    things = Things(entries)

    async def list_tools(asked: Asked, params: PaginatedRequestParams | None) -> ListToolsResult:
        if params is not None and params.cursor is not None:
            raise refused(
                NotFound("There is one page.", field="cursor", value=params.cursor, remedy="Leave out cursor.")
            )
        return ListToolsResult(tools=[tool(entry) for entry in choose(entries, _toolset(asked) or toolset)])

    def context(asked: Asked) -> Context:
        return process.context(_caller(asked))

    async def call_tool(asked: Asked, params: CallToolRequestParams) -> HandlerResult:
        if params.name not in offered:
            raise refused(_unknown(params.name, offered))
        entry, arguments = offered[params.name], params.arguments or {}
        ctx, tell = context(asked), asked.session.report_progress
        if params.request_state is None and takes(asked, entry):
            return await calls.begin(entry, arguments, ctx, AsTask(ctx))
        # A client that gave no token for progress reads no words as they come.
        reads = asked.meta is not None and asked.meta.get("progress_token") is not None
        ctx = replace(ctx, follows=reads)
        if params.request_state is None:
            followed = Followed(tell, reads=reads)
            follow = Asking(asked, followed, ctx, things) if asks_persons(asked) else followed
            return await calls.answer(entry, arguments, ctx, tell, follow)
        # The state is ours as we sealed it: the run that the person was asked about.
        with told():
            run = await ctx.runs.get(params.request_state)
            await answer(things, ctx, run, _raw(asked).get("inputResponses") or {})
        follow = Asking(asked, Followed(tell, reads=reads, after=run.last_seq), ctx, things)
        return await calls.go_on(RunHandle(id=run.id, log=ctx.runs), entry, ctx, follow)

    async def check_toolset(ctx: Asked, call_next: CallNext) -> HandlerResult:
        """A wrong address is told at the first request, whichever it is."""
        if ctx.request_id is not None:
            with told():
                choose(entries, _toolset(ctx))
        return await call_next(ctx)

    server = Server[Any](
        "nis",
        title="nis",
        version=__version__,
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": CacheHint(ttl_ms=FRESH_MILLISECONDS)},
        get_tool_input_schema=lambda name: offered[name].request_schema if name in offered else None,
        on_list_tools=list_tools,
    )
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    security = RequestStateSecurity(
        keys=[os.urandom(32)], ttl=ANSWER_SECONDS, bind_principal=lambda asked: _caller(asked).owner
    )
    server.middleware += [check_toolset, RequestStateBoundary(security, default_audience=server.name)]
    Tasks(context, things).serve(server)
    return server


def _caller(asked: Asked) -> Caller:
    return LOCAL if asked.request is None else asked.request.state.caller


def _raw(asked: Asked) -> Mapping[str, Any]:
    """The request as it came: what is not asked for may have any shape."""
    return asked.params or {}


def _toolset(asked: Asked) -> str | None:
    return None if asked.request is None else asked.request.query_params.get("toolset")


def _unknown(name: str, offered: dict[str, Entry]) -> NotFound:
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong name needs it

    near = ", ".join(get_close_matches(name, offered, n=3))
    remedy = f"Nearest: {near}." if near else "List the tools to see what there is."
    return NotFound(f"There is no tool {name!r}.", field="name", value=name, remedy=remedy)
