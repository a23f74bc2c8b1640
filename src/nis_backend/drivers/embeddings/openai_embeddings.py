"""Vectors of any server that speaks OpenAI's embeddings: OpenAI, NVIDIA, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.embeddings.base import Embedded, EmbeddingModel, TextEmbedder
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.embeddings.base import Purpose

    # Any: JSON in and out. Path, body, and the model that a refusal is about.
    Ask = Callable[[str, dict[str, Any], str], Awaitable[dict[str, Any]]]

AT_ONCE = 128
"""Texts of one request: an answer then stays below the 16 MiB that are read of one, at 4,096 numbers a vector."""

DECIMALS = 7
"""Digits kept of a number, as of the model in the box."""

ASYMMETRIC = frozenset({"nvidia"})
"""Providers whose models have to be told whether a text is a query or a passage; the symmetric ones take it too.

Source: https://docs.nvidia.com/nim/nemo-retriever/text-embedding/latest/reference.html, `input_type`.
"""


class OpenAIEmbeddings(TextEmbedder):
    """One such server; `ask` posts to it, and words what goes wrong on the way."""

    def __init__(self, provider: str, ask: Ask) -> None:
        self.provider = provider
        self._ask = ask
        self._asymmetric = provider in ASYMMETRIC

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """See `TextEmbedder.find`; a server's list does not say which of its models embed, so any name is tried."""
        return EmbeddingModel(provider=self.provider, name=name, asymmetric=self._asymmetric) if name else None

    async def embed(self, model: str, texts: Sequence[str], purpose: Purpose | None = None) -> Embedded:
        """See `TextEmbedder.embed`.

        Raises:
            NotFound: the server has no such model.
            InvalidRequest: a text is longer than it takes; these servers cut nothing.
        """
        vectors: list[list[float]] = []
        counts: list[int | None] = []
        for start in range(0, len(texts), AT_ONCE):
            some = list(texts[start : start + AT_ONCE])
            body: dict[str, Any] = {"model": model, "input": some, "encoding_format": "float"}  # Any: JSON
            if self._asymmetric:
                body["input_type"] = purpose or "passage"
            answer = await self._ask("/embeddings", body, model)
            try:
                vectors += await asyncio.to_thread(_vectors, answer, len(some), vectors[:1])
                counts.append(_count(answer))
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                raise UpstreamFailed(
                    f"{self.provider} answered {len(some)} texts with what is not their embeddings.",
                    remedy=f"See whether {model} is an embedding model.",
                ) from None
        known = [count for count in counts if count is not None]
        return Embedded(vectors=vectors, input_tokens=sum(known) if len(known) == len(counts) else None)


def _vectors(answer: dict[str, Any], wanted: int, like: list[list[float]]) -> list[list[float]]:
    """The vectors in the order of the texts, at length 1.

    Raises:
        ValueError: they are not as many as texts, or of several sizes; the others: they are none.
    """
    rows = answer["data"]
    by_place = {int(row["index"]): row["embedding"] for row in rows}
    vectors = [_unit(by_place[place]) for place in range(wanted)]
    if len(rows) != wanted or len({len(vector) for vector in (*like, *vectors)}) != 1:
        raise ValueError
    return vectors


def _unit(vector: list[float]) -> list[float]:
    length = math.hypot(*vector)
    if not 0 < length < math.inf:
        raise ValueError
    return [round(number / length, DECIMALS) for number in vector]


def _count(answer: dict[str, Any]) -> int | None:
    usage: Any = answer.get("usage") or {}  # Any: JSON
    count = usage.get("prompt_tokens")
    return count if isinstance(count, int) else None
