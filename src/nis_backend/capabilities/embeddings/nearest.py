"""What searching among vectors takes and gives, and what is a duplicate among them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Names, Reads
from nis_backend.capabilities.embeddings.texts import TRUNCATED, WHICH_MODEL, ModelName, SomeText
from nis_backend.operation import Model

MOST_VECTORS, MOST_QUERIES, MOST_PAIRS = 2048, 2048, 100_000
"""Vectors of one call, queries of one, and neighbours that are answered in all."""

COSINE_OF_VECTORS = "cosine of the angle between two vectors: 1 the same direction, 0 at right angles, -1 opposite"
LEADER = (
    "in the order given, a text is a duplicate when the cosine of its vector with that of a kept one before it reaches"
    " `threshold`; it counts to the nearest of those, so no two that are kept reach it"
)
SAME = 0.95
"""A cosine from which short English sentences say the same in other words, or nearly: set by what the default model
gives for pairs in tests/capabilities/embeddings/test_sorting.py."""

THRESHOLD = "Cosine from which two are duplicates: 1 keeps all but the same, less also takes what nearly says the same."


class VectorSearch(Model):
    """Vectors to look through, and those to look for."""

    vectors: list[list[float]] = Field(
        min_length=1, max_length=MOST_VECTORS, description="All of one model and so of one length; any scale."
    )
    queries: list[list[float]] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_QUERIES,
        description="What to look for, each by itself; unset finds each vector's neighbours among the others.",
    )
    limit: int = Field(default=10, ge=1, le=100, description="Most neighbours of each.")
    least: float = Field(default=-1.0, ge=-1, le=1, description="Cosine below which none is answered.")


class Neighbour(Model):
    """One that is near, by its place in `vectors`; 0 is the first."""

    index: int
    similarity: float


class Neighbours(Model):
    """For each query the nearest vectors, nearest first; of equal ones the earlier. Exact: every one is looked at."""

    formula: str = Field(description="What a similarity is.")
    neighbours: list[list[Neighbour]]


class VectorDuplicatesRequest(Model):
    """Vectors among which to find duplicates."""

    vectors: list[list[float]] = Field(
        min_length=1, max_length=MOST_VECTORS, description="All of one model and so of one length; any scale."
    )
    threshold: float = Field(default=SAME, gt=0, le=1, description=THRESHOLD)


class VectorDuplicates(Model):
    """Which vectors to keep, and what each other one is a duplicate of."""

    kept: list[int] = Field(description="Places of those that are no duplicates; 0 is the first.")
    of: list[int | None] = Field(description="For each vector the kept one that it is a duplicate of; null when kept.")
    similarities: list[float | None] = Field(description="For each duplicate its cosine with that one.")
    formula: str = Field(description="What a duplicate is.")


class DuplicatesRequest(Model):
    """Texts among which to find those that say the same."""

    texts: Annotated[list[SomeText], Reads("quotes"), Names("sentences", "lines", "entries")] = Field(
        min_length=1, max_length=MOST_VECTORS, description="The texts; the earlier of two is kept."
    )
    threshold: float = Field(default=SAME, gt=0, le=1, description=THRESHOLD)
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class Duplicate(Model):
    """A text that says what an earlier one does."""

    index: int = Field(description="Its place in `texts`; 0 is the first.")
    text: str
    of: int = Field(description="The place of the one that is kept.")
    similarity: float = Field(description="Cosine of the two.")


class Deduplicated(Model):
    """The texts without those that say the same. The same texts always give the same: nothing in it is random."""

    model: str = Field(description="The model's id, provider:name.")
    kept: list[int] = Field(description="Places of the texts that are no duplicates, in their order; 0 is the first.")
    texts: list[str] = Field(description="Those texts.")
    duplicates: list[Duplicate]
    threshold: float
    formula: str = Field(description="What a duplicate is.")
    truncated: list[str] = Field(description=TRUNCATED)
