"""Operations for a query: by its words, and by its meaning where a model for vectors is here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.meaning import cosines_with
from nis_backend.capabilities.operations.search import FORMULA, index_of

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.entry import Entry

# Set so that of the seen questions of benchmarks/router_seen.json most find their operation among the first five.
WEIGHT, LEAST_COSINE = 8.0, 0.2

JOINED = (
    f"{FORMULA} To that is added {WEIGHT:g}·max(0, cosine - {LEAST_COSINE:g}), of the vectors of the query and of the "
    "operation's name and summary."
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Operations by their score, greatest first; what the score is, and what it could not take into account."""

    scored: list[tuple[float, Entry]]
    formula: str
    unused: str | None = None


async def find(ctx: Context, query: str, entries: tuple[Entry, ...]) -> Found:
    """The entries that have something of the query."""
    by_words = index_of(entries).search(query)
    texts = _texts(entries)
    cosines = await cosines_with(ctx, query, list(texts.values()))
    if isinstance(cosines, str):
        return Found(scored=by_words, formula=FORMULA, unused=f"The meaning was not compared: {cosines}")
    scores = {entry.name: WEIGHT * max(0.0, cosines[texts[entry.name]] - LEAST_COSINE) for entry in entries}
    for score, entry in by_words:
        scores[entry.name] += score
    scored = [(scores[entry.name], entry) for entry in entries if scores[entry.name] > 0]
    return Found(scored=sorted(scored, key=lambda one: (-one[0], one[1].name)), formula=JOINED)


@lru_cache(maxsize=16)
def _texts(entries: tuple[Entry, ...]) -> dict[str, str]:
    """What of each entry is compared by meaning; kept as the index of their words is."""
    return {entry.name: f"{entry.family} {entry.action.replace('_', ' ')}: {entry.summary}" for entry in entries}
