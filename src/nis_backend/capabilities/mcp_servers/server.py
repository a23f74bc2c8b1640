"""A server of tools as it is told, as its row has it, and as it is asked."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints

from nis_backend import found
from nis_backend.drivers.gateway.addresses import host_of, hosts_in, kept_host, refuse_private
from nis_backend.drivers.tools.base import ToolServer
from nis_backend.errors import NotFound, Unavailable
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.tools.base import RemoteTool, RemoteTools

Json = dict[str, Any]  # Any: JSON

MOST_SERVERS = 1_000
"""Of one owner."""
MOST_OFFERED = 50
"""Of them, the newest that are enabled: those whose tools agents are offered."""
LONGEST_NAME = 64
"""Characters of a function's name that models may write."""

ServerName = Annotated[str, StringConstraints(min_length=1, max_length=24, pattern=r"^[a-z][a-z0-9_]*$")]
ToolName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Approval = Literal["always", "changes", "never"]


class McpServer(Model):
    """A server of tools; its token is shown to nobody."""

    id: str
    name: str = Field(description="What its tools' names begin with, after mcp.")
    url: str = Field(description="Where it is asked; empty where a program is started.")
    command: str = Field(
        description="The program of NIS_MCP_COMMANDS that is started; empty where an address is asked."
    )
    has_token: bool = Field(description="Whether it is sent a bearer token.")
    allowed: list[str] | None = Field(description="Those of its tools that are offered; null: all.")
    approval: Approval = Field(description="When a person is asked before a tool is called.")
    seconds: float = Field(description="How long an answer may take.")
    enabled: bool
    tools: int = Field(description="How many tools it has listed.")
    refreshed: float | None = Field(description="When it has, seconds since 1970, UTC.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class RemoteToolLine(Model):
    """A tool of another server, as agents here are offered it."""

    name: str = Field(description="What a model calls it by.")
    server: str = Field(description="The server's id.")
    tool: str = Field(description="What the server calls it.")
    description: str = Field(description="The server's own words.")
    parameters: dict[str, Any] = Field(description="JSON schema of its arguments.")  # Any: JSON
    reads: bool = Field(description="Whether the server says that it changes nothing.")
    ask: str = Field(description="What a person is asked before it is called; empty: nothing.")


def told(row: Row) -> McpServer:
    """A row as callers see it."""
    given = {name: row[name] for name in McpServer.model_fields if name in row}
    given |= {
        "has_token": bool(row["token"]),
        "allowed": None if row["allowed"] is None else json.loads(row["allowed"]),
        "enabled": bool(row["enabled"]),
        "tools": len(json.loads(row["tools"])),
    }
    return McpServer.model_validate(given)


find = partial(found.by_name, "mcp_servers", "server of tools")
"""The row of a server of tools, by its id or its name."""


def remote(ctx: Context) -> RemoteTools:
    """What asks other servers.

    Raises:
        Unavailable: this process does not.
    """
    if ctx.drivers.tools is None:
        raise Unavailable("This process asks no other servers.", remedy="Ask the one that serves.")
    return ctx.drivers.tools()


def asked(row: Row, ctx: Context) -> ToolServer:
    """Where a server's tools are asked.

    Raises:
        NotFound: the operator has taken its program away.
    """
    return ToolServer(
        id=row["id"],
        url=row["url"],
        command=command_of(row["command"], ctx) if row["command"] else (),
        token=SecretStr(row["token"]) if row["token"] else None,
        inside=bool(row["inside"]) or host_of(row["url"]).lower() in hosts_in(ctx.settings.allowed_tool_servers),
        seconds=row["seconds"],
    )


def command_of(name: str, ctx: Context) -> tuple[str, ...]:
    """The program that the operator has given this name.

    Raises:
        NotFound: there is none.
    """
    commands = ctx.settings.tool_commands
    if name not in commands:
        raise NotFound(
            f"The operator allows no program {name!r}.",
            field="command",
            value=name,
            remedy="Name it in NIS_MCP_COMMANDS, and start the server again.",
        )
    return commands[name]


def check_url(url: str, ctx: Context) -> None:
    """Refuse what is no address of a server, or one that a key's holder has no business to have asked.

    Where a name leads is looked at when it is asked, each time.
    """
    host = kept_host(
        url,
        whose="a server",
        like="https://tools.example.org/mcp",
        bare=("fragment",),
        instead="Set the token by itself.",
    )
    if ctx.caller.key is not None:
        remedy = "Add the host to NIS_ALLOWED_TOOL_SERVERS, or register it on the server itself."
        refuse_private(host, ctx.settings.allowed_tool_servers, remedy)


def listed(tools: list[RemoteTool]) -> str:
    """Tools as a row keeps them."""
    return json.dumps(
        [
            {"name": one.name, "description": one.description, "parameters": one.schema, "reads": one.reads}
            for one in tools
        ]
    )


def lines(row: Row) -> Iterator[RemoteToolLine]:
    """The tools of a server that are offered, under names that models may write and that no operation has."""
    allowed = None if row["allowed"] is None else set(json.loads(row["allowed"]))
    seen: set[str] = set()
    for one in json.loads(row["tools"]):
        name = re.sub(r"[^A-Za-z0-9_-]", "_", f"mcp-{row['name']}-{one['name']}")[:LONGEST_NAME]
        if not row["enabled"] or name in seen or (allowed is not None and one["name"] not in allowed):
            continue
        seen.add(name)
        yield RemoteToolLine(
            name=name, server=row["id"], tool=one["name"], ask=_ask(row, one), **{key: one[key] for key in KEPT}
        )


KEPT = ("description", "parameters", "reads")


def _ask(row: Row, one: Mapping[str, Any]) -> str:
    """What a person is asked: what a server says of its tools is believed only where the operator has said so."""
    if row["approval"] == "never" or (row["approval"] == "changes" and one["reads"]):
        return ""
    return f"The agent wants to call {one['name']} of the server {row['name']}."
