"""Mass-action kinetics: stiff as a rule, so always with the implicit method and its exact Jacobian."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.dynamics.kinetics import Concentrations, ReactionProgress, ReactionsRequest
from nis_backend.capabilities.physics.dynamics.march import Problem, evenly, march, receipt_of
from nis_backend.capabilities.physics.dynamics.network import Network, read_network, say_total
from nis_backend.capabilities.physics.dynamics.radau import Radau
from nis_backend.capabilities.physics.dynamics.second import by_lsoda
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.compiled import compile_trees
from nis_backend.numerics.receipt import Conserved
from nis_backend.numerics.refinement import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.dynamics.march import Path
    from nis_backend.capabilities.physics.dynamics.schemes import State

    Array = NDArray[np.float64]

FAINT = 1e-9
"""Part of a species' largest concentration below which its error is not held against its own size."""


def react(request: ReactionsRequest, tell: Callable[[float, str], None] = silent) -> ReactionProgress:
    """The course of the reactions; `tell` hears how far it is."""
    network = read_network(request.reactions)
    start = _start(network, request)
    size = len(start)
    function = compile_trees(network.rates(), network.species, {})
    slopes = compile_trees(network.slopes(), network.species, {})

    def rate(_t: float, y: State) -> State:
        return function(*y)

    def jacobian(_t: float, y: State) -> Array:
        return np.array(slopes(*y)).reshape(size, size)

    problem = Problem(
        scheme=Radau(rate, jacobian),
        start=start,
        outputs=_times(request),
        tolerance=request.tolerance,
        max_steps=max(256, min(request.max_steps, 200_000 // size)),
        names=network.species,
        pointwise=FAINT,
        state_unit="mol/L",
    )
    marched = march(problem, tell)
    times, states = marched.at_outputs()
    end = states[-1]
    changes = [abs(r) / abs(y) for r, y in zip(rate(0, end), end, strict=True) if y]
    totals = network.totals()
    return ReactionProgress(
        final=dict(zip(network.species, end, strict=True)),
        changing=max(changes, default=0.0),
        stiffness=_stiffness(jacobian(0, end), len(totals)),
        conserved_totals=[say_total(one) for one in totals],
        trajectory=Concentrations(
            time=times, species={name: [y[i] for y in states] for i, name in enumerate(network.species)}
        ),
        receipt=receipt_of(
            marched,
            problem,
            error_of="any concentration at any time, relative to itself, or to 1e-9 of its largest",
            checks=by_lsoda(problem, marched, rate),
            conserved=[_kept(network, one, marched.path) for one in range(len(totals))],
        ),
    )


def _start(network: Network, request: ReactionsRequest) -> State:
    unknown = [name for name in request.initial if name not in network.species]
    if unknown:
        raise InvalidRequest(
            f"{unknown[0]} is in no reaction.",
            field=f"initial.{unknown[0]}",
            value=request.initial[unknown[0]],
            remedy=f"Give concentrations of {', '.join(network.species)}.",
        )
    negative = [name for name, value in request.initial.items() if value < 0]
    if negative:
        raise InvalidRequest(
            f"The concentration of {negative[0]} is {request.initial[negative[0]]:g} mol/L.",
            field=f"initial.{negative[0]}",
            value=request.initial[negative[0]],
            remedy="Give 0 or more.",
        )
    return tuple(request.initial.get(name, 0.0) for name in network.species)


def _times(request: ReactionsRequest) -> list[float]:
    if request.spacing == "linear":
        return evenly(0, request.duration, request.points)
    first = request.first or 1e-6 * request.duration
    if first >= request.duration:
        raise InvalidRequest(
            f"The second time, {first:g} s, is not before the end, {request.duration:g} s.",
            field="first",
            value=first,
            remedy="Give a time before the end.",
        )
    many = request.points - 1
    growth = math.log(request.duration / first)
    later = [first * math.exp(growth * i / max(1, many - 1)) for i in range(many - 1)]
    return [0.0, *later, request.duration]


def _kept(network: Network, number: int, path: Path) -> Conserved:
    total = network.totals()[number]
    weights = [float(total.get(name, 0)) for name in network.species]

    def value(y: State) -> float:
        return math.fsum(w * c for w, c in zip(weights, y, strict=True))

    start = value(path.states[0])
    drift = max(abs(value(y) - start) for y in path.states)
    return Conserved(name=say_total(total), start=start, drift=drift, unit="mol/L")


def _stiffness(slope: Array, conserved: int) -> float | None:
    """Without the eigenvalues of what is conserved, which are zero."""
    rates = np.sort(np.abs(np.linalg.eigvals(slope)))[conserved:]
    return float(rates[-1] / rates[0]) if len(rates) and rates[0] > 1e-13 * rates[-1] else None
