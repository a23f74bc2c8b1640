"""A team is refused before it runs for all that can be known then: its members, its shape, its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import Forbidden, InvalidRequest
from nis_backend.followed import START
from nis_backend.found import named_in

if TYPE_CHECKING:
    from nis_backend.capabilities.teams.team import Definition, Member
    from nis_backend.context import Context

KINDS = ("agent", "model", "remote")


async def check(definition: Definition, ctx: Context) -> None:
    """Refuse a team that could not work.

    Raises:
        InvalidRequest: with the field.
        NotFound: a member is not there, with the field.
        Forbidden: the caller may not begin what asks a member.
    """
    names = [one.name for one in definition.members]
    for number, member in enumerate(definition.members):
        if names.index(member.name) != number:
            told = f"There are two members {member.name!r}."
            raise _wrong(f"members.{number}.name", told, member.name, "Give each a name of its own.")
        await _check_member(member, f"members.{number}", ctx)
    if definition.speaker is not None and definition.speaker not in names:
        told = f"There is no member {definition.speaker!r}."
        raise _wrong("speaker", told, definition.speaker, f"The members are: {', '.join(names)}.")
    if definition.shape in {"supervisor", "debate", "vote"} and len(names) == 1:
        told = f"The shape {definition.shape} takes more than one member."
        raise _wrong("members", told, names[0], "Add one, or take another shape.")
    if definition.at_least is not None and definition.at_least > len(names):
        told = f"{definition.at_least} of {len(names)} members cannot answer."
        raise _wrong("at_least", told, definition.at_least, "Ask for as many as there are.")
    if definition.shape == "supervisor":
        lead = definition.lead
        if lead.remote is not None:
            told = f"{lead.name} is an agent of another server, which cannot be given tools."
            raise _wrong("speaker", told, lead.name, "Let an agent or a model of this server ask the others.")


async def _check_member(member: Member, field: str, ctx: Context) -> None:
    kinds = [kind for kind in KINDS if getattr(member, kind) is not None]
    if len(kinds) != 1:
        told = f"A member is one of an agent, a model and a remote agent; {member.name} is {len(kinds)} of them."
        raise _wrong(field, told, member.name, "Give one of them.")
    [kind] = kinds
    missing = ctx.caller.lacks(ctx.operations.entry(START).scopes) if kind == "model" else None
    if missing:
        told = f"A model is asked by a run of its own, which needs the scope {missing[0]!r}."
        raise Forbidden(told, field=f"{field}.model", value=member.model, remedy="Use a key that has it, or an agent.")
    which = str(getattr(member, kind))
    with named_in(f"{field}.{kind}"):
        if kind == "agent":
            await ctx.call_named("agents.get_agent", {"id": which})
        elif kind == "remote":
            await ctx.call_named("remote_agents.get_remote_agent", {"id": which})
        else:
            await ctx.models.choose(which)


def _wrong(field: str, message: str, value: object, remedy: str) -> InvalidRequest:
    return InvalidRequest(message, field=field, value=value, remedy=remedy)
