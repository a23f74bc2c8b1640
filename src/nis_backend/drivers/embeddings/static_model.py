"""A static model: each token has one vector, and a text's is their mean. Loads in the worker only."""

from __future__ import annotations

import asyncio
import importlib
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.drivers.embeddings.layers import Layers
from nis_backend.drivers.embeddings.refusal import no_numbers, nothing_in
from nis_backend.drivers.embeddings.safetensors import tensors
from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json, WorkerContext
    from nis_backend.drivers.embeddings.folder_head import Layer

OWN, MODEL2VEC = "embedding.weight", "embeddings"
"""What sentence-transformers and WordLlama call the vectors, and what Model2Vec does."""
AT_ONCE = 256
"""Texts between two looks at whether the call is cancelled; longer ones are cut into fewer by their characters."""
MOST_CHARACTERS = 32_768
"""Of texts at once, or one text. A token of English has four; an emoji is four tokens: they take 200 MB at most."""
DECIMALS = 7
"""Digits kept of a number, as of the model in the box."""


class StaticModel:
    """Token vectors `(vocabulary, dimensions)`, mapped from their file: what no text uses takes no memory.

    Source: Miller (2024), WordLlama; Tulkens & van Dongen (2024), Model2Vec: words' vectors learned by a large model.
    """

    def __init__(self, weights: Path, tokenizer: Path, layers: Sequence[Layer] = ()) -> None:
        found = tensors(weights)
        if OWN not in found and MODEL2VEC not in found:
            raise Unavailable(
                f"{weights.name} has no token vectors of floats: neither {OWN} nor {MODEL2VEC}.",
                remedy="Name a folder with a static model in it.",
            )
        self._vectors = found[OWN if OWN in found else MODEL2VEC]
        # Model2Vec may keep one vector for several tokens, and a weight for each token.
        self._rows = None if OWN in found else found.get("mapping")
        self._weights = None if OWN in found else found.get("weights")
        self._layers = Layers(layers)
        library: Any = importlib.import_module("tokenizers")  # Any: it has no types
        try:
            self._tokenizer = library.Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # noqa: BLE001 - the library raises this very class
            raise Unavailable(
                f"{tokenizer.name} is no tokenizer: {shorten(str(error))}.", remedy="Fetch it again."
            ) from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        last = max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=0)
        kept = [
            len(one) for one in (self._vectors if self._rows is None else self._rows, self._weights) if one is not None
        ]
        if last >= min(kept) or (self._rows is not None and int(self._rows.max()) >= len(self._vectors)):
            raise Unavailable(
                f"{tokenizer.name} has tokens up to number {last}, and {weights.name} vectors of {min(kept)}.",
                remedy="Fetch both files again: they are of different models.",
            )

    def tokens(self, text: str) -> list[int]:
        """A text's tokens."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def embed(self, texts: list[str], first: int, prompt: str = "") -> tuple[NDArray[np.float32], int]:
        """The vectors `(texts, dimensions)` of length 1, and the tokens read; `first` is the first one's place.

        Raises:
            InvalidRequest: a text has no tokens, or what they mean cancels out.
            Unavailable: they are no numbers.
        """
        written = [prompt + text for text in texts]
        found: list[list[int]] = [
            one.ids for one in self._tokenizer.encode_batch_fast(written, add_special_tokens=False)
        ]
        lengths = np.array([len(ids) for ids in found])
        for place, text in enumerate(texts):
            if not lengths[place] or not text.strip():
                raise nothing_in(first + place, text)
        ids = np.fromiter(chain.from_iterable(found), np.int64, int(lengths.sum()))
        rows: NDArray[np.float32] = self._vectors[ids if self._rows is None else self._rows[ids]].astype(np.float32)
        if self._weights is not None:
            rows *= self._weights[ids].astype(np.float32)[:, None]
        # The means, (texts, dimensions), are what sums are turned into for the layers' sake.
        means = np.add.reduceat(rows, np.concatenate([[0], np.cumsum(lengths)[:-1]]), axis=0) / lengths[:, None]
        means = self._layers(means.astype(np.float32))
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        for place in np.flatnonzero(~np.isfinite(norms)):
            raise no_numbers(first + int(place))
        for place in np.flatnonzero(norms == 0):
            raise nothing_in(first + int(place), texts[place])
        vectors: NDArray[np.float32] = means / norms
        return vectors, len(ids)


class StaticWorker:
    """Answers as `TokensWorker` does; a look-up takes no batches of one length, so each call is computed by itself."""

    def __init__(self, model: StaticModel) -> None:
        self._model = model

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`."""
        vectors, tokens = await asyncio.to_thread(self._embed, payload, ctx)
        yield {"vectors": vectors, "input_tokens": tokens, "truncated": []}

    def _embed(self, payload: Json, ctx: WorkerContext) -> tuple[bytes, int]:
        texts: list[str] = payload["texts"]
        parts: list[bytes] = []
        tokens = start = 0
        while start < len(texts) and not ctx.cancelled():
            end, characters = start + 1, len(texts[start])
            while end < min(start + AT_ONCE, len(texts)) and characters + len(texts[end]) <= MOST_CHARACTERS:
                characters += len(texts[end])
                end += 1
            vectors, read = self._model.embed(texts[start:end], start, payload.get("prompt", ""))
            parts.append(np.round(vectors.astype(np.float64), DECIMALS).tobytes())
            tokens, start = tokens + read, end
        return b"".join(parts), tokens
