"""What embedding takes and gives, and how other operations of this capability come by their vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob
from nis_backend.drivers.embeddings.base import Purpose
from nis_backend.operation import Model

MOST_TEXTS, LONGEST_TEXT = 2048, 32_768
"""Texts of one call; characters of each."""

SomeText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=512)]

WHICH_MODEL = "As provider:name; unset takes the default."
TRUNCATED = "Texts longer than the model reads, as texts.3 (0 is the first): only their beginnings counted."


class EmbeddingRequest(Model):
    """Texts to turn into vectors."""

    texts: list[SomeText] = Field(min_length=1, max_length=MOST_TEXTS, description="The texts, each by itself.")
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)
    purpose: Annotated[Purpose | None, Knob()] = Field(
        default=None,
        description="What they are to a model that reads both in different ways: a query, or a passage to be found.",
    )


class Embeddings(Model):
    """A vector for each text, in their order. Vectors of different models cannot be compared."""

    model: str = Field(description="The model's id, provider:name.")
    version: str | None = Field(description="The hash of the model's files; null where a server does not state it.")
    dimensions: int = Field(description="Numbers in a vector.")
    vectors: list[list[float]] = Field(description="Each of length 1, so that a dot product is a cosine.")
    input_tokens: int | None = Field(description="Tokens that were read in all; null when the provider states none.")
    max_tokens: int | None = Field(description="Tokens of a text that the model reads; null when not stated.")
    truncated: list[int] = Field(
        description="Which texts (0 is the first) were longer than that: their vectors are those of their beginnings."
    )


@dataclass(frozen=True, kw_only=True)
class Read:
    """Several lists of texts, embedded together."""

    model: str
    vectors: dict[str, list[list[float]]]
    truncated: list[str]
