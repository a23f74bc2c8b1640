"""The calls of a step carried out: operations and remote tools together, the caller's functions, and a hand-off."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.asking import show
from nis_backend.drivers.llm.answer import ToolCall
from nis_backend.drivers.llm.base import Message
from nis_backend.errors import InvalidRequest, Malformed, NisError, NotFound, TooLarge, shorten
from nis_backend.event import ToolAnswered, ToolCalled
from nis_backend.loop import begun
from nis_backend.loop.asker import of_asker
from nis_backend.loop.attached import files_in
from nis_backend.loop.functions import answered
from nis_backend.loop.quarantine import Quarantine, from_outside
from nis_backend.loop.remote import request_of
from nis_backend.loop.results import as_told, mendable
from nis_backend.view import Form, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.loop.handing import Handing
    from nis_backend.loop.mending import Mending
    from nis_backend.loop.offering import Offer
    from nis_backend.steps import Used

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

MOST_CALLS = 16
"""Calls of one step that are carried out."""
LONGEST_ARGUMENTS = 65_536
HANDED = "The conversation is handed on."


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a step's calls."""

    told: list[Message]
    views: list[View]
    files: list[Blob]
    failed: int
    handed: bool


async def carry_out(  # noqa: PLR0913, PLR0917 - the calls, their place, and what there is to call
    ctx: Context,
    step: int,
    calls: Sequence[ToolCall],
    offer: Offer,
    asks: Callable[[Entry], str] | None,
    mending: Mending,
    quarantine: Quarantine,
) -> Done:
    """Carry out what a step calls: operations and remote tools together, then the caller's, then who hands on."""
    told: dict[int, str] = {}
    views: list[View] = []
    files: list[Blob] = []
    failed, handed = 0, False
    apart = [await mending.mend(ctx, step, call) for call in _told_apart(calls)]
    theirs, hands = {one.name for one in offer.theirs}, {one.name for one in offer.hands}
    callers = [place for place, call in enumerate(apart) if call.name in theirs]
    leaving = [place for place, call in enumerate(apart) if call.name in hands and place not in callers]
    ours = [place for place in range(len(apart)) if place not in callers and place not in leaving]
    places = iter(ours)
    chosen, read = [apart[place] for place in ours], list[str]()
    async for used in _use_all(ctx, step, chosen, offer.operations, offer.far, asks, quarantine):
        place = next(places)
        told[place] = await mending.told(ctx, step, apart[place], used.event.problem, used.told)
        read += [used.read] if used.read else []
        views += used.views
        files += files_in(used.event.result)
        failed += used.event.problem is not None
    told |= zip(callers, await answered(ctx, step, [apart[place] for place in callers]), strict=True)
    quarantine.have_read(read)
    for place in leaving:
        assert offer.handing is not None
        refused = await _hand_on(ctx, step, apart[place], offer.handing, taken=handed)
        told[place] = refused or HANDED
        handed, failed = handed or not refused, failed + bool(refused)
    messages = [Message(role="tool", content=told[place], tool_call_id=call.id) for place, call in enumerate(calls)]
    return Done(told=messages, views=views, files=files, failed=failed, handed=handed)


async def _hand_on(ctx: Context, step: int, call: ToolCall, handing: Handing, *, taken: bool) -> str:
    """Hand the conversation on; answers what the model is told where it is not, else nothing."""
    given = _arguments(call)
    arguments = given if isinstance(given, dict) else {}
    if taken:
        refusal = InvalidRequest("The conversation was handed on already.", remedy="Hand it to one.")
    else:
        refusal = given if isinstance(given, NisError) else await handing.take(step, call, arguments)
    if refusal is None:
        return ""
    called = ToolCalled(step=step, call_id=call.id, operation=call.name, arguments=arguments)
    used = await ctx.use(called, refusal=refusal)
    return as_told(mendable(used.event.problem or {}))


@dataclass(frozen=True, kw_only=True)
class _Used:
    """What came of a tool call: the event, what to look at, and what the model is told."""

    event: ToolAnswered
    views: list[View]
    told: str
    read: str = ""
    """What was read from outside, by the name of what answered it."""


async def _use_all(  # noqa: PLR0913, PLR0917 - as `_use`, of several
    ctx: Context,
    step: int,
    calls: Sequence[ToolCall],
    offered: dict[str, Entry],
    far: dict[str, Json],
    asks: Callable[[Entry], str] | None,
    quarantine: Quarantine,
) -> AsyncIterator[_Used]:
    """Carry out the calls of a step together, and answer them in their order."""
    tasks = [
        asyncio.create_task(_use(ctx, step, call, number, offered, far, asks, quarantine))
        for number, call in enumerate(calls)
    ]
    stopped: asyncio.CancelledError | None = None
    while any(not task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as cancelled:
            # Each hears why: a call that may not be repeated is finished first, unless the run is cancelled.
            stopped = cancelled
            for task in tasks:
                task.cancel(*stopped.args)
    if stopped is not None:
        raise stopped
    for task in tasks:
        used = task.result()
        yield replace(used, views=await show(ctx, used.views))


def _told_apart(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """The calls with an id each, which some models forget: what was answered is known by it."""
    seen: set[str] = set()
    apart: list[ToolCall] = []
    for number, call in enumerate(calls):
        apart.append(replace(call, id=f"{call.id}-{number}") if call.id in seen else call)
        seen.add(call.id)
    return apart


def _arguments(call: ToolCall) -> Json | NisError:
    """The arguments as an object, or why they are none."""
    text = call.arguments.strip() or "{}"
    if len(text) > LONGEST_ARGUMENTS:
        return TooLarge(f"The arguments have {len(text)} characters.", remedy=f"Give at most {LONGEST_ARGUMENTS}.")
    try:
        # Refuses what could not be written down either: NaN, and halves of characters.
        given = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        return Malformed(
            f"The arguments are not JSON: {error}.", field="arguments", value=text, remedy="Write one JSON object."
        )
    if not isinstance(given, dict):
        return Malformed(
            "The arguments are not a JSON object.", field="arguments", value=text, remedy="Write one JSON object."
        )
    return cast("Json", given)


async def _use(  # noqa: PLR0913, PLR0917 - a call, its place, and what there is to call
    ctx: Context,
    step: int,
    call: ToolCall,
    number: int,
    offered: dict[str, Entry],
    far: dict[str, Json],
    asks: Callable[[Entry], str] | None,
    quarantine: Quarantine,
) -> _Used:
    """Call the operation; its refusal is the outcome too."""
    one, given = far.get(call.name), _arguments(call)
    entry = offered.get(call.name.replace(".", "-")) if one is None else None
    # An unknown name stays as it was written.
    name = one["operation"] if one else entry.name if entry else shorten(call.name, 64)
    refusal = given if isinstance(given, NisError) else None
    if one is None and entry is None:
        refusal = NotFound(
            f"There is no tool {name!r}.",
            field="name",
            value=name,
            remedy=f"The tools are: {', '.join([*offered, *far])}.",
        )
    if number >= MOST_CALLS:
        refusal = InvalidRequest(f"A step may call {MOST_CALLS} tools.", remedy="Call this one in the next step.")
    arguments = given if isinstance(given, dict) else {}
    reason = ""
    if one is not None:
        arguments, reason = request_of(one, arguments), one["ask"]
    elif entry is not None:
        arguments = of_asker(ctx, entry, arguments)
        reason = asks(entry) if asks is not None else ""
    reason = reason or (quarantine.asks(name, entry) if refusal is None else "")
    called = ToolCalled(step=step, call_id=call.id, operation=name, arguments=arguments)
    # What it calls is a model's choice: a person's own matters are none of it.
    used = await replace(ctx, chosen=True).use(called, refusal=refusal, ask=reason)
    failed = used.event.problem is not None or used.request is None
    answered = mendable(used.event.problem or {}) if failed else used.event.result
    views = _drawn(ctx, used) if one is None and not failed else []
    if refusal is not None or not from_outside(entry, failed=failed):
        return _Used(event=used.event, views=views, told=as_told(answered))
    told = as_told(answered)
    await quarantine.look(name, json.loads(told))
    return _Used(event=used.event, views=views, told=quarantine.told(told), read=name)


def _drawn(ctx: Context, used: Used) -> list[View]:
    """The result as it is looked at, with a form to call the operation again."""
    assert used.request is not None
    entry = ctx.operations.entry(used.event.operation)
    if entry.shape == "run":
        return begun.drawn(used.result)
    again = Form(
        title="Run again",
        operation=entry.name,
        request_schema=entry.request_schema,
        values=used.request.model_dump(mode="json"),
    )
    return [*ctx.operations.find(entry.name).draw(used.request, used.result), again]


def as_sent_back(call: ToolCall) -> ToolCall:
    """A call as it may be sent back: servers refuse a conversation with arguments or names that are not well formed."""
    broken = isinstance(_arguments(call), NisError)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", call.name)[:64] or "unnamed"
    return replace(call, name=name, arguments="{}" if broken or not call.arguments.strip() else call.arguments)
