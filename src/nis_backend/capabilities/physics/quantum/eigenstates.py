"""Stationary states by spectral elements: polynomials of high degree between the places where the potential jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.quantum.particle import Eigenstates, State
from nis_backend.capabilities.physics.quantum.wells import EV, walls_of, well_of
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.quantum.particle import EigenstatesRequest
    from nis_backend.capabilities.physics.quantum.wells import Well

    Array = NDArray[np.float64]

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types
special: Any = import_module("scipy.special")

METHOD = "spectral elements (Gauss-Lobatto-Legendre, degree 12)"
SOURCE = (
    "Karniadakis & Sherwin, Spectral/hp Element Methods for CFD (2005), 2.4; Sturm's count: Numerov, MNRAS 84 (1924), "
    "592-602"
)
DEGREE = 12
FIRST, MOST = 4, 1_000
"""Elements at first, and unknowns at most: a symmetric matrix of which some eigenvalues are taken in seconds."""
LOOKED = 24_000
"""Places at which the potential is looked at for what the elements' own do not see."""
COUNTED = 6_000
"""Steps of Numerov's method in Sturm's count."""
PHASED = 4_000
"""Pieces over which the phase of a state is summed."""
FAR = 1e150
"""Beyond, a solution that grows is scaled down."""


@cache
def lobatto(degree: int) -> tuple[Any, Any, Any]:  # Any: arrays are no types at run time
    """Nodes on [-1, 1], weights and the matrix of derivatives `(n, n)`."""
    legendre: Any = special.legendre(degree)
    x = np.array([-1.0, *sorted(float(one.real) for one in legendre.deriv().roots), 1.0])
    # Newton's method on (1 - x²)P' = n(P_{n-1} - xP_n), since roots of a polynomial lose digits.
    for _ in range(4):
        p, q = special.eval_legendre(degree, x), special.eval_legendre(degree - 1, x)
        x = x - np.where(np.abs(x) < 1, (x * p - q) / ((degree + 1) * p), 0.0)
    p = special.eval_legendre(degree, x)
    weights = 2 / (degree * (degree + 1) * p**2)
    apart = x[:, None] - x[None, :] + np.eye(len(x))
    derivative = p[:, None] / p[None, :] / apart
    np.fill_diagonal(derivative, 0.0)
    derivative[0, 0], derivative[-1, -1] = -degree * (degree + 1) / 4, degree * (degree + 1) / 4
    return x, weights, derivative


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """The lowest states on one grid: nodes `(n,)`, energies `(k,)`, normalised functions `(n, k)`."""

    nodes: Array
    weights: Array
    energies: Array
    functions: Array
    rounding: float
    following: float
    """The energy after the last of them, as far as this grid has one."""


def spectrum(well: Well, walls: tuple[float, float], elements: int, states: int) -> Spectrum:
    """The lowest states between hard walls, with about so many elements."""
    edges = _edges(well, walls, elements)
    x, w, d = lobatto(DEGREE)
    size = DEGREE * (len(edges) - 1) + 1
    stiff, mass, nodes = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    values = np.zeros(size)
    for number in range(len(edges) - 1):
        at = slice(number * DEGREE, (number + 1) * DEGREE + 1)
        half = (edges[number + 1] - edges[number]) / 2
        own = edges[number] + half * (x + 1)
        stiff[at, at] += (d.T * w) @ d / half
        mass[at] += w * half
        # Inside its element each side of a jump has its own value.
        values[at] += w * half * well.potential(edges[number] + half * (1 + x * (1 - 1e-12)))
        nodes[at] = own
    inner = slice(1, -1)
    root = np.sqrt(mass[inner])
    matrix = stiff[inner, inner] / np.outer(root, root) + np.diag(values[inner] / mass[inner])
    count = min(states, size - 2)
    energies, vectors = linalg.eigh(matrix, subset_by_index=(0, min(count, size - 3)))
    following = float(energies[-1])
    energies, vectors = energies[:count], vectors[:, :count]
    functions = np.zeros((size, count))
    functions[inner] = vectors / root[:, None]
    largest = float(np.max(np.abs(matrix).sum(axis=1)))
    return Spectrum(
        nodes=nodes,
        weights=mass,
        energies=energies,
        functions=functions,
        rounding=ROUNDING / 4 * largest,
        following=following,
    )


def unseen(well: Well, found: Spectrum) -> float:
    """What many more places in each element add to an energy: ∫Vψ², less the sum over the nodes."""
    x, w, _ = lobatto(DEGREE)
    starts, ends = found.nodes[:-1:DEGREE], found.nodes[DEGREE::DEGREE]
    parts = max(1, LOOKED // (DEGREE * len(starts)))
    fine = ((2 * np.arange(parts)[:, None] + 1 + x[None, :] * (1 - 1e-12)) / parts - 1).ravel()
    weights = np.tile(w, parts) / parts
    legendre: Any = np.polynomial.legendre.legvander  # Any: its type is partly unknown
    onto: Any = legendre(fine, DEGREE) @ linalg.inv(legendre(x, DEGREE))
    change: Any = np.zeros(len(found.energies))
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        half, own = (end - start) / 2, found.functions[number * DEGREE : (number + 1) * DEGREE + 1]
        inside = start + half * (1 + x * (1 - 1e-12))
        change += half * ((weights * well.potential(start + half * (1 + fine))) @ (onto @ own) ** 2)
        change -= half * ((w * well.potential(inside)) @ own**2)
    return float(np.max(np.abs(change)))


def _edges(well: Well, walls: tuple[float, float], elements: int) -> Array:
    """Ends of the elements between the breaks: as many as the highest state turns, or falls, in equal parts.

    Where that state is not known beforehand, they are of equal length.
    """
    fixed = [walls[0], *sorted(one for one in well.breaks if walls[0] < one < walls[1]), walls[1]]
    # Short of the walls, where a potential may have no value.
    s = np.linspace(walls[0], walls[1], PHASED + 1)
    turns = np.ones(PHASED)
    if math.isfinite(well.guess):
        above = well.potential((s[1:] + s[:-1]) / 2) - well.guess
        # Deep inside a wall next to nothing is left to resolve.
        turns = np.minimum(np.sqrt(np.abs(above)), math.sqrt(max(0.0, -float(np.min(above)))))
        turns += 2 * np.mean(turns)
    phase = np.concatenate([[0.0], np.cumsum(turns)]) / np.sum(turns)
    parts: list[Array] = []
    for a, b in pairwise(fixed):
        first, last = np.interp([a, b], s, phase)
        many = max(1, round(elements * (last - first)))
        parts.append(np.array([a, *np.interp(np.linspace(first, last, many + 1)[1:-1], phase, s)]))
    return np.concatenate([*parts, [walls[1]]])


def solve(request: EigenstatesRequest, tell: Callable[[float, str], None]) -> Eigenstates:
    """The states that were asked for."""
    well = well_of(request)
    wanted = min(request.states, len(well.exact)) if well.exact else request.states
    walls = walls_of(well, well.guess)
    if not well.exact and well.walls is None:
        rough = spectrum(well, walls, 16, wanted)
        walls = walls_of(well, float(rough.energies[-1]) * 1.05)
    height = _height(well, walls)
    last: Spectrum | None = None
    error, before, elements, rounds = math.inf, math.inf, FIRST, 0
    tolerance = math.inf
    while elements * DEGREE <= MOST:
        tell(min(0.9, rounds / 6), f"{elements} elements")
        found = spectrum(well, walls, elements, wanted)
        if len(found.energies) == wanted:
            tolerance = request.tolerance * max(float(found.energies[0]) - height, found.rounding)
            if last is not None:
                gap = float(np.max(np.abs(found.energies - last.energies)))
                # Where refining gains little, the potential is not smooth within an element.
                error = (gap if gap <= before / 4 else 5 * gap) + found.rounding
                error += unseen(well, found) if error <= tolerance else 0.0
                before = gap
            last = found
        if error <= tolerance:
            break
        elements, rounds = 2 * elements, rounds + 1
    assert last is not None
    if well.exact:
        error = max(error, *(abs(a - b) for a, b in zip(last.energies.tolist(), well.exact, strict=False)))
    return _told(request, well, walls, last, error, tolerance, height)


def _height(well: Well, walls: tuple[float, float]) -> float:
    """The least of the potential."""
    return float(np.min(well.potential(np.linspace(walls[0], walls[1], 4001)[1:-1])))


def _told(  # noqa: PLR0913, PLR0917 - what is known of the states
    request: EigenstatesRequest,
    well: Well,
    walls: tuple[float, float],
    found: Spectrum,
    error: float,
    tolerance: float,
    height: float,
) -> Eigenstates:
    unit = well.energy / EV
    shift = request.lower or 0.0 if request.potential == "formula" else 0.0
    places = np.linspace(walls[0], walls[1], request.points)
    states = [_state(found, number, well, shift, places) for number in range(len(found.energies))]
    miss = max(_residual(found, well, number) for number in range(len(states)))
    notes: list[str] = []
    if len(states) < request.states:
        notes.append(f"The well holds {len(states)} states; {request.states} were asked for.")
    if request.potential == "formula":
        notes.append(_on_walls(found, unit))
    notes += [
        f"States {number} and {number + 1} lie closer to each other than the error: their splitting is not resolved, "
        "and any mixture of the two is a state as well."
        for number, apart in enumerate(np.diff(found.energies).tolist())
        if apart <= 2 * error and error <= tolerance
    ]
    return Eigenstates(
        ground_energy=states[0].energy,
        gap=states[1].energy - states[0].energy if len(states) > 1 else None,
        states=states,
        position=(shift + places * well.length).tolist(),
        potential=(well.potential(places) * unit).tolist(),
        receipt=Receipt(
            method=METHOD,
            order=None,
            observed_order=None,
            steps=(len(found.nodes) - 1) // DEGREE,
            error_of="energy of any of these states",
            error_asked=tolerance * unit,
            error_reached=error * unit,
            unit="eV",
            estimate="half the elements, a finer quadrature of the potential, rounding of the matrix"
            + (", and the closed form" if well.exact else ""),
            met=error <= tolerance,
            residual=miss * unit,
            residual_of="|Hψ - Eψ| of the discrete problem, eV",
            cost=Cost(evaluations=len(states), of="eigenvalues", unknowns=len(found.nodes) - 2),
            source=SOURCE,
            checks=_checks(well, walls, found, error, unit),
            notes=notes,
        ),
    )


def _state(found: Spectrum, number: int, well: Well, shift: float, places: Array) -> State:
    function = found.functions[:, number]
    # By convention the first lobe is positive.
    big = np.flatnonzero(np.abs(function) > 1e-3 * np.max(np.abs(function)))
    function = function * np.sign(function[big[0]])
    chance = found.weights * function**2
    mean = float((chance * found.nodes).sum())
    spread = math.sqrt(max(0.0, float((chance * (found.nodes - mean) ** 2).sum())))
    energy = float(found.energies[number])
    return State(
        number=number,
        energy=energy * well.energy / EV,
        energy_joule=energy * well.energy,
        exact=well.exact[number] * well.energy / EV if well.exact else None,
        nodes=_nodes(function),
        mean_position=shift + mean * well.length,
        spread=spread * well.length,
        function=(_at(found.nodes, function, places) / math.sqrt(well.length)).tolist(),
    )


def _nodes(function: Array) -> int:
    """Changes of sign, of what is not rounding."""
    seen = function[np.abs(function) > 1e-8 * np.max(np.abs(function))]
    return int(np.count_nonzero(seen[1:] * seen[:-1] < 0))


def _at(nodes: Array, function: Array, places: Array) -> Array:
    """The polynomials at these places, by barycentric interpolation in each element."""
    x, _, _ = lobatto(DEGREE)
    apart = x[:, None] - x[None, :] + np.eye(len(x))
    weights = 1 / np.prod(apart, axis=1)
    edges = nodes[::DEGREE]
    own = np.clip(np.searchsorted(edges, places, side="right") - 1, 0, len(edges) - 2)
    result = np.zeros(len(places))
    for i, (place, number) in enumerate(zip(places, own, strict=True)):
        s = 2 * (place - edges[number]) / (edges[number + 1] - edges[number]) - 1
        values = function[number * DEGREE : (number + 1) * DEGREE + 1]
        far = s - x
        near = int(np.argmin(np.abs(far)))
        if abs(far[near]) < 1e-14:  # noqa: PLR2004 - a node itself
            result[i] = values[near]
        else:
            terms = weights / far
            result[i] = (terms @ values) / terms.sum()
    return result


def _residual(found: Spectrum, well: Well, number: int) -> float:
    """|Hψ - Eψ| at the inner nodes of the elements, by the derivative of the polynomials."""
    function, energy = found.functions[:, number], float(found.energies[number])
    x, w, d = lobatto(DEGREE)
    total = 0.0
    for start in range(0, len(found.nodes) - 1, DEGREE):
        at = slice(start, start + DEGREE + 1)
        half = (found.nodes[start + DEGREE] - found.nodes[start]) / 2
        second = d @ (d @ function[at]) / half**2
        inside = found.nodes[start] + half * (1 + x * (1 - 1e-12))
        miss = -second + (well.potential(inside) - energy) * function[at]
        total += float((w * half)[1:-1] @ miss[1:-1] ** 2)
    return math.sqrt(total)


def _checks(well: Well, walls: tuple[float, float], found: Spectrum, error: float, unit: float) -> list[Check]:
    last = len(found.energies) - 1
    checks = [
        compare(
            f"energy of state {number}, closed form",
            float(found.energies[number]) * unit,
            well.exact[number] * unit,
            "eV",
            allowed=(2 * error + 1e-13 * abs(well.exact[number])) * unit,
        )
        for number in (sorted({0, last}) if well.exact else ())
    ]
    energies = found.energies
    top = float(energies[last])
    gap = found.following - top
    if gap > 1e-6 * abs(top):
        # Above the rim of a well its distant walls hold states of their own.
        below = count_below(well, walls, top + min(gap / 2, (well.rim - top) / 2))
        checks.append(compare("states up to the last one, Sturm's count by Numerov", last + 1, below, "", allowed=0))
    return checks


def count_below(well: Well, walls: tuple[float, float], energy: float) -> int:
    """States below an energy: the zeros of the solution that starts at the left wall, by Sturm's theorem."""
    s = np.linspace(walls[0], walls[1], COUNTED + 1)
    h = float(s[1] - s[0])
    inside = s.copy()
    # At the walls themselves a potential may have no value.
    inside[0], inside[-1] = inside[0] + 1e-9 * h, inside[-1] - 1e-9 * h
    k = (h * h / 12 * (energy - well.potential(inside))).tolist()
    here, there, zeros = 0.0, 1.0, 0
    for i in range(1, len(k) - 1):
        following = (2 * (1 - 5 * k[i]) * there - (1 + k[i - 1]) * here) / (1 + k[i + 1])
        if following * there < 0 or following == 0:
            zeros += 1
        here, there = there, following
        if abs(there) > FAR:
            here, there = here / FAR, there / FAR
    return zeros


def _on_walls(found: Spectrum, unit: float) -> str:
    """What the walls do to the highest state: dE/dL = -ψ'² at a wall."""
    _, _, d = lobatto(DEGREE)
    function = found.functions[:, -1]
    left = d[0] @ function[: DEGREE + 1] * 2 / (found.nodes[DEGREE] - found.nodes[0])
    right = d[-1] @ function[-DEGREE - 1 :] * 2 / (found.nodes[-1] - found.nodes[-DEGREE - 1])
    change = float(max(left**2, right**2)) * 0.01 * unit
    return (
        f"Hard walls stand at both ends: moving one out by 1 % of the range lowers the highest energy by about "
        f"{change:.2g} eV."
    )
