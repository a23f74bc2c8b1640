"""What states and passages look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.quantum.particle import (
        Eigenstates,
        EigenstatesRequest,
        Tunnelling,
        TunnellingRequest,
    )
    from nis_backend.view import View

DRAWN = 6
"""States that are drawn; more curves hide each other."""
NANOMETRE = 1e-9


def draw_states(request: EigenstatesRequest, result: Eigenstates) -> list[View]:
    """The levels, the functions lifted to their energies, the table."""
    count = len(result.states)
    gap = "" if result.gap is None else f"; the next lies {format_number(result.gap, 6)} eV above"
    x = Axis(label="x", unit="nm", values=[one / NANOMETRE for one in result.position])
    shown = result.states[:DRAWN]
    top = max(one.energy for one in shown)
    bottom = min(result.potential)
    # A curve's height says nothing by itself: it is a seventh of what is drawn.
    lift = (top - bottom) / 7
    highest = max(abs(one) for state in shown for one in state.function)
    return [
        Text(
            text=f"The ground state lies at **{format_number(result.ground_energy, 7)} eV** "
            f"({error_words(result.receipt)}){gap}. {count} state{'s were' if count > 1 else ' was'} computed in the "
            f"potential: {request.potential}."
        ),
        Series(
            title="States, each lifted to its energy",
            x=x,
            lines=[
                *(
                    Axis(
                        label=f"ψ{state.number}",
                        unit="eV",
                        values=[state.energy + lift * one / highest for one in state.function],
                    )
                    for state in shown
                ),
                Axis(
                    label="potential",
                    unit="eV",
                    values=[one if one <= top + 2 * lift else None for one in result.potential],
                ),
            ],
            y="energy",
        ),
        Table(
            title="Levels",
            columns=["n", "energy, eV", "energy, J", "exact, eV", "nodes", "⟨x⟩, nm", "Δx, nm"],
            rows=[
                [
                    one.number,
                    one.energy,
                    one.energy_joule,
                    "" if one.exact is None else one.exact,
                    one.nodes,
                    one.mean_position / NANOMETRE,
                    one.spread / NANOMETRE,
                ]
                for one in result.states
            ],
        ),
        receipt_table(result.receipt),
    ]


def draw_passage(request: TunnellingRequest, result: Tunnelling) -> list[View]:
    """The probability, the curve over energy, the barrier."""
    if result.transmission > 0:
        passed = f"**{format_number(100 * result.transmission, 4)} %**"
        chance = f"T = {format_number(result.transmission, 5)}"
    elif result.log10_transmission is not None:
        passed, chance = f"**10^{result.log10_transmission:.2f}**", "too small for a double"
    else:
        passed, chance = "**Nothing**", "T = 0"
    peaks = ", ".join(f"{format_number(one.energy, 5)} eV" for one in result.resonances[:5])
    depth = (
        f" Inside, the wave falls by e every {format_number(result.decay_length / NANOMETRE, 3)} nm at the least."
        if result.decay_length
        else ""
    )
    views: list[View] = [
        Text(
            text=f"{passed} passes at {format_number(request.energy)} eV ({chance}; {error_words(result.receipt)}), "
            f"the rest, {format_number(100 * result.reflection, 4)} %, comes back.{depth}"
            + (f" Most passes near {peaks}." if peaks else "")
        ),
        Series(
            title="Transmission over energy",
            x=Axis(label="energy", unit="eV", values=result.energies),
            lines=[Axis(label="transmission", values=result.transmissions)],
        ),
        Series(
            title="Barrier",
            x=Axis(label="x", unit="nm", values=[one / NANOMETRE for one in result.position]),
            lines=[
                Axis(label="potential", unit="eV", values=result.potential),
                Axis(label="energy", unit="eV", values=[request.energy] * len(result.position)),
            ],
        ),
    ]
    if result.resonances:
        views.append(
            Table(
                title="Resonances",
                columns=["energy, eV", "transmission", "width at half, eV"],
                rows=[
                    [one.energy, one.transmission, "" if one.width is None else one.width] for one in result.resonances
                ],
            )
        )
    return [*views, receipt_table(result.receipt)]
