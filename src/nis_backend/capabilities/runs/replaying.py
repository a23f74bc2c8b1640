"""A run replayed from its log, and as a test that replays it elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.runs.comparing import MOST_EVENTS
from nis_backend.capabilities.runs.operations import SAID, OneRun
from nis_backend.errors import Conflict, Forbidden, TooLarge
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.event import Event
    from nis_backend.replay import Replayed
    from nis_backend.run import Run

SHOWN = 2_000
"""Characters of an event that a report shows."""

LONGEST = 4_000_000
"""Characters of an exported test."""


class Replay(Model):
    """What came of a replay."""

    id: str
    identical: bool = Field(description="Whether the code came to all of the log, and to nothing else.")
    events: int = Field(description="Events of the log.")
    seq: int | None = Field(description="The event at which they part; null where they do not.")
    recorded: str | None = Field(description="What the log has there, as JSON.")
    now: str | None = Field(description="What the code does there, as JSON; null where it does nothing.")


class TestFile(Model):
    """A run as a test."""

    id: str
    name: str = Field(description="A name for the file.")
    media_type: str
    text: str = Field(description="The test: pytest runs it with nis installed, no server and no network.")


async def _replayed(run_id: str, ctx: Context) -> tuple[Run, list[Event], Replayed]:
    from nis_backend.replay import replay  # noqa: PLC0415 - loads with the first replay

    log = ctx.runs
    run = await log.get(run_id)
    if not run.finished:
        raise Conflict(f"Run {run_id} has not ended.", field="id", value=run_id, remedy="Wait for its end.")
    if run.last_seq > MOST_EVENTS:
        raise TooLarge(
            f"Run {run_id} has {run.last_seq} events.",
            field="id",
            value=run_id,
            remedy=f"Replay one of at most {MOST_EVENTS}.",
        )
    events = await log.all_events(run_id)
    if log.viewing is not None and log.viewing.masked:
        raise Forbidden(
            f"A policy masks what run {run_id} has said: what is replayed from that is another run.",
            field="id",
            value=run_id,
            remedy="Ask whoever keeps the policies on runs.get_run and runs.stream_events.",
        )
    return run, events, await replay(ctx, run, events)


def _shown(body: dict[str, Any] | None) -> str | None:  # Any: JSON
    if body is None:
        return None
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _draw_replay(_request: Model, result: Replay) -> list[View]:
    if result.identical:
        return [Text(text=f"All {result.events} events are the same again.")]
    rows: list[list[str | float]] = [["log", result.recorded or "nothing"], ["code", result.now or "nothing"]]
    words = Text(text=f"They part at event {result.seq}.")
    return [words, Table(title="Where they part", columns=["", "event"], rows=rows)]


@operation(
    "runs.get_replay",
    effect="reads",
    on="run",
    view=_draw_replay,
    time_limit=120.0,
    examples=(Example(title="A turn of a conversation", request={"id": "{turn.run_id}"}, before=(SAID,)),),
)
async def get_replay(request: OneRun, ctx: Context) -> Replay:
    """Execute a run's code again from its log alone, and say where the two part: nothing is asked, called or written.

    Models and operations answer what they answered then. A difference says that the code has changed since.

    Raises:
        NotFound: the caller has no such run, or its operation is gone.
        Conflict: it has not ended, or an earlier version has written its log.
        NotSupported: it leaves no steps: its call as a whole is the run.
    """
    _, events, done = await _replayed(request.id, ctx)
    found = done.divergence
    return Replay(
        id=request.id,
        identical=done.same,
        events=len(events),
        seq=found and found.seq,
        recorded=_shown(found.recorded if found else None),
        now=_shown(found.now if found else None),
    )


def _draw_file(_request: Model, result: TestFile) -> list[View]:
    return [Text(text=result.text)]


@operation(
    "runs.get_export",
    effect="reads",
    on="run",
    view=_draw_file,
    time_limit=120.0,
    examples=(Example(title="A turn of a conversation", request={"id": "{turn.run_id}"}, before=(SAID,)),),
)
async def get_export(request: OneRun, ctx: Context) -> TestFile:
    """Export a run as a pytest file: it holds the log, and replays it against the code that is installed there.

    The file has all that the run said and read: it is as confidential as they are.

    Raises:
        NotFound: the caller has no such run, or its operation is gone.
        Conflict: it has not ended, or does not replay here either.
        NotSupported: it leaves no steps.
        TooLarge: the log is too long for a file.
    """
    read = _Reads(ctx.drivers.store)
    store: Any = read
    reading = replace(ctx, drivers=replace(ctx.drivers, store=store))
    run, events, done = await _replayed(request.id, reading)
    if not done.same:
        raise Conflict(
            f"Run {run.id} does not replay: its code has changed since.",
            field="id",
            value=run.id,
            remedy="Replay it to see where; export one that replays.",
        )
    text = _file(run, events, read.rows, ctx.caller.owner)
    if len(text) > LONGEST:
        raise TooLarge(
            f"The test would have {len(text)} characters.",
            field="id",
            value=run.id,
            remedy=f"Export a run whose log is shorter: a test has at most {LONGEST}.",
        )
    plain = "".join(letter if letter.isalnum() else "_" for letter in run.id)
    return TestFile(id=run.id, name=f"test_{plain}.py", media_type="text/x-python", text=text)


class _Reads:
    """The store, and which rows were read of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: dict[str, dict[str, Row]] = {}

    def __getattr__(self, name: str) -> Any:  # Any: each method as it is
        return getattr(self._store, name)

    async def get(self, table: str, owner: str, id: str) -> Row | None:  # noqa: A002 - the contract's
        """See `Store.get`."""
        store: Any = self._store
        row = await store.get(table, owner, id)
        self._keep(table, [row] if row else [])
        return row

    async def select(self, table: str, owner: str, **clauses: Any) -> list[Row]:  # Any: see Store
        """See `Store.select`."""
        store: Any = self._store
        rows = await store.select(table, owner, **clauses)
        self._keep(table, rows)
        return rows

    def _keep(self, table: str, rows: list[Row]) -> None:
        self.rows.setdefault(table, {}).update({str(row["id"]): row for row in rows})


FILE = '''"""Run {id} of {operation}, recorded: replayed with no server and no network."""

import json

from nis_backend.rehearsal import rehearse

RECORDED = json.loads(
    r"""
{recorded}
"""
)


def test_the_run_is_the_same_again() -> None:
    """What models and operations answered is handed out; the code has to come to the same log."""
    rehearse(RECORDED)
'''


def _file(run: Run, events: list[Event], read: dict[str, dict[str, Row]], owner: str) -> str:
    rows = {
        table: [{name: value for name, value in row.items() if name != "owner"} for row in found.values()]
        for table, found in read.items()
    }
    bodies = [one.model_dump(mode="json", exclude={"run_id", "time"}) for one in events]
    recorded = {"format": 1, "owner": owner, "run": run.id, "rows": rows, "events": bodies}
    # A quotation mark is written as JSON may write it too, so that the text ends where it should.
    text = json.dumps(recorded, indent=1).replace('"""', '""\\u0022')
    return FILE.format(id=run.id, operation=run.operation, recorded=text)


OPERATIONS = (get_replay, get_export)
