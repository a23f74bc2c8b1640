"""What a training on texts with labels can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.operation import Model

Way = Literal["words", "characters", "meaning"]


class Settings(Model):
    """A classifier of texts."""

    candidates: list[Way] = Field(
        default=["words", "characters", "meaning"],
        min_length=1,
        max_length=3,
        description="words: weights of words and pairs of words. characters: those, and runs of two to five characters "
        "within words. meaning: vectors of an embedding model. The best on rows held out is kept.",
    )
    terms: int = Field(
        default=50_000, ge=100, le=200_000, description="Words and pairs, and as many runs of characters, at most."
    )
    embedder: str = Field(
        default="embedded:minilm-l6-v2-int8",
        max_length=200,
        description="The embedding model of meaning, as provider:name. Another provider than those in the box is sent "
        "every text of the dataset.",
    )
    even: bool = Field(
        default=True,
        description="Whether rare labels are weighed up when one is chosen, where the most frequent one has three "
        "times the rows of the rarest. Probabilities stay as they are.",
    )
