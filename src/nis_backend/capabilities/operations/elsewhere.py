"""What a message may want that shares words and numbers with a computation here, and is another one.

The reverse (what to start from so that something comes of it), another kind of physics, an opinion of the thing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.words import telling, tokens

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.operations.sentence import Sentence

_INVERTS = re.compile(
    r"\b(?:what|which) (?:launch |launching |starting |initial |minimum |least )?"
    r"(?:speed|velocity|angle|elevation|length|temperature|height|material|metal)\b[^.?!]{0,60}"
    r"\b(?:must|should|needs?|needed|required|ha(?:ve|s) to|to get|gives?|best|farthest|furthest|(?:so|such) that)\b"
    r"|\b(?:at|under) (?:what|which) (?:launch )?angle (?:does|do|must|should|would|will|can|has|have|is|was)\b"
    r"(?![^.?!]*\b(?:land|hit|strike|impact|touch|come down|arrive|meet)\w*)"
    r"|\bhow (?:long|short|fast|hard|steep|steeply|hot|thick)\b[^.?!]{0,40}\b(?:must|should|ha(?:ve|s) to|needs? to)\b"
    r"(?! (?:i |we |you )?wait)[^.?!]{0,60}\b(?:so|to|for|if|before|until)\b"
    r"|\b(?:best|optimal|optimum|ideal) (?:launch )?(?:angle|speed|length|height)\b",
    re.IGNORECASE,
)
"""Asks for what a computation starts from, so that something comes of it."""

_OTHER_MOTION = re.compile(
    r"\b(?:roll|slid|ski|coast|glid|skid)\w* (?:\w+ ){0,2}down\b"
    r"|\bdown (?:a|an|the) [^.?!,]{0,20}(?:slope|hill|ramp|incline)|\b(?:up|along) (?:a|an|the) (?:slope|hill|incline)"
    r"|\binclined plane\b|\bclimbing at\b|\bleans?\b(?! (?:\S+ ){0,2}away)",
    re.IGNORECASE,
)
_OTHER_PHYSICS = re.compile(
    r"\bexpan[ds]\w*\b|\bheat (?:flux|flow|loss) (?:of|in)\b"
    r"|\bhow much (?:heat|energy|power|force|work|weight|longer|shorter|current|charge)\b"
    r"|\b(?:brak|accelerat(?!ion of gravity|ion due)|deceler|vibrat|reson|refract|orbit|conductiv|resistiv)\w*"
    r"|\b(?:guitar|violin|piano|satellite|photons?|circuit|resistor|capacitor|lens)\b|\b(?:on|of) a spring\b"
    r"|\b(?:melt|boil|evaporat|freez|rust|bend|break|snap|burst)s?(?: \w+)?\?"
    r"|\b(?:kinetic|potential|thermal|elastic) energy\b|\b(?:tension|momentum|torque|stress|strain|inertia)\b",
    re.IGNORECASE,
)

_OPINES = re.compile(
    r"\b(?:hard|difficult|easy|possible|practical|realistic|worth|legal|stupid|safe|dangerous|fun|scary|cool|hurts?"
    r"|mind|believe|think|agree|normal|broken|impressive|amazing|lonely|bored|feelings|good idea|survive|great"
    r"|too (?:fast|hot|cold|long|short|high))\b[^.?!]*\?\W*$",
    re.IGNORECASE,
)


_OF_PEOPLE = re.compile(
    r"\bwhere (?:would|should|can|could|do|did) (?:i|we|you) (?:hang|buy|find|get|keep|store|build)\b"
    r"|\b(?:what|how) (?:would|should|do|will|could|can) (?:i|we|you|people|they|one|it) "
    r"(?:write|prepare|say|think|feel|learn|study|explain|teach|react|like)\b",
    re.IGNORECASE,
)
_VERDICT = re.compile(r"(?:^|,)\W*(?:is|are|was|were|do|does|did|would|should|will)\b", re.IGNORECASE)


def wants_otherwise(sentence: Sentence, own: AbstractSet[str]) -> bool:
    """Whether what is wanted is another computation, its reverse, or an opinion of it.

    `own` are the stems of the words by which the operation is asked for: what it speaks of is no other physics.
    """
    text = sentence.text
    last = text[max(text.rfind(mark, 0, -2) for mark in ".!?;") + 1 :]
    opines = _OPINES.search(last) and _VERDICT.search(last)
    return bool(
        opines or _OF_PEOPLE.search(text) or _INVERTS.search(text) or _OTHER_MOTION.search(text) or _is_other(text, own)
    )


def _is_other(text: str, own: AbstractSet[str]) -> bool:
    """Whether a word of another kind of physics is said, that is none of the operation's own."""
    said = ([one.stem for one in tokens(found[0]) if telling(one)] for found in _OTHER_PHYSICS.finditer(text))
    return any(not own >= set(words) for words in said)
