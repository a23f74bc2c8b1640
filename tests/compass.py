"""Vectors in a plane, for tests of what is alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nis_backend.drivers.embeddings.base import Embedded, EmbeddingModel, TextEmbedder


class Compass(TextEmbedder):
    """Vectors in a plane: the angle is the number that a text ends with, in degrees."""

    provider = "compass"

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """See `TextEmbedder.find`."""
        return EmbeddingModel(provider="compass", name=name or "plane")

    async def embed(self, model: str, texts: Sequence[str], purpose: object = None) -> Embedded:
        """See `TextEmbedder.embed`."""
        del model, purpose
        angles = [math.radians(float(text.rpartition(" ")[2])) for text in texts]
        return Embedded(vectors=[[math.cos(angle), math.sin(angle)] for angle in angles], input_tokens=1)
