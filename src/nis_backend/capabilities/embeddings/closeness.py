"""How close texts are: what comparing and searching take and give, and the cosines, in plain Python.

A dot product of 384 numbers takes some 10 µs, so the bounds below keep each call within a second; arrays would cost the
serving process numpy.
"""

from __future__ import annotations

from heapq import nsmallest
from operator import mul
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Names, Reads
from nis_backend.capabilities.embeddings.texts import TRUNCATED, WHICH_MODEL, ModelName, SomeText
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    Vectors = Sequence[Sequence[float]]

MOST_COMPARED, MOST_SEARCHED, MOST_PAIRS = 100, 1000, 10

COSINE = "cosine of the angle between the two texts' vectors: 1 the same direction, 0 unrelated, -1 opposite"
DECIMALS = 6


class ComparisonRequest(Model):
    """Texts to compare with each other, or with others."""

    texts: Annotated[
        list[SomeText], Reads("quotes"), Names("sentences", "phrases", "statements", "lines", "sentence")
    ] = Field(min_length=1, max_length=MOST_COMPARED, description="The rows of the matrix.")
    others: list[SomeText] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_COMPARED,
        description="Its columns; unset compares the texts with each other.",
    )
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class ClosePair(Model):
    """Two texts by their places (0 is the first), and how close they are."""

    text: int
    other: int = Field(description="Its place in `others`, or in `texts` when there are none.")
    similarity: float


class Comparison(Model):
    """How close each text is to each other one."""

    model: str = Field(description="The model's id, provider:name.")
    formula: str = Field(description="What a similarity is.")
    matrix: list[list[float]] = Field(description="A row for each of `texts`, a column for each of `others`.")
    closest: list[ClosePair] = Field(description="The ten closest pairs of different texts, closest first.")
    truncated: list[str] = Field(description=TRUNCATED)


class SearchRequest(Model):
    """What to look for, and where."""

    query: SomeText = Field(description="What to look for, in words or as an example of it.")
    texts: list[SomeText] = Field(min_length=1, max_length=MOST_SEARCHED, description="The texts to look through.")
    limit: int = Field(default=10, ge=1, le=100, description="Most matches to answer.")
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class Match(Model):
    """A text that was found."""

    index: int = Field(description="Its place in `texts`; 0 is the first.")
    score: float
    text: str


class Matches(Model):
    """The texts closest in meaning to the query, closest first. There is always a closest one: its score may be low."""

    model: str = Field(description="The model's id, provider:name.")
    formula: str = Field(description="What a score is.")
    matches: list[Match]
    truncated: list[str] = Field(description=TRUNCATED)


def cosines(rows: Vectors, columns: Vectors) -> list[list[float]]:
    """The matrix of cosines of vectors that have length 1."""
    same = rows is columns
    matrix: list[list[float]] = []
    for number, row in enumerate(rows):
        known = [above[number] for above in matrix] if same else []
        matrix.append([*known, *(_cosine(row, column) for column in columns[len(known) :])])
    return matrix


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return max(-1.0, min(1.0, round(sum(map(mul, one, other)), DECIMALS) + 0.0))


def closest_pairs(matrix: list[list[float]], *, among_themselves: bool) -> list[ClosePair]:
    """The closest pairs; of a symmetric matrix, what is above its diagonal."""
    pairs = (
        ClosePair(text=row, other=column, similarity=value)
        for row, values in enumerate(matrix)
        for column, value in enumerate(values)
        if not among_themselves or column > row
    )
    return nsmallest(MOST_PAIRS, pairs, key=lambda pair: (-pair.similarity, pair.text, pair.other))


def best_matches(query: Sequence[float], vectors: Vectors, texts: Sequence[str], limit: int) -> list[Match]:
    """The texts closest to the query; of equal ones the earlier."""
    (scores,) = cosines([query], vectors)
    order = nsmallest(limit, range(len(texts)), key=lambda index: (-scores[index], index))
    return [Match(index=index, score=scores[index], text=texts[index]) for index in order]
