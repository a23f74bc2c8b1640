"""The embedding model in the box, the light half: what it is, whether it can answer, and how its worker is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.base import Embedded, EmbeddingModel, TextEmbedder
from nis_backend.drivers.embeddings.pooled import asked
from nis_backend.drivers.embeddings.pools import MINILM
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.embeddings.base import Purpose
    from nis_backend.settings import Settings

WEIGHT = "minilm-l6-v2-int8"
DIMENSIONS = 384
MAX_TOKENS = 256
"""Tokens of a text that are read, its two marks included: as long as the texts that the model was trained on."""


class MiniLM(TextEmbedder):
    """The provider `embedded`: one small English model on this CPU, no key, no network."""

    provider = "embedded"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._weights = Weights.of(settings)
        self.names = (self._weights.find(WEIGHT).model,)
        self._compute = compute

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """See `TextEmbedder.find`."""
        weight = self._weights.find(WEIGHT)
        if name not in (None, weight.model):
            return None
        self._weights.check_usable(weight, "embedding model", "embeddings", "onnxruntime", "tokenizers")
        return EmbeddingModel(
            provider=self.provider,
            name=weight.model,
            dimensions=DIMENSIONS,
            max_tokens=MAX_TOKENS,
            version=f"sha256:{weight.sha256}",
        )

    async def embed(
        self,
        model: str,  # noqa: ARG002 - it has one
        texts: Sequence[str],
        purpose: Purpose | None = None,  # noqa: ARG002 - it reads all texts in one way
    ) -> Embedded:
        """See `TextEmbedder.embed`."""
        await self._weights.required(WEIGHT)
        return await asked(self._compute, MINILM, texts, DIMENSIONS)
