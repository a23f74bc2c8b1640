"""Commands in: each message of `nis.commands` is one call, made at least once and with one effect.

A command is committed when its reply is acknowledged. Killed in between, it is handed out again and answered from what
is kept under its id (`surfaces/rest/replies.py`): a run is begun once; a write that may have been made is not repeated.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from pydantic import ValidationError

from nis_backend.caller import LOCAL, Caller
from nis_backend.calling import call, last_of
from nis_backend.drivers.bus.base import COMMANDS, DEAD_LETTERS, REPLIES
from nis_backend.errors import Busy, DeadlineExceeded, InternalError, NisError, TooLarge, Unauthenticated, Unavailable
from nis_backend.operation import Model
from nis_backend.refusal import invalid
from nis_backend.run import RunHandle
from nis_backend.surfaces.bus.letters import AUTHORIZATION, GROUP, Command, Reply, dead_letter, named_in, reply_to
from nis_backend.surfaces.login import caller_of
from nis_backend.surfaces.rest.replies import REPLAYED, Replies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from nis_backend.drivers.bus.base import Bus, Inbox, Message, Taken
    from nis_backend.operation import Operation
    from nis_backend.surfaces.base import Process

T = TypeVar("T")

log = logging.getLogger("nis.commands")

UNDER_WAY = 16
"""Commands taken and not yet committed, in every partition together; within one they are done in turn."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try of what says that it may be tried again; then it is a dead letter."""

LONGEST_PAUSE = 30.0
"""Seconds between tries of what has to wait: for the database, for the bus, for fewer calls."""

DRAIN_SECONDS = 3.0
"""Time that commands under way get at a stop; the others are handed out again."""


class Commands:
    """Takes commands from a bus and does them."""

    def __init__(self, process: Process, bus: Bus) -> None:
        self._process = process
        self._bus = bus
        self._replies = Replies(field="id", prefix="bus:")
        self._free = asyncio.Semaphore(UNDER_WAY)
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def listen(self) -> None:
        """Do what comes, until this is cancelled."""
        try:
            inbox = await self._bus.consume(COMMANDS, GROUP)
        except Unavailable as refused:
            log.warning("no commands come in: %s %s", refused, refused.remedy)
            return
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._free.acquire()
                taken = await inbox.take()
                before = self._lanes.get(taken.partition)
                task = self._lanes[taken.partition] = asyncio.create_task(self._in_turn(inbox, taken, before))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        finally:
            if under_way:
                _, late = await asyncio.wait(under_way, timeout=DRAIN_SECONDS)
                for task in late:
                    task.cancel()
            await inbox.close()

    async def _in_turn(self, inbox: Inbox, taken: Taken, before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None:
                await asyncio.wait({before})
            await self._handle(taken)
            await inbox.commit(taken)
        finally:
            self._free.release()

    async def _handle(self, taken: Taken) -> None:
        """Do one command, and send what became of it."""
        try:
            caller = await self._patiently(lambda: self._caller(taken))
            command = self._read(taken)
            reply = await self._patiently(lambda: self._done(command, caller))
        except NisError as error:
            await self._refused(taken, error)
        except Exception:
            place = f"{taken.topic}/{taken.partition}/{taken.offset}"
            log.exception("the command at %s failed", place)
            fault = InternalError(
                "nis failed to do the command.", remedy=f"The server's log has the reason under {place}."
            )
            await self._refused(taken, fault)
        else:
            await self._send(REPLIES, reply_to(taken, reply))

    async def _refused(self, taken: Taken, problem: NisError) -> None:
        """Put the command to the dead letters, and tell its sender where it says how it is called."""
        await self._send(DEAD_LETTERS, dead_letter(taken, problem))
        named = named_in(taken)
        if named is not None:
            id_, operation = named
            await self._send(REPLIES, reply_to(taken, Reply(id=id_, operation=operation, problem=problem.problem())))

    async def _caller(self, taken: Taken) -> Caller:
        """Whose command it is: a topic is written to from anywhere, so a key is wanted on loopback too."""
        given = next((value for name, value in taken.headers.items() if name.lower() == AUTHORIZATION), None)
        owner = self._process.settings.bus_owner
        if given is None and owner is not None:
            return Caller(owner=owner)
        if given is None:
            raise Unauthenticated(
                "The command carries no key.",
                remedy="Send one in the message's header authorization, as Bearer KEY; or name in NIS_BUS_OWNER for "
                "whom commands without one are done.",
            )
        keys = self._process.context(LOCAL).drivers.keys
        return await caller_of(self._process.settings, keys, {"authorization": given}, always=True)

    def _read(self, taken: Taken) -> Command:
        limit = self._process.settings.max_body
        if len(taken.value) > limit:
            raise TooLarge(
                f"The command has {len(taken.value)} bytes; at most {limit} are read.",
                remedy="Send less, or raise NIS_MAX_BODY.",
            )
        try:
            return Command.model_validate_json(taken.value)
        except ValidationError as error:
            raise invalid(error) from None

    async def _done(self, command: Command, caller: Caller) -> Reply:
        """Call the operation; what only reads is called anew each time, everything else once."""
        ctx = self._process.context(caller)
        operation = self._process.operations.find(command.operation)
        asked = operation.validate(command.arguments)
        marks: dict[str, str] = {}
        if operation.shape == "stream" or (operation.effect == "reads" and operation.shape == "model"):
            result = await call(operation, asked, ctx)
        else:
            # The same command may lie in two partitions.
            alone = self._alone.setdefault(f"{caller.owner} {command.id}", asyncio.Lock())
            async with alone:
                result = await self._replies.once(command.id, operation, asked, ctx, marks)
        done = Reply(id=command.id, operation=command.operation, replayed=REPLAYED in marks)
        if isinstance(result, RunHandle):
            return done.model_copy(update={"run_id": result.id})
        last = result if isinstance(result, Model) else await _last(result, operation)
        return done.model_copy(update={"result": last and last.model_dump(mode="json")})

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work answers. What says that it may be tried again is, a few times; what has to wait is waited for.

        Raises:
            NisError: it was refused for good, or once too often.
        """
        pauses, longer = iter(PAUSES), PAUSES[0]
        while True:
            try:
                return await work()
            except NisError as error:
                # One that took all its time would take it again.
                if not error.codes.retry or isinstance(error, DeadlineExceeded):
                    raise
                if await self._has_to_wait(error):
                    pause = longer = min(2 * longer, LONGEST_PAUSE)
                elif (pause := next(pauses, 0.0)) == 0.0:
                    raise
            await asyncio.sleep(pause)

    async def _has_to_wait(self, error: NisError) -> bool:
        """Whether the reason lies in how much there is to do, or in the database, and not in the command."""
        if isinstance(error, Busy):
            return True
        try:
            await self._process.context(LOCAL).drivers.checks["store"]()
        except Unavailable:
            return True
        return False

    async def _send(self, topic: str, message: Message) -> None:
        """Send it, however long the bus is away."""
        pause = PAUSES[0]
        while True:
            try:
                await self._bus.publish(topic, [message])
            except Unavailable as away:
                log.warning("a message for %s has to wait: %s", topic, away)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return


async def _last(items: AsyncIterator[Model], operation: Operation[Any, Any]) -> Model | None:
    """The last item of a stream, which has as long as any call: others wait behind it.

    Raises:
        DeadlineExceeded: it was not at its end by then.
    """
    try:
        async with asyncio.timeout(operation.time_limit):
            return await last_of(items)
    except TimeoutError:
        raise DeadlineExceeded(
            f"{operation.name} was not at its end after {operation.time_limit:g} s.",
            remedy="Follow it over another surface.",
        ) from None
