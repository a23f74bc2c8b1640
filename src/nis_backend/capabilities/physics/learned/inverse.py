"""A coefficient from measurements: learned with the field, and beside it by least squares on the classical one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned.equations import COEFFICIENT, Learned
from nis_backend.capabilities.physics.learned.marching import Diary, Stretch, note, plan_for, shape_for, waves_of
from nis_backend.capabilities.physics.learned.network import torch
from nis_backend.capabilities.physics.learned.training import Seen, Trained, train
from nis_backend.capabilities.physics.learned.window import Window
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.problem import Problem

    Array = NDArray[np.float64]

TRIAL = 15
"""Steps from each first guess before the best one goes on."""
TELLING = 1e-9
"""Of the start's size: what no coefficient changes less than is told by no sample."""
FARTHEST = 1e3
"""Sizes of the start that a sample may be; what is learned here grows little."""
GUESSES = (0.0, -1.2, 1.2)
"""Logarithms of the factors on the first guess."""
CERTAIN = 1.96
"""Standard errors of a 95 % interval of a normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A scaled coefficient and its standard error; `noise` is the samples' scatter, scaled."""

    value: float
    standard_error: float
    noise: float


def learn(problem: Problem, diary: Diary) -> tuple[Stretch, Fitted]:
    """Learn the field and its coefficient at once, from several first guesses."""
    x, t, values = sampled(problem)
    first = _first(problem)
    waves = waves_of(problem, problem.bending)
    window = Window(
        equation=problem.equation,
        shape=shape_for(problem.request, waves),
        start=problem.start,
        rate=problem.rate,
        coefficient=first,
        carried=problem.carried,
        pace=1.0,
        waves=waves,
    )
    seen = Seen(places=window.places(x, t), values=torch.from_numpy(np.ascontiguousarray(values)))
    adaptive = problem.equation is Learned.BURGERS
    plan = plan_for(problem.request, window.shape, adaptive=adaptive)
    short = replace(plan, epochs=min(TRIAL, plan.epochs), adaptive=False, enough=0.0)
    most = plan.epochs + len(GUESSES) * short.epochs
    trials: list[tuple[float, float]] = []
    for number, guess in enumerate(GUESSES):
        done = number * short.epochs / most
        part = (done, short.epochs / most)
        tried = train(
            window, short, lambda one, part=part: note(diary, one, short.epochs, part, _unseen), seen=seen, guess=guess
        )
        trials.append((tried.loss, guess))
    part = (len(GUESSES) * short.epochs / most, plan.epochs / most)
    # Training ends when nothing more is gained: the scatter of the samples is a part of the loss that stays.
    whole = replace(plan, enough=0.0)
    trained = train(
        window, whole, lambda one: note(diary, one, plan.epochs, part, _unseen), seen=seen, guess=min(trials)[1]
    )
    fitted = _judged(window, trained, len(values))
    known = replace(window, coefficient=fitted.value)
    return Stretch(begins=0.0, lasts=1.0, size=1.0, window=known, trained=trained), fitted


def _unseen(_parameters: Array) -> float:
    """The true error is not known while the coefficient is not: the loss alone is told."""
    return math.nan


def _judged(window: Window, trained: Trained, count: int) -> Fitted:
    """The coefficient and its standard error, by Gauss's and Newton's matrix at the end of the way down."""
    descent, misses = trained.descent, trained.misses
    matrix, _ = descent.curvature()
    gaps = misses.residuals(descent.parameters)[len(misses.points) :] / misses.balance
    noise = math.sqrt(float(np.sum(gaps**2)) / max(1, count - 1))
    # What the network could do without changing any residual has a curvature of rounding: it is not let run away.
    matrix[np.diag_indices_from(matrix)] += 1e-12 * float(np.trace(matrix)) / len(matrix)
    last = np.zeros(len(matrix))
    last[-1] = 1.0
    turned = torch.linalg.solve(torch.from_numpy(matrix), torch.from_numpy(last))
    relative = noise * misses.balance * math.sqrt(max(0.0, float(turned[-1])))
    value = window.coefficient * misses.split(descent.parameters)[1]
    return Fitted(value=value, standard_error=value * relative, noise=noise)


def _first(problem: Problem) -> float:
    """A first guess: heat that decays by e in the time, a wave that turns by π, a shock of a hundredth."""
    match problem.equation:
        case Learned.HEAT:
            return 1 / problem.bending
        case Learned.WAVE:
            return math.pi**2 / problem.bending
        case Learned.BURGERS:
            return problem.carried / 100


def sampled(problem: Problem) -> tuple[Array, Array, Array]:
    """The samples, scaled."""
    samples, request = problem.request.samples, problem.request
    assert samples is not None
    x = (np.array(samples.position) - request.start) / request.length
    return x, np.array(samples.time) / request.duration, problem.hidden(np.array(samples.value), x)


def fit(problem: Problem) -> Fitted:
    """The coefficient by least squares on the classical solution: a search over its powers, then Gauss and Newton.

    Raises:
        InvalidRequest: the samples say nothing about the coefficient.
    """
    x, t, values = sampled(problem)

    def gaps(power: float) -> Array:
        return problem.exact(first * math.exp(power), x, t) - values

    first = _first(problem)
    least = -4.0 if problem.equation is not Learned.BURGERS else -2.5
    powers = np.linspace(least, 4.0, 40)
    tried = np.array([gaps(float(one)) for one in powers])
    _check_telling(problem, values, tried)
    power = float(powers[int(np.argmin(np.sum(tried**2, axis=1)))])
    slope = np.zeros(len(values))
    for _ in range(30):
        now = gaps(power)
        slope = (gaps(power + 1e-5) - gaps(power - 1e-5)) / 2e-5
        change = -float(slope @ now) / max(float(slope @ slope), 1e-300)
        change = max(-0.2, min(0.2, change))
        power += change
        if abs(change) < 1e-10:  # noqa: PLR2004 - of a logarithm: ten digits
            break
    noise = math.sqrt(float(np.sum(gaps(power) ** 2)) / max(1, len(values) - 1))
    value = first * math.exp(power)
    error = value * noise / math.sqrt(max(float(slope @ slope), 1e-300))
    return Fitted(value=value, standard_error=error, noise=noise)


def _check_telling(problem: Problem, values: Array, tried: Array) -> None:
    """Refuse samples that no solution comes near, or that any coefficient tells alike; `tried` are gaps, by powers."""
    farthest = int(np.argmax(np.abs(values)))
    samples = problem.request.samples
    assert samples is not None
    if not abs(values[farthest]) <= FARTHEST:
        raise InvalidRequest(
            f"A sample is {abs(values[farthest]):.3g} times as large as the start.",
            field="samples.value",
            value=samples.value[farthest],
            remedy="Give values in the unit of the start.",
        )
    if float(np.max(np.ptp(tried, axis=0))) <= TELLING:
        name = COEFFICIENT[problem.equation]
        raise InvalidRequest(
            f"The samples would be the same whatever the {name} is.",
            field="samples",
            remedy="Give samples between the ends, after the start, and not only where the solution stays as it is.",
        )
