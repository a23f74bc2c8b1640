"""A static model: each token has one vector, and a text's is their mean. Loads in the worker only."""

from __future__ import annotations

import asyncio
import importlib
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.drivers.embeddings.refusal import nothing_in
from nis_backend.drivers.embeddings.safetensors import tensors
from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json, WorkerContext

NAMES = ("embedding.weight", "embeddings")
"""What sentence-transformers and WordLlama call the vectors, and what Model2Vec does."""
AT_ONCE = 256
"""Texts between two looks at whether the call is cancelled; longer ones are cut into fewer by their characters."""
MOST_CHARACTERS = 262_144
"""Of texts at once: their tokens' vectors then take some 100 MB at most."""
DECIMALS = 7
"""Digits kept of a number, as of the model in the box."""


class StaticModel:
    """Token vectors `(vocabulary, dimensions)`, mapped from their file: what no text uses takes no memory.

    Source: Miller (2024), WordLlama; Tulkens & van Dongen (2024), Model2Vec: words' vectors learned by a large model.
    """

    def __init__(self, weights: Path, tokenizer: Path) -> None:
        found = tensors(weights)
        name = next((one for one in NAMES if one in found), None)
        if name is None:
            raise Unavailable(
                f"{weights.name} has no token vectors: none of {', '.join(NAMES)}.",
                remedy="Name a folder with a static model in it.",
            )
        self._vectors = found[name]
        # A weight for each token, where Model2Vec keeps them apart.
        self._weights = found.get("weights")
        library: Any = importlib.import_module("tokenizers")  # Any: it has no types
        try:
            self._tokenizer = library.Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # noqa: BLE001 - the library raises this very class
            raise Unavailable(
                f"{tokenizer.name} is no tokenizer: {shorten(str(error))}.", remedy="Fetch it again."
            ) from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def tokens(self, text: str) -> list[int]:
        """A text's tokens."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def embed(self, texts: list[str], first: int) -> tuple[NDArray[np.float32], int]:
        """The vectors `(texts, dimensions)` of length 1, and the tokens read; `first` is the first one's place.

        Raises:
            InvalidRequest: a text has no tokens, or what they mean cancels out.
        """
        found: list[list[int]] = [one.ids for one in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        lengths = np.array([len(ids) for ids in found])
        for place, text in enumerate(texts):
            if not lengths[place] or not text.strip():
                raise nothing_in(first + place, text)
        ids = np.fromiter(chain.from_iterable(found), np.int64, int(lengths.sum()))
        np.clip(ids, 0, len(self._vectors) - 1, out=ids)
        rows: NDArray[np.float32] = self._vectors[ids].astype(np.float32)
        if self._weights is not None:
            rows *= self._weights[ids].astype(np.float32)[:, None]
        # (texts, dimensions): the direction of a sum is that of the mean
        sums = np.add.reduceat(rows, np.concatenate([[0], np.cumsum(lengths)[:-1]]), axis=0)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        for place in np.flatnonzero(~(norms[:, 0] > 0)):
            raise nothing_in(first + int(place), texts[place])
        vectors: NDArray[np.float32] = sums / norms
        return vectors, len(ids)


class StaticWorker:
    """Answers as `TokensWorker` does; a look-up takes no batches of one length, so each call is computed by itself."""

    def __init__(self, model: StaticModel) -> None:
        self._model = model

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`."""
        vectors, tokens = await asyncio.to_thread(self._embed, payload["texts"], ctx)
        yield {"vectors": vectors, "input_tokens": tokens, "truncated": []}

    def _embed(self, texts: list[str], ctx: WorkerContext) -> tuple[bytes, int]:
        parts: list[bytes] = []
        tokens = start = 0
        while start < len(texts) and not ctx.cancelled():
            end, characters = start + 1, len(texts[start])
            while end < min(start + AT_ONCE, len(texts)) and characters + len(texts[end]) <= MOST_CHARACTERS:
                characters += len(texts[end])
                end += 1
            vectors, read = self._model.embed(texts[start:end], start)
            parts.append(np.round(vectors.astype(np.float64), DECIMALS).tobytes())
            tokens, start = tokens + read, end
        return b"".join(parts), tokens
