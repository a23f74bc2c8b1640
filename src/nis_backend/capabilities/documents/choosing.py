"""Passages and sentences that are the closest to a question: by their words, and by vectors where there is a model."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from operator import mul
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.relevance import Words, covered, unsaid, words_of
from nis_backend.capabilities.documents.sentences import is_heading, sentences_of
from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_apart, embed_texts
from nis_backend.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.citing import Passage
    from nis_backend.capabilities.documents.sentences import Sentence
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
    "three, 0.15 less for what looks like a heading; sentences that add no word to the question are left out; no "
    "answers are headings, those without a number where a count or a size is asked for, and those whose passage lacks "
    "a number or a quarter of the words that the question names, unless their cosine with it is at least 0.64"
)
LEAST = 0.5
"""A sentence below it is no answer. By `make bench-answers` each of 24 questions that fourteen texts answer has one
above it, and none of 24 about other things."""
LEAST_BY_WORDS = 0.45
NEAR = 0.85
"""Of the best score, what another sentence must have to be told with it."""
UNSAID, UNSAID_OF_ROWS, CLOSE = 0.24, 0.5, 0.64
"""The share of what a question names that a passage may nearly lack, more for a row: the head of a long table stands in
another passage. And the cosine from which a sentence says it all the same, in other words. By `make bench-answers` all
of 16 questions about the same things that the texts do not answer are answered without it, and none with it."""

_WANTS_NUMBER = re.compile(
    r"\b(?:how (?:many|much|long|old|large|big|far|high|often)|when|what (?:year|date|size))\b", re.IGNORECASE
)
_COUNTS = re.compile(
    r"\bhow (?:many|much|long|old|large|big|far|high|tall|deep|wide|heavy|often|fast|loud|thick)\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|half|once"
    r"|twice|daily|weekly|monthly|yearly|annual(?:ly)?|quarterly|every|each|no|none|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety)\b",
    re.IGNORECASE,
)
_ROW = re.compile(r"\t|^\|")
_VALUE = re.compile(r"[\t|]\s*[$€£]?[\d.,]+\s*(?:[\t|]|$)")
"""A cell with a number and nothing else."""
_POINT = re.compile(r"^\W*\d{1,3}(?:\.\d{1,3})*[.)]?\s")
"""A list's number, which counts nothing."""
SHORT, SHORTEST = 5, 3


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A sentence of a passage, with its score by the formula that was used."""

    passage: int
    start: int
    end: int
    head: tuple[int, int] | None
    """Of a row, where the head of its table stands."""
    score: float
    answers: bool
    """Whether it may be one: no heading, with a number where a count is asked for, its passage with what is named."""


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


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A sentence of a passage, and what it is read with: the head of its table."""

    passage: int
    sentence: Sentence
    head: Sentence | None
    text: str


def _candidates(question: str, passages: Sequence[Passage]) -> list[_Candidate]:
    """The sentences that add a word to the question; of many, those that have most of its words."""
    asked = frozenset(words_of(question))
    found: list[_Candidate] = []
    for number, passage in enumerate(passages):
        head: Sentence | None = None
        for one in sentences_of(passage.text):
            head = (head or one) if _ROW.search(one.text) else None
            # A row with numbers is none: the table has begun in another passage.
            beside = None if head is None or head is one or _VALUE.search(head.text) else head
            text = one.text if beside is None else f"{beside.text}\n{one.text}"
            if frozenset(words_of(one.text)) - asked:
                found.append(_Candidate(passage=number, sentence=one, head=beside, text=text))
    if len(found) > MOST_CANDIDATES:
        found.sort(key=lambda one: -covered(question, one.text))
    return found[:MOST_CANDIDATES]


async def closest_sentences(ctx: Context, question: str, passages: Sequence[Passage]) -> Chosen:
    """The sentences of the passages, scored for the question."""
    candidates = await asyncio.to_thread(_candidates, question, passages)
    texts = [question, *(one.text for one in passages), *(one.text for one in candidates)]
    found = await vectors_of(ctx, texts, apart=True) if candidates else None
    cosines = [cosine(found[0][0], one) for one in found[0][1:]] if found else None
    return Chosen(
        sentences=await asyncio.to_thread(_scored, question, passages, candidates, cosines),
        formula=(BY_VECTORS if found else BY_WORDS) + BESIDE,
        model=found[1] if found else None,
        least=LEAST if found else LEAST_BY_WORDS,
    )


def _scored(
    question: str, passages: Sequence[Passage], candidates: Sequence[_Candidate], cosines: Sequence[float] | None
) -> list[Scored]:
    """The best first; the cosines are those of the passages, then of the candidates."""
    wants, counts = bool(_WANTS_NUMBER.search(question)), bool(_COUNTS.search(question))
    lacks = [unsaid(question, one.text) for one in passages]
    around = [covered(question, one.text) for one in passages]
    found: list[Scored] = []
    for place, one in enumerate(candidates):
        close, number = 0.0, one.passage
        if cosines is None:
            score = 0.6 * covered(question, one.text) + 0.4 * around[number]
        else:
            close, wide = cosines[len(passages) + place], cosines[number]
            score = 0.6 * close + 0.25 * wide + 0.25 * covered(question, one.text) + 0.15 * around[number]
        row = bool(_ROW.search(one.sentence.text))
        named = lacks[number] < (UNSAID_OF_ROWS if row else UNSAID) or (close >= CLOSE and lacks[number] < 1)
        named = named and not (row and unsaid(question, one.text) == 1)
        counted = not counts or bool(_NUMBER.search(_POINT.sub("", one.sentence.text)))
        found.append(
            Scored(
                passage=number,
                start=one.sentence.start,
                end=one.sentence.end,
                head=None if one.head is None else (one.head.start, one.head.end),
                score=round(score + _beside(one.text, wants=wants), 4),
                answers=named and counted and not is_heading(one.sentence.text),
            )
        )
    return sorted(found, key=lambda one: -one.score)


def _beside(text: str, *, wants: bool) -> float:
    words = text.split()
    number = bool(_NUMBER.search(text))
    return 0.1 * (wants and number) - 0.1 * ((len(words) < SHORT) + (len(words) < SHORTEST)) - 0.15 * is_heading(text)


def answering(chosen: Chosen, most: int) -> list[Scored]:
    """The sentences that are told: those near the best, where that is an answer at all."""
    best = chosen.sentences[0].score if chosen.sentences else 0.0
    least = max(chosen.least, NEAR * best)
    return [one for one in chosen.sentences[: 2 * most] if one.answers and one.score >= least][:most]
