"""A turn for a model too small to choose: rules route the message, and its operation computes, or asks for more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from nis_backend.asking import say, show
from nis_backend.blob import blob_fields
from nis_backend.capabilities.chat.operations import fillable
from nis_backend.capabilities.operations.operations import Pending, Route, RouteMessage, route_message
from nis_backend.errors import Forbidden, InvalidRequest, NotSupported, Unavailable, UpstreamFailed, from_problem
from nis_backend.event import InputRequired, ToolCalled, Warned
from nis_backend.fields import fields_of
from nis_backend.loop import begun
from nis_backend.loop.asker import of_asker
from nis_backend.view import Form, Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.operations.operations import UnclearWords
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.errors import NisError
    from nis_backend.fields import Field
    from nis_backend.operation import Json, Model

BEYOND = (UpstreamFailed, Forbidden, NotSupported)
"""How what is asked beyond this server refuses, or fails: a page that is gone, or that is none."""
_BARE = re.compile(r"[-+]?[\d.,]+(?:e[-+]?\d+)?", re.IGNORECASE)
"""A number without a unit."""


@dataclass(frozen=True, kw_only=True)
class Routed:
    """An answer that no model had a part in."""

    text: str
    views: list[View] = field(default_factory=list[View])
    pending: Pending | None = None


async def routed_turn(
    ctx: Context,
    message: str,
    pending: Pending | None,
    attachments: Sequence[Blob] = (),
    among: Sequence[str] = (),
) -> Routed | None:
    """Answer the message by an operation, or ask for what one needs; None where it is nobody's: the model may talk.

    `pending` is what the last answer asked for: a message that gives some of it completes that call. What the
    operation wants to be given of the kind that is attached, it is given. With `among`, it is one of those operations.
    """

    async def find() -> Json:
        try:
            asked = RouteMessage(message=message, pending=pending, among=list(among))
            return (await ctx.call(route_message, asked)).model_dump(mode="json")
        except Unavailable as error:
            return {"problem": error.problem()}

    found = await ctx.note("route", find)
    if "problem" in found:
        return await _say(ctx, cannot(from_problem(found["problem"])))
    route = Route.model_validate(found)
    if route.warning:
        await ctx.run.write(Warned(message=f"I cannot compute that now: {route.warning}"))
    if route.operation is None:
        return await _say(ctx, _no_sums(route)) if route.reason == "not_computed" else None
    entry = ctx.operations.entry(route.operation)
    route = _with_attached(route, entry, attachments)
    route = route.model_copy(update={"arguments": of_asker(ctx, entry, route.arguments)})
    if route.ready and not entry.by_words:
        return await _offer(ctx, entry, route)
    if route.ready or route.refusal:
        return await _compute(ctx, entry, route)
    return await _ask(ctx, entry, route)


def _with_attached(route: Route, entry: Entry, attachments: Sequence[Blob]) -> Route:
    """The route with what is attached for those of its fields that take blobs."""
    if not attachments:
        return route
    left = list(attachments)
    given: Json = {}
    for name, many in blob_fields(entry.request_schema).items():
        takes = accepted(entry, name)
        fitting = [blob for blob in left if not takes or blob.media_type in takes]
        if fitting and name not in route.arguments:
            given[name] = [blob.id for blob in fitting] if many else fitting[0].id
            left.remove(fitting[0])
    missing = [name for name in route.missing if name not in given]
    wants = [name for name in entry.request_schema.get("required", ()) if name not in {**route.arguments, **given}]
    ready = route.ready or not (missing or wants or route.unclear or route.refusal)
    return route.model_copy(
        update={"arguments": {**route.arguments, **given}, "missing": missing, "ready": bool(ready and not wants)}
    )


def accepted(entry: Entry, field: str) -> list[str]:
    """The media types that a field of blobs takes; none where it takes any."""
    schema = entry.request_schema["properties"][field]
    items = schema.get("items", schema)
    none: list[str] = []
    return next((one["accepts"] for one in (items, *items.get("anyOf", ())) if "accepts" in one), none)


async def run_form(ctx: Context, operation: str, arguments: Json) -> Routed:
    """Call the operation with the arguments of a form that was submitted; asks again where they are refused.

    Raises:
        NotFound: there is no such operation.
        NotSupported: its result is a stream, which no form shows.
        Forbidden: the caller may not call it.
    """
    return await _compute(ctx, fillable(ctx, operation), Route(operation=operation, arguments=dict(arguments)))


async def propose(ctx: Context, text: str, operation: str | None, values: Json) -> Routed:
    """Answer with words, and a form that is filled in: what it would change happens when a person submits it."""
    if operation is None:
        return await _say(ctx, text)
    entry = ctx.operations.entry(operation)
    form = Form(title=entry.summary, operation=entry.name, request_schema=entry.request_schema, values=values)
    return await _say(ctx, text, [form])


async def _offer(ctx: Context, entry: Entry, route: Route) -> Routed:
    """Show the form of what changes something, filled in: words alone do not begin it."""
    text, form = begun.offered(entry, route.arguments)
    return await _say(ctx, "\n\n".join([text, *_leftovers(route)]), [form])


def _no_sums(route: Route) -> str:
    """That no operation computes it, with questions that one does answer."""
    line = "No operation here computes that, and the demonstration model is not asked to: it gets sums wrong."
    questions = [f"- {question}" for question in route.suggestions]
    return "\n\n".join([line, *(["\n".join(["You can ask, for example:", *questions])] if questions else [])])


async def _compute(ctx: Context, entry: Entry, route: Route) -> Routed:
    """Call the operation, note it in the run, and answer with what it computed."""
    called = ToolCalled(step=1, call_id=ctx.new_id("call"), operation=entry.name, arguments=route.arguments)
    operation = ctx.operations.find(entry.name)
    made = await ctx.use(called)
    if made.event.problem is not None or made.request is None:
        error = from_problem(made.event.problem or {})
        if isinstance(error, InvalidRequest):
            return await _ask(ctx, entry, route, error)
        # What lies beyond this server may fail for reasons of its own: that is an answer.
        looked = entry.outward and entry.effect == "reads"
        if isinstance(error, Unavailable) or (looked and isinstance(error, BEYOND)):
            return await _say(ctx, cannot(error))
        raise error
    request, result = made.request, made.result
    drawn = begun.drawn(result) if operation.shape == "run" else operation.draw(request, result)
    used = _used(entry, request, route)
    again = Form(
        title="Run again",
        operation=entry.name,
        request_schema=entry.request_schema,
        values=request.model_dump(mode="json", exclude_none=True),
    )
    first = next((view for view in drawn if isinstance(view, Text)), None)
    shown = [view for view in drawn if view is not first]
    text = "\n\n".join([words_of(drawn, entry), *_receipt(entry, used, route)])
    return await _say(ctx, text, [*shown, *([used] if used.rows else []), again])


async def _ask(ctx: Context, entry: Entry, route: Route, refusal: InvalidRequest | None = None) -> Routed:
    """Ask for what is missing, unclear or refused, with a form that holds what is known."""
    slots, asked = _fields(entry), route.missing
    if refusal is not None:
        refused = [wrong.field for wrong in refusal.fields] or [refusal.field or ""]
        asked = [name for name in dict.fromkeys(one.partition(".")[0] for one in [*asked, *refused]) if name in slots]
        lines = [_refused(entry, refusal)]
    else:
        doubtful = {name for one in route.unclear for name in one.fields}
        lines = [_missing(entry, [slots[name] for name in asked if name not in doubtful])]
    lines += [_unclear(one, slots) for one in route.unclear]
    known = [
        _given(slots[name].label, value, slots[name].unit)
        for name, value in route.arguments.items()
        if name in slots and name not in asked
    ]
    if known:
        lines.append(f"So far: {', '.join(known)}.")
    lines += _leftovers(route)
    form = Form(
        title=entry.summary,
        operation=entry.name,
        request_schema=entry.request_schema,
        values=route.arguments,
        missing=asked,
    )
    pending = Pending(operation=entry.name, arguments=route.arguments, missing=asked)
    return await _say(ctx, "\n\n".join(lines), [form], pending)


def _refused(entry: Entry, refusal: InvalidRequest) -> str:
    """What the operation does not take, with the value where its message has not said it."""
    value = refusal.value
    given = f" The value given was {value}." if value and value not in refusal.message else ""
    return f"I cannot compute that yet with `{entry.name}`. {refusal.message} {refusal.remedy}".strip() + given


def _missing(entry: Entry, wanted: Sequence[Field]) -> str:
    if not wanted:
        return f"I can compute that with `{entry.name}`, once I know more."
    lines = [f"- **{one.label}**{f' in {one.unit}' if one.unit else ''}: {one.description}" for one in wanted]
    return "\n".join([f"I can compute that with `{entry.name}`, once I know:", *lines])


def _unclear(unclear: UnclearWords, slots: Mapping[str, Field]) -> str:
    said = " or ".join(f"“{one}”" for one in unclear.said)
    labels = " or ".join(slots[name].label for name in unclear.fields)
    if not unclear.fields:
        return f"{said} is nothing that it takes: say what it is for, or go on without it."
    if len(unclear.said) > 1:
        return f"{said}: say which one you mean."
    if len(unclear.fields) > 1:
        return f"{said} could be {labels}: say which, or leave it out."
    unit, words = slots[unclear.fields[0]].unit, unclear.said[0]
    if unit and _BARE.fullmatch(words):
        return f"{said} is without a unit: say the {labels} with one, as in “{words} {unit}”, or leave it out."
    return f"{said} is not clear: say the {labels} again, or leave it out."


def _fields(entry: Entry) -> dict[str, Field]:
    return {one.name: one for one in fields_of(entry.request_schema)}


async def _say(ctx: Context, text: str, views: Sequence[View] = (), pending: Pending | None = None) -> Routed:
    """Write the answer into the run."""
    text, shown = await say(ctx, 1, text), await show(ctx, views)
    if pending:
        await ctx.run.write(InputRequired(operation=pending.operation, missing=pending.missing))
    return Routed(text=text, views=shown, pending=pending)


def cannot(error: NisError, what: str = "I cannot compute that now") -> str:
    """Why there is no answer, and what mends it."""
    return f"{what}: {error.message} {error.remedy}".strip()


def _used(entry: Entry, request: Model, route: Route) -> Table:
    """The arguments of the call, and where each is from."""
    values = request.model_dump(mode="json", exclude_none=True)
    rows: list[list[str | float]] = []
    for slot in _fields(entry).values():
        if slot.name not in values or values[slot.name] == []:
            continue
        source = route.sources.get(slot.name)
        origin = f"“{source}”" if source else "given" if slot.name in route.arguments else "default"
        value = values[slot.name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        rows.append([slot.label, value if number else _value(value), slot.unit or "", origin])
    return Table(title="Arguments", columns=["argument", "value", "unit", "from"], rows=rows)


def _receipt(entry: Entry, used: Table, route: Route) -> list[str]:
    """The operation, what was given and what was assumed, in words; the table has the knobs as well."""
    knobs = {slot.label for slot in _fields(entry).values() if slot.knob}
    given = [_given(*row) for *row, origin in used.rows if origin != "default"]
    assumed = [_given(*row) for *row, origin in used.rows if origin == "default" and row[0] not in knobs]
    done = "Begun as" if entry.shape == "run" else "Computed by"
    lines = [f"{done} `{entry.name}`" + (f" with {', '.join(given)}." if given else ".")]
    if assumed:
        lines.append(f"Not given, so by default: {', '.join(assumed)}.")
    return [*lines, *_leftovers(route)]


def _leftovers(route: Route) -> list[str]:
    if not route.unread:
        return []
    return [f"Not used, because no argument is of its kind: {', '.join(route.unread)}."]


def _given(label: object, value: object, unit: object) -> str:
    """An argument in words: "mass 2 kg"."""
    return f"{label} {_value(value)} {unit or ''}".strip()


def words_of(views: Sequence[View], entry: Entry) -> str:
    """What a result says; one that has no words of its own: its first table, a line a row."""
    first = next((view for view in views if isinstance(view, Text)), None)
    if first is not None:
        return first.text
    table = next((view for view in views if isinstance(view, Table)), None)
    if table is None:
        return entry.summary
    return "\n".join(f"- {': '.join(_value(cell) for cell in row)}" for row in table.rows[:12])


def _value(value: object) -> str:
    """A value in words; numbers with six digits, which the table beside has in full."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(f"“{one}”" if isinstance(one, str) else _value(one) for one in cast("list[object]", value))
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)
