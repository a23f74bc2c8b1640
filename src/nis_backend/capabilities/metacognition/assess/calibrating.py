"""Calibrating a task: its outcomes are parted by their questions, one part is fitted, the other judges."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.metacognition.assess import calibration
from nis_backend.capabilities.metacognition.assess.assessment import GENERAL, Outcome, Scored, Task, outcomes
from nis_backend.capabilities.metacognition.assess.calibration import (
    LEAST_EACH,
    LEAST_OUTCOMES,
    LEAST_SIDE,
    Calibration,
    Fit,
    Measure,
    ReliabilityBin,
    ScoreBlock,
    ScoreMap,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics import reliability
from nis_backend.numerics.calibrating import Group, grouped, isotonic, platt, temperature
from nis_backend.numerics.intervals import clopper_pearson
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

PROBABILITIES = frozenset({"truth", "verbal", "likelihood", "vote", "given"})
"""Methods whose scores may be read as probabilities as they are, if badly."""
RESAMPLES = 400
PARTS = ("reliability", "resolution", "uncertainty", "within")


class CalibrateTask(Model):
    """Which task's scores, and how they are fitted and judged."""

    task: Task = Field(default=GENERAL, description="The task whose outcomes there are.")
    method: Scored = Field(default="vote", description="Whose scores.")
    fit: Fit = Field(
        default="isotonic",
        description="isotonic takes any growing relation and wants outcomes by the hundred; platt has two parameters, "
        "temperature one.",
    )
    setting: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Of answers that were asked so, as an assessment's `setting` says; unset, as most were.",
    )
    held_out: float = Field(default=0.4, ge=0.2, le=0.8, description="Share of the questions that judge.")
    bins: int = Field(default=10, ge=2, le=30, description="Of the reliability diagram and the ECE.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="By which questions are parted.")


async def calibrate(request: CalibrateTask, ctx: Context) -> Calibration:
    """Fit, judge, keep."""
    every = await outcomes(request.task, ctx)
    setting, known = _alike(every, request)
    _enough(known, request, "outcomes")
    fitted = [one for one in known if not _held_out(one, request)]
    judged = [one for one in known if _held_out(one, request)]
    for part, name in ((fitted, "outcomes to fit"), (judged, "outcomes held out")):
        _enough(part, request, name, LEAST_SIDE)
    groups = grouped((one.scores[request.method], one.correct) for one in fitted)
    found = await asyncio.to_thread(_mapped, request, groups)
    measures, bins = await asyncio.to_thread(_judged, request, found, judged)
    whole = {one.name: one for one in measures}
    ece, chance = whole["ece"], whole["ece_by_chance"]
    result = Calibration(
        id=ctx.new_id("calibration"),
        task=request.task,
        method=request.method,
        setting=setting,
        map=found,
        measures=measures,
        bins=bins,
        fitted=len(fitted),
        held_out=len(judged),
        left_out=len(every) - len(known),
        seed=request.seed,
        told=f"On {len(judged)} outcomes held out the stated confidence is {ece.value:.3f} off on average (ECE, "
        f"{ece.low:.3f} to {ece.high:.3f}); exact probabilities would be {chance.value:.3f} off on as few. It holds "
        f"for questions such as these, in this setting: {setting}.",
        created=ctx.now(),
    )
    await calibration.serve(result, ctx)
    return result


def _alike(known: Sequence[Outcome], request: CalibrateTask) -> tuple[str, list[Outcome]]:
    """The setting that is asked for, else that of the most outcomes with this score, and those."""
    scored = [one for one in known if request.method in one.scores]
    counts = Counter(one.setting for one in scored)
    if request.setting is not None and request.setting not in counts:
        raise InvalidRequest(
            f"No outcome of {request.method} in the task {request.task!r} was asked so.",
            field="setting",
            value=request.setting,
            remedy=f"Name one of: {'; '.join(one for one, _ in counts.most_common(5)) or 'none yet'}.",
        )
    setting = request.setting or max(counts, key=counts.__getitem__, default="")
    return setting, [one for one in scored if one.setting == setting]


def _enough(known: Sequence[Outcome], request: CalibrateTask, name: str, each: int = LEAST_EACH) -> None:
    counts = Counter(one.correct for one in known)
    short = max(0, LEAST_OUTCOMES - len(known)) if name == "outcomes" else 0
    if short or min(counts[True], counts[False]) < each:
        raise InvalidRequest(
            f"The task {request.task!r} has {len(known)} {name} of {request.method} that were asked alike, "
            f"{counts[True]} right and {counts[False]} wrong: too few to say what a score means.",
            field="task",
            value=request.task,
            remedy=f"Record outcomes until there are {LEAST_OUTCOMES}, with {LEAST_EACH} right and {LEAST_EACH} wrong "
            f"ones, and {LEAST_SIDE} of each in either part.",
        )


def _held_out(one: Outcome, request: CalibrateTask) -> bool:
    """By the question, so that none is both fitted and judged."""
    digest = hashlib.sha256(f"{request.seed} {one.question}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < request.held_out


def _mapped(request: CalibrateTask, groups: Sequence[Group]) -> ScoreMap:
    told = calibration.FORMULAS[request.fit]
    match request.fit:
        case "isotonic":
            blocks = [ScoreBlock(low=one.low, right=one.right, of=one.of) for one in isotonic(groups)]
            return ScoreMap(fit="isotonic", formula=told, blocks=blocks)
        case "platt":
            slope, shift = platt(groups)
            return ScoreMap(fit="platt", formula=told, slope=slope, shift=shift)
        case "temperature":
            heat = temperature(groups)
            if heat is None:
                raise InvalidRequest(
                    f"Higher scores of {request.method} are no more often right: no temperature mends that.",
                    field="fit",
                    value=request.fit,
                    remedy="Take platt or isotonic, or another method.",
                )
            return ScoreMap(fit="temperature", formula=told, slope=1 / heat)


def _judged(
    request: CalibrateTask, found: ScoreMap, judged: Sequence[Outcome]
) -> tuple[list[Measure], list[ReliabilityBin]]:
    pairs = [(one.scores[request.method], one.correct) for one in judged]
    raw = grouped(pairs)
    groups = grouped((found.probability(score), right) for score, right in pairs)
    bins = reliability.equal_mass(groups, request.bins)

    def measured(of: Sequence[Group]) -> list[float | None]:
        binned = reliability.equal_mass(of, request.bins)
        return [reliability.ece(binned), reliability.brier_score(of), reliability.auroc(of), reliability.aurc(of)]

    ends = reliability.resampled(groups, measured, RESAMPLES)
    before: list[float | None] = measured(raw)
    if request.method not in PROBABILITIES or not all(0 <= score <= 1 for score, _, _ in raw):
        before[:2] = [None, None]
    told = (reliability.ECE, reliability.BRIER, reliability.AUROC, reliability.AURC)
    measures = [
        Measure(name=name, before=was, value=value, low=end and end[0], high=end and end[1], formula=formula)
        for name, was, value, end, formula in zip(
            ("ece", "brier", "auroc", "aurc"), before, measured(groups), ends, told, strict=True
        )
    ]
    formula = "what exact probabilities would have on as few outcomes: the mean distance of binomials, de Moivre (1730)"
    by_chance = reliability.ece_by_chance(bins)
    measures.append(Measure(name="ece_by_chance", before=None, value=by_chance, low=None, high=None, formula=formula))
    parts = reliability.brier(groups, bins)
    formula = "brier = reliability − resolution + uncertainty + within: Murphy (1973), Stephenson et al. (2008)"
    measures += [
        Measure(name=f"brier_{one}", before=None, value=getattr(parts, one), low=None, high=None, formula=formula)
        for one in PARTS
    ]
    return measures, [_bin(one) for one in bins]


def _bin(one: reliability.Bin) -> ReliabilityBin:
    ends = clopper_pearson(one.right, one.of)
    return ReliabilityBin(
        stated=one.mean,
        right=one.share,
        low=ends.low or 0.0,
        high=1.0 if ends.high is None else ends.high,
        outcomes=one.of,
    )
