"""Systems read out of a sentence: differential equations with their start and constants, reactions with amounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Place, Sentence

_N = r"[-+\u2212]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_PI = r"[-+]?(?:\d+(?:\.\d+)?\s*\*?\s*)?(?:pi|π)\b(?:\s*/\s*\d+)?"
_START = re.compile(rf"\b(?P<name>[^\W\d]\w*'*)\s*\(\s*(?:t\s*=\s*)?0(?:\.0*)?\s*\)\s*=\s*(?P<value>{_PI}|{_N})")
"""x(0) = 1."""
_UNTIL = re.compile(
    rf"\b(?:until|till|at|after|to|when)\s+t\s*=\s*(?P<to>{_N})|\bfrom\s+t\s*=\s*0\s+to\s+(?P<end>{_N})", re.IGNORECASE
)
_REST = re.compile(r"\b(?:from|at|is) rest\b", re.IGNORECASE)
_COHERENT = frozenset(
    [
        *("kilogram", "meter", "second", "radian", "newton", "newton / meter", "meter / second", "1 / second", "hertz"),
        *("meter / second ** 2", "radian / second", "newton * second / meter", "kilogram / second", "joule", "watt"),
    ]
)
"""Units of which numbers may be put into one equation as they are."""

_SPECIES = r"(?:\d+\s*)?[A-Z][A-Za-z0-9]*"
_SIDE = rf"{_SPECIES}(?:\s*\+\s*{_SPECIES})*"
_REACTION = re.compile(
    rf"(?P<left>{_SIDE})\s*(?P<sign><-+>|<=+>|⇌|↔|-+>|=+>|→)\s*(?P<right>{_SIDE})"
    rf"(?:\s*;\s*(?P<rate>{_N})(?:\s*,\s*(?P<back>{_N})(?![\d.]*\s*(?:mol|M\b)))?)?"
)
_RATE = re.compile(
    rf"\b(?:rate(?: constants?| coefficients?)?|k)\b(?:\s*(?:of|is|are|=|:|being))?\s*(?P<rate>{_N})"
    r"(?:\s*(?:1/s|/s|s\^-1|s\u207b\u00b9|per second))?"
    rf"(?:\s*(?:,|and)\s*(?P<back>{_N})(?![\d.]*\s*[mµ]?(?:mol|M\b)))?",
    re.IGNORECASE,
)
_AMOUNTS = {"mol/l": 1.0, "m": 1.0, "mol/dm³": 1.0, "mmol/l": 1e-3, "mm": 1e-3, "µm": 1e-6, "": 1.0}
_UNIT = r"(?P<unit>mol/L|mol/l|mol/dm³|mmol/L|mmol/l|mM|µM|M)?"
_OF = re.compile(rf"(?P<value>{_N})\s*{_UNIT}\s*(?:of\s+)?\b(?P<name>[A-Z][A-Za-z0-9]*)\b")
_IS = re.compile(rf"\b(?P<name>[A-Z][A-Za-z0-9]*)(?:_0|\(0\)|\]_0|\])?\s*=\s*(?P<value>{_N})\s*{_UNIT}(?![\w/])")


def read_systems(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill the fields of a system; answers the quantities that are within what was read."""
    slots = operation.by_reads
    if "differential" in slots:
        spans = _read_differential(sentence, operation, reading)
    elif "reactions" in slots:
        spans = _read_reactions(sentence, operation, reading)
    else:
        return set()
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(start < quantity.end and quantity.start < end for start, end in spans)
    }


def holds_system(sentence: Sentence, operation: Declared) -> bool:
    """Whether it writes out the equations, or the reactions, that the operation works on."""
    return bool(system_spans(sentence, operation))


def system_spans(sentence: Sentence, operation: Declared) -> list[Place]:
    """Where the equations or the reactions stand, of an operation that works on them."""
    if "differential" in operation.by_reads:
        return [(one.start, one.end) for one in sentence.formulas.differential]
    return [one.span() for one in _REACTION.finditer(sentence.text)] if "reactions" in operation.by_reads else []


def _read_differential(sentence: Sentence, operation: Declared, reading: Reading) -> list[Place]:
    """The equations, the states at the start, the constants, and the time that bare numbers say."""
    slots, written = operation.by_reads, sentence.formulas.differential
    if not written:
        return []
    reading.fill(slots["differential"], [one.text for one in written], "; ".join(one.text for one in written))
    spans = [(one.start, one.end) for one in written]
    primed = {name for one in written for name in one.names if name.endswith("'")}
    states = {name.rstrip("'") for name in primed}
    start: dict[str, float] = {}
    for one in _START.finditer(sentence.text):
        start[one["name"]] = float(read_formula(one["value"].replace("\u2212", "-")).compile(arrays=False)())
        spans.append(one.span())
    constants: dict[str, float] = {}
    for name, value, span in _assigned(sentence):
        if name == "t" or any(a <= span[0] < b for a, b in spans):
            continue
        (start if name.rstrip("'") in states else constants).setdefault(name, value)
        spans.append(span)
    if _REST.search(sentence.text):
        start |= {name[:-1]: 0.0 for name in primed if name.endswith("''") and name[:-1] not in start}
    for kind, found in (("start", start), ("constants", constants)):
        if found and kind in slots:
            reading.fill(slots[kind], found, _told(found))
    if (duration := operation.slots.get("duration")) and (until := _UNTIL.search(sentence.text)):
        reading.fill(duration, _number(until["to"] or until["end"]), until[0])
        spans.append(until.span())
    return spans


def _assigned(sentence: Sentence) -> Iterable[tuple[str, float, Place]]:
    """Each name that is said to be a number: "k = 4", "m = 2 kg"."""
    for one in sentence.formulas.all:
        left, sign, right = one.text.partition("=")
        name = left.strip()
        if not (one.related and sign and re.fullmatch(r"[^\W\d]\w*'*", name)):
            continue
        quantity = next((q for q in sentence.quantities if q.unit and one.start < q.end and q.start < one.end), None)
        if quantity is not None:
            if quantity.unit in _COHERENT:
                yield name, quantity.value, (one.start, max(one.end, quantity.end))
            continue
        try:
            formula = read_formula(right)
        except InvalidRequest:
            continue
        if not formula.names:
            yield name, float(formula.compile(arrays=False)()), (one.start, one.end)


def _read_reactions(sentence: Sentence, operation: Declared, reading: Reading) -> list[Place]:
    """The reactions with their rates, and how much there is at the start."""
    slots, text = operation.by_reads, sentence.text
    found = list(_REACTION.finditer(text))
    if not found:
        return []
    spans = [one.span() for one in found]
    rate = _RATE.search(text) if len(found) == 1 and not found[0]["rate"] else None
    if rate:
        spans.append(rate.span())
    written = [_reaction(one, rate) for one in found]
    if all(written):
        reading.fill(slots["reactions"], written, "; ".join(text[slice(*one.span())] for one in found))
    species = {name for one in found for name in re.findall(r"[A-Z][A-Za-z0-9]*", f"{one['left']} {one['right']}")}
    amounts: dict[str, float] = {}
    for pattern in (_IS, _OF):
        for one in pattern.finditer(text):
            inside = any(start < one.end() and one.start() < end for start, end in spans)
            if one["name"] in species and not inside:
                amounts[one["name"]] = _number(one["value"]) * _AMOUNTS[(one["unit"] or "").lower()]
                spans.append(one.span())
    if amounts and "start" in slots:
        reading.fill(slots["start"], amounts, _told(amounts))
    return spans


def _reaction(one: re.Match[str], rate: re.Match[str] | None) -> str:
    """A reaction as its operation takes it; nothing where no rate is said, or only one of two."""
    both = one["sign"][0] in "<⇌↔"
    forward, back = (
        (one["rate"], one["back"]) if one["rate"] else (rate["rate"], rate["back"]) if rate else (None, None)
    )
    if forward is None or (both and back is None):
        return ""
    rates = f"{forward}, {back}" if both else forward
    return f"{one['left']} {'<->' if both else '->'} {one['right']}; {rates}"


def _number(said: str) -> float:
    return float(said.replace("\u2212", "-"))


def _told(found: dict[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in found.items())
