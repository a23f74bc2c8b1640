"""Trainings as they go and as they went: listed, watched live, their curves, their checkpoints, side by side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pydantic import Field, JsonValue

from nis_backend.capabilities.training import asked, checkpoints, curves
from nis_backend.capabilities.training.operations import A_MODEL, BEGUN
from nis_backend.capabilities.training.training import (
    MOST_POINTS,
    Numbers,
    OneTraining,
    Training,
    find,
    folder_here,
    told,
)
from nis_backend.event import Event, Progressed
from nis_backend.operation import Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.run import State, beyond_end
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context


class ListTrainings(Model):
    """Which trainings to list, newest first."""

    recipe: str | None = Field(default=None, max_length=40, description="Only of this recipe.")
    cursor: Cursor = None
    limit: Limit = 20


class TrainingList(Model):
    """One page of trainings."""

    trainings: list[Training]
    next_cursor: Next


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
    """Watch a training live: loss, tokens per second, fractions of zeros and flips over all layers, to its end.

    Of each layer training.get_curves has them, also while it goes on.

    Raises:
        NotFound: the caller has none such.
    """
    row = await find(request.id, ctx)
    run = await ctx.runs.get(row["run_id"])
    if request.after > run.last_seq:
        raise beyond_end(run, request.after)
    return _points(ctx.runs.follow(run.id, request.after, live=request.wait is None, seconds=request.wait))


async def _points(events: AsyncIterator[Event]) -> AsyncIterator[Point]:
    fraction = 0.0
    async for event in events:
        body = event.body
        if isinstance(body, Progressed):
            fraction = body.fraction
            yield Point(seq=event.seq, fraction=fraction, message=body.message, values=body.values, state=None)
        elif event.terminal:
            state: State = (
                "succeeded" if body.type == "succeeded" else "failed" if body.type == "failed" else "cancelled"
            )
            fraction = 1.0 if state == "succeeded" else fraction
            yield Point(seq=event.seq, fraction=fraction, message=state, values={}, state=state)


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
        Unavailable: they lie on another server.
    """
    row = await find(request.id, ctx)
    lines = await asyncio.to_thread(curves.lines_of, await folder_here(row, ctx), request.after, request.limit)
    points = [
        Measured(
            step=line["step"],
            values={name: value for name, value in line.items() if name not in {"step", "layers"}},
            layers=line.get("layers", []),
        )
        for line in lines
    ]
    return Curves(id=row["id"], points=points)


class CompareTrainings(Model):
    """Which trainings to set side by side."""

    ids: list[str] = Field(min_length=2, max_length=8, description="Ids of trainings.")


class Compared(Model):
    """Trainings side by side."""

    trainings: list[Training] = Field(description="In the order in which they were named.")
    settings: dict[str, list[JsonValue]] = Field(description="What they were told differently, in that order.")
    same_data: bool = Field(description="Whether all learned from one version of one dataset.")
    formula: str


TOLD = ("recipe", "base", "version", "seed", "steps", "seconds")
"""Beside a recipe's own settings."""
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
    given: list[dict[str, JsonValue]] = [{**one.model_dump(include=set(TOLD)), **one.settings} for one in found]
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
        Unavailable: they lie on another server.
    """
    row = await find(request.id, ctx)
    place = await folder_here(row, ctx) / "checkpoints"
    found = await asyncio.to_thread(checkpoints.listed, place)
    return Checkpoints(id=row["id"], checkpoints=[Checkpoint(step=step, bytes=size) for step, size in found])


OPERATIONS = (
    list_trainings,
    get_training,
    watch_training,
    get_curves,
    compare_trainings,
    list_checkpoints,
)
