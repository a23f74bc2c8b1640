"""Fields that spread: heat, what is dissolved, what is carried along and decays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields import modal, stages, upwind
from nis_backend.capabilities.physics.fields.axes import MOST_CONDITION, Cut, modes
from nis_backend.capabilities.physics.fields.data import FRAMES, Data
from nis_backend.capabilities.physics.fields.doubt import doubts
from nis_backend.capabilities.physics.fields.fields import DiffusionSolution, History
from nis_backend.capabilities.physics.fields.given import along_edges, read_edges, read_given, read_profile, read_start
from nis_backend.capabilities.physics.fields.grid import Grid, Terms
from nis_backend.capabilities.physics.fields.settle import VOLUMES, Settled, Wanted, mean_gap, polynomials, volumes
from nis_backend.capabilities.physics.fields.shape import answer, snapshots
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check, Conserved, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
    from nis_backend.capabilities.physics.fields.given import Place, Smoothness

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

SPECTRAL_METHOD = "spectral elements in space, exact in time"
SPECTRAL_SOURCE = (
    "Canuto, Hussaini, Quarteroni & Zang, Spectral Methods: Fundamentals (2006), 2.3, and Evolution to Complex "
    "Geometries (2007), 5.3; in time: Hochbruck & Ostermann, Acta Numerica 19 (2010), 209-286, section 2"
)
VOLUME_SOURCE = (
    "Hundsdorfer & Verwer, Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations (2003), I.3; "
    "in time: Hochbruck & Ostermann, Acta Numerica 19 (2010), 209-286, section 2"
)
UPWIND_SOURCE = (
    "Hundsdorfer & Verwer, Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations (2003), III.1; "
    "limiter: van Leer, J. Comput. Phys. 14 (1974), 361-370; in time: Shu & Osher, J. Comput. Phys. 77 (1988), 439-471"
)
DIFFUSIVITY = "the diffusivity"
MOST_STAGED = 1200
"""Unknowns of one dense system."""
SWEPT = 25.0
"""Péclet number of a side above which the condition of its modes, e^(Pe/2), passes `MOST_CONDITION`."""
MOST_WORK = 2e8
"""Values that upwind differences work out on their finest grid: some twenty seconds."""
LEAST_WORK = 16_000
"""Values a step that cost no less when there are fewer."""
CELL = 2.0
"""Péclet number of a volume above which central differences give new extrema."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A field that was advanced on one grid: all nodes at each time, `(FRAMES + 1, nx, ny)`."""

    grid: Grid
    fields: list[Array]
    seen: Array
    steps: int
    sharp: bool
    """Whether it was advanced by limited upwind differences."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """The equation with all that is given, read."""

    request: DiffusionRequest
    terms: Terms
    data: Data
    smooth: bool = False
    """Whether no volume holds a jump."""
    limited: bool = False
    """Whether limited upwind differences are taken whatever the volumes' size: grids of two kinds tell no error."""

    @property
    def steady(self) -> bool:
        """Whether nothing given depends on time."""
        return self.data.steady

    def advanced(self, cut: Cut, times: int, frames: int = 1) -> Spread:
        """The field after each of so many parts of the time, from one cut, in so many steps."""
        grid = self.terms.grid(cut)
        request = self.request
        start = grid.at_start(self.data.start, smooth=self.smooth)
        sharp = grid.coarse and self.sharp(cut)
        found: Iterator[Array]
        if sharp:
            flow = upwind.Flow(grid=grid, source=self.data.source, rate=request.rate)
            found = flow.carried(grid.filled(start, 0.0), request.duration, FRAMES)
        else:
            found = (grid.filled(one, t) for t, one in self._free(grid, start, times, frames))
        fields = [grid.filled(start, 0.0), *found]
        return Spread(
            grid=grid, fields=fields, seen=grid.seen(fields[-1], request.points), steps=cut.intervals, sharp=sharp
        )

    @property
    def swept(self) -> bool:
        """Whether two dimensions are crossed so fast that modes say too little, and stages take too much memory."""
        request = self.request
        axes = (
            (request.velocity, request.length, self.terms.edges.x),
            (request.velocity_y, request.width, self.terms.edges.y),
        )
        return request.width is not None and any(
            size is not None and sides[0].kind != "periodic" and abs(v) * size / request.diffusivity > SWEPT
            for v, size, sides in axes
        )

    def sharp(self, cut: Cut) -> bool:
        """Whether volumes of this size need limited upwind differences."""
        request = self.request
        if self.swept or self.limited:
            return True
        along = ((request.velocity, request.length), (request.velocity_y, request.width or 0.0))
        return max(abs(v) * size / cut.intervals / request.diffusivity for v, size in along) > CELL

    def _free(self, grid: Grid, start: Array, times: int, frames: int) -> Iterator[tuple[float, Array]]:
        """The free nodes after each part of the time."""
        request, forcing = self.request, grid.forcing(self.data.source)
        found = modes(grid.x), modes(grid.y)
        if max(one.condition for one in found) < MOST_CONDITION:
            plane = modal.Plane(x=found[0], y=found[1], rate=request.rate)
            if self.steady:
                all_of, times = modal.relax(plane, start, forcing(0.0), request.duration, frames), frames
            else:
                all_of = modal.diffuse(plane, start, forcing, request.duration, times)
        elif self.steady and grid.coarse and request.width is None:
            operator = grid.x.operator + request.rate * np.eye(len(grid.x.free))
            all_of = (
                one[:, None]
                for one in stages.repeat(operator, start[:, 0], forcing(0.0)[:, 0], request.duration, frames)
            )
            times = frames
        else:
            all_of = self._staged(grid, start, forcing, times)
        every = times // frames
        for number, one in enumerate(all_of, 1):
            if number % every == 0:
                yield request.duration * number / times, one

    def _staged(self, grid: Grid, start: Array, forcing: Callable[[float], Array], times: int) -> Iterator[Array]:
        if grid.unknowns > MOST_STAGED:
            raise InvalidRequest(
                f"{grid.unknowns} unknowns that are carried along are too many to be solved for at once.",
                field="velocity",
                value=self.request.velocity,
                remedy="Give a slower flow, a larger diffusivity or one dimension.",
            )
        operator = grid.x.operator + self.request.rate * np.eye(len(grid.x.free))
        if len(grid.y.free) > 1:
            operator = np.kron(operator, np.eye(len(grid.y.free))) + np.kron(np.eye(len(grid.x.free)), grid.y.operator)
        for one in stages.carry(operator, start.ravel(), lambda t: forcing(t).ravel(), self.request.duration, times):
            yield one.reshape(start.shape)


def spread(request: DiffusionRequest, tell: Callable[[float, str], None] = silent) -> DiffusionSolution:
    """The field that was asked for; `tell` hears how far it is."""
    task = _read(request)
    flat = request.width is not None
    smooth = task.data.smoothness(request.tolerance, _places(task))
    scale = task.data.largest(min(request.duration, request.length**2 / (8 * request.diffusivity))) or 1.0
    wanted = Wanted(
        tolerance=request.tolerance * scale,
        scale=scale,
        flat=flat,
        steady=task.steady and _modal(task),
        times=FRAMES,
        tell=tell,
    )
    reason, settled = smooth.words, None
    if smooth.first is not None and not task.swept:
        task = replace(task, smooth=True)
        settled = polynomials(task.advanced, smooth.first, wanted)
        if settled.error > max(100 * wanted.tolerance, 1e-3 * scale):
            reason = f"{smooth.words}, but what comes of it is too steep for them"
            settled = None
    if settled is None:
        settled = _rough(task, wanted)
    if not settled.run.sharp:
        # The same once more, with all that is shown of it.
        settled = replace(settled, run=task.advanced(settled.run.grid.x.cut, settled.times, FRAMES))
    return _write(task, settled, smooth, reason, wanted)


def _rough(task: Task, wanted: Wanted) -> Settled[Spread]:
    """By volumes; what is carried along faster than the finest of them spread it, by upwind differences."""
    first, most = VOLUMES[wanted.flat]
    moving = not _modal(task)
    if moving:
        request = task.request
        terms = 2 * most**2 * request.diffusivity * request.duration / request.length**2
        most = min(most, 128 if wanted.flat else most if task.steady and terms < stages.MOST_TERMS else 512)
    if not moving or not task.sharp(Cut(elements=most, degree=1)):
        # Coarse volumes must not be of the other kind.
        while task.sharp(Cut(elements=first, degree=1)):
            first *= 2
        if 4 * first <= most:
            return volumes(task.advanced, wanted, first=first, most=most)
    task = replace(task, limited=True)
    while most > 2 * VOLUMES[wanted.flat][0] and _work(task, most) > MOST_WORK:
        most //= 2
    if (work := _work(task, most)) > MOST_WORK:
        raise InvalidRequest(
            f"It is carried too far: {work:.1g} values would be worked out on {most} volumes a side.",
            field="duration",
            value=task.request.duration,
            remedy="Ask for a shorter time, a slower flow or one dimension.",
        )
    return volumes(task.advanced, wanted, order=1, most=most, apart=mean_gap)


def _work(task: Task, volumes_along: int) -> float:
    """Values that upwind differences work out on so many volumes a side."""
    grid = task.terms.grid(Cut(elements=volumes_along, degree=1))
    flow = upwind.Flow(grid=grid, source=task.data.source, rate=task.request.rate)
    return task.request.duration / flow.longest() * max(len(grid.x.nodes) * len(grid.y.nodes), LEAST_WORK)


def _modal(task: Task) -> bool:
    """Whether the modes of what is carried along can be told apart; without flow they always can."""
    return task.request.velocity == 0 == task.request.velocity_y


def _read(request: DiffusionRequest) -> Task:
    flat = request.width is not None
    if not flat and request.velocity_y:
        raise InvalidRequest(
            "velocity_y is given, but the field has one dimension.",
            field="velocity_y",
            value=request.velocity_y,
            remedy="Give width too, or leave velocity_y out.",
        )
    if request.rate * request.duration > 300:  # noqa: PLR2004 - e^300 is 10^130
        raise InvalidRequest(
            f"It would grow by a factor of e^{request.rate * request.duration:.3g}.",
            field="rate",
            value=request.rate,
            remedy="Give a rate or a duration that is smaller.",
        )
    profile = read_profile(request.diffusivity_profile, "diffusivity_profile", request, flat=flat)
    edges = read_edges(request)
    terms = Terms(
        length=request.length,
        width=request.width,
        edges=edges,
        spread=request.diffusivity,
        profile=profile,
        velocity=(request.velocity, request.velocity_y),
    )
    return Task(
        request=request,
        terms=terms,
        data=Data(
            start=read_start(request.initial, request.samples, request),
            source=read_given(request.source, "source", flat=flat),
            edges=edges,
            lengths=terms.lengths,
            duration=request.duration,
        ),
    )


def _places(task: Task) -> dict[str, Place]:
    """What else must be smooth."""
    profile = task.terms.profile
    if profile is None:
        return {}
    return {DIFFUSIVITY: profile.place}


def _write(task: Task, settled: Settled[Spread], smooth: Smoothness, reason: str, wanted: Wanted) -> DiffusionSolution:
    request, run = task.request, settled.run
    notes = [
        *smooth.unbounded(request.tolerance),
        *doubts(task.data, _places(task), run.grid, settled.times, {DIFFUSIVITY}),
    ]
    times = np.linspace(0, request.duration, FRAMES + 1)
    speed = math.hypot(request.velocity, request.velocity_y)
    grid = run.grid
    return DiffusionSolution(
        **answer(grid, run.fields[0], run.fields[-1], request.points),
        snapshots=snapshots(grid, times, run.fields, request.points),
        history=History(
            time=times.tolist(),
            centre=[grid.middle(one) for one in run.fields],
            mean=[grid.mean(one) for one in run.fields],
        ),
        peclet=speed * request.length / request.diffusivity,
        method="upwind volumes" if run.sharp else "finite volumes" if grid.coarse else "spectral elements",
        reason=f"{reason[0].upper()}{reason[1:]}.",
        receipt=_receipt(task, settled, wanted, notes),
    )


def _receipt(task: Task, settled: Settled[Spread], wanted: Wanted, notes: list[str]) -> Receipt:
    run = settled.run
    name, source = SPECTRAL_METHOD, SPECTRAL_SOURCE
    if run.sharp:
        name, source = "limited upwind volumes with three Runge-Kutta stages that keep bounds", UPWIND_SOURCE
    elif run.grid.coarse:
        name, source = "finite volumes in space, exact in time", VOLUME_SOURCE
    elif not wanted.steady:
        name = "spectral elements in space, order 8 or 9 in time"
    return Receipt(
        method=name,
        order=1 if run.sharp else 2 if run.grid.coarse else None,
        observed_order=settled.observed_order,
        steps=settled.times,
        error_of="u, at the end, on average over the places given"
        if run.sharp
        else "u, at the end, at any place given",
        error_asked=wanted.tolerance,
        error_reached=settled.error,
        unit="",
        estimate="a finer grid in space" if wanted.steady else "finer grids in space and in time",
        met=settled.error <= wanted.tolerance and not notes,
        conserved=_kept(task, run),
        cost=Cost(evaluations=settled.grids, of="grids", unknowns=run.grid.unknowns),
        source=source,
        checks=_checks(task, settled, wanted),
        notes=notes,
    )


def _kept(task: Task, run: Spread) -> list[Conserved]:
    """The amount, where nothing enters, leaves, grows or decays."""
    request = task.request
    kinds = {one.kind for one in (*task.terms.edges.x, *(task.terms.edges.y if request.width else ()))}
    still = request.velocity == 0 == request.velocity_y or kinds == {"periodic"}
    if (
        request.rate
        or not task.data.source.zero
        or not task.terms.edges.zero
        or not kinds <= {"neumann", "periodic"}
        or not still
    ):
        return []
    size = request.length * (request.width or 1.0)
    amounts = [run.grid.mean(one) * size for one in run.fields]
    return [
        Conserved(name="amount, ∫u", start=amounts[0], drift=max(abs(one - amounts[0]) for one in amounts), unit="")
    ]


def _checks(task: Task, settled: Settled[Spread], wanted: Wanted) -> list[Check]:
    """The middle by another method, and the bounds that no solution leaves."""
    found: list[Check] = []
    run = settled.run
    if not run.grid.coarse:
        first = 16 if wanted.flat else 48
        while task.sharp(Cut(elements=first, degree=1)):
            first *= 2
        if first > (48 if wanted.flat else 128):
            return found
        coarse, fine = (task.advanced(Cut(elements=one, degree=1), wanted.times) for one in (first, 2 * first))
        one, other = (each.grid.middle(each.fields[-1]) for each in (coarse, fine))
        found.append(
            compare(
                "middle, finite volumes on two grids extrapolated",
                run.grid.middle(run.fields[-1]),
                other + (other - one) / 3,
                "",
                allowed=abs(other - one) / 3 + settled.error + 1e-9 * wanted.scale,
            )
        )
    bounds = _bounds(task, run)
    if bounds is not None:
        low, high = bounds
        slack = settled.error + 1e-9 * wanted.scale
        most, least = (float(of(run.seen)) for of in (np.max, np.min))
        found.append(
            compare("largest value against the largest that data allows", most, min(most, high), "", allowed=slack)
        )
        found.append(
            compare("smallest value against the smallest that data allows", least, max(least, low), "", allowed=slack)
        )
    return found


def _bounds(task: Task, run: Spread) -> tuple[float, float] | None:
    """What no solution leaves, by the maximum principle; None where sources or fluxes act."""
    edges = task.terms.edges
    named = edges.sides
    driven = [one for name, one in edges.values.items() if named[name].kind != "dirichlet" and not one.zero]
    if task.request.rate or not task.data.source.zero or driven:
        return None
    x, y = run.grid.x.nodes, run.grid.y.nodes
    values = [run.fields[0].ravel()]
    for t in np.linspace(0, task.request.duration, 65):
        seen = along_edges(edges, x, y, task.terms.lengths, float(t))
        values += [one for name, one in seen.items() if named[name].kind == "dirichlet"]
    if any(one.kind == "robin" for one in named.values()):
        values.append(np.zeros(1))
    whole = np.concatenate(values)
    return float(whole.min()), float(whole.max())
