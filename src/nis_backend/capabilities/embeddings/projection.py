"""What a map of texts takes and gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from nis_backend.annotations import Names, Reads
from nis_backend.capabilities.embeddings.texts import TRUNCATED, WHICH_MODEL, ModelName, SomeText
from nis_backend.operation import Model

FEWEST_PROJECTED, MOST_PROJECTED, MOST_GROUPS = 3, 1000, 12
"""Vectors of one picture; groups that have colours of their own."""

NEIGHBOURS = 10
"""Nearest neighbours that trust is measured over, or fewer where there are few vectors."""

PRINCIPAL = (
    "principal components (Pearson 1901) of the vectors at length 1, less their mean, by singular values; the sign of"
    " each is that which makes its largest loading positive"
)
TRUST = (
    "1 - 2 / (n k (2n - 3k - 1)) × the sum, over each point and those of its k nearest in the picture that are not"
    " among its k nearest in full, of how far down they rank there less k (Venna & Kaski 2001): 1 when every neighbour"
    " in the picture is a true one, near 0.5 when they are as good as chance"
)


class VectorProjectionRequest(Model):
    """Vectors to lay out in a plane."""

    vectors: list[list[float]] = Field(
        min_length=FEWEST_PROJECTED,
        max_length=MOST_PROJECTED,
        description="All of one model and so of one length; any scale.",
    )


class Projection(Model):
    """A place in a plane for each vector. The same vectors always give the same: nothing in it is random."""

    points: list[tuple[float, float]] = Field(description="Along the first and the second component.")
    explained: list[float] | None = Field(
        description="Share of the variance along each of the two; null when all vectors are one."
    )
    trust: float | None = Field(description="Whether neighbours in the picture are neighbours; null below 5 vectors.")
    neighbours: int | None = Field(description="The k in it.")
    method: str
    formula: str = Field(description="What trust is.")


class ProjectionRequest(Model):
    """Texts to lay out in a plane by what they mean."""

    texts: Annotated[list[SomeText], Reads("quotes"), Names("sentences", "words", "lines")] = Field(
        min_length=FEWEST_PROJECTED, max_length=MOST_PROJECTED, description="The texts."
    )
    groups: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] | None = Field(
        default=None, max_length=MOST_PROJECTED, description="A group for each text, which gives it its colour."
    )
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class Place(Model):
    """A text's place in the plane."""

    text: str
    x: float
    y: float
    group: str | None


class TextMap(Model):
    """The texts in a plane, near in meaning mostly near there: how much of it can be told from a plane is stated."""

    model: str = Field(description="The model's id, provider:name.")
    places: list[Place]
    explained: list[float] | None = Field(
        description="Share of the variance along x and along y; null when all texts are one."
    )
    trust: float | None = Field(description="Whether neighbours in the picture are neighbours; null below 5 texts.")
    neighbours: int | None = Field(description="The k in it.")
    method: str
    formula: str = Field(description="What trust is.")
    truncated: list[str] = Field(description=TRUNCATED)
