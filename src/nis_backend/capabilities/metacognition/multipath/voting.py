"""Which answers say the same, and what a vote over them comes to."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

Form = Literal["number", "choice", "boolean", "last_line", "whole"]

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_CHOICE = re.compile(r"(?:answer\W{0,10}(?:is\W{0,4})?)?\b\(?([A-H])\)?(?![A-Za-z'])", re.IGNORECASE)
_BOOLEAN = re.compile(r"\b(yes|true|no|false)\b", re.IGNORECASE)


def extracted(text: str, form: Form) -> str | None:
    """The answer that a text gives, so written that the same answers are the same text; None where it gives none."""
    match form:
        case "number":
            found = _NUMBER.findall(text)
            return None if not found else f"{float(found[-1].replace(',', '')):.12g}"
        case "choice":
            choices: list[str] = re.findall(r"(?<![A-Za-z])\(?([A-H])\)?(?![A-Za-z'])", text)
            return choices[-1] if choices else None
        case "boolean":
            said = _BOOLEAN.findall(text)
            return None if not said else "yes" if said[-1].lower() in {"yes", "true"} else "no"
        case "last_line":
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return _plain(lines[-1]) if lines else None
        case "whole":
            return _plain(text) or None


def _plain(text: str) -> str:
    words = re.sub(r"^(?:final\s+)?answer\s*[:=]\s*", "", text.strip().strip("*#` "), flags=re.IGNORECASE)
    return " ".join(words.casefold().split()).rstrip(".! ")


class Votes(Model):
    """Answers that say the same."""

    answer: str
    votes: int
    share: float = Field(description="Of the answers that gave one.")


def counted(answers: Sequence[str | None]) -> list[Votes]:
    """The classes by their votes, of as many the one that came first; what gave no answer has no vote."""
    given = [one for one in answers if one is not None]
    return [
        Votes(answer=answer, votes=votes, share=votes / len(given)) for answer, votes in Counter(given).most_common()
    ]


def settled(answers: Sequence[str | None], left: int) -> bool:
    """Whether whatever the answers to come are, none can have as many votes as the leader has."""
    votes = [one.votes for one in counted(answers)]
    return bool(votes) and votes[0] > (votes[1] if len(votes) > 1 else 0) + left
