"""Passages of documents that answer a query, each with the place that it stands at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, JsonValue

from nis_backend.annotations import Names, Reads
from nis_backend.capabilities.collections.operations import search_collection
from nis_backend.capabilities.documents.document import Which, version_of
from nis_backend.capabilities.documents.keeping import collection_of
from nis_backend.capabilities.documents.relevance import words_of
from nis_backend.capabilities.documents.sentences import sentences_of
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.capabilities.collections.operations import Hits
    from nis_backend.context import Context

MORE = 2
"""How many times the hits are looked for that are wanted: those of a version that is coming or going are left out."""


class SearchDocuments(Model):
    """What to look for, and where."""

    query: Annotated[str, Reads("quote"), Names("question", "words", "text")] = Field(
        min_length=1, max_length=4000, description='In words; "in quotes" they have to follow each other.'
    )
    collection: Which | None = Field(default=None, description='Its id or name; unset: "documents".')
    mode: Annotated[str, Reads("choice")] = Field(
        default="hybrid",
        pattern="^(hybrid|words|vectors)$",
        description="words: BM25; vectors: what it means; hybrid: both rankings, fused.",
    )
    limit: int = Field(default=10, ge=1, le=50, description="Most passages to answer.")
    document_id: str | None = Field(default=None, min_length=1, max_length=64, description="Only of this document.")
    where: dict[str, JsonValue] | None = Field(
        default=None,
        max_length=16,
        description="What the metadata of documents, or page and name, have to be: see collections.search_collection.",
    )


class Passage(Model):
    """A passage that was found."""

    document_id: str
    document: str = Field(description="What the document is called.")
    page: int
    heading: str = Field(description="The headings above it.")
    start: int = Field(description="Its first character in the page's text, counted from 0.")
    end: int = Field(description="One past its last character.")
    text: str
    quote: str = Field(description="The sentence of it that has most words of the query: verbatim.")
    quote_start: int = Field(description="The quote's first character in the page's text.")
    quote_end: int = Field(description="One past its last character.")
    score: float = Field(description="By `formula`; it compares passages of one search only.")
    words_rank: int | None = Field(description="Its place by words; null where it is not among the first.")
    vector_rank: int | None = Field(description="Its place by similarity; null as above.")
    similarity: float | None = Field(description="The cosine; null where it was not among the closest.")


class FoundPassages(Model):
    """What was found, the best first."""

    collection: str = Field(description="Its id.")
    mode: str = Field(description="How it was searched: words alone where there are no vectors.")
    model: str | None = Field(description="The embedding model that was asked; null by words alone.")
    formula: str = Field(description="What a score is.")
    passages: list[Passage]
    notes: list[str] = Field(description="What limits this answer.")


async def search(request: SearchDocuments, ctx: Context) -> FoundPassages:
    """See the operation."""
    collection = await collection_of(request.collection, ctx)
    if collection is None:
        nothing = "There are no documents yet: add some with documents.add_document."
        return FoundPassages(collection="", mode=request.mode, model=None, formula="", passages=[], notes=[nothing])
    hits = await ctx.call(
        search_collection,
        search_collection.validate(
            {
                "id": collection.id,
                "query": request.query,
                "mode": request.mode,
                "limit": min(100, MORE * request.limit),
                "document_id": request.document_id,
                "where": request.where,
            }
        ),
    )
    return FoundPassages(
        collection=hits.collection,
        mode=hits.mode,
        model=hits.model,
        formula=hits.formula,
        passages=(await _passages(hits, request.query, ctx))[: request.limit],
        notes=hits.notes,
    )


async def _passages(hits: Hits, query: str, ctx: Context) -> list[Passage]:
    """Those of the version that each document is now, and of no document that is not all in yet."""
    current: dict[str, str | None] = {}
    found: list[Passage] = []
    words = frozenset(words_of(query))
    for hit in hits.hits:
        which = str(hit.document_id)
        if which not in current:
            row = await ctx.store.get("documents", which)
            current[which] = None if row is None else version_of(row)
        if current[which] is None or hit.metadata.get("version") != current[which]:
            continue
        start = int(hit.metadata["start"])
        first, last = _best(hit.text, words)
        found.append(
            Passage(
                document_id=which,
                document=str(hit.metadata["name"]),
                page=int(hit.metadata["page"]),
                heading=str(hit.metadata["heading"]),
                start=start,
                end=int(hit.metadata["end"]),
                text=hit.text,
                quote=hit.text[first:last],
                quote_start=start + first,
                quote_end=start + last,
                score=hit.score,
                words_rank=hit.words_rank,
                vector_rank=hit.vector_rank,
                similarity=hit.similarity,
            )
        )
    return found


def _best(text: str, words: frozenset[str]) -> tuple[int, int]:
    """Where the sentence stands with most telling words of the query; the first of several, the whole without any."""
    sentences = sentences_of(text)
    if not sentences:
        return 0, len(text)
    best = max(sentences, key=lambda one: len(words.intersection(words_of(one.text))))
    return best.start, best.end
