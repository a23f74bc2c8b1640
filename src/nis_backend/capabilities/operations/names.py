"""Names in a sentence: what a field is called by, or a measure or a result that no field is called by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.sentence import QUANTITY
from nis_backend.capabilities.operations.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.sentence import Place, Sentence
    from nis_backend.capabilities.operations.slots import Slot

HALVES = {"diameter": "radius"}
"""Measures of which another is the half."""
_HELD = listed("held kept put set fixed maintained left right . ; ? !")
"""What makes another thing of "at 100 °C" than how warm the rod is."""


@dataclass(frozen=True)
class Name:
    """Where a name stands, and the fields that are called so."""

    place: Place
    fields: frozenset[str]
    units: frozenset[str | None] = frozenset()
    """Where no field is: the units of what is called so; None among them where any unit may be."""


def find_names(sentence: Sentence, operation: Declared) -> list[Name]:
    """The names in the sentence; one within a longer one is none."""
    fields: dict[Place, set[str]] = {}
    units: dict[Place, set[str | None]] = {}
    for slot in operation.slots.values():
        for place in _called(sentence, slot):
            fields.setdefault(place, set()).add(slot.name)
    for phrase, unit in operation.foreign.items():
        for place in sentence.find(phrase):
            units.setdefault(place, set()).add(unit)
    places = list(dict.fromkeys([*fields, *units]))
    return [
        Name(place, frozenset(fields.get(place, ())), frozenset(units.get(place, ())))
        for place in places
        if not any(other != place and other[0] <= place[0] and place[1] <= other[1] for other in places)
    ]


def _called(sentence: Sentence, slot: Slot) -> Iterator[Place]:
    """Where a field is called by one of its names, or by the half of it."""
    halves = [(half,) for whole, half in HALVES.items() if (whole,) in slot.phrases]
    for phrase in (*slot.phrases, *halves):
        yield from sentence.find(phrase)
    yield from _apart(sentence, slot)


def _apart(sentence: Sentence, slot: Slot) -> Iterator[Place]:
    """The "at" of a name "rod at", where words stand between: "a rod of 1 m at 20 °C"."""
    said = sentence.said
    firsts = {words[0] for words in slot.phrases if len(words) == 2 and words[1] == "at"}  # noqa: PLR2004 - a pair
    for first, one in enumerate(said):
        if one.text not in firsts:
            continue
        for at in range(first + 1, min(first + 8, len(said) - 1)):
            if said[at].text in _HELD or said[at].stem == "end":
                break
            if said[at].text == "at" and said[at + 1].text == QUANTITY:
                yield at, at + 1
                break
