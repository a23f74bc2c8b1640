"""Gates: what lets a target through, by its own interval and by the difference to what it is to replace."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Knob
from nis_backend.capabilities.evaluations.comparing import Id, MetricName, apart, differ, measured
from nis_backend.capabilities.evaluations.measures import SPENT, TRAITS, Metric
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.capabilities.evaluations.comparing import Measured, PairedDifference
    from nis_backend.capabilities.evaluations.evaluation import Answer, MetricValue
    from nis_backend.context import Context


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
    looks: int = Field(
        default=1,
        description="How often somebody has looked whether something is better on these cases: evaluations of others "
        "than the baseline that are kept, each by each of its metrics but latency, tokens and cost.",
    )
    p_corrected: float | None = Field(
        default=None, description="The p-value times the looks: of so many one may pass by chance. `passed` is without."
    )
    pairs: int = Field(description="Cases that decided.")
    reason: str = Field(description="Why, in words.")


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
    short = _missing(candidate, request.metric) or _short(request, told)
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
    why = apart(candidate, baseline, request.metric) or _other_cases(candidate, baseline)
    if why:
        raise Conflict(
            f"The two cannot be compared by {request.metric}: {why}.",
            field="baseline",
            value=request.baseline,
            remedy="Evaluate both on the same cases, with the same metric.",
        )
    short = short or _missing(baseline, request.metric)
    one = await asyncio.to_thread(differ, candidate, baseline, request.metric, 1 - request.significance)
    looks = await _looks(candidate, baseline, request.metric, ctx)
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
        looks=looks,
        p_corrected=None if one.p_value is None else min(1.0, looks * one.p_value),
        pairs=one.pairs,
        reason=f"{short} {reason}{_looked(one, looks)}".strip(),
    )


def _other_cases(candidate: Measured, baseline: Measured) -> str:
    """Whether one was put to cases that the other was not: whoever chose them may have chosen who is better."""
    mine, theirs = candidate.answers.keys(), baseline.answers.keys()
    if mine == theirs:
        return ""
    return (
        f"{len(mine - theirs)} cases are the candidate's alone, {len(theirs - mine)} the baseline's; they share "
        f"{len(mine & theirs)}"
    )


def _missing(measured: Measured, name: str) -> str:
    """Whether cases that could have a score have none, by a fault or a budget: left out, they would look like none."""
    told = measured.metric(name)
    assert told is not None
    traits = TRAITS[told.kind]  # pyright: ignore[reportArgumentType] - a kind, as it was written down

    def lacks(one: Answer) -> bool:
        if one.scores.get(name) is not None or (traits.expects and one.expected is None):
            return False
        return name in one.why or one.outcome == "unasked" or (one.outcome == "failed" and told.kind in SPENT)

    lacking = sum(map(lacks, measured.answers.values()))
    if not lacking:
        return ""
    return (
        f"Not passed: of {lacking} cases {measured.about.id} has no {name}: they were not asked, failed, or were not "
        "measured. Evaluate it anew."
    )


MOST_LOOKS = 1000
"""Evaluations of the same cases that are counted."""


async def _looks(candidate: Measured, baseline: Measured, name: str, ctx: Context) -> int:
    """How many p-values of these cases somebody may have chosen among."""
    mine, theirs = candidate.about, baseline.about
    rows = await ctx.store.select("evaluations", where={"version": mine.version}, limit=MOST_LOOKS)
    looks = 0
    for row in rows:
        other = row["id"] != theirs.id and (row["target"] != theirs.target or mine.target == theirs.target)
        if other and row["state"] in ("done", "partial") and json.loads(row["summary"]).get("split") == mine.split:
            metrics = [Metric.model_validate(one) for one in json.loads(row["metrics"])]
            looks += sum(one.called == name or one.kind not in SPENT for one in metrics)
    return max(1, looks)


def _looked(one: PairedDifference, looks: int) -> str:
    if looks == 1 or one.p_value is None:
        return ""
    return (
        f" It is one of {looks} looks at these cases, for which p = {min(1.0, looks * one.p_value):.3g}: cases that "
        "nobody has looked at yet would tell more."
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
