"""Answers of several, as classes of those that say the same: who agrees, and whether that is a quorum."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Reading = Literal["number", "choice", "boolean", "line", "text"]

LONGEST_ANSWER = 500
"""Characters by which answers in words are told apart."""
DISAGREEMENT = (
    "1 - Σ n(n-1) / N(N-1) over the classes of n answers among N: the chance that two peers drawn from those that "
    "answered say different things (Simpson 1949)"
)

_NUMBER = re.compile(r"[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_CHOICE = re.compile(r"\b([A-Z])\b")
_BOOLEAN = re.compile(r"\b(yes|no|true|false)\b", re.IGNORECASE)
_MARKS = " \t\r\n.,;:!?*_`\"'()[]"


def read(text: str, reading: Reading) -> str | None:
    """The answer in a text as it is compared, None where there is none; of several, the last."""
    match reading:
        case "number":
            return _number(text)
        case "choice":
            found = _CHOICE.findall(text)
            return found[-1] if found else None
        case "boolean":
            found = _BOOLEAN.findall(text)
            return None if not found else "yes" if found[-1].lower() in {"yes", "true"} else "no"
        case "line":
            lines = [one for one in text.splitlines() if one.strip()]
            return _plain(lines[-1]) if lines else None
        case "text":
            return _plain(text)


def _number(text: str) -> str | None:
    found = _NUMBER.findall(text)
    if not found:
        return None
    try:
        value = Decimal(found[-1].replace(",", "").replace("\u2212", "-"))
    except InvalidOperation:
        return None
    # 42 and 42.0 are one answer; a zero has no sign.
    return f"{value.normalize():f}" if value else "0"


def _plain(text: str) -> str | None:
    return " ".join(text.split()).casefold().strip(_MARKS)[:LONGEST_ANSWER] or None


def classes(answers: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Who said which, the most first; of as many, the order of the answers."""
    who: defaultdict[str, list[str]] = defaultdict(list)
    for name, answer in answers.items():
        who[answer].append(name)
    return sorted(who.items(), key=lambda one: -len(one[1]))


def leader(sizes: Sequence[int], quorum: int) -> bool:
    """Whether the first of the classes, the largest first, has the quorum and stands alone."""
    return bool(sizes) and sizes[0] >= quorum and (len(sizes) == 1 or sizes[0] > sizes[1])


def disagreement(sizes: Sequence[int]) -> float | None:
    """See `DISAGREEMENT`; None where fewer than two answered."""
    of = sum(sizes)
    return None if of < 2 else 1 - sum(one * (one - 1) for one in sizes) / (of * (of - 1))  # noqa: PLR2004 - a pair
