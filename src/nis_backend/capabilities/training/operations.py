"""Trainings, as operations: recipes told, runs started, paused, resumed, cancelled and deleted."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import Field, JsonValue, ValidationError

from nis_backend.calling import authorise
from nis_backend.capabilities.training import asked
from nis_backend.capabilities.training.claiming import take
from nis_backend.capabilities.training.data import pinned, settle
from nis_backend.capabilities.training.recipe import RECIPES, recipe_of
from nis_backend.capabilities.training.running import follow
from nis_backend.capabilities.training.settings.bitnet import OF_BASE
from nis_backend.capabilities.training.training import (
    OneTraining,
    StartTraining,
    Trained,
    Training,
    find,
    folder_of,
    row_of,
    told,
)
from nis_backend.errors import Conflict, InvalidRequest, Unavailable
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.refusal import invalid
from nis_backend.run import TERMINAL
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context

LONGEST = 604_800.0
"""Seconds that a training may take: a week."""
PACKAGES = ("torch", "peft", "sklearn", "safetensors")
"""By which it is told whether the extra `training` is installed."""


class Nothing(Model):
    """Nothing is asked."""


class RecipeTold(Model):
    """A way to train."""

    name: str
    summary: str
    makes: str = Field(
        description="language: a model that writes and may be asked in chat; classifier: one that sorts."
    )
    rows: list[str] = Field(description="The kinds of datasets that it takes.")
    base: str = Field(description="Whether it begins with a model that is there: none, optional, needed.")
    settings: dict[str, JsonValue] = Field(description="JSON schema of its own settings.")


class RecipeList(Model):
    """The recipes."""

    recipes: list[RecipeTold]


def _draw_recipes(_request: Model, result: RecipeList) -> list[View]:
    rows: list[list[str | float]] = [[one.name, one.summary, ", ".join(one.rows), one.base] for one in result.recipes]
    return [Table(title="Recipes", columns=["name", "what it does", "learns from", "base"], rows=rows)]


@operation(
    "training.list_recipes",
    effect="reads",
    view=_draw_recipes,
    examples=(
        Example(title="All of them", request={}, question="Which training recipes are there?", also=asked.RECIPES),
    ),
)
async def list_recipes(request: Nothing, ctx: Context) -> RecipeList:
    """List the ways to train: what each learns from, what it makes, and its settings with their meaning."""
    del request, ctx
    return RecipeList(
        recipes=[
            RecipeTold(
                name=one.name,
                summary=one.summary,
                makes=one.makes,
                rows=list(one.rows),
                base=one.base,
                settings=one.settings.model_json_schema(),
            )
            for one in RECIPES
        ]
    )


async def _prepare(request: StartTraining, ctx: Context) -> StartTraining:
    """Refuse what could not be trained, and settle what is learned from, before there is a run."""
    recipe = recipe_of(request.recipe)
    request = request.model_copy(update={"settings": whole_settings(request, recipe.settings)})
    if recipe.base == "needed" and request.base is None:
        raise InvalidRequest(
            f"The recipe {recipe.name} begins with a model, and none is named.",
            field="base",
            remedy="Give embedded:NAME, transformers:NAME, or a model that was trained here.",
        )
    if recipe.base == "none" and request.base is not None:
        raise InvalidRequest(
            f"The recipe {recipe.name} begins with nothing.",
            field="base",
            value=request.base,
            remedy="Leave base out, or take another recipe.",
        )
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"Training takes packages that are not installed: {', '.join(missing)}.",
            remedy="Run: pip install 'nis-backend[training]'.",
        )
    request = request.model_copy(update={"base": await pinned(request.base, ctx)})
    dataset_id, version = await settle(request, recipe, ctx)
    request = request.model_copy(update={"dataset": dataset_id, "version": version})
    ctx.beside.append(("trainings", row_of(request, str(ctx.run_id), ctx.now())))
    return request


def whole_settings(request: StartTraining, wanted: type[Model]) -> dict[str, JsonValue]:
    """The recipe's settings, whole but for those that a base brings with it.

    Raises:
        InvalidRequest: one is wrong; its field is `settings.NAME`.
    """
    try:
        given = wanted.model_validate(request.settings)
    except ValidationError as error:
        wrong = invalid(error)
        raise InvalidRequest(
            f"settings.{wrong.message}",
            field=f"settings.{wrong.field}",
            value=wrong.value,
            remedy=wrong.remedy,
        ) from None
    goes_on = request.recipe == "bitnet" and request.base is not None
    return given.model_dump(mode="json", exclude=set(OF_BASE - given.model_fields_set) if goes_on else None)


def _draw_trained(_request: Model, result: Trained) -> list[View]:
    rows: list[list[str | float]] = [[name.replace("_", " "), value] for name, value in result.metrics.items()]
    notes = "".join(f"\n- {one}" for one in result.notes)
    said = f"{result.steps} steps made the model {result.model_id}, a candidate until it is promoted.{notes}"
    return [Text(text=said), Table(title="On what it did not learn from", columns=["metric", "value"], rows=rows)]


DATA = Before(name="data", operation="datasets.create_dataset", request={"kind": "text"})
LINES = Before(
    name="lines", operation="datasets.import_examples", request={"id": "{data.id}", "rows": list(asked.LINES)}
)
SPLIT = Before(name="split", operation="datasets.split_dataset", request={"id": "{data.id}", **asked.SHARES})
MADE = Before(name="made", operation="training.start_training", request=asked.TRAINING)
A_MODEL = (DATA, LINES, SPLIT, MADE)
LATER = Before(
    name="later",
    operation="runs.start_run",
    request={"operation": "training.start_training", "arguments": asked.TRAINING, "delay_seconds": 3600},
)
BEGUN = (DATA, LINES, SPLIT, LATER)
CANCELLED = Before(name="cancelled", operation="training.cancel_training", request={"id": "{later.id}"})
PAUSED = Before(name="paused", operation="training.pause_training", request={"id": "{later.id}"})


@operation(
    "training.start_training",
    effect="writes",
    prepare=_prepare,
    time_limit=LONGEST,
    queue="compute",
    view=_draw_trained,
    examples=(
        Example(
            title="Two steps of a very small model",
            request=asked.TRAINING,
            before=(DATA, LINES, SPLIT),
            question="Train a bitnet model on my dataset harbour.",
            also=asked.START,
        ),
    ),
)
async def start_training(request: StartTraining, ctx: Context) -> Recorded[Trained]:
    """Train a model from a dataset, as a run: with live curves, checkpoints, and an end that is the same after a crash.

    It can be watched, paused, resumed and cancelled; what comes of it is a candidate, which serves once it is promoted.

    Raises:
        InvalidRequest: recipe, settings, dataset or base do not go together.
        NotFound: there is no such dataset, version or base.
        Unavailable: the extra `training` is not installed, or the disk is full.
    """
    return await follow(request, ctx)


@operation(
    "training.pause_training",
    effect="writes",
    on="training",
    examples=(Example(title="For a while", request={"id": "{later.id}"}, before=BEGUN),),
)
async def pause_training(request: OneTraining, ctx: Context) -> Training:
    """Have a training rest: it goes on from its last checkpoint when it is resumed.

    Raises:
        NotFound: the caller has none such.
        Conflict: it has ended, or rests already.
    """
    row = await find(request.id, ctx)
    await ctx.runs.pause(row["run_id"])
    return await told(row, ctx)


@operation(
    "training.resume_training",
    effect="writes",
    on="training",
    examples=(Example(title="What rests goes on", request={"id": "{later.id}"}, before=(*BEGUN, PAUSED)),),
)
async def resume_training(request: OneTraining, ctx: Context) -> Training:
    """Have a training go on that is paused, has failed or was cancelled, from its last checkpoint.

    It ends with the very numbers of one that never rested. After a failure or a cancel it is a run of its own.

    Raises:
        NotFound: the caller has none such.
        Conflict: it is under way, or has succeeded.
    """
    row = await find(request.id, ctx)
    run = await ctx.runs.get(row["run_id"])
    if run.state not in {"failed", "cancelled"}:
        await ctx.runs.resume(run.id)
        return await told(row, ctx)
    authorise(ctx.operations.find(run.operation), ctx)
    from nis_backend.fork import retry  # noqa: PLC0415 - loads with the first retry

    again = await retry(ctx, run.id)
    try:
        await take(row, again.id, [run.id], ctx)
    except Conflict:
        with suppress(Conflict):  # it has come to the same by itself
            await ctx.runs.cancel(again.id)
        raise
    return await told(await find(request.id, ctx), ctx)


@operation(
    "training.cancel_training",
    effect="writes",
    on="training",
    examples=(Example(title="No more", request={"id": "{later.id}"}, before=BEGUN),),
)
async def cancel_training(request: OneTraining, ctx: Context) -> Training:
    """End a training for good; its checkpoints stay until it is deleted.

    Raises:
        NotFound: the caller has none such.
        Conflict: it has ended.
    """
    row = await find(request.id, ctx)
    await ctx.runs.cancel(row["run_id"])
    return await told(row, ctx)


@operation(
    "training.delete_training",
    effect="destroys",
    repeatable=True,
    resource="training",
    examples=(Example(title="No more", request={"id": "{later.id}"}, before=(*BEGUN, CANCELLED)),),
)
async def delete_training(request: OneTraining, ctx: Context) -> OneTraining:
    """Delete a training that has ended: its checkpoints and curves. The model it made stays.

    Raises:
        NotFound: the caller has none such.
        Conflict: it has not ended.
    """
    row = await find(request.id, ctx)
    one = await told(row, ctx)
    if one.state not in TERMINAL:
        raise Conflict(f"The training {one.id} has not ended.", field="id", value=one.id, remedy="Cancel it first.")
    await ctx.store.delete("trainings", one.id)
    await asyncio.to_thread(shutil.rmtree, folder_of(ctx.settings, one.id), ignore_errors=True)
    return request


OPERATIONS = (
    list_recipes,
    start_training,
    pause_training,
    resume_training,
    cancel_training,
    delete_training,
)
