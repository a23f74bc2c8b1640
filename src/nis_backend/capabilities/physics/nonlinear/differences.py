"""Equations that people write, by differences of fourth order in space and Radau's implicit method in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution, Sides
from nis_backend.capabilities.physics.nonlinear.evolved import answer, grown
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import Course, refine, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array
    from nis_backend.capabilities.physics.nonlinear.written_equations import Written

sparse: Any = import_module("scipy.sparse")  # Any: scipy has no types
integrate: Any = import_module("scipy.integrate")  # Any: scipy has no types

METHOD = "differences of fourth order in space, Radau IIA in time"
ORDER = 4
SOURCE = (
    "Fornberg, Math. Comp. 51 (1988), 699-706; Hairer & Wanner, Solving Ordinary Differential Equations II (1996), IV.8"
)
FIRST, MOST = 48, 768
"""Intervals of the coarsest and of the finest grid."""
SAME_TIME = 0.02
"""Difference of two grids' times, of the time, at which growth is the equation's own."""
MOST_STEPS = 4000
"""Steps of Radau's method on one grid."""


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The fields at the nodes, ends included: `(frames, fields, intervals + 1)`; fewer frames where they grew."""

    values: Array
    steps: int
    evaluations: int
    reached: float
    """The time until which they are finite."""

    @property
    def lasts(self) -> bool:
        """Whether they are finite to the end."""
        return len(self.values) == FRAMES


def weights(offsets: Array, order: int) -> Array:
    """What the values at these distances, in intervals, weigh in a derivative at 0."""
    powers = np.vander(offsets, increasing=True).T
    right = np.zeros(len(offsets))
    right[order] = math.factorial(order)
    return np.linalg.solve(powers, right)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A grid of so many intervals and its derivatives: of unknown nodes, the ends' values put in."""

    intervals: int
    left: float
    length: float
    ends: Sides
    held: Array
    """The values at the two ends, `(fields, 2)`, where they are held."""

    @property
    def unknowns(self) -> int:
        """Nodes of one field that are solved for."""
        return self.intervals if self.ends is Sides.PERIODIC else self.intervals - 1

    @cached_property
    def x(self) -> Array:
        """The nodes that are solved for."""
        nodes = self.left + self.length * np.arange(self.intervals + 1) / self.intervals
        return nodes[:-1] if self.ends is Sides.PERIODIC else nodes[1:-1]

    def whole(self, inner: Array) -> Array:
        """All nodes of each field, both ends included, from the unknown ones: `(fields, intervals + 1)`."""
        if self.ends is Sides.PERIODIC:
            return np.concatenate([inner, inner[:, :1]], axis=1)
        if self.ends is Sides.HELD:
            return np.concatenate([self.held[:, :1], inner, self.held[:, 1:]], axis=1)
        left, right = inner[:, :4] @ FLAT, inner[:, -4:][:, ::-1] @ FLAT
        return np.concatenate([left[:, None], inner, right[:, None]], axis=1)

    @cached_property
    def lifted(self) -> Any:  # Any: a sparse matrix
        """The matrix that puts in the ends where they follow from the unknowns: `(intervals + 1, unknowns)`."""
        n = self.unknowns
        rows = sparse.eye(n, format="csr")
        if self.ends is Sides.PERIODIC:
            return sparse.vstack([rows, rows[:1]]).tocsr()
        ends = np.zeros((2, n))
        if self.ends is Sides.INSULATED:
            ends[0, :4], ends[1, -4:] = FLAT, FLAT[::-1]
        return sparse.vstack([sparse.csr_matrix(ends[:1]), rows, sparse.csr_matrix(ends[1:])]).tocsr()

    def matrix(self, order: int) -> Any:  # Any: a sparse matrix
        """A derivative at the unknown nodes, of all nodes: `(unknowns, intervals + 1)`."""
        n, h = self.intervals, self.length / self.intervals
        found = sparse.lil_matrix((self.unknowns, n + 1))
        reach = 2 if order < 3 else 3  # noqa: PLR2004 - as many more points as the order needs
        for row in range(self.unknowns):
            node = row if self.ends is Sides.PERIODIC else row + 1
            if self.ends is Sides.PERIODIC:
                nodes = np.arange(node - reach, node + reach + 1)
            else:
                # Beside an end the stencil leans inwards, with one point more to keep the order.
                low = min(max(0, node - reach), n - 2 * reach)
                centred = low == node - reach
                nodes = np.arange(low, low + 2 * reach + 1)
                if not centred and order == 2:  # noqa: PLR2004 - a centred second derivative gains an order
                    nodes = np.append(nodes, nodes[-1] + 1) if low == 0 else np.append(nodes[0] - 1, nodes)
            for at, weight in zip(nodes, weights((nodes - node).astype(float), order), strict=True):
                found[row, at % n if self.ends is Sides.PERIODIC else at] += weight / h**order
        return found.tocsr()


FLAT = np.array([48.0, -36.0, 16.0, -3.0]) / 25
"""The value at an end without slope, from the four nodes beside it, to fourth order."""


def solve_on(request: PdeRequest, written: Written, intervals: int, exact: float) -> Solution:
    """The fields on so many intervals, the error of a step in time below `exact`.

    Raises:
        InvalidRequest: they take too many steps.
    """
    ends = np.array(
        [[float(start(np.array([one]))[0]) for one in (request.left, request.right)] for start in written.starts]
    )
    line = Line(
        intervals=intervals, left=request.left, length=request.right - request.left, ends=request.ends, held=ends
    )
    fields, n = len(written.fields), line.unknowns
    orders = sorted({order for _, order in written.used if order})
    matrices = {order: line.matrix(order) for order in orders}
    inner = {0: line.lifted[0 if request.ends is Sides.PERIODIC else 1 :][:n]}
    inner |= {order: matrix @ line.lifted for order, matrix in matrices.items()}

    def values(y: Array) -> dict[tuple[int, int], Array]:
        nodes = line.whole(y.reshape(fields, n))
        found = {(one, 0): y.reshape(fields, n)[one] for one in range(fields)}
        return found | {(one, order): matrices[order] @ nodes[one] for one, order in written.used if order}

    def rates(t: float, y: Array) -> Array:
        return written.right(line.x, t, values(y)).ravel()

    def jacobian(t: float, y: Array) -> Any:  # Any: a sparse matrix
        blocks: list[list[Any]] = [[None] * fields for _ in range(fields)]
        for (one, order), slope in written.slopes(line.x, t, values(y)).items():
            for equation in range(fields):
                block = sparse.diags(slope[equation]) @ inner[order]
                old = blocks[equation][one]
                blocks[equation][one] = block if old is None else old + block
        empty = sparse.csr_matrix((n, n))
        filled = [[empty if one is None else one for one in row] for row in blocks]
        return sparse.bmat(filled, format="csc")

    start = np.concatenate([one(line.x) for one in written.starts])
    return _integrate(request, line, start, rates, jacobian, exact)


def _integrate(  # noqa: PLR0913, PLR0917 - each is one term of the problem
    request: PdeRequest,
    line: Line,
    start: Array,
    rates: Callable[[float, Array], Array],
    jacobian: Callable[[float, Array], Any],
    exact: float,
) -> Solution:
    times: Array = np.linspace(0, request.duration, FRAMES)
    kept, steps, reached, evaluations = [start], 0, 0.0, 0
    with np.errstate(all="ignore"):
        try:
            solver: Any = integrate.Radau(
                rates, 0.0, start, request.duration, rtol=max(exact, 1e-12), atol=exact, jac=jacobian
            )
            while solver.status == "running" and steps < MOST_STEPS:
                solver.step()
                steps, reached, evaluations = steps + 1, float(solver.t), int(solver.nfev)
                if not float(np.max(np.abs(solver.y))) < 1e12:  # noqa: PLR2004 - beyond use
                    break
                dense = solver.dense_output()
                while len(kept) < FRAMES and times[len(kept)] <= solver.t * (1 + 1e-14):
                    kept.append(dense(times[len(kept)]))
        except (ValueError, RuntimeError, np.linalg.LinAlgError):
            pass  # Radau's own words for a matrix that is singular or values that are not finite.
    if len(kept) < FRAMES and steps >= MOST_STEPS:
        raise InvalidRequest(
            f"{MOST_STEPS:,} steps reach t = {reached:.3g} only.",
            field="duration",
            value=request.duration,
            remedy="Ask for a shorter time or a larger tolerance.",
        )
    fields = len(start) // line.unknowns
    found = np.array([line.whole(one.reshape(fields, line.unknowns)) for one in kept])
    return Solution(values=found, steps=line.intervals, evaluations=evaluations, reached=reached)


def gap(coarse: Solution, fine: Solution) -> float:
    """Largest difference at shared nodes of any frame."""
    every = (fine.values.shape[-1] - 1) // (coarse.values.shape[-1] - 1)
    return float(np.max(np.abs(coarse.values - fine.values[..., ::every])))


def _lasting(request: PdeRequest, written: Written, exact: float) -> Solution:
    """The fields on the coarsest grid on which they stay finite: one too coarse may make them grow by itself.

    Raises:
        InvalidRequest: they grow beyond bounds on finer ones too, or at the same time on two.
    """
    intervals, before = FIRST, math.inf
    while True:
        found = solve_on(request, written, intervals, exact)
        if found.lasts:
            return found
        if 4 * intervals > MOST // 2 or abs(found.reached - before) <= SAME_TIME * found.reached:
            raise grown(request, found.reached)
        intervals, before = 2 * intervals, found.reached


def evolve(
    request: PdeRequest, written: Written, kind: str, size: float, tell: Callable[[float, str], None]
) -> PdeSolution:
    """The fields on finer and finer grids; what the steps in time leave is measured on the coarsest."""
    exact = max(1e-11, min(1e-6, 1e-3 * request.tolerance / max(1.0, size)))
    course = Course(tell)
    first = _lasting(request, written, exact)

    def solve(halvings: int) -> Solution:
        course.tell(0.0)
        found = solve_on(request, written, first.steps * 2**halvings, exact) if halvings else first
        if not found.lasts:
            raise grown(request, found.reached)
        return found

    refined = refine(
        solve, gap, order=ORDER, most=MOST, tolerance=0.9 * request.tolerance, rounding=1e-13 * size, course=course
    )
    finer = solve_on(request, written, first.steps, exact / 30)
    timing = gap(first, finer) if finer.lasts else math.inf
    solution, many = refined.solution, len(written.fields)
    nodes = np.linspace(request.left, request.right, solution.values.shape[-1])
    places = np.linspace(request.left, request.right, request.points)
    every = max(1, (solution.values.shape[-1] - 1) // 96)
    interpolate: Any = import_module("scipy.interpolate")  # Any: scipy has no types
    shown = [
        [
            np.asarray(interpolate.make_interp_spline(nodes, one[number], k=5)(places), dtype=float)
            for number in range(many)
        ]
        for one in (solution.values[0], solution.values[-1])
    ]
    receipt = write_receipt(
        refined,
        method=METHOD,
        order=ORDER,
        error_of="fields, at any node of the coarsest grid at any frame",
        unit="",
        tolerance=request.tolerance,
        source=SOURCE,
        checks=[],
        cost=Cost(evaluations=solution.evaluations, of="right-hand sides", unknowns=many * solution.steps),
    )
    error = receipt.error_reached + 2 * timing
    receipt = receipt.model_copy(
        update={
            "error_reached": error,
            "met": error <= request.tolerance,
            "notes": [
                f"`steps` are intervals. Radau's own estimate chooses the steps in time, which leave {timing:.1e}."
            ],
        }
    )
    inner: Array = (solution.values[..., 1:] + solution.values[..., :-1]) / 2
    means = [[float(one) for one in np.mean(inner[:, number], axis=1)] for number in range(many)]
    maps = [[one[number][::every] for one in solution.values] for number in range(many)]
    return answer(request, written, kind, shown, maps, solution.steps, receipt, means)
