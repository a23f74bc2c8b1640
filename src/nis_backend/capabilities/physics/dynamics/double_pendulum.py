"""The plane double pendulum without friction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.dynamics.chaos import DoublePendulumMotion, DoublePendulumRequest, DoubleSwing
from nis_backend.capabilities.physics.dynamics.march import Marched, Problem, evenly, march, receipt_of
from nis_backend.capabilities.physics.dynamics.schemes import Explicit, eighth
from nis_backend.numerics.receipt import Conserved
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.dynamics.schemes import Rate, State
    from nis_backend.numerics.receipt import Check

APART = 1e-8
"""Distance of the twin whose growing away is measured, rad."""
SMALL = 0.05
"""Angle up to which normal modes are held against the motion, rad."""
TRUSTED = 0.01
"""Difference of two grids up to which an angle is told, rad."""


def rate(request: DoublePendulumRequest) -> Rate:
    """Lagrange's equations, solved for both accelerations."""
    m1, m2, l1, l2, g = request.mass1, request.mass2, request.length1, request.length2, request.gravity
    both = m1 + m2
    sin, cos = math.sin, math.cos

    def f(_t: float, y: State) -> State:
        a, b, va, vb = y
        s, c = sin(a - b), cos(a - b)
        share = m1 + m2 * s * s
        pull = g * sin(b) - l1 * va * va * s
        push = both * g * sin(a) + m2 * l2 * vb * vb * s
        return va, vb, (m2 * c * pull - push) / (l1 * share), (c * push - both * pull) / (l2 * share)

    return f


def kinetic(request: DoublePendulumRequest, y: State) -> float:
    """Energy of motion, J."""
    a, b, va, vb = y
    u, v = request.length1 * va, request.length2 * vb
    return (request.mass1 * u * u + request.mass2 * (u * u + v * v + 2 * u * v * math.cos(a - b))) / 2


def potential(request: DoublePendulumRequest, y: State) -> float:
    """Energy of height above hanging straight down, J."""
    # 1 - cos, without its cancellation.
    up = [2 * length * math.sin(a / 2) ** 2 for length, a in zip((request.length1, request.length2), y, strict=False)]
    return request.gravity * ((request.mass1 + request.mass2) * up[0] + request.mass2 * up[1])


def modes(request: DoublePendulumRequest) -> tuple[float, float]:
    """The angular frequencies of small swings, the slower first: the roots of a quadratic in ω²."""
    l1, l2 = request.length1, request.length2
    both, m1 = request.mass1 + request.mass2, request.mass1
    # Of ω²/g: gravity scales both.
    half = both * (l1 + l2) / 2
    product = both * m1 * l1 * l2
    # The smaller root by the product, without cancellation.
    large = (half + math.sqrt(half * half - product)) / (m1 * l1 * l2)
    root = math.sqrt(request.gravity)
    return root * math.sqrt(both / (m1 * l1 * l2) / large), root * math.sqrt(large)


def small_angles(request: DoublePendulumRequest, time: float) -> tuple[float, float]:
    """Both angles by superposed normal modes, rad: exact in the limit of small swings."""
    mu = request.mass2 / (request.mass1 + request.mass2)
    slow, fast = modes(request)

    # The lower angle in the upper one's, by the first equation: (m1 + m2)(l1·a'' + g·a) + m2·l2·b'' = 0.
    r, s = ((request.gravity - request.length1 * w * w) / (mu * request.length2 * w * w) for w in (slow, fast))
    angles = (math.radians(request.angle1), math.radians(request.angle2))
    rates = (request.angular_velocity1, request.angular_velocity2)

    def parts(a: float, b: float) -> tuple[float, float]:
        return (b - s * a) / (r - s), (r * a - b) / (r - s)

    p, q = parts(*angles)
    u, v = parts(*rates)
    first = p * math.cos(slow * time) + u / slow * math.sin(slow * time)
    second = q * math.cos(fast * time) + v / fast * math.sin(fast * time)
    return first + second, r * first + s * second


def swing(request: DoublePendulumRequest, tell: Callable[[float, str], None] = silent) -> DoublePendulumMotion:
    """The motion that was asked for; `tell` hears how far it is."""
    f = rate(request)
    start = (
        math.radians(request.angle1),
        math.radians(request.angle2),
        request.angular_velocity1,
        request.angular_velocity2,
    )
    slow, fast = modes(request)
    speed = max(fast, abs(request.angular_velocity1), abs(request.angular_velocity2))
    problem = Problem(
        scheme=Explicit(f, eighth()),
        start=start,
        outputs=evenly(0, request.duration, request.points),
        tolerance=request.tolerance,
        max_steps=request.max_steps,
        names=("the upper angle", "the lower angle", "the upper rate", "the lower rate"),
        scales=(1.0, 1.0, speed, speed),
    )
    marched = march(problem, tell)
    times, states = marched.at_outputs()
    growth = _growth(problem, marched)
    total = kinetic(request, start) + potential(request, start)
    drift = max(abs(kinetic(request, y) + potential(request, y) - total) for y in marched.path.states)
    most = max(kinetic(request, y) for y in marched.path.states)
    receipt = receipt_of(
        marched,
        problem,
        error_of="either angle, at any time",
        unit="rad",
        checks=_by_modes(request, states[-1], marched.refined.error),
        conserved=[Conserved(name="energy", start=total, drift=drift, unit="J")],
        notes=[_say(growth, request.duration)],
    )
    return DoublePendulumMotion(
        final_angle1=math.degrees(states[-1][0]),
        final_angle2=math.degrees(states[-1][1]),
        max_speed=max(_speed(request, y) for y in states),
        slow_period=2 * math.pi / slow,
        fast_period=2 * math.pi / fast,
        growth=growth,
        lyapunov_exponent=math.log(growth) / request.duration,
        trusted_until=trusted(marched, (TRUSTED, TRUSTED, math.inf, math.inf)),
        energy_drift=drift / most if most else 0.0,
        duration=request.duration,
        trajectory=_sample(request, times, states),
        receipt=receipt,
    )


def trusted(marched: Marched, allowed: tuple[float, ...]) -> float:
    """Time up to which the two finest grids differ by no more than what is allowed of each state."""
    told = marched.mesh.times[0]
    for time, a, b in zip(marched.mesh.times, marched.coarser.nodes(), marched.path.nodes(), strict=True):
        if any(not abs(x - y) <= most for x, y, most in zip(a, b, allowed, strict=True) if most < math.inf):
            return told
        told = time
    return told


def _growth(problem: Problem, marched: Marched) -> float:
    """How many times farther apart two motions are at the end that begin next to each other.

    A twin is drawn back along its line to the first distance at every node (Benettin); the factors are multiplied.
    """
    nodes, times, weights = marched.path.nodes(), marched.mesh.times, problem.scales
    apart = [APART * w / 2 for w in weights]
    logarithm = 0.0
    for number in range(len(times) - 1):
        h = times[number + 1] - times[number]
        moved = problem.scheme.step(times[number], _sum(nodes[number], apart), h)
        still = problem.scheme.step(times[number], nodes[number], h)
        off = [a - b for a, b in zip(moved, still, strict=True)]
        size = math.hypot(*(a / w for a, w in zip(off, weights, strict=True)))
        logarithm += math.log(size / APART) if size else 0.0
        apart = [a * APART / size for a in off] if size else apart
    return math.exp(min(700.0, logarithm))


def _sum(y: State, apart: list[float]) -> State:
    return tuple([a + b for a, b in zip(y, apart, strict=True)])


def _say(growth: float, duration: float) -> str:
    lost = math.log10(max(growth, 1.0))
    rate_words = f"an error at the start grows {growth:.2g}-fold in {duration:g} s, {lost:.1f} decimal digits"
    if lost >= 13:  # noqa: PLR2004 - of the 16 digits of a double
        return f"Chaos: {rate_words}: more than doubles have to lose, so the end is one of many possible ones."
    return f"How far the start must be known: {rate_words}."


def _speed(request: DoublePendulumRequest, y: State) -> float:
    u, v = request.length1 * y[2], request.length2 * y[3]
    return math.sqrt(max(0.0, u * u + v * v + 2 * u * v * math.cos(y[0] - y[1])))


def _by_modes(request: DoublePendulumRequest, end: State, error: float) -> list[Check]:
    largest = max(
        abs(math.radians(request.angle1)) + abs(math.radians(request.angle2)),
        (abs(request.angular_velocity1) + abs(request.angular_velocity2)) / modes(request)[0],
    )
    if not 0 < largest <= SMALL:
        return []
    expected = small_angles(request, request.duration)[1]
    # What the modes leave out is of third order, and shifts the phase for as long as it swings.
    allowed = error + largest**3 * (1 + modes(request)[1] * request.duration / 4)
    if allowed > largest / 10:
        return []
    return [compare("lower angle at the end, normal modes of small swings", end[1], expected, "rad", allowed=allowed)]


def _sample(request: DoublePendulumRequest, times: list[float], states: list[State]) -> DoubleSwing:
    l1, l2 = request.length1, request.length2
    return DoubleSwing(
        time=times,
        angle1=[math.degrees(y[0]) for y in states],
        angle2=[math.degrees(y[1]) for y in states],
        angular_velocity1=[y[2] for y in states],
        angular_velocity2=[y[3] for y in states],
        x=[l1 * math.sin(y[0]) + l2 * math.sin(y[1]) for y in states],
        y=[-l1 * math.cos(y[0]) - l2 * math.cos(y[1]) for y in states],
    )
