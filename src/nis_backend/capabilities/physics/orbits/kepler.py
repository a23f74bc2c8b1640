"""Two bodies: Kepler's equation in universal variables, for ellipses, parabolas and hyperbolas alike.

Plain numbers and tuples of three; lengths and times in any unit, with GM in the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Vector = tuple[float, float, float]

ROUNDS = 200
"""Of Newton's method held by bisection: 60 halve a bracket to rounding."""
SMALL = 1.0
"""Argument below which Stumpff's functions are summed: their closed forms cancel there."""
EPSILON = 2.0**-52


def dot(a: Vector, b: Vector) -> float:
    """The scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """The vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def norm(a: Vector) -> float:
    """The length."""
    return math.hypot(*a)


def add(a: Vector, x: float, b: Vector, y: float) -> Vector:
    """a·x + b·y."""
    return a[0] * x + b[0] * y, a[1] * x + b[1] * y, a[2] * x + b[2] * y


def stumpff(z: float) -> tuple[float, float]:
    """C(z) and S(z): (1 - cos √z)/z and (√z - sin √z)/√z³, continued to negative z."""
    if abs(z) < SMALL:
        c, s, c_term, s_term = 0.0, 0.0, 1 / 2, 1 / 6
        for k in range(1, 12):
            c, s = c + c_term, s + s_term
            c_term *= -z / ((2 * k + 1) * (2 * k + 2))
            s_term *= -z / ((2 * k + 2) * (2 * k + 3))
        return c, s
    root = math.sqrt(abs(z))
    if z > 0:
        # 2 sin²(x/2) keeps the digits that 1 - cos x loses.
        return 2 * math.sin(root / 2) ** 2 / z, (root - math.sin(root)) / root**3
    return 2 * math.sinh(root / 2) ** 2 / -z, (math.sinh(root) - root) / root**3


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a body is, and how it moves."""

    position: Vector
    velocity: Vector


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A state later, and how well Kepler's equation was solved for it."""

    state: State
    residual: float
    """What the time misses."""
    error: float
    """Distance by which rounding may have moved the body."""


def inverse_axis(state: State, gm: float) -> float:
    """1/a: positive on an ellipse, 0 on a parabola, negative on a hyperbola."""
    return 2 / norm(state.position) - dot(state.velocity, state.velocity) / gm


def propagate(state: State, gm: float, time: float, alpha: float | None = None) -> Moved:
    """The state this much later, or earlier; `alpha`, 1/a, where it is known better than the state tells it.

    √GM t = σ χ² C + (1 - α r₀) χ³ S + r₀ χ, by Newton's method held within a bracket: the right side rises with χ.
    Source: Battin, Astrodynamics (1999), 4.5; Bate, Mueller & White, Fundamentals of Astrodynamics (1971), 4.4.
    """
    root, r0 = math.sqrt(gm), norm(state.position)
    sigma = dot(state.position, state.velocity) / root
    if alpha is None:
        # Two terms cancel in it, and may leave nothing at all: a parabola.
        doubt = 4 * EPSILON * (2 / r0 + dot(state.velocity, state.velocity) / gm)
        alpha = inverse_axis(state, gm)
        alpha = 0.0 if abs(alpha) < doubt else alpha
    else:
        doubt = 4 * EPSILON * abs(alpha)
    whole = 0.0
    if alpha > 0:
        period = 2 * math.pi / (root * alpha**1.5)
        whole = round(time / period) * period
    target = root * (time - whole)

    def lapse(chi: float) -> tuple[float, float]:
        c, s = stumpff(alpha * chi * chi)
        square = chi * chi
        value = sigma * square * c + (1 - alpha * r0) * square * chi * s + r0 * chi
        radius = square * c + sigma * chi * (1 - alpha * square * s) + r0 * (1 - alpha * square * c)
        return value - target, radius

    chi = _solve(lapse, target, r0, alpha)
    miss, radius = lapse(chi)
    c, s = stumpff(alpha * chi * chi)
    f, g = 1 - chi * chi / r0 * c, time - whole - chi**3 * s / root
    f_dot, g_dot = root / (radius * r0) * chi * (alpha * chi * chi * s - 1), 1 - chi * chi / radius * c
    later = State(
        position=add(state.position, f, state.velocity, g),
        velocity=add(state.position, f_dot, state.velocity, g_dot),
    )
    late = abs(miss) / root + EPSILON * (4 * abs(time) + 8 * r0 * abs(chi) / root)
    return Moved(
        state=later,
        residual=abs(miss) / root,
        error=norm(later.velocity) * (late + _drift(state, gm, chi, alpha, doubt, whole))
        + 8 * EPSILON * (abs(f) * r0 + abs(g) * norm(state.velocity)),
    )


def _drift(  # noqa: PLR0913, PLR0917 - an orbit and what is not known of it
    state: State, gm: float, chi: float, alpha: float, doubt: float, whole: float
) -> float:
    """Time by which an error of 1/a moves the body: in the turns left out, and in the part of one that is followed."""
    root, r0 = math.sqrt(gm), norm(state.position)
    sigma = dot(state.position, state.velocity) / root

    def at(a: float) -> float:
        c, s = stumpff(a * chi * chi)
        return sigma * chi * chi * c + (1 - a * r0) * chi**3 * s

    # The period goes with α^-1.5.
    return abs(at(alpha + doubt) - at(alpha - doubt)) / root + (1.5 * abs(whole) * doubt / alpha if alpha > 0 else 0.0)


def _solve(lapse: Callable[[float], tuple[float, float]], target: float, r0: float, alpha: float) -> float:
    """Where the lapse is the target."""
    if target == 0:
        return 0.0
    sign = math.copysign(1.0, target)
    step = abs(target) / r0
    if alpha < 0:
        step = min(step, 1 / math.sqrt(-alpha))
    low, high = 0.0, step
    for _ in range(ROUNDS):
        if sign * lapse(sign * high)[0] >= 0:
            break
        low, high = high, 2 * high
    chi = (low + high) / 2
    for _ in range(ROUNDS):
        miss, slope = lapse(sign * chi)
        miss *= sign
        if miss < 0:
            low = chi
        else:
            high = chi
        following = chi - miss / slope if slope > 0 else math.nan
        following = following if low < following < high else (low + high) / 2
        if following == chi or high - low <= math.ulp(high):
            break
        chi = following
    return sign * chi


@dataclass(frozen=True, kw_only=True)
class Elements:
    """An orbit by its form and place; angles in rad."""

    periapsis: float
    eccentricity: float
    inclination: float
    node: float
    argument: float
    anomaly: float


def to_state(one: Elements, gm: float) -> State:
    """Position and velocity at the true anomaly. Source: Vallado, Fundamentals of Astrodynamics (2013), 2.6."""
    latus = one.periapsis * (1 + one.eccentricity)
    sin, cos = math.sin(one.anomaly), math.cos(one.anomaly)
    radius, speed = latus / (1 + one.eccentricity * cos), math.sqrt(gm / latus)
    p, q = _axes(one)
    return State(
        position=add(p, radius * cos, q, radius * sin),
        velocity=add(p, -speed * sin, q, speed * (one.eccentricity + cos)),
    )


def _axes(one: Elements) -> tuple[Vector, Vector]:
    """Directions to the periapsis, and a quarter of a turn on."""
    cn, sn = math.cos(one.node), math.sin(one.node)
    ca, sa = math.cos(one.argument), math.sin(one.argument)
    ci, si = math.cos(one.inclination), math.sin(one.inclination)
    p = (cn * ca - sn * sa * ci, sn * ca + cn * sa * ci, sa * si)
    q = (-cn * sa - sn * ca * ci, -sn * sa + cn * ca * ci, ca * si)
    return p, q


def to_elements(state: State, gm: float) -> Elements:
    """The orbit through a state; angles that have no meaning, of a circle or without inclination, are 0."""
    r, v = state.position, state.velocity
    h, size = cross(r, v), norm(r)
    momentum = norm(h)
    toward = add(cross(v, h), 1 / gm, r, -1 / size)
    e = norm(toward)
    line = (-h[1], h[0], 0.0)
    tilted, oval = norm(line) > 1e-11 * momentum, e > 1e-11  # noqa: PLR2004 - what rounding leaves of 0
    axis = (line[0] / norm(line), line[1] / norm(line), 0.0) if tilted else (1.0, 0.0, 0.0)
    pole = (h[0] / momentum, h[1] / momentum, h[2] / momentum)
    apse = (toward[0] / e, toward[1] / e, toward[2] / e) if oval else axis
    return Elements(
        periapsis=momentum * momentum / gm / (1 + e),
        eccentricity=e,
        inclination=math.atan2(math.hypot(h[0], h[1]), h[2]),
        node=math.atan2(axis[1], axis[0]) % math.tau if tilted else 0.0,
        argument=_angle(axis, apse, pole) if oval else 0.0,
        anomaly=_angle(apse, r, pole),
    )


def _angle(a: Vector, b: Vector, pole: Vector) -> float:
    """From a to b about the pole, 0 to 2π."""
    return math.atan2(dot(pole, cross(a, b)), dot(a, b)) % math.tau
