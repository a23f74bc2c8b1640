"""Lists of numbers and matrices read out of a sentence: in brackets, or set apart by commas. No dates, no units."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.reading import Unclear

if TYPE_CHECKING:
    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Sentence
    from nis_backend.capabilities.operations.slots import Slot

_NUMBER = r"[-+\u2212]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_BREAK = r"\s*[,;]\s*|\s+"
_INSIDE = rf"\s*{_NUMBER}(?:(?:{_BREAK}){_NUMBER})*\s*,?\s*"
_ROWS = re.compile(rf"[\[({{]\s*(?:[\[({{]{_INSIDE}[\])}}]\s*[,;]?\s*)+[\])}}]")
"""Lists in a list: [[2, 1], [1, 3]]."""
_BY_SEMICOLONS = re.compile(rf"\[\s*{_NUMBER}(?:[\s,]+{_NUMBER})*(?:\s*;\s*{_NUMBER}(?:[\s,]+{_NUMBER})*)+\s*\]")
"""Rows set apart by semicolons: [2 1; 1 3]."""
_BRACKETS = re.compile(rf"[\[{{]{_INSIDE}[\]}}]|\((?=[^()]*,){_INSIDE}\)")
_BARE = re.compile(
    # Not a part of a word, of a date, a version or a sum; "and" may stand before the last.
    rf"(?<![\w.:/*^+\[({{-]){_NUMBER}(?:(?:\s*[,;]\s*(?:and\s+)?{_NUMBER}){{2,}}(?:\s+and\s+{_NUMBER})?"
    rf"|(?:\s*[,;]\s+{_NUMBER})+\s+and\s+{_NUMBER})"
    r"(?!\.?\d|\s*[-+*/^:=(]|\w|\s*(?:°|%))"
)
_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
"""1,000 is one number, and whether 1,000,2,000 are two is not told."""
_ONE = re.compile(_NUMBER)
_BEFORE = re.compile(r"\s*(?:(?:please\s+)?solve:?\s*)?(?:A\s*=\s*)?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[*·]?\s*x\s*=\s*", re.IGNORECASE)
_AFTER = re.compile(r"\s*[.?!]?\s*")
_DEGREES = re.compile(r"\s*(?:°|deg(?:rees?)?\b)", re.IGNORECASE)
_LENGTHS = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "dm": 0.1, "in": 0.0254, "ft": 0.3048}
_UNITS = {
    "rad": r"(?:\s*(?:°|deg(?:rees?)?\b|rad(?:ians?)?\b))?",
    "m": rf"(?:\s*(?:{'|'.join(_LENGTHS)})\b)?",
}
"""Units that may stand behind each number of a list; degrees are turned into radians, lengths into metres."""
_JOINED = re.compile(r"\s*(?:,|;|->|→|\band\b|\bto\b|\bthen\b|\bvia\b|\s)*\s*", re.IGNORECASE)
MOST = 20_000
"""Numbers of a list that is read."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list or a matrix in a sentence; a list is a matrix of one row."""

    rows: list[list[float]]
    nested: bool
    start: int
    end: int


def find_lists(text: str) -> list[Listed]:
    """The lists and matrices of a text, in their order."""
    found: list[Listed] = []
    for pattern in (_ROWS, _BY_SEMICOLONS, _BRACKETS, _BARE):
        for one in pattern.finditer(text):
            if any(one.start() < other.end and other.start < one.end() for other in found):
                continue
            if pattern is _BARE and _THOUSANDS.search(one[0]):
                continue
            nested = pattern in (_ROWS, _BY_SEMICOLONS)
            parts = re.findall(rf"[\[({{]({_INSIDE})[\])}}]", one[0]) if pattern is _ROWS else [one[0]]
            if pattern is _BY_SEMICOLONS:
                parts = one[0].split(";")
            rows = [[float(number.replace("\u2212", "-")) for number in _ONE.findall(part)] for part in parts]
            if sum(map(len, rows)) <= MOST:
                found.append(Listed(rows=rows, nested=nested, start=one.start(), end=one.end()))
    return sorted(found, key=lambda one: one.start)


def bare_system(sentence: Sentence, operation: Declared) -> list[tuple[int, int]]:
    """Where a matrix and a list stand that are all there is: "[[2, 1], [1, 3]] x = [3, 5]"; nothing of other messages.

    Only for what needs the two and nothing else.
    """
    if sorted(operation.slots[name].reads or "" for name in operation.required) != ["matrix", "numbers"]:
        return []
    found = find_lists(sentence.text)
    if [one.nested for one in found] != [True, False]:
        return []
    matrix, right = found
    around = (sentence.text[: matrix.start], sentence.text[matrix.end : right.start], sentence.text[right.end :])
    wanted = (_BEFORE, _BETWEEN, _AFTER)
    whole = all(pattern.fullmatch(text) for pattern, text in zip(wanted, around, strict=True))
    return [(matrix.start, matrix.end), (right.start, right.end)] if whole else []


def read_lists(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill the fields that want lists and matrices; answers the quantities that are within them."""
    matrix = [slot for slot in operation.slots.values() if slot.reads == "matrix"]
    lists = [slot for slot in operation.slots.values() if slot.reads == "numbers"]
    if not (matrix or lists):
        return set()
    # Numbers with units are quantities: "3, 4 and 5 m".
    units = [one.start for one in sentence.quantities if one.unit]
    found = [one for one in find_lists(sentence.text) if not any(one.start <= at < one.end for at in units)]
    nested, flat = [one for one in found if one.nested], [one for one in found if not one.nested]
    if not nested:
        flat, nested = _as_rows(sentence, operation, flat)
    flat = _as_points(sentence, reading, lists, flat)
    _fill(sentence, reading, matrix, nested, matrices=True)
    _fill(sentence, reading, lists, flat, matrices=False)
    spans = [(one.start, one.end) for one in found]
    spans += [
        span for slot in lists if slot.name not in reading.arguments and (span := _called(sentence, slot, reading))
    ]
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(start <= quantity.start < end for start, end in spans)
    }


def _called(sentence: Sentence, slot: Slot, reading: Reading) -> tuple[int, int] | None:
    """Fill a list with the few numbers behind its name: "amplitudes 2 and 0.5", "joint angles of 30° and 45°"."""
    unit = _UNITS.get(slot.items or "", "")
    number = rf"{_NUMBER}{unit}(?![\w.]*\d)"
    for phrase in slot.phrases:
        words = r"\s+".join(map(re.escape, phrase))
        found = re.search(
            rf"(?<!\w){words}\s*(?:of|are|is|at|:|=)?\s*(?P<list>{number}(?:(?:\s*,\s*|\s+)(?:and\s+)?{number})*)",
            sentence.text,
            re.IGNORECASE if len(phrase[0]) > 1 else 0,
        )
        if found is None:
            continue
        within = [one for one in sentence.quantities if found.start() < one.end and one.start < found.end()]
        # A unit that is not the list's own stands behind its last number.
        if any(one.unit and (unit == "" or one.end > found.end("list")) for one in within):
            continue
        turns = slot.items == "rad" and re.search(r"°|deg", found["list"], re.IGNORECASE)
        numbers = _lengths(found["list"]) if slot.items == "m" else _plain(found["list"])
        reading.fill(slot, [math.radians(one) for one in numbers] if turns else numbers, found["list"])
        return found.span("list")
    return None


def _plain(said: str) -> list[float]:
    return [float(one.replace("\u2212", "-")) for one in _ONE.findall(said)]


def _lengths(said: str) -> list[float]:
    """Numbers in metres, each in its own unit or in the next that is said: "0.4 and 0.3 m"."""
    factor, numbers = 1.0, list[float]()
    for one in reversed(list(re.finditer(rf"(?P<number>{_NUMBER})\s*(?P<unit>[a-z]+)?", said))):
        factor = _LENGTHS.get(one["unit"] or "", factor)
        numbers.append(_plain(one["number"])[0] * factor)
    return numbers[::-1]


def _fill(sentence: Sentence, reading: Reading, slots: list[Slot], found: list[Listed], *, matrices: bool) -> None:
    """Give each list to the field named right before it, and the others to the fields left, in order."""
    waiting = [slot for slot in slots if slot.name not in reading.arguments]
    rest: list[Listed] = []
    for one in found:
        slot = _named(sentence, waiting, one)
        if slot is None:
            rest.append(one)
            continue
        waiting.remove(slot)
        _give(sentence, reading, slot, one, matrices=matrices)
    if len(rest) > len(waiting):
        if waiting:
            said = tuple(sentence.text[one.start : one.end] for one in rest)
            reading.unclear.append(Unclear(said=said, fields=tuple(slot.name for slot in waiting)))
        return
    for slot, one in zip(waiting, rest, strict=False):
        _give(sentence, reading, slot, one, matrices=matrices)


def _as_points(sentence: Sentence, reading: Reading, slots: list[Slot], flat: list[Listed]) -> list[Listed]:
    """Fill x and y with the points of a sentence, "(0, 1), (1, 2)"; answers the lists left."""
    named = {slot.name: slot for slot in slots}
    if not {"x", "y"} <= named.keys():
        return flat
    pairs = [one for one in flat if len(one.rows[0]) == 2 and sentence.text[one.start] == "("]  # noqa: PLR2004 - x and y
    if len(pairs) < 2 or any(_named(sentence, slots, one) for one in pairs):  # noqa: PLR2004 - as many points
        return flat
    said = sentence.text[pairs[0].start : pairs[-1].end]
    for place, name in enumerate(("x", "y")):
        reading.fill(named[name], [one.rows[0][place] for one in pairs], said)
    return [one for one in flat if one not in pairs]


def _as_rows(sentence: Sentence, operation: Declared, flat: list[Listed]) -> tuple[list[Listed], list[Listed]]:
    """The lists left, and the matrix that lists in a row are where only one is needed: "through [0, 1] and [2, 3]"."""
    needed = [operation.slots[name].reads for name in operation.required]
    first = next((one.reads for one in operation.slots.values() if one.reads in ("matrix", "numbers")), "")
    if first != "matrix" or "numbers" in needed:
        return flat, []
    for at, one in enumerate(flat):
        rows = [one]
        for following in flat[at + 1 :]:
            between = sentence.text[rows[-1].end : following.start]
            if not _JOINED.fullmatch(between) or len(following.rows[0]) != len(one.rows[0]):
                break
            rows.append(following)
        if len(rows) > 1:
            matrix = Listed(
                rows=[row for one in rows for row in one.rows], nested=True, start=one.start, end=rows[-1].end
            )
            return [other for other in flat if other not in rows], [matrix]
    return flat, []


def _give(sentence: Sentence, reading: Reading, slot: Slot, one: Listed, *, matrices: bool) -> None:
    rows, end = one.rows, one.end
    if slot.items == "rad" and (degrees := _DEGREES.match(sentence.text, end)):
        rows, end = [[math.radians(number) for number in row] for row in rows], degrees.end()
    reading.fill(slot, rows if matrices else rows[0], sentence.text[one.start : end])


def _named(sentence: Sentence, slots: list[Slot], one: Listed) -> Slot | None:
    """The field whose name stands right before the list: "b = [3, 5]", "at the times [1, 2]"."""
    before = re.sub(r"(?:\s|=|:|\bare\b|\bis\b|\bof\b|\bas\b)+$", "", sentence.text[: one.start].lower())
    for slot in slots:
        for phrase in sorted(slot.phrases, key=len, reverse=True):
            if re.search(rf"(?<!\w){re.escape(' '.join(phrase))}$", before):
                return slot
    return None
