"""Whom cases are put to: a model, a route, the chat, an agent here or afar, a team, an operation; how each is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, JsonValue

from nis_backend.annotations import Plain
from nis_backend.calling import authorise, refuse_secret
from nis_backend.capabilities.evaluations.cases import LONGEST_INPUT
from nis_backend.errors import NotFound, NotSupported
from nis_backend.found import named_in
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context

GIVEN, CHAT, AGENT, TEAM, OPERATION = "given", "chat", "agent", "team", "operation"
GET_AGENT, RUN_AGENT = "agents.get_agent", "agents.run_agent"
RUN_TEAM = "teams.run_team"
KEPT = re.compile(r"([A-Za-z0-9_-]+)@([1-9][0-9]{0,8})")
"""An agent or a team that is kept here, and its version."""


class How(Model):
    """How a target is asked."""

    system: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_INPUT, description="What a model or the chat is told before each case."
    )
    max_tokens: int = Field(default=1024, ge=1, le=32_768, description="Most tokens of a model's answer.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Of a model; 0 is the steadiest, unset its own."
    )
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Of a model that takes one.")
    operations: bool = Field(default=True, description="Whether the chat may use operations.")
    arguments: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=100,
        description='An operation\'s request; "{input}" stands for the case\'s input, "{input.name}" for a member of '
        "an input that is JSON. Empty: the input is the request, as JSON.",
    )
    answer: str = Field(
        default="",
        max_length=200,
        pattern=r"^[A-Za-z0-9_.]*$",
        description="Where the answer is in an operation's result, as labels.0, or in that of an agent or a team, as "
        "output.label; empty: its words, else all of it.",
    )
    seconds: float = Field(default=300.0, gt=0, le=3600, description="Seconds that one case may take.")
    at_once: int = Field(default=4, ge=1, le=16, description="Cases that are asked side by side.")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom the cases are put to."""

    kind: Literal["given", "chat", "agent", "kept", "team", "operation", "model"]
    name: str = ""
    version: int | None = None
    """Of an agent or a team that is kept here."""

    @classmethod
    def of(cls, target: str) -> Target:
        """What a request names."""
        kind, _, rest = target.partition(":")
        if kind in (GIVEN, CHAT) and (kind == CHAT or not rest):
            return cls(kind=cast("Any", kind), name=rest)  # Any: one of the literals, by the line above
        if kind == AGENT and (kept := KEPT.fullmatch(rest)):
            return cls(kind="kept", name=kept[1], version=int(kept[2]))
        if kind == TEAM and (kept := KEPT.fullmatch(rest)):
            return cls(kind="team", name=kept[1], version=int(kept[2]))
        if kind in (AGENT, TEAM, OPERATION) and rest:
            return cls(kind=cast("Any", kind), name=rest)
        return cls(kind="model", name=target)


async def check(target: Target, ctx: Context) -> str:
    """Refuse a target that cannot be asked, before there is a run; answers it with names that may change pinned.

    A trained model's name may come to mean another model meanwhile: it is evaluated by its id. An agent that is kept
    here comes before a remote one of its name; it is evaluated in the version that it has now.

    Raises:
        NotFound: there is none such.
        NotSupported: the operation may not be called again after a crash.
        Forbidden: the caller may not call it.
        Unavailable: the model's provider cannot answer now.
    """
    with named_in("target"):
        match target.kind:
            case "model":
                authorise(ctx.operations.entry("models.complete_chat"), ctx)
                return await _pinned(target.name, ctx)
            case "chat":
                authorise(ctx.operations.entry("chat.send_message"), ctx)
                return f"{CHAT}:{await _pinned(target.name, ctx)}".rstrip(":")
            case "agent" | "kept":
                return await _agent(target, ctx)
            case "team":
                found = await ctx.call_named("teams.get_team", {"id": target.name, "version": target.version})
                authorise(ctx.operations.entry(RUN_TEAM), ctx)
                return f"{TEAM}:{found.name}@{found.version}"
            case "operation":
                _check_operation(target.name, ctx)
            case "given":
                pass
    return f"{target.kind}:{target.name}".rstrip(":")


async def _agent(target: Target, ctx: Context) -> str:
    able = not ctx.caller.lacks(ctx.operations.entry(GET_AGENT).scopes)
    try:
        if able or target.kind == "kept":
            found = await ctx.call_named(GET_AGENT, {"id": target.name, "version": target.version})
            authorise(ctx.operations.entry(RUN_AGENT), ctx)
            return f"{AGENT}:{found.name}@{found.version}"
    except NotFound:
        if target.kind == "kept":
            raise
    try:
        await ctx.call_named("remote_agents.get_remote_agent", {"id": target.name})
    except NotFound as error:
        error.message = f"There is no agent {target.name!r}, neither here nor registered."
        raise
    return f"{AGENT}:{target.name}"


async def _pinned(name: str, ctx: Context) -> str:
    driver, info = await ctx.models.choose(name or None)
    mark = await driver.mark(info.name)
    return f"{info.provider}:{mark}" if mark else name


def _check_operation(name: str, ctx: Context) -> None:
    entry = ctx.operations.entry(name)
    authorise(entry, ctx)
    refuse_secret(entry)
    if entry.shape != "model" or entry.effect != "reads":
        why = f"answers a {entry.shape}" if entry.shape != "model" else f"{entry.effect}"
        raise NotSupported(
            f"{name} {why}: it is not called for each case.", value=name, remedy="Name an operation that only reads."
        )
