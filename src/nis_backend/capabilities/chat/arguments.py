"""Arguments read from a sentence by code: what a model too small for it must not do.

All that is known of a field comes from the request's JSON schema: its unit, its names, how it is read. Each number goes
to a field of its physical dimension, then by the names that stand near it. What two readings could claim is left open
and reported: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from nis_backend.capabilities.chat.words import (
    FUNCTION_WORDS,
    Token,
    find_phrase,
    listed,
    same_word,
    stem,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nis_backend.operation import Entry, Json

NAMED = 0.5
"""Least nearness at which a name speaks for a number."""
CLEAR = 0.05
"""What the best reading must be ahead of the next by, in the nearness of names."""
MOST_NUMBERS = 6
"""Numbers of one dimension that are told apart; the search grows with their count."""
MOST_CLAIMS = 4
"""Names near one number that are weighed against each other."""
FARTHEST = 6
"""Words that may stand between a name and its number."""

MEASURES = listed("""
    radius circumference perimeter girth depth breadth thickness width area volume distance difference ratio
    thick deep wide tall high broad across
    """)
"""English words for a measure. Beside a number they name it: it is then no field's that is not called so."""
_NAMING = listed("of is = : about in was equals equal exactly approximately roughly being")
"""What may stand between such a word and its number."""

_JOINING = listed("of the a an in for and")
"""What does not tell one choice from another."""
_DENIES = listed("without no not ignore ignoring ignored neglect neglecting neglected disregarding zero minus")
_AFFIRMS = listed("with including include includes plus considering consider assuming under against")
_DENIED = listed("ignored neglected excluded off disregarded free")
_AFFIRMED = listed("included considered on")


class Mention(Protocol):
    """A unit in the sentence, and where it stands."""

    text: str
    unit: str
    dimension: str
    start: int
    end: int


class Quantity(Mention, Protocol):
    """A number in the sentence, with its unit, and its value in the units wanted that are of its dimension."""

    value: float
    converted: dict[str, float]


class Quantities(Protocol):
    """What a sentence has of numbers and units."""

    @property
    def quantities(self) -> Sequence[Quantity]:
        """Every number, in order."""
        ...

    @property
    def mentions(self) -> Sequence[Mention]:
        """The units that stand without a number."""
        ...


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One field of a request, as far as a sentence can fill it."""

    name: str
    type: str
    unit: str | None
    reads: str | None
    choices: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    required: bool

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def number(self) -> bool:
        """Whether a quantity may fill it."""
        return self.type in ("number", "integer") and self.reads is None


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Something said that several fields could mean, or several things that one field could."""

    text: str
    fields: tuple[str, ...]


@dataclass(kw_only=True)
class Reading:
    """What a sentence gives an operation."""

    arguments: Json = field(default_factory=dict[str, Any])  # Any: JSON
    sources: dict[str, str] = field(default_factory=dict[str, str])
    """For each argument read from the sentence, its words."""
    named: set[str] = field(default_factory=set[str])
    """Those of them that the sentence names, and does not only give a fitting number for."""
    missing: list[str] = field(default_factory=list[str])
    """Required fields that nothing was found for."""
    unclear: list[Unclear] = field(default_factory=list[Unclear])
    unread: list[str] = field(default_factory=list[str])
    """Numbers that fit no field."""

    @property
    def complete(self) -> bool:
        """Whether the call may be made without asking."""
        return not self.missing and not self.unclear

    @property
    def asked(self) -> list[str]:
        """The fields a person must look at: those missing, then those unclear."""
        return list(dict.fromkeys([*self.missing, *(name for one in self.unclear for name in one.fields)]))


def slots_of(schema: Json) -> tuple[Slot, ...]:
    """The fields of a request's schema."""
    definitions: Json = schema.get("$defs", {})
    required: list[str] = schema.get("required", [])
    return tuple(_slot(name, one, definitions, name in required) for name, one in schema.get("properties", {}).items())


def _slot(name: str, schema: Json, definitions: Json, required: bool) -> Slot:
    flat: Json = {}
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ()), schema):
        if part.get("type") == "null":
            continue
        target = str(part.get("$ref", "")).rpartition("/")[2]
        flat |= {**definitions.get(target, {}), **part}
    choices = tuple(str(one) for one in flat.get("enum", [flat["const"]] if "const" in flat else ()))
    names = [name.replace("_", " "), *flat.get("names", ())]
    phrases = {tuple(one.text for one in tokens(words) if one.word): None for words in names}
    return Slot(
        name=name,
        type=str(flat.get("type", "")),
        unit=flat.get("unit"),
        reads=flat.get("reads"),
        choices=choices,
        phrases=tuple(one for one in phrases if one),
        required=required,
    )


def read_arguments(
    text: str,
    entry: Entry,
    found: Quantities | None = None,
    *,
    known: Mapping[str, Any] | None = None,  # Any: JSON
    asked: Sequence[str] = (),
) -> Reading:
    """What `text` gives the operation, on top of what is `known` from before.

    `found` are the quantities of the text, converted to the units of the fields. `asked` are fields that the person was
    just asked for: a number without a name goes to them first, and one without a unit is in the field's own.
    """
    return _Reader(text, entry, found, dict(known or {}), frozenset(asked)).read()


@dataclass(frozen=True)
class _Claim:
    """Fields that one name, standing near one number, claims it for; none: the name is not a field's."""

    nearness: float
    fields: frozenset[str]
    place: tuple[int, int]


class _Reader:
    """One reading of one sentence."""

    def __init__(self, text: str, entry: Entry, found: Quantities | None, known: Json, asked: frozenset[str]) -> None:
        self.text = text
        self.entry = entry
        self.asked = asked
        self.known = known
        self.slots = {slot.name: slot for slot in slots_of(entry.request_schema)}
        self.quantities: list[Quantity] = list(found.quantities) if found else []
        self.mentions: list[Mention] = list(found.mentions) if found else []
        self.said, self.places = self._tokens()
        self.reading = Reading(arguments=dict(known))
        self._used: set[int] = set()
        self._contested: set[int] = set()

    def read(self) -> Reading:
        """Fill what can be filled; report the rest."""
        left = set(range(len(self.quantities)))
        self._read_units(left)
        self._read_numbers(left)
        self._read_choices()
        self._read_truths()
        reading = self.reading
        reading.missing = [
            slot.name for slot in self.slots.values() if slot.required and slot.name not in reading.arguments
        ]
        return reading

    def _tokens(self) -> tuple[list[Token], list[int]]:
        """The sentence with each quantity as one token, and where in it the quantities are."""
        said: list[Token] = []
        places: list[int] = []
        words = tokens(self.text)
        spans = [(one.start, one.end) for one in self.quantities]
        for start, end in [*spans, (len(self.text) + 1, 0)]:
            while words and words[0].start < start:
                said.append(words.pop(0))
            if end:
                places.append(len(said))
                said.append(Token("\0", start, end))
                while words and words[0].start < end:
                    words.pop(0)
        return said, places

    # Units: the fields that want a unit's name, not a number.

    def _read_units(self, left: set[int]) -> None:
        by_reads = {slot.reads: slot for slot in self.slots.values() if slot.reads}
        source, target = by_reads.get("unit"), by_reads.get("target_unit")
        if source is None and target is None:
            return
        index = self._converted_quantity(left) if source else None
        if source and index is not None:
            quantity = self.quantities[index]
            left.discard(index)
            self._fill(source, quantity.unit, quantity.text)
            if magnitude := by_reads.get("magnitude"):
                self._fill(magnitude, quantity.value, quantity.text)
        elif source and target and (pair := self._unit_pair()):
            self._fill(target, pair[0].unit, pair[0].text)
            self._fill(source, pair[1].unit, pair[1].text)
            return
        if target and (mention := self._target(index)):
            self._fill(target, mention.unit, mention.text)

    def _converted_quantity(self, left: set[int]) -> int | None:
        """The one quantity with a unit; of several, the one that shares a dimension with a unit mentioned alone."""
        having = [index for index in sorted(left) if self.quantities[index].unit]
        alike = [
            index for index in having if any(one.dimension == self.quantities[index].dimension for one in self.mentions)
        ]
        chosen = alike or having
        if len(chosen) > 1:
            texts = ", ".join(self.quantities[index].text for index in chosen)
            fields = tuple(slot.name for slot in self.slots.values() if slot.reads in ("unit", "magnitude"))
            self.reading.unclear.append(Unclear(text=texts, fields=fields))
            left.difference_update(chosen)
            return None
        return chosen[0] if chosen else None

    def _unit_pair(self) -> tuple[Mention, Mention] | None:
        """Of "how many feet are in a mile": the unit wanted, and the unit given."""
        if len(self.mentions) != 2 or self.mentions[0].dimension != self.mentions[1].dimension:  # noqa: PLR2004 - a pair
            return None
        first, second = self.mentions
        if self._word_before(first) == "many":
            return first, second
        if self._word_before(second) in ("to", "in", "into", "as"):
            return second, first
        return None

    def _target(self, index: int | None) -> Mention | None:
        """The unit mentioned without a number that the quantity is wanted in."""
        if index is None:
            candidates = self.mentions if self.asked else []
        else:
            dimension = self.quantities[index].dimension
            candidates = [one for one in self.mentions if one.dimension == dimension]
            # Another dimension is taken only where the sentence clearly asks for it: the operation then says why not.
            candidates = candidates or [one for one in self.mentions if self._word_before(one) in ("to", "into")]
        units = {one.unit for one in candidates}
        if len(units) > 1:
            named = [one for one in candidates if self._word_before(one) in ("to", "in", "into", "as", "many")]
            candidates, units = named, {one.unit for one in named}
        return candidates[0] if len(units) == 1 else None

    def _word_before(self, mention: Mention) -> str:
        before = [one.text for one in self.said if one.end <= mention.start and one.word]
        return before[-1] if before else ""

    # Numbers: by dimension, then by name.

    def _read_numbers(self, left: set[int]) -> None:
        occurrences = list(self._occurrences())
        values = {index: self._values(self.quantities[index]) for index in left}
        fitting = {index: fields for index, fields in values.items() if fields}
        claims = {
            index: sorted(self._claims(index, values[index], occurrences), key=lambda one: -one.nearness)[:MOST_CLAIMS]
            for index in fitting
        }
        for group in _groups(fitting):
            self._settle([index for index in group if claims[index]], fitting, claims)
        for index in sorted(left - self._used):
            self._read_unnamed(index, fitting, claims)
        for index in sorted(left - self._used):
            quantity = self.quantities[index]
            # "one end", "two balls": a count in words belongs to the sentence, it is not a quantity left over.
            if quantity.unit or quantity.text[-1].isdigit():
                self.reading.unread.append(quantity.text)

    def _values(self, quantity: Quantity) -> dict[str, float | int]:
        """For each field that the quantity fits by dimension, its value in the field's unit."""
        values: dict[str, float | int] = {}
        for slot in self.slots.values():
            if not slot.number:
                continue
            value = quantity.converted.get(slot.unit) if slot.unit else None
            plain = not quantity.unit and (not slot.unit or slot.name in self.asked)
            if value is None and plain:
                value = quantity.value
            if value is None or (slot.type == "integer" and value != int(value)):
                continue
            values[slot.name] = int(value) if slot.type == "integer" else value
        return values

    def _occurrences(self) -> Iterator[tuple[tuple[int, int], frozenset[str]]]:
        """Where the fields' names stand, and whose they are; a name within a longer one is not one."""
        places: dict[tuple[int, int], set[str]] = {}
        for slot in self.slots.values():
            for phrase in slot.phrases:
                for place in find_phrase(phrase, self.said):
                    places.setdefault(place, set()).add(slot.name)
        for phrase in self._foreign_names:
            for place in find_phrase(phrase, self.said):
                places.setdefault(place, set())
        for place, names in places.items():
            if not any(other != place and other[0] <= place[0] and place[1] <= other[1] for other in places):
                yield place, frozenset(names)

    @cached_property
    def _foreign_names(self) -> dict[tuple[str, ...], str | None]:
        """What names a number that is none of the fields', with its unit where one is known: results, and measures."""
        own = {phrase for slot in self.slots.values() for phrase in slot.phrases}
        names: dict[tuple[str, ...], str | None] = {(word,): None for word in MEASURES}
        names |= {
            tuple(slot.name.split("_")): slot.unit
            for slot in slots_of(self.entry.result_schema)
            if slot.number and slot.unit
        }
        return {phrase: unit for phrase, unit in names.items() if phrase not in own}

    def _claims(
        self, index: int, values: Mapping[str, object], occurrences: Sequence[tuple[tuple[int, int], frozenset[str]]]
    ) -> Iterator[_Claim]:
        for place, names in occurrences:
            fields = names & values.keys()
            if not fields and (names or not self._is_foreign(place, index)):
                continue
            nearness = self._nearness(place, self.places[index])
            if nearness >= NAMED:
                yield _Claim(nearness, fields, place)

    def _is_foreign(self, place: tuple[int, int], index: int) -> bool:
        """Whether a name that no field has is this number's: joined to it, and of its dimension where that is known."""
        first, last = place
        at = self.places[index]
        between = self.said[last:at] if last <= at else self.said[at + 1 : first]
        words = [one.text for one in self.said[first:last]]
        units = {
            unit
            for phrase, unit in self._foreign_names.items()
            if len(phrase) == len(words) and all(same_word(*pair) for pair in zip(phrase, words, strict=True))
        }
        fits = None in units or any(unit in self.quantities[index].converted for unit in units)
        return fits and all(one.text in _NAMING for one in between)

    def _nearness(self, place: tuple[int, int], at: int) -> float:
        """How closely a name stands to the number: 1 right beside it, 0 when others come between."""
        first, last = place
        before = last <= at
        between = self.said[last:at] if before else self.said[at + 1 : first]
        if len(between) > (FARTHEST if before else 3):
            return 0.0
        nearness = 1.0
        for token in between:
            if token.text in ("\0", ",", ";", ".", "!", "?", "and") or (not before and not token.word):
                return 0.0
            nearness -= 0.03 if token.text in FUNCTION_WORDS or not token.word else 0.15
        return nearness - (0.1 * len(between) if not before else 0.0)

    def _settle(
        self, group: Sequence[int], fitting: Mapping[int, Mapping[str, float | int]], claims: Mapping[int, list[_Claim]]
    ) -> None:
        """Give the numbers of one dimension to the fields named near them, all at once, where that is clear."""
        group = list(group)[:MOST_NUMBERS]
        total, chosen = _best(group, claims)
        for index, claim in chosen.items():
            others = {
                **claims,
                index: [one for one in claims[index] if one.fields != claim.fields and one.nearness > 0],
            }
            rival_total, rival = _best(group, others)
            self._used.add(index)
            if total - rival_total < CLEAR and index in rival:
                both = claim.fields | rival[index].fields
                self._contested.add(index)
                self._report(index, both or fitting[index].keys())
            elif not claim.fields:
                self._report(index, fitting[index].keys())
            elif self._is_one_of_several(index, chosen):
                self._contested.add(index)
                self._report(index, claim.fields)
            else:
                for name in sorted(claim.fields):
                    self._fill(self.slots[name], fitting[index][name], self.quantities[index].text)

    def _is_one_of_several(self, index: int, chosen: Mapping[int, _Claim]) -> bool:
        """Whether one name has more numbers than one: of "ends at 100 °C and 0 °C" neither is both ends'."""
        at = self.places[index]
        after = [one.text for one in self.said[at + 1 : at + 3]]
        if len(after) < 2 or after[0] not in ("and", "or", "to", ",") or after[1] != "\0":  # noqa: PLR2004 - both of them
            return False
        alike = self.quantities[index + 1].dimension == self.quantities[index].dimension
        return alike and index + 1 not in chosen

    def _read_unnamed(
        self, index: int, fitting: Mapping[int, Mapping[str, float | int]], claims: Mapping[int, list[_Claim]]
    ) -> None:
        """Give a number without a name to the only field it can be meant for; report it where there are several."""
        fields = fitting.get(index, {})
        quantity = self.quantities[index]
        if not fields:
            return
        if not quantity.unit and not self.asked & fields.keys():
            # A bare number could be anything: only a name gives it to a field.
            return
        self._used.add(index)
        free = [name for name in fields if name in self.known or name not in self.reading.arguments]
        asked = [name for name in free if name in self.asked]
        required = [name for name in fields if self.slots[name].required]
        only = asked or required or list(fields)
        rivals = [
            other
            for other in fitting
            if other != index
            and (other in self._contested or not claims[other])
            and not fields.keys().isdisjoint(fitting[other])
        ]
        if len(only) == 1 and only[0] in free and not rivals and not (self._called_otherwise(index) and not asked):
            self._fill(self.slots[only[0]], fields[only[0]], quantity.text, named=False)
        else:
            self._report(index, asked or [name for name in required if name in free] or free or list(fields))

    def _called_otherwise(self, index: int) -> bool:
        """Whether the number is called something that this operation never speaks of: "a cable of 4 m"."""
        at = self.places[index]
        words = self.said[:at]
        while words and words[-1].text in ("of", "is", "=", ":"):
            words = words[:-1]
        if not words or not words[-1].word:
            return False
        word = words[-1].text
        verb = word.endswith(("ing", "ed", "ly"))
        return not verb and word not in FUNCTION_WORDS and stem(word) not in vocabulary(self.entry)

    def _report(self, index: int, fields: Sequence[str] | Any) -> None:  # Any: a view of a mapping's keys
        order = tuple(name for name in self.slots if name in fields)
        self.reading.unclear.append(Unclear(text=self.quantities[index].text, fields=order))

    def _fill(self, slot: Slot, value: Any, text: str, *, named: bool = True) -> None:  # Any: JSON
        self.reading.arguments[slot.name] = value
        self.reading.sources[slot.name] = text
        if named:
            self.reading.named.add(slot.name)

    # Words: choices, and what is with or without.

    def _read_choices(self) -> None:
        for slot in self.slots.values():
            if slot.reads != "choice" or not slot.choices:
                continue
            named = find_choices(slot.choices, self.said)
            if len(named) == 1:
                choice, words = next(iter(named.items()))
                self._fill(slot, choice, words)
            elif named:
                self.reading.unclear.append(Unclear(text=" or ".join(named), fields=(slot.name,)))

    def _read_truths(self) -> None:
        longer = list(self._occurrences())
        for slot in self.slots.values():
            if slot.type != "boolean":
                continue
            said = {
                truth for place, names in longer if slot.name in names and (truth := self._polarity(place)) is not None
            }
            if len(said) == 1:
                truth = said.pop()
                self._fill(slot, truth, f"{'with' if truth else 'without'} {slot.label}")
            elif said:
                self.reading.unclear.append(Unclear(text=slot.label, fields=(slot.name,)))

    def _polarity(self, place: tuple[int, int]) -> bool | None:
        """Whether the words around a name say yes or no; a bare mention says neither."""
        first, last = place
        before = [one.text for one in self.said[max(0, first - 3) : first]][::-1]
        for word in before:
            if word in _DENIES:
                return False
            if word in _AFFIRMS:
                return True
            if word not in FUNCTION_WORDS:
                break
        for word in (one.text for one in self.said[last : last + 2]):
            if word in _DENIED:
                return False
            if word in _AFFIRMED:
                return True
            if word not in FUNCTION_WORDS:
                break
        return None


def _groups(fitting: Mapping[int, Mapping[str, object]]) -> Iterator[list[int]]:
    """The numbers that could want the same fields, together."""
    rest = dict(fitting)
    while rest:
        first, fields = rest.popitem()
        group, names = [first], set(fields)
        while near := [index for index, some in rest.items() if not names.isdisjoint(some)]:
            for index in near:
                names |= rest.pop(index).keys()
                group.append(index)
        yield sorted(group)


def _best(group: Sequence[int], claims: Mapping[int, list[_Claim]]) -> tuple[float, dict[int, _Claim]]:
    """The choice of claims with the greatest sum of nearness, in which no field and no name is used twice."""
    if not group:
        return 0.0, {}
    first, rest = group[0], group[1:]
    best = _best(rest, claims)
    for claim in claims[first]:
        narrowed = {
            index: [
                replace(one, fields=one.fields - claim.fields)
                for one in claims[index]
                if one.place != claim.place and (not one.fields or one.fields - claim.fields)
            ]
            for index in rest
        }
        total, chosen = _best(rest, narrowed)
        if total + claim.nearness > best[0]:
            best = (total + claim.nearness, {first: claim, **chosen})
    return best


def find_choices(choices: Sequence[str], said: Sequence[Token]) -> dict[str, str]:
    """The choices that are named in the sentence, with the words that name them; a longer name hides those within it.

    The words of a name may stand in another order with little between: "the mass of an electron" is the electron mass.
    """
    content = [(at, stem(one.text)) for at, one in enumerate(said) if one.word and one.text not in _JOINING]
    named: dict[str, frozenset[int]] = {}
    for choice in choices:
        wanted = [stem(one.text) for one in tokens(choice) if one.word and one.text not in _JOINING]
        if places := _near(wanted, content):
            named[choice] = places
    kept = {one: at for one, at in named.items() if not any(at < other for other in named.values())}
    return {choice: " ".join(said[at].text for at in sorted(places)) for choice, places in kept.items()}


def _near(wanted: Sequence[str], content: Sequence[tuple[int, str]]) -> frozenset[int] | None:
    """Places of all the wanted words within a window of the content words that has no room for others."""
    for first in range(len(content) - len(wanted) + 1):
        window = content[first : first + len(wanted)]
        if sorted(word for _, word in window) == sorted(wanted):
            return frozenset(at for at, _ in window)
    return None


def vocabulary(entry: Entry) -> frozenset[str]:
    """The stems of every word with which an operation describes itself."""
    return frozenset(stem(one.text) for words in described(entry) for one in tokens(words) if one.word)


def described(entry: Entry) -> Iterator[str]:
    """Every text of an operation's declaration."""
    yield entry.action.replace("_", " ")
    yield entry.description
    yield from (str(example.get("question", "")) for example in entry.examples)
    for name, schema in entry.request_schema.get("properties", {}).items():
        yield name.replace("_", " ")
        yield str(schema.get("description", ""))
    for slot in slots_of(entry.request_schema):
        yield from (" ".join(phrase) for phrase in slot.phrases)
        yield from slot.choices
