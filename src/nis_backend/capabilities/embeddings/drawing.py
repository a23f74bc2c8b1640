"""What texts that were sorted, or laid out in a plane, look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.embeddings.views import LABEL, MOST_COLUMNS, MOST_ROWS, said_of_cut
from nis_backend.errors import shorten
from nis_backend.view import CELL, Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.embeddings.labels import Labels, LabelsRequest
    from nis_backend.capabilities.embeddings.nearest import Deduplicated, DuplicatesRequest
    from nis_backend.capabilities.embeddings.outliers import Outliers, OutliersRequest
    from nis_backend.capabilities.embeddings.projection import ProjectionRequest, TextMap
    from nis_backend.view import View


def draw_duplicates(request: DuplicatesRequest, result: Deduplicated) -> list[View]:
    """What is kept, and what each of the others says again."""
    many = "Nothing is there twice" if not result.duplicates else _count(len(result.duplicates), "duplicate")
    rows: list[list[str | float]] = [
        [round(one.similarity, 3), shorten(one.text, CELL), shorten(request.texts[one.of], CELL)]
        for one in result.duplicates[:MOST_ROWS]
    ]
    kept: list[list[str | float]] = [
        [index, shorten(text, CELL)] for index, text in zip(result.kept, result.texts, strict=True)
    ]
    words = f"{many}: {len(result.kept)} of {_count(len(request.texts), 'text')} are kept, by {result.model}."
    return [
        Text(text=words + said_of_cut(result.truncated)),
        *([Table(title="Duplicates", columns=["similarity", "text", "says the same as"], rows=rows)] if rows else []),
        Table(title="Kept", columns=["place", "text"], rows=kept[:MOST_ROWS]),
        Text(text=f"A duplicate: {result.formula}."),
    ]


def draw_outliers(request: OutliersRequest, result: Outliers) -> list[View]:
    """The outliers in words, and the least usual texts."""
    rows: list[list[str | float]] = [
        [
            round(one.score, 3),
            "" if one.deviation is None else round(one.deviation, 2),
            "yes" if one.outlier else "no",
            shorten(one.text, CELL),
        ]
        for one in result.unusual
    ]
    first = result.unusual[0]
    if result.outliers:
        named = "; ".join(f"“{shorten(request.texts[index], LABEL * 3)}”" for index in result.outliers[:5])
        words = f"{_count(len(result.outliers), 'outlier')} among {len(request.texts)} texts: {named}."
    elif first.deviation is None:
        words = f"No outlier: all {len(request.texts)} texts are equally near to their neighbours."
    else:
        words = (
            f"No outlier among {len(request.texts)} texts. The least usual is “{shorten(first.text, LABEL * 3)}”, at a"
            f" deviation of {first.deviation:.2f}; an outlier is above {result.threshold:g}."
        )
    return [
        Text(text=words + said_of_cut(result.truncated)),
        Table(title="The least usual", columns=["score", "deviation", "outlier", "text"], rows=rows),
        Text(text=f"{result.formula[0].upper()}{result.formula[1:]}."),
    ]


def draw_labels(request: LabelsRequest, result: Labels) -> list[View]:
    """Each text's label with its score and margin, and every label's score."""
    rows: list[list[str | float]] = [
        [one.label or f"none (nearest: {one.best})", round(one.score, 3), round(one.margin, 3), shorten(one.text, CELL)]
        for one in result.texts[:MOST_ROWS]
    ]
    every: list[list[str | float]] = [
        [shorten(one.text, CELL), *(round(score, 3) for score in one.scores[:MOST_COLUMNS])]
        for one in result.texts[:MOST_ROWS]
    ]
    first = result.texts[0]
    if len(result.texts) == 1:
        of_it = first.label or f"No label; the nearest is {first.best}"
        words = f"{of_it}: score {first.score:.3f}, {first.margin:.3f} ahead of the second of {len(result.labels)}."
    else:
        counts = [(label, sum(one.label == label for one in result.texts)) for label in result.labels]
        none = sum(one.label is None for one in result.texts)
        told = [*(f"{label} {count}" for label, count in counts if count), *([f"no label {none}"] if none else [])]
        words = f"{len(result.texts)} texts: {', '.join(told)}."
    labels = [shorten(label, LABEL) for label in request.labels[:MOST_COLUMNS]]
    return [
        Text(text=words + said_of_cut(result.truncated)),
        Table(title="Labels", columns=["label", "score", "margin", "text"], rows=rows),
        Table(title="Every score", columns=["", *labels], rows=every),
        Text(text=f"Score: {result.formula}."),
    ]


def draw_map(request: ProjectionRequest, result: TextMap) -> list[View]:
    """The plane, a colour for each group, and where each text is."""
    groups = list(dict.fromkeys(one.group or "texts" for one in result.places))
    shares = result.explained or [0.0, 0.0]
    lines = [
        Axis(
            label=group,
            values=[one.y if (one.group or "texts") == group else None for one in result.places],
            mark="points",
        )
        for group in groups
    ]
    rows: list[list[str | float]] = [
        [shorten(one.text, CELL), one.group or "", round(one.x, 3), round(one.y, 3)] for one in result.places
    ]
    if result.explained is None:
        words = f"All {len(request.texts)} texts are at one place: their vectors are the same."
    else:
        words = f"{len(request.texts)} texts in a plane that shows {sum(shares):.0%} of how their vectors vary"
        words += "." if result.trust is None else f"; trust in its neighbours {result.trust:.2f} of 1."
    return [
        Text(text=words + said_of_cut(result.truncated)),
        Series(
            title="The texts by meaning",
            x=Axis(label=f"first component, {shares[0]:.0%} of the variance", values=[one.x for one in result.places]),
            y=f"second component, {shares[1]:.0%}",
            lines=lines,
            equal=True,
        ),
        Table(title="Where each is", columns=["text", "group", "x", "y"], rows=rows[:MOST_ROWS]),
        Text(text=f"Method: {result.method}. Trust: {result.formula}."),
    ]


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
