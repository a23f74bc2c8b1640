"""What a training is: what is asked of it, what is known of it, and where its files lie."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, JsonValue

from nis_backend import found
from nis_backend.annotations import Called, Knob, Names, Reads
from nis_backend.capabilities.training import asked
from nis_backend.errors import NotFound, Unavailable
from nis_backend.operation import Model
from nis_backend.run import State
from nis_backend.trained.places import training_folder

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.run import Run
    from nis_backend.settings import Settings

Named = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A name that fits a path, and `local:NAME`."""
Numbers = dict[str, float]
MOST_POINTS = 500
"""Of a curve."""


class StartTraining(Model):
    """What to learn, from what, and for how long at most."""

    recipe: Annotated[str, Reads("choice"), Called(asked.CALLED)] = Field(
        min_length=1, max_length=40, description="How: a name from training.list_recipes."
    )
    dataset: Annotated[str, Reads("called"), Names("dataset", "data set", "training set")] = Field(
        min_length=1, max_length=64, description="From what: a dataset's id or name."
    )
    name: Named = Field(description="What the model is called: letters, digits, dots, hyphens.")
    version: str | None = Field(
        default=None, max_length=64, description="Which version of the dataset; unset, its newest."
    )
    base: str | None = Field(
        default=None,
        max_length=128,
        description="The model to begin with, where the recipe takes one: embedded:NAME, transformers:NAME, or the id "
        "or name of one that was trained here.",
    )
    settings: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=64,
        description="The recipe's own settings by name: training.list_recipes has them with their meaning.",
    )
    seed: Annotated[int, Knob()] = Field(
        default=0, ge=0, lt=2**31, description="Two trainings of one seed end with the same bytes."
    )
    steps: Annotated[int, Knob()] = Field(
        default=1000, ge=1, le=1_000_000, description="Steps of the optimiser, at most."
    )
    seconds: Annotated[float, Knob()] | None = Field(
        default=None, gt=0, le=604_800, description="Processor seconds, at most; unset leaves the steps alone."
    )
    save_seconds: Annotated[float, Knob()] = Field(
        default=15.0, ge=0, le=3600, description="Seconds between two checkpoints."
    )


class Trained(Model):
    """What a training has made."""

    id: str = Field(description="The training's id.")
    model_id: str = Field(description="The model: a candidate until it is promoted.")
    kind: str
    steps: int
    metrics: Numbers = Field(description="Measured on rows that it did not learn from, by names that say the formula.")
    notes: list[str]


class Training(Model):
    """A training, as it is now."""

    id: str
    run_id: str = Field(description="Its run, which any protocol may watch; another, once it went on after a failure.")
    name: str
    recipe: str
    state: State
    step: int = Field(description="Steps up to the last checkpoint, or the end.")
    steps: int | None = Field(description="Steps that it may take; null once its run was deleted, as the next two.")
    seconds: float | None = Field(description="Processor seconds that it may take; null where only steps count.")
    seed: int | None
    dataset_id: str | None
    version: str | None = Field(description="The dataset's version that it learns from.")
    base: str | None
    settings: dict[str, JsonValue]
    metrics: Numbers = Field(description="At the end; empty before.")
    last: Numbers = Field(description="What was measured last on the way.")
    spent: float = Field(description="Processor seconds up to the last checkpoint.")
    model_id: str | None = Field(description="The model, once it is there.")
    problem: dict[str, Any] | None = Field(description="Why it failed.")  # Any: a problem document
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class OneTraining(Model):
    """Which training."""

    id: str = Field(min_length=1, max_length=64, description="The training's id.")


def folder_of(settings: Settings, training_id: str) -> Path:
    """A training's own folder."""
    return training_folder(settings, training_id)


def row_of(request: StartTraining, training_id: str, now: float) -> Row:
    """The row that a training begins with; its data are settled."""
    return {
        "id": training_id,
        "run_id": training_id,
        **request.model_dump(include={"name", "recipe", "base"}),
        "dataset_id": request.dataset,
        "version": request.version,
        "settings": json.dumps(request.settings),
        "step": 0,
        "summary": "{}",
        "model_id": None,
        "created": now,
        "updated": now,
    }


async def folder_here(row: Row, ctx: Context) -> Path:
    """A training's own folder, which is not there before it begins.

    Raises:
        Unavailable: it has begun, and its folder lies on another server.
    """
    folder = folder_of(ctx.settings, row["id"])
    if row["step"] and not await asyncio.to_thread(folder.is_dir):
        raise Unavailable(
            f"The training {row['id']} has come to step {row['step']}, and its checkpoints are not on this server.",
            field="NIS_TRAINING",
            remedy="Give all servers on one database the same folder as NIS_TRAINING, then call "
            "training.resume_training; or start the training anew.",
        )
    return folder


find = partial(found.by_id, "trainings", "training")
"""The row of a training, by its id."""


async def told(row: Row, ctx: Context) -> Training:
    """A training as callers see it; its state is its run's."""
    run = await _run_of(row, ctx)
    summary: dict[str, Any] = json.loads(row["summary"])  # Any: JSON
    given: dict[str, Any] = run.input if run else {}  # Any: as above
    return Training(
        **{name: row[name] for name in ("id", "run_id", "name", "recipe", "dataset_id", "version", "base", "model_id")},
        **{name: row[name] for name in ("created", "step")},
        state=run.state if run else "succeeded" if row["model_id"] else "cancelled",
        seed=given.get("seed"),
        steps=given.get("steps"),
        seconds=given.get("seconds"),
        settings=json.loads(row["settings"]),
        metrics=summary.get("metrics", {}),
        last=summary.get("last", {}),
        spent=float(summary.get("spent", 0.0)),
        problem=None if run is None else run.problem,
        updated=row["updated"] if run is None else max(row["updated"], run.updated),
    )


async def _run_of(row: Row, ctx: Context) -> Run | None:
    """The run; None where it was deleted."""
    try:
        return await ctx.runs.get(row["run_id"])
    except NotFound:
        return None
