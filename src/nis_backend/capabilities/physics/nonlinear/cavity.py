"""The steady flow in a lid-driven cavity: one equation for the streamfunction, by Chebyshev collocation and Newton."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.nonlinear.chebyshev import Chebyshev
from nis_backend.capabilities.physics.nonlinear.corners import both
from nis_backend.capabilities.physics.nonlinear.lid import CavityField, CavityFlow, CavityProfile, CavityRequest
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array
    from nis_backend.numerics.receipt import Check

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types
optimize: Any = import_module("scipy.optimize")  # Any: scipy has no types

METHOD = "Chebyshev collocation of the streamfunction with the corners' flow split off, Newton"
SOURCE = (
    "Botella & Peyret, Computers & Fluids 27 (1998), 421-433; Schultz, Lee & Boyd, J. Sci. Comput. 4 (1989), 1-24; "
    "Trefethen, Spectral Methods in MATLAB (2000)"
)
DEGREES = (24, 32, 44, 60)
"""Degrees of the polynomials tried, one after another, in each direction."""
CONTINUED = (100.0, 400.0)
"""Reynolds numbers on the way to higher ones: each is near enough to start Newton for the next."""
ROUNDS = 12
"""Most Newton rounds; from a start near enough it doubles its digits in each."""
SHOWN = 81
"""Places of the map in each direction."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """Everything on one grid that no iteration changes. Arrays are indexed by x, then y."""

    grid: Chebyshev
    lift: Array
    """What the boundary conditions alone make of the smooth part."""
    corner_x: Array
    corner_y: Array
    corner_laplacian_x: Array
    corner_laplacian_y: Array

    @property
    def inner(self) -> int:
        """Unknowns in each direction."""
        return self.grid.n - 3

    def whole(self, w: Array) -> Array:
        """The smooth part at all points from its values at the inner ones."""
        within, _ = self.grid.clamped
        return within @ w @ within.T + self.lift


def set_up(n: int) -> Box:
    """The grid, and the flow of the two upper corners on it."""
    grid = Chebyshev(n=n)
    inner = slice(2, n - 1)
    left, right = both(*np.meshgrid(grid.x[inner], grid.x[inner], indexing="ij"))
    return Box(
        grid=grid,
        lift=_lift(grid),
        corner_x=left.x + right.x,
        corner_y=left.y + right.y,
        corner_laplacian_x=left.laplacian_x + right.laplacian_x,
        corner_laplacian_y=left.laplacian_y + right.laplacian_y,
    )


def _lift(grid: Chebyshev) -> Array:
    """The smooth part that its boundary values and slopes make, by interpolating them in x, in y, and both.

    On its own two walls a corner's flow meets all conditions but the lid's speed, which both give: 1 - 2 is left.
    """
    within, given = grid.clamped
    inner = grid.x[2 : grid.n - 1]
    zero, one = np.zeros_like(inner), np.ones_like(inner)
    _, at_left = both(zero, inner)
    at_right, _ = both(one, inner)
    below_left, below_right = both(inner, zero)
    sides = -np.array([at_left.value, at_left.x, at_right.x, at_right.value])
    floor_lid = np.array([-below_left.value - below_right.value, -below_left.y - below_right.y, -one, zero])
    corner = np.zeros((4, 4))
    for value, slope, x in ((0, 1, 0.0), (3, 2, 1.0)):
        for high, steep, y in ((0, 1, 0.0), (3, 2, 1.0)):
            flows = both(np.array(x), np.array(y))
            # In an upper corner only the flow of the other one is smooth.
            smooth = flows if y == 0 else (flows[1],) if x == 0 else (flows[0],)
            corner[value, high] = -sum(float(one.value) for one in smooth)
            corner[slope, high] = -sum(float(one.x) for one in smooth)
            corner[value, steep] = -sum(float(one.y) for one in smooth)
            corner[slope, steep] = -sum(float(one.xy) for one in smooth)
    return given @ sides @ within.T + (given @ floor_lid @ within.T).T + given @ corner @ given.T


def residual(box: Box, w: Array, viscosity: float) -> tuple[Array, Array, Array, Array, Array]:
    """By how much the inner points miss ν·Δ²ψ = ψ_y·Δψ_x - ψ_x·Δψ_y, and ψ_x, ψ_y, Δψ_x, Δψ_y there."""
    d, inner = box.grid.first, slice(2, box.grid.n - 1)
    second = d @ d
    psi = box.whole(w)
    laplacian = second @ psi + psi @ second.T
    x = (d @ psi)[inner, inner] + box.corner_x
    y = (psi @ d.T)[inner, inner] + box.corner_y
    laplacian_x = (d @ laplacian)[inner, inner] + box.corner_laplacian_x
    laplacian_y = (laplacian @ d.T)[inner, inner] + box.corner_laplacian_y
    biharmonic = (second @ laplacian + laplacian @ second.T)[inner, inner]
    return viscosity * biharmonic - y * laplacian_x + x * laplacian_y, x, y, laplacian_x, laplacian_y


def newton(box: Box, w: Array, reynolds: float) -> tuple[Array, float, int]:
    """The inner values of the steady flow, what the last correction was, and the rounds it took."""
    within, _ = box.grid.clamped
    inner, n = slice(2, box.grid.n - 1), box.inner
    powers = [box.grid.first]
    for _ in range(3):
        powers.append(box.grid.first @ powers[-1])
    first, second, third, fourth = ((one @ within)[inner] for one in powers)
    change = np.inf
    for round_ in range(1, ROUNDS + 1):
        missed, x, y, laplacian_x, laplacian_y = residual(box, w, 1 / reynolds)
        matrix = np.zeros((n, n, n, n))
        for i in range(n):
            # d²/dx²·d²/dy², d/dx·d²/dy² and d²/dx²·d/dy of the correction; rows j, columns k and l.
            matrix[i] += (2 / reynolds) * second[i][None, :, None] * second[:, None, :]
            matrix[i] -= y[i][:, None, None] * first[i][None, :, None] * second[:, None, :]
            matrix[i] += x[i][:, None, None] * second[i][None, :, None] * first[:, None, :]
            own = fourth / reynolds + x[i][:, None] * third - laplacian_x[i][:, None] * first
            matrix[i, :, i, :] += own
        for j in range(n):
            own = fourth / reynolds - y[:, j][:, None] * third + laplacian_y[:, j][:, None] * first
            matrix[:, j, :, j] += own
        factors = linalg.lu_factor(matrix.reshape(n * n, n * n), overwrite_a=True, check_finite=False)
        step = linalg.lu_solve(factors, missed.ravel(), check_finite=False)
        w = w - step.reshape(n, n)
        change = float(np.max(np.abs(step)))
        if not change < 1e3:  # noqa: PLR2004 - the streamfunction is of the order of 0.1
            break
        if change < 1e-10:  # noqa: PLR2004 - what rounding leaves of a fourth derivative
            return w, change, round_
    return w, change, ROUNDS


@dataclass(frozen=True, kw_only=True)
class Solved:
    """The flow on one grid."""

    box: Box
    psi: Array
    """The smooth part at all points."""

    def part(self, x: Array, y: Array, by_x: int = 0, by_y: int = 0) -> Array:
        """The smooth part's derivative of these orders on all pairs of places."""
        grid, psi = self.box.grid, self.psi
        for _ in range(by_x):
            psi = grid.first @ psi
        for _ in range(by_y):
            psi = psi @ grid.first.T
        return grid.at(x) @ psi @ grid.at(y).T

    def u(self, y: Array) -> Array:
        """Horizontal velocity on x = 1/2."""
        left, right = both(np.full_like(y, 0.5), y)
        return self.part(np.array([0.5]), y, by_y=1)[0] + left.y + right.y

    def v(self, x: Array) -> Array:
        """Vertical velocity on y = 1/2."""
        left, right = both(x, np.full_like(x, 0.5))
        return -self.part(x, np.array([0.5]), by_x=1)[:, 0] - left.x - right.x

    def streamfunction(self, x: Array, y: Array) -> Array:
        """ψ on all pairs of places."""
        left, right = both(*np.meshgrid(x, y, indexing="ij"))
        return self.part(x, y) + left.value + right.value

    def slope(self, place: Array) -> list[float]:
        """ψ_x and ψ_y at one place."""
        x, y = place[:1], place[1:]
        left, right = both(x, y)
        by_x, by_y = self.part(x, y, by_x=1)[0], self.part(x, y, by_y=1)[0]
        return [float((by_x + left.x + right.x)[0]), float((by_y + left.y + right.y)[0])]

    def vorticity(self, x: Array, y: Array) -> Array:
        """-Δψ on all pairs of places; not finite in the upper corners."""
        left, right = both(*np.meshgrid(x, y, indexing="ij"))
        smooth = self.part(x, y, by_x=2) + self.part(x, y, by_y=2)
        return -(smooth + left.laplacian + right.laplacian)


@dataclass(frozen=True, kw_only=True)
class Extrema:
    """What is compared between grids, and with what is published."""

    u_min: tuple[float, float]
    v_max: tuple[float, float]
    v_min: tuple[float, float]
    psi_min: float
    center: tuple[float, float]

    def gap(self, other: Extrema) -> float:
        """Largest difference of two in a velocity or the streamfunction."""
        pairs = ((self.u_min, other.u_min), (self.v_max, other.v_max), (self.v_min, other.v_min))
        return max(abs(self.psi_min - other.psi_min), *(abs(a[0] - b[0]) for a, b in pairs))


def _least(function: Callable[[Array], Array], sign: float = 1.0) -> tuple[float, float]:
    """The least value of `sign` times a function of (0, 1), and where: the best of 400 places, then Brent's method."""
    places = np.linspace(0, 1, 401)[:-1]
    at = int(np.argmin(sign * function(places)))
    low, high = places[max(0, at - 1)], places[min(399, at + 1)]

    def value(place: float) -> float:
        return sign * float(function(np.array([place]))[0])

    found = optimize.minimize_scalar(value, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return sign * float(found.fun), float(found.x)


def extrema(solved: Solved) -> Extrema:
    """The extrema of the profiles through the middle, and the middle of the main vortex."""
    places = np.linspace(0.02, 0.98, 97)
    psi = solved.streamfunction(places, places)
    i, j = np.unravel_index(int(np.argmin(psi)), psi.shape)
    center: Array = optimize.fsolve(solved.slope, [places[i], places[j]], xtol=1e-12)
    return Extrema(
        u_min=_least(solved.u),
        v_max=_least(solved.v, -1.0),
        v_min=_least(solved.v),
        psi_min=float(solved.streamfunction(center[:1], center[1:])[0, 0]),
        center=(float(center[0]), float(center[1])),
    )


def drive(request: CavityRequest, tell: Callable[[float, str], None] = silent) -> CavityFlow:
    """The flow that was asked for; `tell` hears how far it is."""
    rounds, seen, solved, values = 0, list[Extrema](), None, None
    for number, n in enumerate(DEGREES):
        tell((n / DEGREES[-1]) ** 4 / 2, f"Grid {number + 1} of {len(DEGREES)}")
        box = set_up(n)
        if solved is None:
            values = np.zeros((box.inner, box.inner))
            for reynolds in (1e-3, *(one for one in CONTINUED if one < request.reynolds)):
                values, _, more = newton(box, values, reynolds)
                rounds += more
        else:
            places = box.grid.x[2 : n - 1]
            values = solved.part(places, places)
        values, change, more = newton(box, values, request.reynolds)
        rounds += more
        if not change < 1e-6:  # noqa: PLR2004 - Newton has not found a flow
            raise InvalidRequest(
                f"No steady flow was found at a Reynolds number of {request.reynolds:g}.",
                field="reynolds",
                value=request.reynolds,
                remedy="Give a smaller Reynolds number.",
            )
        solved = Solved(box=box, psi=box.whole(values))
        seen.append(extrema(solved))
        if len(seen) > 1 and seen[-1].gap(seen[-2]) <= request.tolerance:
            break
    assert solved is not None
    return _answer(request, solved, seen, rounds)


def _answer(request: CavityRequest, solved: Solved, seen: list[Extrema], rounds: int) -> CavityFlow:
    line, places, best = np.linspace(0, 1, request.points), np.linspace(0, 1, SHOWN), seen[-1]
    vorticity = solved.vorticity(places, places).T
    x, y = np.array([best.center[0]]), np.array([best.center[1]])
    u, v = solved.u(line), solved.v(line)
    return CavityFlow(
        u_min=best.u_min[0],
        y_of_u_min=best.u_min[1],
        v_max=best.v_max[0],
        x_of_v_max=best.v_max[1],
        v_min=best.v_min[0],
        x_of_v_min=best.v_min[1],
        psi_min=best.psi_min,
        vortex_x=best.center[0],
        vortex_y=best.center[1],
        vortex_vorticity=float(solved.vorticity(x, y)[0, 0]),
        profile=CavityProfile(place=line.tolist(), horizontal=u.tolist(), vertical=v.tolist()),
        field=CavityField(
            x=places.tolist(),
            y=places.tolist(),
            streamfunction=solved.streamfunction(places, places).T.tolist(),
            vorticity=[[float(one) if np.isfinite(one) else None for one in row] for row in vorticity],
        ),
        receipt=_receipt(request, solved, seen, rounds),
    )


PUBLISHED = {1000.0: (-0.3885698, 0.3769447, -0.5270771, -0.1189366)}
"""Least u on x = 1/2, largest and least v on y = 1/2, least ψ: Botella & Peyret (1998), tables 4 and 5."""


def _check(request: CavityRequest, best: Extrema, error: float) -> list[Check]:
    if request.reynolds not in PUBLISHED:
        return []
    names = ("least u on x = 1/2", "largest v on y = 1/2", "least v on y = 1/2", "streamfunction of the vortex")
    ours = (best.u_min[0], best.v_max[0], best.v_min[0], best.psi_min)
    return [
        compare(f"{name}, by Botella & Peyret (1998)", mine, theirs, "", allowed=error + 1e-6)
        for name, mine, theirs in zip(names, ours, PUBLISHED[request.reynolds], strict=True)
    ]


def _receipt(request: CavityRequest, solved: Solved, seen: list[Extrema], rounds: int) -> Receipt:
    error = max(seen[-1].gap(seen[-2]), 1e-10)
    n, unknowns = solved.box.grid.n, solved.box.inner**2
    # By continuity as much must go to the left below the vortex as to the right above it.
    points, weights = np.polynomial.legendre.leggauss(n)
    through = float(weights @ solved.u((points + 1) / 2)) / 2
    return Receipt(
        method=METHOD,
        order=None,
        observed_order=None,
        steps=rounds,
        error_of="extrema of the velocity on the two middle lines, and of the streamfunction",
        error_asked=request.tolerance,
        error_reached=error,
        unit="",
        estimate="the difference to a coarser grid, whose error it is",
        met=error <= request.tolerance,
        conserved=[Conserved(name="flow through x = 1/2, by quadrature", start=0.0, drift=abs(through), unit="")],
        cost=Cost(evaluations=rounds, of="Newton rounds, each one linear solve", unknowns=unknowns),
        source=SOURCE,
        checks=_check(request, seen[-1], error),
        notes=[
            f"Polynomials of degree {n} in each direction; the flow of the lid's corners is split off exactly.",
            "Steady and two-dimensional: a real, long cavity is no longer so at Reynolds numbers of about 800.",
        ],
    )
