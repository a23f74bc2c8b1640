"""An operation's declaration, taken apart once for the router and the reader of arguments."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.slots import slots_of
from nis_backend.capabilities.operations.words import listed, stem, stems, telling, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nis_backend.capabilities.operations.slots import Slot
    from nis_backend.entry import Entry

MEASURES = listed("""
    radius circumference perimeter girth depth breadth thickness width area volume distance difference ratio
    thick deep wide tall high broad across away apart
    long diameter diagonal
    """)
"""English words for a measure. Beside a number they name it: it is then no field's that is not called so."""

FIELD = 0.8
"""What a word that names a field counts: "left" and "after" are in any talk."""
RESULT = 0.6
"""What a word that names a result counts; one of the name, the summary or a question counts 1."""

TEXTS = ("quote", "quotes", "program", "topic", "address", "called")
"""How fields are filled whose texts stand in a message."""

COLLECTIVE = listed("history overview")
"""English words for many of what is listed."""

_COMPUTES = listed("calculate compute determine evaluate find model plot simulate solve work")
"""English imperatives that ask for a computation, whatever of."""


class Declared:
    """What an operation says of itself; each part is worked out when it is first asked for."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.slots = {slot.name: slot for slot in slots_of(entry.request_schema)}
        self.required = [slot.name for slot in self.slots.values() if slot.required]
        self.by_reads = {slot.reads: slot for slot in self.slots.values() if slot.reads}

    @cached_property
    def measures(self) -> bool:
        """Whether it works on quantities, needed or not: a circuit may be of any of its parts."""
        return any(slot.number and slot.unit for slot in self.slots.values())

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """How it is asked for: its examples' questions, and what it says that it does."""
        return (*self._questions, self.entry.summary)

    @property
    def quotes(self) -> bool:
        """Whether it works on texts that a message quotes: their words say nothing of what is asked."""
        return not self.by_reads.keys().isdisjoint(TEXTS)

    @property
    def formulas(self) -> bool:
        """Whether it works on formulas that a message writes out."""
        return any(self.by_reads[kind].required for kind in ("formula", "equations") if kind in self.by_reads)

    @cached_property
    def results(self) -> tuple[Slot, ...]:
        """The fields of the result."""
        return slots_of(self.entry.result_schema)

    @cached_property
    def foreign(self) -> dict[tuple[str, ...], str | None]:
        """What names a number that is none of the fields', with its unit where one is known: results, and measures."""
        own = {phrase for slot in self.slots.values() for phrase in slot.phrases}
        names: dict[tuple[str, ...], str | None] = {(word,): None for word in MEASURES}
        names |= {tuple(slot.name.split("_")): slot.unit for slot in self.results if slot.number and slot.unit}
        return {phrase: unit for phrase, unit in names.items() if phrase not in own}

    @cached_property
    def words(self) -> Mapping[str, float]:
        """Each stem by which the operation may be asked for, with its weight: the greatest of the places it is in."""
        weights: dict[str, float] = {}
        for weight, texts in (
            (RESULT, [slot.label for slot in self.results]),
            (
                FIELD,
                [
                    " ".join(phrase)
                    for slot in self.slots.values()
                    for phrase in (*slot.phrases, *(words for words, _ in slot.stated))
                ],
            ),
            (1.0, [self._order, *self.asked]),
        ):
            weights |= {word: weight for text in texts for word in stems(text)}
        return weights

    @cached_property
    def questions(self) -> list[list[str]]:
        """The words, as stems, and the marks of each example's question."""
        return [[one.stem for one in tokens(question)] for question in self._questions]

    @cached_property
    def things(self) -> tuple[str, ...]:
        """Of an operation that lists: the words for what it lists, in the plural."""
        verb, _, things = self.entry.action.partition("_")
        if verb != "list":
            return ()
        asked = (one.text for question in self._questions for one in tokens(question) if telling(one))
        return tuple(
            {
                things.rpartition("_")[2]: None,
                **{word: None for word in asked if word.endswith("s") or word in COLLECTIVE},
            }
        )

    @cached_property
    def deniable(self) -> frozenset[str]:
        """The stems that a denial in a message turns away from it: not what may be without, as drag."""
        without = {word for slot in self.slots.values() if slot.type == "boolean" for word in slot.stems}
        return frozenset((self.verbs | self.subject | self.outcome) - without)

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The stems of the verbs that order what the operation does."""
        firsts = (tokens(text)[:1] for text in (self._order, *self.asked))
        orders = (one for first in firsts for one in first if telling(one))
        return frozenset((*(one.stem for one in orders), *map(stem, _COMPUTES)))

    @cached_property
    def choices(self) -> frozenset[str]:
        """The stems of what may be chosen where something must be."""
        return frozenset(
            word for slot in self.slots.values() if slot.required for one in slot.choices for word in stems(one)
        )

    @cached_property
    def outcome(self) -> frozenset[str]:
        """The stems of the results' names."""
        return frozenset(word for slot in self.results for word in stems(slot.label))

    @cached_property
    def subject(self) -> frozenset[str]:
        """The stems of what it is about: of its name and summary, without those of results."""
        about = {*stems(self._order), *stems(self.entry.summary)}
        return frozenset(about - self.outcome)

    @cached_property
    def spelled(self) -> frozenset[str]:
        """Every word by which it may be asked for, as it is spelled."""
        texts = [self._order, *self.asked]
        texts += [" ".join(phrase) for slot in self.slots.values() for phrase in slot.phrases]
        texts += [choice for slot in self.slots.values() for choice in slot.choices]
        return frozenset(one.text for text in texts for one in tokens(text) if one.word)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The stems of every word with which the operation describes itself."""
        return frozenset(one.stem for text in self._texts() for one in tokens(text) if one.word)

    @property
    def _order(self) -> str:
        """Its name as an order: "solve heat"."""
        return self.entry.action.replace("_", " ")

    @cached_property
    def _questions(self) -> list[str]:
        asked = [(example.get("question"), *example.get("also", ())) for example in self.entry.examples]
        return [str(question) for questions in asked for question in questions if question]

    def _texts(self) -> Iterator[str]:
        yield self._order
        yield self.entry.description
        yield from self._questions
        for schema in self.entry.request_schema.get("properties", {}).values():
            yield str(schema.get("description", ""))
        for slot in self.slots.values():
            yield slot.label
            yield from (" ".join(phrase) for phrase in slot.phrases)
            yield from (" ".join(words) for words, _ in slot.stated)
            yield from slot.choices


@lru_cache(maxsize=1024)
def declared(entry: Entry) -> Declared:
    """The declaration of `entry`, taken apart; bounded, and nothing in it is of a call or a caller."""
    return Declared(entry)
