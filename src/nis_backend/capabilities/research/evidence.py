"""What a sentence says of a claim, told by words alone: careful, so that much is not found and little is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.research.passages import EMPTY, NUMBER, as_number, stem, words

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_ORDER = 0.7
"""Share of the claim's words that must stand in its order: who beats whom is told by it."""
FORMULA = (
    "2 n / (c + s): c and s are the telling words, as stems and without numbers, of the claim and of the sentence or "
    "its clause, n those of both; evidence has all of the claim's, in its order. For: all numbers of the claim are "
    "there; against: the same is said with another number of that unit, years excepted, or one of both is denied"
)
LIMITS = (
    "It was read by words: a paraphrase is not found, nor what a sentence only implies; where how sure, how many or "
    "when differs, it counts for nothing."
)

_DENIALS = frozenset(
    {"not", "no", "never", "without", "neither", "nor", "none", "cannot", "false", "untrue", "wrong", "myth"}
    | {"incorrect", "debunked", "refuted", "disproved", "nobody", "nothing", "nowhere", "hardly"}
)
_OPEN = frozenset(
    {"might", "may", "could", "would", "if", "whether", "allegedly", "reportedly", "supposedly", "perhaps", "possibly"}
    | {"claimed", "claims", "claim", "believed", "believe", "thought", "rumoured", "rumored", "said", "say", "says"}
    | {"reported", "nearly", "almost", "planned", "expected", "should", "unless", "until", "once", "formerly", "except"}
    | {"previously", "used", "denied", "denies", "deny", "fail", "fails", "failed", "refuses", "refused", "doubts"}
    | {"attempt", "attempts", "attempted", "tried", "tries", "disputes", "disputed", "evidence", "proposed", "wants"}
)
"""Words that leave open whether what follows is so, or is still so."""
_UNITS = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), "m"),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), "km"),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), "cm"),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), "mm"),
    **dict.fromkeys(("kg", "kilogram", "kilograms", "kilo", "kilos"), "kg"),
    **dict.fromkeys(("g", "gram", "grams", "gramme", "grammes"), "g"),
    **dict.fromkeys(("t", "tonne", "tonnes", "ton", "tons"), "t"),
    **dict.fromkeys(("s", "second", "seconds", "sec"), "s"),
    **dict.fromkeys(("h", "hour", "hours", "hrs"), "h"),
    **dict.fromkeys(("percent", "per", "%"), "%"),
    **dict.fromkeys(("ft", "foot", "feet"), "ft"),
    **dict.fromkeys(("mile", "miles", "mi"), "mi"),
    **dict.fromkeys(("year", "years", "yr"), "year"),
    **dict.fromkeys(("dollar", "dollars", "usd"), "$"),
    **dict.fromkeys(("euro", "euros", "eur"), "€"),
    **dict.fromkeys(("million", "millions"), "million"),
    **dict.fromkeys(("billion", "billions"), "billion"),
}
_BEHIND = re.compile(r"\s*(%|°[CFK]?|[^\W\d_]+)")
_YEAR = range(1000, 2200)
YEAR = "year AD"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A number of a sentence, and what it counts."""

    value: float
    unit: str


_PAST, _PRESENT = frozenset({"was", "were", "had", "did"}), frozenset({"is", "are", "has", "have", "does", "do"})
_BOUNDS = frozenset(
    {"more", "less", "over", "under", "least", "most", "above", "below", "up", "about", "around", "approximately"}
    | {"roughly", "beyond", "within", "all", "every", "each", "some", "few", "many", "only", "half", "any", "several"}
    | {"always", "often", "sometimes", "usually", "rarely", "fewer", "both", "either", "first", "last", "other"}
)
"""Words that make of a statement another: how many, how much, how often."""
_CLAUSE = re.compile(r"[;:]\s|,\s|\s[-\u2013\u2014]\s|\s(?:and|but|while|whereas|although|though|because|which|who)\s")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A claim or a sentence, taken apart."""

    terms: tuple[str, ...]
    measured: tuple[Measured, ...]
    denied: bool
    open: bool
    past: bool
    bounds: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Said:
        """The parts of a text."""
        all_words = words(text)
        measured = tuple(_measured(text))
        units = {one.unit for one in measured}
        terms = tuple(
            stem(one)
            for one in all_words
            if one not in EMPTY | _DENIALS | _BOUNDS
            and one[0].isalpha()
            and not one.endswith("n't")
            and _UNITS.get(one) not in units
        )
        denials = sum(one in _DENIALS or one.endswith("n't") for one in all_words)
        return cls(
            terms=terms,
            measured=measured,
            denied=denials % 2 == 1,
            open=denials > 1 or "?" in text or not _OPEN.isdisjoint(all_words),
            past=not _PAST.isdisjoint(all_words) and _PRESENT.isdisjoint(all_words),
            bounds=_BOUNDS.intersection(all_words),
        )


def _measured(text: str) -> list[Measured]:
    found: list[Measured] = []
    for one in NUMBER.finditer(text):
        value = as_number(one[0])
        behind = _BEHIND.match(text, one.end())
        word = behind[1].lower() if behind else ""
        if value is not None:
            bare = not word or word in EMPTY
            year = bare and one[0].isdecimal() and int(value) in _YEAR
            unit = YEAR if year else "" if bare else _UNITS.get(word, stem(word))
            found.append(Measured(value=value, unit=unit))
    return found


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What a sentence says of a claim."""

    speaks: Literal["for", "against"]
    score: float
    why: str


def weigh(claim: str, sentence: str) -> Weighed | None:
    """Whether the sentence speaks for the claim, or against it; None where that cannot be told."""
    wanted, whole = Said.of(claim), Said.of(sentence)
    if not wanted.terms or whole.open or not set(wanted.terms) <= set(whole.terms):
        return None
    clauses = [said for one in _CLAUSE.split(sentence) if set(wanted.terms) <= set((said := Said.of(one)).terms)]
    if clauses:
        return _weighed(wanted, clauses[0])
    # "Of iron, not of wood" says of each what it does not say of the other.
    return None if whole.denied else _weighed(wanted, whole)


def _weighed(claim: Said, said: Said) -> Weighed | None:
    shared = set(claim.terms)
    order = _in_order(list(dict.fromkeys(claim.terms)), said.terms)
    if order < LEAST_ORDER * len(shared) or claim.bounds != said.bounds or claim.past != said.past:
        return None
    score = 2 * len(shared) / (len(shared) + len(set(said.terms)))
    same = claim.denied == said.denied
    if all(any(_is(one, other) for other in said.measured) for one in claim.measured):
        had = "words and numbers" if claim.measured else "words"
        why = f"it has the claim's {had}" if same else f"it has the claim's {had}, and one of both denies them"
        return Weighed(speaks="for" if same else "against", score=score, why=why)
    return _other_number(claim, said, score) if same and not claim.denied else None


def _other_number(claim: Said, sentence: Said, score: float) -> Weighed | None:
    """Against, where exactly one number differs, the sentence has exactly one of its unit, and says nothing else.

    A year never speaks against: what happened in one may have happened in another.
    """
    missing = [one for one in claim.measured if not any(_is(one, other) for other in sentence.measured)]
    years = {one.value for one in sentence.measured if one.unit == YEAR} - {one.value for one in claim.measured}
    if len(missing) != 1 or score < 1 or years or missing[0].unit == YEAR:
        return None
    (one,) = missing
    theirs = [other for other in sentence.measured if other.unit == one.unit]
    ours = [other for other in claim.measured if other.unit == one.unit]
    if len(theirs) != 1 or len(ours) != 1 or not one.unit:
        return None
    return Weighed(
        speaks="against",
        score=score,
        why=f"it says {theirs[0].value:g} where the claim says {one.value:g} ({one.unit})",
    )


def _is(one: Measured, other: Measured) -> bool:
    return one.value == other.value and (one.unit == other.unit or not one.unit or not other.unit)


def _in_order(had: Sequence[str], terms: Sequence[str]) -> int:
    """How many of the claim's words stand in the sentence in the claim's order: a longest increasing run of places."""
    places = [terms.index(one) for one in had]
    longest: list[int] = []
    for number, place in enumerate(places):
        longest.append(1 + max((longest[before] for before in range(number) if places[before] < place), default=0))
    return max(longest, default=0)
