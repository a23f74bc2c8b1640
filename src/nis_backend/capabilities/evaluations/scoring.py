"""Scores of answers by measures that need no model, and what the scores of any measure come to."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.evaluations import wording
from nis_backend.capabilities.evaluations.evaluation import LEVEL, Confusion, MetricValue, TagValue
from nis_backend.capabilities.evaluations.measures import SPENT, TRAITS, formula_of, searching
from nis_backend.conforming import Held, Wrong
from nis_backend.errors import NisError
from nis_backend.numerics.intervals import (
    Interval,
    clopper_pearson,
    mean_interval,
    quantile,
    quantile_interval,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.capabilities.evaluations.cases import Case
    from nis_backend.capabilities.evaluations.evaluation import Answer
    from nis_backend.capabilities.evaluations.measures import Metric

OTHER = "(other)"
MOST_SHOWN = 200
"""Characters of a label in a confusion."""
MOST_LABELS = 50
"""Labels of a confusion that is told; the scores are of all."""

Pair = tuple["Case", "Answer"]


@dataclass(kw_only=True)
class Scored:
    """A measure's scores, a case each."""

    metric: Metric
    scores: list[float | None]
    why: dict[int, str] = field(default_factory=dict[int, str])
    """What is said of a case's score, by the case's place."""
    unavailable: str | None = None
    more: dict[str, float] = field(default_factory=dict[str, float])
    about: dict[str, str] = field(default_factory=dict[str, str])
    confusion: Confusion | None = None
    judge: str | None = None
    demonstration: bool = False


def score(metric: Metric, pairs: Sequence[Pair]) -> Scored:
    """The scores by a measure that needs no model. A refusal and a failure score nought; a case not asked has none."""
    if metric.kind in SPENT:
        return _spent(metric, pairs)
    if metric.kind == "label":
        return _labels(metric, pairs)
    if metric.kind == "chrf":
        return _chrf(metric, pairs)
    if metric.kind == "schema_valid":
        return _valid(metric, pairs)
    one = _single(metric)
    return _each(metric, pairs, lambda case, answer: one(answer.answer, case.expected))


def _single(metric: Metric) -> Callable[[str, Any], float | None]:  # Any: JSON
    """The score of one answer against what is expected."""
    match metric.kind:
        case "exact_match":
            return lambda answer, expected: wording.exact(answer, expected, as_written=metric.as_written)
        case "contains":
            return wording.contains
        case "token_f1":
            return wording.token_f1
        case "matches":
            pattern = searching(metric.pattern, "pattern")
            return lambda answer, _expected: float(pattern.finds(answer))
        case _:
            return lambda answer, expected: _number(metric, answer, expected)


def _number(metric: Metric, answer: str, expected: Any) -> float | None:  # Any: JSON
    wanted = expected
    if isinstance(expected, str):
        written = wording.numbers_in(expected)
        wanted = written[0] if len(written) == 1 else None
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or abs(wanted) > sys.float_info.max:
        return None
    return wording.near(answer, float(wanted), metric.number, metric.absolute, metric.relative)


def _each(metric: Metric, pairs: Sequence[Pair], one: Callable[[Case, Answer], float | None]) -> Scored:
    """Each answer's score; none where nothing is expected that the measure needs."""
    expects = TRAITS[metric.kind].expects
    scores: list[float | None] = []
    for case, answer in pairs:
        if answer.outcome == "unasked" or (expects and case.expected is None):
            scores.append(None)
        else:
            # Against nothing it is looked whether there is a score at all: a refusal of what has none is no fault.
            scored = one(case, answer)
            scores.append(scored if answer.outcome == "answered" or scored is None else 0.0)
    lacking = expects and all(case.expected is None for case, _ in pairs)
    return Scored(
        metric=metric,
        scores=scores,
        unavailable="No case says what is expected. Give `expected`." if lacking else None,
    )


def _spent(metric: Metric, pairs: Sequence[Pair]) -> Scored:
    """What each call took, as it was counted; a refusal is a call too, a failure is none: it would look quick."""
    values: list[float | None] = []
    for _, answer in pairs:
        if answer.outcome == "failed":
            values.append(None)
            continue
        both = (answer.input_tokens, answer.output_tokens)
        known = [one for one in both if one is not None]
        values.append(
            {"latency": answer.latency_ms, "cost": answer.cost, "tokens": sum(known) if known else None}[metric.kind]
        )
    there = [one for one in values if one is not None]
    scored = Scored(metric=metric, scores=values)
    if not there:
        scored.unavailable = {
            "latency": "Nobody has timed these answers. Have them asked here.",
            "tokens": "The target states no count of tokens.",
            "cost": "No price is known of what the target took. Set one with prices.",
        }[metric.kind]
        return scored
    if metric.kind != "latency":
        scored.more["sum"], scored.about["sum"] = sum(there), "of all cases that state one"
        return scored
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        found = quantile_interval(there, share, LEVEL)
        scored.more[name], scored.about[name] = quantile(there, share), f"nearest rank; interval by {found.method}"
        ends = {
            f"{name}_{end}": value for end, value in (("low", found.low), ("high", found.high)) if value is not None
        }
        scored.more |= ends
        scored.about |= dict.fromkeys(ends, "an end of its interval")
    return scored


def _chrf(metric: Metric, pairs: Sequence[Pair]) -> Scored:
    counts: list[wording.Counted] = []

    def one(case: Case, answer: Answer) -> float:
        value, counted = wording.best_chrf(answer.answer if answer.outcome == "answered" else "", case.expected)
        counts.append(counted)
        return value

    scored = _each(metric, pairs, one)
    if counts:
        scored.more["corpus_chrf"] = wording.summed(counts)
        scored.about["corpus_chrf"] = "chrF2 of the n-grams of all answers together, as sacreBLEU's corpus score"
    return scored


def _valid(metric: Metric, pairs: Sequence[Pair]) -> Scored:
    known: dict[str, Held] = {}
    scored = Scored(metric=metric, scores=[])
    for place, (case, answer) in enumerate(pairs):
        schema = metric.answer_schema if case.answer_schema is None else case.answer_schema
        held = None if schema is None else held_once(schema, "answer_schema", known)
        if held is None or answer.outcome == "unasked":
            scored.scores.append(None)
            continue
        try:
            if answer.outcome == "answered":
                held.read(answer.answer)
            scored.scores.append(float(answer.outcome == "answered"))
        except (Wrong, NisError) as wrong:
            scored.scores.append(0.0)
            scored.why[place] = str(wrong)
    if all(one is None for one in scored.scores):
        scored.unavailable = "No case has a schema. Give `answer_schema` with the metric or its cases."
    return scored


def held_once(schema: Mapping[str, Any], field: str, known: dict[str, Held]) -> Held:  # Any: JSON
    """A schema, read the first time that it comes."""
    text = json.dumps(schema, sort_keys=True)
    if text not in known:
        known[text] = Held(dict(schema), field)
    return known[text]


def _labels(metric: Metric, pairs: Sequence[Pair]) -> Scored:
    """Accuracy, with macro F1 and the confusion: an answer that is no label is none of them."""
    wanted = [wording.written(case.expected) for case, _ in pairs if case.expected is not None]
    labels = list(dict.fromkeys(metric.labels)) or sorted(set(wanted))
    told = {wording.normalised(label): label for label in labels}
    read = wording.normalised if len(told) == len(labels) else str.strip
    known = told if len(told) == len(labels) else {label.strip(): label for label in labels}
    seen: Counter[tuple[str, str]] = Counter()

    def one(case: Case, answer: Answer) -> float:
        expected = known.get(read(wording.written(case.expected)), OTHER)
        said = known.get(read(answer.answer), OTHER) if answer.outcome == "answered" else OTHER
        seen[expected, said] += 1
        return float(expected == said != OTHER)

    scored = _each(metric, pairs, one)
    if not seen:
        return scored
    f1 = _f1_of(seen, labels)
    scored.more["macro_f1"] = fmean(f1) if f1 else 0.0
    scored.about["macro_f1"] = "the mean of the labels' F1; a label neither expected nor answered is left out"
    shown = [*labels[:MOST_LABELS], OTHER]
    if len(labels) > MOST_LABELS:
        scored.about["confusion"] = f"only the first {MOST_LABELS} of {len(labels)} labels are shown"
    scored.confusion = Confusion(
        labels=[label[:MOST_SHOWN] for label in shown], counts=[[seen[a, b] for b in shown] for a in shown]
    )
    return scored


def _f1_of(seen: Counter[tuple[str, str]], labels: Sequence[str]) -> list[float]:
    """F1 of each label that was expected or answered."""
    times: Counter[str] = Counter()
    for (wanted, said), count in seen.items():
        times[wanted] += count
        times[said] += count
    return [2 * seen[label, label] / times[label] for label in labels if times[label]]


def valued(scored: Scored) -> MetricValue:
    """What the scores come to, with the interval of their mean."""
    metric, traits = scored.metric, TRAITS[scored.metric.kind]
    there = [one for one in scored.scores if one is not None]
    interval = interval_of(there, binary=traits.binary, bounds=traits.bounds) if there else None
    return MetricValue(
        name=metric.called,
        kind=metric.kind,
        formula=formula_of(metric),
        better=traits.better,
        unit=traits.unit,
        value=fmean(there) if there else None,
        low=interval and interval.low,
        high=interval and interval.high,
        interval="" if interval is None else interval.method,
        cases=len(there),
        unscored=len(scored.scores) - len(there),
        unavailable=None if there else scored.unavailable or "No case has a score.",
        more=scored.more,
        about=scored.about,
        confusion=scored.confusion,
        judge=scored.judge,
        demonstration=scored.demonstration,
    )


def interval_of(
    scores: Sequence[float], *, binary: bool, bounds: tuple[float, float] | None, level: float = LEVEL
) -> Interval:
    """The interval of the mean of scores: exact where each is right or wrong."""
    if binary:
        return clopper_pearson(round(sum(scores)), len(scores), level)
    found = mean_interval(scores, level, bounds)
    if bounds is None and found.low is not None and found.low < 0:
        # Times, tokens, dollars and bits are never less.
        return replace(found, low=0.0, method=f"{found.method}, cut at nought")
    return found


MOST_TAGS = 50


def by_tags(scored: Sequence[Scored], cases: Sequence[Case]) -> list[TagValue]:
    """The values of the cases with each tag, the tags that occur most first."""
    counted = Counter(tag for case in cases for tag in set(case.tags))
    found: list[TagValue] = []
    for tag, _ in counted.most_common(MOST_TAGS):
        for one in scored:
            traits = TRAITS[one.metric.kind]
            scores = [
                value for case, value in zip(cases, one.scores, strict=True) if tag in case.tags and value is not None
            ]
            if scores:
                interval = interval_of(scores, binary=traits.binary, bounds=traits.bounds)
                found.append(
                    TagValue(
                        tag=tag,
                        name=one.metric.called,
                        value=fmean(scores),
                        low=interval.low,
                        high=interval.high,
                        cases=len(scores),
                    )
                )
    return found
