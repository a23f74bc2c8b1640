"""A run's events for one reader: from an entry of the log on, up to where the client's run ends."""

from __future__ import annotations

import json
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from nis_backend import held
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.event import InputRequired, Released, Surface
from nis_backend.surfaces.agui.events import View, run_error

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.surfaces.agui.begun import Begun
    from nis_backend.surfaces.base import Process

Place = tuple[int, int]
"""The number of an entry of the log, and of an event of that entry."""

Numbered = tuple[str, "Json"]
"""An event and its number, as clients give it back."""


def place_of(given: object) -> Place:
    """Where a reader has stopped, by the number of the last event that it has seen: `41.2`.

    Raises:
        InvalidRequest: it is no number of an event.
    """
    if given is None:
        return (0, 0)
    if isinstance(given, str):
        entry, _, number = given.partition(".")
        if all(one.isascii() and one.isdecimal() for one in (entry, number)):
            return int(entry[:9]), int(number[:9])
    raise _no_place(given, "Last-Event-ID is no number of an event.")


def _no_place(given: object, message: str) -> InvalidRequest:
    remedy = "Give the id of the last event of this run that you have read: 41.2."
    return InvalidRequest(message, field="Last-Event-ID", value=given, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reader wants."""

    after: Place = (0, 0)
    catalogs: Sequence[str] | None = None
    """The catalogs of the surfaces that it draws; None where it draws none."""
    on: bool = False
    """Whether to go on beyond where the run waits."""
    ends: bool = False
    """Whether the run ends when this one leaves."""


async def told(process: Process, ctx: Context, begun: Begun, reading: Reading) -> AsyncGenerator[list[Numbered], None]:
    """The events of each entry that has some for this reader.

    Raises:
        InvalidRequest: it claims to have read what is not in the log yet.
    """
    view, run_id = View(begun.asked), begun.asked.run_id
    done = False
    if reading.after[0] and reading.after[0] > (last := (await ctx.runs.standing(run_id)).last_seq):
        raise _no_place(".".join(map(str, reading.after)), f"The last entry of this run's log is {last}.")
    try:
        async with aclosing(cast("AsyncGenerator[Event]", ctx.runs.follow(run_id, waits=reading.on))) as events:
            async for event in events:
                drawn = await _drawn(event, ctx, reading.catalogs)
                waiting = await _waiting(event, ctx)
                entry = [
                    (f"{event.seq}.{number}", one)
                    for number, one in enumerate(view.of(event, drawn, waiting), 1)
                    if (event.seq, number) > reading.after and event.seq >= begun.start
                ]
                if entry:
                    yield entry
                done = view.ended or (view.waits and event.seq >= begun.start)
                if done and not (reading.on and view.waits):
                    return
    finally:
        if reading.ends and not done and not process.closing.is_set():
            with suppress(NisError):
                await ctx.runs.cancel(run_id)


async def _drawn(event: Event, ctx: Context, catalogs: Sequence[str] | None) -> list[Json]:
    """The surface of an entry, for a client that draws it."""
    if catalogs is None or not isinstance(event.body, Surface):
        return []
    from nis_backend.surfaces.a2ui import messages_of  # noqa: PLC0415 - loads with the first surface asked for

    views = [view.model_dump(mode="json") for view in event.body.views]
    return await messages_of(views, f"{event.run_id}-{event.seq}", ctx.blobs, catalogs)


async def _waiting(event: Event, ctx: Context) -> Json | None:
    """What is to be answered, where the run waits now; one that has not begun is not released."""
    match event.body:
        case Released(reason="waiting") | InputRequired(call_id=held.START):
            return (await ctx.runs.get(event.run_id)).waiting
        case _:
            return None


class Frames:
    """Events as server-sent ones."""

    pause = b": still here\n\n"
    end = b""

    def of(self, part: list[Numbered]) -> Iterator[bytes]:
        """Those of one entry."""
        for name, event in part:
            yield f"id: {name}\ndata: {line(event)}\n\n".encode()

    def failed(self, error: NisError) -> bytes:
        """The stream cannot go on; the run may. It has no number: it is in no log."""
        return f"data: {line(run_error(error))}\n\n".encode()


def line(event: Json) -> str:
    """An event as JSON on one line."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)
