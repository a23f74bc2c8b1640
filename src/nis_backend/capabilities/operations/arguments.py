"""Arguments read from a sentence by code: what a model too small for it must not do.

All that is known of a field comes from the request's JSON schema. Units, numbers and words are read in this order; what
two fields could claim is left open and reported: nothing is guessed.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.operations.amending import amend
from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.numbers import NumberReader, find_names
from nis_backend.capabilities.operations.reading import Reading, Unclear
from nis_backend.capabilities.operations.words import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from nis_backend.capabilities.operations.amending import Amended
    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.numbers import Name
    from nis_backend.capabilities.operations.sentence import Mention, Sentence
    from nis_backend.capabilities.operations.slots import Slot
    from nis_backend.operation import Entry

# Not "one", which stands for the thing: "the last one".
_COUNTED = "two three four five six seven eight nine ten eleven twelve"
COUNTS = {word: number for number, word in enumerate(_COUNTED.split(), start=2)} | {"fifteen": 15, "twenty": 20}
_COUNT = re.compile(
    rf"\b(?:last|latest|newest|first|recent|top)\s+(?P<n>\d{{1,4}}|{'|'.join(COUNTS)})\b(?![.,]\d)"
    rf"|\b(?P<m>\d{{1,4}}|{'|'.join(COUNTS)})\s+(?:(?:most|last)\s+)?(?:recent|latest|newest|last)\b",
    re.IGNORECASE,
)


def read_arguments(
    sentence: Sentence,
    entry: Entry,
    *,
    known: Mapping[str, Any] | None = None,  # Any: JSON
    asked: Collection[str] = (),
) -> Reading:
    """What `sentence` gives the operation, on top of what is `known` from before.

    Its quantities must have been converted to the units of the fields. `asked` are fields that the person was just
    asked for: a number without a name goes to them first, and one without a unit is in the field's own.
    """
    operation = declared(entry)
    reading = Reading(arguments=dict(known or {}))
    amended = amend(sentence)
    left = set(range(len(sentence.quantities))) - amended.dropped
    left -= _read_quotes(sentence, operation, reading)
    left -= _read_counts(sentence, operation, reading)
    left -= _read_units(sentence, operation, reading, amended, asked=bool(asked))
    names = find_names(sentence, operation)
    NumberReader(
        sentence, operation, reading, names, left, asked=asked, known=known or {}, alternatives=amended.alternatives
    ).read()
    _read_choices(sentence, operation, reading)
    _read_stated(sentence, operation, reading)
    _read_truths(sentence, operation, reading, names)
    reading.missing = [name for name in operation.required if name not in reading.arguments]
    return reading


# Texts: what is quoted is a text, whatever numbers are in it.


def _read_quotes(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill the fields that want texts; answers the quantities that are within them."""
    one, several = operation.by_reads.get("quote"), operation.by_reads.get("quotes")
    quotes = sentence.quotes or (sentence.rest if one else ())
    texts = [sentence.text[start:end].strip() for start, end in quotes]
    if one and len(texts) == 1:
        reading.fill(one, texts[0], texts[0])
    elif one and texts:
        reading.unclear.append(Unclear(said=tuple(texts), fields=(one.name,)))
    if several and len(texts) > 1:
        reading.fill(several, texts, " / ".join(texts))
    if not (one or several):
        return set()
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(start <= quantity.start < end for start, end in quotes)
    }


# Units: the fields that want a unit's name, not a number.


def _read_units(
    sentence: Sentence, operation: Declared, reading: Reading, amended: Amended, *, asked: bool
) -> set[int]:
    """Fill the fields that name units, and the magnitude beside; answers the quantities that are dealt with."""
    source, target = operation.by_reads.get("unit"), operation.by_reads.get("target_unit")
    if source is None and target is None:
        return set()
    chosen = _converted(sentence, amended) if source else []
    said = [*chosen, *(amended.alternatives[index] for index in chosen if index in amended.alternatives)]
    magnitude = operation.by_reads.get("magnitude")
    if source and len(said) > 1:
        texts = tuple(sentence.quantities[index].text for index in said)
        fields = tuple(slot.name for slot in operation.slots.values() if slot.reads in ("unit", "magnitude"))
        reading.unclear.append(Unclear(said=texts, fields=fields))
    elif source and chosen:
        quantity = sentence.quantities[chosen[0]]
        reading.fill(source, quantity.unit, quantity.text)
        if magnitude:
            reading.fill(magnitude, quantity.value, quantity.text)
    if source and target and len(chosen) != 1 and (pair := _unit_pair(sentence)):
        wanted, given = pair
        reading.fill(target, wanted.unit, wanted.text)
        reading.fill(source, given.unit, given.text)
        _doubt_magnitude(sentence, given, magnitude, reading)
    elif target:
        mentions = _targets(sentence, chosen, asked=asked)
        if len({one.unit for one in mentions}) == 1:
            reading.fill(target, mentions[0].unit, mentions[0].text)
        elif len(mentions) > 1:
            reading.unclear.append(Unclear(said=tuple(one.text for one in mentions), fields=(target.name,)))
    return set(said)


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
    having = [index for index, one in enumerate(sentence.quantities) if one.unit and index not in amended.dropped]
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


# Words: counts, choices, and what is with or without.


def _read_counts(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill how many things are wanted; answers the quantities that said so."""
    slot = operation.by_reads.get("count")
    said = list(_COUNT.finditer(sentence.text)) if slot else []
    numbers = ((one["n"] or one["m"], one[0]) for one in said)
    found = {COUNTS.get(number.lower()) or int(number): words for number, words in numbers}
    if slot and len(found) == 1:
        count, words = next(iter(found.items()))
        reading.fill(slot, count, words)
    elif slot and found:
        reading.unclear.append(Unclear(said=tuple(found.values()), fields=(slot.name,)))
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(one.start() <= quantity.start < one.end() for one in said)
    }


def _read_stated(sentence: Sentence, operation: Declared, reading: Reading) -> None:
    """Values that words state: "straight up". A number that was read for the field says it better."""
    for slot in operation.slots.values():
        said = {value: " ".join(words) for words, value in slot.stated if any(sentence.find(words))}
        if not said or slot.name in reading.sources or any(slot.name in one.fields for one in reading.unclear):
            continue
        if len(said) == 1 and None not in said:
            reading.fill(slot, *next(iter(said.items())))
        else:
            reading.unclear.append(Unclear(said=tuple(said.values()), fields=(slot.name,)))


def _read_choices(sentence: Sentence, operation: Declared, reading: Reading) -> None:
    for slot in operation.slots.values():
        if slot.reads != "choice":
            continue
        named = slot.chosen(sentence.spelled_out)
        if len(named) == 1:
            choice, words = next(iter(named.items()))
            reading.fill(slot, choice, words)
        elif named:
            reading.unclear.append(Unclear(said=tuple(named), fields=(slot.name,)))


def _read_truths(sentence: Sentence, operation: Declared, reading: Reading, names: Iterable[Name]) -> None:
    for slot in operation.slots.values():
        if slot.type != "boolean":
            continue
        truths = {sentence.polarity(name.place) for name in names if slot.name in name.fields}
        said = [truth for truth in (True, False) if truth in truths]
        words = [f"{'with' if truth else 'without'} {slot.label}" for truth in said]
        if len(said) == 1:
            reading.fill(slot, said[0], words[0])
        elif said:
            reading.unclear.append(Unclear(said=tuple(words), fields=(slot.name,)))
