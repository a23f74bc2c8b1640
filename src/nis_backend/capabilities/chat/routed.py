"""A turn for a model too small to choose: rules pick the operation, code reads its arguments, and it computes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from nis_backend.capabilities.chat.arguments import read_arguments
from nis_backend.capabilities.chat.declared import declared
from nis_backend.capabilities.chat.operations import Pending, fillable, permitted
from nis_backend.capabilities.chat.reading import Reading
from nis_backend.capabilities.chat.router import asks_for_a_sum, pick, rank, routable, speaks_of_quantities
from nis_backend.capabilities.chat.sentence import Sentence
from nis_backend.capabilities.chat.words import listed
from nis_backend.capabilities.physics.operations import TextRequest, read_quantities
from nis_backend.errors import InvalidRequest, NisError, Unavailable
from nis_backend.event import InputRequired, Surface, ToolAnswered, ToolCalled, Warned
from nis_backend.view import Form, Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.capabilities.chat.reading import Unclear
    from nis_backend.capabilities.chat.sentence import Quantities
    from nis_backend.capabilities.chat.slots import Slot
    from nis_backend.context import Context
    from nis_backend.operation import Entry, Json, Model

LONGEST_QUESTION = 1000
"""Characters of a message that may be a question for an operation; a longer one is a text to talk about."""
MOST_UNITS = 64
"""Units that the reader of quantities converts to in one call."""
SUGGESTED = 5
"""Questions that are shown to one whose question no operation answers."""

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
    entries = permitted(ctx)
    try:
        found = await _quantities(ctx, message, entries, pending)
    except Unavailable as error:
        if decide(Sentence(message), entries, pending):
            return await _say(ctx, _cannot(error))
        await ctx.run.write(Warned(message=_cannot(error)))
        return None
    sentence = Sentence(message, found)
    # A thread where there are numbers: the time to tell them apart grows with how many could be meant for one field.
    decide_it = partial(decide, sentence, entries, pending)
    decision = await asyncio.to_thread(decide_it) if sentence.quantities else decide_it()
    if decision is None:
        return await _say(ctx, _no_sums(message, entries)) if asks_for_a_sum(sentence) else None
    if not decision.reading.complete:
        return await _ask(ctx, decision.entry, decision.reading)
    return await _compute(ctx, decision.entry, decision.reading)


async def run_form(ctx: Context, operation: str, arguments: Json) -> Routed:
    """Call the operation with the arguments of a form that was submitted; asks again where they are refused.

    Raises:
        NotFound: there is no such operation.
        NotSupported: its result is a stream or a run, which no form shows.
        Forbidden: the caller may not call it.
    """
    return await _compute(ctx, fillable(ctx, operation), Reading(arguments=dict(arguments)))


def _no_sums(message: str, entries: Sequence[Entry]) -> str:
    """That no operation computes it, with questions that one does answer."""
    computing = [entry for entry in entries if routable(entry) and _computes(entry)]
    near = rank(message, computing)[:SUGGESTED]
    lines = ["No operation here computes that, and the demonstration model is not asked to: it gets sums wrong."]
    if near:
        questions = [next(one["question"] for one in entry.examples if one.get("question")) for entry in near]
        lines.append("\n".join(["You can ask, for example:", *(f"- {question}" for question in questions)]))
    return "\n\n".join(lines)


def _computes(entry: Entry) -> bool:
    """Whether it works on quantities, units or a choice: the rest only list what there is."""
    return any(slot.unit or slot.reads for slot in declared(entry).slots.values())


def decide(sentence: Sentence, entries: Sequence[Entry], pending: Pending | None = None) -> Decision | None:
    """The operation that the message is for: the one it asks for by itself, or the one it completes."""
    picked = pick(sentence, entries)
    waiting = next((one for one in entries if pending and one.name == pending.operation), None)
    if pending is None or waiting is None:
        return Decision(entry=picked.entry, reading=picked.reading) if picked else None
    if picked and (picked.entry.name != waiting.name or picked.reading.complete):
        return Decision(entry=picked.entry, reading=picked.reading)
    reading = read_arguments(sentence, waiting, known=pending.arguments, asked=pending.missing)
    answers = bool(reading.named or reading.sources.keys() & set(pending.missing)) or any(
        not set(pending.missing).isdisjoint(one.fields) for one in reading.unclear
    )
    words = sentence.text.lower().replace(",", " ").replace(".", " ").replace("!", " ").split()
    goes_on = bool(words) and set(words[:3]) & _GOES_ON and len(words) <= 6  # noqa: PLR2004 - a remark, not a sentence
    if answers or goes_on:
        return Decision(entry=waiting, reading=reading)
    return Decision(entry=picked.entry, reading=picked.reading) if picked else None


def wanted_units(entries: Iterable[Entry]) -> list[str]:
    """The units of the fields that quantities may go to, and of the results they may be mistaken for."""
    slots = (slot for one in map(declared, entries) for slot in (*one.slots.values(), *one.results))
    units = (slot.unit for slot in slots if slot.number)
    return list(dict.fromkeys(unit for unit in units if unit))[:MOST_UNITS]


async def _quantities(
    ctx: Context, message: str, entries: Sequence[Entry], pending: Pending | None
) -> Quantities | None:
    """The quantities of the message; None, without starting a worker, where it has no word of any."""
    candidates = [entry for entry in entries if routable(entry)]
    allowed = not ctx.caller.lacks(read_quantities.scopes)
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
        result = await ctx.call(operation, request)
    except NisError as error:
        problem = error.problem()
        await ctx.run.write(ToolAnswered(step=1, call_id=call_id, operation=entry.name, problem=problem))
        if isinstance(error, InvalidRequest):
            return await _ask(ctx, entry, reading, error)
        if isinstance(error, Unavailable):
            return await _say(ctx, _cannot(error))
        raise
    answer = result.model_dump(mode="json")
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
    slots, asked = declared(entry).slots, reading.asked
    if refusal is not None:
        refused = [wrong.field for wrong in refusal.fields] or [refusal.field or ""]
        asked = [name for name in dict.fromkeys(one.partition(".")[0] for one in [*asked, *refused]) if name in slots]
        lines = [_refused(entry, refusal)]
    elif reading.missing:
        lines = [_missing(entry, [slots[name] for name in reading.missing])]
    else:
        lines = [f"I can compute that with `{entry.name}`, once I know more."]
    lines += [_unclear(one, slots) for one in reading.unclear]
    known = [
        _given(slots[name].label, value, slots[name].unit)
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


def _refused(entry: Entry, refusal: InvalidRequest) -> str:
    """What the operation does not take, with the value where its message has not said it."""
    value = refusal.value
    given = f" The value given was {value}." if value and value not in refusal.message else ""
    return f"I cannot compute that yet with `{entry.name}`. {refusal.message} {refusal.remedy}".strip() + given


def _missing(entry: Entry, slots: Iterable[Slot]) -> str:
    described: Json = entry.request_schema.get("properties", {})
    wanted = [
        f"- **{slot.label}**{f' in {slot.unit}' if slot.unit else ''}: {described[slot.name].get('description', '')}"
        for slot in slots
    ]
    return "\n".join([f"I can compute that with `{entry.name}`, once I know:", *wanted])


def _unclear(unclear: Unclear, slots: Mapping[str, Slot]) -> str:
    said = " or ".join(f"“{one}”" for one in unclear.said)
    labels = " or ".join(slots[name].label for name in unclear.fields)
    if len(unclear.said) > 1:
        return f"{said}: say which one you mean."
    if len(unclear.fields) > 1:
        return f"{said} could be {labels}: say which, or leave it out."
    return f"{said} is not clear: say the {labels} again, or leave it out."


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
    for slot in declared(entry).slots.values():
        if slot.name not in values or values[slot.name] == []:
            continue
        source = reading.sources.get(slot.name)
        origin = f"“{source}”" if source else "given" if slot.name in reading.arguments else "default"
        value = values[slot.name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        rows.append([slot.label, value if number else _value(value), slot.unit or "", origin])
    return Table(title="Arguments", columns=["argument", "value", "unit", "from"], rows=rows)


def _receipt(entry: Entry, used: Table, reading: Reading) -> list[str]:
    """The operation, what was given and what was assumed, in words; the table has the knobs as well."""
    knobs = {slot.label for slot in declared(entry).slots.values() if slot.knob}
    given = [_given(*row) for *row, origin in used.rows if origin != "default"]
    assumed = [_given(*row) for *row, origin in used.rows if origin == "default" and row[0] not in knobs]
    lines = [f"Computed by `{entry.name}`" + (f" with {', '.join(given)}." if given else ".")]
    if assumed:
        lines.append(f"Not given, so by default: {', '.join(assumed)}.")
    return [*lines, *_leftovers(reading)]


def _leftovers(reading: Reading) -> list[str]:
    if not reading.unread:
        return []
    return [f"Not used, because no argument is of its kind: {', '.join(reading.unread)}."]


def _given(label: object, value: object, unit: object) -> str:
    """An argument in words: "mass 2 kg"."""
    return f"{label} {_value(value)} {unit or ''}".strip()


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
