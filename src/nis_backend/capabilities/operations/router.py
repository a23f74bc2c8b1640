"""Which operation a message asks for, or none: words and rules over the catalog's declarations.

Three kinds of evidence are weighed, all from the declarations. *Words*: stems that the message shares with an
operation's name, summary, examples, fields and results, rare ones counting more. *Cover*: how much of what the message
says those words explain. *Fit*: the numbers, units and choices of the message that the operation has fields for. Where
vectors are to be had, there is a fourth, *meaning*: how close the message is to the examples' questions, against
questions that are nobody's. An operation is picked with enough of them and a margin over the next.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.guards import gives_measures, is_no_request
from nis_backend.capabilities.operations.meaning import Meaning
from nis_backend.capabilities.operations.rarity import rarity_of
from nis_backend.capabilities.operations.weighing import LEAST_WORDS, Pick, weigh
from nis_backend.capabilities.operations.words import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.rarity import Rarity
    from nis_backend.capabilities.operations.sentence import Sentence
    from nis_backend.entry import Entry

LEAST_SCORE = 2.0
MARGIN = 0.5
"""What the best must be ahead of the next by."""

FEW = 3
"""Operations that use a rare word, and words by which an operation is always called."""
MANY_QUESTIONS = 8
"""Of an operation, from which on they tell what it is always called."""

_NUMBER = re.compile(
    r"\d|[½¼¾⅓⅔]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven"
    r"|eigh|nine)ty|hundred|thousand|million|billion|dozen|half|quarter|how (?:many|much))\b",
    re.IGNORECASE,
)


def pick(sentence: Sentence, entries: Iterable[Entry], meaning: Meaning | None = None) -> Pick | None:
    """The operation that the message asks for, with what it gives; None where no one, or more than one, is meant.

    The quantities of the sentence must have been converted to the units of the entries' fields.
    """
    if is_no_request(sentence):
        return None
    candidates = tuple(entry for entry in entries if entry.routable)
    rarity = rarity_of(candidates)
    picks = [one for entry in candidates if (one := weigh(sentence, declared(entry), rarity, meaning))]
    picks = [one for one in picks if not _is_particular(sentence, one.entry, picks, rarity)]
    # What is named exactly leaves no room for what would have to be asked for all it needs.
    if any(one.sure and not declared(one.entry).quotes for one in picks):
        picks = [one for one in picks if one.reading.complete or one.reading.sources]
    picks.sort(key=lambda one: -one.score)
    if not picks or picks[0].score < LEAST_SCORE or (len(picks) > 1 and picks[0].score - picks[1].score < MARGIN):
        return None
    return picks[0]


def _is_particular(sentence: Sentence, entry: Entry, picks: Sequence[Pick], rarity: Rarity) -> bool:
    """Whether another is asked for as much, and this is a particular one of it that is unsaid: "double"."""
    family, _, action = entry.name.partition(".")
    own = frozenset(action.split("_"))
    for other in picks:
        wider_family, _, wider = other.entry.name.partition(".")
        words = frozenset(wider.split("_"))
        if family != wider_family or entry == other.entry:
            continue
        # A name with more words; or one that is always asked for in words that few others have: "PINN".
        if words < own:
            alone = declared(entry).words.keys() - declared(other.entry).words.keys()
            if sentence.subject.isdisjoint(alone):
                return True
        if (marks := _marks(declared(entry), declared(other.entry), rarity)) and sentence.stems.isdisjoint(marks):
            return True
    return False


def _marks(operation: Declared, other: Declared, rarity: Rarity) -> frozenset[str]:
    """A few rare words, strange to another, of which each of its questions has one; none where one does without."""
    questions = [frozenset(asked) for asked in operation.questions]
    rare = frozenset(word for asked in questions for word in asked if 0 < rarity.users[word] <= FEW)
    rare -= other.words.keys()
    marks: set[str] = set()
    while left := [asked for asked in questions if marks.isdisjoint(asked)]:
        said = Counter(word for asked in left for word in asked & rare)
        if len(marks) == FEW or not said:
            return frozenset()
        marks.add(max(sorted(said), key=lambda word: said[word]))
    return frozenset(marks) if len(questions) >= MANY_QUESTIONS else frozenset()


def has_a_word_for(sentence: Sentence, entries: Iterable[Entry]) -> bool:
    """Whether the message shares a word with an operation, and is no talk: only then its meaning may decide."""
    candidates = tuple(entry for entry in entries if entry.routable)
    if is_no_request(sentence) or not candidates:
        return False
    rarity = rarity_of(candidates)
    return gives_measures(sentence) or any(
        rarity.shared(declared(entry), sentence.subject) >= LEAST_WORDS for entry in candidates
    )


def open_to(sentence: Sentence, entries: Iterable[Entry]) -> list[Entry]:
    """The operations that some meaning of the message would allow: of all others no vector is needed.

    A meaning that is nearer never rules out what one that is farther allows.
    """
    candidates = tuple(entry for entry in entries if entry.routable)
    nearest = Meaning(cosines={entry.name: 1.0 for entry in candidates}, nobodys=0.0)
    rarity = rarity_of(candidates)
    return [entry for entry in candidates if weigh(sentence, declared(entry), rarity, nearest)]


def speaks_of_quantities(message: str, entries: Sequence[Entry]) -> bool:
    """Whether the message has numbers, or words for an operation that wants a unit: else nothing is to be read."""
    if _NUMBER.search(message):
        return True
    said, rarity = frozenset(stems(message)), rarity_of(tuple(entries))
    converting = (operation for operation in map(declared, entries) if "unit" in operation.by_reads)
    return any(rarity.shared(operation, said) >= LEAST_WORDS for operation in converting)
