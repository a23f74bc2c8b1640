"""A version looked through: what is wrong with it as data to learn from, by the numbers of its rows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.datasets.dataset import Splits
from nis_backend.capabilities.datasets.duplicates import asked_and_given
from nis_backend.capabilities.datasets.kinds import Kind, words_of
from nis_backend.capabilities.datasets.normal import language_of
from nis_backend.capabilities.datasets.parting import key_of, part_of
from nis_backend.capabilities.datasets.work import POOL
from nis_backend.capabilities.datasets.writing import lines_in
from nis_backend.identifying.identifiers import found_in
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

MOST_TOLD = 20
"""Rows that are told of one kind of problem."""
MOST_LABELS = 1000
FEWEST_OF_LABEL, IMBALANCE = 5, 20.0
"""Rows of a label, and how much rarer than the most frequent one the rarest may be."""
SECOND = 0.1
"""Share of the rows in a second language from which it is told."""


class CheckRows(Model):
    """A version's file, and how it is parted."""

    kind: Kind
    path: str
    longest: int
    splits: Splits | None = None
    groups: dict[str, str] | None = None


class Problem(Model):
    """One kind of problem."""

    kind: str = Field(
        description="empty, too_long, duplicate, contradiction, leakage, identifying, labels, language, or split."
    )
    count: int = Field(description="Rows that have it; of labels, languages and parts: how many of those.")
    rows: list[int] = Field(description="The first of them, by their numbers from 1.")
    message: str


class Checked(Model):
    """What was found."""

    rows: int
    problems: list[Problem]
    labels: dict[str, int]
    languages: dict[str, int]
    parts: dict[str, int]
    identifying: dict[str, int]


@dataclass(kw_only=True)
class Look:
    """What is known of the rows that were looked at."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    first: dict[str, list[int]] = field(default_factory=dict[str, "list[int]"])
    labels: Counter[str] = field(default_factory=Counter[str])
    languages: Counter[str] = field(default_factory=Counter[str])
    parts: Counter[str] = field(default_factory=Counter[str])
    identifying: Counter[str] = field(default_factory=Counter[str])
    texts: dict[int, int] = field(default_factory=dict[int, int])
    """The answer, as a number, that was first given to a text, by the text's number."""
    asked: dict[int, str] = field(default_factory=dict[int, str])
    """The part in which what is asked was met first."""

    def tell(self, kind: str, number: int) -> None:
        """A row has a problem."""
        self.counts[kind] += 1
        told = self.first.setdefault(kind, [])
        if len(told) < MOST_TOLD:
            told.append(number)


WORDS = {
    "empty": "have no letter and no digit",
    "too_long": "have more characters than wanted",
    "duplicate": "have the words of an earlier row; datasets.deduplicate_dataset removes them",
    "contradiction": "have the words of an earlier row, and another label or answer",
    "leakage": "ask what a row of another part asks: what is measured on them is too good",
    "identifying": "have what identifies somebody or opens something",
}


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


@operation("datasets.check_rows", effect="reads", pool=POOL, time_limit=1800.0)
def check_rows(request: CheckRows, ctx: WorkerContext) -> Checked:
    """Look a version through."""
    look = Look()
    for number, line in enumerate(lines_in(request.path), 1):
        _look_at(look, number, line, request)
        if number % 2000 == 0:
            ctx.progress(0.5, f"{number} rows")
    problems = [
        Problem(kind=kind, count=look.counts[kind], rows=look.first[kind], message=f"{look.counts[kind]} rows {words}.")
        for kind, words in WORDS.items()
        if look.counts[kind]
    ]
    return Checked(
        rows=look.rows,
        problems=[*problems, *_of_all(look, request)],
        labels=dict(look.labels.most_common(50)),
        languages=dict(look.languages.most_common()),
        parts=dict(look.parts),
        identifying=dict(look.identifying),
    )


def _look_at(look: Look, number: int, line: bytes, request: CheckRows) -> None:
    row: Json = json.loads(line)
    kind = request.kind
    words = words_of(kind, row)
    look.rows += 1
    part = ""
    if request.splits is not None:
        part = part_of(key_of(line, request.splits.by, request.groups), request.splits)
        look.parts[part] += 1
    if kind != "images":
        _look_at_words(look, number, words, request.longest)
    label = str(row["label"]) if "label" in row else None
    if label is not None and (label in look.labels or len(look.labels) < MOST_LABELS):
        look.labels[label] += 1
    text, given = map(_number, asked_and_given(kind, row))
    if text in look.texts:
        look.tell("duplicate" if look.texts[text] == given else "contradiction", number)
    else:
        look.texts[text] = given
    if part and look.asked.setdefault(text, part) != part:
        look.tell("leakage", number)


def _look_at_words(look: Look, number: int, words: str, longest: int) -> None:
    if not any(letter.isalnum() for letter in words):
        look.tell("empty", number)
    if len(words) > longest:
        look.tell("too_long", number)
    look.languages[language_of(words)] += 1
    found = found_in(words)
    if found:
        look.identifying.update(found)
        look.tell("identifying", number)


def _of_all(look: Look, request: CheckRows) -> list[Problem]:
    """What is told of all rows together."""
    problems: list[Problem] = []
    numbers = request.kind == "table" and all(_is_number(label) for label in look.labels)
    if look.labels and not numbers and len(look.labels) < MOST_LABELS:
        most = max(look.labels.values())
        rare = sorted(
            label for label, count in look.labels.items() if count < FEWEST_OF_LABEL or count * IMBALANCE < most
        )
        if len(look.labels) == 1:
            problems.append(
                Problem(kind="labels", count=1, rows=[], message="There is one label: nothing is told apart.")
            )
        elif rare:
            why = f"{len(rare)} labels have fewer than {FEWEST_OF_LABEL} rows, or a {IMBALANCE:g}th of the largest"
            problems.append(Problem(kind="labels", count=len(rare), rows=[], message=f"{why}: {', '.join(rare[:10])}."))
    known = Counter({name: count for name, count in look.languages.items() if name != "unknown"})
    second = known.most_common(2)[1:]
    if second and second[0][1] >= SECOND * known.total():
        told = ", ".join(f"{name} {count}" for name, count in known.most_common(5))
        problems.append(Problem(kind="language", count=len(known), rows=[], message=f"Several languages: {told}."))
    empty = [name for name, share in _shares(request.splits).items() if share and not look.parts[name]]
    if empty:
        problems.append(Problem(kind="split", count=len(empty), rows=[], message=f"No row is in {', '.join(empty)}."))
    return problems


def _shares(splits: Splits | None) -> dict[str, float]:
    return {} if splits is None else {"train": splits.train, "validation": splits.validation, "test": splits.test}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
