"""An evaluation as a report that somebody reads: figures with intervals, failures first, how to repeat it."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.evaluations.cases import Case
from nis_backend.capabilities.evaluations.evaluation import Answer, Evaluation, MetricValue, OneEvaluation
from nis_backend.capabilities.evaluations.filling import turns
from nis_backend.operation import Model
from nis_backend.view import moment, plain, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 600
"""Characters of an input, an answer and what was expected."""


class ReportEvaluation(OneEvaluation):
    """Which evaluation, and how its report is written."""

    format: Literal["markdown", "html"] = Field(default="markdown", description="What the report is written in.")
    examples: int = Field(default=20, ge=0, le=500, description="Cases that are shown, the worst first.")


class EvaluationReport(Model):
    """A report, and what it is of."""

    evaluation: Evaluation
    worst: list[Answer] = Field(description="The cases that it shows: refusals, failures and low scores first.")
    report: Blob = Field(description="The report as a file.")
    command: str = Field(description="What repeats the evaluation.")


def ranked(answers: Sequence[Answer], metrics: Sequence[MetricValue], most: int) -> list[Answer]:
    """The worst first: no answer, a refusal, then by the first metric that tells right from wrong."""
    first = next(
        (one for one in metrics if one.kind not in ("latency", "tokens", "cost") and one.value is not None), None
    )
    sign = -1 if first is not None and first.better == "lower" else 1

    def place(one: Answer) -> tuple[int, float, int]:
        kind = {"failed": 0, "refused": 1, "answered": 2, "unasked": 3}[one.outcome]
        score = None if first is None else one.scores.get(first.name)
        return kind, float("inf") if score is None else sign * score, one.number

    return sorted(answers, key=place)[:most]


def command_of(request: dict[str, object]) -> str:
    """The command line that evaluates the same again."""
    return f"nis call evaluations.create_evaluation --input - <<'END'\n{json.dumps(request, ensure_ascii=False)}\nEND"


def value_words(one: MetricValue) -> str:
    """A metric's value with its interval, in words."""
    if one.value is None:
        return f"none: {one.unavailable}"
    unit = f" {one.unit}" if one.unit else ""
    if one.low is None or one.high is None:
        return f"{one.value:.4g}{unit}, no interval: {one.interval}"
    return f"{one.value:.4g}{unit} ({one.low:.4g} to {one.high:.4g})"


def counts_words(evaluation: Evaluation) -> str:
    """What became of the cases."""
    counts = evaluation.counts
    parts = [f"{counts.answered} of {counts.cases} cases answered"]
    parts += [
        f"{number} {what}"
        for number, what in (
            (counts.refused, "refused"),
            (counts.failed, "failed"),
            (counts.unasked, "not asked"),
            (counts.repeated, "repeated and left out"),
        )
        if number
    ]
    return ", ".join(parts)


def markdown(evaluation: Evaluation, worst: Sequence[Answer], command: str) -> str:
    """The report as Markdown: words of others are shown as they are, and nothing of them is markup."""
    lines = [
        f"# Evaluation {evaluation.id}",
        "",
        f"{plain(evaluation.name)}" if evaluation.name else "",
        "",
        f"Target: {verbatim(evaluation.target)}. {counts_words(evaluation)}. {moment(evaluation.updated)} UTC.",
        "",
        *([f"**{evaluation.state}**: {plain(evaluation.reason)}", ""] if evaluation.reason else []),
        *(["The model that answered is a demonstration model.", ""] if evaluation.demonstration else []),
        "## Metrics",
        "",
        "| metric | value | 95 % interval | cases | interval by |",
        "|---|---|---|---|---|",
    ]
    for one in evaluation.metrics:
        value = f"none: {plain(one.unavailable or '')}" if one.value is None else f"{one.value:.6g} {one.unit}".strip()
        spread = "" if one.low is None or one.high is None else f"{one.low:.4g} to {one.high:.4g}"
        lines.append(f"| {one.name} | {value} | {spread} | {one.cases} | {one.interval} |")
    lines.append("")
    for one in evaluation.metrics:
        judge = f" The judge: {verbatim(one.judge)}." if one.judge else ""
        lines.append(f"- {one.name}: {plain(one.formula)}.{judge}")
        lines += [f"  - {name} = {value:.6g}: {plain(one.about.get(name, ''))}" for name, value in one.more.items()]
        lines += [f"  - {plain(told)}" for name, told in one.about.items() if name not in one.more]
    for one in evaluation.metrics:
        if one.confusion is not None:
            lines += ["", f"## Confusion by {one.name}", "", "Rows are expected, columns are answered.", ""]
            labels = [plain(label) for label in one.confusion.labels]
            lines += [f"| | {' | '.join(labels)} |", f"|---|{'---|' * len(labels)}"]
            lines += [
                f"| {label} | {' | '.join(map(str, row))} |"
                for label, row in zip(labels, one.confusion.counts, strict=True)
            ]
    if worst:
        lines += ["", "## Cases, the worst first"]
    for one in worst:
        lines += ["", f"### Case {one.number}: {one.outcome}", "", *_case_lines(one)]
    lines += ["", "## To repeat it", "", verbatim(command, lines=True), ""]
    return "\n".join(lines)


def _case_lines(one: Answer) -> list[str]:
    asked = "\n".join(f"{turn.role}: {turn.content}" for turn in turns(Case(input=one.input)))
    told = [("Asked", asked)]
    if one.expected is not None:
        told.append(("Expected", one.expected if isinstance(one.expected, str) else json.dumps(one.expected)))
    told.append(("Answered", one.answer))
    if one.problem:
        told.append(("Problem", one.problem))
    lines: list[str] = []
    for name, text in told:
        lines += [f"{name}:", "", verbatim(cut(text), lines=True), ""]
    scores = ", ".join(f"{name} {'none' if score is None else f'{score:.4g}'}" for name, score in one.scores.items())
    return [*lines, f"Scores: {scores}.", *(f"- {name}: {plain(why)}" for name, why in one.why.items())]


def cut(text: str, most: int = SHOWN) -> str:
    """As much of a text as is shown."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:left}"
    "pre{background:#f4f4f4;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".bar{background:#dde;width:12rem;height:.9rem;position:relative}.bar i{position:absolute;height:.9rem}"
    ".span{background:#88a}.at{background:#114;width:2px}"
)


def page(evaluation: Evaluation, worst: Sequence[Answer], command: str) -> str:
    """The report as one page of HTML without scripts; a bar for each metric with bounds, and its interval on it."""
    e = html.escape
    rows = "".join(
        f"<tr><td>{e(one.name)}</td><td>{e(value_words(one))}</td><td>{_bar(one)}</td><td>{one.cases}</td>"
        f"<td>{e(one.formula)}</td></tr>"
        for one in evaluation.metrics
    )
    confusions = "".join(_confusion(one) for one in evaluation.metrics)
    cases = "".join(
        f"<h3>Case {one.number}: {one.outcome}</h3>"
        + "".join(f"<p>{e(name)}</p><pre>{e(cut(text))}</pre>" for name, text in _told(one))
        + f"<p>{e(', '.join(f'{name} {score}' for name, score in one.scores.items()))}</p>"
        for one in worst
    )
    reason = f"<p><b>{e(evaluation.state)}</b>: {e(evaluation.reason)}</p>" if evaluation.reason else ""
    title = e(f"Evaluation {evaluation.id}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{e(evaluation.name)}</p><p>Target: <code>{e(evaluation.target)}</code>. "
        f"{e(counts_words(evaluation))}. {moment(evaluation.updated)} UTC.</p>{reason}"
        f"<h2>Metrics</h2><table><tr><th>metric<th>value<th>interval<th>cases<th>formula</tr>{rows}</table>"
        f"{confusions}<h2>Cases, the worst first</h2>{cases}<h2>To repeat it</h2><pre>{e(command)}</pre></html>"
    )


def _told(one: Answer) -> list[tuple[str, str]]:
    asked = "\n".join(f"{turn.role}: {turn.content}" for turn in turns(Case(input=one.input)))
    expected = one.expected if isinstance(one.expected, str) else json.dumps(one.expected)
    parts = [("Asked", asked), ("Expected", expected), ("Answered", one.answer), ("Problem", one.problem or "")]
    return [(name, text) for name, text in parts if text and not (name == "Expected" and one.expected is None)]


def _bar(one: MetricValue) -> str:
    most = {"chrf": 100.0}.get(one.kind, 1.0)
    if one.unit or one.value is None or one.low is None or one.high is None:
        return ""
    low, high, at = (100 * part / most for part in (one.low, one.high, one.value))
    return (
        f'<div class="bar"><i class="span" style="left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"></i>'
        f'<i class="at" style="left:{at:.1f}%"></i></div>'
    )


def _confusion(one: MetricValue) -> str:
    if one.confusion is None:
        return ""
    e, labels = html.escape, one.confusion.labels
    head = "".join(f"<th>{e(label)}" for label in labels)
    rows = "".join(
        f"<tr><th>{e(label)}{''.join(f'<td>{count}' for count in row)}</tr>"
        for label, row in zip(labels, one.confusion.counts, strict=True)
    )
    return (
        f"<h2>Confusion by {e(one.name)}</h2><p>Rows are expected, columns are answered.</p>"
        f"<table><tr><th></th>{head}</tr>{rows}</table>"
    )
