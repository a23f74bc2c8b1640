"""Trainings, as operations: recipes told, runs started, watched, compared and steered."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pydantic import Field, JsonValue, ValidationError

from nis_backend.capabilities.training import asked, checkpoints, curves
from nis_backend.capabilities.training.data import pinned, settle
from nis_backend.capabilities.training.recipe import RECIPES, recipe_of
from nis_backend.capabilities.training.running import follow
from nis_backend.capabilities.training.training import (
    MOST_POINTS,
    Numbers,
    OneTraining,
    StartTraining,
    Trained,
    Training,
    find,
    folder_of,
    told,
)
from nis_backend.errors import Conflict, InvalidRequest, Unavailable
from nis_backend.event import Event, Progressed
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.refusal import invalid
from nis_backend.run import TERMINAL, State, beyond_end
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

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
    request = request.model_copy(update={"settings": _settings(request, recipe.settings)})
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
    now = ctx.now()
    row: Row = {
        "id": ctx.run_id,
        "run_id": ctx.run_id,
        **request.model_dump(include={"name", "recipe", "base"}),
        "dataset_id": dataset_id,
        "version": version,
        "settings": json.dumps(request.settings),
        "step": 0,
        "summary": "{}",
        "model_id": None,
        "created": now,
        "updated": now,
    }
    ctx.beside.append(("trainings", row))
    return request.model_copy(update={"dataset": dataset_id, "version": version})


def _settings(request: StartTraining, wanted: type[Model]) -> dict[str, JsonValue]:
    """The recipe's settings, whole.

    Raises:
        InvalidRequest: one is wrong; its field is `settings.NAME`.
    """
    try:
        return wanted.model_validate(request.settings).model_dump(mode="json")
    except ValidationError as error:
        wrong = invalid(error)
        raise InvalidRequest(
            f"settings.{wrong.message}",
            field=f"settings.{wrong.field}",
            value=wrong.value,
            remedy=wrong.remedy,
        ) from None


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


class ListTrainings(Model):
    """Which trainings to list, newest first."""

    recipe: str | None = Field(default=None, max_length=40, description="Only of this recipe.")
    cursor: str | None = Field(default=None, max_length=128, description="`next_cursor` of the page before.")
    limit: int = Field(default=20, ge=1, le=100, description="Most to answer.")


class TrainingList(Model):
    """One page of trainings."""

    trainings: list[Training]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


def _draw_list(_request: Model, result: TrainingList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.recipe, one.state, one.step, one.model_id or "", moment(one.created)]
        for one in result.trainings
    ]
    columns = ["id", "name", "recipe", "state", "step", "model", "begun (UTC)"]
    return [Table(title="Trainings", columns=columns, rows=rows)]


@operation(
    "training.list_trainings",
    effect="reads",
    resource="training",
    view=_draw_list,
    examples=(
        Example(title="The last ones", request={"limit": 5}, question="Which trainings have I run?", also=asked.LIST),
    ),
)
async def list_trainings(request: ListTrainings, ctx: Context) -> TrainingList:
    """List the trainings, the newest first, each with its state, steps and model."""
    where = {} if request.recipe is None else {"recipe": request.recipe}
    rows, following = await ctx.store.page("trainings", where=where, cursor=request.cursor, limit=request.limit)
    return TrainingList(trainings=[await told(row, ctx) for row in rows], next_cursor=following)


@operation(
    "training.get_training",
    effect="reads",
    resource="training",
    examples=(Example(title="How it went", request={"id": "{later.id}"}, before=BEGUN),),
)
async def get_training(request: OneTraining, ctx: Context) -> Training:
    """Get a training: its state, how far it is, what it measured, and the model it made.

    Raises:
        NotFound: the caller has none such.
    """
    return await told(await find(request.id, ctx), ctx)


class WatchTraining(OneTraining):
    """Which training, and from where."""

    after: int = Field(default=0, ge=0, description="Number of the last event of its run that was seen.")
    wait: float | None = Field(
        default=None, ge=0, le=3600, description="Seconds to wait for its end, 0 for what there is; unset, to the end."
    )


class Point(Model):
    """What was measured at a moment of a training."""

    seq: int = Field(description="Number of the event in the run's log: give it as `after` to go on from here.")
    fraction: float = Field(description="How far it is, 0 to 1.")
    message: str
    values: Numbers = Field(description="Loss, tokens per second and the like, by their names.")
    state: State | None = Field(description="At the end, how it ended.")


@operation(
    "training.watch_training",
    effect="reads",
    on="training",
    examples=(Example(title="From its beginning", request={"id": "{made.id}"}, before=A_MODEL),),
)
async def watch_training(request: WatchTraining, ctx: Context) -> AsyncIterator[Point]:
    """Watch a training live: loss, tokens per second, fractions of zeros and flips as they are measured, to its end.

    Raises:
        NotFound: the caller has none such.
    """
    row = await find(request.id, ctx)
    run = await ctx.runs.get(row["id"])
    if request.after > run.last_seq:
        raise beyond_end(run, request.after)
    return _points(ctx.runs.follow(run.id, request.after, live=request.wait is None, seconds=request.wait))


async def _points(events: AsyncIterator[Event]) -> AsyncIterator[Point]:
    async for event in events:
        body = event.body
        if isinstance(body, Progressed):
            told = body.model_dump(include={"fraction", "message", "values"})
            yield Point(seq=event.seq, **told, state=None)
        elif event.terminal:
            state: State = (
                "succeeded" if body.type == "succeeded" else "failed" if body.type == "failed" else "cancelled"
            )
            yield Point(seq=event.seq, fraction=1.0, message=state, values={}, state=state)


class ReadCurves(OneTraining):
    """Which training, and which part of its curves."""

    after: int = Field(default=0, ge=0, description="Only steps after this one.")
    limit: int = Field(default=200, ge=1, le=MOST_POINTS, description="Points, evenly thinned.")


class Measured(Model):
    """What was measured at a step."""

    step: int
    values: Numbers
    layers: list[Numbers] = Field(description="Of each layer, where the recipe measures it: zeros, flips.")


class Curves(Model):
    """What a training measured, step by step."""

    id: str
    points: list[Measured]


def _draw_curves(_request: Model, result: Curves) -> list[View]:
    return curves.draw([{"step": one.step, **one.values} for one in result.points], "Training")


@operation(
    "training.get_curves",
    effect="reads",
    on="training",
    view=_draw_curves,
    examples=(Example(title="Its loss", request={"id": "{later.id}"}, before=BEGUN),),
)
async def get_curves(request: ReadCurves, ctx: Context) -> Curves:
    """Get the curves of a training: every value by step, and of each layer the fraction of zeros and the flip rate.

    Raises:
        NotFound: the caller has none such.
    """
    row = await find(request.id, ctx)
    lines = await asyncio.to_thread(curves.lines_of, folder_of(ctx.settings, row["id"]), request.after, request.limit)
    points = [
        Measured(
            step=line["step"],
            values={name: value for name, value in line.items() if name not in {"step", "layers"}},
            layers=line.get("layers", []),
        )
        for line in lines
    ]
    return Curves(id=row["id"], points=points)


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
    await ctx.runs.pause(row["id"])
    return await told(row, ctx)


@operation(
    "training.resume_training",
    effect="writes",
    on="training",
    examples=(Example(title="What rests goes on", request={"id": "{later.id}"}, before=(*BEGUN, PAUSED)),),
)
async def resume_training(request: OneTraining, ctx: Context) -> Training:
    """Have a paused training go on; it ends with the very numbers of one that never rested.

    Raises:
        NotFound: the caller has none such.
        Conflict: it is not paused.
    """
    row = await find(request.id, ctx)
    await ctx.runs.resume(row["id"])
    return await told(row, ctx)


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
    await ctx.runs.cancel(row["id"])
    return await told(row, ctx)


class CompareTrainings(Model):
    """Which trainings to set side by side."""

    ids: list[str] = Field(min_length=2, max_length=8, description="Ids of trainings.")


class Compared(Model):
    """Trainings side by side."""

    trainings: list[Training] = Field(description="In the order in which they were named.")
    settings: dict[str, list[JsonValue]] = Field(description="What they were told differently, in that order.")
    same_data: bool = Field(description="Whether all learned from one version of one dataset.")
    formula: str


COMPARED = (
    "Metrics are each training's own, on the split of its dataset that it did not learn from: they may be compared "
    "where same_data is true. Whether a difference is more than chance, evaluations.compare_evaluations tells."
)


def _draw_compared(_request: Model, result: Compared) -> list[View]:
    names = list(dict.fromkeys(name for one in result.trainings for name in one.metrics))
    columns = ["", *(one.name for one in result.trainings)]
    measured: list[list[str | float]] = [
        [name.replace("_", " "), *(one.metrics.get(name, "") for one in result.trainings)] for name in names
    ]
    told: list[list[str | float]] = [
        [name, *(json.dumps(value) for value in values)] for name, values in result.settings.items()
    ]
    return [
        Text(text=result.formula),
        Table(title="On what they did not learn from", columns=columns, rows=measured),
        Table(title="Told differently", columns=columns, rows=told),
    ]


@operation(
    "training.compare_trainings",
    effect="reads",
    view=_draw_compared,
    examples=(
        Example(
            title="One with itself",
            request={"ids": ["{later.id}", "{later.id}"]},
            before=BEGUN,
            also=asked.COMPARE,
        ),
    ),
)
async def compare_trainings(request: CompareTrainings, ctx: Context) -> Compared:
    """Set trainings side by side: what they measured, and what they were told differently.

    Raises:
        NotFound: the caller has none of an id.
    """
    found = [await told(await find(one, ctx), ctx) for one in request.ids]
    given: list[dict[str, JsonValue]] = [
        {"recipe": one.recipe, "base": one.base, "version": one.version, **one.settings} for one in found
    ]
    names = list(dict.fromkeys(name for one in given for name in one))
    sides: dict[str, list[JsonValue]] = {name: [one.get(name) for one in given] for name in names}
    return Compared(
        trainings=found,
        settings={name: values for name, values in sides.items() if any(value != values[0] for value in values)},
        same_data=len({(one.dataset_id, one.version) for one in found}) == 1,
        formula=COMPARED,
    )


class Checkpoint(Model):
    """What a training can go on from."""

    step: int
    bytes: int


class Checkpoints(Model):
    """The checkpoints that are there, the newest first."""

    id: str
    checkpoints: list[Checkpoint]


@operation(
    "training.list_checkpoints",
    effect="reads",
    on="training",
    examples=(Example(title="Of one", request={"id": "{later.id}"}, before=BEGUN),),
)
async def list_checkpoints(request: OneTraining, ctx: Context) -> Checkpoints:
    """List the checkpoints of a training: what it goes on from after a crash or a pause.

    Raises:
        NotFound: the caller has none such.
    """
    row = await find(request.id, ctx)
    place = folder_of(ctx.settings, row["id"]) / "checkpoints"
    found = await asyncio.to_thread(checkpoints.listed, place)
    return Checkpoints(id=row["id"], checkpoints=[Checkpoint(step=step, bytes=size) for step, size in found])


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
    list_trainings,
    get_training,
    watch_training,
    get_curves,
    pause_training,
    resume_training,
    cancel_training,
    compare_trainings,
    list_checkpoints,
    delete_training,
)
