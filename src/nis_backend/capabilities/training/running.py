"""A training's run: rows put in place, the worker followed, checkpoints told, the model put where it is served from."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.checkpoints import cannot_write
from nis_backend.capabilities.training.claiming import claim
from nis_backend.capabilities.training.data import READY, put_rows
from nis_backend.capabilities.training.features import lay
from nis_backend.capabilities.training.pool import POOL
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.capabilities.training.registry import named
from nis_backend.capabilities.training.training import Trained, folder_of
from nis_backend.errors import NotFound, Unavailable, WorkerLost
from nis_backend.event import Progressed
from nis_backend.trained.places import model_folder
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.capabilities.training.training import StartTraining
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.store.base import Row

CHECKPOINT = "checkpoint"
"""What an attempt notes in the run's log with its first one."""
MOST_LOST = 3
"""Workers that may die in a row without a checkpoint between them."""


@dataclass(kw_only=True)
class _Seen:
    """What was heard of a training so far."""

    step: int = 0
    spent: float = 0.0
    last: dict[str, float]
    lost: int = 0
    saved: bool = False
    """Whether this attempt of the run has left a checkpoint."""


async def follow(request: StartTraining, ctx: Context) -> Trained:
    """Carry out a training; what an attempt before this one has saved is gone on from."""
    training_id = await claim(request, ctx, ctx.now())
    folder = folder_of(ctx.settings, training_id)
    outcome: Json = await ctx.note(f"outcome {training_id}", lambda: _learn(request, folder, training_id, ctx))
    await ctx.run.flush()
    model_id = await _keep(request, outcome, folder, training_id, ctx)
    for name in (CHECKPOINT, "id", "now"):
        while ctx.run.history.note(name):
            pass  # what learning has noted belongs to it, and is not come to again
    return Trained(
        id=training_id,
        model_id=model_id,
        kind=outcome["kind"],
        steps=outcome["step"],
        metrics=outcome["metrics"],
        notes=outcome["notes"],
    )


async def _learn(request: StartTraining, folder: Path, training_id: str, ctx: Context) -> Json:
    """What the worker answers, once all that it needs is in place."""
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The folder of trainings cannot be made: {error.strerror}.",
            remedy="Give NIS_TRAINING a folder that this user may write to.",
        ) from None
    base = await put_rows(request, folder, ctx)
    await lay(request.recipe, recipe_of(request.recipe).settings.model_validate(request.settings), folder / "data", ctx)
    payload: Json = {
        **request.model_dump(mode="json", include={"recipe", "settings", "seed", "steps", "seconds", "save_seconds"}),
        "folder": str(folder),
        "base": base,
        "card": {
            "recipe": request.recipe,
            "training": training_id,
            "base": request.base or "",
            "licence": _licence(request.base or "", ctx),
            "dataset": request.dataset,
            "dataset_version": request.version,
            "seed": request.seed,
            "settings": request.settings,
        },
    }
    # Once the rows are gone it tells which of them were learned.
    splits = json.loads(await asyncio.to_thread((folder / "data" / READY).read_text))["splits"]
    return {**await _train(payload, training_id, ctx), "splits": splits}


def _licence(base: str, ctx: Context) -> str:
    """Of the model in the box; other bases say it in their own folders."""
    provider, _, name = base.partition(":")
    if provider != "embedded":
        return ""
    return Weights.of(ctx.settings).find(name or ctx.settings.embedded_weight).licence


async def _train(payload: Json, training_id: str, ctx: Context) -> Json:
    """What the worker answers at last; one that dies is followed by another, which goes on from its checkpoint."""
    row = await ctx.store.get("trainings", training_id) or {"step": 0, "summary": "{}"}
    before: Json = json.loads(row["summary"])
    seen = _Seen(step=row["step"], spent=before.get("spent", 0.0), last=before.get("last", {}))
    while True:
        try:
            return await _attempt(payload, training_id, seen, ctx)
        except WorkerLost as lost:
            seen.lost += 1
            if seen.lost >= MOST_LOST:
                raise WorkerLost(
                    f"{MOST_LOST} workers in a row were lost before they came to a checkpoint: {lost.message}",
                    remedy="Where it was for want of memory, start it with a smaller batch, context or model; else "
                    "call training.resume_training: it goes on from the last checkpoint.",
                ) from None
            ctx.run.aside("The worker was lost; another goes on from the last checkpoint.")


async def _attempt(payload: Json, training_id: str, seen: _Seen, ctx: Context) -> Json:
    async with aclosing(ctx.drivers.compute.stream(POOL, payload, patient=True)) as items:
        async for item in items:
            match item["kind"]:
                case "progress":
                    seen.step, seen.last = int(item["step"]), item["values"]
                    told = Progressed(fraction=item["fraction"], message=item["message"], values=_few(item["values"]))
                    await ctx.run.write(told)
                case "checkpoint":
                    seen.lost, seen.spent = 0, float(item["spent"])
                    if not seen.saved:
                        seen.saved = True
                        ctx.run.note(CHECKPOINT, int(item["step"]))
                    await _note(training_id, int(item["step"]), {"last": seen.last, "spent": seen.spent}, ctx)
                case "warning":
                    ctx.run.aside(item["message"])
                case _:
                    return {
                        **item["outcome"],
                        "digest": item["digest"],
                        "step": int(item["outcome"]["facts"].get("steps") or seen.step),
                        "spent": seen.spent,
                        "last": seen.last,
                    }
    raise WorkerLost("The worker ended without a model.", remedy="Retry the run.")


def _few(values: dict[str, float]) -> dict[str, float]:
    return dict(list(values.items())[:16])


async def _note(training_id: str, step: int, summary: Json, ctx: Context, **more: Any) -> None:  # Any: columns
    """Write down how far it is: beside the run's log, for it may be written many times."""
    plain = replace(ctx, journal=None, scope=None)
    changes = {"step": step, "summary": json.dumps(summary), "updated": plain.now(), **more}
    await plain.store.update("trainings", training_id, changes)


async def _keep(request: StartTraining, outcome: Json, folder: Path, training_id: str, ctx: Context) -> str:
    """Put the model in its place, write down that it is there, and remove what only the training needed."""
    model_id = f"model-{training_id.removeprefix('run-')}"
    place = model_folder(ctx.settings, model_id)
    size = await ctx.note(f"bytes {training_id}", lambda: _place(folder / "out", place))
    row: Row = {
        "id": model_id,
        "name": request.name,
        "kind": outcome["kind"],
        "training_id": training_id,
        "base": request.base,
        "dataset_id": request.dataset,
        "version": request.version,
        "digest": outcome["digest"],
        "bytes": size,
        "metrics": json.dumps(outcome["metrics"]),
        "state": "candidate",
        "withdrawn": int(await _withdrawn(request, ctx)),
        "created": ctx.now(),
        "updated": ctx.now(),
    }
    await ctx.store.insert("trained_models", row)
    summary = {name: outcome[name] for name in ("metrics", "notes", "facts", "last", "spent", "splits")}
    await _note(training_id, outcome["step"], summary, ctx, model_id=model_id)
    await asyncio.to_thread(shutil.rmtree, folder / "data", ignore_errors=True)
    return model_id


async def _withdrawn(request: StartTraining, ctx: Context) -> bool:
    """Whether the version that was learned from went away meanwhile, as it does when a consent is withdrawn.

    A model that is made of one that is marked so has learned from the same rows.
    """
    if request.base is not None and request.base.startswith("local:"):
        with suppress(NotFound):
            if (await named(request.base, ctx))["withdrawn"]:
                return True
    where = {"dataset_id": request.dataset, "digest": request.version}
    return not await ctx.store.count("dataset_versions", where=where)


async def _place(out: Path, place: Path) -> int:
    """The model's bytes, once it is in its place."""
    try:
        return await asyncio.to_thread(_moved, out, place)
    except OSError as error:
        raise cannot_write(error) from None


def _moved(out: Path, place: Path) -> int:
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        out.rename(place)
    return sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
