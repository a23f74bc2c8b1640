"""Which numbers of an answer stand in what was read before it, to the digits that the answer gives."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.metacognition.debug.explanation import Grounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.operation import Json

MOST_NUMBERS, MOST_PLACES = 100, 5
LONGEST_READ = 200_000
"""Characters of one piece in which numbers are looked for."""
SLACK = 1 + 1e-9
"""A half of the last digit is rounded as a double."""
# A unit may stand right behind it, as in 50kg.
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3}(?!\d))?")


def grounded(answer: str, readings: Sequence[tuple[int, str]], defaults: Json | None = None) -> list[Grounded]:
    """Each number of the answer, and the readings that have it: each reading is sorted once, and looked up.

    The same of the fields that are as by default, which nobody has said.
    """
    there = [(seq, _numbers(text)) for seq, text in readings]
    assumed = [(name, _numbers(words_of(value))) for name, value in (defaults or {}).items()]
    said = list(dict.fromkeys(_NUMBER.findall(answer)))[:MOST_NUMBERS]
    found = {one: [seq for seq, values in there if _among(one, values)] for one in said}
    return [
        Grounded(
            number=one,
            places=places[:MOST_PLACES],
            defaults=[name for name, values in assumed if _among(one, values)][:MOST_PLACES],
        )
        for one, places in found.items()
    ]


def _numbers(text: str) -> list[float]:
    return sorted({_value(one) for one in _NUMBER.findall(text)})


def words_of(value: Any) -> str:  # Any: JSON
    """What stands in JSON, a line each: as text has it, without the signs by which JSON writes that."""
    found: list[str] = []
    waiting, length = [value], 0
    while waiting and length < LONGEST_READ:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [part for pair in reversed(list(cast("dict[str, Any]", one).items())) for part in reversed(pair)]
        elif isinstance(one, list):
            waiting += reversed(cast("list[Any]", one))
        elif isinstance(one, str | int | float) and not isinstance(one, bool):
            found.append(str(one))
            length += len(found[-1]) + 1
    return "\n".join(found)[:LONGEST_READ]


def same(written: str, value: float) -> bool:
    """Whether a value, rounded to the digits after the point that are written, is the number that is written."""
    return abs(_value(written) - value) <= _half(written) * SLACK


def _among(written: str, values: Sequence[float]) -> bool:
    number, half = _value(written), _half(written)
    if not math.isfinite(number):
        return False
    # A little wider than what is the same, which is told one by one.
    at, last = bisect_left(values, number - half * (1 + 1e-6)), number + half * (1 + 1e-6)
    while at < len(values) and values[at] <= last:
        if same(written, values[at]):
            return True
        at += 1
    return False


def _value(written: str) -> float:
    return float(written.replace(",", ""))


def _half(written: str) -> float:
    """Of the last digit after the point; nought where there is none: a whole number is exact."""
    mantissa, _, exponent = written.replace(",", "").lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(f"5e{int(exponent or 0) - decimals - 1}") if decimals else 0.0
