"""Reactions as people write them, read into stoichiometry, and what no reaction of a network changes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Binary, Name, Node, Number

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SPECIES = 20
MOST_PARTS = 5
"""Particles of one species on one side."""

_ARROW = re.compile(r"<-+>|<=+>|⇌|↔|⇄|-+>|=+>|→|⟶")
_TERM = re.compile(r"(\d+)?\s*\*?\s*([^\W\d]\w*)")
_NOTHING = ("", "0", "∅", "nothing")


@dataclass(frozen=True, kw_only=True)
class Step:
    """An elementary reaction in one direction: particles taken and made, and its rate constant."""

    taken: dict[str, int]
    made: dict[str, int]
    constant: float

    def change(self, species: str) -> int:
        """How many of a species it adds."""
        return self.made.get(species, 0) - self.taken.get(species, 0)

    def speed(self, without: str | None = None) -> Node:
        """The rate law k·A·B²; or its derivative by one species."""
        factor = self.constant
        powers = dict(self.taken)
        if without is not None:
            factor *= powers[without]
            powers[without] -= 1
        tree: Node = Number(factor)
        for name, power in powers.items():
            for _ in range(power):
                tree = Binary("*", tree, Name(name))
        return tree


@dataclass(frozen=True, kw_only=True)
class Network:
    """Species in the order of their first mention, and the steps."""

    species: list[str]
    steps: list[Step]

    def rates(self) -> list[Node]:
        """The rate of each species."""
        return [_total([(one.change(name), one.speed()) for one in self.steps]) for name in self.species]

    def slopes(self) -> list[Node]:
        """The Jacobian, row by row."""
        return [
            _total([(one.change(name), one.speed(by)) for one in self.steps if by in one.taken])
            for name in self.species
            for by in self.species
        ]

    def totals(self) -> list[dict[str, Fraction]]:
        """Sums that no reaction changes: a basis of the left null space of the stoichiometric matrix."""
        rows = [[Fraction(one.change(name)) for name in self.species] for one in self.steps]
        return [
            {name: value for name, value in zip(self.species, vector, strict=True) if value} for vector in _kernel(rows)
        ]


def read_network(lines: Sequence[str]) -> Network:
    """Read reactions `A + 2 B -> C; 0.5` and `A <-> B; 3, 0.1`.

    Raises:
        InvalidRequest: a line is no reaction, or there are too many species.
    """
    steps: list[Step] = []
    for place, line in enumerate(lines):
        steps += _read(line, f"reactions.{place}")
    species = list(dict.fromkeys(name for one in steps for name in (*one.taken, *one.made)))
    if len(species) > MOST_SPECIES:
        raise InvalidRequest(
            f"The reactions have {len(species)} species.",
            field="reactions",
            value=len(species),
            remedy=f"Give reactions of at most {MOST_SPECIES}.",
        )
    return Network(species=species, steps=steps)


def say_total(total: dict[str, Fraction]) -> str:
    """A sum of concentrations as a person writes it."""
    words = ""
    for name, value in total.items():
        size = "" if abs(value) == 1 else f"{abs(value)} "
        words += (" - " if value < 0 else " + " if words else "") + size + name
    return words.strip()


def _read(line: str, field: str) -> list[Step]:
    reaction, _, constants = line.partition(";")
    arrow = _ARROW.search(reaction)
    if arrow is None or _ARROW.search(reaction, arrow.end()):
        raise _refused("has no arrow, or two", line, field)
    left, right = _side(reaction[: arrow.start()], line, field), _side(reaction[arrow.end() :], line, field)
    if not left and not right:
        raise _refused("makes nothing of nothing", line, field)
    both = arrow[0].startswith("<") or arrow[0] in "⇌↔⇄"
    values = [_constant(one, line, field) for one in constants.split(",")]
    if len(values) != (2 if both else 1):
        wanted = "two rate constants, forward and back" if both else "one rate constant"
        raise _refused(f"has {len(values)} numbers behind the semicolon and takes {wanted}", line, field)
    steps = [Step(taken=left, made=right, constant=values[0])]
    return [*steps, Step(taken=right, made=left, constant=values[1])] if both else steps


def _side(text: str, line: str, field: str) -> dict[str, int]:
    if text.strip() in _NOTHING:
        return {}
    found: dict[str, int] = {}
    for term in text.split("+"):
        one = _TERM.fullmatch(term.strip())
        if one is None or "__" in one[2]:
            raise _refused(f"has {term.strip()!r} where a species belongs", line, field)
        found[one[2]] = found.get(one[2], 0) + int((one[1] or "1")[:6])
        if not 0 < found[one[2]] <= MOST_PARTS:
            raise _refused(f"has {found[one[2]]} particles of {one[2]}; at most {MOST_PARTS} meet", line, field)
    return found


def _constant(text: str, line: str, field: str) -> float:
    word = text.strip()
    word = word.rpartition("=")[2].strip()
    try:
        value = float(word)
    except ValueError:
        raise _refused(f"has {word[:20]!r} where a rate constant belongs", line, field) from None
    if not 0 <= value < math.inf:
        raise _refused(f"has the rate constant {word[:20]}, which is not 0 or more", line, field)
    return value


def _refused(what: str, line: str, field: str) -> InvalidRequest:
    return InvalidRequest(
        f"The reaction {line[:80]!r} {what}.",
        field=field,
        value=line[:80],
        remedy="Write it as A + 2 B -> C; 0.5, or A <-> B; 3, 0.1 with the constants forward and back.",
    )


def _total(terms: Sequence[tuple[int, Node]]) -> Node:
    tree: Node | None = None
    for many, term in terms:
        if many:
            one: Node = term if abs(many) == 1 else Binary("*", Number(abs(many)), term)
            tree = Binary("-" if many < 0 else "+", Number(0) if tree is None else tree, one)
    return Number(0) if tree is None else tree


def _kernel(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Vectors that every row is orthogonal to, exactly, by Gauss-Jordan elimination."""
    width = len(rows[0])
    rows, pivots = [list(row) for row in rows], list[int]()
    for column in range(width):
        done = len(pivots)
        place = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if place is None:
            continue
        rows[done], rows[place] = rows[place], rows[done]
        pivot = rows[done][column]
        rows[done] = [one / pivot for one in rows[done]]
        for i, row in enumerate(rows):
            if i != done and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, rows[done], strict=True)]
        pivots.append(column)
    vectors: list[list[Fraction]] = []
    for free in (one for one in range(width) if one not in pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for row, pivot_column in zip(rows, pivots, strict=False):
            vector[pivot_column] = -row[free]
        scale = math.lcm(*(one.denominator for one in vector))
        vectors.append([one * scale for one in vector])
    return vectors
