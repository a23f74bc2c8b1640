"""Tables that are drawn with rules: lines that meet make a grid, and text belongs to the cell that its middle is in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.reading.placed import Box, Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NEAR = 2.5
"""Points: rules so near are one, and ends so near meet."""
SHORTEST = 8.0
"""Points: what is shorter is a tick, a dash or a part of a letter."""
MOST_RULES = 600
"""Across, and as many down: a page with more is a drawing."""
MOST_CELLS = 4_000
LEAST_FILLED = 0.3
"""Share of a table's cells with text: the grid of a chart has next to none."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line along one axis: where it is across that, and from where to where it goes."""

    at: float
    start: float
    end: float


def merged(rules: Iterable[Rule]) -> list[Rule]:
    """Rules of one direction, those that lie in each other's prolongation as one, without the short."""
    found: list[Rule] = []
    for one in sorted(rules, key=lambda rule: (rule.at, rule.start)):
        last = next(
            (
                place
                for place in range(len(found) - 1, max(-1, len(found) - 9), -1)
                if abs(found[place].at - one.at) <= NEAR
                and one.start <= found[place].end + NEAR
                and found[place].start <= one.end + NEAR
            ),
            None,
        )
        if last is None:
            found.append(one)
        else:
            kept = found[last]
            found[last] = Rule(at=kept.at, start=min(kept.start, one.start), end=max(kept.end, one.end))
    return [one for one in found if one.end - one.start >= SHORTEST]


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """A grid of cells."""

    columns: list[float]
    """Where its rules stand, from the left."""
    rows: list[float]

    @property
    def box(self) -> Box:
        """Its outline."""
        return Box(left=self.columns[0], top=self.rows[0], right=self.columns[-1], bottom=self.rows[-1])


def lattices(across: Sequence[Rule], down: Sequence[Rule]) -> list[Lattice]:
    """Grids of at least two cells, each of rules that meet."""
    if not across or not down or len(across) > MOST_RULES or len(down) > MOST_RULES:
        return []
    groups = list(range(len(across) + len(down)))

    def group(place: int) -> int:
        while groups[place] != place:
            groups[place] = groups[groups[place]]
            place = groups[place]
        return place

    for i, flat in enumerate(across):
        for j, upright in enumerate(down, len(across)):
            if _meet(flat, upright):
                groups[group(i)] = group(j)
    together: dict[int, tuple[list[float], list[float]]] = {}
    for place in range(len(groups)):
        columns, rows = together.setdefault(group(place), ([], []))
        if place < len(across):
            rows.append(across[place].at)
        else:
            columns.append(down[place - len(across)].at)
    grids = [Lattice(columns=_apart(columns), rows=_apart(rows)) for columns, rows in together.values()]
    cells = [(one, (len(one.columns) - 1) * (len(one.rows) - 1)) for one in grids]
    return [one for one, many in cells if len(one.columns) > 1 and len(one.rows) > 1 and 1 < many <= MOST_CELLS]


def _meet(flat: Rule, upright: Rule) -> bool:
    return flat.start - NEAR <= upright.at <= flat.end + NEAR and upright.start - NEAR <= flat.at <= upright.end + NEAR


def _apart(places: list[float]) -> list[float]:
    kept: list[float] = []
    for one in sorted(places):
        if not kept or one - kept[-1] > NEAR:
            kept.append(one)
    return kept


def table_of(lattice: Lattice, pieces: Sequence[Piece]) -> tuple[Piece | None, list[Piece]]:
    """The table with the text that is in it, None where there is too little; and the pieces outside."""
    inside = [one for one in pieces if lattice.box.holds(*one.box.middle)]
    cells: dict[tuple[int, int], list[Piece]] = {}
    for one in inside:
        x, y = one.box.middle
        cells.setdefault((_between(lattice.rows, y), _between(lattice.columns, x)), []).append(one)
    shape = len(lattice.rows) - 1, len(lattice.columns) - 1
    if len(cells) < max(2, LEAST_FILLED * shape[0] * shape[1]):
        return None, list(pieces)
    rows = [[_words(cells.get((row, column), [])) for column in range(shape[1])] for row in range(shape[0])]
    within = set(map(id, inside))
    table = Piece(box=lattice.box, rows=[row for row in rows if any(row)])
    return table, [one for one in pieces if id(one) not in within]


def _between(places: Sequence[float], value: float) -> int:
    return next((n for n, (low, high) in enumerate(pairwise(places)) if low <= value <= high), 0)


def _words(pieces: list[Piece]) -> str:
    """The text of a cell: lines from the top, each from the left."""
    return " ".join(one.text for one in sorted(pieces, key=lambda one: (round(one.box.middle[1] / 4), one.box.left)))
