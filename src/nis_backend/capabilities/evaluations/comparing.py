"""Evaluations on the same cases: their differences with intervals, and exact tests of the pairs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob, Reads
from nis_backend.capabilities.evaluations.evaluation import answers_of, evaluation_of, find
from nis_backend.capabilities.evaluations.measures import NAME, TRAITS
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.numerics.intervals import mean_interval, newcombe_paired
from nis_backend.numerics.pairs import holm, mcnemar, sign_flips
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.capabilities.evaluations.evaluation import Answer, Evaluation, MetricValue
    from nis_backend.context import Context

MOST_COMPARED = 8
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MetricName = Annotated[str, StringConstraints(pattern=NAME)]
Verdict = Literal["better", "worse", "not told apart"]


class CompareEvaluations(Model):
    """Which evaluations are held against which."""

    baseline: Id | None = Field(
        default=None, description="The evaluation that the others are held against; unset, the first of them."
    )
    candidates: Annotated[list[Id], Reads("quotes")] = Field(
        min_length=1, max_length=MOST_COMPARED, description="The others; a baseline among them is passed over."
    )
    metrics: list[MetricName] = Field(
        default_factory=list[str], max_length=16, description="Only these; unset, all that both have."
    )
    significance: Annotated[float, Knob()] = Field(
        default=0.05, gt=0, lt=0.5, description="The chance of calling a difference one that is none, over all of them."
    )


class PairedDifference(Model):
    """One metric of two evaluations, on the cases that both have a score of."""

    candidate: str
    baseline: str
    metric: str
    formula: str
    better: Literal["higher", "lower"]
    unit: str = ""
    pairs: int = Field(description="Cases with a score in both: the same content, by its digest.")
    only_candidate: int = Field(description="Cases that the candidate alone has a score of: left out.")
    only_baseline: int = Field(description="Cases that the baseline alone has a score of: left out.")
    candidate_value: float | None = Field(description="The mean over the pairs.")
    baseline_value: float | None = Field(description="The mean over the pairs.")
    difference: float | None = Field(description="The candidate's less the baseline's.")
    low: float | None = Field(description="Lower end of the difference's interval; null where nothing bounds it.")
    high: float | None = Field(description="Upper end of it.")
    level: float = Field(description="How often such intervals hold the true difference.")
    interval: str = Field(description="By which method.")
    wins: int = Field(description="Cases in which the candidate is better.")
    losses: int = Field(description="Cases in which the baseline is.")
    p_value: float | None = Field(description="Of a difference as great, either way, where there is none; two-sided.")
    p_corrected: float | None = Field(description="The same, since so many were looked at: by Holm.")
    least_p: float | None = Field(description="The least that it could have been with as many cases that differ.")
    test: str = Field(description="Which test.")
    verdict: Verdict = Field(description="By the corrected p-value.")
    why: str = Field(description="The same in words.")


class EvaluationComparison(Model):
    """What is different between evaluations, beyond chance."""

    differences: list[PairedDifference]
    comparisons: int = Field(description="How many p-values the correction is for.")
    significance: float
    left_out: list[str] = Field(description="What could not be compared, and why.")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """An evaluation that is done, and its answers by their cases."""

    about: Evaluation
    answers: Mapping[str, Answer]

    def metric(self, name: str) -> MetricValue | None:
        """The metric of this name."""
        return next((one for one in self.about.metrics if one.name == name), None)


async def measured(evaluation_id: str, field: str, ctx: Context) -> Measured:
    """The evaluation, to be compared.

    Raises:
        NotFound: the caller has none of this id.
        Conflict: it is not done.
    """
    row = await find(evaluation_id, ctx, field)
    about = await evaluation_of(row, ctx)
    if about.state not in ("done", "partial"):
        raise Conflict(
            f"The evaluation {evaluation_id} is {about.state}.",
            field=field,
            value=evaluation_id,
            remedy="Wait for its end, or name one that is done.",
        )
    return Measured(about=about, answers={one.digest: one for one in await answers_of(row, ctx, field)})


async def compare(request: CompareEvaluations, ctx: Context) -> EvaluationComparison:
    """The differences of each candidate to the baseline, corrected for how many they are."""
    against = request.baseline or request.candidates[0]
    others = [one for one in dict.fromkeys(request.candidates) if one != against]
    if not others:
        raise InvalidRequest(
            "The baseline is compared with nothing but itself.",
            field="candidates",
            value=request.candidates,
            remedy="Name another evaluation.",
        )
    baseline = await measured(against, "baseline", ctx)
    candidates = [await measured(one, f"candidates.{number}", ctx) for number, one in enumerate(others)]
    found: list[PairedDifference] = []
    left_out: list[str] = []
    for candidate in candidates:
        for name in request.metrics or [one.name for one in baseline.about.metrics]:
            why = apart(candidate, baseline, name)
            if why:
                left_out.append(f"{candidate.about.id}, {name}: {why}")
                continue
            found.append(await asyncio.to_thread(differ, candidate, baseline, name, 1 - request.significance))
    corrected = holm([one.p_value for one in found if one.p_value is not None])
    places = iter(corrected)
    differences = [
        _decided(one, next(places) if one.p_value is not None else None, request.significance) for one in found
    ]
    return EvaluationComparison(
        differences=differences, comparisons=len(corrected), significance=request.significance, left_out=left_out
    )


def apart(candidate: Measured, baseline: Measured, name: str) -> str:
    """Why the two cannot be compared by this metric; empty where they can."""
    one, other = candidate.metric(name), baseline.metric(name)
    if one is None or other is None:
        return f"{(candidate if one is None else baseline).about.id} has no such metric"
    if (one.kind, one.formula) != (other.kind, other.formula):
        return "the two compute it differently"
    shared = candidate.answers.keys() & baseline.answers.keys()
    if not any(_scored(candidate.answers[key], name) and _scored(baseline.answers[key], name) for key in shared):
        return "they share no case that has a score in both"
    return ""


def _scored(answer: Answer, name: str) -> bool:
    return answer.scores.get(name) is not None


def differ(candidate: Measured, baseline: Measured, name: str, level: float) -> PairedDifference:
    """The difference by one metric, before it is known how many there are."""
    told = candidate.metric(name)
    assert told is not None
    traits = TRAITS[told.kind]  # pyright: ignore[reportArgumentType] - a kind, as it was written down
    mine = {key: one.scores[name] for key, one in candidate.answers.items() if _scored(one, name)}
    theirs = {key: one.scores[name] for key, one in baseline.answers.items() if _scored(one, name)}
    pairs = [(float(mine[key] or 0), float(theirs[key] or 0)) for key in mine if key in theirs]
    differences = [one - other for one, other in pairs]
    up, down = sum(one > 0 for one in differences), sum(one < 0 for one in differences)
    wins, losses = (up, down) if traits.better == "higher" else (down, up)
    if traits.binary:
        both = sum(one == other == 1 for one, other in pairs)
        test = mcnemar(up, down)
        interval = newcombe_paired(both, up, down, len(pairs) - both - up - down, level)
    else:
        test = sign_flips(differences)
        span = None if traits.bounds is None else traits.bounds[1] - traits.bounds[0]
        interval = mean_interval(differences, level, None if span is None else (-span, span))
    return PairedDifference(
        candidate=candidate.about.id,
        baseline=baseline.about.id,
        metric=name,
        formula=told.formula,
        better=traits.better,
        unit=traits.unit,
        pairs=len(pairs),
        only_candidate=len(mine) - len(pairs),
        only_baseline=len(theirs) - len(pairs),
        candidate_value=fmean(one for one, _ in pairs),
        baseline_value=fmean(other for _, other in pairs),
        difference=fmean(differences),
        low=interval.low,
        high=interval.high,
        level=level,
        interval=interval.method,
        wins=wins,
        losses=losses,
        p_value=test.p_value,
        p_corrected=None,
        least_p=test.least,
        test=test.method,
        verdict="not told apart",
        why="",
    )


def _decided(one: PairedDifference, corrected: float | None, significance: float) -> PairedDifference:
    verdict: Verdict = "not told apart"
    if corrected is not None and corrected <= significance and one.difference:
        verdict = "better" if (one.difference > 0) == (one.better == "higher") else "worse"
    return one.model_copy(update={"p_corrected": corrected, "verdict": verdict, "why": _why(one, corrected, verdict)})


def _why(one: PairedDifference, p: float | None, verdict: Verdict) -> str:
    counted = f"better in {one.wins}, worse in {one.losses} of {one.pairs} cases"
    if not one.wins + one.losses:
        return f"not told apart: all {one.pairs} cases have the same score in both"
    many = "" if p == one.p_value else f", {p:.3g} as one of so many"
    counted += f", p = {one.p_value:.3g}{many}"
    if verdict != "not told apart":
        return f"{verdict}: {counted}"
    hopeless = one.least_p is not None and one.least_p > 1 - one.level
    few = (
        f"; with {one.wins + one.losses} cases that differ no p below {one.least_p:.3g} is possible" if hopeless else ""
    )
    return f"not told apart: {counted}{few}"
