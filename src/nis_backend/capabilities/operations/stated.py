"""What words say of a field without a number: a value, a yes or no, or only that it is another than usual."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.reading import Unclear
from nis_backend.capabilities.operations.words import FUNCTION_WORDS, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.names import Name
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Sentence

_LEAVES = listed("from off atop with")
"""Prepositions that say there is one: "from a cliff", "with damping"."""
_MULTIPLE = re.compile(
    r"\b(?:half|twice|double|triple|thirds?|quarters?|fifths?|sixths?|tenths?|times|percent|per\s+cent|%|reduced|weaker|"
    r"stronger|less|more|lower|higher|zero|different|other|another|moon|mars|planet)(?:['\u2019]s)?[\s-]+"
    r"(?:(?:of|the|a|an|its|our|earth|earth['\u2019]s|normal|usual|standard|terrestrial|as\s+much)\s+)*$"
    r"|%\s*(?:of\s+)?(?:the\s+)?(?:earth(?:['\u2019]s)?\s+)?$",
    re.IGNORECASE,
)
"""What makes of a field's name another value than usual: "half the gravity"."""


def read_stated(sentence: Sentence, operation: Declared, reading: Reading) -> None:
    """Values that words state: "straight up". A number that was read for the field says it better."""
    numbers = frozenset(reading.sources)
    for slot in operation.slots.values():
        said: dict[object, str] = {}
        for words, value in slot.stated:
            # What states two fields at once, as "dropped" a speed and an angle, states neither where one has a number.
            if any(one.name in numbers and words in dict(one.stated) for one in operation.slots.values()):
                continue
            for place in sentence.find(words):
                part = _MULTIPLE.search(sentence.text[: sentence.said[place[0]].start])
                said[None if part else value] = " ".join(words)
        if not said or slot.name in reading.sources or any(slot.name in one.fields for one in reading.unclear):
            continue
        if len(said) == 1 and None not in said:
            reading.fill(slot, *next(iter(said.items())))
        else:
            reading.unclear.append(Unclear(said=tuple(said.values()), fields=(slot.name,)))


def read_truths(sentence: Sentence, operation: Declared, reading: Reading, names: Iterable[Name]) -> None:
    """What is with or without, in whatever words; "with" and "without" at once is unclear."""
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


def read_hints(sentence: Sentence, operation: Declared, reading: Reading, names: Iterable[Name]) -> None:
    """Ask for a field whose default the sentence speaks against without a number: "half the gravity"."""
    spoken = {name for one in reading.unclear for name in one.fields}
    for name in names:
        for field in sorted(name.fields - reading.arguments.keys() - spoken):
            slot = operation.slots[field]
            if not slot.number or slot.required or slot.knob:
                continue
            if said := _hint(sentence, name, usual=slot.default):
                reading.unclear.append(Unclear(said=(said,), fields=(field,)))
                spoken.add(field)


def _hint(sentence: Sentence, name: Name, *, usual: object) -> str | None:
    """The words that say the field is another than usual."""
    first, last = name.place
    tokens = sentence.said[first:last]
    text = sentence.text[tokens[0].start : tokens[-1].end]
    multiple = _MULTIPLE.search(sentence.text[: tokens[0].start])
    if multiple and usual:
        return multiple.group().strip() + " " + text
    if usual != 0 or all(one.text in FUNCTION_WORDS for one in tokens):
        return None
    if tokens[0].text.endswith("ed") or next(_nouns(sentence, first), "") in _LEAVES:
        return text
    return None


def _nouns(sentence: Sentence, first: int) -> Iterator[str]:
    """The word in front of a name, articles and what describes it left out."""
    for one in sentence.said[max(0, first - 3) : first][::-1]:
        if one.text in _LEAVES or not one.word:
            yield one.text
            return
