"""Two evaluations on the same cases: differences with intervals, exact tests of pairs, and gates that stand on them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob, Reads
from nis_backend.capabilities.evaluations.evaluation import answers_of, evaluation_of, find
from nis_backend.capabilities.evaluations.measures import NAME, TRAITS
from nis_backend.errors import Conflict, InvalidRequest, NotFound
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


class CheckGate(Model):
    """What is to be better than what, and by which metric."""

    candidate: Id = Field(description="The evaluation of what is to be let through.")
    baseline: Id | None = Field(default=None, description="The evaluation of what it is to replace; null: nothing is.")
    metric: MetricName = Field(description="The metric that decides.")
    at_least: float = Field(
        default=0.0,
        description="What the metric is to be at least, as the lower end of its interval has it; of a metric of which "
        "less is better, set at_most instead.",
    )
    at_most: float | None = Field(
        default=None, description="What the metric is to be at most, as the upper end of its interval has it."
    )
    margin: float | None = Field(
        default=None,
        gt=0,
        description="Passes what is not worse than the baseline by more than this; unset, it has to be better.",
    )
    significance: Annotated[float, Knob()] = Field(
        default=0.05, gt=0, lt=0.5, description="The chance of letting through what is no better."
    )


class Gate(Model):
    """Whether a candidate is let through, and why."""

    passed: bool
    metric: str
    candidate: float | None = Field(description="Its value: over the pairs, where there is a baseline.")
    baseline: float | None = Field(description="The baseline's, over the pairs.")
    difference: float | None = Field(description="The candidate's less the baseline's.")
    low: float | None = Field(description="Lower end of the difference's interval; without a baseline, the value's.")
    high: float | None = Field(description="Upper end of it.")
    p_value: float | None = Field(description="Two-sided; null without a baseline.")
    pairs: int = Field(description="Cases that decided.")
    reason: str = Field(description="Why, in words.")


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
    return Measured(about=about, answers={one.digest: one for one in await answers_of(row, ctx)})


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


async def gate(request: CheckGate, ctx: Context) -> Gate:
    """Whether the candidate passes; what cannot be decided does not."""
    candidate = await measured(request.candidate, "candidate", ctx)
    told = candidate.metric(request.metric)
    if told is None:
        names = ", ".join(one.name for one in candidate.about.metrics)
        raise NotFound(
            f"The evaluation {request.candidate} has no metric {request.metric!r}.",
            field="metric",
            value=request.metric,
            remedy=f"It has: {names}.",
        )
    _refuse_backwards(request, told.better)
    short = _short(request, told)
    if request.baseline is None:
        return Gate(
            passed=not short,
            metric=request.metric,
            candidate=told.value,
            baseline=None,
            difference=None,
            low=told.low,
            high=told.high,
            p_value=None,
            pairs=told.cases,
            reason=short or _reached(request, told),
        )
    baseline = await measured(request.baseline, "baseline", ctx)
    why = apart(candidate, baseline, request.metric)
    if why:
        raise Conflict(
            f"The two cannot be compared by {request.metric}: {why}.",
            field="baseline",
            value=request.baseline,
            remedy="Evaluate both on the same cases, with the same metric.",
        )
    one = await asyncio.to_thread(differ, candidate, baseline, request.metric, 1 - request.significance)
    passed, reason = _beyond_chance(one, request) if request.margin is None else _no_worse(one, request.margin)
    return Gate(
        passed=passed and not short,
        metric=request.metric,
        candidate=one.candidate_value,
        baseline=one.baseline_value,
        difference=one.difference,
        low=one.low,
        high=one.high,
        p_value=one.p_value,
        pairs=one.pairs,
        reason=f"{short} {reason}".strip(),
    )


def _refuse_backwards(request: CheckGate, better: str) -> None:
    if better == "lower" and request.at_least > 0:
        raise InvalidRequest(
            f"Of {request.metric} less is better.",
            field="at_least",
            value=request.at_least,
            remedy="Give at_most in its place.",
        )
    if better == "higher" and request.at_most is not None:
        raise InvalidRequest(
            f"Of {request.metric} more is better.",
            field="at_most",
            value=request.at_most,
            remedy="Give at_least in its place.",
        )


def _short(request: CheckGate, told: MetricValue) -> str:
    """How far the metric is from what it has to be; empty where it is there."""
    if told.value is None:
        return f"Not passed: {request.metric} has no value: {told.unavailable}"
    if told.better == "higher" and request.at_least > 0 and (told.low is None or told.low < request.at_least):
        return (
            f"Not passed: {request.metric} is {_said(told.value)}, and its interval begins at {_said(told.low)}, below "
            f"{_said(request.at_least)}."
        )
    if request.at_most is not None and (told.high is None or told.high > request.at_most):
        return (
            f"Not passed: {request.metric} is {_said(told.value)}, and its interval ends at {_said(told.high)}, above "
            f"{_said(request.at_most)}."
        )
    return ""


def _reached(request: CheckGate, told: MetricValue) -> str:
    asked = request.at_most is not None or request.at_least > 0
    where = (
        f"its interval is {_said(told.low)} to {_said(told.high)}, within what was asked"
        if asked
        else "no more was asked"
    )
    return f"Passed: {request.metric} is {_said(told.value)} over {told.cases} cases; {where}. There is no baseline."


def _beyond_chance(one: PairedDifference, request: CheckGate) -> tuple[bool, str]:
    right_way = bool(one.difference) and (float(one.difference or 0) > 0) == (one.better == "higher")
    p, counted = one.p_value, f"better in {one.wins} and worse in {one.losses} of {one.pairs} cases"
    if right_way and p is not None and p <= request.significance:
        return True, f"Passed: {counted}; p = {p:.3g} by {one.test}, at most {request.significance:g}."
    if not right_way:
        return False, f"Not passed: it is no better: {counted}."
    few = (
        f" With {one.wins + one.losses} cases that differ no p below {one.least_p:.3g} is possible: take more cases."
        if one.least_p is not None and one.least_p > request.significance
        else ""
    )
    return False, f"Not passed: that may be chance: {counted}; p = {p:.3g} by {one.test}.{few}"


def _no_worse(one: PairedDifference, margin: float) -> tuple[bool, str]:
    """Non-inferiority: the whole interval of the difference is on the right side of the margin."""
    worst = one.low if one.better == "higher" else (None if one.high is None else -one.high)
    held = f"the difference is {_said(one.difference)}, its interval {_said(one.low)} to {_said(one.high)}"
    if worst is not None and worst > -margin:
        return True, f"Passed: {held}: not worse by more than {_said(margin)}."
    return False, f"Not passed: {held}: it may be worse by more than {_said(margin)}; {one.pairs} cases tell no more."


def _said(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"
