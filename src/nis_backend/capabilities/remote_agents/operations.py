"""Remote agents as operations: registered, described, changed, asked for their cards anew, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.remote_agents.agent import (
    Header,
    KeyName,
    Name,
    RemoteAgent,
    TrustedKey,
    Url,
    check_rights,
    check_url,
    find,
    refreshed,
    shown,
)
from nis_backend.capabilities.remote_agents.sending import HERE, ask_remote_agent
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.found import keep, taken
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST = 1000
"""Remote agents of one owner."""

MADE = Before(
    name="made",
    operation="remote_agents.create_remote_agent",
    request={"url": "https://agents.example.org/.well-known/agent-card.json"},
)


class CreateRemoteAgent(Model):
    """Where an agent's card is, and how the agent is asked."""

    name: Name | None = Field(
        default=None, description="What it is called here; its tool is agent-NAME. Unset: one is made up."
    )
    url: Url = Field(description="Address of its card; a server's bare address has it at the usual place.")
    key_name: KeyName = Field(
        default="",
        description="Which of the keys in NIS_AGENT_KEYS it is sent; none is kept here. Empty: it wants none.",
    )
    key_header: Header = Field(
        default="", description="The header the key is sent in, as in X-API-Key; empty: as a bearer's token."
    )
    trusted_key: TrustedKey = Field(
        default="",
        description="The public key its card has to be signed with, as a JSON Web Key or PEM; empty: any card will do.",
    )
    tool: bool = Field(default=True, description="Whether the agent here may ask it.")
    ask: bool = Field(
        default=True,
        description="Whether a person is asked first when the agent here wants to ask it; false takes server:admin.",
    )
    enabled: bool = Field(default=True, description="Whether it is asked at all.")


class OneRemoteAgent(Model):
    """Which agent."""

    id: str = Field(min_length=1, max_length=64, description="The agent's id, or its name.")


class UpdateRemoteAgent(OneRemoteAgent):
    """Which agent, and what of it changes; what is unset stays."""

    name: Name | None = Field(default=None, description="What it is called here.")
    url: Url | None = Field(default=None, description="Address of its card.")
    key_name: KeyName | None = Field(default=None, description="Which of the keys in NIS_AGENT_KEYS it is sent.")
    key_header: Header | None = Field(default=None, description="The header the key is sent in.")
    trusted_key: TrustedKey | None = Field(default=None, description="The public key its card has to be signed with.")
    tool: bool | None = Field(default=None, description="Whether the agent here may ask it.")
    ask: bool | None = Field(default=None, description="Whether a person is asked first when the agent here asks it.")
    enabled: bool | None = Field(default=None, description="Whether it is asked at all.")


class ListRemoteAgents(Model):
    """Which agents, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class RemoteAgentList(Model):
    """One page of remote agents."""

    remote_agents: list[RemoteAgent]
    next_cursor: Next


def _draw(_request: Model, result: RemoteAgentList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.name, one.url, one.card.description if one.card else "not asked yet", "yes" if one.enabled else "no"]
        for one in result.remote_agents
    ]
    return [Table(title="Remote agents", columns=["name", "card", "what it does", "enabled"], rows=rows)]


@operation(
    "remote_agents.list_remote_agents",
    effect="reads",
    resource="remote_agent",
    view=_draw,
    examples=(Example(title="The newest", request={"limit": 1}, before=(MADE,)),),
)
async def list_remote_agents(request: ListRemoteAgents, ctx: Context) -> RemoteAgentList:
    """List the agents of other servers that the caller has registered, the newest first."""
    rows, following = await ctx.store.page("remote_agents", cursor=request.cursor, limit=request.limit)
    return RemoteAgentList(remote_agents=[shown(row, ctx) for row in rows], next_cursor=following)


@operation(
    "remote_agents.get_remote_agent",
    effect="reads",
    resource="remote_agent",
    examples=(Example(title="One that was registered", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def get_remote_agent(request: OneRemoteAgent, ctx: Context) -> RemoteAgent:
    """Get a remote agent: where it is, what it said of itself last, and how it is spoken to."""
    return shown(await find(request.id, ctx), ctx)


@operation(
    "remote_agents.create_remote_agent",
    effect="writes",
    repeatable=True,
    resource="remote_agent",
    examples=(
        Example(
            title="By the address of its card",
            request={"url": "https://agents.example.org/.well-known/agent-card.json"},
        ),
        Example(title="One for tests, which repeats what it is told", request={"url": "scripted:echo"}),
    ),
)
async def create_remote_agent(request: CreateRemoteAgent, ctx: Context) -> RemoteAgent:
    """Register an agent of another server; it is asked for its card when it is first needed, or refreshed.

    Raises:
        InvalidRequest: the address is none.
        Forbidden: the address is the server's own network's, or the key is not the caller's to have sent.
        Conflict: there is one of this name, or there are too many.
    """
    check_url(request.url, ctx)
    now = ctx.now()
    flags = {name: int(getattr(request, name)) for name in ("tool", "ask", "enabled")}
    made = ctx.new_id("agent")
    row: Row = {
        "id": made,
        **request.model_dump(),
        "name": request.name or made,
        **flags,
        "card": None,
        "etag": "",
        "fresh_until": None,
        "created": now,
        "updated": now,
    }
    check_rights(row, ctx)
    await keep("remote_agents", "remote agent", row, MOST, ctx)
    ctx.drivers.alone.pop(ctx.caller.owner, None)
    return shown(row, ctx)


@operation(
    "remote_agents.update_remote_agent",
    effect="writes",
    repeatable=True,
    resource="remote_agent",
    examples=(Example(title="Not as a tool", request={"id": "{made.id}", "tool": False}, before=(MADE,)),),
)
async def update_remote_agent(request: UpdateRemoteAgent, ctx: Context) -> RemoteAgent:
    """Change a remote agent: what it is called, where its card is, with which key it is asked, whether it is.

    Raises:
        InvalidRequest: nothing is to change, or the address is none.
        Forbidden: as when it is registered.
        Conflict: there is one of this name.
    """
    row = await find(request.id, ctx)
    given = request.model_dump(exclude={"id"}, exclude_none=True)
    if not given:
        raise InvalidRequest("Nothing is to change.", field="id", value=request.id, remedy="Give what is to change.")
    changes: Row = {name: int(one) if isinstance(one, bool) else one for name, one in given.items()}
    changes["updated"] = ctx.now()
    if not {"url", "trusted_key"}.isdisjoint(given):
        # What it said was another's word, or was not looked at.
        changes |= {"card": None, "etag": "", "fresh_until": None}
    after = {**row, **changes}
    check_url(after["url"], ctx)
    if not {"url", "key_name", "key_header", "trusted_key", "ask"}.isdisjoint(given):
        check_rights(after, ctx)
    try:
        await ctx.store.update("remote_agents", row["id"], changes)
    except Conflict:
        raise taken("remote agent", after["name"]) from None
    ctx.drivers.alone.pop(ctx.caller.owner, None)
    return shown(after, ctx)


@operation(
    "remote_agents.delete_remote_agent",
    effect="destroys",
    repeatable=True,
    resource="remote_agent",
    examples=(Example(title="It is no more", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def delete_remote_agent(request: OneRemoteAgent, ctx: Context) -> OneRemoteAgent:
    """Delete a remote agent; runs that follow a task of its fail with their next step."""
    row = await find(request.id, ctx)
    await ctx.store.delete("remote_agents", row["id"])
    return OneRemoteAgent(id=row["id"])


@operation(
    "remote_agents.refresh_remote_agent",
    effect="writes",
    repeatable=True,
    on="remote_agent",
    outward=True,
    examples=(Example(title="One for tests", request={"id": "{here.id}"}, before=(HERE,)),),
)
async def refresh_remote_agent(request: OneRemoteAgent, ctx: Context) -> RemoteAgent:
    """Ask a remote agent for its card again, however fresh the one here is, and check its signature.

    Raises:
        Unavailable: it cannot be reached, or refuses the key.
        NotFound: there is no card at its address.
        UpstreamFailed: what is there is no card, or is not signed as it has to be.
        NotSupported: it is spoken to in no way that is known here.
    """
    row = await find(request.id, ctx)
    return shown({**row, **await refreshed(row, ctx)}, ctx)


__all__ = [
    "OPERATIONS",
    "ListRemoteAgents",
    "OneRemoteAgent",
    "ask_remote_agent",
    "get_remote_agent",
    "list_remote_agents",
]
OPERATIONS = (
    list_remote_agents,
    get_remote_agent,
    create_remote_agent,
    update_remote_agent,
    delete_remote_agent,
    refresh_remote_agent,
)
