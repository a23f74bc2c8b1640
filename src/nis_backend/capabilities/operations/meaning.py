"""What a message means, beside what operations are asked for: cosines of vectors, where a model for them is here."""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import dataclass
from functools import cache
from importlib import resources
from operator import mul
from typing import TYPE_CHECKING

from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_texts
from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.kept_vectors import load, place, save
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.context import Context
    from nis_backend.entry import Entry

# The figures were set on the questions in benchmarks/router_seen.json.
FAR_BEHIND, FAR_BEHIND_SETTLED = 0.03, 0.12
"""What an operation must be behind questions that are nobody's, to be far; and where the message gives all it needs."""
NEAR, NEAR_AHEAD = 0.55, 0.2
"""Least cosine with a question of an operation that is near, and what it must be ahead of those that are nobody's."""
CLOSE_AHEAD = 0.3
"""The same of one that is nearer still."""
LIKELY, LIKELY_AHEAD = 0.45, 0.08
"""The same where the message gives all that the operation needs."""
LONGEST = 500
"""Characters of a message that are compared."""
MOST = 256
"""Texts that are embedded in one call."""
MODEL = "embedded"
"""The provider whose model is in the box."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """How close a message is to the questions of each operation, and to questions that no operation answers."""

    cosines: Mapping[str, float]
    nobodys: float

    def is_near(self, name: str) -> bool:
        """Whether the message means what the operation is asked."""
        cosine = self.cosines.get(name, 0.0)
        return cosine >= NEAR and cosine - self.nobodys >= NEAR_AHEAD

    def is_likely(self, name: str) -> bool:
        """Whether it is not far from it."""
        cosine = self.cosines.get(name, 0.0)
        return cosine >= LIKELY and cosine - self.nobodys >= LIKELY_AHEAD

    def is_close(self, name: str) -> bool:
        """Whether it is so near that a word which others use as well does not matter."""
        cosine = self.cosines.get(name, 0.0)
        return cosine >= NEAR and cosine - self.nobodys >= CLOSE_AHEAD

    def is_far(self, name: str, *, settled: bool = False) -> bool:
        """Whether it is closer to what nobody answers; `settled`: the message gives all that the operation needs."""
        behind = FAR_BEHIND_SETTLED if settled else FAR_BEHIND
        return name in self.cosines and self.nobodys - self.cosines[name] > behind


@cache
def nobodys() -> tuple[str, ...]:
    """Questions and talk that no operation answers: near misses, knowledge, advice, chat."""
    return tuple(resources.files(__package__ or "").joinpath("nobodys.txt").read_text("utf-8").splitlines())


async def meaning_of(ctx: Context, message: str, entries: Iterable[Entry]) -> Meaning | str:
    """The meaning of a message beside the entries' questions, or why it cannot be told.

    A question that no message was compared with yet costs some 3 ms: name only the entries that meaning decides of.
    """
    asked = {entry.name: declared(entry).asked for entry in entries}
    cosines = await cosines_with(ctx, message, [*nobodys(), *(text for some in asked.values() for text in some)])
    if isinstance(cosines, str):
        return cosines
    return Meaning(
        cosines={name: max(cosines[text] for text in some) for name, some in asked.items()},
        nobodys=max(cosines[text] for text in nobodys()),
    )


async def cosines_with(ctx: Context, text: str, texts: Sequence[str]) -> dict[str, float] | str:
    """The cosine of a text with each of some that do not change, or why there is none: no model for vectors is here.

    Always the model in the box: its cosines are what the figures here are for, and it costs nothing.
    """
    try:
        # Where there is none, to find that out costs less than to ask it.
        _, model = await ctx.embedders.choose(MODEL)
        vectors = await _vectors(ctx, model.version, texts)
        (said,) = (await ctx.call(embed_texts, EmbeddingRequest(texts=[text[:LONGEST]], model=MODEL))).vectors
    except NisError as error:
        return f"{error.message} {error.remedy}".strip()
    return await asyncio.to_thread(lambda: {one: sum(map(mul, said, vectors[one])) for one in vectors})


async def _vectors(ctx: Context, version: str | None, texts: Sequence[str]) -> dict[str, array[float]]:
    """The vectors of texts, each computed once in this process, and in this data folder by this version of the model.

    Raises:
        NisError: there is no model for vectors here, or it failed.
    """
    kept = ctx.drivers.vectors
    # The messages that come first come together after a restart: one of them computes, and the others wait for it.
    async with ctx.drivers.computing:
        lacking = [text for text in dict.fromkeys(texts) if text not in kept]
        file = place(ctx.drivers.settings.data)
        if lacking and version is not None:
            kept.update(await asyncio.to_thread(load, file, version, lacking))
            lacking = [text for text in lacking if text not in kept]
        for first in range(0, len(lacking), MOST):
            some = lacking[first : first + MOST]
            found = await ctx.call(embed_texts, EmbeddingRequest(texts=some, model=MODEL))
            kept.update({text: array("f", vector) for text, vector in zip(some, found.vectors, strict=True)})
        if lacking and version is not None:
            await asyncio.to_thread(save, file, version, {text: kept[text] for text in lacking})
    return {text: kept[text] for text in texts}
