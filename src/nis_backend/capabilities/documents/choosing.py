"""Passages and sentences that are the closest to a question: by their words, and by vectors where there is a model."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from operator import mul
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.relevance import Words, covered, words_of
from nis_backend.capabilities.documents.sentences import is_heading, sentences_of
from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_apart, embed_texts
from nis_backend.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.citing import Passage
    from nis_backend.context import Context

MOST_EMBEDDED = 64
"""Passages of files whose vectors are taken for one question, the best by their words: some 10 ms each."""
FUSED = 60
"""Reciprocal rank fusion adds 1 / (60 + rank). Source: Cormack, Clarke & Büttcher (2009), SIGIR, 758-759."""
MOST_CANDIDATES = 120
"""Sentences that are looked at."""

BY_VECTORS = (
    "0.6 cosine(question, sentence) + 0.25 cosine(question, passage) + 0.25 share of the question's words in the "
    "sentence + 0.15 share of them in the passage"
)
BY_WORDS = "0.6 share of the question's words in the sentence + 0.4 share of them in its passage"
BESIDE = (
    "; 0.1 more for a number where one is asked for, 0.1 less for fewer than five words and again for fewer than "
    "three, 0.15 less for what looks like a heading; sentences that add no word to the question are left out"
)
LEAST = 0.5
"""A sentence below it is no answer. By `make bench-answers` each of 24 questions that fourteen texts answer has one
above it, and none of 24 that they do not."""
LEAST_BY_WORDS = 0.45
NEAR = 0.85
"""Of the best score, what another sentence must have to be told with it."""

_WANTS_NUMBER = re.compile(
    r"\b(?:how (?:many|much|long|old|large|big|far|high|often)|when|what (?:year|date|size))\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million)\b",
    re.IGNORECASE,
)
SHORT, SHORTEST = 5, 3


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A sentence of a passage, with its score by the formula that was used."""

    passage: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The sentences, the best first, and how they were scored."""

    sentences: Sequence[Scored]
    formula: str
    model: str | None
    """The embedding model; None by words alone."""
    least: float
    """What a sentence must have to be an answer."""


async def vectors_of(
    ctx: Context, texts: Sequence[str], *, apart: bool = False
) -> tuple[list[list[float]], str] | None:
    """Vectors, and the model they are of; None where there is no model. Apart, the first is what is asked."""
    try:
        if apart:
            found = await embed_apart(ctx, None, texts[0], texts[1:])
        else:
            found = await ctx.call(embed_texts, EmbeddingRequest(texts=list(texts)))
    except (Unavailable, NotFound):
        return None
    return found.vectors, found.model


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of vectors of length 1."""
    return sum(map(mul, one, other))


async def best_passages(ctx: Context, question: str, passages: Sequence[Passage], most: int) -> list[Passage]:
    """The passages that are closest to the question, the best first: both rankings fused."""
    if len(passages) <= most:
        return list(passages)
    scores = await asyncio.to_thread(lambda: Words([one.text for one in passages]).scores(question))
    by_words = sorted(range(len(passages)), key=lambda place: -scores[place])
    looked = by_words[:MOST_EMBEDDED]
    found = await vectors_of(ctx, [question, *(passages[place].text for place in looked)], apart=True)
    ranks = {place: 1 / (FUSED + rank) for rank, place in enumerate(by_words, 1) if scores[place] > 0}
    if found is not None:
        asked, *vectors = found[0]
        closest = sorted(zip(looked, vectors, strict=True), key=lambda pair: -cosine(asked, pair[1]))
        for rank, (place, _) in enumerate(closest, 1):
            ranks[place] = ranks.get(place, 0.0) + 1 / (FUSED + rank)
    return [passages[place] for place in sorted(ranks, key=lambda place: -ranks[place])[:most]]


async def closest_sentences(ctx: Context, question: str, passages: Sequence[Passage]) -> Chosen:
    """The sentences of the passages, scored for the question."""
    asked = frozenset(words_of(question))
    candidates = [
        (number, one.start, one.end, one.text)
        for number, passage in enumerate(passages)
        for one in sentences_of(passage.text)
        if frozenset(words_of(one.text)) - asked
    ]
    # The passages come the best first.
    candidates = candidates[:MOST_CANDIDATES]
    texts = [question, *(one.text for one in passages), *(text for *_, text in candidates)]
    found = await vectors_of(ctx, texts, apart=True) if candidates else None
    scored: list[Scored] = []
    wants = bool(_WANTS_NUMBER.search(question))
    cosines = [cosine(found[0][0], one) for one in found[0][1:]] if found else []
    for place, (number, start, end, text) in enumerate(candidates):
        here, around = covered(question, text), covered(question, passages[number].text)
        if cosines:
            close, wide = cosines[len(passages) + place], cosines[number]
            score = 0.6 * close + 0.25 * wide + 0.25 * here + 0.15 * around
        else:
            score = 0.6 * here + 0.4 * around
        score += _beside(text, wants=wants)
        scored.append(Scored(passage=number, start=start, end=end, score=round(score, 4)))
    scored.sort(key=lambda one: -one.score)
    return Chosen(
        sentences=scored,
        formula=(BY_VECTORS if found else BY_WORDS) + BESIDE,
        model=found[1] if found else None,
        least=LEAST if found else LEAST_BY_WORDS,
    )


def _beside(text: str, *, wants: bool) -> float:
    words = text.split()
    number = bool(_NUMBER.search(text))
    return 0.1 * (wants and number) - 0.1 * ((len(words) < SHORT) + (len(words) < SHORTEST)) - 0.15 * is_heading(text)


def answering(chosen: Chosen, most: int) -> list[Scored]:
    """The sentences that are told: those near the best, where that is an answer at all."""
    best = chosen.sentences[0].score if chosen.sentences else 0.0
    if best < chosen.least:
        return []
    return [one for one in chosen.sentences[: 2 * most] if one.score >= max(chosen.least, NEAR * best)][:most]
