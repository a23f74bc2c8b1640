"""Numbers of a sentence given to the fields of a request: by physical dimension, then by the names near them.

A *name* is a phrase of the sentence that a field is called by, or a measure or a result that no field is called by. A
name beside a number *claims* it for its fields; for none, where it has none. Of all the ways to grant claims, so that
no field and no name is used twice, the one with the greatest sum of nearness is taken, if it is clearly ahead. Then a
number without a name goes to the only field it can be meant for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.operations.amending import pointed
from nis_backend.capabilities.operations.claims import Claim, best_of, grouped
from nis_backend.capabilities.operations.names import HALVES
from nis_backend.capabilities.operations.reading import Unclear
from nis_backend.capabilities.operations.sentence import QUANTITY
from nis_backend.capabilities.operations.words import FUNCTION_WORDS, listed, stem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from nis_backend.capabilities.operations.amending import Amended
    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.names import Name
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Quantity, Sentence

NAMED = 0.5
"""Least nearness at which a name speaks for a number."""
CLEAR = 0.05
"""What the best reading must be ahead of the next by, in the nearness of names."""
MOST_NUMBERS = 6
"""Numbers of one dimension that are told apart; the search grows with their count."""
MOST_CLAIMS = 4
"""Names near one number that are weighed against each other."""

_NAMING = listed("of is = : about in was equals equal exactly approximately roughly being")
"""What may stand between a measure, or a result, and its number."""

BARE = 0.9
"""Least nearness at which a name means a number that has no unit."""
_ASIDE = frozenset(("", "[mass]", "[time]"))
"""Dimensions of what is often told beside: an age, a weight that changes nothing."""
_AHEAD = frozenset(("from", "off", "first"))
"""Names that stand only in front of their number."""
_BEHIND = frozenset(("up", "above", "everywhere", "orbit"))
"""Names that stand only behind it."""


class NumberReader:
    """One reading of the numbers of one sentence; `left` are those that are not yet dealt with, by their index."""

    def __init__(  # noqa: PLR0913 - each argument is one thing that numbers are read by
        self,
        sentence: Sentence,
        operation: Declared,
        reading: Reading,
        names: Sequence[Name],
        left: Collection[int],
        *,
        asked: Collection[str],
        known: Mapping[str, Any],  # Any: JSON
        amended: Amended,
    ) -> None:
        self.sentence = sentence
        self.operation = operation
        self.reading = reading
        self.names = names
        self.left = set(left)
        self.asked = frozenset(asked)
        self.known = known
        self.amended = amended
        # Of each number that fits a field by dimension: its value in each such field's unit, and the nearest claims.
        self.values = {index: fields for index in left if (fields := self._values(index))}
        self.claims = {index: self._claims(index) for index in self.values}
        self.contested: set[int] = set()
        self.elsewhere: set[int] = set()
        """Numbers that a name which is no field's speaks for."""

    def read(self) -> None:
        """Give each number to a field, or report it as unclear or unread."""
        for group in grouped(self.values):
            self._settle([index for index in group if self.claims[index]])
        for index in sorted(self.left & self.values.keys()):
            self._read_unnamed(index)
        self._compare()
        self._account()
        for index in sorted(self.left):
            quantity = self.sentence.quantities[index]
            # "one end", "two balls": a count in words belongs to the sentence, it is not a quantity left over.
            if quantity.unit or quantity.text[-1].isdigit():
                self.reading.unread.append(quantity.text)

    def _compare(self) -> None:
        """Of what is unclear: a number of something else needs no field that has its own, any other competes for it."""
        filled = self.reading.arguments
        for one in [one for one in self.reading.unclear if one.numbers]:
            if self.elsewhere.issuperset(one.numbers) and all(name in self.reading.sources for name in one.fields):
                self.reading.unclear.remove(one)
                self.left |= one.numbers
            elif len(one.fields) == 1 and one.fields[0] in self.reading.sources:
                del filled[one.fields[0]]
                said = (self.reading.sources.pop(one.fields[0]), *one.said)
                self.reading.unclear[self.reading.unclear.index(one)] = replace(one, said=said)

    def _account(self) -> None:
        """Ask about what would be passed over: a field's name with a bare number, a quantity among what was read."""
        for index in sorted(self.left - self.elsewhere):
            quantity = self.sentence.quantities[index]
            if not quantity.unit:
                self._report(index, self._named_barely(index))
            elif quantity.dimension not in _ASIDE and self._is_among_read(quantity):
                self.left.discard(index)
                self.reading.unclear.append(Unclear(said=(quantity.text,), fields=()))

    def _named_barely(self, index: int) -> list[str]:
        """The fields, not yet filled, whose name stands right before a number that has no unit."""
        at = self.sentence.at[index]
        near = [one for one in self.names if one.place[1] <= at and self.sentence.nearness(one.place, index) >= BARE]
        fields = {field for one in near for field in one.fields if self.operation.slots[field].number}
        telling = {field for one in near for field in one.fields if not self._is_function_word(one)}
        return sorted((fields & telling) - self.reading.sources.keys() - self.known.keys())

    def _is_function_word(self, name: Name) -> bool:
        return all(one.text in FUNCTION_WORDS for one in self.sentence.said[slice(*name.place)])

    def _is_among_read(self, quantity: Quantity) -> bool:
        """Whether numbers of the same sentence were read, of an operation that computes with them."""
        start, end = next(
            (one for one in self.sentence.pieces if one[0] <= quantity.start < one[1]), (0, len(self.sentence.text))
        )
        inside = [one.text for one in self.sentence.quantities if start <= one.start < end]
        return any(source in inside for source in self.reading.sources.values())

    def _values(self, index: int) -> dict[str, float | int]:
        quantity = self.sentence.quantities[index]
        values: dict[str, float | int] = {}
        for slot in self.operation.slots.values():
            if not slot.number:
                continue
            value = quantity.converted.get(slot.unit) if slot.unit else None
            if value is None and not quantity.unit and (not slot.unit or slot.name in self.asked):
                value = quantity.value
            if value is None or (slot.type == "integer" and value != int(value)):
                continue
            value = pointed(self.sentence, index, slot, value)
            values[slot.name] = int(value) if slot.type == "integer" else value
        return values

    def _meant(self, index: int) -> list[str]:
        """The fields that the number can be meant for without naming them: no knobs."""
        return [name for name in self.values[index] if name in self.asked or not self.operation.slots[name].knob]

    def _fill(self, index: int, name: str, *, named: bool) -> None:
        if index in self.amended.alternatives:
            self._report(index, [name])
            return
        self.left.discard(index)
        slot, text = self.operation.slots[name], self.sentence.quantities[index].text
        self.reading.fill(slot, self.values[index][name], text, named=named)

    def _report(self, index: int, fields: Collection[str], *others: int) -> None:
        """Note that the number is unclear, or which of several; one that could be meant for no field stays unread."""
        if not fields:
            return
        numbers = [index, *others, *self._alternatives(index, *others)]
        self.left -= set(numbers)
        order = tuple(name for name in self.operation.slots if name in fields)
        said = tuple(self.sentence.quantities[one].text for one in sorted(numbers))
        self.reading.unclear.append(Unclear(said=said, fields=order, numbers=frozenset((index, *others))))

    def _alternatives(self, *indices: int) -> list[int]:
        either = self.amended.alternatives
        return [either[index] for index in indices if index in either]

    # Named numbers.

    def _claims(self, index: int) -> list[Claim]:
        claims: list[Claim] = []
        beside = [index, *(also[index] for also in (self.amended.alternatives, self.amended.instead) if index in also)]
        for name in self.names:
            fields = name.fields & self.values[index].keys()
            if not self._is_in_place(name, index):
                continue
            if fields or (not name.fields and self._is_foreign(name, index)):
                nearness = max(self.sentence.nearness(name.place, one) for one in beside)
                claims.append(Claim(nearness, fields, name.place))
        near = [one for one in claims if one.nearness >= NAMED]
        return sorted(near, key=lambda one: -one.nearness)[:MOST_CLAIMS]

    def _is_in_place(self, name: Name, index: int) -> bool:
        """Whether the name may stand on this side of its number: "from 2 m", but "2 m up"."""
        first, last = name.place
        word = self.sentence.said[first].text if last - first == 1 else ""
        before = last <= self.sentence.at[index]
        return word not in (_BEHIND if before else _AHEAD)

    def _is_foreign(self, name: Name, index: int) -> bool:
        """Whether a name that no field has is this number's: joined to it, and of its dimension where that is known."""
        converted = self.sentence.quantities[index].converted
        fits = None in name.units or any(unit in converted for unit in name.units)
        return fits and all(one.text in _NAMING for one in self.sentence.between(name.place, index))

    def _settle(self, group: Sequence[int]) -> None:
        """Give the numbers of one dimension to the fields named near them, all at once, where that is clear."""
        group = group[:MOST_NUMBERS]
        total, granted = best_of(group, self.claims)
        for index, claim in granted.items():
            if index not in self.left:
                continue
            others = [one for one in self.claims[index] if one.fields != claim.fields]
            rival_total, rivals = best_of(group, {**self.claims, index: others})
            near = total - rival_total < CLEAR
            rival, taker = rivals.get(index), self._taker(claim, granted, rivals)
            if claim.fields and (following := self._following(index, granted)) is not None:
                self._report(index, claim.fields, following)
            elif near and rival is None and taker is not None:
                self._report(index, claim.fields, taker)
            elif near and rival:
                self.contested.add(index)
                self._report(index, (claim.fields | rival.fields) or self._meant(index))
            elif not claim.fields:
                self.elsewhere.add(index)
                self._report(index, self._meant(index))
            else:
                for name in sorted(claim.fields):
                    self._double(index, name, claim)
                    self._fill(index, name, named=True)

    def _double(self, index: int, name: str, claim: Claim) -> None:
        """Make a diameter of a radius."""
        said = self.sentence.said[claim.place[0]].text
        if said in HALVES.values() and (said,) not in self.operation.slots[name].phrases:
            self.values[index][name] *= 2

    def _taker(self, claim: Claim, granted: Mapping[int, Claim], rivals: Mapping[int, Claim]) -> int | None:
        """The number that a name of its own gives the very same fields: of two heights neither is the one."""
        same = ((one, other) for one, other in rivals.items() if one not in granted and other.fields & claim.fields)
        return next((one for one, other in same if other.place != claim.place), None)

    def _following(self, index: int, granted: Mapping[int, Claim]) -> int | None:
        """The second number that one name has: of "ends at 100 °C and 0 °C" neither is both ends'."""
        at = self.sentence.at[index]
        after = [one.text for one in self.sentence.said[at + 1 : at + 3]]
        if len(after) < 2 or after[0] not in ("and", "or", "to", ",") or after[1] != QUANTITY:  # noqa: PLR2004 - both of them
            return None
        quantity, following = self.sentence.quantities[index : index + 2]
        alike = following.dimension == quantity.dimension and index + 1 in self.left and index + 1 not in granted
        return index + 1 if alike else None

    # Numbers without a name.

    def _read_unnamed(self, index: int) -> None:
        """Give a number to the only field it can be meant for; report it where there are several."""
        fields = self._meant(index)
        # A bare number could be anything: only a name, or our question, gives it to a field.
        if not self.sentence.quantities[index].unit and self.asked.isdisjoint(fields):
            return
        free = [name for name in fields if name in self.known or name not in self.reading.arguments]
        asked = [name for name in free if name in self.asked]
        required = [name for name in fields if self.operation.slots[name].required]
        # What two numbers are said for is spoken of, too.
        spoken = {name for one in self.reading.unclear if len(one.said) > 1 for name in one.fields}
        rest = [name for name in required if name not in self.reading.arguments and name not in spoken]
        # What is left over goes to the one field that nothing was said of, when the others were named.
        left_over = len(rest) == 1 and all(
            name in self.reading.named or name in spoken for name in required if name not in rest
        )
        only = asked or (rest if left_over else required) or fields
        doubtful = self._has_rival(index, fields) or (not asked and self._is_called_otherwise(index))
        if len(only) == 1 and only[0] in free and not doubtful:
            self._fill(index, only[0], named=False)
        else:
            self._report(index, asked or [name for name in required if name in free] or free or fields)

    def _has_rival(self, index: int, fields: Collection[str]) -> bool:
        """Whether another number, as little named, could be meant for the same fields."""
        # Those that one name has together are no rivals.
        paired = {number for one in self.reading.unclear if len(one.said) > 1 for number in one.numbers}
        return any(
            other != index
            and other not in paired
            and (other in self.contested or not self.claims[other])
            and not values.keys().isdisjoint(fields)
            for other, values in self.values.items()
        )

    def _is_called_otherwise(self, index: int) -> bool:
        """Whether the number is called something that this operation never speaks of: "a cable of 4 m"."""
        words = self.sentence.said[: self.sentence.at[index]]
        while words and words[-1].text in ("of", "is", "=", ":"):
            words = words[:-1]
        if not words or not words[-1].word:
            return False
        word = words[-1].text
        verb = word.endswith(("ing", "ed", "ly"))
        return not verb and word not in FUNCTION_WORDS and stem(word) not in self.operation.vocabulary
