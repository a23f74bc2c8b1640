"""A message as its readers see it: words in order, each quantity in its place as one of them."""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from nis_backend.capabilities.operations.formulas import FoundFormulas
from nis_backend.capabilities.operations.topics import addresses, called, topic
from nis_backend.capabilities.operations.words import FUNCTION_WORDS, Token, find_phrase, listed, stem, telling, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FARTHEST_BEFORE, FARTHEST_AFTER = 6, 3
"""Words that may stand between a name and its number, where the name comes before it, and after it."""
LONG_WORD = 5
"""Letters of a word that is like few others."""
QUANTITY = "\0"
"""The text of a token that is a quantity."""

_BREAKS = frozenset((QUANTITY, ",", ";", ".", "!", "?", "and", "while", "whereas", "but", "then"))
"""What a name does not reach across."""
_DENIES = listed("without no not ignore ignoring ignored neglect neglecting neglected disregarding zero minus")
_AFFIRMS = listed("with take taking including include includes plus considering consider assuming under against")
_DENIED = listed("ignored neglected excluded off disregarded free")
_AFFIRMED = listed("included considered counted on account into")
_WITHIN = listed("in into through")
"""Of these "the air" is a place."""

_QUOTED = re.compile(
    # A block of code, which may hold quotation marks of its own, comes before those.
    r"(?s:```[^\n`]*\n(.+?)\n?```)|"
    r"\"([^\"]+)\"|“([^”]+)[”\"]|„([^“”]+)[“”]|«([^»]+)»|`([^`]+)`"
    r"|(?<![^\s(\[:,])['\u2018](.+?)['\u2019](?![^\s.,;:?!)\]])"
)
_ASKS = re.compile(
    r"\b(what|what's|whats|how|where|which)\b|(?:^|[.!?;:,]\s+(?:and\s+)?)(when|is|are|does|do|can|will)\b",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"\b(?:what(?:['\u2019]?s|\s+is|\s+are|\s+was|\s+will\s+be|\s+would\s+be)?|how\s+much|how\s+many|which)\s+"
    r"(?:(?:the|its|my|your|their)\s+)?((?:[^\W\d_]+\s+){0,3}?[^\W\d_]+)"
    r"(?=\s+(?:of|in|for|from|does|do|did|is|are|has|have|will|would|can|when|at|with|after|on|to)\b|\s*[?.,;:!]|\s*$)",
    re.IGNORECASE,
)
_END = re.compile(r"(?:[.!?;]+|\n)\s+")
_REST = re.compile(r"[^:]:\s+(\S.*)", re.DOTALL)

Place = tuple[int, int]
"""A range of tokens: the first, and the one after the last."""


class Mention(Protocol):
    """A unit in the sentence, and where it stands."""

    text: str
    unit: str
    dimension: str
    start: int
    end: int


class Quantity(Mention, Protocol):
    """A number in the sentence, with its unit, and its value in the units wanted that are of its dimension."""

    value: float
    converted: dict[str, float]


class Quantities(Protocol):
    """What a sentence has of numbers and units."""

    @property
    def quantities(self) -> Sequence[Quantity]:
        """Every number, in order."""
        ...

    @property
    def mentions(self) -> Sequence[Mention]:
        """The units that stand without a number."""
        ...


class Sentence:
    """A message, and what was found in it of numbers and units; `found` None: none were looked for."""

    def __init__(self, text: str, found: Quantities | None = None, mend: Callable[[str], str] = str) -> None:
        """`mend` answers the word that a misspelled one is meant for."""
        self.text = text
        # The words, the text and its phrases each ask for the same words.
        self._mend = cache(mend)
        self.words = tokens(text)
        self.quantities = list(found.quantities) if found else []
        self.mentions = list(found.mentions) if found else []

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all its words."""
        return frozenset(one.stem for one in self._meant_words)

    @cached_property
    def meant(self) -> list[Token]:
        """The words and marks, each word as it is meant."""
        return [self._meant(one) for one in self.words]

    @cached_property
    def spelled_out(self) -> list[Token]:
        """The words and marks, quantities as one, where only long words are mended: a choice is no place to guess."""
        return [self._meant(one) if len(one.text) >= LONG_WORD else one for one in self.said]

    @cached_property
    def mended(self) -> str:
        """The message with each word as it is meant."""
        text = self.text
        for one, meant in reversed(list(zip(self.words, self.meant, strict=True))):
            if one.text != meant.text:
                text = text[: one.start] + meant.text + text[one.end :]
        return text

    def _meant(self, one: Token) -> Token:
        return one._replace(text=self._mend(one.text)) if one.word else one

    @cached_property
    def subject(self) -> frozenset[str]:
        """The stems of the words that say something, units left out."""
        return self.subject_outside(())

    def subject_outside(self, aside: Sequence[Place]) -> frozenset[str]:
        """The stems of the words that say something, units left out, and what is within these characters."""
        spans = [*aside, *((one.start, one.end) for one in (*self.quantities, *self.mentions))]
        return frozenset(one.stem for one in self.outside(spans) if telling(one))

    def outside(self, spans: Sequence[Place]) -> list[Token]:
        """The words, as they are meant, that begin within none of these characters."""
        if not spans:
            return self._meant_words
        return [one for one in self._meant_words if not any(start <= one.start < end for start, end in spans)]

    def within(self, span: Place) -> list[Token]:
        """The words, as they are meant, that begin within these characters."""
        return [one for one in self._meant_words if span[0] <= one.start < span[1]]

    @cached_property
    def _meant_words(self) -> list[Token]:
        return [one for one in self.meant if one.word]

    @cached_property
    def formulas(self) -> FoundFormulas:
        """The formulas that are written out in it."""
        return FoundFormulas(self)

    @cached_property
    def heads(self) -> list[Place]:
        """The characters of the nouns that are asked for: "the period" of "what is the period of …"."""
        return [found.span(1) for found in _HEAD.finditer(self.text)]

    @cached_property
    def asked(self) -> Place | None:
        """The characters of the last clause that begins with a word that asks, to the end of its sentence."""
        found = [one.start(one.lastindex or 0) for one in _ASKS.finditer(self.text)]
        if not found:
            return None
        ends = [end for _, end in self.pieces if end > found[-1]]
        return found[-1], ends[0] if ends else len(self.text)

    @cached_property
    def quotes(self) -> list[Place]:
        """The characters of each text in quotation marks."""
        return [found.span(found.lastindex or 0) for found in _QUOTED.finditer(self.text)]

    @cached_property
    def rest(self) -> list[Place]:
        """The characters behind the first colon, where a text may stand without quotation marks."""
        found = _REST.search(self.text)
        return [found.span(1)] if found else []

    @cached_property
    def topics(self) -> list[Place]:
        """The characters of what is to be searched for: each text that is quoted, else what the words say."""
        return self.quotes or self.rest or self.topic

    @cached_property
    def topic(self) -> list[Place]:
        """The characters of what the words say is to be searched for."""
        found = topic(self.text)
        return [found] if found else []

    def called(self, things: Iterable[str]) -> list[Place]:
        """The characters of what one of these things is called."""
        return called(self.text, things)

    @cached_property
    def addresses(self) -> list[Place]:
        """The characters of each web address."""
        return addresses(self.text)

    @cached_property
    def pieces(self) -> list[Place]:
        """The characters of each of several sentences; of a single one, none."""
        ends = [found.end() for found in _END.finditer(self.text)]
        edges = [0, *(end for end in ends if end < len(self.text)), len(self.text)]
        return list(pairwise(edges)) if len(edges) > 2 else []  # noqa: PLR2004 - a beginning and an end

    @cached_property
    def said(self) -> list[Token]:
        """The words and marks, with each quantity as one token."""
        spans = [(one.start, one.end) for one in self.quantities]
        outside = [word for word in self.words if not any(start <= word.start < end for start, end in spans)]
        return sorted([*outside, *(Token(QUANTITY, *span) for span in spans)], key=lambda one: one.start)

    @cached_property
    def _said_as_meant(self) -> list[Token]:
        return [self._meant(one) for one in self.said]

    @cached_property
    def at(self) -> list[int]:
        """For each quantity, which token of `said` it is."""
        return [place for place, one in enumerate(self.said) if one.text == QUANTITY]

    def find(self, phrase: Sequence[str]) -> Iterator[Place]:
        """Where the words of `phrase` follow one another."""
        return find_phrase(phrase, self._said_as_meant) if self.stems.issuperset(map(stem, phrase)) else iter(())

    def between(self, place: Place, quantity: int) -> list[Token]:
        """What stands between a name and a quantity."""
        first, last = place
        at = self.at[quantity]
        return self.said[last:at] if last <= at else self.said[at + 1 : first]

    def nearness(self, place: Place, quantity: int) -> float:
        """How closely a name stands to a quantity: 1 right before it, 0 when others come between."""
        before = place[1] <= self.at[quantity]
        between = self.between(place, quantity)
        if len(between) > (FARTHEST_BEFORE if before else FARTHEST_AFTER):
            return 0.0
        nearness = 1.0
        for token in between:
            if token.text in _BREAKS or (not before and not token.word):
                return 0.0
            nearness -= 0.03 if token.text in FUNCTION_WORDS or not token.word else 0.15
        return nearness - (0.0 if before else 0.1 * len(between))

    def word_before(self, mention: Mention) -> str:
        """The word in front of a unit, or nothing."""
        before = [one.text for one in self.said if one.end <= mention.start and one.word]
        return before[-1] if before else ""

    def polarity(self, place: Place) -> bool | None:
        """Whether the words around a name say yes or no to it; a bare mention says neither."""
        first, last = place
        before = self.said[max(0, first - 3) : first][::-1]
        if before and before[0].text in _WITHIN:
            return None
        return _first_of(before, _AFFIRMS, _DENIES, _first_of(self.said[last : last + 2], _AFFIRMED, _DENIED))


def _first_of(
    said: Sequence[Token], yes: frozenset[str], no: frozenset[str], otherwise: bool | None = None
) -> bool | None:
    """Whether a word of `yes` or of `no` comes first, with nothing but function words before it."""
    for word in (one.text for one in said):
        if word in yes or word in no:
            return word in yes
        if word not in FUNCTION_WORDS:
            break
    return otherwise
