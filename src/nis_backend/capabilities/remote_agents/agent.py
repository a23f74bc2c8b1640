"""A remote agent as it is kept: its row, what callers see of it, and how it is asked."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from nis_backend import found
from nis_backend.caller import SERVER_ADMIN
from nis_backend.drivers.agents.base import Address
from nis_backend.drivers.gateway.addresses import host_of, hosts_in, kept_host, refuse_private
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, Unavailable
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.agents.base import Card, RemoteAgents
    from nis_backend.drivers.store.base import Row

Name = Annotated[str, StringConstraints(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
KeyName = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
Header = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9-]*$")]
Url = Annotated[str, StringConstraints(min_length=8, max_length=1000)]
TrustedKey = Annotated[str, StringConstraints(max_length=8000)]

OURS = frozenset(
    {
        *("host", "connection", "content-length", "content-type", "transfer-encoding", "te", "upgrade", "expect"),
        *("accept", "accept-encoding", "a2a-version", "if-none-match", "cookie", "trailer"),
    }
)
"""Headers that a request has anyway."""


class AgentSkill(Model):
    """One thing that an agent says it can do."""

    id: str
    name: str
    description: str


class AgentCard(Model):
    """What a remote agent says of itself, and how it is spoken to. It is the agent's word alone."""

    name: str
    description: str
    version: str = Field(description="The agent's own.")
    protocol: str = Field(description="The version of the protocol in which it is spoken to.")
    binding: str = Field(description="How that protocol is carried.")
    url: str = Field(description="Where it is spoken to.")
    streaming: bool = Field(description="Whether it tells what it does as it does it; else it is looked after.")
    skills: list[AgentSkill]


class RemoteAgent(Model):
    """A remote agent as it is registered."""

    id: str
    name: str = Field(description="What it is called here; its tool is agent-NAME.")
    url: str = Field(description="Where its card is.")
    key_name: str = Field(description="Which key it is sent; empty for none.")
    key_header: str = Field(description="The header the key is sent in; empty: as a bearer's token.")
    trusted_key: str = Field(description="The public key that its card has to be signed with; empty: any card will do.")
    tool: bool = Field(description="Whether the agent here may ask it.")
    ask: bool = Field(description="Whether a person is asked first when the agent here wants to ask it.")
    enabled: bool = Field(description="Whether it is asked at all.")
    card: AgentCard | None = Field(description="What it said of itself last; null: it was not asked yet.")
    fresh_until: float | None = Field(
        description="Until when the card is not asked for again, seconds since 1970, UTC."
    )
    created: float
    updated: float


find = partial(found.by_name, "remote_agents", "remote agent")
"""The row of a remote agent, by its id or its name."""


def shown(row: Row, ctx: Context) -> RemoteAgent:
    """An agent as callers see it."""
    flags = {name: bool(row[name]) for name in ("tool", "ask", "enabled")}
    card = None if row["card"] is None else card_of(row, ctx)
    told = (
        None
        if card is None
        else AgentCard.model_validate(
            {
                **{name: getattr(card, name) for name in AgentCard.model_fields if name != "skills"},
                "skills": [vars(one) for one in card.skills],
            }
        )
    )
    names = RemoteAgent.model_fields.keys() - {*flags, "card"}
    return RemoteAgent.model_validate({**{name: row[name] for name in names}, **flags, "card": told})


def driver_of(url: str, ctx: Context) -> RemoteAgents:
    """What speaks to agents at addresses like this."""
    found = ctx.drivers.agents(url.partition(":")[0].lower())
    if found is None:
        raise InvalidRequest(
            "That is no address at which agents are spoken to.",
            field="url",
            value=url.rpartition("@")[2],
            remedy="Give one like https://agents.example.org/.well-known/agent-card.json.",
        )
    return found


def card_of(row: Row, ctx: Context, key: str = "") -> Card:
    """What the agent said of itself last; with a key, as far as that may be sent where it is."""
    return driver_of(row["url"], ctx).read(_address(row, ctx, key), json.loads(row["card"]))


def address_of(row: Row, ctx: Context) -> Address:
    """How the agent is asked.

    Raises:
        Conflict: it is not to be asked.
        Unavailable: its key is not there.
        Forbidden: it is no longer allowed where it is.
    """
    if not row["enabled"]:
        raise Conflict(
            f"The remote agent {row['name']!r} is not enabled.", field="id", value=row["name"], remedy="Enable it."
        )
    key = ""
    if row["key_name"]:
        kept = ctx.settings.named_agent_keys.get(row["key_name"])
        if kept is None:
            raise Unavailable(
                f"The key {row['key_name']} is not set in NIS_AGENT_KEYS.",
                field="key_name",
                value=row["key_name"],
                remedy="Set it and start the server again, or name another.",
            )
        key = kept.get_secret_value()
    check_url(row["url"], ctx)
    return _address(row, ctx, key)


def _address(row: Row, ctx: Context, key: str) -> Address:
    return Address(
        url=row["url"],
        key=key,
        header=row["key_header"],
        trusted=row["trusted_key"],
        private=host_of(row["url"]).lower() in hosts_in(ctx.settings.allowed_agents),
    )


def check_url(url: str, ctx: Context) -> None:
    """Refuse what is no address of an agent's card, or one of the server's own network that is not to be asked.

    Raises:
        InvalidRequest: it is none.
        Forbidden: it is the server's own network's.
    """
    driver_of(url, ctx)
    if not url.lower().startswith(("http:", "https:")):
        return
    host = kept_host(
        url,
        whose="an agent's card",
        like="https://agents.example.org/.well-known/agent-card.json",
        bare=("query",),
        instead="Put the key into NIS_AGENT_KEYS and name it in key_name.",
    )
    refuse_private(host, ctx.settings.allowed_agents, "Have the operator add the host to NIS_ALLOWED_AGENTS.")


def check_rights(row: Row, ctx: Context) -> None:
    """Let those alone who administer the server have one of its keys sent somewhere, or no person asked.

    Raises:
        Forbidden: the caller does not.
        InvalidRequest: the header is not one for a key.
    """
    if row["key_header"].lower() in OURS:
        raise InvalidRequest(
            f"The header {row['key_header']} says something else.",
            field="key_header",
            value=row["key_header"],
            remedy="Give one like X-API-Key, or none for a bearer's token.",
        )
    if not ctx.caller.lacks([SERVER_ADMIN]):
        return
    for is_wanted, field, what in (
        (row["key_name"], "key_name", "To have a key of the server's sent"),
        (not row["ask"], "ask", "To let an agent be asked without a person"),
    ):
        if is_wanted:
            raise Forbidden(
                f"{what} takes the scope {SERVER_ADMIN}.",
                field=field,
                value=row[field],
                remedy=f"Use a key that has it: no wildcard holds {SERVER_ADMIN}.",
            )


async def current_card(row: Row, ctx: Context) -> Card:
    """The agent's card, asked for where what is kept of it is not fresh.

    Raises:
        NisError: it is not had.
    """
    if row["card"] is None or (row["fresh_until"] or 0) <= ctx.drivers.store.now():
        row = {**row, **await refreshed(row, ctx)}
    return card_of(row, ctx, address_of(row, ctx).key)


async def refreshed(row: Row, ctx: Context) -> Row:
    """Ask for the card and keep it; what changes of the row.

    Raises:
        NisError: it is not had, or is none.
    """
    driver, address = driver_of(row["url"], ctx), address_of(row, ctx)
    found = await driver.fetch(address, row["etag"] if row["card"] else "")
    now = ctx.drivers.store.now()
    changes: dict[str, Any] = {"fresh_until": now + 300.0}
    if found is not None:
        driver.read(address, found.card)
        changes = {"card": json.dumps(found.card), "etag": found.etag, "fresh_until": now + found.fresh}
    await ctx.store.update("remote_agents", row["id"], changes)
    return changes
