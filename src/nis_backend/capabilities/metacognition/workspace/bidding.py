"""What a module's words are worth to the workspace, and who wins its places."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from nis_backend.places import number_at, with_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BID = (
    "weight · salience · novelty. Salience is the number at `bid` in the module's result where one is named, else the "
    "share of the goal's words that are in what it says. Novelty is the share of its words that were not in the "
    "workspace. Words are runs of 3 or more letters or digits in lower case; of equal bids the earlier module's wins."
)
LARGEST = 1e9
"""The greatest salience."""
LONGEST_CONTENT = 2000
"""Characters of what a module says that are kept and told."""
WORDS = ("response", "text", "answer", "summary")
"""Members of a result that are its words, the first that there is."""

_PLACE = re.compile(r"\{([a-z]+)\}")
_WORD = re.compile(r"[^\W_]{3,}")


def words(text: str) -> frozenset[str]:
    """The words by which texts are compared."""
    return frozenset(_WORD.findall(text.casefold()))


def content_of(result: Any) -> str:  # Any: JSON
    """What a result says: its words where it has some, else all of it."""
    if isinstance(result, dict):
        told = cast("dict[str, Any]", result)
        said = next((told[name] for name in WORDS if isinstance(told.get(name), str)), None)
        if said is not None:
            return str(said).strip()[:LONGEST_CONTENT]
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))[:LONGEST_CONTENT]


def at(result: Any, path: str) -> float | None:  # Any: JSON
    """The number at a path such as hits.0.score; None where there is none."""
    value = number_at(result, path)
    # Whole numbers have no end where floats have one.
    return None if value is None else float(max(-LARGEST, min(LARGEST, value)))


def relevance(goal: str, content: str) -> float:
    """The share of the goal's words that are in the content; 0 of a goal without words."""
    wanted = words(goal)
    return len(wanted & words(content)) / len(wanted) if wanted else 0.0


def novelty(content: str, held: str) -> float:
    """The share of the content's words that are not held; 0 of a content without words."""
    said = words(content)
    return len(said - words(held)) / len(said) if said else 0.0


def winners(bids: Sequence[tuple[str, float]], slots: int) -> list[str]:
    """Who has the highest bids above 0, the highest first."""
    return [name for name, bid in sorted(bids, key=lambda one: -one[1]) if bid > 0][:slots]


def length_filled(value: Any, known: Mapping[str, str]) -> int:  # Any: JSON
    """How long a request is with its places filled, at most and as JSON: told before it is made."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text) + sum(text.count(f"{{{name}}}") * len(one) for name, one in known.items())


def filled(value: Any, known: Mapping[str, str]) -> Any:  # Any: JSON
    """A request with its places {goal} and {broadcast} filled; what they are filled with is text."""
    return with_texts(value, lambda text: _PLACE.sub(lambda found: known.get(found[1], found[0]), text))
