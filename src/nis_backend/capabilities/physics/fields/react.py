"""What reacts and spreads: exponential Runge-Kutta steps in the modes of the region."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.exponential import coefficients
from nis_backend.capabilities.physics.fields.axes import Cut, modes
from nis_backend.capabilities.physics.fields.data import FRAMES, Data
from nis_backend.capabilities.physics.fields.doubt import doubts
from nis_backend.capabilities.physics.fields.fields import History, ReactionSolution, Species
from nis_backend.capabilities.physics.fields.given import Given, as_given, read_edges, read_start
from nis_backend.capabilities.physics.fields.grid import Grid, Terms
from nis_backend.capabilities.physics.fields.modal import Plane
from nis_backend.capabilities.physics.fields.reaction import DIFFUSIVITIES, PARAMETERS, SOURCES, STARTS, TERMS
from nis_backend.capabilities.physics.fields.settle import Settled, Wanted, polynomials, volumes
from nis_backend.capabilities.physics.fields.shape import answer
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Number, give, read_formula
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.exponential import Coefficients
    from nis_backend.capabilities.physics.fields.reaction import ReactionRequest
    from nis_backend.numerics.formula import Formula

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which
    Reaction = Callable[[list[Array], float], list[Array]]

SPECIES = ("u", "v", "w")
METHOD = "exponential Runge-Kutta of order 4"
SOURCE = (
    "Cox & Matthews, J. Comput. Phys. 176 (2002), 430-455; Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), 1214"
)
MOST_STEPS = 20_000
"""Steps in time to begin with; halved as often as the error asks."""
MOST_WORK = 4e10
"""Multiplications of one solution beyond which no finer one is begun: some ten seconds."""
BEYOND = 1e12
"""Value from which what grows is told to grow without bound."""


@dataclass(frozen=True, kw_only=True)
class Reacted:
    """Every species on one grid, at all nodes, after each part of the time."""

    grid: Grid
    fields: list[list[Array]]
    seen: Array
    steps: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """The equations with all that is given, read."""

    request: ReactionRequest
    terms: Terms
    texts: tuple[str, ...]
    reaction: tuple[Callable[..., Array], ...]
    formulas: tuple[Formula, ...]
    names: tuple[str, ...]
    values: tuple[float, ...]
    """Of the parameters, in the order in which the terms take them."""
    spreads: tuple[float, ...]
    starts: tuple[Any, ...]  # Place, which exists for the type checker alone
    smooth: bool = False

    def advanced(self, cut: Cut, times: int) -> Reacted:
        """Every species after each of `FRAMES` parts of the time."""
        grid, request = self.terms.grid(cut), self.request
        starts = [grid.at_start(one, smooth=self.smooth) for one in self.starts]
        fields = [[grid.filled(one, 0.0) for one in starts]]
        every = times // FRAMES
        for number, species in enumerate(self._steps(grid, starts, times), 1):
            if number % every == 0:
                if not all(np.all(np.abs(one) < BEYOND) for one in species):
                    raise _unbounded(request.duration * number / times)
                fields.append([grid.filled(one, request.duration * number / times) for one in species])
        seen = np.array([grid.seen(one, request.points) for one in fields[-1]])
        return Reacted(grid=grid, fields=fields, seen=seen, steps=cut.intervals)

    def _steps(self, grid: Grid, starts: list[Array], times: int) -> Iterator[list[Array]]:
        plane = Plane(x=modes(grid.x), y=modes(grid.y))
        step = self.request.duration / times
        edges = grid.forcing(NONE)
        x, y = grid.x.nodes[grid.x.free][:, None], grid.y.nodes[grid.y.free][None, :]

        def added(amplitudes: list[Array], t: float) -> list[Array]:
            species = [plane.out(one) for one in amplitudes]
            given = edges(t)
            return [
                plane.into(term(*species, x, y, t, *self.values) + spread * given)
                for term, spread in zip(self.reaction, self.spreads, strict=True)
            ]

        kernel = [coefficients(spread * plane.values, step) for spread in self.spreads]
        now = [plane.into(one) for one in starts]
        for number in range(times):
            with np.errstate(all="ignore"):
                now = advance(now, added, kernel, number * step, step)
            yield [plane.out(one) for one in now]

    def react(self, species: list[Array], x: Array, y: Array, t: float) -> list[Array]:
        """What reactions add, at these places."""
        with np.errstate(all="ignore"):
            return [np.broadcast_to(one(*species, x, y, t, *self.values), species[0].shape) for one in self.reaction]


NONE = Given(event=lambda x, y, _: np.zeros(np.broadcast(x, y).shape), steady=True, zero=True, text="0")


def advance(now: list[Array], added: Reaction, kernel: list[Coefficients], t: float, step: float) -> list[Array]:
    """One step of u' = L u + N(u, t) in modes, L diagonal: ETDRK4, fourth order, L exact."""
    n = added(now, t)
    a = [k.half * u + k.inner * one for k, u, one in zip(kernel, now, n, strict=True)]
    na = added(a, t + step / 2)
    b = [k.half * u + k.inner * one for k, u, one in zip(kernel, now, na, strict=True)]
    nb = added(b, t + step / 2)
    c = [k.half * one + k.inner * (2 * late - early) for k, one, late, early in zip(kernel, a, nb, n, strict=True)]
    nc = added(c, t + step)
    return [
        k.whole * u + k.first * p + 2 * k.middle * (q + r) + k.last * s
        for k, u, p, q, r, s in zip(kernel, now, n, na, nb, nc, strict=True)
    ]


def react(request: ReactionRequest, tell: Callable[[float, str], None] = silent) -> ReactionSolution:
    """What was asked for; `tell` hears how far it is."""
    task = read_task(request)
    times, scale = _steps_to_begin(task)
    lengths = task.terms.lengths
    found = [
        Data(start=one, source=NONE, edges=task.terms.edges, lengths=lengths, duration=request.duration).smoothness(
            request.tolerance, {}
        )
        for one in task.starts
    ]
    worst = max(found, key=lambda one: math.inf if one.first is None else one.first)
    flat = request.width is not None
    wanted = Wanted(tolerance=request.tolerance * scale, scale=scale, flat=flat, steady=False, times=times, tell=tell)
    if worst.first is not None:
        task = replace(task, smooth=True)
        settled = polynomials(_bounded(task), worst.first, wanted)
    else:
        settled = volumes(_bounded(task), wanted, most=128 if flat else 512)
    notes = [
        *(one for each in found for one in each.unbounded(request.tolerance)),
        *_doubts(task, settled, scale),
    ]
    return _write(task, settled, worst.words, wanted, list(dict.fromkeys(notes)))


def _doubts(task: Task, settled: Settled[Reacted], scale: float) -> list[str]:
    """What starts and terms may hide, the terms where every species is as large as the largest at the start."""
    found: list[str] = []
    values = dict.fromkeys(SPECIES, scale) | dict(zip(task.names, task.values, strict=True))
    for formula, start in zip(task.formulas, task.starts, strict=True):
        held = {name: Number(one) for name, one in values.items() if name in formula.names}
        given = as_given(give(formula, held), ("x", "y")) if formula.names & {"x", "y", "t"} else NONE
        data = Data(
            start=start,
            source=given,
            edges=task.terms.edges,
            lengths=task.terms.lengths,
            duration=task.request.duration,
        )
        found += doubts(data, {}, settled.run.grid, settled.times, {"the source"})
    return found


def _bounded(task: Task) -> Callable[[Cut, int], Reacted]:
    """The solver, with what would take too long refused before."""

    def solve(cut: Cut, times: int) -> Reacted:
        n = cut.intervals + 1
        work = times * len(task.spreads) * 20.0 * (n * n * n * 2 if task.request.width is not None else n * n)
        if work > MOST_WORK:
            raise InvalidRequest(
                f"{times} steps on {n}{f' by {n}' * (task.request.width is not None)} nodes would take too long.",
                field="duration",
                value=task.request.duration,
                remedy="Ask for a shorter time, a larger tolerance or a smoother start.",
            )
        return task.advanced(cut, times)

    return solve


def _unbounded(t: float) -> InvalidRequest:
    return InvalidRequest(
        f"The species grow without bound, or steps do not follow them: at {t:.4g} s they are beyond {BEYOND:.0e}.",
        field="duration",
        value=t,
        remedy="Ask for a shorter time, or give reaction terms that stay bounded.",
    )


def read_task(request: ReactionRequest) -> Task:
    """The equation of a request, with what it gives read."""
    given = request.model == "given"
    texts = tuple(request.terms) if given else TERMS[request.model]
    if given != bool(request.terms):
        raise InvalidRequest(
            "terms are for the model given, and needed there.",
            field="terms",
            value=request.model,
            remedy="Set model to given and write one term a species, or leave terms out.",
        )
    usual = {} if given else PARAMETERS[request.model]
    unknown = set(request.parameters) - set(usual) if not given else set(request.parameters) & {*SPECIES, "x", "y", "t"}
    if unknown:
        name = min(unknown)
        known = f"The model {request.model} knows {', '.join(usual)}." if usual else "Give the parameter another name."
        raise InvalidRequest(f"{name!r} is no parameter.", field="parameters", value=name, remedy=known)
    values = {**usual, **request.parameters}
    count = len(texts)
    spreads = tuple(request.diffusivities) or (DIFFUSIVITIES[request.model] if not given else ())
    starts = tuple(request.initial) or (STARTS[request.model] if not given else ())
    for field, one in (("diffusivities", spreads), ("initial", starts)):
        if len(one) != count:
            raise InvalidRequest(
                f"{len(one)} {field} for {count} species.", field=field, value=len(one), remedy=f"Give {count}."
            )
    names = (*SPECIES[:count], "x", "y", "t", *values)
    flat = request.width is not None
    readable = [one for one in names if one != "y" or flat]
    formulas = [read_formula(text, readable, field="terms") for text in texts]
    edges = read_edges(request)
    return Task(
        request=request,
        terms=Terms(length=request.length, width=request.width, edges=edges, spread=1.0),
        texts=texts,
        reaction=tuple(one.compile(*names) for one in formulas),
        formulas=tuple(formulas),
        names=tuple(values),
        values=tuple(values.values()),
        spreads=spreads,
        starts=tuple(read_start(one, [], request, field="initial") for one in starts),
    )


def _steps_to_begin(task: Task) -> tuple[int, float]:
    """Steps by how fast the reactions are at the start and around it, and the largest value of the start."""
    request, (a, b) = task.request, task.terms.lengths
    x, y = np.linspace(0, a, 65)[:, None], np.linspace(0, b, 65 if b else 1)[None, :]
    species = [np.array(one(x, y)) for one in task.starts]
    scale = max(float(np.max(np.abs(one))) for one in species) or 1.0
    rate = 0.0
    for factor in (1.0, 0.5, 1.5):
        base = [factor * one for one in species]
        before = task.react(base, x, y, 0.0)
        for number in range(len(species)):
            moved = [one + (1e-6 * scale if k == number else 0) for k, one in enumerate(base)]
            after = task.react(moved, x, y, 0.0)
            rate = max(
                rate, *(float(np.max(np.abs(p - q))) / (1e-6 * scale) for p, q in zip(before, after, strict=True))
            )
    if not math.isfinite(rate):
        raise InvalidRequest(
            "The reaction terms are no numbers at the start.",
            field="terms",
            value=", ".join(task.texts)[:80],
            remedy="Give terms that are finite for the species' first values.",
        )
    steps = FRAMES * math.ceil(max(1.0, 2 * rate * request.duration / FRAMES))
    if steps > MOST_STEPS:
        raise InvalidRequest(
            f"{steps:,} steps would be needed: reactions change {rate:.3g} times a second.",
            field="duration",
            value=request.duration,
            remedy="Ask for a shorter time, or give slower reactions.",
        )
    return steps, scale


def _write(task: Task, settled: Settled[Reacted], reason: str, wanted: Wanted, notes: list[str]) -> ReactionSolution:
    run, request = settled.run, task.request
    times = np.linspace(0, request.duration, FRAMES + 1)
    grid = run.grid
    species = [
        Species(
            name=SPECIES[number],
            **answer(grid, run.fields[0][number], run.fields[-1][number], request.points),
            history=History(
                time=times.tolist(),
                centre=[grid.middle(one[number]) for one in run.fields],
                mean=[grid.mean(one[number]) for one in run.fields],
            ),
        )
        for number in range(len(task.spreads))
    ]
    speed = _front(grid, [one[0] for one in run.fields], times) if request.width is None else None
    return ReactionSolution(
        species=species,
        front_speed=speed,
        terms=list(task.texts),
        method="finite volumes" if grid.coarse else "spectral elements",
        reason=f"{reason[0].upper()}{reason[1:]}.",
        receipt=Receipt(
            method=f"{METHOD}, {'finite volumes' if grid.coarse else 'spectral elements'} in space",
            order=4,
            observed_order=None,
            steps=settled.times,
            error_of="any species, at any place given, at the end",
            error_asked=wanted.tolerance,
            error_reached=settled.error,
            unit="",
            estimate="finer grids in space and in time",
            met=settled.error <= wanted.tolerance and not notes,
            cost=Cost(
                evaluations=4 * settled.times, of="evaluations of the reactions", unknowns=len(species) * grid.unknowns
            ),
            source=f"{SOURCE}; {SOURCES[request.model]}",
            checks=_checks(task, settled, wanted, speed),
            notes=notes,
        ),
    )


def _front(grid: Grid, fields: list[Array], times: Array) -> float | None:
    """How fast the place where the first species passes half of its largest value moved, over the last quarter."""
    x = np.linspace(0, grid.x.length, 2001)
    onto = grid.x.onto(x)
    begin = 3 * FRAMES // 4
    found: list[float] = []
    for one in (fields[begin], fields[-1]):
        values = onto @ one[:, 0]
        half = float(np.max(values)) / 2
        passed = np.nonzero((values[:-1] - half) * (values[1:] - half) < 0)[0]
        if not len(passed):
            return None
        at = int(passed[-1])
        found.append(float(x[at] + (half - values[at]) / (values[at + 1] - values[at]) * (x[1] - x[0])))
    return (found[1] - found[0]) / float(times[-1] - times[begin])


def _checks(task: Task, settled: Settled[Reacted], wanted: Wanted, speed: float | None) -> list[Check]:
    """The middle by another method; a front's speed by its theory."""
    run, request, found = settled.run, task.request, list[Check]()
    if not run.grid.coarse and not wanted.flat:
        one, other = (task.advanced(Cut(elements=n, degree=1), settled.times) for n in (64, 128))
        values = [each.grid.middle(each.fields[-1][0]) for each in (one, other)]
        allowed = abs(values[1] - values[0]) + settled.error + 1e-9 * wanted.scale
        middle = run.grid.middle(run.fields[-1][0])
        expected = values[1] + (values[1] - values[0]) / 3
        found.append(compare("u in the middle, finite volumes on two grids", middle, expected, "", allowed=allowed))
    if request.model == "fisher" and speed is not None and speed > 0:
        r, spread = task.values[0], task.spreads[0]
        if r * request.duration >= 10:  # noqa: PLR2004 - earlier the front still forms
            expected = 2 * math.sqrt(r * spread)
            # Bramson: the speed falls short by 3/(2·time) times √(D/r).
            late = 1.5 * math.sqrt(spread / r) / (0.75 * request.duration)
            found.append(compare("speed of the front, 2√(rD)", speed, expected, "m/s", allowed=2 * late))
    return found
