"""Which training a run carries out: its own, or that of a run that has failed or was cancelled, with all it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.training.training import folder_here, row_of
from nis_backend.errors import Conflict, NotFound
from nis_backend.event import RetryScheduled

if TYPE_CHECKING:
    from nis_backend.capabilities.training.training import StartTraining
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


async def claim(request: StartTraining, ctx: Context, began: float) -> str:
    """The training's id; a run that retries another goes on with its training, any other begins one.

    Raises:
        Conflict: another run has gone on with it before.
        Unavailable: its checkpoints lie on another server.
    """
    own = run = await ctx.runs.get(ctx.run.run_id)
    before: list[str] = []
    retries = any(isinstance(event.body, RetryScheduled) for event in ctx.run.history.events)
    while run is own or (retries and run.input == own.input):
        before.append(run.id)
        row = await ctx.store.get("trainings", run.id)
        if row is not None:
            await take(row, own.id, before, ctx)
            await folder_here(row, ctx)
            return str(row["id"])
        if run.parent is None:
            break
        try:
            run = await ctx.runs.get(run.parent)
        except NotFound:
            break
    await ctx.store.insert("trainings", row_of(request, own.id, began))
    return own.id


async def take(row: Row, run_id: str, before: list[str], ctx: Context) -> None:
    """Have the training be that of this run from now on.

    Raises:
        Conflict: it is that of a run which is none of those `before`.
    """
    if row["run_id"] == run_id:
        return
    taken = row["run_id"] in before and await ctx.store.update(
        "trainings", row["id"], {"run_id": run_id}, only_if={"run_id": row["run_id"]}
    )
    now = await ctx.store.get("trainings", row["id"])
    if not taken and now is not None and now["run_id"] != run_id:
        raise Conflict(
            f"The training {row['id']} goes on already, as run {now['run_id']}.",
            field="id",
            value=row["id"],
            remedy="Get the training: it says how that goes.",
        )
