"""What anyone who may can tell a run: to stop, to rest, to go on, and what it waits for."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.base import OPEN, Append, NewEvent
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.event import (
    Approved,
    CancelledRun,
    CancelRequested,
    InputProvided,
    PauseRequested,
    Rejected,
    ResumeRequested,
)
from nis_backend.found import unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.event import Body

    Submit = Callable[[str, str], Awaitable[None]]
    """Tells the dispatcher that a run is queued: its owner and its id."""
    Undoes = Callable[[str], bool]
    """Whether an operation takes back what a run of it has made that is cancelled."""

    Json = dict[str, Any]  # Any: JSON

_TYPE = {"type"}
UNHELD = ("queued", "paused", "waiting")
"""States of a run that nobody holds: what is commanded happens at once."""
PAGE = 100
"""Runs that are looked at in one query."""


async def unsubmitted(owner: str, run_id: str) -> None:
    """Where there is no dispatcher: what is queued waits for one."""


class Commands:
    """The commands of one owner; each is an event of the run's log, and answers its number.

    Raises, every one of them:
        NotFound: the owner has no such run.
        Conflict: the run has ended, or is in a state where the command means nothing.
    """

    def __init__(self, store: Store, owner: str, submit: Submit, undoes: Undoes = lambda _: False) -> None:
        self._store = store
        self.owner = owner
        self._submit = submit
        self._undoes = undoes

    async def cancel(self, run_id: str) -> int:
        """End the run and those that it waits for: at once where nobody holds it, else its holder ends it.

        Its holder also where something is to be taken back.
        """
        return await self._while_it_moves(run_id, self._cancel)

    async def _cancel(self, row: Row) -> int:
        if row["state"] in UNHELD:
            # Before it: a death in between leaves none going on whose end nobody waits for.
            await self.cancel_awaited(row["id"])
        if row["state"] in UNHELD and row["attempt"] and self._undoes(row["operation"]):
            _refuse_told(row, "cancel")
            changes = {"state": "queued", "wanted": "cancel", "waiting": None, "not_before": self._store.now()}
            seq = await self._command(row, [CancelRequested()], [row["state"]], **changes)
            await self._submit(self.owner, row["id"])
            return seq
        if row["state"] in UNHELD:
            bodies = [CancelRequested(), CancelledRun()]
            return await self._command(row, bodies, UNHELD, state="cancelled", waiting=None, wanted=None)
        return await self._tell(row, CancelRequested(), "cancel")

    async def cancel_awaited(self, run_id: str, states: Sequence[str] = OPEN) -> None:
        """End the runs in these states that this one waits for, and those that they wait for."""
        before: tuple[float, str] | None = None
        while True:
            rows = await self._store.select("runs", self.owner, where={"awaited_by": run_id}, before=before, limit=PAGE)
            for row in rows:
                if row["state"] in states:
                    # It has ended meanwhile, or was told already.
                    with suppress(Conflict, NotFound):
                        await self.cancel(row["id"])
            if len(rows) < PAGE:
                return
            before = rows[-1]["created"], rows[-1]["id"]

    async def pause(self, run_id: str) -> int:
        """Have the run rest until it is resumed; a step that may not be repeated is finished first."""
        return await self._while_it_moves(run_id, self._pause)

    async def _pause(self, row: Row) -> int:
        if row["state"] in {"queued", "waiting"}:
            _refuse_told(row, "pause")
            return await self._command(row, [PauseRequested()], [row["state"]], state="paused")
        return await self._tell(row, PauseRequested(), "pause")

    async def resume(self, run_id: str) -> int:
        """Have a paused run go on, or wait again for what it waited for."""
        row = await self._row(run_id)
        if row["waiting"]:
            return await self._command(row, [ResumeRequested()], ["paused"], state="waiting")
        return await self._requeue(row, ResumeRequested(), "paused")

    async def approve(self, run_id: str, call_id: str | None = None) -> int:
        """Allow what the run waits for; `call_id` names it."""
        row, waiting = await self._waiting(run_id, "approval", call_id)
        return await self._requeue(row, Approved(call_id=waiting["call_id"]), "waiting")

    async def reject(self, run_id: str, call_id: str | None = None, reason: str = "") -> int:
        """Refuse what the run waits for; it goes on without."""
        row, waiting = await self._waiting(run_id, "approval", call_id)
        return await self._requeue(row, Rejected(call_id=waiting["call_id"], reason=reason), "waiting")

    async def provide_input(
        self, run_id: str, values: Json, call_id: str | None = None, request: str | None = None, *, part: bool = False
    ) -> int:
        """Tell the run what it waits for; `request` is its whole request then, of a run that has not begun.

        A `part` of it may come first: the run waits on for the rest.

        Raises:
            InvalidRequest: a value was not asked for, or one is missing.
        """
        row, waiting = await self._waiting(run_id, "input", call_id)
        asked = waiting["schema"]
        for name in values:
            if name not in asked["properties"]:
                wanted = ", ".join(asked["properties"])
                raise InvalidRequest(f"{name} is not asked for.", field=f"values.{name}", remedy=f"Give {wanted}.")
        values = {**waiting.get("given", {}), **values}
        rest = [name for name in asked.get("required", ()) if name not in values]
        if rest and not part:
            raise InvalidRequest(f"{rest[0]} is missing.", field=f"values.{rest[0]}", remedy=f"Give {rest[0]}.")
        body = InputProvided(call_id=waiting["call_id"], values=values, rest=rest)
        if rest:
            told = json.dumps({**waiting, "given": values})
            return await self._command(row, [body], ["waiting"], waiting=told)
        return await self._requeue(row, body, "waiting", **({} if request is None else {"input": request}))

    async def _while_it_moves(self, run_id: str, command: Callable[[Row], Awaitable[int]]) -> int:
        """Command the run as it is; where it was taken or let go meanwhile, as it is then."""
        row = await self._row(run_id)
        while True:
            try:
                return await command(row)
            except Conflict:
                before, row = row, await self._row(run_id)
                if _standing(row) == _standing(before) or row["state"] not in OPEN:
                    raise

    async def _row(self, run_id: str) -> Row:
        row = await self._store.get("runs", self.owner, run_id)
        if row is None:
            raise unknown_run(run_id)
        return row

    async def _waiting(self, run_id: str, kind: str, call_id: str | None) -> tuple[Row, Json]:
        """The run, and what it waits for."""
        from nis_backend.run import run_of  # noqa: PLC0415 - it stands on this module

        row = await self._row(run_id)
        waiting = run_of(row).waiting or {}
        if row["state"] != "waiting" or waiting.get("kind") != kind or call_id not in {None, waiting["call_id"]}:
            raise Conflict(
                f"Run {run_id} is in the state {row['state']}: it waits for no {kind}"
                + (f" of {call_id!r}." if call_id else "."),
                field="id" if call_id is None else "call_id",
                value=call_id or run_id,
                remedy="Get the run: it says what it waits for.",
            )
        return row, waiting

    async def _tell(self, row: Row, body: Body, wanted: str) -> int:
        """Tell the holder."""
        if row["state"] == "running":
            _refuse_told(row, wanted)
        return await self._command(row, [body], ["running"], wanted=wanted)

    async def _requeue(self, row: Row, body: Body, state: str, **changes: Any) -> int:  # Any: columns
        # What was told to be cancelled as it was let go is cancelled by whoever takes it now.
        wanted = row["wanted"] if row["wanted"] == "cancel" else None
        seq = await self._command(row, [body], [state], state="queued", waiting=None, wanted=wanted, **changes)
        await self._submit(self.owner, row["id"])
        return seq

    async def _command(
        self,
        row: Row,
        bodies: Sequence[Body],
        only_in: Sequence[str],
        **changes: Any,  # Any: columns
    ) -> int:
        append = append_of(self.owner, row["id"], None, bodies, changes, only_in)
        return (await self._store.append(append))[0]


def _refuse_told(row: Row, wanted: str) -> None:
    if row["wanted"] in {wanted, "cancel"}:
        raise Conflict(f"Run {row['id']} was already told to {row['wanted']}.", field="id", value=row["id"])


def _standing(row: Row) -> tuple[str, int, int]:
    """What a command depends on, which tells a run that was taken and let go meanwhile from one that was not."""
    # A run that is under way writes to its log all the time.
    return row["state"], row["attempt"], 0 if row["state"] == "running" else row["last_seq"]


def append_of(  # noqa: PLR0913, PLR0917 - the fields of an append
    owner: str,
    run_id: str,
    attempt: int | None,
    bodies: Sequence[Body],
    changes: Row,
    only_in: Sequence[str] = OPEN,
    times: Sequence[float] = (),
) -> Append:
    """Events as the store takes them; `times` are when they were written down, of those that did not come now."""
    try:
        events = [
            NewEvent(type=body.type, body=body.model_dump_json(exclude=_TYPE), time=time)
            for body, time in zip_longest(bodies, times)
        ]
    except ValueError as error:
        # Half of a character, which some servers of models send.
        raise InvalidRequest(f"An event of run {run_id} is no JSON: {error}.", remedy="Leave that out.") from None
    return Append(owner=owner, run_id=run_id, attempt=attempt, events=events, changes=changes, only_in=only_in)


def unknown_run(run_id: str) -> NotFound:
    """The refusal for a run that the caller does not have."""
    return unknown("run", run_id)
