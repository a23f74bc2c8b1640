"""The static model, the light half: what it is, whether it can answer, and how its worker is asked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.base import Embedded, EmbeddingModel, TextEmbedder
from nis_backend.drivers.embeddings.pooled import asked
from nis_backend.drivers.embeddings.pools import STATIC
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.embeddings.base import Purpose
    from nis_backend.settings import Settings

WEIGHT, TOKENIZER = "wordllama-256", "wordllama-256-tokenizer"
DIMENSIONS = 256


class Static(TextEmbedder):
    """The provider `static`: the mean of words' vectors, many times as fast as a model that reads sentences.

    It is weaker: the order of words is nothing to it.
    """

    provider = "static"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._weights = Weights.of(settings)
        self.names = (self._weights.find(WEIGHT).model,)
        self._compute = compute

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """See `TextEmbedder.find`."""
        weight, tokenizer = self._weights.find(WEIGHT), self._weights.find(TOKENIZER)
        if name not in (None, weight.model):
            return None
        for one in (weight, tokenizer):
            self._weights.check_usable(one, "static embedding model", "embeddings", "numpy", "tokenizers")
        both = hashlib.sha256(f"{weight.sha256}{tokenizer.sha256}".encode()).hexdigest()
        return EmbeddingModel(
            provider=self.provider, name=weight.model, dimensions=DIMENSIONS, version=f"sha256:{both}"
        )

    async def embed(
        self,
        model: str,  # noqa: ARG002 - it has one
        texts: Sequence[str],
        purpose: Purpose | None = None,  # noqa: ARG002 - it reads all texts in one way
    ) -> Embedded:
        """See `TextEmbedder.embed`."""
        await self._weights.required(WEIGHT)
        await self._weights.required(TOKENIZER)
        return await asked(self._compute, STATIC, texts, DIMENSIONS)
