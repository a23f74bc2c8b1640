"""A network that learns an equation, beside the classical answer and with its own true error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned import inverse
from nis_backend.capabilities.physics.learned.equations import (
    COEFFICIENT,
    COEFFICIENT_UNIT,
    Field2D,
    Found,
    Learned,
    LearnedField,
    Lessons,
)
from nis_backend.capabilities.physics.learned.marching import Diary, Stretch, march
from nis_backend.capabilities.physics.learned.network import torch
from nis_backend.capabilities.physics.learned.problem import CLASSICAL, Problem, pose
from nis_backend.capabilities.physics.learned.training import Points
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.equations import PinnRequest
    from nis_backend.capabilities.physics.learned.marching import Tell

    Array = NDArray[np.float64]

METHOD = "physics-informed network with exact start and ends, Levenberg-Marquardt"
SOURCE = (
    "Raissi, Perdikaris & Karniadakis, J. Comput. Phys. 378 (2019), 686-707; exact ends: Lagaris, Likas & Fotiadis, "
    "IEEE Trans. Neural Networks 9 (1998), 987-1000; Marquardt, SIAM J. Appl. Math. 11 (1963), 431-441"
)
SHOWN, MOMENTS = 41, 41
"""Places and times of the field that is answered."""
FINER = {Learned.HEAT: 3, Learned.WAVE: 3, Learned.BURGERS: 5}
"""How many places the error is measured at for each that is shown: a shock is thin."""
MOST_LESSONS = 500
PLAINLY = (
    "The classical solver is faster and more exact by orders of magnitude, here as for any equation in one dimension. "
    "A network is for what classical solvers find hard: coefficients from measurements, many dimensions, no grid."
)


def solve(request: PinnRequest, tell: Tell) -> LearnedField:
    """What was asked; `tell` hears how far it is, and the loss."""
    # Sums of many threads are not the same from one time to the next.
    torch.set_num_threads(1)
    problem = pose(request)
    diary = Diary(tell=tell, epochs=[], losses=[], errors=[])
    given = request.coefficient
    if given is not None:
        coefficient = problem.scaled(given)
        stretches, found, classical = march(problem, coefficient, diary), None, None
    else:
        # The classical one first: it costs little, and knows what cannot be found.
        classical = inverse.fit(problem)
        stretch, found = inverse.learn(problem, diary)
        stretches, coefficient = [stretch], found.value
    return _written(problem, stretches, coefficient, diary, (found, classical))


def _written(
    problem: Problem,
    stretches: list[Stretch],
    coefficient: float,
    diary: Diary,
    fits: tuple[inverse.Fitted | None, inverse.Fitted | None],
) -> LearnedField:
    request, finer = problem.request, FINER[problem.equation]
    x, t = np.linspace(0, 1, finer * (SHOWN - 1) + 1), np.linspace(0, 1, MOMENTS)
    places, times = (one.ravel() for one in np.meshgrid(x, t))
    network = _at(stretches, places, times)
    exact = problem.exact(coefficient, places, times)
    error = float(np.linalg.norm(network - exact) / np.linalg.norm(exact))
    shown, known = (problem.shown(one, places).reshape(len(t), len(x)) for one in (network, exact))
    value = problem.unscaled(coefficient)
    found = _found(problem, *fits)
    quarter = (len(x) - 1) // 4
    checks = [
        compare(
            f"a quarter of the way at the end, {CLASSICAL[problem.equation]}",
            float(shown[-1, quarter]),
            float(known[-1, quarter]),
            "",
            # At one place, a few times the root mean square of what may be wrong everywhere.
            allowed=4 * request.tolerance * problem.size * float(np.sqrt(np.mean(exact**2))),
        )
    ]
    shapes = [one.window.shape for one in stretches]
    return LearnedField(
        equation=problem.equation,
        **{name: value if name == COEFFICIENT[problem.equation] else None for name in COEFFICIENT.values()},
        found=found,
        middle=float(shown[-1, len(x) // 2]),
        error=error,
        loss=stretches[-1].trained.loss,
        parameters=sum(one.parameters for one in shapes),
        points=len(stretches[0].trained.misses.points),
        epochs=sum(one.trained.epochs for one in stretches),
        windows=len(stretches),
        classical_method=CLASSICAL[problem.equation],
        solution=Field2D(
            position=(request.start + request.length * x[::finer]).tolist(),
            time=(request.duration * t).tolist(),
            network=shown[:, ::finer].tolist(),
            classical=known[:, ::finer].tolist(),
        ),
        lessons=_lessons(diary),
        receipt=_receipt(problem, stretches, error, found, checks),
    )


def _at(stretches: list[Stretch], x: Array, t: Array) -> Array:
    """The solution by the networks, each in its own stretch."""
    found = np.empty_like(x)
    for number, stretch in enumerate(stretches):
        last = number == len(stretches) - 1
        here = (t >= stretch.begins) & ((t < stretch.begins + stretch.lasts) | last)
        if np.any(here):
            found[here] = stretch.values(x[here], t[here])
    return found


def _lessons(diary: Diary) -> Lessons:
    """The course of the training, of a long one every second step or every third."""
    every = math.ceil(len(diary.epochs) / MOST_LESSONS) or 1
    errors = [None if one is None or math.isnan(one) else one for one in diary.errors]
    kept = [
        place
        for place in range(len(diary.epochs))
        if place % every == 0 or errors[place] is not None or place == len(diary.epochs) - 1
    ][: 2 * MOST_LESSONS]
    return Lessons(
        epoch=[float(diary.epochs[place]) for place in kept],
        loss=[diary.losses[place] for place in kept],
        error=[errors[place] for place in kept],
    )


def _found(problem: Problem, found: inverse.Fitted | None, classical: inverse.Fitted | None) -> Found | None:
    if found is None or classical is None:
        return None
    # A speed is the root of what the scaled equation has.
    power = 0.5 if problem.equation is Learned.WAVE else 1.0
    value, known = problem.unscaled(found.value), problem.unscaled(classical.value)
    # What training has left undone is in no curvature: the classical answer to the same samples knows it.
    error = math.hypot(value * power * found.standard_error / found.value, value - known)
    return Found(
        name=COEFFICIENT[problem.equation],
        value=value,
        standard_error=error,
        low=max(0.0, value - inverse.CERTAIN * error),
        high=value + inverse.CERTAIN * error,
        unit=COEFFICIENT_UNIT[problem.equation],
        classical=known,
        classical_standard_error=known * power * classical.standard_error / classical.value,
        noise=found.noise * problem.size,
    )


def _receipt(
    problem: Problem, stretches: list[Stretch], error: float, found: Found | None, checks: list[Check]
) -> Receipt:
    last = stretches[-1]
    # Points that no training has seen.
    places = last.window.places(*Points(problem.request.seed + 1).draw(1000))
    parameters = last.trained.descent.parameters
    missed = float(np.max(np.abs(last.trained.misses.missed(parameters, places))))
    asked = problem.request.tolerance
    notes = [PLAINLY]
    if found is not None:
        reached = abs(found.value - found.classical) / found.classical
        error_of = f"{found.name} found, relative, against least squares on the classical solution of the same samples"
        estimate = "the classical answer: least squares on it"
        checks = [
            compare(
                f"{found.name}, least squares on the classical solution",
                found.value,
                found.classical,
                found.unit,
                allowed=max(asked * found.classical, 2 * found.classical_standard_error),
            ),
            *checks,
        ]
        notes.append(f"With the coefficient found, the field's true relative L2 error is {error:.2g}.")
    else:
        reached = error
        error_of = "field over all places and times, relative L2, against the classical answer"
        estimate = f"the classical answer: {CLASSICAL[problem.equation]}"
    if any(one.trained.descent.stalled for one in stretches):
        notes.append("The optimiser found no way further down before the epochs were over.")
    return Receipt(
        method=METHOD,
        order=None,
        observed_order=None,
        steps=sum(one.trained.epochs for one in stretches),
        error_of=error_of,
        error_asked=asked,
        error_reached=reached,
        unit="",
        estimate=estimate,
        met=reached <= asked,
        residual=missed,
        residual_of="the network in the equation, at 1000 points it was not trained on, by what the start alone misses",
        cost=Cost(
            evaluations=sum(one.trained.evaluations * len(one.trained.misses.points) for one in stretches),
            of="residuals of the equation",
            unknowns=max(one.window.shape.parameters for one in stretches),
        ),
        source=SOURCE,
        checks=checks,
        notes=notes,
    )
