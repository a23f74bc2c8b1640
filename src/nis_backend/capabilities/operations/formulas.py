"""Formulas in a sentence: the stretches of it that can be read as one, and what is said about them.

Numbers, signs, functions and names of one letter make a stretch; any other word ends it. Signs may be words: "17 times
23", "x squared". What is a quantity with a unit is no formula: "20 m/s".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import ALIASES, CONSTANTS, FUNCTIONS, GREEK, read_formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Place, Sentence
    from nis_backend.capabilities.operations.slots import Slot

LONGEST = 60
"""Pieces of a stretch: the readings of one grow with the square of them."""

_SPOKEN = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "multiplied by": "*",
    "divided by": "/",
    "over": "/",
    "to the power of": "^",
    "to the power": "^",
    "squared": "^2",
    "cubed": "^3",
    "equals": "=",
    "is equal to": "=",
    "is less than": "<",
    "is greater than": ">",
    "square root of": "sqrt ",
    "cube root of": "cbrt ",
    "factorial of": "factorial ",
    "infinity": "infinity",
    **{f"{name} of": f"{short} " for name, short in (("sine", "sin"), ("cosine", "cos"), ("tangent", "tan"))},
    "natural logarithm of": "log ",
}
_NAMED = {*FUNCTIONS, *ALIASES, *CONSTANTS, *GREEK}
_PIECE = re.compile(
    rf"(?P<spoken>\b(?:{'|'.join(sorted(_SPOKEN, key=len, reverse=True))})\b)"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<word>[^\W\d_]+(?:_\w+|\d+)?'*)"
    r"|(?P<relation><=|>=|≤|≥|≠|!=|==|=|<|>(?!\s*\d+\s*%))"
    r"|(?P<arrow>->|→)"
    r"|(?P<sign>\*\*|[-+*/^()\[\]|·×⋅÷−²³⁰¹⁴-⁹⁺⁻√π∞]|,(?=\s*\S))"
    r"|(?P<bang>!)"
    r"|(?P<end>\S)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\+?\d[\d-]*(?:-\d+){2,}|\d+(?:\.\d+){2,}")
"""Dates, telephone numbers and versions, which are no sums."""
_OPERATES = re.compile(r"[-+*/^=<>≤≥≠!|·×⋅÷−²³⁰¹⁴-⁹√]")

_CALLS = re.compile(r"[a-z]\w*\s*\(|[a-z]{2,}|\d\s*[a-z]")


@dataclass(frozen=True)
class Stretch:
    """A part of a sentence that reads as a formula, or as two with a sign of relation between."""

    text: str
    """As a formula: words for signs are signs."""
    start: int
    end: int
    names: frozenset[str]
    related: bool
    """Whether it has a sign of relation."""

    @property
    def operates(self) -> bool:
        """Whether it is more than a number or a name."""
        return self.related or bool(_OPERATES.search(self.text.lstrip("-+ "))) or bool(_CALLS.search(self.text))


@dataclass(frozen=True)
class _Piece:
    text: str
    start: int
    end: int


class FoundFormulas:
    """The formulas of one sentence."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence

    @cached_property
    def all(self) -> list[Stretch]:
        """Each stretch, in order."""
        text = _ASIDE.sub(lambda one: "\n" * len(one[0]), self._sentence.text)
        text = _RATE.sub(lambda one: (one["name"] + ("''" if one["second"] else "'")).ljust(len(one[0])), text)
        dates = [one.span() for one in _DATE.finditer(text)]
        found = (_longest(run) for run in _runs(text))
        return [
            one
            for one in found
            if one and not self._measured(one) and not any(a < one.end and one.start < b for a, b in dates)
        ]

    @cached_property
    def formula(self) -> Stretch | None:
        """The longest that is more than a number or a name, and that is no equation."""
        # A bound is no formula: "from minus infinity".
        plain = [one for one in self.all if one.operates and not one.related and one.names != frozenset(["infinity"])]
        given = [_right(one) for one in self.all if one.related]
        written = max([*plain, *(one for one in given if one)], key=lambda one: len(one.text), default=None)
        return written or next((one for one in self.all if self._is_of(one)), None)

    def _begins(self, one: Stretch, written: Sequence[Stretch]) -> bool:
        """Whether it says how something begins, "x' = 0", beside an equation for its second derivative."""
        left, _, right = one.text.partition("=")
        name = left.strip()
        higher = {f"{name}'", f"{name}''"}
        return name.endswith("'") and _is_number(right) and any(not higher.isdisjoint(other.names) for other in written)

    def _is_of(self, one: Stretch) -> bool:
        """Whether it is a name that something is wanted of: the integral of x."""
        return one.text in one.names and self._sentence.text[: one.start].lower().endswith(" of ")

    @cached_property
    def equations(self) -> list[Stretch]:
        """Those with a sign of relation; none beside differential equations."""
        return [] if self.differential else [one for one in self.all if one.related]

    @cached_property
    def differential(self) -> list[Stretch]:
        """The equations with a rate of change in them: x' = v."""
        written = [
            one
            for one in self.all
            if one.related and any(name.endswith("'") for name in one.names) and not _AT_START.match(one.text)
        ]
        return [one for one in written if not self._begins(one, written)]

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """The characters of formulas and equations; none beside differential equations."""
        if self.differential:
            return []
        return [(one.start, one.end) for one in self.all if one.operates or one is self.formula]

    def _measured(self, one: Stretch) -> bool:
        """Whether it is a quantity, and its unit."""
        return any(
            quantity.unit and quantity.start <= one.start and one.end <= quantity.end
            for quantity in self._sentence.quantities
        )


def _is_number(text: str) -> bool:
    try:
        return not read_formula(text).names
    except InvalidRequest:
        return False


def _right(one: Stretch) -> Stretch | None:
    """The right side of "f(x) = x^2", or of "y = x^2"."""
    left, sign, right = one.text.partition("=")
    defines = sign and re.fullmatch(r"\s*(?:[a-zA-Z]\s*\(\s*\w\s*\)|[yf])\s*", left)
    if not defines:
        return None
    try:
        names = read_formula(right).names
    except InvalidRequest:
        return None
    return Stretch(right.strip(), one.start, one.end, names, related=False) if names else None


def _runs(text: str) -> Iterator[list[_Piece]]:
    """Pieces in a row, each of which may be of a formula."""
    run: list[_Piece] = []
    depth = 0
    found = list(_PIECE.finditer(text))
    for at, one in enumerate(found):
        depth = max(0, depth + (one[0] in ("(", "[")) - (one[0] in (")", "]")))
        before, after = ([other[0] for other in some] for some in (found[max(0, at - 1) : at], found[at + 1 : at + 2]))
        # A comma outside of brackets sets formulas apart.
        piece = None if one[0] == "," and not depth else _piece(one, text, before, after)
        if piece is not None:
            run.append(piece)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _piece(found: re.Match[str], text: str, before: Sequence[str], after: Sequence[str]) -> _Piece | None:
    """A piece of a formula; None of what ends one."""
    said = found[0]
    match found.lastgroup:
        case "spoken":
            return _Piece(_SPOKEN[" ".join(said.lower().split())], *found.span())
        case "number" | "sign" | "relation":
            return _Piece(said, *found.span())
        case "bang":
            # A factorial, not the end of a sentence: 5! + 1.
            return _Piece("!", *found.span()) if before and before[0].isdigit() and found.end() < len(text) else None
        case "word":
            return _word(said, found, text, before, after)
        case _:
            return None


def _word(
    said: str, found: re.Match[str], text: str, before: Sequence[str], after: Sequence[str]
) -> _Piece | None:  # fmt: skip
    """A name or a function; "a" and "I" are words, unless a sign stands beside."""
    plain = said.lower() if said.lower() in _NAMED and len(said) > 1 else said
    joined = bool(_beside(text, found))
    if plain in _NAMED or re.fullmatch(r"[^\W\d](?:_\w+|\d+)", said):
        return _Piece(plain, *found.span())
    if len(said.rstrip("'")) == 1:
        if said in ("x", "X", "×") and _between_numbers(before, after):
            return _Piece("*", *found.span())
        return _Piece(said, *found.span()) if said not in ("a", "A", "I") or joined else None
    # xy: two letters that stand right beside a number or a sign.
    pair = re.fullmatch("[a-z]{2}", said) and said not in _SHORT and joined
    return _Piece(" ".join(said), *found.span()) if pair else None


_SHORT = frozenset(
    [
        "am",
        "an",
        "as",
        "at",
        "be",
        "by",
        "do",
        "go",
        "he",
        "hi",
        "if",
        "in",
        "is",
        "it",
        "me",
        "my",
        "no",
        "of",
        "oh",
        "ok",
        "on",
        "or",
        "so",
        "to",
        "up",
        "us",
        "we",
    ]
)


def _beside(text: str, found: re.Match[str]) -> str:
    around = text[max(0, found.start() - 1) : found.start()] + text[found.end() : found.end() + 1]
    spaced = text[: found.start()].rstrip()[-1:] + text[found.end() :].lstrip()[:1]
    return "".join(one for one in around if one.isdigit() or one in "+-*/^=()<>²³|") + "".join(
        one for one in spaced if one in "+*/^=<>"
    )


def _between_numbers(before: Sequence[str], after: Sequence[str]) -> bool:
    return bool(before and after) and before[0][-1].isdigit() and after[0][0].isdigit()


def _longest(run: list[_Piece]) -> Stretch | None:
    """The longest part of a run that reads as a formula."""
    if len(run) > LONGEST:
        return None
    spans = sorted(combinations(range(len(run) + 1), 2), key=lambda one: one[0] - one[1])
    return next((found for first, last in spans if (found := _read(run[first:last]))), None)


def _read(pieces: Sequence[_Piece]) -> Stretch | None:
    if pieces[0].text in (",", "=", "!", "*", "/", "^") or pieces[-1].text == ",":
        return None
    text = _joined(pieces)
    sides = re.split(r"<=|>=|≤|≥|≠|!=|==|=|<|>", text)
    if len(sides) > 2:  # noqa: PLR2004 - left and right
        return None
    try:
        names = frozenset[str]().union(*(read_formula(side).names for side in sides))
    except InvalidRequest:
        return None
    if not any(one.isalnum() for one in text) or (len(sides) > 1 and not names):
        return None
    return Stretch(text, pieces[0].start, pieces[-1].end, names, related=len(sides) > 1)


def _joined(pieces: Sequence[_Piece]) -> str:
    """The pieces as they were set apart, factorials written as functions."""
    text, end = "", pieces[0].start
    for one in pieces:
        if one.text == "!":
            number = re.search(r"\d+$", text)
            text = f"{text[: number.start()]}factorial({number[0]})" if number else f"{text}!"
        else:
            text += (" " if one.start > end else "") + one.text
        end = one.end
    return re.sub(r" {2,}", " ", text).strip()


# What is said about a formula.

_VALUE = r"[-+]?\s*(?:∞|inf(?:inity)?\b|(?:[\w.√π²]|[-+*/^](?=[\w(√π])|\((?:[^()]|\([^()]*\))*\))+)"
_LIST = r"(?:(?:,\s*|\s+and\s+|,\s*and\s+)\w\b)*"
_GOES = (
    r"(?:->|→|approache?s?|approaching|tends?\s+(?:to|towards)|tending\s+to|goes\s+(?:to|towards)|going\s+to|grows\s+to"
    r"|nears)"
)
_BEHIND = {
    "variable": re.compile(
        r"\bwith (?:respect|regard) to (?P<found>\w+)|\bd/d(?P<b>\w)\b|\bas a function of (?P<c>\w)\b"
        r"|\bd(?P<d>[a-z])\b(?=\W*(?:from|$))",
        re.IGNORECASE,
    ),
    "variables": re.compile(
        r"\b(?:with (?:respect|regard) to|(?:solve|solved|solution|solutions) for|unknowns?)"
        rf" (?P<found>\w\w?{_LIST})"
        rf"|\bfor (?P<b>[a-z]\b{_LIST})(?=\s*[:,.?!]|\s*$)|\bd/d(?P<c>\w)\b|\bby (?P<d>[a-z])\b(?=\W*$)",
        re.IGNORECASE,
    ),
    "towards": re.compile(
        rf"\b(?:as|when|for|where)\s+\w+\s*(?:{_GOES}|to\b)\s*(?P<found>zero\b|{_VALUE})"
        rf"|\w\s*(?:->|→)\s*(?P<b>{_VALUE})|\bat\s+(?:\w\s*=\s*)?(?P<c>(?:plus |minus )?infinity)"
        rf"|\bat\s+\w\s*=\s*(?P<d>{_VALUE})",
        re.IGNORECASE,
    ),
    "point": re.compile(
        rf"\b(?:around|about|at|near)\s+(?:the point\s+)?(?:\w\s*=\s*)?(?P<found>{_VALUE})", re.IGNORECASE
    ),
}
_ASIDE = re.compile(
    r"['\u2019]s\b|\bd(?:\^?[2-9])?/d[a-z](?:\^?[2-9])?(?![\w/])|^\W*\b(?:lim|limit)\b"
    rf"|\b\w\s*(?:->|→)\s*{_VALUE}"
)
"""What belongs to no formula: the sign of a derivative, what a variable goes to."""
_RATE = re.compile(
    r"\bd(?P<second>(?:\^?2|²)?)\s?(?P<name>[a-z](?:_\w+|\d+)?)\s?/\s?d\s?t(?:\^?2|²)?(?!\w)", re.IGNORECASE
)
"""dx/dt, d²x/dt²: the rate of change x', x''."""
_AT_START = re.compile(r"\s*[^\W\d]\w*'*\s*\([^()]*\)\s*=")
"""x'(0) = 1: a value, no equation."""
_LIMITS = re.compile(
    rf"\b(?:from|between)\s+(?:\w\s*=\s*)?(?P<lower>(?:minus\s+)?{_VALUE})\s+(?:up\s+)?(?:to|and)\s+"
    rf"(?:\w\s*=\s*)?(?P<upper>(?:plus\s+)?{_VALUE})",
    re.IGNORECASE,
)
_IS = re.compile(rf"\b(?P<name>[a-z]\w?)\s*(?:=|is|equals)\s*(?P<value>{_VALUE})", re.IGNORECASE)


def read_formulas(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill the fields that want formulas and what belongs to them; answers the quantities that are within them."""
    slots = operation.by_reads
    if slots.keys().isdisjoint(("formula", "equations")):
        return set()
    found, spans = sentence.formulas, list[tuple[int, int]]()
    formula = found.formula
    wanting = [slot for slot in operation.slots.values() if slot.reads == "formula"]
    for slot in wanting:
        if one := _behind_name(sentence, slot):
            reading.fill(slot, one.text, sentence.text[one.start : one.end])
            spans.append((one.start, one.end))
    slot = next((one for one in wanting if one.name not in reading.sources), None)
    if slot and formula and not any(start <= formula.start < end for start, end in spans):
        reading.fill(slot, formula.text, sentence.text[formula.start : formula.end])
        spans.append((formula.start, formula.end))
    if (slot := slots.get("equations")) and found.equations:
        equations = found.equations
        reading.fill(slot, [one.text for one in equations], ", ".join(one.text for one in equations))
        spans += [(one.start, one.end) for one in equations]
    elif slot and formula and formula.names:
        # The roots of x^2 - 4: what is left out is "= 0".
        reading.fill(slot, [formula.text], sentence.text[formula.start : formula.end])
        spans.append((formula.start, formula.end))
    if spans:
        spans += _about(sentence, operation, reading, spans)
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(start < quantity.end and quantity.start < end for start, end in spans)
    }


def _behind_name(sentence: Sentence, slot: Slot) -> Stretch | None:
    """The formula, or the number, that stands right behind a name of the field: "source 2*x"."""
    if slot.required:
        return None
    for one in sentence.formulas.all:
        before = re.sub(r"(?:\s|[=:'\"]|\bof\b|\bis\b|\bas\b)+$", "", sentence.text[: one.start].lower())
        named = any(re.search(rf"(?<!\w){re.escape(' '.join(phrase))}$", before) for phrase in slot.phrases)
        if named and not one.related:
            return one
    return None


def _about(sentence: Sentence, operation: Declared, reading: Reading, taken: Sequence[Place]) -> list[Place]:
    """Fill the limits, the point and the variables; answers where they stand."""
    slots, spans = operation.by_reads, list[tuple[int, int]]()

    def outside(found: re.Match[str], group: str | int) -> bool:
        return not any(start < found.end(group) and found.start(group) < end for start, end in taken)

    for kind, pattern in _BEHIND.items():
        slot = slots.get(kind)
        for one in pattern.finditer(sentence.text) if slot else ():
            group = next(name for name, said in one.groupdict().items() if said)
            # "d/dx" stands right before the formula, and may be read into it.
            if slot and (outside(one, group) or kind.startswith("variable")) and (value := _value(kind, one[group])):
                reading.fill(slot, value, one[0])
                spans.append(one.span())
                break
    lower, upper = slots.get("lower"), slots.get("upper")
    for one in _LIMITS.finditer(sentence.text) if lower and upper else ():
        a, b = (_value("number", one[side]) for side in ("lower", "upper"))
        if lower and upper and outside(one, "lower") and outside(one, "upper") and a and b:
            reading.fill(lower, a, one[0])
            reading.fill(upper, b, one[0])
            spans.append(one.span())
            break
    if slot := slots.get("values") or slots.get("at"):
        given = {one["name"]: one for one in _IS.finditer(sentence.text) if outside(one, 0)}
        values = {name: value for name, one in given.items() if (value := _value("number", one["value"]))}
        if values:
            reading.fill(slot, values, ", ".join(one[0] for name, one in given.items() if name in values))
            spans += [one.span() for one in given.values()]
    return spans


def _value(kind: str, said: str) -> str | list[str] | None:
    """A name, names, or a number as a formula; None of what is none."""
    if kind == "variable":
        return said if len(said) == 1 or said in GREEK else None
    if kind == "variables":
        names = re.split(r",\s*and\s+|,\s*|\s+and\s+", said)
        return names if all(len(one) == 1 or one in GREEK for one in names) else None
    said = re.sub(r"^minus\s+", "-", said.strip(), flags=re.IGNORECASE)
    said = re.sub(r"^plus\s+|\s+", "", said, flags=re.IGNORECASE).rstrip(".")
    said = re.sub(r"^(-?)zero$", r"\g<1>0", said, flags=re.IGNORECASE)
    if re.fullmatch(r"[-+]?(?:∞|inf(?:inity)?)", said, re.IGNORECASE):
        return ("-" if said.startswith("-") else "") + "infinity"
    try:
        return said if not read_formula(said).names else None
    except InvalidRequest:
        return None
