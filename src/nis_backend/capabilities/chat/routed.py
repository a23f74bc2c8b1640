"""A turn for a model too small to choose: rules pick the operation, code reads its arguments, and it computes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.chat.arguments import Reading, Unclear, read_arguments, slots_of
from nis_backend.capabilities.chat.operations import Pending
from nis_backend.capabilities.chat.router import asks_for_a_sum, pick, routable, speaks_of_quantities
from nis_backend.capabilities.chat.words import listed
from nis_backend.capabilities.physics.operations import TextRequest, read_quantities
from nis_backend.errors import InvalidRequest, NisError, NotFound, NotSupported, Unavailable
from nis_backend.event import InputRequired, Surface, ToolAnswered, ToolCalled, Warned
from nis_backend.view import Form, Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.chat.arguments import Quantities, Slot
    from nis_backend.context import Context
    from nis_backend.operation import Entry, Json, Model

LONGEST_QUESTION = 1000
"""Characters of a message that may be a question for an operation; a longer one is a text to talk about."""
MOST_UNITS = 64
"""Units that the reader of quantities converts to in one call."""

_GOES_ON = listed("anyway continue default defaults drop go ignore leave none ok okay proceed run skip without yes")
"""Answers to a question of ours that add nothing and want the result."""


@dataclass(frozen=True, kw_only=True)
class Routed:
    """An answer that no model had a part in."""

    text: str
    views: list[View] = field(default_factory=list[View])
    pending: Pending | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The operation a message is for, and all that is known of its arguments."""

    entry: Entry
    reading: Reading


async def routed_turn(ctx: Context, message: str, pending: Pending | None) -> Routed | None:
    """Answer the message by an operation, or ask for what one needs; None where it is nobody's: the model may talk.

    `pending` is what the last answer asked for: a message that gives some of it completes that call.
    """
    if len(message) > LONGEST_QUESTION:
        return None
    entries = [entry for entry in ctx.operations.entries() if all(ctx.caller.has(scope) for scope in entry.scopes)]
    try:
        found = await _quantities(ctx, message, entries, pending)
    except Unavailable as error:
        decision = await asyncio.to_thread(decide, message, entries, None, pending)
        if decision is not None:
            return await _say(ctx, _cannot(error))
        await ctx.run.write(Warned(message=_cannot(error)))
        return None
    # A thread: on a long message full of numbers it takes a third of a second.
    decision = await asyncio.to_thread(decide, message, entries, found, pending)
    if decision is None:
        return await _say(ctx, _no_sums(entries)) if asks_for_a_sum(message, found) else None
    if not decision.reading.complete:
        return await _ask(ctx, decision.entry, decision.reading)
    return await _compute(ctx, decision.entry, decision.reading)


async def run_form(ctx: Context, operation: str, arguments: Json) -> Routed:
    """Call the operation with the arguments of a form that was submitted; asks again where they are refused.

    Raises:
        NotFound: there is no such operation.
        NotSupported: its result is a stream or a run, which no form shows.
    """
    entry = next((one for one in ctx.operations.entries() if one.name == operation), None)
    if entry is None:
        raise NotFound(f"There is no operation {operation!r}.", field="call.operation", value=operation)
    if entry.shape != "model":
        raise NotSupported(
            f"{operation} answers a {entry.shape}, which a form does not show.",
            field="call.operation",
            value=operation,
            remedy="Call it directly.",
        )
    return await _compute(ctx, entry, Reading(arguments=dict(arguments)))


def _no_sums(entries: Iterable[Entry]) -> str:
    computed = [f"- `{entry.name}`: {entry.summary}" for entry in entries if routable(entry)]
    refusal = "No operation here computes that, and the demonstration model is not asked to: it gets sums wrong."
    return "\n".join([f"{refusal} What can be computed:", *computed])


def decide(
    message: str, entries: Sequence[Entry], found: Quantities | None, pending: Pending | None = None
) -> Decision | None:
    """The operation that the message is for: the one it asks for by itself, or the one it completes."""
    picked = pick(message, entries, found)
    waiting = next((one for one in entries if pending and one.name == pending.operation), None)
    if pending is None or waiting is None:
        return Decision(entry=picked.entry, reading=picked.reading) if picked else None
    if picked and (picked.entry.name != waiting.name or picked.reading.complete):
        return Decision(entry=picked.entry, reading=picked.reading)
    reading = read_arguments(message, waiting, found, known=pending.arguments, asked=pending.missing)
    answers = bool(reading.named or reading.sources.keys() & set(pending.missing)) or any(
        not set(pending.missing).isdisjoint(one.fields) for one in reading.unclear
    )
    words = message.lower().replace(",", " ").replace(".", " ").replace("!", " ").split()
    goes_on = bool(words) and set(words[:3]) & _GOES_ON and len(words) <= 6  # noqa: PLR2004 - a remark, not a sentence
    if answers or goes_on:
        return Decision(entry=waiting, reading=reading)
    return Decision(entry=picked.entry, reading=picked.reading) if picked else None


def wanted_units(entries: Iterable[Entry]) -> list[str]:
    """The units of the fields that quantities may go to, and of the results they may be mistaken for."""
    schemas = (schema for entry in entries for schema in (entry.request_schema, entry.result_schema))
    units = (slot.unit for schema in schemas for slot in slots_of(schema) if slot.number)
    return list(dict.fromkeys(unit for unit in units if unit))[:MOST_UNITS]


async def _quantities(
    ctx: Context, message: str, entries: Sequence[Entry], pending: Pending | None
) -> Quantities | None:
    """The quantities of the message; None, without starting a worker, where it has no word of any."""
    candidates = [entry for entry in entries if routable(entry)]
    allowed = all(ctx.caller.has(scope) for scope in read_quantities.scopes)
    if not candidates or not allowed or not (pending or speaks_of_quantities(message, candidates)):
        return None
    return await ctx.call(read_quantities, TextRequest(text=message, units=wanted_units(candidates)))


async def _compute(ctx: Context, entry: Entry, reading: Reading) -> Routed:
    """Call the operation, note it in the run, and answer with what it computed."""
    call_id, arguments = ctx.new_id("call"), reading.arguments
    await ctx.run.write(ToolCalled(step=1, call_id=call_id, operation=entry.name, arguments=arguments))
    try:
        operation = ctx.operations.find(entry.name)
        request = operation.validate(arguments)
        result = await ctx.call_named(entry.name, arguments)
    except NisError as error:
        problem = error.problem()
        await ctx.run.write(ToolAnswered(step=1, call_id=call_id, operation=entry.name, problem=problem))
        if isinstance(error, InvalidRequest):
            return await _ask(ctx, entry, reading, error)
        if isinstance(error, Unavailable):
            return await _say(ctx, _cannot(error))
        raise
    answer: Any = result.model_dump(mode="json") if hasattr(result, "model_dump") else result  # Any: JSON
    await ctx.run.write(ToolAnswered(step=1, call_id=call_id, operation=entry.name, result=answer))
    drawn = operation.draw(request, result)
    used = _used(entry, request, reading)
    again = Form(
        title="Run again",
        operation=entry.name,
        request_schema=entry.request_schema,
        values=request.model_dump(mode="json", exclude_none=True),
    )
    first = next((view for view in drawn if isinstance(view, Text)), None)
    shown = [view for view in drawn if view is not first]
    text = "\n\n".join([first.text if first else _words(shown, entry), *_receipt(entry, used, reading)])
    return await _say(ctx, text, [*shown, *([used] if used.rows else []), again])


async def _ask(ctx: Context, entry: Entry, reading: Reading, refusal: InvalidRequest | None = None) -> Routed:
    """Ask for what is missing, unclear or refused, with a form that holds what is known."""
    asked, lines = reading.asked, [f"I can compute that with `{entry.name}`, once I know more."]
    slots = {slot.name: slot for slot in slots_of(entry.request_schema)}
    if refusal is not None:
        refused = [wrong.field for wrong in refusal.fields] or [refusal.field or ""]
        asked = list(dict.fromkeys([*asked, *(name.partition(".")[0] for name in refused)]))
        asked = [name for name in asked if name in slots]
        lines = [f"I cannot compute that yet with `{entry.name}`. {refusal.message} {refusal.remedy}".strip()]
        if refusal.value is not None:
            lines.append(f"The value given was {refusal.value}.")
    elif reading.missing:
        described: Json = entry.request_schema.get("properties", {})
        wanted = [f"- {_field(slots[name])}: {described[name].get('description', '')}" for name in reading.missing]
        lines = ["\n".join([f"I can compute that with `{entry.name}`, once I know:", *wanted])]
    lines += [_unclear(one, slots) for one in reading.unclear]
    known = [
        f"{slots[name].label} {_value(value)} {slots[name].unit or ''}".strip()
        for name, value in reading.arguments.items()
        if name in slots and name not in asked
    ]
    if known:
        lines.append(f"So far: {', '.join(known)}.")
    lines += _leftovers(reading)
    form = Form(
        title=entry.summary,
        operation=entry.name,
        request_schema=entry.request_schema,
        values=reading.arguments,
        missing=asked,
    )
    pending = Pending(operation=entry.name, arguments=reading.arguments, missing=asked)
    return await _say(ctx, "\n\n".join(lines), [form], pending)


async def _say(ctx: Context, text: str, views: Sequence[View] = (), pending: Pending | None = None) -> Routed:
    """Write the answer into the run."""
    await ctx.run.text(1, text)
    if views:
        await ctx.run.write(Surface(views=list(views)))
    if pending:
        await ctx.run.write(InputRequired(operation=pending.operation, missing=pending.missing))
    return Routed(text=text, views=list(views), pending=pending)


def _cannot(error: Unavailable) -> str:
    return f"I cannot compute that now: {error.message} {error.remedy}".strip()


def _used(entry: Entry, request: Model, reading: Reading) -> Table:
    """The arguments of the call, and where each is from."""
    values = request.model_dump(mode="json", exclude_none=True)
    rows: list[list[str | float]] = []
    for slot in slots_of(entry.request_schema):
        if slot.name not in values or values[slot.name] == []:
            continue
        source = reading.sources.get(slot.name)
        origin = f"“{source}”" if source else "given" if slot.name in reading.arguments else "default"
        value = values[slot.name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        rows.append([slot.label, value if number else _value(value), slot.unit or "", origin])
    return Table(title="Arguments", columns=["argument", "value", "unit", "from"], rows=rows)


def _receipt(entry: Entry, used: Table, reading: Reading) -> list[str]:
    """The operation, the arguments given and those by default, in words."""
    told = {kind: [row for row in used.rows if (row[3] == "default") is kind] for kind in (False, True)}
    said = {
        kind: ", ".join(f"{name} {_value(value)} {unit}".strip() for name, value, unit, _ in rows)
        for kind, rows in told.items()
    }
    lines = [f"Computed by `{entry.name}`" + (f" with {said[False]}." if said[False] else ".")]
    if said[True]:
        lines.append(f"Not given, so by default: {said[True]}.")
    return [*lines, *_leftovers(reading)]


def _leftovers(reading: Reading) -> list[str]:
    if not reading.unread:
        return []
    return [f"Not used, because it fits none of the arguments: {', '.join(reading.unread)}."]


def _unclear(unclear: Unclear, slots: dict[str, Slot]) -> str:
    labels = [slots[name].label for name in unclear.fields]
    return f"“{unclear.text}” is not clear: say what it is ({' or '.join(labels)}), or leave it out."


def _field(slot: Slot) -> str:
    return f"**{slot.label}**" + (f" in {slot.unit}" if slot.unit else "")


def _words(views: Sequence[View], entry: Entry) -> str:
    """A result that has no words of its own: its first table, a line a row."""
    table = next((view for view in views if isinstance(view, Table)), None)
    if table is None:
        return entry.summary
    return "\n".join(f"- {': '.join(_value(cell) for cell in row)}" for row in table.rows[:12])


def _value(value: object) -> str:
    """A value in words; numbers with six digits, which the table beside has in full."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)
