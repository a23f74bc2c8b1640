"""Evaluations to look at: words first, then tables, and bars with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.evaluations.reporting import counts_words, cut, value_words
from nis_backend.capabilities.evaluations.wording import written
from nis_backend.view import Axis, Grid, Series, Table, Text, View, moment, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.evaluations.comparing import EvaluationComparison
    from nis_backend.capabilities.evaluations.evaluation import Answer, Evaluation, MetricValue
    from nis_backend.capabilities.evaluations.gating import Gate
    from nis_backend.capabilities.evaluations.operations import AnswerPage, EvaluationList, Scores
    from nis_backend.capabilities.evaluations.reporting import EvaluationReport
    from nis_backend.operation import Model

CELL = 120


def draw_evaluation(_request: Model, result: Evaluation) -> list[View]:
    """What came of it, its figures, and how they compare."""
    label = f"\n\n*{result.model} is a demonstration model.*" if result.demonstration else ""
    reason = f" {plain(result.reason)}" if result.reason else ""
    told = "; ".join(f"{one.name} {value_words(one)}" for one in result.metrics)
    words = f"{plain(result.target)}, {result.state}: {counts_words(result)}. {plain(told)}.{reason}{label}"
    return [Text(text=words), *draw_metrics(result.metrics), *_by_tags(result)]


def draw_metrics(metrics: Sequence[MetricValue]) -> list[View]:
    """A table of figures, bars of those between 0 and 1, and confusions."""
    rows: list[list[str | float]] = []
    for one in metrics:
        interval = "" if one.low is None or one.high is None else f"{one.low:.4g} to {one.high:.4g}"
        value = "none" if one.value is None else one.value
        rows.append([one.name, value, interval, one.unit, one.cases, one.interval])
        rows += [
            [f"{one.name}: {name}", number, "", "", one.cases, one.about.get(name, "")]
            for name, number in one.more.items()
        ]
        rest = ((name, told) for name, told in one.about.items() if name not in one.more)
        rows.extend([f"{one.name}: {name}", "", "", "", one.cases, told] for name, told in rest)
    views: list[View] = []
    if rows:
        columns = ["metric", "value", "95 % interval", "unit", "cases", "how"]
        views.append(Table(title="Metrics", columns=columns, rows=rows))
    barred = [one for one in metrics if not one.unit and one.kind != "chrf" and one.value is not None]
    if barred:
        views.append(_bars(barred))
    if metrics:
        said = [
            f"- {one.name}: {plain(one.formula)}{f'; judged by {plain(one.judge)}' if one.judge else ''}."
            for one in metrics
        ]
        views.append(Text(text="How a case is scored:\n\n" + "\n".join(said)))
    views += [_confusion(one) for one in metrics if one.confusion is not None and len(one.confusion.labels) > 1]
    return views


def _bars(metrics: Sequence[MetricValue]) -> Series:
    """The interval is drawn as far as it goes on its longer side: it is not always even."""
    errors = [_reach(one) for one in metrics]
    names = [one.name for one in metrics]
    x = Axis(label="metric", values=[float(place) for place in range(len(metrics))], names=names)
    line = Axis(label="value", values=[one.value for one in metrics], mark="bars", errors=errors)
    return Series(title="Values with their intervals", x=x, lines=[line])


def _reach(one: MetricValue) -> float | None:
    if one.value is None or one.low is None or one.high is None:
        return None
    return max(one.value - one.low, one.high - one.value)


def _confusion(one: MetricValue) -> Grid:
    assert one.confusion is not None
    labels = one.confusion.labels
    places = [float(place) for place in range(len(labels))]
    return Grid(
        title=f"Confusion by {one.name}",
        x=Axis(label="answered", values=places, names=labels),
        y=Axis(label="expected", values=places, names=labels),
        label="cases",
        cells=[[float(count) for count in row] for row in one.confusion.counts],
    )


def _by_tags(result: Evaluation) -> list[View]:
    rows: list[list[str | float]] = [
        [one.tag, one.name, one.value, "" if one.low is None else f"{one.low:.4g} to {one.high or 0:.4g}", one.cases]
        for one in result.tags
    ]
    columns = ["tag", "metric", "value", "95 % interval", "cases"]
    return [Table(title="By tag", columns=columns, rows=rows)] if rows else []


def draw_evaluations(_request: Model, result: EvaluationList) -> list[View]:
    """One row an evaluation."""
    rows: list[list[str | float]] = [
        [
            one.id,
            one.name,
            one.target,
            one.state,
            one.counts.cases,
            "; ".join(f"{metric.name} {value_words(metric)}" for metric in one.metrics[:3]),
            moment(one.created),
        ]
        for one in result.evaluations
    ]
    count = len(rows)
    told = "There are no evaluations." if not rows else f"{count} evaluation{'s' * (count != 1)}, the newest first."
    columns = ["id", "name", "target", "state", "cases", "metrics", "created (UTC)"]
    return [Text(text=told), *([Table(title="Evaluations", columns=columns, rows=rows)] if rows else [])]


def draw_answers(_request: Model, result: AnswerPage) -> list[View]:
    """One row a case."""
    return [_answers("Answers", result.answers)] if result.answers else [Text(text="There are no such answers.")]


def _answers(title: str, answers: Sequence[Answer]) -> Table:
    names = list(answers[0].scores) if answers else []
    rows: list[list[str | float]] = []
    for one in answers:
        asked = one.input if isinstance(one.input, str) else one.input[-1].content
        scores: list[str | float] = ["" if (score := one.scores.get(name)) is None else score for name in names]
        said = one.answer or one.problem or ""
        wanted = "" if one.expected is None else written(one.expected)
        rows.append([one.number, one.outcome, *(cut(text, CELL) for text in (asked, wanted, said)), *scores])
    return Table(title=title, columns=["case", "outcome", "asked", "expected", "answered", *names], rows=rows)


def draw_comparison(_request: Model, result: EvaluationComparison) -> list[View]:
    """What is told apart, in words; the differences with their intervals."""
    words = [f"{one.candidate}, {one.metric}: {one.why}." for one in result.differences]
    words += [f"Left out: {one}." for one in result.left_out]
    if result.comparisons > 1:
        words.append(f"p-values are corrected for {result.comparisons} comparisons by Holm.")
    rows: list[list[str | float]] = [
        [
            one.candidate,
            one.metric,
            _cell(one.candidate_value),
            _cell(one.baseline_value),
            _cell(one.difference),
            "" if one.low is None or one.high is None else f"{one.low:.4g} to {one.high:.4g}",
            one.pairs,
            _cell(one.p_corrected),
            one.verdict,
            one.test,
        ]
        for one in result.differences
    ]
    columns = [
        "candidate",
        "metric",
        "its value",
        "baseline's",
        "difference",
        "interval",
        "pairs",
        "p",
        "verdict",
        "test",
    ]
    table: list[View] = [Table(title="Differences", columns=columns, rows=rows)] if rows else []
    return [Text(text="\n\n".join(map(plain, words)) or "Nothing could be compared."), *table]


def _cell(value: float | None) -> str | float:
    return "" if value is None else value


def draw_gate(_request: Model, result: Gate) -> list[View]:
    """The reason, in words."""
    return [Text(text=plain(result.reason))]


def draw_scores(_request: Model, result: Scores) -> list[View]:
    """The figures, and each answer's scores."""
    told = "; ".join(f"{one.name} {value_words(one)}" for one in result.metrics)
    return [Text(text=f"{plain(told)}."), *draw_metrics(result.metrics), _answers("Answers", result.answers)]


def draw_report(request: Model, result: EvaluationReport) -> list[View]:
    """The evaluation, then its worst cases."""
    words = Text(text=f"The report is the blob {result.report.id}. To repeat it: {plain(result.command)}")
    worst: list[View] = [_answers("Cases, the worst first", result.worst)] if result.worst else []
    first, *rest = draw_evaluation(request, result.evaluation)
    return [first, words, *rest, *worst]
