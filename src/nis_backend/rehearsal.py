"""What an exported test stands on: a recorded run, replayed in a folder of its own with no server and no network."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.caller import Caller
from nis_backend.catalog import Catalog, load_app
from nis_backend.context import Context
from nis_backend.drivers.blobs.folder import FolderContents
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.store.base import Append, NewEvent
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.opened import Drivers
from nis_backend.replay import Replayed, replay
from nis_backend.run import Tail
from nis_backend.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""The version of what is exported."""


def rehearse(recorded: Mapping[str, Any], app: str | None = None) -> None:
    """Replay a recorded run; `app` is the file of its operation, where it is not one of nis' own.

    Raises:
        AssertionError: where the code parts from the record, with what each has.
        InvalidRequest: another version has recorded it.
        NotFound: its operation is in a file that is not named.
    """
    if recorded.get("format") != FORMAT:
        raise InvalidRequest(
            f"The record has format {recorded.get('format')!r}; this nis reads {FORMAT}.",
            remedy="Export the run again.",
        )
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_replayed(Path(folder), recorded, app)).divergence
    if found is not None:
        message = f"They part at event {found.seq}.\nlog:  {json.dumps(found.recorded)}\ncode: {json.dumps(found.now)}"
        raise AssertionError(message)


async def _replayed(folder: Path, recorded: Mapping[str, Any], app: str | None) -> Replayed:
    catalog = Catalog.from_index()
    if app is not None:
        catalog.add(load_app(Path(app)))
    [operation] = [row["operation"] for row in recorded["rows"]["runs"] if row["id"] == recorded["run"]]
    if operation not in {entry.name for entry in catalog.entries()}:
        raise NotFound(f'{operation} is not here. Name the file that has it: rehearse(RECORDED, app="FILE").')
    store, compute = SqliteStore(folder / "nis.db"), WorkerPools([])
    drivers = Drivers(
        settings=read_settings({}, data=folder),
        store=store,
        contents=FolderContents(folder / "blobs"),
        tail=Tail(store),
        compute=compute,
        dispatch=InProcess(store, _nobody, {"default": 1}),
        operations=catalog,
        metered=Direct,
    )
    ctx = Context(drivers=drivers, caller=Caller(owner=str(recorded["owner"])))
    try:
        run_id = await _restore(store, recorded)
        return await replay(
            ctx, await ctx.runs.get(run_id), await ctx.runs.events(run_id, limit=len(recorded["events"]))
        )
    finally:
        await compute.close()
        await store.close()


async def _nobody(owner: str, run_id: str, attempt: int) -> Any:
    raise NotImplementedError(owner, run_id, attempt)


async def _restore(store: SqliteStore, recorded: Mapping[str, Any]) -> str:
    """Put the record into an empty store; answers the run's id."""
    owner, run_id = str(recorded["owner"]), str(recorded["run"])
    rows: Mapping[str, list[dict[str, Any]]] = recorded["rows"]
    known = {row["id"] for row in rows.get("conversations", ())}
    for conversation in {row["conversation_id"] for row in rows["runs"]} - known - {None}:
        # A run stands in one, whether or not the code has read it.
        await store.insert("conversations", owner, {"id": conversation, "title": "", "created": 0.0, "updated": 0.0})
    for table in sorted(rows):
        for row in rows[table]:
            begun = {"last_seq": 0, "state": "queued", "log_bytes": 0} if row["id"] == run_id else {}
            await store.insert(_table(table), owner, {**row, **begun})
    [own] = [row for row in rows["runs"] if row["id"] == run_id]
    events = [
        NewEvent(
            type=one["body"]["type"],
            body=json.dumps({name: value for name, value in one["body"].items() if name != "type"}),
        )
        for one in recorded["events"]
    ]
    changes = {"state": own["state"]}
    await store.append(Append(owner=owner, run_id=run_id, attempt=own["attempt"], events=events, changes=changes))
    return run_id


def _table(name: str) -> Any:
    return name
