"""Places in JSON, by paths of names and numbers, and what stands there: `labels.0` is the first of the labels."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NUMBER = re.compile(r"-?[0-9]{1,9}")
"""No list is so long that one of it has more digits."""


class Nowhere(LookupError):
    """Nothing stands at a path: what stands at its first steps, `before`, has no such `step`."""

    def __init__(self, before: Sequence[str], step: str, held: Any) -> None:  # Any: JSON
        super().__init__(".".join((*before, step)))
        self.before = tuple(before)
        self.step = step
        self.held = held
        self.members = tuple(map(str, cast("dict[Any, Any]", held))) if isinstance(held, dict) else ()


def reach(value: Any, path: str | Sequence[str]) -> Any:  # Any: JSON
    """What stands at a path, or at its steps; at "" it is the value itself.

    A number counts in a list from 0, and one below 0 from its end; `*` is each of a list.

    Raises:
        Nowhere: nothing does.
    """
    return _reach(value, path if not isinstance(path, str) else path.split(".") if path else (), 0)


def _reach(value: Any, steps: Sequence[str], first: int) -> Any:  # Any: JSON
    for place, step in enumerate(steps[first:], first):
        if isinstance(value, dict) and step in value:
            value = cast("dict[str, Any]", value)[step]
        elif isinstance(value, list) and step == "*":
            return [_reach(one, steps, place + 1) for one in cast("list[Any]", value)]
        elif isinstance(value, list) and _stands(step, len(cast("list[Any]", value))):
            value = cast("list[Any]", value)[int(step)]
        else:
            raise Nowhere(steps[:place], step, value)
    return value


def _stands(step: str, length: int) -> bool:
    return _NUMBER.fullmatch(step) is not None and -length <= int(step) < length


def value_at(value: Any, path: str | Sequence[str]) -> Any:  # Any: JSON
    """The same; None where nothing stands."""
    try:
        return reach(value, path)
    except Nowhere:
        return None


def number_at(value: Any, path: str | Sequence[str]) -> float | None:  # Any: JSON
    """The number there, a whole one as it is; None where there is none."""
    found = value_at(value, path)
    if not is_number(found):
        return None
    # What is compared with no number is none.
    return found if isinstance(found, int) or math.isfinite(found) else None


def is_number(value: Any) -> bool:  # Any: JSON
    """Whether a value is a number; to JSON, true is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:  # Any: JSON
    """Whether two values are equal; to JSON, true is no number."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def with_texts(value: Any, change: Callable[[str], Any]) -> Any:  # Any: JSON
    """The value with each text in it as `change` makes it; the names of members stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: with_texts(one, change) for name, one in cast("dict[str, Any]", value).items()}
    return [with_texts(one, change) for one in cast("list[Any]", value)] if isinstance(value, list) else value
