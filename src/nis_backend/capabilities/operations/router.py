"""Which operation a message asks for, or none: words and rules over the catalog's declarations.

Three kinds of evidence are weighed, all from the declarations. *Words*: stems that the message shares with an
operation's name, summary, examples, fields and results, rare ones counting more. *Cover*: how much of what the message
says those words explain. *Fit*: the numbers, units and choices of the message that the operation has fields for. An
operation is picked with enough of them and a margin over the next; a message that asks for something to be told,
written or advised is nobody's.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.declared import FIELD, declared
from nis_backend.capabilities.operations.guards import asks_for_meaning, declines, is_no_request, tells
from nis_backend.capabilities.operations.words import listed, stem, stems, telling
from nis_backend.operation import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Place, Sentence

# The figures were set on the questions marked "seen" in benchmarks/router_questions.json.
LEAST_WORDS = 1.0
"""Weight of shared words below which numbers alone decide nothing."""
LEAST_COVER = 0.4
"""Share of the message that an operation's words must explain."""
WELL_COVERED = 0.75
"""Share that they must explain where nothing of the message fits a field."""
LEAST_SCORE = 2.0
MARGIN = 0.5
"""What the best must be ahead of the next by."""
CHOSEN = 2.0
"""Weight, in words, of a choice that the message names for a field that must be given."""
CONVERTED = 2.0
"""The same of a quantity and the unit it is wanted in: for a conversion they are themselves the question."""

ASKED_COVER = 0.3
"""Share that they must explain of the clause that asks: "what power does it need?"."""
OPEN_COVER = 0.5
"""Share that they must explain where something must be asked for."""
FRAGMENT = 4
"""Words of a message that may ask without a question word: "system info"."""

PHRASE = 4
"""Words in a row that a message shares with an example before they count as a phrase."""

_NUMBER = re.compile(
    r"\d|[½¼¾⅓⅔]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven"
    r"|eigh|nine)ty|hundred|thousand|million|billion|dozen|half|quarter|how (?:many|much))\b",
    re.IGNORECASE,
)

_QUESTIONS = listed("give how know need show tell what whats when where which")
_ASKING = listed("any are can could do does is will")
"""Words that ask, where they begin the message."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """An operation that a message asks for, and what the message gives it."""

    entry: Entry
    words: float
    cover: float
    fits: int
    score: float
    reading: Reading


def pick(sentence: Sentence, entries: Iterable[Entry]) -> Pick | None:
    """The operation that the message asks for, with what it gives; None where no one, or more than one, is meant.

    The quantities of the sentence must have been converted to the units of the entries' fields.
    """
    if is_no_request(sentence):
        return None
    candidates = tuple(entry for entry in entries if entry.routable)
    rarity = _rarity(candidates)
    picks = [one for entry in candidates if (one := _weigh(sentence, declared(entry), rarity))]
    picks.sort(key=lambda one: -one.score)
    if not picks or picks[0].score < LEAST_SCORE or (len(picks) > 1 and picks[0].score - picks[1].score < MARGIN):
        return None
    return picks[0]


def speaks_of_quantities(message: str, entries: Sequence[Entry]) -> bool:
    """Whether the message has numbers, or words for an operation that wants a unit: else nothing is to be read."""
    if _NUMBER.search(message):
        return True
    said, rarity = frozenset(stems(message)), _rarity(tuple(entries))
    converting = (operation for operation in map(declared, entries) if "unit" in operation.by_reads)
    return any(rarity.shared(operation, said) >= LEAST_WORDS for operation in converting)


class _Rarity:
    """How few of some operations use each word."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.count = max(1, len(entries))
        self.users = Counter(word for entry in entries for word in declared(entry).words)

    def of(self, word: str) -> float:
        """More for a word that fewer use; most for one that nobody does."""
        users = self.users[word]
        # The usual BM25 form, without its negative range.
        return math.log(1 + (self.count - users + 0.5) / (users + 0.5))

    def shared(self, operation: Declared, said: AbstractSet[str]) -> float:
        """Weight of the message's words that the operation uses."""
        return sum(operation.words[word] * self.of(word) for word in said if word in operation.words)

    def cover(self, said: AbstractSet[str], explained: AbstractSet[str]) -> float:
        """Share of the message's words that are explained."""
        whole = sum(map(self.of, said))
        return sum(map(self.of, said & explained)) / whole if whole else 0.0


@lru_cache(maxsize=8)
def _rarity(entries: tuple[Entry, ...]) -> _Rarity:
    """Kept for the few sets of operations that callers may call; bounded, and nothing in it is of a caller."""
    return _Rarity(entries)


def _weigh(sentence: Sentence, operation: Declared, rarity: _Rarity) -> Pick | None:
    """The score of one operation: shared words, and what fits; None where a rule speaks against it.

    What the words alone rule out is not read for arguments: most operations, for most messages.
    """
    required, chosen = _chosen(sentence, operation)
    aside = [*sentence.quotes, *sentence.rest] if operation.quotes else _aside(sentence, operation)
    if declines(sentence, operation.deniable | chosen) or tells(sentence, aside):
        return None
    subject = sentence.subject_outside(aside)
    words = rarity.shared(operation, subject) + CHOSEN * bool(required)
    cover = rarity.cover(subject, operation.words.keys() | chosen)
    # A conversion may have no other words than its units.
    converts = {"unit", "target_unit"} <= operation.by_reads.keys() and bool(sentence.quantities or sentence.mentions)
    if not converts and (words < LEAST_WORDS or cover < _least_cover(words, whole=True)):
        return None
    reading = read_arguments(sentence, operation.entry)
    known = operation.words.keys() | chosen | {word for source in reading.sources.values() for word in stems(source)}
    if not converts and _asks_for_other(sentence, known, rarity):
        return None
    weighed = _Weighed(sentence, operation, reading, words=words, cover=rarity.cover(subject, known), aside=aside)
    if not operation.required:
        return _weigh_listing(weighed)
    return _weigh_computing(weighed, named=bool(required), converts=converts and not reading.missing)


@dataclass(frozen=True)
class _Weighed:
    """One operation, read from one message, and what of the message it explains."""

    sentence: Sentence
    operation: Declared
    reading: Reading
    words: float = field(kw_only=True)
    cover: float = field(kw_only=True)
    aside: Sequence[Place] = field(kw_only=True)

    def pick(self, score: float) -> Pick:
        """It, with this score."""
        fits = len(self.reading.sources) + len(self.reading.unclear)
        return Pick(
            entry=self.operation.entry, words=self.words, cover=self.cover, fits=fits, score=score, reading=self.reading
        )

    @property
    def strays(self) -> int:
        """Measured quantities, beside what is aside, that no field takes."""
        return sum(
            bool(one.unit) and one.text in self.reading.unread and not any(a <= one.start < b for a, b in self.aside)
            for one in self.sentence.quantities
        )


def _weigh_listing(weighed: _Weighed) -> Pick | None:
    """An operation that needs nothing: it answers a question that it explains whole, and that names what it lists."""
    sentence, operation = weighed.sentence, weighed.operation
    plural = any(any(sentence.find((thing,))) for thing in operation.things)
    if asks_for_meaning(sentence) or weighed.cover < WELL_COVERED or (operation.things and not plural):
        return None
    run = _run(sentence, operation)
    asks = _is_asked(sentence, operation) or sentence.words[0].text in _ASKING
    if not (run or asks or len(sentence.words) <= FRAGMENT):
        return None
    fits = len(weighed.reading.sources)
    return weighed.pick((weighed.words + 0.5 * fits + 1 + plural) * (0.5 + weighed.cover / 2) + 4.0 * run)


def _weigh_computing(weighed: _Weighed, *, named: bool, converts: bool) -> Pick | None:
    """An operation that works on what the message gives it.

    `named` says that a choice it must be given is named, `converts` that a quantity and a unit wanted are.
    """
    sentence, operation, reading = weighed.sentence, weighed.operation, weighed.reading
    if converts:
        weighed = replace(weighed, words=weighed.words + CONVERTED, cover=max(weighed.cover, LEAST_COVER))
    words, cover, strays = weighed.words, weighed.cover, weighed.strays
    fits = len(reading.sources) + len(reading.unclear)
    whole = reading.complete and len(operation.required) > 1 and not strays
    if words < LEAST_WORDS or cover < _least_cover(words, whole=whole):
        return None
    measured = converts or any(operation.slots[name].number for name in reading.sources)
    if asks_for_meaning(sentence) and not measured:
        return None
    run = _run(sentence, operation)
    wanted = run or _orders(sentence, operation) or _wants_result(sentence, operation)
    if not (
        whole or named or converts or (fits and _orders(sentence, operation)) or _names_subject(sentence, operation)
    ):
        return None
    if not reading.complete and not (_is_asked(sentence, operation) and cover >= OPEN_COVER and (wanted or not strays)):
        return None
    begun = not {*reading.sources, *(name for one in reading.unclear for name in one.fields)}.isdisjoint(
        operation.required
    )
    if not begun and (strays or not (wanted and cover >= WELL_COVERED)):
        return None
    score = words + 0.5 * fits + reading.complete - strays * (0.5 if fits else 1.0)
    return weighed.pick(max(0.0, score * (0.5 + cover / 2)) + 4.0 * run)


def _asks_for_other(sentence: Sentence, known: AbstractSet[str], rarity: _Rarity) -> bool:
    """Whether what is asked for is none of what the operation speaks of: "what is the tension", "how would it feel"."""
    for spans, least in ((sentence.heads, 1), ([sentence.asked] if sentence.asked else [], 2)):
        asked = sentence.subject & {one.stem for span in spans for one in sentence.within(span)}
        if len(asked) >= least and rarity.cover(asked, known) < ASKED_COVER:
            return True
    return False


def _aside(sentence: Sentence, operation: Declared) -> list[Place]:
    """The characters of the sentences, of several, that have no word of the operation."""
    return [
        (start, end)
        for start, end in sentence.pieces
        if not any(start <= one.start < end and one.stem in operation.words for one in sentence.meant)
    ]


def _least_cover(words: float, *, whole: bool) -> float:
    """Half the usual where the words are many and nothing of the call is open."""
    return LEAST_COVER / 2 if whole and words >= 2 * LEAST_WORDS else LEAST_COVER


def _chosen(sentence: Sentence, operation: Declared) -> tuple[frozenset[str], frozenset[str]]:
    """The stems with which the message names a choice: of a required field, and of any."""
    named = {
        slot: frozenset(stem(word) for words in slot.chosen(sentence.words).values() for word in words.split())
        for slot in operation.slots.values()
        if slot.reads == "choice"
    }
    required = [words for slot, words in named.items() if slot.required]
    return frozenset[str]().union(*required), frozenset[str]().union(*named.values())


def _names_subject(sentence: Sentence, operation: Declared) -> bool:
    """Whether a word of the message is more than the name of a field."""
    return any(operation.words.get(word, FIELD) != FIELD for word in sentence.subject - operation.verbs)


def _orders(sentence: Sentence, operation: Declared) -> bool:
    """Whether the message orders what the operation does, in the verb of its name or its summary."""
    return not operation.verbs.isdisjoint(sentence.stems)


def _is_asked(sentence: Sentence, operation: Declared) -> bool:
    """Whether it is a question or an order, or names a result: what gives some numbers only may just be told."""
    return (
        "?" in sentence.text
        or any(one.text in _QUESTIONS for one in sentence.words)
        or _orders(sentence, operation)
        or _wants_result(sentence, operation)
    )


def _wants_result(sentence: Sentence, operation: Declared) -> bool:
    """Whether the message names a result of the operation, and its subject: the period of a pendulum."""
    if not operation.required:
        return False
    return bool(sentence.subject & operation.outcome) and bool(sentence.subject & operation.subject)


def _run(sentence: Sentence, operation: Declared) -> float:
    """Share of the message that is, word for word, a piece of an example's question; 0 for less than a phrase."""
    said = [one.stem for one in sentence.words]
    content = {one.stem for one in sentence.words if telling(one)}
    longest = 0
    for asked in operation.questions:
        if len(content.intersection(asked)) > 1:
            found = SequenceMatcher(None, said, asked, autojunk=False).find_longest_match()
            shared = said[found.a : found.a + found.size]
            if found.size >= PHRASE and len(content.intersection(shared)) > 1:
                longest = max(longest, found.size)
    return longest / len(said) if said else 0.0
