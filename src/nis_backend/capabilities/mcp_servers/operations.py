"""Servers of tools as operations: registered, changed, tried, asked for their tools, and called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr

from nis_backend.capabilities.mcp_servers.server import (
    MOST_OFFERED,
    MOST_SERVERS,
    Approval,
    McpServer,
    RemoteToolLine,
    ServerName,
    ToolName,
    asked,
    check_url,
    command_of,
    find,
    lines,
    listed,
    remote,
    told,
)
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, NisError, NotFound
from nis_backend.found import keep
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

ALLOWED = "Those of its tools that are offered; unset: all."
WHEN = (
    "When a person is asked before an agent calls a tool: always, for tools that do not say that they only read, or "
    "never; all but the first take the scope server:admin, since a server may say what it likes."
)
LONGEST = "Seconds an answer may take."


class CreateMcpServer(Model):
    """Where tools are: an address, or a program that the operator has named."""

    name: ServerName | None = Field(
        default=None, description="What its tools' names begin with, after mcp; unset: its id."
    )
    url: str | None = Field(
        default=None, min_length=8, max_length=1000, description="Its address, as in https://tools.example.org/mcp."
    )
    command: str | None = Field(
        default=None, min_length=1, max_length=64, description="A program's name in NIS_MCP_COMMANDS, in its place."
    )
    allowed: list[ToolName] | None = Field(default=None, max_length=500, description=ALLOWED)
    approval: Approval = Field(default="always", description=WHEN)
    seconds: float = Field(default=30, ge=1, le=300, description=LONGEST)
    enabled: bool = Field(default=True, description="Whether it is asked at all.")


class OneMcpServer(Model):
    """Which server."""

    id: str = Field(min_length=1, max_length=64, description="The server's id, or its name.")


class UpdateMcpServer(OneMcpServer):
    """Which server, and what of it changes; what is unset stays."""

    url: str | None = Field(default=None, min_length=8, max_length=1000, description="Its address.")
    allowed: list[ToolName] | None = Field(default=None, max_length=500, description=ALLOWED)
    approval: Approval | None = Field(default=None, description=WHEN)
    seconds: float | None = Field(default=None, ge=1, le=300, description=LONGEST)
    enabled: bool | None = Field(default=None, description="Whether it is asked at all.")


class SetToken(OneMcpServer):
    """Which server, and what it is sent."""

    token: SecretStr = Field(max_length=4096, description="The bearer token; empty: none. It is kept, and never shown.")


class CallRemoteTool(OneMcpServer):
    """Which tool of which server, and with what."""

    tool: ToolName = Field(description="What the server calls it.")
    arguments: dict[str, Any] = Field(default_factory=dict[str, Any], description="What it is given.")  # Any: JSON


class RemoteToolAnswer(Model):
    """What the tool answered."""

    text: str = Field(description="In words.")
    data: Any = Field(default=None, description="As data, where it has some.")  # Any: JSON
    failed: bool = Field(description="Whether the tool says that it has failed.")


class ListMcpServers(Model):
    """Which servers, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class McpServerList(Model):
    """One page of the caller's servers."""

    mcp_servers: list[McpServer]
    next_cursor: Next


class ListRemoteTools(Model):
    """Which servers' tools."""

    server: str | None = Field(default=None, max_length=64, description="Only this one's, by its id or its name.")


class RemoteToolList(Model):
    """Tools that agents here are offered."""

    tools: list[RemoteToolLine]


class McpServerTested(Model):
    """Whether a server answers."""

    id: str
    ok: bool = Field(description="Whether it has listed its tools.")
    tools: list[str] = Field(description="The first of them, at most twenty.")
    count: int = Field(description="How many there are.")
    problem: dict[str, Any] | None = Field(description="Why it has not.")  # Any: a problem document


def _draw_servers(_request: Model, result: McpServerList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.url or one.command, one.tools, one.approval] for one in result.mcp_servers
    ]
    return [Table(title="Servers of tools", columns=["id", "name", "where", "tools", "asks"], rows=rows)]


def _draw_tools(_request: Model, result: RemoteToolList) -> list[View]:
    rows: list[list[str | float]] = [[one.name, one.description, "yes" if one.ask else "no"] for one in result.tools]
    return [Table(title="Tools", columns=["tool", "what it does", "asks first"], rows=rows)]


def _draw_answer(_request: Model, result: RemoteToolAnswer) -> list[View]:
    return [Text(text=result.text)]


MADE = Before(
    name="made",
    operation="mcp_servers.create_mcp_server",
    request={"url": "https://tools.example.org/mcp", "enabled": False},
)
THERE = Before(name="there", operation="mcp_servers.create_mcp_server", request={"command": "example"})
KNOWN = Before(name="known", operation="mcp_servers.refresh_tools", request={"id": "{there.id}"})


@operation(
    "mcp_servers.list_mcp_servers",
    effect="reads",
    resource="mcp_server",
    view=_draw_servers,
    examples=(Example(title="What there is", request={"limit": 1}, before=(MADE,)),),
)
async def list_mcp_servers(request: ListMcpServers, ctx: Context) -> McpServerList:
    """List the servers of tools (MCP) that the caller has registered, the newest first."""
    rows, following = await ctx.store.page("mcp_servers", cursor=request.cursor, limit=request.limit)
    return McpServerList(mcp_servers=[told(row) for row in rows], next_cursor=following)


@operation(
    "mcp_servers.get_mcp_server",
    effect="reads",
    resource="mcp_server",
    examples=(Example(title="One that was registered", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def get_mcp_server(request: OneMcpServer, ctx: Context) -> McpServer:
    """Get a server of tools: where it is, what of it is offered, and when a person is asked."""
    return told(await find(request.id, ctx))


@operation(
    "mcp_servers.create_mcp_server",
    effect="writes",
    repeatable=True,
    resource="mcp_server",
    examples=(
        Example(title="The program that is always there", request={"command": "example"}),
        Example(
            title="Two tools of one elsewhere, with little time",
            request={"url": "https://tools.example.org/mcp", "allowed": ["search", "fetch"], "seconds": 10},
        ),
    ),
)
async def create_mcp_server(request: CreateMcpServer, ctx: Context) -> McpServer:
    """Register a server of tools (MCP), which agents are then offered once it was asked for them.

    Raises:
        InvalidRequest: there is one of url and command, or the address is none.
        NotFound: the operator has named no such program.
        Forbidden: the address is one of the server's own network, or `approval` is not the caller's to lower.
        Conflict: there is one of this name, or there are 1,000.
    """
    if (request.url is None) == (request.command is None):
        raise InvalidRequest("There is one of url and command.", field="url", remedy="Give one of them.")
    if request.url is not None:
        check_url(request.url, ctx)
    else:
        command_of(str(request.command), ctx)
    _check_approval(request.approval, ctx)
    now, made = ctx.now(), ctx.new_id("tools")
    row: Row = {
        "id": made,
        "name": request.name or made,
        "url": request.url or "",
        "command": request.command or "",
        "token": "",
        "allowed": _listed(request.allowed),
        "approval": request.approval,
        "seconds": request.seconds,
        "enabled": int(request.enabled),
        # Who comes without a stored key has the machine itself.
        "inside": int(ctx.caller.key is None),
        "tools": "[]",
        "refreshed": None,
        "created": now,
        "updated": now,
    }
    await keep("mcp_servers", "server of tools", row, MOST_SERVERS, ctx)
    ctx.drivers.alone.pop(ctx.caller.owner, None)
    return told(row)


def _listed(allowed: list[str] | None) -> str | None:
    return None if allowed is None else json.dumps(allowed)


def _check_approval(approval: Approval | None, ctx: Context) -> None:
    """To believe what a server says of its tools is the operator's to decide."""
    if approval not in {None, "always"}:
        try:
            ctx.refuse_others()
        except Forbidden as error:
            error.field, error.value = "approval", str(approval)
            raise


@operation(
    "mcp_servers.update_mcp_server",
    effect="writes",
    repeatable=True,
    resource="mcp_server",
    examples=(
        Example(title="More time", request={"id": "{made.id}", "seconds": 60}, before=(MADE,)),
        Example(title="One tool alone", request={"id": "{made.id}", "allowed": ["search"]}, before=(MADE,)),
    ),
)
async def update_mcp_server(request: UpdateMcpServer, ctx: Context) -> McpServer:
    """Change a server of tools: where it is, what of it is offered, when a person is asked, how long it may take.

    Raises:
        InvalidRequest: nothing is to change, or the address is none.
        Forbidden: as when it is registered.
    """
    row = await find(request.id, ctx)
    given = request.model_dump(exclude={"id"}, exclude_none=True)
    if not given:
        raise InvalidRequest("Nothing is to change.", field="id", value=request.id, remedy="Give what is to change.")
    if request.url is not None:
        check_url(request.url, ctx)
        if row["command"]:
            raise InvalidRequest("A program is started for it.", field="url", remedy="Register another one.")
        # The token was meant for the other place, and what it has is another's.
        given |= {"token": "", "tools": "[]", "inside": int(ctx.caller.key is None)}
    _check_approval(request.approval, ctx)
    if not {"url", "allowed"}.isdisjoint(given):
        # That nobody is asked was said of one place and its tools, and is no word on others.
        _check_approval(row["approval"] if request.approval is None else "always", ctx)
    changes: Row = {name: int(one) if isinstance(one, bool) else one for name, one in given.items()}
    if request.allowed is not None:
        changes["allowed"] = _listed(request.allowed)
    return await _changed(row, changes, ctx)


async def _changed(row: Row, changes: Row, ctx: Context) -> McpServer:
    changes["updated"] = ctx.now()
    await ctx.store.update("mcp_servers", row["id"], changes)
    ctx.drivers.alone.pop(ctx.caller.owner, None)
    if ctx.drivers.tools is not None:
        ctx.drivers.tools().forget(row["id"])
    return told({**row, **changes})


@operation(
    "mcp_servers.set_token",
    effect="writes",
    on="mcp_server",
    # A request with a secret is no run's, whose log keeps what it was asked.
    secret=True,
    examples=(Example(title="A bearer token", request={"id": "{made.id}", "token": "not-a-real-one"}, before=(MADE,)),),
)
async def set_token(request: SetToken, ctx: Context) -> McpServer:
    """Set the bearer token that a server of tools is sent; it is kept, and never shown.

    Raises:
        NotFound: there is no such server.
    """
    row = await find(request.id, ctx)
    if row["command"]:
        raise InvalidRequest("A program is sent no token.", field="token", remedy="Set it where the program reads it.")
    return await _changed(row, {"token": request.token.get_secret_value()}, ctx)


@operation(
    "mcp_servers.delete_mcp_server",
    effect="destroys",
    repeatable=True,
    resource="mcp_server",
    examples=(Example(title="It is no more", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def delete_mcp_server(request: OneMcpServer, ctx: Context) -> OneMcpServer:
    """Delete a server of tools, and its token; agents are offered its tools no more."""
    row = await find(request.id, ctx)
    await ctx.store.delete("mcp_servers", row["id"])
    if ctx.drivers.tools is not None:
        ctx.drivers.tools().forget(row["id"])
    return OneMcpServer(id=row["id"])


def _enabled(row: Row) -> None:
    if not row["enabled"]:
        raise Conflict(
            f"The server of tools {row['name']!r} is not enabled.", field="id", value=row["name"], remedy="Enable it."
        )


@operation(
    "mcp_servers.test_mcp_server",
    effect="reads",
    outward=True,
    on="mcp_server",
    time_limit=310,
    examples=(Example(title="One that is not enabled", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def test_mcp_server(request: OneMcpServer, ctx: Context) -> McpServerTested:
    """Ask a server for the list of its tools, keep nothing of it, and say whether it answers."""
    row = await find(request.id, ctx)
    try:
        _enabled(row)
        found = await remote(ctx).tools(asked(row, ctx))
    except NisError as error:
        return McpServerTested(id=row["id"], ok=False, tools=[], count=0, problem=error.problem())
    names = [one.name for one in found]
    return McpServerTested(id=row["id"], ok=True, tools=names[:20], count=len(names), problem=None)


@operation(
    "mcp_servers.refresh_tools",
    effect="writes",
    outward=True,
    on="mcp_server",
    time_limit=310,
    examples=(Example(title="What it has now", request={"id": "{there.id}"}, before=(THERE,)),),
)
async def refresh_tools(request: OneMcpServer, ctx: Context) -> RemoteToolList:
    """Ask a server for its tools and keep the list: what agents are offered is what it said then.

    Raises:
        Unavailable, UpstreamFailed, DeadlineExceeded: it does not answer, refuses, or takes too long.
        Conflict: it is not enabled.
    """
    row = await find(request.id, ctx)
    _enabled(row)
    found = listed(await remote(ctx).tools(asked(row, ctx)))
    now = ctx.now()
    await ctx.store.update("mcp_servers", row["id"], {"tools": found, "refreshed": now, "updated": now})
    ctx.drivers.alone.pop(ctx.caller.owner, None)
    return RemoteToolList(tools=list(lines({**row, "tools": found})))


@operation(
    "mcp_servers.list_tools",
    effect="reads",
    view=_draw_tools,
    examples=(Example(title="Those of one", request={"server": "{there.id}"}, before=(THERE, KNOWN)),),
)
async def list_tools(request: ListRemoteTools, ctx: Context) -> RemoteToolList:
    """List the tools of other servers that agents here are offered, and what a person is asked before each."""
    if request.server:
        rows = [await find(request.server, ctx, "server")]
    else:
        rows = await ctx.store.select("mcp_servers", where={"enabled": 1}, limit=MOST_OFFERED)
    return RemoteToolList(tools=[one for row in rows for one in lines(row)])


@operation(
    "mcp_servers.call_tool",
    # It may do whatever its server does.
    effect="destroys",
    outward=True,
    on="mcp_server",
    time_limit=310,
    view=_draw_answer,
    examples=(
        Example(
            title="Say it back",
            request={"id": "{there.id}", "tool": "echo", "arguments": {"text": "Hello!"}},
            before=(THERE, KNOWN),
        ),
    ),
)
async def call_tool(request: CallRemoteTool, ctx: Context) -> RemoteToolAnswer:
    """Call a tool of another server, one of those that are offered.

    Raises:
        NotFound: the server has listed no such tool, or it is not among those allowed.
        Unavailable, UpstreamFailed, DeadlineExceeded: it does not answer, refuses, or takes too long.
        Conflict: it is not enabled.
    """
    row = await find(request.id, ctx)
    _enabled(row)
    offered = [one.tool for one in lines(row)]
    if request.tool not in offered:
        raise NotFound(
            f"The server {row['name']!r} offers no tool {request.tool!r}.",
            field="tool",
            value=request.tool,
            remedy=f"It offers {', '.join(offered[:20]) or 'none: refresh its tools'}.",
        )
    answer = await remote(ctx).call(asked(row, ctx), request.tool, request.arguments)
    return RemoteToolAnswer(text=answer.text, data=answer.data, failed=answer.failed)


OPERATIONS = (
    list_mcp_servers,
    get_mcp_server,
    create_mcp_server,
    update_mcp_server,
    set_token,
    delete_mcp_server,
    test_mcp_server,
    refresh_tools,
    list_tools,
    call_tool,
)
