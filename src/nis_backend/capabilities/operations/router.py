"""Which operation a message asks for, or none: words and rules over the catalog's declarations.

Three kinds of evidence are weighed, all from the declarations. *Words*: stems that the message shares with an
operation's name, summary, examples, fields and results, rare ones counting more. *Cover*: how much of what the message
says those words explain. *Fit*: the numbers, units and choices of the message that the operation has fields for. Where
vectors are to be had, there is a fourth, *meaning*: how close the message is to the examples' questions, against
questions that are nobody's. An operation is picked with enough of them and a margin over the next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.guards import gives_measures, is_no_request
from nis_backend.capabilities.operations.rarity import rarity_of
from nis_backend.capabilities.operations.weighing import LEAST_WORDS, Pick, weigh
from nis_backend.capabilities.operations.words import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.operations.meaning import Meaning
    from nis_backend.capabilities.operations.sentence import Sentence
    from nis_backend.entry import Entry

LEAST_SCORE = 2.0
MARGIN = 0.5
"""What the best must be ahead of the next by."""

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
    picks.sort(key=lambda one: -one.score)
    if not picks or picks[0].score < LEAST_SCORE or (len(picks) > 1 and picks[0].score - picks[1].score < MARGIN):
        return None
    return picks[0]


def has_a_word_for(sentence: Sentence, entries: Iterable[Entry]) -> bool:
    """Whether the message shares a word with an operation, and is no talk: only then its meaning may decide."""
    candidates = tuple(entry for entry in entries if entry.routable)
    if is_no_request(sentence) or not candidates:
        return False
    rarity = rarity_of(candidates)
    return gives_measures(sentence) or any(
        rarity.shared(declared(entry), sentence.subject) >= LEAST_WORDS for entry in candidates
    )


def speaks_of_quantities(message: str, entries: Sequence[Entry]) -> bool:
    """Whether the message has numbers, or words for an operation that wants a unit: else nothing is to be read."""
    if _NUMBER.search(message):
        return True
    said, rarity = frozenset(stems(message)), rarity_of(tuple(entries))
    converting = (operation for operation in map(declared, entries) if "unit" in operation.by_reads)
    return any(rarity.shared(operation, said) >= LEAST_WORDS for operation in converting)
