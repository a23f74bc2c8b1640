"""Potentials at rest on intervals and rectangles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields import domains
from nis_backend.capabilities.physics.fields.axes import Cut, modes
from nis_backend.capabilities.physics.fields.data import Data
from nis_backend.capabilities.physics.fields.doubt import doubts
from nis_backend.capabilities.physics.fields.fields import PoissonSolution
from nis_backend.capabilities.physics.fields.given import Given, read_edges, read_given, read_profile, smoothness
from nis_backend.capabilities.physics.fields.grid import Grid, Terms
from nis_backend.capabilities.physics.fields.modal import Plane
from nis_backend.capabilities.physics.fields.settle import Settled, Wanted, polynomials, volumes
from nis_backend.capabilities.physics.fields.shape import answer
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.potential import PoissonRequest

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

SOURCE = (
    "Canuto, Hussaini, Quarteroni & Zang, Spectral Methods: Evolution to Complex Geometries (2007), 5.3; solved by "
    "Lynch, Rice & Thomas, Numer. Math. 6 (1964), 185-199"
)
CONDUCTIVITY = "the conductivity"
NOTHING = 1e-10
"""Part of the largest eigenvalue below which one is 0: nothing holds the potential."""
BALANCED = 1e-6
"""Part of the largest source that may be left over where nothing holds the potential."""


@dataclass(frozen=True, kw_only=True)
class Rested:
    """A potential on one grid, at all nodes."""

    grid: Grid
    whole: Array
    seen: Array
    steps: int
    free: bool
    """Whether nothing holds it, and its mean was chosen as 0."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """The equation with all that is given, read."""

    request: PoissonRequest
    terms: Terms
    source: Given

    def rested(self, cut: Cut, _times: int = 1) -> Rested:
        """The potential from one cut: one division in the modes of both axes."""
        grid = self.terms.grid(cut)
        plane = Plane(x=modes(grid.x), y=modes(grid.y), rate=-self.request.screening)
        given = plane.into(grid.forcing(self.source)(0.0))
        values = plane.values
        none = np.abs(values) < NOTHING * np.max(np.abs(values))
        if np.any(none):
            self._balance(grid)
        free = plane.out(np.where(none, 0.0, -given / np.where(none, 1.0, values)))
        whole = grid.filled(free, 0.0)
        return Rested(
            grid=grid,
            whole=whole,
            seen=grid.seen(whole, self.request.points),
            steps=cut.intervals,
            free=bool(np.any(none)),
        )

    def _balance(self, grid: Grid) -> None:
        """Where nothing holds the potential, what sources give must leave through the edges."""
        added = grid.forcing(self.source)(0.0)
        weights = np.outer(grid.x.weights[grid.x.free], grid.y.weights[grid.y.free])
        left, size = float(np.sum(weights * added)), float(np.sum(weights * np.abs(added)))
        if abs(left) > BALANCED * size:
            raise InvalidRequest(
                f"No potential exists: sources and edges leave {left:.4g} over, and no edge takes it up.",
                field="source",
                value=self.source.text[:80],
                remedy="Hold an edge (dirichlet or robin), or give sources and fluxes that add up to 0.",
            )


def rest(request: PoissonRequest, tell: Callable[[float, str], None] = silent) -> PoissonSolution:
    """The potential that was asked for; `tell` hears how far it is."""
    if request.shape != "rectangle":
        return domains.rest(request, tell)
    task = read_task(request)
    flat = request.width is not None
    places = {"the source": task.source.at(0.0, task.terms.lengths)}
    profile = task.terms.profile
    if profile is not None:
        places[CONDUCTIVITY] = profile.place
    smooth = smoothness(places, task.terms.lengths, flat=flat, wanted=request.tolerance / 10)
    scale = float(np.max(np.abs(task.rested(Cut(elements=24, degree=1)).seen))) or 1.0
    wanted = Wanted(tolerance=request.tolerance * scale, scale=scale, flat=flat, steady=True, times=1, tell=tell)
    if smooth.first is not None:
        settled = polynomials(task.rested, smooth.first, wanted)
    else:
        settled = volumes(task.rested, wanted)
    data = Data(
        start=lambda x, y: np.zeros(np.broadcast(x, y).shape),
        source=task.source,
        edges=task.terms.edges,
        lengths=task.terms.lengths,
        duration=0.0,
    )
    notes = [*smooth.unbounded(request.tolerance), *doubts(data, places, settled.run.grid, 1, {CONDUCTIVITY})]
    return _write(task, settled, smooth.words, wanted, notes)


def read_task(request: PoissonRequest) -> Task:
    """The equation of a request, with what it gives read."""
    flat = request.width is not None
    terms = Terms(
        length=request.length,
        width=request.width,
        edges=read_edges(request, timed=False),
        spread=request.conductivity,
        profile=read_profile(request.conductivity_profile, "conductivity_profile", request, flat=flat),
    )
    return Task(request=request, terms=terms, source=read_given(request.source, "source", flat=flat, timed=False))


def _write(task: Task, settled: Settled[Rested], reason: str, wanted: Wanted, doubtful: list[str]) -> PoissonSolution:
    run, request = settled.run, task.request
    slopes = np.gradient(run.seen, request.length / (request.points - 1), axis=0, edge_order=2)
    steep = np.abs(slopes)
    if request.width is not None:
        steep = np.hypot(slopes, np.gradient(run.seen, request.width / (request.points - 1), axis=1, edge_order=2))
    return PoissonSolution(
        **answer(run.grid, run.whole, run.whole, request.points),
        largest_gradient=float(np.max(steep)),
        method="finite volumes" if run.grid.coarse else "spectral elements",
        reason=f"{reason[0].upper()}{reason[1:]}.",
        receipt=Receipt(
            method=f"{'finite volumes' if run.grid.coarse else 'spectral elements'}, solved in the modes of both axes",
            order=2 if run.grid.coarse else None,
            observed_order=settled.observed_order,
            steps=run.steps,
            error_of="u, at any place given",
            error_asked=wanted.tolerance,
            error_reached=settled.error,
            unit="",
            estimate="a finer grid",
            met=settled.error <= wanted.tolerance and not doubtful,
            cost=Cost(evaluations=settled.grids, of="grids", unknowns=run.grid.unknowns),
            source=SOURCE,
            checks=_checks(task, settled, wanted),
            notes=[*doubtful, *(["Nothing holds the potential: its mean was chosen as 0."] if run.free else [])],
        ),
    )


def _checks(task: Task, settled: Settled[Rested], wanted: Wanted) -> list[Check]:
    """The middle by another method."""
    run = settled.run
    if run.grid.coarse:
        return []
    first = 32 if wanted.flat else 128
    one, other = (task.rested(Cut(elements=n, degree=1)) for n in (first, 2 * first))
    values = [each.grid.middle(each.whole) - (each.grid.mean(each.whole) if each.free else 0) for each in (one, other)]
    middle = run.grid.middle(run.whole) - (run.grid.mean(run.whole) if run.free else 0)
    return [
        compare(
            "middle, finite volumes on two grids extrapolated",
            middle,
            values[1] + (values[1] - values[0]) / 3,
            "",
            allowed=abs(values[1] - values[0]) / 3 + settled.error + 1e-9 * wanted.scale,
        )
    ]
