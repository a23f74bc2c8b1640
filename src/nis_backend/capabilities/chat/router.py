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
from typing import TYPE_CHECKING

from nis_backend.capabilities.chat.arguments import Reading, find_choices, read_arguments, slots_of
from nis_backend.capabilities.chat.words import listed, stem, stems, telling, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.capabilities.chat.arguments import Quantities
    from nis_backend.operation import Entry

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

PHRASE = 4
"""Words in a row that a message shares with an example before they count as a phrase."""

_NUMBER = re.compile(
    r"\d|[½¼¾⅓⅔]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven"
    r"|eigh|nine)ty|hundred|thousand|million|billion|dozen|half|quarter|how (?:many|much))\b",
    re.IGNORECASE,
)

_COMPUTES = listed("calculate compute determine evaluate find model plot simulate solve work")
"""English imperatives that ask for a computation, whatever of."""
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

_SAID = {"name": 1.0, "example": 1.0, "summary": 1.0, "field": 0.8, "result": 0.6}
"""How much a word counts by where the declaration says it."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """An operation that a message asks for, and what the message gives it."""

    entry: Entry
    score: float
    reading: Reading


def routable(entry: Entry) -> bool:
    """Whether a message may reach it by the router: it changes nothing, and declares how people ask for it."""
    return (
        entry.shape == "model"
        and entry.effect == "reads"
        and any(example.get("question") for example in entry.examples)
    )


def rank(message: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries by the words they share with the message, most first; equals keep their order."""
    index = _Index(entries)
    said = stems(message)
    return sorted(entries, key=lambda entry: -index.words(entry, said))


def asks_for_a_sum(message: str, found: Quantities | None) -> bool:
    """Whether the answer would be a number worked out of the message's own: a model too small would make one up."""
    if _is_told(message):
        return False
    measured = found is not None and any(quantity.unit for quantity in found.quantities)
    return bool(_SUM.search(message) or (measured and _HOW_MUCH.search(message)))


def pick(message: str, entries: Sequence[Entry], found: Quantities | None = None) -> Pick | None:
    """The operation that the message asks for, with what it gives; None where no one, or more than one, is meant.

    `found` are the quantities of the message, converted to the units of the entries' fields.
    """
    candidates = [entry for entry in entries if routable(entry)]
    if not candidates or _is_told(message):
        return None
    index = _Index(candidates)
    picks = sorted((_weigh(message, entry, index, found) for entry in candidates), key=lambda one: -one.score)
    best = picks[0]
    if best.score < LEAST_SCORE or (len(picks) > 1 and best.score - picks[1].score < MARGIN):
        return None
    return best


def speaks_of_quantities(message: str, entries: Sequence[Entry]) -> bool:
    """Whether the message has numbers, or words for an operation that wants a unit: else nothing is to be read."""
    if _NUMBER.search(message):
        return True
    index, said = _Index(entries), stems(message)
    return any(
        index.words(entry, said) >= LEAST_WORDS
        for entry in entries
        if any(slot.reads == "unit" for slot in slots_of(entry.request_schema))
    )


def _is_told(message: str) -> bool:
    return any(one.word and stem(one.text) in _TELLS for one in tokens(message))


class _Index:
    """The words of some declarations, weighed by how few of them use each."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.said = {entry.name: _words(entry) for entry in entries}
        self.count = max(1, len(self.said))
        self.users = Counter(word for words in self.said.values() for word in words)

    def rarity(self, word: str) -> float:
        """More for a word that fewer use; most for one that nobody does."""
        users = self.users[word]
        # The usual BM25 form, without its negative range.
        return math.log(1 + (self.count - users + 0.5) / (users + 0.5))

    def words(self, entry: Entry, said: Iterable[str]) -> float:
        """Weight of the message's words that the entry uses."""
        own = self.said[entry.name]
        return sum(own[word] * self.rarity(word) for word in set(said) if word in own)

    def subject(self, entry: Entry, said: Iterable[str]) -> bool:
        """Whether a word of the message is more than the name of a field: "left" and "after" are in any talk."""
        own = self.said[entry.name]
        return any(own.get(word, 0.0) != _SAID["field"] for word in said if word in own)

    def cover(self, entry: Entry, said: Iterable[str], explained: frozenset[str]) -> float:
        """Share of the message's words that the entry uses, or that `explained` has, by rarity."""
        own = self.said[entry.name]
        words = set(said)
        whole = sum(self.rarity(word) for word in words)
        return sum(self.rarity(word) for word in words if word in own or word in explained) / whole if whole else 0.0


def _words(entry: Entry) -> Mapping[str, float]:
    """Each stem by which an operation may be asked for, with its weight."""
    weights: dict[str, float] = {}

    def add(kind: str, text: str) -> None:
        for word in stems(text):
            weights[word] = max(weights.get(word, 0.0), _SAID[kind])

    for slot in slots_of(entry.request_schema):
        for phrase in slot.phrases:
            add("field", " ".join(phrase))
    add("name", entry.action.replace("_", " "))
    add("summary", entry.summary)
    for example in entry.examples:
        add("example", str(example.get("question", "")))
    for name in entry.result_schema.get("properties", {}):
        add("result", name.replace("_", " "))
    return weights


def _weigh(message: str, entry: Entry, index: _Index, found: Quantities | None) -> Pick:
    """The score of one operation: shared words, and what fits; 0 where a rule speaks against it."""
    reading = read_arguments(message, entry, found)
    said = _outside(message, found)
    required, chosen = _chosen(message, entry)
    words = index.words(entry, said) + 2.0 * bool(required)
    cover = index.cover(entry, said, chosen)
    units = {slot.reads for slot in slots_of(entry.request_schema)} >= {"unit", "target_unit"}
    paired = units and not reading.missing
    if paired:
        # A quantity, and the unit it is wanted in, are themselves the question.
        words, cover = words + 2.0, max(cover, LEAST_COVER)
    fits, strays = len(reading.sources) + len(reading.unclear), len(reading.unread)
    run = _run(message, entry)
    whole = reading.complete and len(_required(entry)) > 1 and not strays
    meant = whole or bool(required) or paired or index.subject(entry, said)
    if not meant or not (reading.complete or _is_asked(message, said, entry)):
        return Pick(entry=entry, score=0.0, reading=reading)
    enough = fits or (cover >= WELL_COVERED and (run or _asks(message, entry) or _wants_result(said, entry)))
    if (
        words < LEAST_WORDS
        or not enough
        or cover < (LEAST_COVER / 2 if whole and words >= 2 * LEAST_WORDS else LEAST_COVER)
    ):
        return Pick(entry=entry, score=0.0, reading=reading)
    score = words + 0.5 * fits + reading.complete - strays * (0.5 if fits else 1.0)
    return Pick(entry=entry, score=max(0.0, score * (0.5 + cover / 2)) + 4.0 * run, reading=reading)


def _required(entry: Entry) -> list[str]:
    """The fields that a call must give."""
    return [slot.name for slot in slots_of(entry.request_schema) if slot.required]


def _outside(message: str, found: Quantities | None) -> list[str]:
    """The stems of the message that are not part of a quantity or a unit."""
    spans = [(one.start, one.end) for one in (*found.quantities, *found.mentions)] if found else []
    return [
        stem(one.text)
        for one in tokens(message)
        if telling(one) and not any(start <= one.start < end for start, end in spans)
    ]


def _chosen(message: str, entry: Entry) -> tuple[frozenset[str], frozenset[str]]:
    """The stems with which the message names a choice: of a required field, and of any."""
    said = tokens(message)
    named = {
        slot: frozenset(stem(word) for words in find_choices(slot.choices, said).values() for word in words.split())
        for slot in slots_of(entry.request_schema)
        if slot.reads == "choice"
    }
    required = [words for slot, words in named.items() if slot.required]
    return frozenset[str]().union(*required), frozenset[str]().union(*named.values())


def _asks(message: str, entry: Entry) -> bool:
    """Whether the message orders what the operation does, in the verb of its name or its summary."""
    verbs = {stem(word) for word in (entry.action.partition("_")[0], *entry.summary.lower().split()[:1], *_COMPUTES)}
    return any(stem(one.text) in verbs for one in tokens(message) if one.word)


def _is_asked(message: str, said: Sequence[str], entry: Entry) -> bool:
    """Whether it is a question or an order, or names a result: what gives some numbers only may just be told."""
    return (
        "?" in message
        or any(one.text in _QUESTIONS for one in tokens(message))
        or _asks(message, entry)
        or _wants_result(said, entry)
    )


def _wants_result(said: Sequence[str], entry: Entry) -> bool:
    """Whether the message names a result of the operation, and its subject: the period of a pendulum."""
    results = {word for name in entry.result_schema.get("properties", {}) for word in stems(name.replace("_", " "))}
    subject = {*stems(entry.action.replace("_", " ")), *stems(entry.summary)} - results
    return bool(_required(entry)) and not results.isdisjoint(said) and not subject.isdisjoint(said)


def _run(message: str, entry: Entry) -> float:
    """Share of the message that is, word for word, a piece of an example's question; 0 for less than a phrase."""
    said = [stem(one.text) if one.word else one.text for one in tokens(message)]
    content = set(stems(message))
    longest = 0
    for example in entry.examples:
        asked = [stem(one.text) if one.word else one.text for one in tokens(str(example.get("question", "")))]
        found = SequenceMatcher(None, said, asked, autojunk=False).find_longest_match()
        shared = said[found.a : found.a + found.size]
        if found.size >= PHRASE and len(content.intersection(shared)) > 1:
            longest = max(longest, found.size)
    return longest / len(said) if said else 0.0
