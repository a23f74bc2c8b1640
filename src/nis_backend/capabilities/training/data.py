"""What a training learns from: a version of a dataset, put as JSON lines where the worker reads it; and its base."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.capabilities.datasets.operations import OneDataset, get_dataset
from nis_backend.capabilities.training.bases import base_of, place_of
from nis_backend.capabilities.training.checkpoints import cannot_write
from nis_backend.capabilities.training.registry import named
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.trained.places import home, model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.blob import Blob
    from nis_backend.capabilities.training.recipe import Recipe
    from nis_backend.capabilities.training.training import StartTraining
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import Json

SPLITS = ("train", "validation", "test")
EXPORT = "datasets.export_dataset"
DATASETS = "datasets.list_datasets has what there is; datasets.create_dataset makes one."
"""By its name: what takes so long stands apart from the operations that others import."""
READY = "ready.json"
"""In the folder of rows, once they are all there: which version they are, and how it was parted."""


async def settle(request: StartTraining, recipe: Recipe, ctx: Context) -> tuple[str, str]:
    """The dataset's id and the version that is meant.

    Raises:
        NotFound: there is no such dataset or base.
        InvalidRequest: the recipe learns from other rows.
        Conflict: it has no rows, or is not split.
    """
    try:
        dataset = await ctx.call(get_dataset, OneDataset(id=request.dataset))
    except NotFound as error:
        raise NotFound(error.message, field="dataset", value=request.dataset, remedy=DATASETS) from None
    if dataset.kind not in recipe.rows:
        raise InvalidRequest(
            f"The recipe {recipe.name} learns from {' or '.join(recipe.rows)}; {dataset.name} has rows of the kind "
            f"{dataset.kind}.",
            field="dataset",
            value=request.dataset,
            remedy="Name another dataset, or take another recipe: training.list_recipes has them.",
        )
    version = request.version or dataset.version
    if version is None:
        raise Conflict(
            f"The dataset {dataset.name} has no rows.",
            field="dataset",
            value=request.dataset,
            remedy="Import or collect some first: datasets.import_examples, datasets.collect_examples.",
        )
    if dataset.splits is None:
        raise Conflict(
            f"The dataset {dataset.name} is not split: what was learned could not be measured on what was not.",
            field="dataset",
            value=request.dataset,
            remedy="Call datasets.split_dataset first.",
        )
    if request.base is not None:
        await placed(request.base, ctx)
    return dataset.id, version


async def pinned(base: str | None, ctx: Context) -> str | None:
    """The base, where it is one's own by its id: a name may come to mean another model while the training goes on.

    Raises:
        NotFound: there is none such.
    """
    if base is None or not base.startswith("local:"):
        return base
    return f"local:{(await named(base, ctx, field='base'))['id']}"


async def put_rows(request: StartTraining, folder: Path, ctx: Context) -> Json | None:
    """Put the rows of each split into the training's folder, once; where the base is, if there is one.

    Raises:
        NotFound: the version is there no more: a consent was withdrawn, say.
        Unavailable: the disk does not take them.
    """
    place = folder / "data"
    if not await asyncio.to_thread((place / READY).exists):
        try:
            await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
            # For this alone: what others have exported of the same part stays theirs.
            own = replace(ctx, passing=True)
            for split in SPLITS:
                wanted = {"id": request.dataset, "version": request.version, "split": split, "format": "jsonl"}
                await _write(await own.call_named(EXPORT, wanted), place / f"{split}.jsonl", ctx)
            dataset = await ctx.call(get_dataset, OneDataset(id=request.dataset))
            splits = None if dataset.splits is None else dataset.splits.model_dump(mode="json")
            (place / READY).write_text(json.dumps({"version": request.version, "splits": splits}))
        except OSError as error:
            raise cannot_write(error) from None
    return None if request.base is None else await placed(request.base, ctx)


async def placed(name: str, ctx: Context) -> Json:
    """A base's `folder`, and the `file` that the worker makes it of, where it is not there yet.

    Raises:
        InvalidRequest, NotFound: there is none such.
        Unavailable: its weights are missing.
    """
    own: dict[str, Path] = {}
    if name.startswith("local:"):
        row = await named(name, ctx, field="base")
        own[name.removeprefix("local:")] = model_folder(ctx.settings, row["id"])

    def place() -> tuple[Path, Path | None]:
        return place_of(base_of(name, ctx.settings, own), ctx.settings, home(ctx.settings))

    # In a thread: a weight that was not looked at yet is read whole, for its fingerprint.
    folder, file = await asyncio.to_thread(place)
    return {"folder": str(folder), "file": None if file is None else str(file)}


async def _write(blob: Blob, path: Path, ctx: Context) -> None:
    with path.open("wb") as file:
        async for piece in ctx.blobs.stream(blob):
            file.write(piece)
    with suppress(NotFound):
        await ctx.blobs.delete(blob.id)
