"""What finding texts that do not belong takes and gives, and how far from usual is called far, in plain Python."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Names, Reads
from nis_backend.capabilities.embeddings.nearest import MOST_VECTORS
from nis_backend.capabilities.embeddings.texts import TRUNCATED, WHICH_MODEL, ModelName, SomeText
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST, MOST_UNUSUAL = 4, 50
"""Texts of which one can be said to be unusual; how many are answered."""

MOST_NEIGHBOURS = 48
"""Of each text, so that those of all texts are no more than `search_vectors` answers."""

USUAL = 5
"""Neighbours that a text is held against where nothing else is asked for."""

FAR = 3.5
"""Modified z-score beyond which Iglewicz and Hoaglin label an outlier (1993, p. 12)."""

OUTLIER = (
    "score: mean cosine distance (1 - cosine) to the `neighbours` nearest other texts (Angiulli & Pizzuti 2002);"
    " deviation: 0.6745 (score - median) / median absolute deviation (Iglewicz & Hoaglin 1993), or (score - median) /"
    " (1.2533 mean absolute deviation) where that is 0; an outlier when the deviation is above `threshold`"
)
OF_MEDIAN, OF_MEAN = 0.6745, 1.2533
"""Of a normal distribution: its median absolute deviation in standard deviations, and a standard deviation in mean
absolute ones."""


class OutliersRequest(Model):
    """Texts, most of which are about one thing or a few."""

    texts: Annotated[list[SomeText], Reads("quotes"), Names("sentences", "lines", "entries", "words")] = Field(
        min_length=FEWEST, max_length=MOST_VECTORS, description="The texts."
    )
    neighbours: int | None = Field(
        default=None,
        ge=1,
        le=MOST_NEIGHBOURS,
        description="Nearest others that a text is held against, at most as many as there are; unset takes 5, or half"
        " of the others where they are fewer than 10.",
    )
    threshold: float = Field(default=FAR, gt=0, le=100, description="Deviation above which a text is an outlier.")
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class Unusual(Model):
    """A text, and how far it is from the others."""

    index: int = Field(description="Its place in `texts`; 0 is the first.")
    text: str
    score: float = Field(description="Mean cosine distance to its nearest others.")
    deviation: float | None = Field(description="How unusual that is among these texts; null when all are alike.")
    outlier: bool


class Outliers(Model):
    """The least usual texts first, and which of them are outliers; there may be none. Nothing in it is random."""

    model: str = Field(description="The model's id, provider:name.")
    outliers: list[int] = Field(description="Places of the outliers, the farthest first; 0 is the first text.")
    unusual: list[Unusual] = Field(description="The 50 least usual texts, outliers or not.")
    neighbours: int = Field(description="How many others each was held against.")
    median: float = Field(description="The median score.")
    threshold: float
    formula: str = Field(description="What a score, a deviation and an outlier are.")
    truncated: list[str] = Field(description=TRUNCATED)


def held_against(request: OutliersRequest) -> int:
    """How many of the nearest others each text is held against: with all of them, a stranger would count for each."""
    others = len(request.texts) - 1
    return min(USUAL, max(1, others // 2)) if request.neighbours is None else min(request.neighbours, others)


def deviations(scores: Sequence[float]) -> list[float | None]:
    """How far each score is from the median, in robust standard deviations; None for all when they are one."""
    middle = statistics.median(scores)
    away = [abs(score - middle) for score in scores]
    spread = statistics.median(away)
    scale = spread / OF_MEDIAN if spread > 0 else OF_MEAN * statistics.fmean(away)
    # Scores are rounded to six decimals: what is left below that is not a spread.
    if scale < 1e-9:  # noqa: PLR2004 - as the comment says
        return [None] * len(scores)
    return [round((score - middle) / scale, 4) for score in scores]
