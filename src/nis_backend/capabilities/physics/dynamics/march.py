"""A system followed from start to end: a mesh laid by the embedded error, then every step of it halved, and again.

So an adaptive method has what a fixed grid has: an order that can be observed, and Richardson's estimate of the error
of the whole way, where local tolerances bound the error of one step only.
"""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.dynamics.schemes import FAILURES, Explicit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, TELL_EVERY, Course, Refined, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.capabilities.physics.dynamics.schemes import Scheme, State
    from nis_backend.numerics.receipt import Check, Conserved

FLOOR = 1e-13
"""Part of the largest state below which another state's size is taken for rounding."""
ROUNDED = 1e-5
"""Part of the size below which no state is that no step is made shorter for: it is the sources' rounding."""
SLIGHT = 1e-2
"""Part of the size below which no state is that its error is relative to at least."""
GROWTH, SHRINKAGE, SAFETY = 5.0, 0.2, 0.9
"""Bounds of how a step's length changes; Hairer's."""
FINE, NEAR = 1e-3, 1e-8
"""Error below which it is looked at how errors of rounding grow, and how near another start is for that."""
BEGUN = 1e-9
"""Part of what a state would come to until the next output, at its present rate, below which it was nothing before."""
GROWN = 1e6
"""Times that a state grows by which is taken to grow without bound."""
LOOKS = 4
"""Times that a mesh is laid anew for what it does not see."""
SHORTEST = 1e-300
"""Span below which the parts of it, and what is divided by them, are no doubles any more."""
STIFF_STEPS = 15
"""Steps in a row, calm ones forgiven by sixes, after which stability and not accuracy sets the step; Hairer's."""
STIFF_LIMIT = 3.25
"""Length of the stability interval of Dormand-Prince 5(4)."""


class StiffError(Exception):
    """An explicit method is held back by stability at `time`."""

    def __init__(self, time: float, product: float) -> None:
        super().__init__(
            f"the explicit method was held back by stability at t = {time:.4g}, where step times rate is {product:.2f}"
        )
        self.time, self.product = time, product


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be followed: from which state, through which times, with which method."""

    scheme: Scheme
    start: State
    outputs: Sequence[float]
    """Times at which the state is wanted, the first and the last included; each is a node of the mesh."""
    tolerance: float
    """Error asked, relative to the largest size of each state."""
    max_steps: int
    names: Sequence[str]
    stop: Callable[[float, State, float, State], bool] | None = None
    """Whether something that ends the motion happens between two states."""
    scales: tuple[float, ...] = ()
    """What errors are relative to, where that is not the largest size of each state."""
    own: bool = False
    """Whether steps are laid by the size that each state has come to, and not by these scales: what grows from little
    carries its early errors along."""
    least: tuple[float, ...] = ()
    """Sizes below which no state is for the laying of the mesh: what begins at nothing would need endless steps."""
    pointwise: float | None = None
    """Part of a state's largest size below which its error is not held against its own size of the moment; None holds
    every error against the largest size."""
    smooth: bool = True
    """Whether the rates have no kinks: at one, two gaps may show an order by chance, which then says nothing."""
    jumps: tuple[float, ...] = ()
    """Times at which the rates jump: steps begin and end there."""
    unseen: Callable[[Sequence[float]], Sequence[float]] | None = None
    """Times at which the rates do what steps between these times do not see."""
    unit: str = "s"
    state_unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """Times of the coarsest grid, which of them are outputs, and the largest size of each state on the way."""

    times: list[float]
    outputs: list[int]
    sizes: list[float]


@dataclass(frozen=True, kw_only=True)
class Path:
    """The states on one grid: at every step, the mesh's nodes being each `stride`-th."""

    times: list[float]
    states: list[State]
    stride: int
    evaluations: int

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.times) - 1

    def nodes(self) -> list[State]:
        """The states at the mesh's nodes."""
        return self.states[:: self.stride]


@dataclass(frozen=True, kw_only=True)
class Marched:
    """The finest path, its error, and the path before it."""

    mesh: Mesh
    refined: Refined[Path]
    coarser: Path
    scales: list[float] = field(default_factory=list[float])
    faint: list[str] = field(default_factory=list[str])
    """What is said of states that are rounding beside the others."""
    rounding: float = 0.0
    """What errors of rounding grow to on the way; 0 where it was not looked at."""

    @property
    def path(self) -> Path:
        """The finest path."""
        return self.refined.solution

    def sizes(self, problem: Problem) -> list[float]:
        """What errors at the end are relative to."""
        part = problem.pointwise
        if part is None:
            return self.scales
        return [max(abs(y), part * scale) for y, scale in zip(self.path.states[-1], self.scales, strict=True)]

    def at_outputs(self) -> tuple[list[float], list[State]]:
        """Times and states that were asked for."""
        nodes = self.path.nodes()
        return [self.mesh.times[i] for i in self.mesh.outputs], [nodes[i] for i in self.mesh.outputs]


def evenly(start: float, duration: float, points: int) -> list[float]:
    """So many times from the start to the end."""
    return [start + duration * i / (points - 1) for i in range(points)]


def march(problem: Problem, tell: Callable[[float, str], None] = silent) -> Marched:
    """Follow the system until the estimated error is what was asked, or the steps are spent.

    Raises:
        InvalidRequest: it grows without bound, a formula has no value, or the steps do not reach the end.
        StiffError: stability holds an explicit method back.
    """
    span = problem.outputs[-1] - problem.outputs[0]
    if span < SHORTEST:
        raise InvalidRequest(
            f"{span:g} {problem.unit} cannot be divided into steps.",
            field="duration",
            value=span,
            remedy=f"Give a duration of at least {SHORTEST:g} {problem.unit}, or measure in smaller units.",
        )
    course = Course(tell)
    mesh = lay(problem, tell)
    for _ in range(LOOKS if problem.unseen else 0):
        places = problem.unseen(mesh.times) if problem.unseen else ()
        if not places:
            break
        problem = replace(problem, jumps=(*sorted({*problem.jumps, *places}),))
        mesh = lay(problem, tell)
    scales, faint = _scales(problem, mesh)
    kept: list[Path] = []

    def solve(halvings: int) -> Path:
        kept.append(follow(problem, mesh, halvings, course))
        return kept[-1]

    def gap(coarse: Path, fine: Path) -> float:
        return distance(problem, scales, coarse.nodes(), fine.nodes())

    # Rounding errors of so many steps add up as those of a walk.
    rounding = ROUNDING * max(4.0, math.sqrt(4 * len(mesh.times)))
    refined = _halve(problem, solve, gap, rounding, course)
    grown = ROUNDING * _growth(problem, mesh, scales, kept[0]) if refined.error < FINE else 0.0
    refined = replace(refined, error=max(refined.error, grown))
    before = max(0, kept.index(refined.solution) - 1)
    return Marched(mesh=mesh, refined=refined, coarser=kept[before], scales=scales, faint=faint, rounding=grown)


def _growth(problem: Problem, mesh: Mesh, scales: Sequence[float], path: Path) -> float:
    """How many times larger the relative distance to a start next to this one ever is: so errors of rounding grow."""
    start = tuple(y * (1 + NEAR * math.cos(number)) for number, y in enumerate(problem.start))
    # Against the largest sizes: of what is small at a moment, no more is known.
    still = replace(problem, start=start, pointwise=None)
    off = distance(still, scales, follow(still, mesh, 0).states, path.states)
    return off / NEAR if off < math.inf else 0.0


def _halve(
    problem: Problem,
    solve: Callable[[int], Path],
    gap: Callable[[Path, Path], float],
    rounding: float,
    course: Course,
) -> Refined[Path]:
    """Halve until the error is what was asked, the steps are spent, or two halvings in a row brought nothing.

    Unlike `refine`, it takes Richardson's part of a gap only where the order is seen: where errors grow exponentially,
    so do those of rounding, and two paths may differ by nothing else. The best grid is kept, not the last.
    """
    order, fine = problem.scheme.order, solve(0)
    before, error, halvings, idle = math.inf, math.inf, 0, 0
    best: Refined[Path] | None = None
    while 2 * fine.steps <= problem.max_steps and not (halvings > 1 and error <= problem.tolerance) and idle < 2:  # noqa: PLR2004 - named above
        halvings += 1
        course.begin(halvings, max(2, halvings))
        coarse, fine = fine, solve(halvings)
        now = gap(coarse, fine)
        seen = math.log2(before) - math.log2(now) if 0 < now < math.inf and 0 < before < math.inf else None
        observed = seen if now > 10 * rounding else None
        error = max(rounding, _estimate(before, now, seen, order, smooth=problem.smooth))
        if halvings > 1 and (best is None or error < best.error):
            best = Refined(solution=fine, error=error, observed_order=observed)
        idle = idle + 1 if seen is not None and seen < 0.3 else 0  # noqa: PLR2004 - no order at all
        before = now
    if best is None or not best.error < math.inf:
        raise InvalidRequest(
            f"{problem.max_steps} steps do not resolve this motion.",
            field="max_steps",
            value=problem.max_steps,
            remedy="Allow more steps, or ask for a shorter or slower process.",
        )
    return best


def _estimate(before: float, now: float, seen: float | None, order: int, *, smooth: bool) -> float:
    """The error of the finer of two grids by the gap to the coarser, and the order that was seen."""
    if seen is None or not smooth or abs(seen - order) > 0.75:  # noqa: PLR2004 - how far orders are off before the last digits
        if seen is None or not math.isfinite(before):
            return now
        # A gap that shrinks faster than the method can is luck, as at kinks.
        return 5 * max(before, now) if seen < 1 else max(now, before / 2**order)
    return now / (2 ** min(seen, order) - 1)


def distance(problem: Problem, scales: Sequence[float], a: Sequence[State], b: Sequence[State]) -> float:
    """The largest difference of two paths, each state's relative to its scale; infinite where one has no value."""
    worst = 0.0
    for one, other in zip(a, b, strict=True):
        for x, y, scale in zip(one, other, scales, strict=True):
            off = abs(x - y)
            if not off < math.inf:
                return math.inf
            if off:
                size = scale if problem.pointwise is None else max(abs(y), problem.pointwise * scale)
                worst = max(worst, off / size)
    return worst


def follow(problem: Problem, mesh: Mesh, halvings: int, course: Course | None = None) -> Path:
    """The path with every step of the mesh halved so many times."""
    scheme, parts = problem.scheme, 2**halvings
    if (len(mesh.times) - 1) * parts > problem.max_steps:
        # Only its number of steps is looked at: it is beyond what is allowed.
        return Path(times=[0.0] * (problem.max_steps + 2), states=[], stride=parts, evaluations=0)
    before, y = scheme.evaluations, problem.start
    nowhere = (math.nan,) * len(y)
    times, states = [mesh.times[0]], [y]
    for number, (a, b) in enumerate(pairwise(mesh.times)):
        if course is not None and number * parts % TELL_EVERY < parts:
            course.tell(number / len(mesh.times))
        h = (b - a) / parts
        for part in range(parts):
            t = a + part * h
            try:
                y = scheme.step(t, y, h)
            except FAILURES:
                # Of chaos another grid is another path, which may need shorter steps than the mesh was laid with.
                y = nowhere
            times.append(b if part == parts - 1 else t + h)
            states.append(y)
    return Path(times=times, states=states, stride=parts, evaluations=scheme.evaluations - before)


def lay(problem: Problem, tell: Callable[[float, str], None] = silent) -> Mesh:
    """The mesh whose steps keep the embedded error near what was asked."""
    return _Laying(problem, tell).whole()


def _merged(outputs: Sequence[float], jumps: Sequence[float], apart: float) -> list[float]:
    """Outputs and jumps in order, without those that are next to another but for rounding."""
    found = list(outputs[1:])
    for jump in jumps:
        place = bisect(found, jump)
        near = [*found[max(0, place - 1) : place + 1], outputs[0]]
        if outputs[0] < jump < outputs[-1] and all(abs(jump - one) > apart for one in near):
            found.insert(place, jump)
    return found


class _Laying:
    """Steps of fitting lengths, from one output to the next."""

    def __init__(self, problem: Problem, tell: Callable[[float, str], None]) -> None:
        self.problem, self.tell = problem, tell
        scheme = problem.scheme
        # Two halvings at least follow; each gains 2^order.
        gain = 10.0 if scheme.order < 8 else 300.0  # noqa: PLR2004 - the eighth order gains more
        self.allowed = min(1e-3, max(1e-13, gain * problem.tolerance))
        self.y, self.t = problem.start, problem.outputs[0]
        self.times, self.outputs = [self.t], [0]
        self.sizes = list(() if problem.own else problem.scales) or [abs(a) for a in self.y]
        self.largest = [max(map(abs, self.y), default=0.0)]
        self.most = max(16, problem.max_steps // 4)
        self.tried = self.stiff = self.calm = 0
        self.ended = False
        self.h = self._first()

    def whole(self) -> Mesh:
        problem = self.problem
        wanted, apart = set(problem.outputs), 1e-12 * (problem.outputs[-1] - problem.outputs[0])
        ends = _merged(problem.outputs, problem.jumps, apart)
        for end in ends:
            if self._reach(end):
                break
            if end in wanted:
                self.outputs.append(len(self.times) - 1)
        return Mesh(times=self.times, outputs=self.outputs, sizes=self.sizes)

    def _first(self) -> float:
        """A first step in which nothing moves by more than a hundredth of its size."""
        span = self.problem.outputs[-1] - self.t
        slope = self.problem.scheme.rate(self.t, self.y) if isinstance(self.problem.scheme, Explicit) else ()
        largest = max(self.sizes, default=0.0)
        ratios = [(abs(a) or 1e-3 * largest or 1.0) / abs(f) for a, f in zip(self.y, slope, strict=False) if f]
        return max(1e-12 * span, min([span / 100, *(0.01 * one for one in ratios)]))

    def _reach(self, end: float) -> bool:
        """Go on to this time; whether something ended the motion before."""
        problem = self.problem
        while self.t < end:
            left = end - self.t
            # The last two steps are equal: none is a sliver.
            h = left if self.h >= 0.999 * left else min(self.h, left / 2)
            t = end if h == left else self.t + h
            try:
                state = self._try(h)
            except InvalidRequest:
                if self.ended:
                    return True
                raise
            if state is None:
                continue
            # One step more: on a finer grid the end may come a little later.
            ended = self.ended
            self.ended = ended or (problem.stop is not None and problem.stop(self.t, self.y, t, state))
            self.y, self.t = state, t
            self.times.append(t)
            self.largest.append(max(self.largest[-1], *map(abs, state)))
            if ended:
                return True
            if len(self.times) > self.most:
                raise self._too_many()
            if len(self.times) % TELL_EVERY == 0:
                span = problem.outputs[-1] - problem.outputs[0]
                self.tell(0.2 * (t - problem.outputs[0]) / span, "Laying the mesh")
        return False

    def _try(self, h: float) -> State | None:
        problem = self.problem
        self.tried += 1
        if self.tried > 8 * self.most:
            raise self._too_many()
        found = problem.scheme.attempt(self.t, self.y, h)
        if found is None:
            self._shorten(h, SHRINKAGE)
            return None
        sizes = [max(one, abs(a)) for one, a in zip(self.sizes, found.state, strict=True)]
        floor = FLOOR * max(sizes) + 1e-300
        floors = problem.least or (0.0,) * len(sizes)
        parts = [
            abs(e) / max(self.allowed * max(one, least, floor), ROUNDED * least)
            for e, one, least in zip(found.error, sizes, floors, strict=True)
        ]
        missed = max(parts, default=0.0)
        lower = 4 if problem.scheme.order < 8 else 7  # noqa: PLR2004 - as above
        factor = SAFETY * missed ** (-1 / (lower + 1)) if missed else GROWTH
        if missed > 1 and h * SHRINKAGE <= self._shortest() and self._begins(parts, found.state, h):
            # Longer again, so that the next step is not lost in the digits of the time.
            self.h, self.sizes = 8 * self._shortest(), sizes
            return found.state
        if missed > 1:
            self._shorten(h, max(SHRINKAGE, factor))
            return None
        self._judge()
        # A step that was cut to end at an output says little of the next.
        self.h = max(self.h, h * min(GROWTH, factor)) if h < self.h else h * max(SHRINKAGE, min(GROWTH, factor))
        self.sizes = sizes
        return found.state

    def _judge(self) -> None:
        scheme = self.problem.scheme
        if not isinstance(scheme, Explicit):
            return
        if scheme.stiffness > STIFF_LIMIT:
            self.stiff, self.calm = self.stiff + 1, 0
            if self.stiff >= STIFF_STEPS:
                raise StiffError(self.t, scheme.stiffness)
        else:
            self.calm += 1
            self.stiff = 0 if self.calm >= 6 else self.stiff  # noqa: PLR2004 - Hairer's

    def _begins(self, parts: Sequence[float], state: State, h: float) -> bool:
        """Whether each state that misses what is allowed has no size yet: pushed from rest at a jump or a kink."""
        outputs = self.problem.outputs
        span = BEGUN * (outputs[1] - outputs[0]) / h
        grown = max(map(abs, self.y), default=0.0) > GROWN * self._before()
        missing = zip(parts, self.sizes, self.y, state, strict=True)
        return not grown and all(size <= span * abs(z - y) for part, size, y, z in missing if part > 1)

    def _shortest(self) -> float:
        """A step that the digits of the time hardly hold."""
        return max(8 * math.ulp(self.t), 1e-30 * (self.problem.outputs[-1] - self.problem.outputs[0]))

    def _shorten(self, h: float, factor: float) -> None:
        self.h = h * factor
        if self.h <= self._shortest():
            raise self._lost()

    def _too_many(self) -> InvalidRequest:
        problem = self.problem
        if max(map(abs, self.y)) > 1e12 * self._before():
            return self._lost()
        if isinstance(problem.scheme, Explicit) and self.stiff:
            raise StiffError(self.t, problem.scheme.stiffness)
        done = self.t - problem.outputs[0]
        return InvalidRequest(
            f"{problem.max_steps} steps resolve this motion up to {self.t:.4g} {problem.unit} only.",
            field="duration",
            value=problem.outputs[-1] - problem.outputs[0],
            remedy=f"Give a duration below {done:.3g} {problem.unit}, a larger tolerance, or more steps (max_steps).",
        )

    def _before(self) -> float:
        """The largest number of the first quarter of the steps: what grows without bound has not grown by then."""
        return self.largest[len(self.largest) // 4] or 1.0

    def _lost(self) -> InvalidRequest:
        problem, t, y = self.problem, self.t, self.y
        largest = max(range(len(y)), key=lambda i: abs(y[i]))
        grown = abs(y[largest]) > GROWN * self._before()
        what = (
            f"{problem.names[largest]} grows without bound near t = {t:.6g} {problem.unit}: "
            f"it is {y[largest]:.3g} there."
            if grown
            else f"Beyond t = {t:.6g} {problem.unit} the equations have no solution that can be followed: "
            f"a formula has no value there, or changes faster than a double resolves."
        )
        done = t - problem.outputs[0]
        return InvalidRequest(
            what.replace("  ", " "),
            field="duration",
            value=problem.outputs[-1] - problem.outputs[0],
            remedy=f"Give a duration below {done:.6g} {problem.unit}, or other values."
            if done
            else "Give other values.",
        )


def _scales(problem: Problem, mesh: Mesh) -> tuple[list[float], list[str]]:
    if problem.scales:
        return list(problem.scales), []
    largest = max(mesh.sizes, default=0.0)
    floor = FLOOR * largest + 1e-300
    floors = [max(floor, SLIGHT * one) for one in problem.least or (0.0,) * len(mesh.sizes)]
    faint = [
        f"{name} stays below {least:.1g}, and its error is relative to that."
        for name, size, least in zip(problem.names, mesh.sizes, floors, strict=True)
        if 0 < size < least
    ]
    return [max(one, least) for one, least in zip(mesh.sizes, floors, strict=True)], faint


def receipt_of(  # noqa: PLR0913 - each is one line of the receipt
    marched: Marched,
    problem: Problem,
    *,
    error_of: str = "any state at any time, relative to the largest size of that state",
    checks: Sequence[Check] = (),
    conserved: Sequence[Conserved] = (),
    notes: Sequence[str] = (),
    unit: str = "",
) -> Receipt:
    """The receipt of a march."""
    refined, scheme = marched.refined, problem.scheme
    faint = list(marched.faint)
    if marched.rounding > problem.tolerance:
        faint.append(
            f"Errors of rounding alone grow to {marched.rounding:.1g} on the way: no finer steps bring it below that."
        )
    return Receipt(
        method=f"{scheme.name}, adaptive mesh with every step halved",
        order=scheme.order,
        observed_order=refined.observed_order,
        steps=refined.solution.steps,
        error_of=error_of,
        error_asked=problem.tolerance,
        error_reached=refined.error,
        unit=unit,
        met=refined.error <= problem.tolerance,
        conserved=list(conserved),
        cost=Cost(
            evaluations=refined.solution.evaluations, of="evaluations of the right side", unknowns=len(problem.start)
        ),
        source=scheme.source,
        checks=list(checks),
        notes=[*notes, *faint],
    )
