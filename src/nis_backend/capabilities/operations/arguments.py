"""Arguments read from a sentence by code: what a model too small for it must not do.

All that is known of a field comes from the request's JSON schema. Units, numbers and words are read in this order; what
two fields could claim is left open and reported: nothing is guessed.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.operations.amending import amend
from nis_backend.capabilities.operations.conversion import read_units
from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.formulas import read_formulas
from nis_backend.capabilities.operations.lists import read_lists
from nis_backend.capabilities.operations.names import find_names
from nis_backend.capabilities.operations.numbers import NumberReader
from nis_backend.capabilities.operations.reading import Reading, Unclear
from nis_backend.capabilities.operations.stated import read_hints, read_stated, read_truths
from nis_backend.capabilities.operations.systems import read_systems
from nis_backend.capabilities.operations.words import stem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.sentence import Place, Sentence
    from nis_backend.capabilities.operations.slots import Slot
    from nis_backend.entry import Entry

# Not "one", which stands for the thing: "the last one".
_COUNTED = "two three four five six seven eight nine ten eleven twelve"
COUNTS = {word: number for number, word in enumerate(_COUNTED.split(), start=2)} | {
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
    "half a dozen": 6,
    "dozen": 12,
    "couple": 2,
}
_N = rf"\d{{1,4}}|{'|'.join(sorted(COUNTS, key=len, reverse=True))}"
_LAST = "last|latest|newest|first|recent|top|most recent|lowest"
_SPAN = r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?)\b"
_COUNT = re.compile(
    rf"\b(?:{_LAST})\s+(?:an?\s+)?(?P<n>{_N})\b(?![.,]\d)(?!\s+{_SPAN})"
    rf"|\b(?P<m>{_N})\s+(?:of\s+)?(?:my\s+|the\s+)?(?:(?:most|last)\s+)?(?:recent|latest|newest|last)\b(?!\s+{_SPAN})"
    rf"|\b(?:at\s+most|up\s+to|no\s+more\s+than|limit(?:ed\s+to|\s+of|\s+is|\s*[=:])?|maximum\s+of|max)\s*(?P<k>{_N})\b"
    rf"(?![.,]\d)(?!\s+{_SPAN})"
    rf"|\b(?P<o>{_N})\s+of\s+(?:them|those|these|mine)\b",
    re.IGNORECASE,
)
_COUNTED_THINGS = r"\b(?P<p>{n})\s+(?:(?:of|my|our|the|{kinds}|{states})\s+){{0,4}}(?:{things})\b"
_KINDS = "past|previous|earlier|other|lowest|first|bound|energy"


def read_arguments(
    sentence: Sentence,
    entry: Entry,
    *,
    known: Mapping[str, Any] | None = None,  # Any: JSON
    asked: Collection[str] = (),
) -> Reading:
    """What `sentence` gives the operation, on top of what is `known` from before.

    Its quantities must have been converted to the units of the fields. `asked` are fields that the person was just
    asked for: a number without a name goes to them first, and one without a unit is in the field's own.
    """
    operation = declared(entry)
    reading = Reading(arguments=dict(known or {}))
    amended = amend(sentence)
    left = set(range(len(sentence.quantities))) - amended.dropped
    reading.replaced = [sentence.quantities[index].text for index in sorted(amended.dropped)]
    left -= _read_quotes(sentence, operation, reading)
    left -= read_systems(sentence, operation, reading)
    left -= read_formulas(sentence, operation, reading)
    left -= read_lists(sentence, operation, reading)
    left -= _read_counts(sentence, operation, reading)
    left -= read_units(sentence, operation, reading, amended, asked=bool(asked))
    names = find_names(sentence, operation)
    NumberReader(sentence, operation, reading, names, left, asked=asked, known=known or {}, amended=amended).read()
    _read_choices(sentence, operation, reading)
    read_stated(sentence, operation, reading)
    read_truths(sentence, operation, reading, names)
    read_hints(sentence, operation, reading, names)
    reading.missing = [name for name in operation.required if name not in reading.arguments]
    return reading


# Texts: what is quoted is a text, whatever numbers are in it.


def _read_quotes(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill the fields that want texts; answers the quantities that are within them."""
    one, several = operation.by_reads.get("quote"), operation.by_reads.get("quotes")
    quotes = sentence.quotes or (
        sentence.rest if one and (one.required or not sentence.text.rstrip().endswith("?")) else ()
    )
    texts = [sentence.text[start:end].strip() for start, end in quotes]
    if one and len(texts) == 1:
        reading.fill(one, texts[0], texts[0])
    elif one and texts:
        reading.unclear.append(Unclear(said=tuple(texts), fields=(one.name,)))
    if several and len(texts) > 1:
        reading.fill(several, texts, " / ".join(texts))
    programs = _read_program(sentence, operation, reading)
    quotes = [*(quotes if one or several else ()), *programs, *_read_topic(sentence, operation, reading)]
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(start <= quantity.start < end for start, end in quotes)
    }


_FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.+?)```", re.DOTALL)


def _read_program(sentence: Sentence, operation: Declared, reading: Reading) -> list[Place]:
    """Fill the field that wants a program, where one stands in the sentence; answers where."""
    slot = operation.by_reads.get("program")
    if slot is None:
        return []
    fenced = [found.span(1) for found in _FENCED.finditer(sentence.text)]
    for place in fenced or sentence.quotes or sentence.rest:
        text = sentence.text[slice(*place)].strip()
        if _computes(text):
            reading.fill(slot, text, text)
            return [place]
    return []


def _computes(text: str) -> bool:
    """Whether it is Python that does something: a word, or words set apart by commas, are that too, and do nothing."""
    try:
        parts = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(one, (ast.Call, ast.BinOp, ast.Assign, ast.Import, ast.ImportFrom)) for one in parts)


def _read_topic(sentence: Sentence, operation: Declared, reading: Reading) -> Sequence[Place]:
    """Fill what is searched for, what it is called, and the address to be read; answers where they stand."""
    found: list[Place] = []
    names: list[Place] = []
    if slot := operation.by_reads.get("called"):
        names = sentence.called(" ".join(words) for words in slot.phrases)
        for place in names:
            reading.fill(slot, sentence.text[slice(*place)], sentence.text[slice(*place)])
    if slot := operation.by_reads.get("topic"):
        found = [one for one in sentence.topics if one not in names] or sentence.topic
        if len(found) == 1:
            said = sentence.text[slice(*found[0])].strip()
            reading.fill(slot, said, said)
        elif found:
            said = tuple(sentence.text[slice(*one)] for one in found)
            reading.unclear.append(Unclear(said=said, fields=(slot.name,)))
    found = [*found, *names]
    if slot := operation.by_reads.get("address"):
        found = [*found, *sentence.addresses]
        said = tuple(dict.fromkeys(sentence.text[slice(*one)] for one in sentence.addresses))
        if slot.type == "array" and said:
            reading.fill(slot, list(said), " / ".join(said))
        elif len(said) == 1:
            reading.fill(slot, said[0], said[0])
        elif said:
            reading.unclear.append(Unclear(said=said, fields=(slot.name,)))
    return found


# Words: counts, choices, and what is with or without.


def _read_counts(sentence: Sentence, operation: Declared, reading: Reading) -> set[int]:
    """Fill how many things are wanted; answers the quantities that said so."""
    slot = operation.by_reads.get("count")
    said = _counts(sentence, operation) if slot else []
    numbers = ((next(one for one in match.groups() if one), match[0]) for match in said)
    found = {COUNTS.get(number.lower()) or int(number): words for number, words in numbers}
    if slot and len(found) == 1:
        count, words = next(iter(found.items()))
        reading.fill(slot, count, words)
    elif slot and found:
        reading.unclear.append(Unclear(said=tuple(found.values()), fields=(slot.name,)))
    return {
        index
        for index, quantity in enumerate(sentence.quantities)
        if any(one.start() <= quantity.start < one.end() for one in said)
    }


def _beside(sentence: Sentence, operation: Declared, named: Mapping[str, str]) -> dict[str, str]:
    """Of several choices those that say of what the thing itself is: of "a brass bar in ice water", brass."""
    said = [one for one in sentence.spelled_out if one.text not in ("of", ":", "is", "made", "a")]
    things = operation.subject | {
        stem(words[0]) for name in operation.required for words in operation.slots[name].phrases
    }
    found: dict[str, str] = {}
    for choice, words in named.items():
        last = words.split()[-1]
        for at, one in enumerate(said):
            around = [*said[max(0, at - 1) : at], *said[at + 1 : at + 2]]
            either = any(near.text in ("or", "and") for near in around)
            if one.text == last and not either and any(near.stem in things for near in around):
                found[choice] = words
    return found


def _called(sentence: Sentence, slot: Slot, named: Mapping[str, str]) -> dict[str, str]:
    """Of several choices the one that stands behind a name of the field: of "Mars around the Sun", the Sun."""
    said = [one for one in sentence.spelled_out if one.text not in ("of", ":", "is", "the", "a", "an")]
    found: dict[str, str] = {}
    for choice, words in named.items():
        first = words.split()[0]
        for at, one in enumerate(said):
            before = tuple(near.text for near in said[:at])
            if one.text == first and any(before[-len(phrase) :] == phrase for phrase in slot.phrases):
                found[choice] = words
    return found


def _counts(sentence: Sentence, operation: Declared) -> list[re.Match[str]]:
    """Where a number of what is listed is said: "the last three", "five failed runs"."""
    # "30 jobs" of a sentence before are told, not wanted.
    last = sentence.pieces[-1][0] if sentence.pieces else 0
    return [*_COUNT.finditer(sentence.text), *_counted(operation).finditer(sentence.text, last)]


@lru_cache(maxsize=64)
def _counted(operation: Declared) -> re.Pattern[str]:
    """How a number of what the operation lists is said; bounded, and nothing in it is of a call or a caller."""
    states = "|".join(re.escape(choice) for slot in operation.slots.values() for choice in slot.choices) or "past"
    slot = operation.by_reads.get("count")
    named = (phrase[-1] for phrase in slot.phrases) if slot else ()
    counted = (*operation.things, *(word for word in named if word.endswith("s")))
    things = "|".join(map(re.escape, counted)) or "things"
    return re.compile(_COUNTED_THINGS.format(n=_N, kinds=_KINDS, states=states, things=things), re.IGNORECASE)


def _read_choices(sentence: Sentence, operation: Declared, reading: Reading) -> None:
    for slot in operation.slots.values():
        if slot.reads != "choice":
            continue
        named = slot.chosen(sentence.spelled_out)
        if len(named) > 1:
            named = _called(sentence, slot, named) or named
        if len(named) > 1:
            named = _beside(sentence, operation, named) or named
        if len(named) == 1:
            choice, words = next(iter(named.items()))
            reading.fill(slot, choice, words)
        elif named:
            reading.unclear.append(Unclear(said=tuple(named), fields=(slot.name,)))
