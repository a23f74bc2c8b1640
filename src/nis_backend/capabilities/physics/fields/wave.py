"""Waves on strings and membranes, damped and driven."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields import characteristics, modal
from nis_backend.capabilities.physics.fields.axes import Cut, modes
from nis_backend.capabilities.physics.fields.data import FRAMES, Data
from nis_backend.capabilities.physics.fields.doubt import doubts
from nis_backend.capabilities.physics.fields.fields import History, WaveSolution
from nis_backend.capabilities.physics.fields.given import read_edges, read_given, read_start
from nis_backend.capabilities.physics.fields.grid import Grid, Terms
from nis_backend.capabilities.physics.fields.settle import Settled, Wanted, mean_gap, polynomials, volumes
from nis_backend.capabilities.physics.fields.shape import answer, snapshots
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check, Conserved, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.oscillation import WaveRequest

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

METHOD = "spectral elements in space, each mode's oscillation exact in time"
SOURCE = (
    "Canuto, Hussaini, Quarteroni & Zang, Spectral Methods: Fundamentals (2006), 2.3, and Evolution to Complex "
    "Geometries (2007), 5.3; in time: Hochbruck & Ostermann, Acta Numerica 19 (2010), 209-286, section 2"
)
MOST_TURNS = 1e4
"""Times that a wave may pass the region: beyond, rounding of the modes' frequencies is seen."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A wave on one grid: values and velocities at all nodes after each part of the time."""

    grid: Grid
    fields: list[Array]
    energies: list[float]
    seen: Array
    steps: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """The equation with all that is given, read."""

    request: WaveRequest
    terms: Terms
    data: Data
    velocity: Any  # Place, which exists for the type checker alone
    smooth: bool = False

    @property
    def turns(self) -> float:
        """How often the wave passes the region."""
        request = self.request
        return request.speed * request.duration / min(request.length, request.width or request.length)

    def advanced(self, cut: Cut, times: int, frames: int = 1) -> Moved:
        """The wave after each of so many parts of the time, from one cut, in so many steps."""
        grid, request = self.terms.grid(cut), self.request
        start, pace = (grid.at_start(one, smooth=self.smooth) for one in (self.data.start, self.velocity))
        plane = modal.Plane(x=modes(grid.x), y=modes(grid.y))
        steady = self.data.steady
        times = frames if steady else times
        forcing = None if self.data.source.zero and self.terms.edges.zero else grid.forcing(self.data.source)
        found = modal.swing(
            plane, (start, pace), forcing, request.duration, times, damping=request.damping, steady=steady
        )
        fields, energies = [grid.filled(start, 0.0)], [_energy(grid, start, pace)]
        for number, (u, v) in enumerate(found, 1):
            if number % (times // frames) == 0:
                fields.append(grid.filled(u, request.duration * number / times))
                energies.append(_energy(grid, u, v))
        return Moved(
            grid=grid,
            fields=fields,
            energies=energies,
            seen=grid.seen(fields[-1], request.points),
            steps=cut.intervals,
        )

    def followed(self, cut: Cut, _times: int, frames: int = FRAMES) -> Moved:
        """The same along characteristics."""
        grid, request = self.terms.grid(cut), self.request
        string = characteristics.String(
            grid=grid, speed=request.speed, damping=request.damping, source=self.data.source
        )
        x, y = grid.x.nodes[:, None], grid.y.nodes[None, :]
        start = grid.filled(np.array(self.data.start(x, y))[grid.x.free], 0.0)
        pace = np.zeros_like(start)
        pace[grid.x.free] = grid.at_start(self.velocity)
        found = string.moved(start[:, 0], pace[:, 0], request.duration, frames)
        fields = [start, *(one[:, None] for one in found)]
        return Moved(
            grid=grid, fields=fields, energies=[], seen=grid.seen(fields[-1], request.points), steps=cut.intervals
        )


def _energy(grid: Grid, u: Array, v: Array) -> float:
    """½∫(u_t² + c²|grad u|²), with what elastic edges hold."""
    weights = np.outer(grid.x.weights[grid.x.free], grid.y.weights[grid.y.free])
    bent = grid.x.operator @ u + u @ grid.y.operator.T
    return float(np.sum(weights * (v**2 - u * bent))) / 2


def move(request: WaveRequest, tell: Callable[[float, str], None] = silent) -> WaveSolution:
    """The wave that was asked for; `tell` hears how far it is."""
    task = read_task(request)
    smooth, scale = task.data.smoothness(request.tolerance, {"the velocity at the start": task.velocity}), _scale(task)
    wanted = Wanted(
        tolerance=request.tolerance * scale,
        scale=scale,
        flat=request.width is not None,
        steady=task.data.steady,
        times=FRAMES,
        tell=tell,
    )
    reason, settled, along = smooth.words, None, False
    if smooth.first is not None:
        task = replace(task, smooth=True)
        settled = polynomials(task.advanced, smooth.first, wanted)
        if settled.error > wanted.tolerance and request.width is None:
            reason = f"{smooth.words} at the start, but not for long: it bends or jumps"
            task, settled = replace(task, smooth=False), None
    if settled is None and request.width is None:
        along = True
        settled = volumes(task.followed, replace(wanted, steady=True), order=1, most=2048, apart=mean_gap)
    elif settled is None:
        settled = volumes(task.advanced, wanted, apart=mean_gap, order=1)
    if not along:
        settled = replace(settled, run=task.advanced(settled.run.grid.x.cut, settled.times, FRAMES))
    more, nodal = {"the velocity at the start": task.velocity}, ("the start", "the source") if along else ()
    times = math.ceil(settled.run.steps * task.turns) if along else settled.times
    notes = [*smooth.unbounded(request.tolerance), *doubts(task.data, more, settled.run.grid, times, nodal)]
    return _write(task, settled, reason, wanted, notes, along=along)


def read_task(request: WaveRequest) -> Task:
    """The equation of a request, with what it gives read."""
    flat = request.width is not None
    edges = read_edges(request)
    terms = Terms(length=request.length, width=request.width, edges=edges, spread=request.speed**2)
    data = Data(
        start=read_start(request.initial, request.samples, request),
        source=read_given(request.source, "source", flat=flat),
        edges=edges,
        lengths=terms.lengths,
        duration=request.duration,
    )
    velocity = read_start(request.initial_velocity, [], request, field="initial_velocity")
    task = Task(request=request, terms=terms, data=data, velocity=velocity)
    if task.turns > MOST_TURNS:
        raise InvalidRequest(
            f"The wave passes the region {task.turns:.3g} times.",
            field="duration",
            value=request.duration,
            remedy=f"Ask for a time in which it passes at most {MOST_TURNS:.0f} times.",
        )
    return task


def _scale(task: Task) -> float:
    request = task.request
    reach = min(request.duration, max(task.terms.lengths) / request.speed)
    x, y = task.data.places(101)
    pace = float(np.max(np.abs(task.velocity(x, y)))) * reach
    return max(task.data.largest(reach**2 / 2), pace) or 1.0


def _write(  # noqa: PLR0913 - each is one thing that is told
    task: Task, settled: Settled[Moved], reason: str, wanted: Wanted, notes: list[str], *, along: bool
) -> WaveSolution:
    request, run = task.request, settled.run
    times = np.linspace(0, request.duration, FRAMES + 1)
    grid = run.grid
    slowest = modal.plane_of(*(task.terms.grid(Cut(elements=1, degree=24)).axes)).values
    frequency = float(np.max(np.real(slowest)))
    free = frequency > -1e-8 * float(np.max(np.abs(slowest)))
    return WaveSolution(
        **answer(grid, run.fields[0], run.fields[-1], request.points),
        snapshots=snapshots(grid, times, run.fields, request.points),
        history=History(
            time=times.tolist(),
            centre=[grid.middle(one) for one in run.fields],
            mean=[grid.mean(one) for one in run.fields],
        ),
        energy=run.energies[-1] if run.energies and not grid.coarse else None,
        period=None if free else 2 * math.pi / math.sqrt(-frequency),
        method="characteristics" if along else "finite volumes" if grid.coarse else "spectral elements",
        reason=f"{reason[0].upper()}{reason[1:]}.",
        receipt=_receipt(task, settled, wanted, notes, along=along),
    )


def _receipt(task: Task, settled: Settled[Moved], wanted: Wanted, doubtful: list[str], *, along: bool) -> Receipt:
    run, source = settled.run, SOURCE
    method = METHOD if wanted.steady else "spectral elements in space, oscillations of order 8 in time"
    notes: list[str] = []
    if along:
        method, source = characteristics.METHOD, characteristics.SOURCE
    elif run.grid.coarse:
        method = "finite volumes in space, each mode's oscillation exact in time"
        notes = ["In two dimensions a wave of data that jumps ripples by the width of a few volumes behind each front."]
    rough = run.grid.coarse
    return Receipt(
        method=method,
        order=1 if rough else None,
        observed_order=settled.observed_order,
        steps=run.steps if along else settled.times,
        error_of=f"u, at the end, {'on average over' if rough else 'at any of'} the places given",
        error_asked=wanted.tolerance,
        error_reached=settled.error,
        unit="",
        estimate="a finer grid in space" if wanted.steady else "finer grids in space and in time",
        met=settled.error <= wanted.tolerance and not doubtful,
        conserved=_kept(task, run),
        cost=Cost(evaluations=settled.grids, of="grids", unknowns=run.grid.unknowns),
        source=source,
        checks=_checks(task, settled, wanted) if not rough else [],
        notes=[*doubtful, *notes],
    )


def _kept(task: Task, run: Moved) -> list[Conserved]:
    """The energy, where nothing damps or drives."""
    if task.request.damping or not task.data.source.zero or not task.terms.edges.zero or run.grid.coarse:
        return []
    first = run.energies[0]
    return [Conserved(name="energy", start=first, drift=max(abs(one - first) for one in run.energies), unit="")]


def _checks(task: Task, settled: Settled[Moved], wanted: Wanted) -> list[Check]:
    """The middle by another method."""
    run = settled.run
    middle = run.grid.middle(run.fields[-1])
    flat = wanted.flat
    solve, first = (task.advanced, 24) if flat else (task.followed, 64)
    one, other = (solve(Cut(elements=n, degree=1), FRAMES, 1) for n in (first, 2 * first))
    values = [each.grid.middle(each.fields[-1]) for each in (one, other)]
    name = "middle, finite volumes on two grids" if flat else "middle, along characteristics on two grids"
    allowed = abs(values[1] - values[0]) + settled.error + (5e-3 if flat else 1e-5) * wanted.scale
    return [compare(name, middle, values[1] + (values[1] - values[0]) / 3, "", allowed=allowed)]
