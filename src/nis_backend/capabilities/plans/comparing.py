"""Whether a condition holds, and in which words it does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.plans.references import fill
from nis_backend.errors import shorten
from nis_backend.places import is_number, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.capabilities.plans.plan import Condition


def unmet(conditions: Iterable[Condition], known: Mapping[str, Any]) -> str:
    """The first condition that does not hold, with its values; empty where all do.

    Raises:
        InvalidRequest: what is referred to is not there.
    """
    for one in conditions:
        left, right = fill(one.left, known), fill(one.right, known)
        if not _holds(one.compare, left, right, one.within):
            told = f"{_shown(one.left)} is {shorten(json.dumps(left, ensure_ascii=False), 200)}"
            wanted = "" if one.compare == "holds" else f" {shorten(json.dumps(right, ensure_ascii=False), 200)}"
            return f"{told}, which is not: {one.compare}{wanted}"
    return ""


def _shown(value: Any) -> str:  # Any: JSON
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 100)


def _holds(compare: str, left: Any, right: Any, within: float) -> bool:  # Any: JSON
    match compare:
        case "holds":
            return bool(left)
        case "equals" | "differs":
            return _same(left, right, within) == (compare == "equals")
        case "contains" | "lacks":
            return _contains(left, right) == (compare == "contains")
        case _:
            return _ordered(compare, left, right)


def _same(left: Any, right: Any, within: float = 0.0) -> bool:  # Any: JSON
    """Whether two values are equal, numbers up to so much."""
    if not (is_number(left) and is_number(right)):
        return same(left, right)
    try:
        return abs(left - right) <= within
    except OverflowError:
        # A whole number that is larger than any with a point.
        return left == right


def _contains(left: Any, right: Any) -> bool:  # Any: JSON
    if isinstance(left, list):
        return any(_same(one, right) for one in cast("list[Any]", left))
    return isinstance(right, str) and isinstance(left, str | dict) and right in left


def _ordered(compare: str, left: Any, right: Any) -> bool:  # Any: JSON
    """Numbers by size, texts by their letters; other things are in no order, and what asks for one does not hold."""
    alike = (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))
    if not alike:
        return False
    if compare in {"less", "at_most"}:
        return left < right or (compare == "at_most" and left == right)
    return left > right or (compare == "at_least" and left == right)
