"""What a sentence says of a claim, told by words alone: careful, so that much is not found and little is wrong."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.research.passages import EMPTY, NUMBER, as_number, stem, words

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_ORDER = 0.7
"""Share of the claim's words that must stand in its order: who beats whom is told by it."""
FORMULA = (
    "2 n / (c + s): c and s are the telling words, as stems and without numbers, of the claim and of the sentence or "
    "its clause, n those of both; evidence has all of the claim's, in its order, and nothing else's. For: all numbers "
    "of the claim are there; against: the same is said with another number of that unit, years excepted, or one of "
    "both is denied"
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
    | {
        "argue",
        "argues",
        "argued",
        "insist",
        "insists",
        "insisted",
        "assert",
        "asserts",
        "asserted",
        "allege",
        "alleges",
    }
    | {
        "alleged",
        "suggest",
        "suggests",
        "suggested",
        "contend",
        "contends",
        "speculate",
        "speculates",
        "assume",
        "assumes",
    }
    | {"assumed", "hope", "hopes", "hoped", "fear", "fears", "feared", "doubtful", "hypothesis", "rumour", "rumor"}
    | {"?", "according", "contrary", "wrongly", "falsely", "poorly", "barely", "scarcely", "±"}
)
"""Words that leave open whether what they are said of is so, or is still so."""
_TOLD = frozenset(
    {"novel", "film", "movie", "story", "tale", "play", "poem", "fiction", "dream", "legend", "fable", "game"}
)
"""Words for what is made up, and so is what happens in it; unless it is what the claim is about."""
_OF_SOME = re.compile(r"\d\s+(?:out\s+)?of\s+(?:the\s+)?\d|\b(?:not|no|none|never|\w+n't)[.!\s]*$", re.IGNORECASE)
"""That it is so of some alone: "3 of 10", or takes back at its end what it has said: "in people it is not"."""
_KINDS_OF_WRONG = frozenset({"false", "wrong", "incorrect", "untrue"})
"""What denies a statement, and names a thing where one follows: a false positive."""
_MAY = re.compile(r"(?<=\S )May\b")
"""The month, which leaves nothing open."""
_RELATIONS = frozenset(
    {"by", "for", "to", "from", "before", "after", "because", "despite", "than", "against", "unlike", "since", "during"}
    | {"into", "onto", "between", "versus"}
)
"""Words that tell what the next one has to do with it."""
_BUT_FOR = frozenset({"after", "before", "besides", "apart", "except", "unlike", "like", "without", "until", "once"})
"""How a clause begins without which the next is not what it says."""
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
_MONEY = "$€£¥"
UNITS = frozenset({*_UNITS.values(), *_MONEY})
"""Units that are known by more than their word."""
_BEHIND = re.compile(r"\s*(%|°[CFK]?|[^\W\d_]+)")
_YEAR = range(1000, 2200)
YEAR = "year AD"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A number of a sentence, and what it counts."""

    value: float
    unit: str


_PAST, _PRESENT = frozenset({"was", "were", "had", "did"}), frozenset({"is", "are", "has", "have", "does", "do"})
_FUTURE = frozenset({"will", "shall"})
_BOUNDS = frozenset(
    {"more", "less", "over", "under", "least", "most", "above", "below", "up", "about", "around", "approximately"}
    | {"roughly", "beyond", "within", "all", "every", "each", "some", "few", "many", "only", "half", "any", "several"}
    | {"always", "often", "sometimes", "usually", "rarely", "fewer", "both", "either", "first", "last", "other"}
    | {"alone", "merely", "mostly", "mainly", "partly", "partially"}
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
    future: bool
    bounds: frozenset[str]
    words: tuple[str, ...]
    """All of them, telling ones as their stems."""

    @classmethod
    def of(cls, text: str) -> Said:
        """The parts of a text."""
        text = _MAY.sub("Maius", text)
        all_words = words(text)
        measured = tuple(_measured(text))
        units = {one.unit for one in measured}
        telling = [
            one not in EMPTY | _DENIALS | _BOUNDS | _RELATIONS
            and one[0].isalpha()
            and not one.endswith("n't")
            and _UNITS.get(one) not in units
            for one in all_words
        ]
        cut = [stem(one) if tells else one for one, tells in zip(all_words, telling, strict=True)]
        terms = tuple(one for one, tells in zip(cut, telling, strict=True) if tells)
        denials = sum(one in _DENIALS or one.endswith("n't") for one in all_words)
        return cls(
            terms=terms,
            measured=measured,
            denied=denials % 2 == 1,
            open=denials > 1 or not _OPEN.isdisjoint((*all_words, *re.findall("[?±]", text))),
            past=not _PAST.isdisjoint(all_words) and _PRESENT.isdisjoint(all_words),
            future=not _FUTURE.isdisjoint(all_words),
            bounds=_BOUNDS.intersection(all_words),
            words=tuple(cut),
        )

    def related(self, among: frozenset[str]) -> Counter[tuple[str, str]]:
        """What is said of these words by those between: `by` of "by Eiffel", `to` of "to 3 %"."""
        terms = frozenset(self.terms)
        found = Counter[tuple[str, str]]()
        for at, word in enumerate(self.words):
            if word in _RELATIONS:
                of = next((one for one in self.words[at + 1 :] if one in terms or one[0].isdigit()), "")
                found.update([(word, "#" if of[:1].isdigit() else of)] if of[:1].isdigit() or of in among else [])
        return found

    def strange(self, among: frozenset[str], *, all_of_it: bool) -> bool:
        """Whether words of something else stand before these, or make another thing of one: "replica of the tower".

        With `all_of_it`, whether any stand between them.
        """
        terms = frozenset(self.terms) - among
        places = [at for at, one in enumerate(self.words) if one in among]
        if any(one in terms for one in self.words[: places[0]]):
            return True
        for at, (word, behind) in enumerate(pairwise(self.words)):
            if {word, behind} & among and ({word, behind} & terms or word in _KINDS_OF_WRONG):
                return True
            if places[0] < at < places[-1] and word in terms and (all_of_it or behind == "of"):
                return True
        return False


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
            before = text[one.start() - 1] if one.start() else ""
            if before and before in _MONEY:
                unit = f"{before}{unit}" if unit in {"million", "billion"} else before
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
    if not _TOLD.intersection(whole.words) <= set(wanted.words) or (_OF_SOME.search(sentence) and sentence != claim):
        return None
    for one in _clauses(sentence):
        said = Said.of(one)
        if set(wanted.terms) <= set(said.terms):
            return _weighed(wanted, said, all_of_it=False)
    # "Of iron, not of wood" says of each what it does not say of the other.
    return None if whole.denied else _weighed(wanted, whole, all_of_it=True)


def _clauses(sentence: str) -> list[str]:
    """Its clauses, and the sentence without each that stands between commas; none behind one that takes it back."""
    parts = _CLAUSE.split(sentence)
    begun = words(parts[0])[:1]
    if begun and begun[0] in _BUT_FOR:
        return []
    around = [f"{one} {other}" for one, other in zip(parts, parts[2:], strict=False)]
    return [*parts, *around]


def _weighed(claim: Said, said: Said, *, all_of_it: bool) -> Weighed | None:
    shared = frozenset(claim.terms)
    order = _in_order(list(dict.fromkeys(claim.terms)), said.terms)
    if order < LEAST_ORDER * len(shared) or said.strange(shared, all_of_it=all_of_it):
        return None
    same_time = (claim.past, claim.future) == (said.past, said.future)
    if claim.bounds != said.bounds or not same_time or claim.related(shared) != said.related(shared):
        return None
    score = 2 * len(shared) / (len(shared) + len(set(said.terms)))
    same = claim.denied == said.denied
    places = [next((at for at, other in enumerate(said.measured) if _is(one, other)), None) for one in claim.measured]
    if None not in places:
        if places != sorted(places, key=lambda at: at or 0):
            return None
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
