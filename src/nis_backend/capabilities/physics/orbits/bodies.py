"""Many bodies that attract each other: symplectic steps of second and fourth order, and DOP853."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.orbits.approach import Approach
from nis_backend.capabilities.physics.orbits.motion import BodiesMotion, BodyPath
from nis_backend.capabilities.physics.orbits.systems import gravity_of, start_of
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, Course, refine

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.orbits.motion import BodiesRequest

    Array = NDArray[np.float64]

CUBE = 2 ** (1 / 3)
YOSHIDA = (1 / (2 - CUBE), -CUBE / (2 - CUBE), 1 / (2 - CUBE))
"""Steps of the second order that make one of the fourth."""
METHODS = {
    "leapfrog": (
        "velocity Verlet (leapfrog), symplectic",
        2,
        "Hairer, Lubich & Wanner, Geometric Numerical Integration (2006), I.1",
    ),
    "yoshida4": ("Yoshida's symplectic method", 4, "Yoshida, Phys. Lett. A 150 (1990), 262-268"),
    "dop853": (
        "DOP853, Dormand and Prince's embedded method",
        8,
        "Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.5",
    ),
}
TIGHTENING = (1e-7, 1e-9, 1e-11, 1e-13)
"""Tolerances of DOP853, relative: the next one tells what the last has left."""
MOST_CALLS = 400_000
MOST_PAIRS = 400_000_000
"""Evaluations of all forces in one solution, and of pairs in them: half a minute's work."""
NEAREST = 1e-30
"""m: the cubes of what is nearer leave the doubles."""
PARTS = 8
"""Of a step of DOP853 in which two bodies come closest."""
STEPS_A_SWING = 24
"""Steps of the coarsest grid in the shortest time scale of two bodies."""


class Lost(Exception):
    """A solution that takes more forces than it may."""


@dataclass(kw_only=True)
class System:
    """Masses `(n,)`, and places and velocities `(n, d)`, in SI or natural units."""

    names: list[str]
    mass: Array
    place: Array
    velocity: Array
    radius: Array
    gravity: float
    softening: float
    calls: int = 0

    @property
    def most(self) -> int:
        """Evaluations that one solution may take."""
        return min(MOST_CALLS, MOST_PAIRS // len(self.mass) ** 2)

    def pull(self, place: Array) -> Array:
        """Accelerations `(n, d)`."""
        self.calls += 1
        if self.calls > self.most:
            raise Lost
        apart = place[None, :, :] - place[:, None, :]
        square = np.einsum("ijk,ijk->ij", apart, apart) + self.softening**2
        np.fill_diagonal(square, 1.0)
        weight = self.gravity * self.mass[None, :] / (square * np.sqrt(square))
        return np.einsum("ij,ijk->ik", weight, apart)

    def energy(self, place: Array, velocity: Array) -> float:
        """Kinetic and potential."""
        pairs = np.triu_indices(len(self.mass), 1)
        far = np.sqrt(((place[pairs[0]] - place[pairs[1]]) ** 2).sum(axis=1) + self.softening**2)
        potential = -self.gravity * self.mass[pairs[0]] * self.mass[pairs[1]] / far
        return float((self.mass * (velocity**2).sum(axis=1)).sum() / 2 + potential.sum())

    def momentum(self, velocity: Array) -> Array:
        """Of all together, `(d,)`."""
        return self.mass @ velocity

    def spin(self, place: Array, velocity: Array) -> Array:
        """Angular momentum about the origin, `(3,)`."""
        deep = [(0, 0), (0, 3 - place.shape[1])]
        return (self.mass[:, None] * np.cross(np.pad(place, deep), np.pad(velocity, deep))).sum(axis=0)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One solution: places and velocities `(points, n, d)` at the times of the answer."""

    steps: int
    place: Array
    velocity: Array
    approach: Approach


def simulate(request: BodiesRequest, tell: Callable[[float, str], None]) -> BodiesMotion:
    """The motion that was asked for."""
    system = _system(request)
    times = np.linspace(0, request.duration, request.points)
    size = _size(system)
    tolerance = request.tolerance * size
    try:
        if request.method == "dop853":
            run, error, observed = _tightened(system, times, tolerance, size, tell)
        else:
            run, error, observed = _refined(system, request, times, tolerance, size, tell)
    except Lost:
        raise InvalidRequest(
            f"The motion takes more than {system.most} evaluations of all forces: bodies come very close, or the time "
            "is long.",
            field="duration",
            value=request.duration,
            remedy="Give a shorter time, a softening, or bodies farther apart.",
        ) from None
    return _told(request, system, run, times, error, observed, tolerance)


def _system(request: BodiesRequest) -> System:
    bodies = request.bodies or start_of(request.system)
    return System(
        names=[one.name or f"body {number}" for number, one in enumerate(bodies, 1)],
        mass=np.array([one.mass for one in bodies]),
        place=np.array([one.position for one in bodies]),
        velocity=np.array([one.velocity for one in bodies]),
        radius=np.array([one.radius for one in bodies]),
        gravity=gravity_of(request),
        softening=request.softening,
    )


def _size(system: System) -> float:
    """Greatest distance from the middle, or the softening where that is larger.

    Raises:
        InvalidRequest: two are nearer than digits tell apart.
    """
    size = float(np.max(np.linalg.norm(system.place - system.place.mean(axis=0), axis=1)))
    if system.softening:
        return max(size, system.softening)
    least = Approach(system.place, system.velocity).closest()[3]
    if least <= max(NEAREST, 1e-13 * size):
        raise InvalidRequest(
            f"Two bodies begin {least:.3g} m from each other, which the digits of their places do not resolve.",
            field="bodies",
            value=least,
            remedy="Move one, or give a softening.",
        )
    return size


def _gap(coarse: Run, fine: Run) -> float:
    return float(np.max(np.linalg.norm(coarse.place - fine.place, axis=2)))


def _tightened(
    system: System, times: Array, tolerance: float, size: float, tell: Callable[[float, str], None]
) -> tuple[Run, float, float | None]:
    """DOP853 with ever smaller tolerances, until one leaves the next but little."""
    before: Run | None = None
    error = math.inf
    for number, relative in enumerate(TIGHTENING):
        tell(number / len(TIGHTENING), f"Relative tolerance {relative:g}")
        run = _embedded(system, times, relative, size)
        if before is not None:
            # What the looser one has left bounds what the tighter one leaves.
            error = max(_gap(before, run), ROUNDING * size)
            if error <= tolerance:
                return run, error, None
        before = run
    assert before is not None
    return before, error, None


def _embedded(system: System, times: Array, relative: float, size: float) -> Run:
    integrate: Any = import_module("scipy.integrate")  # Any: scipy has no types
    shape, half = system.place.shape, system.place.size
    pace = max(float(np.max(np.abs(system.velocity))), size / float(times[-1]))
    system.calls = 0

    def rate(_time: float, y: Array) -> Array:
        return np.concatenate((y[half:], system.pull(y[:half].reshape(shape)).ravel()))

    start = np.concatenate((system.place.ravel(), system.velocity.ravel()))
    allowed = np.concatenate((np.full(half, relative * size), np.full(half, relative * pace)))
    solver: Any = integrate.DOP853(rate, 0.0, start, float(times[-1]), rtol=max(relative, 1e-13), atol=allowed)
    approach = Approach(system.place, system.velocity)
    states: list[Array] = [start]
    while solver.status == "running":
        failed = solver.step() is not None
        now: Array = solver.y
        before, time = float(solver.t_old or 0.0), float(solver.t)
        if failed or not np.isfinite(now).all():
            raise _collision(time)
        place, velocity = _parted(now, shape)
        turned = approach.turns(place, velocity)
        last = int(np.searchsorted(times, time, side="right"))
        if turned or last > len(states):
            between: Any = solver.dense_output()
            states += [between(float(one)) for one in times[len(states) : last]]
            for part in range(1, PARTS) if turned else ():
                at = before + (time - before) * part / PARTS
                approach.look(at, *_parted(between(at), shape))
        approach.look(time, place, velocity)
    found = np.array(states)
    return Run(
        steps=system.calls // 12,
        place=found[:, :half].reshape(-1, *shape),
        velocity=found[:, half:].reshape(-1, *shape),
        approach=approach,
    )


def _parted(y: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    half = len(y) // 2
    return y[:half].reshape(shape), y[half:].reshape(shape)


def _collision(late: float) -> InvalidRequest:
    return InvalidRequest(
        f"Two bodies collide at about {late:g} s: points then pass each other infinitely fast.",
        field="bodies",
        value=late,
        remedy="Give a shorter time, a softening, or another start.",
    )


def _refined(  # noqa: PLR0913, PLR0917 - the terms of the bargain
    system: System,
    request: BodiesRequest,
    times: Array,
    tolerance: float,
    size: float,
    tell: Callable[[float, str], None],
) -> tuple[Run, float, float | None]:
    """A symplectic method with its step halved until the places agree."""
    order = METHODS[request.method][1]
    course = Course(tell)
    intervals = len(times) - 1
    wanted = max(16, math.ceil(request.duration * STEPS_A_SWING / _shortest(system)))
    first = intervals * math.ceil(wanted / intervals)
    stages = 1 if order == 2 else 3  # noqa: PLR2004 - leapfrog's
    most = min(request.max_steps, system.most // stages - 1)
    if 4 * first > most:
        raise InvalidRequest(
            f"{most} steps do not resolve {request.duration:g} s of this motion: the closest pair takes {first}.",
            field="duration",
            value=request.duration,
            remedy=f"Give less than {request.duration * most / (4 * first):.3g} s, fewer points, or more steps.",
        )
    parts = (1.0,) if order == 2 else YOSHIDA  # noqa: PLR2004 - as above

    def solve(halvings: int) -> Run:
        system.calls = 0
        return stepped(system, request.duration, first * 2**halvings, intervals, parts, course)

    refined = refine(solve, _gap, order=order, most=most, tolerance=tolerance, rounding=ROUNDING * size, course=course)
    return refined.solution, refined.error, refined.observed_order


def _shortest(system: System) -> float:
    """The shortest time in which two bodies go round or meet, as they are at the start."""
    n = len(system.mass)
    shortest = math.inf
    for i in range(n):
        apart = np.linalg.norm(system.place - system.place[i], axis=1)
        fast = np.linalg.norm(system.velocity - system.velocity[i], axis=1)
        for j in range(n):
            if i == j:
                continue
            far = math.hypot(float(apart[j]), system.softening)
            pair = float(system.gravity * (system.mass[i] + system.mass[j]))
            if pair > 0:
                shortest = min(shortest, math.tau * math.sqrt(far**3 / pair))
            if fast[j] > 0:
                shortest = min(shortest, math.tau * far / float(fast[j]))
    return shortest


def stepped(  # noqa: PLR0913, PLR0917 - what a grid is
    system: System, duration: float, steps: int, intervals: int, parts: tuple[float, ...], course: Course
) -> Run:
    """Kick, drift, kick, for each part of a step."""
    h, every = duration / steps, steps // intervals
    place, velocity = system.place.copy(), system.velocity.copy()
    pull = system.pull(place)
    places, velocities = [place.copy()], [velocity.copy()]
    approach = Approach(place, velocity)
    for step in course.over(steps):
        for part in parts:
            velocity += part * h / 2 * pull
            place += part * h * velocity
            pull = system.pull(place)
            velocity += part * h / 2 * pull
        approach.look((step + 1) * h, place, velocity)
        if (step + 1) % every == 0:
            places.append(place.copy())
            velocities.append(velocity.copy())
    return Run(steps=steps, place=np.array(places), velocity=np.array(velocities), approach=approach)


def _told(  # noqa: PLR0913, PLR0917 - what is known of the motion
    request: BodiesRequest,
    system: System,
    run: Run,
    times: Array,
    error: float,
    observed: float | None,
    tolerance: float,
) -> BodiesMotion:
    kept = _kept(system, run)
    energy = kept[0]
    method, order, source = METHODS[request.method]
    first, second, closest, distance = run.approach.closest()
    notes = ["Points under Newton's law: no size, no tides, no relativity."]
    touch = run.approach.touching(system.radius)
    if touch is not None:
        notes.append(
            f"{system.names[touch[0]]} and {system.names[touch[1]]} touch at about {touch[2]:.6g} s: from there on "
            "these points pass through each other."
        )
    if request.softening:
        notes.append(f"The attraction is weakened below {request.softening:g} m, which is not Newton's law.")
    return BodiesMotion(
        duration=request.duration,
        closest_distance=distance,
        closest_time=closest,
        closest_pair=f"{system.names[first]} and {system.names[second]}",
        energy=energy.start,
        energy_drift=energy.drift / abs(energy.start) if energy.start else 0.0,
        time=times.tolist(),
        paths=[
            BodyPath(
                name=name,
                x=run.place[:, i, 0].tolist(),
                y=run.place[:, i, 1].tolist(),
                z=run.place[:, i, 2].tolist() if run.place.shape[2] > 2 else [],  # noqa: PLR2004 - a plane has none
            )
            for i, name in enumerate(system.names)
        ],
        receipt=Receipt(
            method=method,
            order=order,
            observed_order=observed,
            steps=run.steps,
            error_of="position of any body, at the times of the answer",
            error_asked=tolerance,
            error_reached=error,
            unit="m",
            estimate="a solution with a hundred times the tolerance" if request.method == "dop853" else "step halving",
            met=error <= tolerance,
            conserved=kept,
            cost=Cost(evaluations=system.calls, of="evaluations of all forces", unknowns=2 * system.place.size),
            source=source,
            checks=[],
            notes=notes,
        ),
    )


def _kept(system: System, run: Run) -> list[Conserved]:
    pairs = list(zip(run.place, run.velocity, strict=True))
    energies = [system.energy(*one) for one in pairs]
    momenta = np.array([system.momentum(velocity) for _, velocity in pairs])
    spins = np.array([system.spin(*one) for one in pairs])
    told = [
        Conserved(name="energy", start=energies[0], drift=max(abs(one - energies[0]) for one in energies), unit="J")
    ]
    for name, values, unit in (("momentum", momenta, "kg·m/s"), ("angular momentum", spins, "kg·m²/s")):
        told.append(
            Conserved(
                name=name,
                start=float(np.linalg.norm(values[0])),
                drift=float(np.max(np.linalg.norm(values - values[0], axis=1))),
                unit=unit,
            )
        )
    return told
