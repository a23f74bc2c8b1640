"""AG-UI over a WebSocket, at `/agui/ws`: the events of `/agui`, one a frame.

The protocol reserves a flag for this and has no contract; ours, in full:

- A frame is one JSON object, as text. The client's is a `RunAgentInput`, which is answered with the events of its run
  from `RUN_STARTED` to `RUN_FINISHED` or `RUN_ERROR`, each as it would come over HTTP. Two members may stand beside
  those of the input: `lastEventId`, the number of the last event that was seen, after which the run is told; and
  `frame`, a string of the client's by which it knows what an event answers.
- `{"type": "watch", "threadId": …, "runId": …}` is `GET /agui`: a run that was begun elsewhere, the thread's newest
  without `runId`. `lastEventId` and `frame` as above; `catalogs`, a list, where surfaces are wanted.
- `{"type": "cancel"}` cancels the run that is told now, or is about to be; its stream ends with that outcome.
- Each event has `metadata.nis.id`, its number in the log (see `events`), and `metadata.nis.frame` where one was given.
  A frame that is wrong, or asks for what cannot be, is answered with one `RUN_ERROR` without a number.
- Runs are told one after the other: what comes meanwhile waits its turn. While sixteen frames do, or as many characters
  as one frame may have, the next one is refused as `busy`, by its `frame`, in the midst of the run that is told. What
  was begun goes on when the socket closes, unless `forwardedProps.nis.onDisconnect` is `cancel`.
- Closes: see `surfaces.socket`. Nothing is lost by one: the log has it, and `lastEventId` goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nis_backend.calling import call
from nis_backend.errors import Busy, Conflict, InternalError, InvalidRequest, NisError
from nis_backend.surfaces.agui.begin import begin
from nis_backend.surfaces.agui.endpoint import CANCEL, watched
from nis_backend.surfaces.agui.events import OURS, run_error
from nis_backend.surfaces.agui.request import RunInput, RunNamed, json_object, read
from nis_backend.surfaces.agui.stream import Reading, line, place_of, told
from nis_backend.surfaces.socket import Socket

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from starlette.websockets import WebSocket

    from nis_backend.caller import Caller
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.agui.stream import Numbered
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

MOST_WAITING = 16
"""Frames that may wait for their turn."""

LONGEST_NAME = 256
"""Characters of what a client calls a frame, as of the protocol's names."""

BESIDE = ("lastEventId", "frame", "type")
"""Members of a frame that are no input's."""


class Connection(Socket):
    """One socket, and the run that is told over it now."""

    again = "go on with lastEventId"

    def __init__(self, process: Process, socket: WebSocket, caller: Caller) -> None:
        super().__init__(process, socket)
        self._caller = caller
        self._frames: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._waiting = 0
        """Characters of the frames that wait."""
        self._telling = asyncio.create_task(self._tell_all())
        self._telling.add_done_callback(self.broke)
        self._run: str | None = None
        """The run that is told now."""
        self._begins = False
        """Whether a frame was taken whose run is not known yet."""
        self._cancels = False
        """Whether that run is to be cancelled as soon as it is."""

    @override
    def working(self) -> Iterable[asyncio.Task[None]]:
        return [self._telling]

    @override
    async def take(self, text: str) -> None:
        if len(text) < 64 and '"cancel"' in text and await self._cancelled(text):  # noqa: PLR2004 - such a frame is short
            return
        waiting = self._waiting + len(text)
        if self._frames.full() or (waiting > self._process.settings.max_body and self._waiting):
            told = f"{self._frames.qsize()} frames of {self._waiting} characters wait already."
            await self._fail(Busy(told, remedy="Wait for a run to end."), _frame_of(text))
        else:
            self._waiting = waiting
            self._frames.put_nowait(text)

    async def _cancelled(self, text: str) -> bool:
        """Whether it is a cancel; with nothing to cancel it says nothing."""
        try:
            given = json_object(text)
        except NisError:
            return False
        if given != {"type": "cancel"}:
            return False
        if self._run is not None:
            await self._cancel(self._run)
        else:
            self._cancels = self._begins or not self._frames.empty()
        return True

    async def _cancel(self, run_id: str) -> None:
        try:
            await call(self._process.operations.find(CANCEL), {"id": run_id}, self._context())
        except Conflict:
            # It has ended, or was told before.
            return
        except NisError as error:
            await self._fail(error, None)

    def _context(self) -> Context:
        return self._process.context(self._caller)

    async def _tell_all(self) -> None:
        while True:
            text = await self._frames.get()
            self._waiting -= len(text)
            frame: Any = None
            self._begins = True
            try:
                given = json_object(text)
                frame = _name(given.get("frame"))
                if frame is None and given.get("frame") is not None:
                    raise InvalidRequest("frame is no name.", field="frame", remedy="Give a string, or leave it out.")  # noqa: TRY301
                await self._tell(given, frame)
            except NisError as error:
                await self._fail(error, frame)
            except Exception:
                log.exception("a run over a socket failed")
                await self._fail(InternalError("nis failed to answer."), frame)
            finally:
                self._run, self._begins, self._cancels = None, False, False

    async def _fail(self, error: NisError, frame: str | None) -> None:
        await self.send(line(_marked(run_error(error), None, frame)))

    async def _tell(self, given: Json, frame: str | None) -> None:
        async with aclosing(await self._parts(given)) as parts:
            async for entry in parts:
                for name, event in entry:
                    await self.send(line(_marked(event, name, frame)))

    async def _parts(self, given: Json) -> AsyncGenerator[list[Numbered], None]:
        """The events that a frame asks for."""
        ctx, kind = self._context(), given.get("type")
        after = place_of(given.get("lastEventId"))
        if kind == "watch":
            named = read(RunNamed, given)
            begun, reading = await watched(named, ctx), Reading(after=after, catalogs=named.catalogs, on=True)
        elif kind is None:
            body = {name: value for name, value in given.items() if name not in BESIDE}
            asked = read(RunInput, body)
            begun = await begin(self._process, asked, body["messages"], ctx, on=after > (0, 0))
            options = asked.forwarded
            reading = Reading(after=after, catalogs=options.catalogs, ends=options.nis.on_disconnect == "cancel")
        else:
            raise InvalidRequest(
                "type is none of a frame's.", field="type", value=kind, remedy="Leave it out, or give watch or cancel."
            )
        self._run = begun.asked.run_id
        if self._cancels:
            await self._cancel(self._run)
        return told(self._process, ctx, begun, reading)


def _frame_of(text: str) -> str | None:
    """What the client calls a frame, of one that is not read any further."""
    try:
        return _name(json_object(text).get("frame"))
    except NisError:
        return None


def _name(given: object) -> str | None:
    return given if isinstance(given, str) and len(given) <= LONGEST_NAME else None


def _marked(event: Json, name: str | None, frame: str | None) -> Json:
    """An event with its number, and with what the client calls the frame that it answers."""
    ours: Json = {**event.get("metadata", {}).get(OURS, {})}
    ours |= {key: value for key, value in (("id", name), ("frame", frame)) if value is not None}
    return {**{key: value for key, value in event.items() if key != "metadata"}, "metadata": {OURS: ours}}
