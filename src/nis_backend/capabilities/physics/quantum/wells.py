"""Potentials by name, in units of their own, with the spectra that are known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import constants  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.quantum.particle import EigenstatesRequest

    Array = NDArray[np.float64]

HBAR: float = constants.hbar
EV: float = constants.electron_volt
NANOMETRE = 1e-9
DECAY = 19.0
"""Natural logarithms that a state's tail falls by before its walls: they move its energy by e⁻³⁸ of itself."""
LOOKED, JUMP, LONE, MOST_JUMPS = 2_000, 0.01, 4, 32
"""Places between which jumps are looked for; differences, of the potential's range and of those beside, that are
looked at; and how many, the largest first."""
SAME = 1e-9
"""Distance, of the range, within which two breaks are one."""
FARTHEST = 4_000
"""Steps in which such a wall is looked for."""


@dataclass(frozen=True, kw_only=True)
class Well:
    """-ψ'' + v(s) ψ = ε ψ, with s = x/length and ε = E/energy."""

    length: float
    energy: float
    """J."""
    potential: Callable[[Array], Array]
    breaks: tuple[float, ...]
    """Where it jumps."""
    middle: float
    walls: tuple[float, float] | None
    """Hard walls; None where it goes on for ever."""
    exact: tuple[float, ...]
    """Lowest energies by the closed form, as far as there are; empty where there is none."""
    rim: float
    """Above it nothing is bound."""
    guess: float
    """An energy above the highest state wanted."""


def well_of(request: EigenstatesRequest) -> Well:
    """The well that was asked for."""
    make = {"box": _box, "harmonic": _harmonic, "finite well": _finite, "double well": _double, "morse": _morse}
    return make.get(request.potential, _formula)(request)


def _unit(mass: float, length: float) -> float:
    return HBAR**2 / (2 * mass * length**2)


def _box(request: EigenstatesRequest) -> Well:
    length = request.width or 1.0
    exact = tuple((math.pi * (n + 1)) ** 2 for n in range(request.states))
    return Well(
        length=length,
        energy=_unit(request.mass, length),
        potential=np.zeros_like,
        breaks=(),
        middle=0.5,
        walls=(0.0, 1.0),
        exact=exact,
        rim=math.inf,
        guess=exact[-1],
    )


def _harmonic(request: EigenstatesRequest) -> Well:
    """ε = 2n + 1 in units of ħω/2, with v = s²."""
    length = math.sqrt(HBAR / (request.mass * (request.angular_frequency or 1.0)))
    exact = tuple(2.0 * n + 1 for n in range(request.states))
    return Well(
        length=length,
        energy=_unit(request.mass, length),
        potential=np.square,
        breaks=(),
        middle=0.0,
        walls=None,
        exact=exact,
        rim=math.inf,
        guess=exact[-1],
    )


def _finite(request: EigenstatesRequest) -> Well:
    length, depth = request.width or 1.0, request.depth or 1.0
    energy = _unit(request.mass, length)
    top = depth * EV / energy
    exact = tuple(_finite_levels(top, request.states))

    def potential(s: Array) -> Array:
        return np.where(np.abs(s) < 1 / 2, 0.0, top)

    return Well(
        length=length,
        energy=energy,
        potential=potential,
        breaks=(-0.5, 0.5),
        middle=0.0,
        walls=None,
        exact=exact,
        rim=top,
        guess=exact[-1],
    )


def _finite_levels(top: float, most: int) -> list[float]:
    """Roots of k = nπ - 2 asin(k/√v), which rises on the left and falls on the right."""
    found: list[float] = []
    deep = math.sqrt(top)
    for n in range(1, most + 1):
        if (n - 1) * math.pi >= deep:
            break
        low, high = (n - 1) * math.pi, min(n * math.pi, deep)
        for _ in range(200):
            k = (low + high) / 2
            if k in (low, high):
                break
            low, high = (k, high) if k < n * math.pi - 2 * math.asin(min(1.0, k / deep)) else (low, k)
        found.append(((low + high) / 2) ** 2)
    return found


def _double(request: EigenstatesRequest) -> Well:
    length = (request.width or 1.0) / 2
    energy = _unit(request.mass, length)
    top = (request.depth or 1.0) * EV / energy

    def potential(s: Array) -> Array:
        return top * (s * s - 1) ** 2

    # Above the barrier it is like top·s⁴, whose levels lie below these: Bohr and Sommerfeld's rule.
    n = request.states + 1
    guess = top + (2.185 * top**0.25 * (n + 1)) ** (4 / 3)
    return Well(
        length=length,
        energy=energy,
        potential=potential,
        breaks=(),
        middle=0.0,
        walls=None,
        exact=(),
        rim=math.inf,
        guess=guess,
    )


def _morse(request: EigenstatesRequest) -> Well:
    """In units of 1/a, v = λ²(1 - e^-s)² and ε = λ² - (λ - n - 1/2)²."""
    length = 1 / (request.stiffness or 1.0)
    energy = _unit(request.mass, length)
    depth = (request.depth or 1.0) * EV / energy
    lam = math.sqrt(depth)
    exact = tuple(depth - (lam - n - 0.5) ** 2 for n in range(request.states) if n + 0.5 < lam)
    if not exact:
        raise InvalidRequest(
            "This well is too shallow to hold a state.",
            field="depth",
            value=request.depth,
            remedy="Give a deeper well, a heavier particle, or a smaller stiffness.",
        )

    def potential(s: Array) -> Array:
        return depth * (1 - np.exp(-s)) ** 2

    return Well(
        length=length,
        energy=energy,
        potential=potential,
        breaks=(),
        middle=0.0,
        walls=None,
        exact=exact,
        rim=depth,
        guess=exact[-1],
    )


def _formula(request: EigenstatesRequest) -> Well:
    assert request.formula is not None
    assert request.lower is not None
    assert request.upper is not None
    length = request.upper - request.lower
    energy = _unit(request.mass, length)
    value = read_formula(request.formula, ("x",), field="formula").compile("x")
    lower = request.lower

    def potential(s: Array) -> Array:
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(value((lower + s * length) / NANOMETRE), dtype=float), s.shape)
        if not np.isfinite(found).all():
            at = (lower + float(s[~np.isfinite(found)][0]) * length) / NANOMETRE
            raise InvalidRequest(
                f"The potential has no finite value at x = {at:g} nm.",
                field="formula",
                value=request.formula,
                remedy="Give a formula that is finite between the walls.",
            )
        return found * EV / energy

    breaks = tuple((one - lower) / length for one in request.breaks)
    if any(not 0 < one < 1 for one in breaks):
        raise InvalidRequest(
            "A break lies outside the walls.", field="breaks", value=request.breaks, remedy="Give breaks between them."
        )
    return Well(
        length=length,
        energy=energy,
        potential=potential,
        breaks=_apart([*breaks, *jumps(potential)]),
        middle=0.5,
        walls=(0.0, 1.0),
        exact=(),
        rim=math.inf,
        guess=math.inf,
    )


def _apart(breaks: list[float]) -> tuple[float, ...]:
    """In order, and each place once: two that rounding parts would make an element of no size."""
    kept = [0.0]
    for one in sorted(breaks):
        if kept[-1] + SAME < one < 1 - SAME:
            kept.append(one)
    return tuple(kept[1:])


def jumps(potential: Callable[[Array], Array]) -> list[float]:
    """Where a potential jumps between the walls: a difference that no halving makes smaller."""
    s = np.linspace(0, 1, LOOKED + 1)
    s[0], s[-1] = 1e-12, 1 - 1e-12
    v = potential(s)
    rises, whole_range = np.abs(np.diff(v)), float(np.max(v) - np.min(v))
    beside = np.maximum(np.append(rises[1:], 0.0), np.append(0.0, rises[:-1]))
    steep = np.flatnonzero((rises > JUMP * whole_range) | (rises > LONE * beside + 1e-9 * whole_range))
    found: list[float] = []
    for i in steep[np.argsort(-rises[steep], kind="stable")][:MOST_JUMPS]:
        low, high, a, b = float(s[i]), float(s[i + 1]), float(v[i]), float(v[i + 1])
        whole = abs(b - a)
        for _ in range(50):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            m = float(potential(np.array([middle]))[0])
            low, high, a, b = (low, middle, a, m) if abs(m - a) > abs(b - m) else (middle, high, m, b)
        # At the jump itself a formula may have the middle of both sides.
        if abs(b - a) > whole / 4:
            found.append((low + high) / 2)
    return found


def walls_of(well: Well, top: float) -> tuple[float, float]:
    """Where walls no longer matter to a state of energy `top`."""
    if well.walls is not None:
        return well.walls
    return _wall(well, top, -1), _wall(well, top, 1)


def _wall(well: Well, top: float, side: int) -> float:
    """Outwards from the middle, until the tail has fallen far enough."""
    step, at, fallen = 0.02, well.middle, 0.0
    for _ in range(FARTHEST):
        at += side * step
        above = float(well.potential(np.array([at]))[0]) - top
        if above > 0:
            fallen += math.sqrt(above) * step
            step *= 1.02
        if fallen > DECAY:
            return at
    raise InvalidRequest(
        "A state reaches too far to be held: it is hardly bound.",
        field="states",
        value=top,
        remedy="Ask for fewer states, or give a deeper well.",
    )
