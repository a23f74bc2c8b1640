"""How an answer's words are held against the expected ones: each measure by its published formula."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from nis_backend.answers.normalising import NORMALISED, NUMBER, bare, normalised, numbers_written

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT = f"1 where the answer is an expected one, both {NORMALISED}, else 0"
EXACT_AS_WRITTEN = "1 where the answer is an expected one, character for character but for spaces around it, else 0"
CONTAINS = f"1 where an expected answer's words stand in the answer in their order, both {NORMALISED}, else 0"
TOKEN_F1 = (
    f"2 P R / (P + R) of the words that answer and expected share, each as often as it is there, {NORMALISED}; of "
    "several expected the best. Source: Rajpurkar et al. (2016), SQuAD, evaluate-v1.1"
)
CHRF = (
    "chrF2 as sacreBLEU computes it: 100 (1 + 4) P R / (4 P + R) of character n-grams, n = 1 to 6, spaces left out, P "
    "and R averaged over the n that both have; of several expected the best. Source: Popović (2015), WMT 15, 392-395"
)
NUMERIC = "1 where a number of the answer differs from the expected one by no more than the tolerance, else 0"

ORDER, BETA = 6, 2.0
"""Of chrF2. https://github.com/mjpost/sacrebleu, signature nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no."""


def accepted(expected: Any) -> list[str]:  # Any: JSON
    """The answers that are expected, as texts: a list of texts is several of them, and any will do."""
    if isinstance(expected, list) and expected:
        several = cast("list[Any]", expected)
        if all(isinstance(one, str) for one in several):
            return several
    return [written(expected)]


def written(value: Any) -> str:  # Any: JSON
    """A value as a text that is compared."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def exact(answer: str, expected: Any, *, as_written: bool = False) -> float:  # Any: JSON
    """See `EXACT`; what is expected as a number, an object or a list of such is compared as JSON."""
    if not isinstance(expected, str | list) or not all(isinstance(one, str) for one in cast("list[Any]", expected)):
        try:
            return float(_alike(json.loads(answer), expected))
        except (ValueError, RecursionError):
            # It is no JSON: its words are compared.
            pass
    if as_written:
        return float(answer.strip() in [one.strip() for one in accepted(expected)])
    return float(normalised(answer) in [normalised(one) for one in accepted(expected)])


def _alike(one: Any, other: Any) -> bool:  # Any: JSON
    """Whether two values are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return mine.keys() == theirs.keys() and all(_alike(value, theirs[name]) for name, value in mine.items())
    if isinstance(one, list) and isinstance(other, list):
        pairs = cast("list[Any]", one), cast("list[Any]", other)
        return len(pairs[0]) == len(pairs[1]) and all(map(_alike, *pairs))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def contains(answer: str, expected: Any) -> float:  # Any: JSON
    """See `CONTAINS`."""
    said = f" {normalised(answer)} ", f" {bare(answer)} "
    return float(any(f" {words} " in one for words in map(normalised, accepted(expected)) if words for one in said))


def token_f1(answer: str, expected: Any) -> float:  # Any: JSON
    """See `TOKEN_F1`; where one of the two has no word, 1 if neither has, else 0, as SQuAD 2.0 has it."""
    said = Counter(normalised(answer).split())
    return max(_f1(said, Counter(normalised(one).split())) for one in accepted(expected))


def _f1(said: Counter[str], wanted: Counter[str]) -> float:
    sizes = said.total(), wanted.total()
    return 2 * _shared(said, wanted) / sum(sizes) if all(sizes) else float(not any(sizes))


def _shared(one: Counter[str], other: Counter[str]) -> int:
    """How much two have together, looked up by the smaller one."""
    small, large = (one, other) if len(one) < len(other) else (other, one)
    return sum(min(count, large[key]) for key, count in small.items() if key in large)


Counted = list[tuple[int, int, int]]
"""For each length of n-grams: how many the answer has, the expected, and both."""


def _grams(text: str) -> list[Counter[str]]:
    """A text's n-grams, by their lengths."""
    text = "".join(text.split())
    return [
        Counter(text[start : start + length] for start in range(len(text) - length + 1))
        for length in range(1, ORDER + 1)
    ]


def _counted(said: Sequence[Counter[str]], wanted: Sequence[Counter[str]]) -> Counted:
    """What chrF is made of; as sacreBLEU has it, an answer's n-grams do not count where none are expected as long."""
    return [
        (mine.total() if theirs else 0, theirs.total(), _shared(mine, theirs))
        for mine, theirs in zip(said, wanted, strict=True)
    ]


def chrf_of(counted: Counted) -> float:
    """chrF2 of what was counted, 0 to 100."""
    both = [(match / mine, match / theirs) for mine, theirs, match in counted if mine and theirs]
    if not both:
        return 0.0
    precision, recall = (sum(parts) / len(both) for parts in zip(*both, strict=True))
    if precision + recall == 0:
        return 0.0
    square = BETA * BETA
    return 100 * (1 + square) * precision * recall / (square * precision + recall)


def best_chrf(answer: str, expected: Any) -> tuple[float, Counted]:  # Any: JSON
    """See `CHRF`, and the counts of the expected answer that is nearest."""
    said = _grams(answer)
    counted = [_counted(said, _grams(one)) for one in accepted(expected)]
    scores = [chrf_of(one) for one in counted]
    best = max(range(len(scores)), key=scores.__getitem__)
    return scores[best], counted[best]


def summed(counts: Sequence[Counted]) -> float:
    """chrF2 of a whole set of answers, as sacreBLEU's corpus score: of the counts' sums."""
    sums: Counted = []
    for of_length in zip(*counts, strict=True):
        mine, theirs, match = (sum(part) for part in zip(*of_length, strict=True))
        sums.append((mine, theirs, match))
    return chrf_of(sums)


def numbers_in(text: str) -> list[float]:
    """The numbers that are written in a text."""
    return [float(one) for one in numbers_written(text)]


def near(answer: str, wanted: float, which: str, absolute: float, relative: float) -> float:
    """See `NUMERIC`: the first, the last, or any number of the answer; or the answer as a whole, `only`."""
    found = numbers_in(answer)
    if which == "only":
        found = found if len(found) == 1 and not normalised(NUMBER.sub("", answer)) else []
    elif which != "any":
        found = found[:1] if which == "first" else found[-1:]
    return float(any(abs(one - wanted) <= max(absolute, relative * abs(wanted)) for one in found))
