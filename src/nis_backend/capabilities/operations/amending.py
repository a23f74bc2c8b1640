"""Quantities said twice, corrected, denied or doubtful: which of them count; and angles by where they point."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.operations.sentence import Quantity, Sentence
    from nis_backend.capabilities.operations.slots import Slot

LONGEST_SLIP = 60
"""Characters between a slip and its correction."""
SAME = 0.02
"""How much two ways to say one quantity may differ: 55 mph is "about 25 m/s"."""
RIGHT = 90.0
"""Degrees between the horizontal and the vertical."""
SLIPS_BACK = 3
"""Quantities that a correction may reach back across."""

_AGAIN = re.compile(
    r"\W*(?:(?:i\.?e|that(?:['\u2019]?s|\s+is)|which\s+is|equal(?:s|\s+to)?|aka|or|about|around|roughly|so|meaning)\b"
    r"[\W_]*)*",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:sorry|oops|i\s+meant?|make\s+(?:it|that)|correction|scratch\s+that|or\s+rather|no\s+wait|wait\s+no)\b"
    r"|[,.;\u2013\u2014-]\s*(?:no|wait|actually|rather)\b\s*[,.:;\u2013\u2014]",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|instead\s+of|rather\s+than)(?:\s+(?:at|for|from|after|the|with|of))*\s*$", re.IGNORECASE
)
_OR = re.compile(
    r"(?:\s*,)?\s*(?:or|to)\b(?:\s+(?:maybe|perhaps|possibly|even|is\s+it|was\s+it|about|at|of|after|from|for))*\s+"
    r"|\s*[-\u2013]\s*|\s*/\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\b(?:between|either)(?:\s+(?:at|about))?\s*$", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|or)\s+", re.IGNORECASE)

_DOWN = re.compile(r"\b(?:below|beneath|under|downwards?|downhill)\b", re.IGNORECASE)
_DOWN_BEFORE = re.compile(r"\b(?:downwards?|depression|declination)\b[^.,;!?\d]{0,20}$", re.IGNORECASE)
_ABOVE = re.compile(r"\babove\b", re.IGNORECASE)
_NEXT = re.compile(r"[.,;!?]|\d| and | at | with speed")
"""What the direction of an angle does not reach across."""
_FROM = re.compile(
    r"[^.,;!?\d]{0,24}?\b(?:from|off|to|against|above|below|beneath|under|with|over|of)\s+"
    r"(?:the\s+|a\s+)?(?P<line>horizontal|horizon|vertical|level|plumb)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amended:
    """Which of a sentence's quantities do not count, and which are one of two that are both possible."""

    dropped: frozenset[int]
    alternatives: dict[int, int]
    """For the first of two, the second; which of them is meant is not said."""
    instead: dict[int, int]
    """For a correction, what it corrects: it stands for the same."""


def amend(sentence: Sentence) -> Amended:
    """What the sentence takes back, says again or leaves open of its quantities."""
    dropped: set[int] = set()
    alternatives: dict[int, int] = {}
    instead: dict[int, int] = {}
    quantities = sentence.quantities
    for index, one in enumerate(quantities):
        twin = _twin(quantities, index, dropped)
        if twin is None:
            continue
        before = quantities[twin]
        gap = sentence.text[before.end : one.start]
        if len(gap) <= LONGEST_SLIP and _CORRECTS.search(gap):
            dropped.add(twin)
            instead[index] = twin
        elif _DENIED.search(sentence.text[: one.start]):
            dropped.add(index)
        elif _DENIED.search(sentence.text[: before.start]):
            dropped.add(twin)
            instead[index] = twin
        elif twin == index - 1 and _AGAIN.fullmatch(gap) and _is_same(before, one):
            dropped.add(index)
        elif twin == index - 1 and (
            _OR.fullmatch(gap) or (_AND.fullmatch(gap) and _BETWEEN.search(sentence.text[: before.start]))
        ):
            alternatives[twin] = index
            dropped.add(index)
    either = {one: two for one, two in alternatives.items() if one not in dropped}
    return Amended(frozenset(dropped), either, instead)


def _twin(quantities: Sequence[Quantity], index: int, dropped: set[int]) -> int | None:
    """The quantity of the same kind before this one."""
    one = quantities[index]
    back = [at for at in range(max(0, index - SLIPS_BACK), index) if at not in dropped]
    return next((at for at in reversed(back) if one.unit and quantities[at].dimension == one.dimension), None)


def _is_same(one: Quantity, other: Quantity) -> bool:
    if one.unit == other.unit:
        return False
    shared = one.converted.keys() & other.converted.keys()
    return any(math.isclose(one.converted[unit], other.converted[unit], rel_tol=SAME, abs_tol=1e-9) for unit in shared)


def pointed(sentence: Sentence, index: int, slot: Slot, value: float) -> float:
    """An angle as the field counts it: one below the horizontal is negative, one from the vertical its complement."""
    quantity = sentence.quantities[index]
    reference = next((line for line in ("horizontal", "vertical") if line in slot.description), "")
    if quantity.dimension != "angle" or not reference:
        return value
    following = _NEXT.split(sentence.text[quantity.end : quantity.end + 50])[0]
    said = _FROM.match(following)
    line = "" if said is None else "vertical" if said["line"].lower() in ("vertical", "plumb") else "horizontal"
    below = _DOWN.search(following) or _DOWN_BEFORE.search(sentence.text[: quantity.start])
    if line and line != reference:
        raised = reference == "vertical" and _ABOVE.search(following)
        return RIGHT + value if raised else RIGHT - value
    return -value if below and reference == "horizontal" and value > 0 else value
