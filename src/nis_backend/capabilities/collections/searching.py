"""How a collection is searched: by words, by vectors, or by both."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Names, Reads
from nis_backend.capabilities.collections.collection import MOST_EXACT, OneCollection, find
from nis_backend.capabilities.collections.embedding import embed_query, hold_dimensions
from nis_backend.capabilities.collections.filters import MOST_CONDITIONS, WHERE, Where, which_items
from nis_backend.capabilities.collections.fusion import DIVERSITY, FUSION, diversify, fuse, told_by
from nis_backend.capabilities.collections.items import LONGEST_TEXT, DocumentId
from nis_backend.drivers.store.items import Found
from nis_backend.drivers.store.words import terms_of as words_asked
from nis_backend.errors import Conflict, Unavailable, UpstreamFailed
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.items import Which

Mode = Literal["hybrid", "words", "vectors"]

DEPTH = 100
"""Items of each ranking that are fused, at least."""
MOST_TERMS = 64
"""Words of a query that are looked for."""
DECIMALS = 6
TRIES = 3
"""How often it is searched where what was found goes meanwhile."""

PHRASE = re.compile(r'("[^"]+"|(?<!\w)\w*_\w*)')
"""Words that have to follow each other: in quotes, or in one name of a program."""
BM25 = "BM25 of the query's words in this collection (k1 = 1.2, b = 0.75)"
CUT = "The query is longer than the model reads: by similarity its beginning alone counts."
COSINE = "cosine of the query's vector and the text's"
STOPS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can did do does for from had has have how i if in into is it its me my no not of "
        "on or our so such that the their then there these they this to was we were what when where which who why will "
        "with would you your",
    )
)
"""Words of English that are left out of a query which has others."""


class SearchCollection(OneCollection):
    """What to look for, and where."""

    query: Annotated[str, Reads("topic"), Names("question", "words", "text")] = Field(
        min_length=1, max_length=LONGEST_TEXT, description='In words; "in quotes" they have to follow each other.'
    )
    mode: Mode = Field(
        default="hybrid", description="words: BM25; vectors: what it means; hybrid: both rankings, fused."
    )
    limit: int = Field(default=10, ge=1, le=100, description="Most hits to answer.")
    where: Where | None = Field(default=None, max_length=MOST_CONDITIONS, description=WHERE)
    document_id: DocumentId | None = Field(default=None, description="Only of this document.")
    diversity: float = Field(
        default=0.0, ge=0, le=1, description="0: the best; towards 1: those less alike to the hits before (MMR)."
    )


class Hit(Model):
    """An item that was found, and why."""

    id: str
    text: str
    metadata: dict[str, bool | int | float | str]
    document_id: str | None
    score: float = Field(description="By `formula`; it compares hits of one search only.")
    words_score: float | None = Field(description="BM25; null where it is not among the first by words.")
    words_rank: int | None = Field(description="Its place by words; null where it is not among the first.")
    similarity: float | None = Field(description="The cosine; null where it was not among the closest.")
    vector_rank: int | None = Field(description="Its place by similarity; null as above.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class Hits(Model):
    """What was found, the best first."""

    collection: str = Field(description="Its id.")
    mode: Mode = Field(description="How it was searched: words alone where there are no vectors.")
    model: str | None = Field(description="The embedding model that was asked; null by words alone.")
    formula: str = Field(description="What a score is.")
    hits: list[Hit]
    notes: list[str] = Field(description="What limits this answer.")


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """What each way has found, the best first, and what was made of it."""

    mode: Mode
    words: Sequence[Found]
    vectors: Sequence[Found]
    weight: float
    notes: Sequence[str]

    def places(self, way: Literal["words", "vectors"]) -> dict[int, tuple[int, float]]:
        """Each number's rank and score there."""
        ranking = self.words if way == "words" else self.vectors
        return {number: (rank, score) for rank, (number, score) in enumerate(ranking, 1)}

    @property
    def fused(self) -> Sequence[Found]:
        """Numbers and scores by `formula`."""
        if self.mode == "hybrid":
            return fuse(self.vectors, self.words, self.weight)
        return self.words if self.mode == "words" else self.vectors

    @property
    def formula(self) -> str:
        """What a score is."""
        if self.mode == "hybrid":
            best = f", best BM25 = {self.words[0][1]:.{DECIMALS}f}" if self.words else ""
            return f"{FUSION}; here w = {self.weight:.{DECIMALS}f}{best}"
        return BM25 if self.mode == "words" else COSINE


def terms_of(query: str, language: str) -> list[str]:
    """The words and phrases that a query asks for, each once."""
    terms: list[str] = []
    for place, part in enumerate(PHRASE.split(query)):
        words = words_asked(part)
        terms += [part] * bool(words) if place % 2 else words
    terms = list(dict.fromkeys(terms))
    telling = [term for term in terms if term.lower() not in STOPS] if language == "english" else terms
    return (telling or terms)[:MOST_TERMS]


async def search(collection: Row, request: SearchCollection, ctx: Context) -> Hits:
    """Search it; see the operation."""
    tries = 1
    while True:
        ranked = await _ranked(collection, request, ctx)
        hits, gone = await _hits(collection, request, ranked, ctx)
        now = await find(str(collection["id"]), ctx)
        # By another model meanwhile, or so much was removed: what is there now may have been missed.
        if tries == TRIES or (now["flips"] == collection["flips"] and (len(hits) == request.limit or not gone)):
            return Hits(
                collection=str(collection["id"]),
                mode=ranked.mode,
                model=None if ranked.mode == "words" else str(collection["model"]),
                formula=ranked.formula + (f"; {DIVERSITY}, d = {request.diversity:g}" if request.diversity else ""),
                hits=hits,
                notes=[*ranked.notes],
            )
        collection, tries = now, tries + 1


async def _ranked(collection: Row, request: SearchCollection, ctx: Context) -> Ranked:
    which = which_items(request.where, request.document_id)
    mode, notes = request.mode, list[str]()
    depth = max(DEPTH, 2 * request.limit)
    words, vectors, weight = list[Found](), list[Found](), 0.0
    if mode != "words":
        try:
            vectors, cut = await _by_vectors(collection, request.query, which, depth, ctx)
            notes += [CUT] * cut
        except (Unavailable, UpstreamFailed) as away:
            if mode == "vectors":
                raise
            mode = "words"
            notes.append(f"By words alone: {away.message} {away.remedy}")
    if mode != "vectors":
        terms = terms_of(request.query, str(collection["language"]))
        words = await ctx.store.match_words(str(collection["id"]), terms, which, depth)
        weight = told_by(words, len(terms), int(collection["items"]))
    if mode != "words" and (said := advice(collection, ctx)):
        notes.append(said)
    return Ranked(mode=mode, words=words, vectors=vectors, weight=weight, notes=notes)


async def _by_vectors(collection: Row, query: str, which: Which, limit: int, ctx: Context) -> tuple[list[Found], bool]:
    if collection["model"] is None:
        raise Unavailable(
            f"The collection {collection['name']!r} has no vectors.",
            remedy="Embed it with a model: collections.reembed_items.",
        )
    try:
        vector, cut = await embed_query(query, str(collection["model"]), collection["version"], ctx)
        hold_dimensions(collection, [vector])
    except Conflict as other:
        raise Unavailable(other.message, remedy=other.remedy) from None
    return await ctx.nearest(collection, vector, which, limit), cut


async def _hits(collection: Row, request: SearchCollection, ranked: Ranked, ctx: Context) -> tuple[list[Hit], bool]:
    """The best that are still there, less alike where that is asked for; and whether one of them is gone."""
    wanted = request.limit if request.diversity == 0 else 4 * request.limit
    ranking, asked = ranked.fused, 0
    rows = dict[int, "Row"]()
    for start in range(0, len(ranking), 2 * wanted):
        numbers = [number for number, _ in ranking[start : start + 2 * wanted]]
        found = await ctx.store.items_by_number(str(collection["id"]), numbers)
        rows |= {row["number"]: row for row in found}
        asked += len(numbers)
        if len(rows) >= wanted:
            break
    chosen = [one for one in ranking if one[0] in rows][:wanted]
    if request.diversity:
        vectors = {number: row["vector"] for number, row in rows.items() if row["vector"] is not None}
        # A hundred of four hundred take a second of a long vector's numbers.
        chosen = await asyncio.to_thread(diversify, chosen, vectors, request.diversity, request.limit)
    by_words, by_vectors = ranked.places("words"), ranked.places("vectors")
    hits = [_hit(rows[number], score, by_words.get(number), by_vectors.get(number)) for number, score in chosen]
    return hits, len(rows) < asked


def _hit(row: Row, score: float, by_words: tuple[int, float] | None, by_vectors: tuple[int, float] | None) -> Hit:
    told: Mapping[str, object] = {name: row[name] for name in ("id", "text", "document_id", "created", "updated")}
    return Hit.model_validate(
        {
            **told,
            "metadata": json.loads(row["metadata"]),
            "score": round(score, DECIMALS),
            "words_score": None if by_words is None else round(by_words[1], DECIMALS),
            "words_rank": None if by_words is None else by_words[0],
            "similarity": None if by_vectors is None else round(by_vectors[1], DECIMALS),
            "vector_rank": None if by_vectors is None else by_vectors[0],
        }
    )


def advice(collection: Row, ctx: Context) -> str:
    """What would make searching it quicker; empty where nothing would."""
    items = int(collection["items"])
    if items <= MOST_EXACT or ctx.drivers.store.indexes_vectors:
        return ""
    told = f"{items} vectors are compared one by one; beyond {MOST_EXACT}"
    if ctx.drivers.settings.database_url is None:
        return f"{told} use PostgreSQL with pgvector (NIS_DATABASE_URL), which has an index of them."
    return f"{told} PostgreSQL wants pgvector 0.8: have `create extension vector` run in the database, and restart."
