"""What a network's lesson looks like: words, its field beside the classical one, its loss, its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.learned.equations import COEFFICIENT_UNIT, Learned
from nis_backend.numerics.shown import receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Grid, Series, Table, Text, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.learned.equations import LearnedField, PinnRequest
    from nis_backend.capabilities.physics.learned.table import KanFit, KanRequest
    from nis_backend.view import View

_UNITS = {Learned.HEAT: "", Learned.WAVE: "", Learned.BURGERS: "m/s"}
"""Of the field; of heat and waves it is whatever the start's is."""


def draw_pinn(request: PinnRequest, learned: LearnedField) -> list[View]:
    """What was learned, how wrong it is, and the classical answer beside it."""
    one = learned.solution
    unit = _UNITS[learned.equation]
    gap = [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(one.network, one.classical, strict=True)]
    last = f"after {format_number(request.duration)} s"
    return [
        Text(text=_said(request, learned)),
        Series(
            title=f"The solution {last}",
            x=Axis(label="position", unit="m", values=one.position),
            lines=[
                Axis(label="classical", unit=unit, values=one.classical[-1]),
                Axis(label="network", unit=unit, values=one.network[-1], mark="points"),
                Axis(label="at the start", unit=unit, values=one.classical[0]),
            ],
        ),
        _grid("The network's field", learned, one.network, unit),
        _grid(f"The classical field, by {learned.classical_method}", learned, one.classical, unit),
        _grid("Their difference", learned, gap, unit, middle=0.0),
        Series(
            title="How it learned",
            x=Axis(label="epoch", values=learned.lessons.epoch),
            lines=[Axis(label="loss", values=learned.lessons.loss, scale="log")],
        ),
        *_errors(learned),
        receipt_table(learned.receipt),
    ]


def _said(request: PinnRequest, learned: LearnedField) -> str:
    trained = (
        f"{learned.parameters:,} parameters in {learned.windows} network{'s' if learned.windows > 1 else ''}, "
        f"{learned.epochs:,} epochs"
    )
    verdict = "within" if learned.receipt.met else "**not within**"
    asked = f"{verdict} the {format_number(learned.receipt.error_asked, 2)} asked"
    how = (
        f"Its start and its ends are exact. {learned.receipt.notes[0]} The classical answer beside it: "
        f"{learned.classical_method}."
    )
    found = learned.found
    if found is None:
        return (
            f"The network learned the {learned.equation.value} equation with a true relative L2 error of "
            f"**{format_number(learned.error, 2)}** against the classical answer, {asked} ({trained}). {how}"
        )
    unit = COEFFICIENT_UNIT[learned.equation]
    return (
        f"The {found.name} found from the samples is **{format_known(found.value, found.standard_error)} {unit}**, "
        f"95 % interval {format_number(found.low)} to {format_number(found.high)} {unit}. Least squares on the "
        f"classical solution of the same samples gives {format_number(found.classical, 6)} ± "
        f"{format_number(found.classical_standard_error, 2)} {unit}: they differ by "
        f"{format_number(learned.receipt.error_reached, 2)} of it, {asked} ({trained}). The samples scatter by "
        f"{format_number(found.noise, 2)} about the network. {how}"
    )


def _grid(title: str, learned: LearnedField, cells: Sequence[Sequence[float]], unit: str, **more: float) -> Grid:
    return Grid(
        title=title,
        x=Axis(label="position", unit="m", values=learned.solution.position),
        y=Axis(label="time", unit="s", values=learned.solution.time),
        label="difference" if more else "u",
        unit=unit,
        cells=cells,
        middle=more.get("middle"),
    )


def _errors(learned: LearnedField) -> list[View]:
    """The true error as it fell, where it was measured on the way."""
    measured = [
        (epoch, error)
        for epoch, error in zip(learned.lessons.epoch, learned.lessons.error, strict=True)
        if error is not None and error > 0
    ]
    if len(measured) < 2:  # noqa: PLR2004 - one point is no line
        return []
    return [
        Series(
            title="Its true error",
            x=Axis(label="epoch", values=[epoch for epoch, _ in measured]),
            lines=[Axis(label="relative L2 error", values=[error for _, error in measured], scale="log")],
        )
    ]


EDGES = 12
"""Edges that are drawn; those that carry most."""


def draw_kan(request: KanRequest, fit: KanFit) -> list[View]:
    """The formula, what it is judged by, and what each edge does."""
    verdict = "within" if fit.receipt.met else "**not within**"
    asked = format_number(fit.receipt.error_asked, 2)
    network = f"{fit.nodes} hidden node{'s' if fit.nodes > 1 else ''}, {len(fit.edges)} edges"
    text = (
        f"The law read from the network is {verbatim(fit.formula)}, with an error of "
        f"**{format_number(fit.formula_error, 2)}** over rows held out, by their scatter. The network itself "
        f"({network}, {fit.pruned} pruned) comes to {format_number(fit.receipt.error_reached, 2)} over rows it was "
        f"not trained on, {verdict} the {asked} asked. {' '.join(fit.receipt.notes[:2])}"
    )
    largest = sorted(fit.edges, key=lambda one: -one.importance)[:EDGES]
    return [
        Text(text=text),
        Table(
            title="Fits of the same rows",
            columns=["fit", "numbers", "error, trained on", "error, held out"],
            rows=[
                [one.name, one.parameters, format_number(one.train_error, 3), format_number(one.held_out_error, 3)]
                for one in fit.fits
            ],
        ),
        Table(
            title="What each edge is most like",
            columns=["edge", "function", "R²", "importance"],
            rows=[
                [one.name, one.function, f"{one.r_squared:.6f}", format_number(one.importance, 3)] for one in fit.edges
            ],
        ),
        *(
            Series(
                title=f"Edge from {one.name.replace(' → ', ' to ')}",
                x=Axis(label=one.name.partition(" → ")[0], values=one.place),
                lines=[Axis(label=f"like {one.function}", values=one.value)],
            )
            for one in largest
        ),
        Series(
            title="Held-out rows",
            x=Axis(label="measured", values=fit.truth),
            lines=[Axis(label="network", values=fit.predicted, mark="points")],
        ),
        Series(
            title="How it learned",
            x=Axis(label="epoch", values=[float(number + 1) for number in range(len(fit.loss))]),
            lines=[Axis(label="loss", values=fit.loss, scale="log")],
        ),
        receipt_table(fit.receipt),
    ]
