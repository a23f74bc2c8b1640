"""The answer within a model's words, in one spelling: two answers are the same where their spellings are."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Context, Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from nis_backend.answers.normalising import MINUS, normalised, numbers_written, signs_kept
from nis_backend.answers.signs import plain_fractions, plain_numbers
from nis_backend.operation import Model
from nis_backend.places import value_at

Kind = Literal["number", "choice", "boolean", "json", "line", "text"]

_MARKS = re.compile(r"^\[(?:simulated|scripted)\]\s*")
"""What a demonstration puts in front is no part of its answer."""
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
"""With braces inside, as a fraction's are."""
_CUE = re.compile(
    r"(?:\b(?:answer|antwort|r[ée]ponse|respuesta|risposta|resposta)(?: is)?[*_`]{0,3}\s*(?:[:\uff1a=]|\bis\b)"
    r"|\u7b54\u6848\s*(?:[:\uff1a=]|\u662f|\u4e3a)"
    # A number by itself, as in GSM8K: any other line that begins so is a heading.
    r"|####(?=[ \t]*[^\w\s]{0,3}\d[\d,./]*[ \t%]*(?:\n|$)))[ \t]*:?[ \t]*[*_`]{0,3}[ \t]*",
    re.IGNORECASE,
)
_STYLED = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\s?\{([^{}]*)\}")
_TRUE = frozenset({"true", "yes", "correct"})
_FALSE = frozenset({"false", "no", "incorrect"})
_FRACTION = re.compile(rf"(?<![\w./])([{MINUS}+]?)(?:(\d{{1,3}}) )?(\d{{1,100}})\s*/\s*(\d{{1,100}})(?![\w/]|\.\d)")
"""Also with a whole number in front: 1 1/2."""
_ONE = rf"[{MINUS}+]?\d[\d.,]*"
_SEVERAL = re.compile(
    rf"(?:between )?{_ONE} ?%? ?(?:[{MINUS}\u2014~:]|to|and|or|bis) ?{_ONE}(?: ?%| [^\W\d]+)?"
    rf"|[(\[{{\]] ?{_ONE} ?[,;] ?{_ONE} ?[)\]}}\[]|(?:[<>\u2264\u2265]=?|\\[lg]eq?) ?{_ONE}.*"
)
"""A range, a ratio, a pair, a bound: none is a number, and the first of two would make one answer of different ones."""
_WIDE = "\u3002\uff0e\uff0c\u3001\uff1a\uff1b\uff01\uff1f\uff09"
"""Marks behind words, as Chinese and Japanese have them."""
_WHOLE = re.compile(rf"[{MINUS}+]?[\d.,]+(?:[eE][-+]?\d+)?")
_ALONE = re.compile(rf"\W*(\w+)[*_`\"')]*\s*(?:[.,;:!?\u2013\u2014{_WIDE}\n]|$)")
_ENDS = f").:,;!?{_WIDE}"
"""What stands right behind a choice's letter."""
_BESIDE = re.compile(r"\s+[-\u2013\u2014=(]")
"""What comes after it and a space: `B - Paris`."""
_NAMED = re.compile(r"\b(?:is|be|option|choice|choose|pick)\s+[*_`(]{0,4}([A-Za-z])[*_`)]{0,4}\s*(?:[.,;:!?]|$)")
_FENCED = re.compile(r"```[a-zA-Z]*\n(.*?)```", re.DOTALL)
LONGEST = 200
"""Characters of an answer's spelling; of a longer one the rest is told by its digest: none passes for another."""
MOST_LINES = 200
"""Lines, from the first, that may say what there is to choose from."""
MOST_READ = 100_000
"""Characters of a model's words that are looked at: the last of them, where answers stand."""


class Extraction(Model):
    """Where the answer is in a model's words, and when two of them are the same."""

    kind: Kind = Field(
        default="line",
        description="number: the last one, after a cue such as `Answer:` or in \\boxed{} where there is one, without "
        "its unit or percent sign, and none where that is a range, a pair or a bound; "
        "choice: a letter or one of `choices`; boolean: yes or no; json: the member at `path`; line: the last line; "
        "text: all of it. Words are compared in lower case without punctuation and articles.",
    )
    choices: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list[str], max_length=50, description="What a choice is among; empty, the letters A to J."
    )
    path: str = Field(
        default="", max_length=200, description="Of a member of JSON, as result.items.0; empty, all of it."
    )
    digits: int | None = Field(
        default=None, ge=1, le=15, description="Numbers are the same that are so to as many significant digits."
    )

    @model_validator(mode="after")
    def _distinct(self) -> Extraction:
        if len({one.casefold() for one in self.choices}) < len(self.choices):
            msg = "two choices are the same in lower case"
            raise ValueError(msg)
        return self


def extract(text: str, how: Extraction) -> str | None:
    """The answer in one spelling; None where there is none of its kind."""
    text = _STYLED.sub(r"\1", _MARKS.sub("", text)[-MOST_READ:]).strip()
    match how.kind:
        case "number":
            found = _number(text, how.digits)
        case "choice":
            found = _choice(text, how.choices)
        case "boolean":
            found = _boolean(text)
        case "json":
            found = _member(text, how)
        case "line":
            found = _compared(_line(text))
        case "text":
            found = _compared(text)
    return _bounded(found) if found else None


def _compared(words: str) -> str:
    return normalised(signs_kept(plain_fractions(words)))


def _bounded(spelling: str) -> str:
    if len(spelling) <= LONGEST:
        return spelling
    mark = f"… {hashlib.sha256(spelling.encode(errors='replace')).hexdigest()[:16]}"
    return spelling[: LONGEST - len(mark)] + mark


def same(expected: str, how: Extraction) -> str | None:
    """The spelling of an answer that a person gives: alone, without words around it, or as a model would say it."""
    if how.kind != "json":
        return extract(expected, how)
    try:
        value = json.loads(expected)
    except (ValueError, RecursionError):
        value = None
    found = _told(value, how.digits) if isinstance(value, dict | list | str) else _spelled(expected, how.digits)
    return _bounded(found) if found else None


def _after_cue(text: str) -> str:
    """What follows the last cue, on its line; empty where there is no cue with anything behind it."""
    for cue in reversed(list(_CUE.finditer(text))):
        lines = text[cue.end() :].strip().splitlines()
        if lines:
            return lines[0]
    return ""


def _line(text: str) -> str:
    lines = [line for line in text.splitlines() if normalised(line)]
    last = lines[-1] if lines else ""
    boxed = _BOXED.findall(last)
    return boxed[-1] if boxed else _after_cue(last) or last


def _number(text: str, digits: int | None) -> str | None:
    boxed = _BOXED.findall(text)
    for place, which in ((boxed[-1] if boxed else "", -1), (_after_cue(text), 0), (text, -1)):
        if _SEVERAL.fullmatch(place.strip(" \n*_`$.")):
            return None
        found = _numbers(place)
        if found:
            return _written(found[which], digits)
    return None


def _numbers(text: str) -> list[Fraction]:
    """In their order; 3/4 is one, 1 1/2 is one, 50% is 50."""
    text, found, end = plain_numbers(text), list[Fraction](), 0
    for one in _FRACTION.finditer(text):
        found += map(_exact, numbers_written(text[end : one.start()]))
        sign, whole, above, below = -1 if one[1] and one[1] in MINUS else 1, one[2], int(one[3]), int(one[4])
        if whole is not None and above >= below:
            # No part of one: two numbers beside each other.
            found.append(Fraction(sign * int(whole)))
            sign, whole = 1, None
        found += [sign * (int(whole or 0) + Fraction(above, below))] if below else []
        end = one.end()
    return [*found, *map(_exact, numbers_written(text[end:]))]


def _exact(text: str) -> Fraction:
    # Its length and its power are bounded by who found it.
    return Fraction(Decimal(text))


def _written(value: Fraction, digits: int | None) -> str:
    """As a decimal where that is exact, else as a fraction; with `digits`, rounded."""
    if digits is not None:
        return _plain(Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator)))
    below = value.denominator
    for prime in (2, 5):
        while below % prime == 0:
            below //= prime
    if below > 1:
        return f"{value.numerator}/{value.denominator}"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    # By its digits: a decimal's operations would round them.
    told = f"{abs(int(value * 10**places)):0{places + 1}}"
    whole, part = (told[:-places], f".{told[-places:]}") if places else (told, "")
    return f"{'-' if value < 0 else ''}{whole}{part}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _choice(text: str, choices: list[str]) -> str | None:
    labels = choices or list("ABCDEFGHIJ")
    for place in (*reversed(_BOXED.findall(text)), _after_cue(text), _line(text)):
        found = _at_start(place, labels)
        if found is not None:
            return found
    named = [one.upper() for one in _NAMED.findall(_line(text)) if one.upper() in labels]
    if named:
        return named[-1]
    first = _at_start(text.partition("\n")[0], labels)
    # Lines that begin with several of them have said what there is to choose from.
    if first is not None and {_at_start(line, labels) for line in text.splitlines()[:MOST_LINES]} <= {first, None}:
        return first
    marked = [one for one in re.findall(r"\(([A-Za-z])\)", text) if one.upper() in labels]
    if marked:
        return marked[-1].upper()
    words = f" {normalised(text)} "
    places = {one: words.rfind(f" {normalised(one)} ") for one in labels if len(one) > 1}
    last = max(places, key=lambda one: places[one], default=None)
    return last if last is not None and places[last] >= 0 else None


def _at_start(place: str, labels: list[str]) -> str | None:
    """The label that a line begins with; a letter stands alone, or with a sign behind it: `A` is also a word."""
    bare = place.strip().strip("*_`\"' ").removeprefix("(")
    for label in sorted(labels, key=len, reverse=True):
        if not bare.casefold().startswith(label.casefold()):
            continue
        rest = bare[len(label) :].lstrip("*_`\"'")
        if not rest or rest[0] in _ENDS or _BESIDE.match(rest) or (len(label) > 1 and not rest[0].isalnum()):
            return label
    return None


def _boolean(text: str) -> str | None:
    line = _line(text)
    # A word by itself before one that a sentence begins with: `Yes.` before `No other reading is possible.`
    firsts = [_first(_after_cue(text)), *(found and found[1] for found in map(_ALONE.match, (line, text)))]
    for word in (*firsts, _first(line), _first(text)):
        if word is not None and word.lower() in _TRUE | _FALSE:
            return "true" if word.lower() in _TRUE else "false"
    return None


def _first(text: str) -> str | None:
    return next(iter(normalised(text).split()), None)


def _member(text: str, how: Extraction) -> str | None:
    inner = text[text.find("{") :] if "{" in text else ""
    # All of it, before a number that it begins with.
    places = [*((one, False) for one in reversed(_FENCED.findall(text))), (text, True), (inner, False), (text, False)]
    for place, whole in places:
        one = place.strip()
        try:
            value, end = json.JSONDecoder().raw_decode(one)
        except (ValueError, RecursionError):
            continue
        if whole and end < len(one):
            continue
        value = value_at(value, how.path)
        if value is not None:
            return _told(value, how.digits)
    return None


def _told(value: Any, digits: int | None) -> str:  # Any: JSON
    """A member's spelling."""
    if isinstance(value, bool | dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return _spelled(str(value), digits)


def _spelled(text: str, digits: int | None) -> str:
    """A number by its value, words as they are compared."""
    numbers = numbers_written(text)
    # All its digits, and no words.
    if len(numbers) == 1 and _WHOLE.fullmatch(text.strip()) and _digits(numbers[0]) == _digits(text):
        return _written(_exact(numbers[0]), digits)
    return _compared(text)


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))
