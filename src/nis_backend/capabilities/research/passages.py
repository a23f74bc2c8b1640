"""Sentences of texts, and how well each speaks of a question: by words, with formulas that are stated."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORTEST, LONGEST = 25, 600
"""Characters of a sentence that may be quoted by itself."""
LONG_ENOUGH = 80
"""Characters from which a line without a stop is no heading."""
_STOPS = frozenset(".!?\"')]:\u201d\u2019\u2026\u3002\uff01\uff1f")
K1, B = 1.2, 0.75
"""BM25's usual constants (Robertson & Zaragoza, Found. Trends Inf. Retr. 3 (2009), 333-389)."""
ALIKE = 0.3
"""What likeness to a sentence chosen before costs, against a score of 1."""
FORMULA = (
    "BM25 of the sentence for the words of the question and its queries (k1 = 1.2, b = 0.75, over all sentences read), "
    "as a share of the best one's"
)
_END = re.compile(
    "(?<=[.!?])[\"'\u201d\u2019)\\]]*\\s+(?=[\"'\u201c\u2018(\\[]?[A-Z0-9\u00c0-\u00de\u0391-\u03a9\u0410-\u042f])"
    "|(?<=[\u3002\uff01\uff1f])"
)
"""A stop and what closes behind it, before what begins anew: a Latin, Greek or Cyrillic capital; or a Chinese stop."""
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|[A-Za-z]\.[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|St|Sr|Jr|No|Fig|Figs|Eq|Eqs|Ref|Refs|vs|al|etc|approx|ca|"
    r"e\.g|i\.e|cf|Inc|Ltd|Co|Corp|Vol|pp|p|Sec|Ch|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.$"
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
NUMBER = re.compile(r"(?<![\w.,])[-+−]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?")
EMPTY = frozenset(
    (  # noqa: SIM905 - a list to be read
        "a about above after again all also am an and any are as at be been before being below between both but by can "
        "could did do does doing during each few for from further had has have having he her here hers him his how i "
        "if in into is it its itself just me more most my no nor not now of off on once only or other our out over own "
        "same she should so some such than that the their them then there these they this those through to too under "
        "until up us very was we were what when where which while who whom whose why will with would you your s t d ll"
    ).split()
)
"""Words that say nothing of a subject."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A sentence of one of several texts, and where it stands."""

    source: int
    start: int
    end: int
    text: str

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Its telling words, cut to their stems, in their order."""
        return stems(self.text)


def passages(texts: Sequence[str]) -> list[Passage]:
    """The sentences of the texts that may be quoted, in their order."""
    return [
        Passage(source=number, start=start, end=end, text=text[start:end])
        for number, text in enumerate(texts)
        for start, end in _sentences(text)
        if SHORTEST <= end - start <= LONGEST and (end - start >= LONG_ENOUGH or text[end - 1] in _STOPS)
    ]


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """First character, and the one after the last, of each sentence: a line is never part of two."""
    at = 0
    for line in text.splitlines(keepends=True):
        begin, stop = at, at + len(line.rstrip())
        at += len(line)
        for found in _END.finditer(text, begin, stop):
            if not _ABBREVIATED.search(text, max(begin, found.start() - 8), found.start()):
                yield _bare(text, begin, found.start() + len(found[0].rstrip()))
                begin = found.end()
        yield _bare(text, begin, stop)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end


def words(text: str) -> list[str]:
    """The words and numbers of a text, in small letters."""
    return [one.replace("\u2019", "'") for one in _WORD.findall(text.lower())]


def stems(text: str) -> tuple[str, ...]:
    """The telling words of a text as their stems: endings that English words take are cut."""
    return tuple(stem(one) for one in words(text) if one not in EMPTY)


def stem(word: str) -> str:
    """A word without the ending that its forms differ by."""
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004 - what is left is a word
        return f"{word[:-3]}y"
    for ending in ("ings", "ing", "edly", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):  # noqa: PLR2004 - as above
            cut = word[: -len(ending)]
            doubled = len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "aeiousl"  # noqa: PLR2004 - "stopped"
            return cut[:-1] if doubled else cut.removesuffix("e")
    return word.removesuffix("e") if len(word) > 3 else word  # noqa: PLR2004 - as above


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A sentence, and how well it speaks of what is asked: 1 is the best of all."""

    passage: Passage
    score: float


def ranked(asked: Sequence[str], among: Sequence[Passage], titles: Sequence[str] = ()) -> list[Ranked]:
    """The sentences that speak of what is asked, the best first; by BM25. What shares too few words is left out.

    A sentence needs two of the telling words asked for, or all of fewer; its source's title may have one of them.
    """
    wanted = [frozenset(stems(one)) for one in asked]
    terms = frozenset[str]().union(*wanted)
    if not terms or not among:
        return []
    having = Counter(term for one in among for term in terms.intersection(one.stems))
    usual = sum(len(one.stems) for one in among) / len(among)
    weights = {term: math.log(1 + (len(among) - count + 0.5) / (count + 0.5)) for term, count in having.items()}
    least = min(2, *(len(one) for one in wanted if one))
    about = [terms.intersection(stems(title)) for title in titles]
    found: list[Ranked] = []
    for one in among:
        counts = Counter(term for term in one.stems if term in weights)
        if counts and len(counts.keys() | (about[one.source] if about else frozenset[str]())) >= least:
            long = K1 * (1 - B + B * len(one.stems) / usual)
            score = sum(weights[term] * many * (K1 + 1) / (many + long) for term, many in counts.items())
            found.append(Ranked(passage=one, score=score))
    best = max((one.score for one in found), default=1.0)
    found = [Ranked(passage=one.passage, score=one.score / best) for one in found]
    return sorted(found, key=lambda one: (-one.score, one.passage.source, one.passage.start))


def chosen(found: Sequence[Ranked], most: int, of_each: int) -> list[Ranked]:
    """The best that do not say one thing twice: likeness to what is chosen counts against a sentence.

    Source: maximal marginal relevance, Carbonell & Goldstein, SIGIR (1998), 335-336; likeness is Jaccard's, of stems.
    """
    left, taken = list(found[: 10 * most]), list[Ranked]()
    each = Counter[int]()
    while left and len(taken) < most:
        best = max(left, key=lambda one: one.score - ALIKE * _most_alike(one, taken))
        left.remove(best)
        if each[best.passage.source] < of_each and _most_alike(best, taken) < SAME:
            each[best.passage.source] += 1
            taken.append(best)
    return taken


def gist(title: str, text: str, most: int) -> list[str]:
    """The sentences of a text that have most of its own frequent words and its title's, in their order."""
    own = passages([text])
    frequent = Counter(word for one in own for word in one.stems)
    words_of_it = " ".join([title, *(word for word, _ in frequent.most_common(FREQUENT))])
    best = chosen(ranked([words_of_it], own), most, most)
    return [one.passage.text for one in sorted(best, key=lambda one: one.passage.start)]


FREQUENT = 15
"""Words that a text is taken to be about."""
SAME = 0.8
"""Likeness from which two sentences say the same."""


def _most_alike(one: Ranked, taken: Sequence[Ranked]) -> float:
    own = set(one.passage.stems)
    return max(
        (len(own & set(other.passage.stems)) / len(own | set(other.passage.stems)) for other in taken if own),
        default=0.0,
    )


def numbers(text: str) -> list[float]:
    """The numbers of a text, as their values; commas between thousands are read."""
    return [value for one in NUMBER.findall(text) if (value := as_number(one)) is not None]


def as_number(said: str) -> float | None:
    """What a number is worth; None where it cannot be told."""
    plain = said.replace("−", "-")
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    try:
        value = float(plain.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def missing_numbers(text: str, quotes: Sequence[str]) -> list[float]:
    """The numbers of a text that none of the quotes has."""
    had = {value for quote in quotes for value in numbers(quote)}
    return [value for value in numbers(text) if value not in had]


def shared(text: str, quotes: Sequence[str]) -> float:
    """Share of the text's telling words that the quotes have."""
    said, had = set(stems(text)), {word for quote in quotes for word in stems(quote)}
    return len(said & had) / len(said) if said else 0.0
