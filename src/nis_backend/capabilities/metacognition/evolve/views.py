"""Evolutions as a person would rather look at them: what was tried, what it was worth, and why it went as it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.evolve.evolution import Evolution

SHOWN = 200
"""Characters of instructions in a table."""


def draw(_request: Any, result: Evolution) -> list[View]:  # Any: it does not matter what was asked
    """One: its reason, then its candidates."""
    rows: list[list[str | float]] = [
        [
            one.number,
            "" if one.parent is None else one.parent,
            round(one.validation, 4),
            one.instructions if len(one.instructions) <= SHOWN else f"{one.instructions[:SHOWN]}…",
        ]
        for one in result.candidates
    ]
    columns = ["candidate", "made from", "validation", "instructions"]
    about = f"{result.agent}: {result.state.replace('_', ' ')}. {result.reason}".strip()
    return [Text(text=about), *([Table(title="Candidates", columns=columns, rows=rows)] if rows else [])]


def draw_list(_request: Any, result: Any) -> list[View]:  # Any: as above; a page
    """Several, a line each."""
    rows: list[list[str | float]] = [
        [
            one.id,
            one.agent,
            one.state.replace("_", " "),
            "" if one.verdict is None else round(one.verdict.gain, 4),
            "" if one.verdict is None else float(f"{one.verdict.p_value:.3g}"),
            moment(one.updated),
        ]
        for one in result.evolutions
    ]
    columns = ["id", "agent", "state", "gain", "p", "last changed (UTC)"]
    return [Table(title="Evolutions", columns=columns, rows=rows)]
