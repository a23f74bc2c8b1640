"""Answers of classifiers and what they are, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Grid, Series, Table, Text, View, verbatim

if TYPE_CHECKING:
    from nis_backend.capabilities.training.classified import (
        Answer,
        ApplyModel,
        Classified,
        ClassifierCard,
        OneClassifier,
    )

SHOWN = 20
"""Bars of a drawing."""
SUREST = 0.999
CUT = 80
"""Characters of an input that are shown."""


def draw_answers(request: ApplyModel, found: Classified) -> list[View]:
    """The answer in words and its probabilities as bars; of several inputs, a table."""
    if len(found.answers) > 1:
        return [Text(text=_several(found)), _table(request, found)]
    (answer,) = found.answers
    drawn: list[View] = [Text(text="\n\n".join(part for part in (_words(answer, found), *_warnings(found)) if part))]
    if answer.chances:
        shown = answer.chances[:SHOWN]
        labels = [one.label for one in shown]
        axis = Axis(label="label", values=list(range(len(labels))), names=labels)
        bars = Axis(label="probability", values=[one.probability for one in shown], mark="bars")
        drawn.append(Series(title="Probabilities", x=axis, lines=[bars]))
    if answer.weighs:
        rows: list[list[str | float]] = [[one.name, one.value, round(one.push, 4)] for one in answer.weighs]
        drawn.append(Table(title="What weighed most", columns=["what", "value", "push"], rows=rows))
    return drawn


def _words(answer: Answer, found: Classified) -> str:
    if answer.number is not None:
        low, high = (format_number(one) for one in (answer.low or 0.0, answer.high or 0.0))
        return f"**{format_number(answer.number)}**; nine of ten such numbers lie between {low} and {high}."
    best = answer.chances[0]
    if answer.label is None:
        return f"No label is sure enough: the likeliest, {verbatim(best.label)}, has {_percent(best.probability)}."
    return f"{verbatim(answer.label)} by {found.name}, with {_percent(answer.probability or 0)} probability."


def _percent(chance: float) -> str:
    """Never 100 %, where it is not quite."""
    return "more than 99.9 %" if chance > SUREST else f"{100 * chance:.1f} %"


def _warnings(found: Classified) -> list[str]:
    strange = [] if len(found.answers) > 1 else found.answers[0].strange
    told = [f"Unlike what it has learnt from: {verbatim('; '.join(strange))}"] if strange else []
    return [*([found.drift] if found.drift else []), *told]


def _several(found: Classified) -> str:
    unsure = sum(answer.label is None and answer.number is None for answer in found.answers)
    said = f"{len(found.answers)} answers by {found.name}."
    return " ".join([said, *([f"{unsure} are not sure enough for a label."] if unsure else []), *_warnings(found)])


def _table(request: ApplyModel, found: Classified) -> Table:
    inputs = request.texts or [one.name for one in request.images or ()] or [_row(one) for one in request.rows or ()]
    rows: list[list[str | float]] = [
        [str(said)[:CUT], *_cells(answer), "; ".join(answer.strange)[:CUT]]
        for said, answer in zip(inputs, found.answers, strict=True)
    ]
    columns = ["number", "low", "high"] if found.task == "regression" else ["label", "probability", "next"]
    return Table(title="Answers", columns=["input", *columns, "unlike"], rows=rows)


def _cells(answer: Answer) -> list[str | float]:
    if answer.number is not None:
        return [answer.number, answer.low or 0.0, answer.high or 0.0]
    then = answer.chances[1].label if len(answer.chances) > 1 else ""
    return [answer.label or "not sure", round(answer.probability or 0, 4), then]


def _row(row: dict[str, str | bool | float | None]) -> str:
    return ", ".join(f"{name}: {cell}" for name, cell in list(row.items())[:8])


def draw_card(_request: OneClassifier, card: ClassifierCard) -> list[View]:
    """Measures beside the floor's, candidates, and which labels are mixed up."""
    first = card.measured[0]
    floor = "" if first.floor is None else f" against {format_number(first.floor)} of its floor"
    said = (
        f"{card.name}: {card.chosen}. {first.name} {format_number(first.value)} "
        f"({format_number(first.low)} to {format_number(first.high)}, 95 %) on {card.rows} rows{floor}."
    )
    measures: list[list[str | float]] = [
        [one.name, one.value, one.low, one.high, "" if one.floor is None else one.floor] for one in card.measured
    ]
    drawn: list[View] = [
        Text(text=" ".join([said, *map(verbatim, card.notes)])),
        Table(title="Measured on the test", columns=["measure", "value", "low", "high", "floor"], rows=measures),
        Table(
            title=f"Candidates, judged by {card.judged}",
            columns=["candidate", "loss"],
            rows=[[one.words, round(one.loss, 5)] for one in card.candidates],
        ),
    ]
    if card.confusion:
        drawn.append(_confusion(card))
    if card.mistaken:
        wrong: list[list[str | float]] = [[one.label, one.answer, one.rows] for one in card.mistaken]
        drawn.append(Table(title="Labels taken for others", columns=["label", "answer", "rows"], rows=wrong))
    if card.weighs:
        heavy: list[list[str | float]] = [[one.name, round(one.push, 5)] for one in card.weighs[:SHOWN]]
        drawn.append(Table(title="Columns that weigh most", columns=["column", "rise of the loss"], rows=heavy))
    if card.heaviest:
        words: list[list[str | float]] = [[label, ", ".join(some)] for label, some in card.heaviest.items()]
        drawn.append(Table(title="Words that speak for a label", columns=["label", "words"], rows=words))
    return drawn


def _confusion(card: ClassifierCard) -> Grid:
    places = [float(place) for place in range(len(card.labels))]
    return Grid(
        title="Labels and answers",
        x=Axis(label="answer", values=places, names=card.labels),
        y=Axis(label="label", values=places, names=card.labels),
        label="rows",
        cells=[[float(count) for count in row] for row in card.confusion],
    )
