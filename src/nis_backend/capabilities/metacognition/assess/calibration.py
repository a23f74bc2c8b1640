"""A task's calibration: which probability a method's score has turned out to mean, and how well that held elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.capabilities.metacognition.assess.assessment import Scored
from nis_backend.errors import Conflict, NotFound
from nis_backend.numerics.calibrating import Block, block_of, log_odds, logistic
from nis_backend.numerics.intervals import clopper_pearson
from nis_backend.operation import Model
from nis_backend.view import Axis, Series, Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Fit = Literal["isotonic", "platt", "temperature"]

FORMULAS = {
    "isotonic": "the share right among the outcomes of the score's block, by pooling adjacent violators",
    "platt": "σ(a · log-odds(score) + b), by likelihood: Platt (1999)",
    "temperature": "σ(log-odds(score) / T), by likelihood: Guo et al. (2017)",
}
LEAST_OUTCOMES, LEAST_EACH = 50, 10
"""Outcomes that a calibration takes; how many of them have to be right, and how many wrong."""
LEAST_SIDE = 5
"""Right ones, and wrong ones, in the part that is fitted and in the part that judges."""


class ScoreBlock(Model):
    """Scores that are taken together, and their outcomes in the part that was fitted."""

    low: float = Field(description="The least score of it; the first also has those below.")
    right: int
    of: int


class ScoreMap(Model):
    """From a score to a probability."""

    fit: Fit
    formula: str
    blocks: list[ScoreBlock] = Field(default_factory=list[ScoreBlock], description="Of isotonic.")
    slope: float | None = Field(default=None, description="a of platt, 1/T of temperature.")
    shift: float | None = Field(default=None, description="b of platt.")

    def probability(self, score: float) -> float:
        """What the score means."""
        if self.fit == "isotonic":
            return self.block(score).value
        return logistic((self.slope or 0.0) * log_odds(score) + (self.shift or 0.0))

    def block(self, score: float) -> Block:
        """Of isotonic: the block of a score."""
        return block_of([Block(low=one.low, right=one.right, of=one.of) for one in self.blocks], score)


class Measure(Model):
    """A measure on the outcomes held out."""

    name: str
    before: float | None = Field(description="Of the scores themselves; null where they are no probabilities.")
    value: float | None = Field(description="Of the calibrated probabilities; null where all are right, or none.")
    low: float | None
    high: float | None = Field(description="With low: the 95 % interval, percentiles of drawing the outcomes again.")
    formula: str


class ReliabilityBin(Model):
    """A bin of the reliability diagram."""

    stated: float = Field(description="The mean calibrated probability.")
    right: float = Field(description="The share that was right.")
    low: float
    high: float = Field(description="With low: the exact 95 % interval of that share, Clopper & Pearson (1934).")
    outcomes: int


class Calibration(Model):
    """What a method's score means for a task."""

    id: str
    task: str
    method: Scored
    setting: str = Field(description="How it was asked; scores of another setting are not read by it.")
    map: ScoreMap
    measures: list[Measure] = Field(description="On outcomes that the map has not seen.")
    bins: list[ReliabilityBin]
    fitted: int = Field(description="Outcomes that the map was fitted to.")
    held_out: int = Field(description="Outcomes that it was judged by.")
    left_out: int = Field(description="Outcomes of the task with another setting, or without this score.")
    seed: int = Field(description="By which questions were parted.")
    told: str
    created: float = Field(description="Seconds since 1970.")


class OneCalibration(Model):
    """Which calibration."""

    id: str = Field(min_length=1, max_length=64, description="The calibration's id.")


class WhichCalibration(Model):
    """Which calibration."""

    id: str = Field(min_length=1, max_length=128, description="The task, or the calibration's id.")
    method: Scored = Field(default="vote", description="Whose scores, where `id` is a task.")


def calibration_of(row: Row) -> Calibration:
    """The calibration that a row holds."""
    return Calibration.model_validate_json(row["definition"])


async def serving(task: str, method: str, ctx: Context) -> Row | None:
    """The row of the calibration that serves; None where there is none."""
    rows = await ctx.store.select("calibrations", where={"task": task, "method": method, "latest": 1}, limit=1)
    return rows[0] if rows else None


async def find(request: OneCalibration | WhichCalibration, ctx: Context) -> Row:
    """The row of a calibration, by its id, or by its task where that may be given.

    Raises:
        NotFound: there is none such.
    """
    row, of = await ctx.store.get("calibrations", request.id), ""
    if row is None and isinstance(request, WhichCalibration):
        row, of = await serving(request.id, request.method, ctx), f" of {request.method} for"
    if row is None:
        raise NotFound(
            f"There is no calibration{of} {request.id!r}.",
            field="id",
            value=request.id,
            remedy="Record outcomes of the task's assessments, then calibrate it.",
        )
    return row


async def confidence_in(
    task: str, method: str, score: float | None, setting: str, ctx: Context
) -> tuple[float | None, str]:
    """What the task's calibration makes of a score, and what that rests on; None with the reason where nothing."""
    if score is None:
        return None, f"{method} gave no score."
    row = await serving(task, method, ctx)
    if row is None:
        return None, f"The task {task!r} has no calibration of {method}: record outcomes, then calibrate it."
    known = calibration_of(row)
    if known.setting != setting:
        return None, (
            f"The calibration is of another setting ({known.setting}), this is {setting}: record outcomes of it, then "
            "calibrate the task with that setting."
        )
    told = f"{known.map.fit} on {known.fitted} outcomes of the task, judged by {known.held_out} others ({known.id})."
    if known.map.fit == "isotonic":
        block = known.map.block(score)
        ends = clopper_pearson(block.right, block.of)
        told += f" Of {block.of} such scores {block.right} were right: 95 % interval {ends.low:.2f} to {ends.high:.2f}."
    return known.map.probability(score), told


async def serve(found: Calibration, ctx: Context) -> None:
    """Keep a calibration, and have it serve from now on.

    Raises:
        Conflict: another one was made at the same time.
    """
    row: Row = {
        "id": found.id,
        "task": found.task,
        "method": found.method,
        "latest": 1,
        "definition": found.model_dump_json(),
        "metrics": json.dumps([one.model_dump() for one in found.measures]),
        "outcomes": found.fitted + found.held_out,
        "created": found.created,
        "updated": found.created,
    }
    before = await serving(found.task, found.method, ctx)
    try:
        if before is None or before["id"] == found.id:
            await ctx.store.insert("calibrations", row)
        elif not await ctx.store.update(
            "calibrations", before["id"], {"latest": 0}, [("calibrations", row)], {"latest": 1}
        ):
            raise _meanwhile(found.task)
    except Conflict:
        raise _meanwhile(found.task) from None


def _meanwhile(task: str) -> Conflict:
    return Conflict(
        f"The task {task!r} was calibrated meanwhile.",
        field="task",
        value=task,
        remedy="Look at that one, or try again.",
    )


def draw(_request: Model, result: Calibration) -> list[View]:
    """The reliability diagram and the measures."""
    stated = [one.stated for one in result.bins]
    half = [max(one.right - one.low, one.high - one.right) for one in result.bins]
    rows: list[list[str | float]] = [
        [one.name, *("" if value is None else round(value, 4) for value in (one.before, one.value, one.low, one.high))]
        for one in result.measures
    ]
    return [
        Text(text=result.told),
        Series(
            title=f"How often {result.task} was right, by the confidence stated",
            x=Axis(label="stated", values=stated),
            lines=[
                Axis(label="was right", values=[one.right for one in result.bins], mark="points", errors=half),
                Axis(label="as stated", values=stated),
            ],
            y="share",
        ),
        Table(title="Held out", columns=["measure", "score itself", "calibrated", "low", "high"], rows=rows),
    ]
