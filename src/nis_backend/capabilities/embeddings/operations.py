"""Embeddings as operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context

MOST_TEXTS, LONGEST_TEXT = 2048, 32_768
"""Texts of one call; characters of each."""

SomeText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]


class EmbeddingRequest(Model):
    """Texts to turn into vectors."""

    texts: list[SomeText] = Field(min_length=1, max_length=MOST_TEXTS, description="The texts, each by itself.")
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name; unset takes the default."
    )


class Embeddings(Model):
    """A vector for each text, in their order. Vectors of different models cannot be compared."""

    model: str = Field(description="The model's id, provider:name.")
    dimensions: int = Field(description="Numbers in a vector.")
    vectors: list[list[float]] = Field(description="Each of length 1, so that a dot product is a cosine.")
    input_tokens: int | None = Field(description="Tokens that were read in all; null when the provider states none.")
    max_tokens: int | None = Field(description="Tokens of a text that the model reads; null when not stated.")
    truncated: list[int] = Field(
        description="Which texts (0 is the first) were longer than that: their vectors are those of their beginnings."
    )


def _draw(request: EmbeddingRequest, result: Embeddings) -> list[View]:
    count = len(result.vectors)
    cut = f" {len(result.truncated)} of them had more than {result.max_tokens} tokens and were cut." * bool(
        result.truncated
    )
    rows: list[list[str | float]] = [
        [index, text, *vector[:4]]
        for index, (text, vector) in enumerate(zip(request.texts[:20], result.vectors, strict=False))
    ]
    return [
        Text(text=f"{count} vectors of {result.dimensions} numbers each, by {result.model}.{cut}"),
        Table(title="How the vectors begin", columns=["", "text", "1", "2", "3", "4"], rows=rows),
    ]


@operation(
    "embeddings.embed_texts",
    effect="reads",
    view=_draw,
    time_limit=300,
    examples=(Example(title="Two sentences", request={"texts": ["A cat sleeps on the sofa.", "Rates rose again."]}),),
)
async def embed_texts(request: EmbeddingRequest, ctx: Context) -> Embeddings:
    """Turn texts into vectors of length 1 whose dot product says how close the texts are in meaning.

    Raises:
        Unavailable: the model's package, weights or server are missing.
        InvalidRequest: a text has nothing in it that the model reads.
    """
    driver, model = await ctx.embedders.choose(request.model)
    embedded = await driver.embed(model.name, request.texts)
    return Embeddings(
        model=model.id,
        dimensions=len(embedded.vectors[0]),
        vectors=embedded.vectors,
        input_tokens=embedded.input_tokens,
        max_tokens=model.max_tokens,
        truncated=list(embedded.truncated),
    )


OPERATIONS = (embed_texts,)
