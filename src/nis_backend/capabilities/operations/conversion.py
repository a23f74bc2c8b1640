"""The quantity and the unit of a conversion, read from a sentence: fields that want a unit's name, not a number."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.reading import Unclear
from nis_backend.capabilities.operations.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.operations.amending import Amended
    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Mention, Sentence
    from nis_backend.capabilities.operations.slots import Slot


def read_units(sentence: Sentence, operation: Declared, reading: Reading, amended: Amended, *, asked: bool) -> set[int]:
    """Fill the fields that name units, and the magnitude beside; answers the quantities that are dealt with."""
    source, target = operation.by_reads.get("unit"), operation.by_reads.get("target_unit")
    if source is None and target is None:
        return set()
    chosen = _converted(sentence, amended) if source else []
    said = [*chosen, *(amended.alternatives[index] for index in chosen if index in amended.alternatives)]
    magnitude = operation.by_reads.get("magnitude")
    if source and chosen:
        _fill_source(sentence, operation, reading, source, said)
    if source and target and len(chosen) != 1 and (pair := _unit_pair(sentence)):
        wanted, given = pair
        reading.fill(target, wanted.unit, wanted.text)
        reading.fill(source, given.unit, given.text)
        _doubt_magnitude(sentence, given, magnitude, reading)
    elif source and target and not chosen and not asked and (bare := _bare(sentence)):
        wanted, number = bare
        reading.fill(target, wanted.unit, wanted.text)
        if magnitude:
            reading.fill(magnitude, sentence.quantities[number].value, sentence.quantities[number].text)
        return {number}
    elif target:
        _fill_target(reading, target, _targets(sentence, chosen, asked=asked))
    return set(said)


def _fill_source(sentence: Sentence, operation: Declared, reading: Reading, source: Slot, said: Sequence[int]) -> None:
    """The quantity that is to be converted; of several none."""
    magnitude = operation.by_reads.get("magnitude")
    if len(said) > 1:
        texts = tuple(sentence.quantities[index].text for index in said)
        fields = tuple(slot.name for slot in operation.slots.values() if slot.reads in ("unit", "magnitude"))
        reading.unclear.append(Unclear(said=texts, fields=fields))
        return
    quantity = sentence.quantities[said[0]]
    if quantity.unit == "degree" and any(one.dimension == "temperature" for one in sentence.mentions):
        # "20 degrees in °F": of which scale is not said.
        reading.unclear.append(Unclear(said=(quantity.text,), fields=(source.name,)))
    else:
        reading.fill(source, quantity.unit, quantity.text)
    if magnitude:
        reading.fill(magnitude, quantity.value, quantity.text)


def _fill_target(reading: Reading, target: Slot, mentions: Sequence[Mention]) -> None:
    if len({one.unit for one in mentions}) == 1:
        reading.fill(target, mentions[0].unit, mentions[0].text)
    elif mentions:
        reading.unclear.append(Unclear(said=tuple(one.text for one in mentions), fields=(target.name,)))


def _bare(sentence: Sentence) -> tuple[Mention, int] | None:
    """Of "convert 12 to feet": the unit it is wanted in, and the number, which has none."""
    pointed = [one for one in sentence.mentions if sentence.word_before(one) in ("to", "into")]
    only = len(sentence.quantities) == len(sentence.mentions) == len(pointed) == 1
    return (pointed[0], 0) if only and not sentence.quantities[0].unit else None


def _doubt_magnitude(sentence: Sentence, given: Mention, magnitude: Slot | None, reading: Reading) -> None:
    """Ask how many are given, where something is said that is no number read here: "a few miles"."""
    bare = [one.text for one in sentence.quantities if not one.unit]
    vague = [one.group() for one in [_VAGUE.search(sentence.text[: given.start])] if one]
    if magnitude and (said := [*bare, *vague]):
        reading.unclear.append(Unclear(said=tuple(said), fields=(magnitude.name,)))


_VAGUE = re.compile(
    r"\b(?:few|several|some|many|half|quarters?|thirds?|fifths?|eighths?|tenths?|dozens?|hundreds?|thousands?|millions?"
    r"|couple|pair)(?:\s+(?:of\s+)?(?:an?\s+|the\s+)?)$",
    re.IGNORECASE,
)
"""What stands for a number in front of a unit."""


def _converted(sentence: Sentence, amended: Amended) -> list[int]:
    """The quantities with a unit; if some share a dimension with a unit mentioned alone, only those."""
    counted = {index: one for index, one in enumerate(sentence.quantities) if index not in amended.dropped}
    # What is said twice is one.
    once = {(one.value, one.unit): index for index, one in reversed(counted.items()) if one.unit}
    having = sorted(once.values())
    wanted = {one.dimension for one in sentence.mentions}
    return [index for index in having if sentence.quantities[index].dimension in wanted] or having


def _unit_pair(sentence: Sentence) -> tuple[Mention, Mention] | None:
    """Of "how many feet are in a mile": the unit wanted, and the unit given."""
    if len(sentence.mentions) != 2 or sentence.mentions[0].dimension != sentence.mentions[1].dimension:  # noqa: PLR2004 - a pair
        return None
    first, second = sentence.mentions
    if sentence.word_before(first) == "many":
        return first, second
    if sentence.word_before(second) in ("to", "in", "into", "as"):
        return second, first
    return None


def _targets(sentence: Sentence, chosen: Sequence[int], *, asked: bool) -> Sequence[Mention]:
    """The units mentioned without a number that the quantity, or each of several of a kind, may be wanted in."""
    dimensions = {sentence.quantities[index].dimension for index in chosen}
    if len(dimensions) != 1:
        return sentence.mentions if asked else []
    candidates = [one for one in sentence.mentions if one.dimension in dimensions]
    # Another dimension is taken only where the sentence clearly asks for it: the operation then says why not.
    candidates = candidates or [one for one in sentence.mentions if sentence.word_before(one) in ("to", "into")]
    if len({one.unit for one in candidates}) > 1:
        pointed = [one for one in candidates if sentence.word_before(one) in _TOWARDS]
        # "in pounds or stone" is a choice of two; of "a mile in feet, or so I think, of a foot" the first.
        either = [
            two
            for one, two in pairwise(candidates)
            if one in pointed and _EITHER.fullmatch(sentence.text, one.end, two.start)
        ]
        return [*pointed, *either]
    return candidates


_TOWARDS = listed("to in into as many")
_EITHER = re.compile(r",?\s+(?:or|and|and/or|as well as)\s+(?:in\s+|to\s+|maybe\s+)*", re.IGNORECASE)
