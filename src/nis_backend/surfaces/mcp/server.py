"""The protocol's server: the package dispatches, the tools are the catalog's."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from mcp.server.caching import CacheHint
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp_types import CallToolRequestParams, ListToolsResult, PaginatedRequestParams

from nis_backend import __version__
from nis_backend.caller import LOCAL
from nis_backend.calling import authorise
from nis_backend.errors import Conflict, NotFound
from nis_backend.run import RunHandle
from nis_backend.surfaces.mcp.following import Asking, Followed, asks_persons
from nis_backend.surfaces.mcp.prompts import Prompts
from nis_backend.surfaces.mcp.questions import answer
from nis_backend.surfaces.mcp.resources import Resources
from nis_backend.surfaces.mcp.results import refused, told
from nis_backend.surfaces.mcp.subscriptions import Subscriptions
from nis_backend.surfaces.mcp.tasks import AsTask, Tasks, takes
from nis_backend.surfaces.mcp.things import Things
from nis_backend.surfaces.mcp.tools import choose, tool
from nis_backend.surfaces.mcp.watching import Watching
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


class Tools:
    """The methods of tools."""

    def __init__(self, process: Catalogued, calls: Calls, toolset: str | None) -> None:
        self._process = process
        self._calls = calls
        self._toolset = toolset
        self._entries = process.operations.entries()
        self._offered: dict[str, Entry] = {tool_name(entry): entry for entry in self._entries}
        self.things = Things(self._entries)

    def context(self, asked: Asked) -> Context:
        """A fresh context of a request's caller."""
        return self._process.context(_caller(asked))

    def schema(self, name: str) -> Mapping[str, Any] | None:
        """What a tool takes."""
        return self._offered[name].request_schema if name in self._offered else None

    async def list(self, asked: Asked, params: PaginatedRequestParams | None) -> ListToolsResult:
        """The toolset's, on one page."""
        if params is not None and params.cursor is not None:
            raise refused(
                NotFound("There is one page.", field="cursor", value=params.cursor, remedy="Leave out cursor.")
            )
        chosen = choose(self._entries, _toolset(asked) or self._toolset)
        return ListToolsResult(tools=[tool(entry) for entry in chosen])

    async def call(self, asked: Asked, params: CallToolRequestParams) -> HandlerResult:
        """Call an operation; of a run that was asked about before, go on with it."""
        if params.name not in self._offered:
            raise refused(_unknown(params.name, self._offered))
        entry, arguments = self._offered[params.name], params.arguments or {}
        ctx, tell = self.context(asked), asked.session.report_progress
        # A client that gave no token for progress reads no words as they come.
        reads = asked.meta is not None and asked.meta.get("progress_token") is not None
        if params.request_state is not None:
            return await self._go_on(asked, params.request_state, entry, Followed(tell, ctx, reads=reads))
        # Who may not read runs could not come back for a task.
        if takes(asked, entry) and self.things.allowed(ctx, "run", "get_run"):
            return await self._calls.begin(entry, arguments, ctx, AsTask(ctx))
        ctx = replace(ctx, follows=reads)
        followed = Followed(tell, ctx, reads=reads)
        follow = Asking(asked, followed, ctx, self.things) if asks_persons(asked) else followed
        return await self._calls.answer(entry, arguments, ctx, tell, follow)

    async def _go_on(self, asked: Asked, run_id: str, entry: Entry, followed: Followed) -> HandlerResult:
        """The state is ours as we sealed it: the run that the person was asked about."""
        ctx = self.context(asked)
        with told():
            authorise(entry, ctx)
            run = await ctx.runs.get(run_id)
            # A retry, or another surface, may have answered since it was read: the run goes on.
            with suppress(Conflict):
                await answer(self.things, ctx, run, (asked.params or {}).get("inputResponses") or {})
        followed.after = run.last_seq
        handle = RunHandle(id=run.id, log=ctx.runs)
        return await self._calls.go_on(handle, entry, ctx, Asking(asked, followed, ctx, self.things))

    async def check_toolset(self, ctx: Asked, call_next: CallNext) -> HandlerResult:
        """A wrong address is told at the first request, whichever it is."""
        if ctx.request_id is not None:
            with told():
                choose(self._entries, _toolset(ctx))
        return await call_next(ctx)


def build(process: Catalogued, calls: Calls, toolset: str | None = None) -> tuple[Server[Any], Subscriptions]:
    """The server whose tools are the operations; `toolset` counts where the address names none."""
    tools = Tools(process, calls, toolset)
    server = Server[Any](
        "nis",
        title="nis",
        version=__version__,
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": CacheHint(ttl_ms=FRESH_MILLISECONDS)},
        get_tool_input_schema=tools.schema,
        on_list_tools=tools.list,
    )
    server.add_request_handler("tools/call", CallToolRequestParams, tools.call)
    security = RequestStateSecurity(
        keys=[os.urandom(32)], ttl=ANSWER_SECONDS, bind_principal=lambda asked: _caller(asked).owner
    )
    server.middleware += [tools.check_toolset, RequestStateBoundary(security, default_audience=server.name)]
    resources = Resources(tools.context, tools.things)
    subscriptions = Subscriptions(tools.context, tools.things)
    watching = Watching(tools.context, tools.things, calls.closing)
    prompts = Prompts(tools.context, tools.things, resources)
    for part in (Tasks(tools.context, tools.things), resources, prompts, subscriptions, watching):
        part.serve(server)
    return server, subscriptions


def _caller(asked: Asked) -> Caller:
    return LOCAL if asked.request is None else asked.request.state.caller


def _toolset(asked: Asked) -> str | None:
    return None if asked.request is None else asked.request.query_params.get("toolset")


def _unknown(name: str, offered: dict[str, Entry]) -> NotFound:
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong name needs it

    near = ", ".join(get_close_matches(name, offered, n=3))
    remedy = f"Nearest: {near}." if near else "List the tools to see what there is."
    return NotFound(f"There is no tool {name!r}.", field="name", value=name, remedy=remedy)
