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
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.declared import FIELD, declared
from nis_backend.capabilities.operations.words import listed, stem, stems, telling
from nis_backend.operation import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Sentence

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

PHRASE = 4
"""Words in a row that a message shares with an example before they count as a phrase."""

_NUMBER = re.compile(
    r"\d|[½¼¾⅓⅔]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven"
    r"|eigh|nine)ty|hundred|thousand|million|billion|dozen|half|quarter|how (?:many|much))\b",
    re.IGNORECASE,
)

_TELLS = frozenset(
    stem(word)
    for word in listed("""
    advice article author biography book born buy cheap compose cost discovered essay explain film funny history idea
    invented inventor joke lyrics meaning movie named novel opinion paint podcast poem price program python function
    code recommend recommendation review rhyme sing sentence sold song story summarise summarize translate who whom
    whose why write wrote
    """)
)
"""English words that ask for something to be told, written or advised: no computation answers that."""

_SUM = re.compile(
    r"\d\s*(?:[+*/×÷^=]|\s[-x]\s|plus|minus|times|(?:divided|multiplied) by|to the power)\s*\d"
    r"|(?:root|sum|product|average|mean|factorial|logarithm|sine|cosine) of\b[^.?!]*\d|%\s*of\s+\d",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(r"\bhow (?:deep|far|fast|heavy|high|hot|large|long|many|much|strong|tall|warm)\b", re.IGNORECASE)

_QUESTIONS = listed("give how know need show tell what when where which")


@dataclass(frozen=True, kw_only=True)
class Pick:
    """An operation that a message asks for, and what the message gives it."""

    entry: Entry
    words: float
    cover: float
    fits: int
    score: float
    reading: Reading


def asks_for_a_sum(sentence: Sentence) -> bool:
    """Whether the answer would be a number worked out of the message's own: a model too small would make one up."""
    if not sentence.stems.isdisjoint(_TELLS):
        return False
    measured = any(quantity.unit for quantity in sentence.quantities)
    return bool(_SUM.search(sentence.text) or (measured and _HOW_MUCH.search(sentence.text)))


def pick(sentence: Sentence, entries: Iterable[Entry]) -> Pick | None:
    """The operation that the message asks for, with what it gives; None where no one, or more than one, is meant.

    The quantities of the sentence must have been converted to the units of the entries' fields.
    """
    if not sentence.stems.isdisjoint(_TELLS):
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
    words = rarity.shared(operation, sentence.subject) + CHOSEN * bool(required)
    cover = rarity.cover(sentence.subject, operation.words.keys() | chosen)
    # A conversion may have no other words than its units.
    converts = {"unit", "target_unit"} <= operation.by_reads.keys() and bool(sentence.quantities or sentence.mentions)
    if not converts and (words < LEAST_WORDS or cover < _least_cover(words, whole=True)):
        return None
    reading = read_arguments(sentence, operation.entry)
    if converts and not reading.missing:
        words, cover = words + CONVERTED, max(cover, LEAST_COVER)
    fits, strays = len(reading.sources) + len(reading.unclear), len(reading.unread)
    whole = reading.complete and len(operation.required) > 1 and not strays
    if words < LEAST_WORDS or cover < _least_cover(words, whole=whole):
        return None
    meant = whole or required or (converts and not reading.missing) or _names_subject(sentence, operation)
    if not meant or not (reading.complete or _is_asked(sentence, operation)):
        return None
    run = _run(sentence, operation)
    wanted = run or _orders(sentence, operation) or _wants_result(sentence, operation)
    if not fits and not (wanted and cover >= WELL_COVERED):
        return None
    score = words + 0.5 * fits + reading.complete - strays * (0.5 if fits else 1.0)
    score = max(0.0, score * (0.5 + cover / 2)) + 4.0 * run
    return Pick(entry=operation.entry, words=words, cover=cover, fits=fits, score=score, reading=reading)


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
    return any(operation.words.get(word, FIELD) != FIELD for word in sentence.subject)


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
