"""Epidemics by compartments: susceptible, exposed, infectious, recovered."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.physics.dynamics.events import Watched, find
from nis_backend.capabilities.physics.dynamics.kinetics import Compartments, EpidemicCourse, EpidemicRequest
from nis_backend.capabilities.physics.dynamics.march import Problem, StiffError, evenly, march, receipt_of
from nis_backend.capabilities.physics.dynamics.schemes import Explicit
from nis_backend.capabilities.physics.dynamics.second import by_fourth, by_lsoda
from nis_backend.numerics.receipt import Conserved
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.dynamics.march import Marched
    from nis_backend.capabilities.physics.dynamics.schemes import Rate, State
    from nis_backend.numerics.receipt import Check

MOST_WAVES = 1000
"""Waves that are looked at."""
SUSCEPTIBLE, EXPOSED, INFECTIOUS, RECOVERED = range(4)


def rate(request: EpidemicRequest) -> Rate:
    """Kermack and McKendrick's equations, with a latent stage and with immunity that is lost, where there are."""
    recovery = 1 / request.infectious_time
    contact = request.reproduction_number * recovery / request.population
    onset = 1 / request.latent_time if request.latent_time else 0.0
    loss = 1 / request.immune_time if request.immune_time else 0.0

    def f(_t: float, y: State) -> State:
        s, e, i, r = y
        new, healed, lost = contact * s * i, recovery * i, loss * r
        if onset:
            return lost - new, new - onset * e, onset * e - healed, healed - lost
        return lost - new, 0.0, new - healed, healed - lost

    return f


def left_over(request: EpidemicRequest) -> float:
    """The share of all who are never infected, from ln(s/s0) = -R0·(s0 + i0 - s), by Newton's method."""
    s0 = (request.population - request.infected - request.immune) / request.population
    reached, number = s0 + request.infected / request.population, request.reproduction_number
    if s0 <= 0:
        return 0.0
    # Of the two roots, the one below 1/R0; from beneath it Newton's steps only rise.
    s = s0 * math.exp(-number * reached)
    for _ in range(200):
        miss = math.log(s / s0) + number * (reached - s)
        following = s - miss / (1 / s - number)
        if not s < following < reached:
            break
        s = following
    return s


def spread(request: EpidemicRequest, tell: Callable[[float, str], None] = silent) -> EpidemicCourse:
    """The course of the infection; `tell` hears how far it is."""
    f = rate(request)
    people, number = request.population, request.reproduction_number
    start = (people - request.infected - request.immune, 0.0, request.infected, request.immune)
    problem = Problem(
        scheme=Explicit(f),
        start=start,
        outputs=evenly(0, request.duration, request.points),
        tolerance=request.tolerance,
        max_steps=request.max_steps,
        names=("susceptible", "exposed", "infectious", "recovered"),
        scales=(people,) * 4,
        own=True,
        unit="days",
        state_unit="people",
    )
    checks: list[Check]
    try:
        marched = march(problem, tell)
        checks = by_fourth(problem, marched, f)
    except StiffError:
        from nis_backend.capabilities.physics.dynamics.radau import Radau  # noqa: PLC0415 - numpy, where it is needed

        problem = replace(problem, scheme=Radau(f), max_steps=min(32_768, request.max_steps))
        marched = march(problem, tell)
        checks = by_lsoda(problem, marched, f)
    times, states = marched.at_outputs()
    end = states[-1]
    peak = _peak(f, problem, marched)
    closed = request.immune_time is None
    share = (people - request.immune) / people - left_over(request) if closed else None
    if closed:
        checks += _by_sizes(request, end, marched.refined.error)
    return EpidemicCourse(
        model=_model(request),
        peak_time=peak[0] if peak else None,
        peak_infectious=peak[1][INFECTIOUS] if peak else max(y[INFECTIOUS] for y in states),
        herd_threshold=max(0.0, 1 - 1 / number),
        final_share=share,
        infected_share=(people - request.immune - end[SUSCEPTIBLE]) / people if closed else None,
        endemic_infectious=_endemic(request),
        doubling_time=_doubling(request),
        trajectory=Compartments(
            time=times,
            susceptible=[y[SUSCEPTIBLE] for y in states],
            exposed=[y[EXPOSED] for y in states],
            infectious=[y[INFECTIOUS] for y in states],
            recovered=[y[RECOVERED] for y in states],
        ),
        receipt=receipt_of(
            marched,
            problem,
            error_of="people in any state at any time, as a share of all",
            checks=checks,
            conserved=_kept(request, marched),
        ),
    )


def _peak(f: Rate, problem: Problem, marched: Marched) -> tuple[float, State] | None:
    """When most are infectious: the highest of the times at which they stop to grow, of waves the first as a rule."""
    watched = Watched(name="peak", value=lambda t, y: f(t, y)[INFECTIOUS], direction="falling", terminal=False)
    waves = islice(find(problem.scheme, marched.path, [watched]), MOST_WAVES)
    found = max(waves, key=lambda one: one.state[INFECTIOUS], default=None)
    if found is None:
        return None
    return (found.time, found.state) if found.state[INFECTIOUS] > problem.start[INFECTIOUS] else (0.0, problem.start)


def _model(request: EpidemicRequest) -> Literal["SIR", "SEIR", "SIRS", "SEIRS"]:
    if request.immune_time is None:
        return "SEIR" if request.latent_time else "SIR"
    return "SEIRS" if request.latent_time else "SIRS"


def _endemic(request: EpidemicRequest) -> float | None:
    if request.immune_time is None or request.reproduction_number <= 1:
        return None
    # All stages together are what is not susceptible, each in proportion to its time.
    stages = request.infectious_time + request.latent_time + request.immune_time
    return request.population * (1 - 1 / request.reproduction_number) * request.infectious_time / stages


def _doubling(request: EpidemicRequest) -> float | None:
    """By the growth of the linear equations at the start: λ² + (σ + γ)λ = σγ(R0·s - 1), or γ(R0·s - 1)."""
    share = (request.population - request.infected - request.immune) / request.population
    gamma = 1 / request.infectious_time
    excess = gamma * (request.reproduction_number * share - 1)
    if excess <= 0:
        return None
    if not request.latent_time:
        return math.log(2) / excess
    sigma = 1 / request.latent_time
    half = (sigma + gamma) / 2
    return math.log(2) * (half + math.sqrt(half * half + sigma * excess)) / (sigma * excess)


def _kept(request: EpidemicRequest, marched: Marched) -> list[Conserved]:
    people = request.population
    drift = max(abs(math.fsum(y) - people) for y in marched.path.states)
    kept = [Conserved(name="population", start=people, drift=drift, unit="people")]
    if request.immune_time is None and marched.path.states[0][SUSCEPTIBLE] > 0:

        def value(y: State) -> float:
            return (
                y[SUSCEPTIBLE]
                + y[EXPOSED]
                + y[INFECTIOUS]
                - people / request.reproduction_number * math.log(y[SUSCEPTIBLE] / people)
            ) / people

        first = value(marched.path.states[0])
        drift = max(abs(value(y) - first) for y in marched.path.states if y[SUSCEPTIBLE] > 0)
        kept.append(Conserved(name="s + e + i - ln(s)/R0, as shares", start=first, drift=drift, unit=""))
    return kept


def _by_sizes(request: EpidemicRequest, end: State, error: float) -> list[Check]:
    """Once it is over, those left over are what the equation of the final size says."""
    people = request.population
    still = (end[EXPOSED] + end[INFECTIOUS]) / people
    # Near the threshold few are infectious at any time, and it goes on for long.
    falling = 1 - request.reproduction_number * end[SUSCEPTIBLE] / people
    if still > 1e-4 * max(0.0, falling) ** 2:
        return []
    # Whoever is still infectious infects fewer than R0/(1 - R0·s) more, each.
    left = left_over(request)
    allowed = 4 * error + still * (1 + request.reproduction_number / max(1e-3, 1 - request.reproduction_number * left))
    name = "share never infected, equation of the final size"
    return [compare(name, end[SUSCEPTIBLE] / people, left, "", allowed=allowed + 1e-12)]
