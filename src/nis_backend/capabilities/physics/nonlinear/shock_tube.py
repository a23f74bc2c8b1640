"""A shock tube, computed on finer and finer grids and held against the exact solution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import gas, riemann
from nis_backend.capabilities.physics.nonlinear.riemann import Gas, Star
from nis_backend.capabilities.physics.nonlinear.tube import GasProfile, ShockTubeRequest, ShockTubeSolution
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.gas import Run
    from nis_backend.capabilities.physics.nonlinear.spectral import Array
    from nis_backend.numerics.receipt import Check

SHOWN = 400
"""Most cells of the profiles that are answered."""
CROSSINGS = 4
"""Lengths of the tube that the fastest wave may have run."""
ENDMOST = 2
"""Cells of the coarsest grid that each state fills at least."""
FINER = 8
"""Places in a cell over which the exact solution is averaged."""


def states(request: ShockTubeRequest) -> tuple[Gas, Gas]:
    """Left and right of the membrane."""
    return (
        Gas(
            density=request.left_density,
            velocity=request.left_velocity,
            pressure=request.left_pressure,
            gamma=request.heat_ratio,
        ),
        Gas(
            density=request.right_density,
            velocity=request.right_velocity,
            pressure=request.right_pressure,
            gamma=request.heat_ratio,
        ),
    )


def burst(request: ShockTubeRequest, tell: Callable[[float, str], None] = silent) -> ShockTubeSolution:
    """The tube that was asked for; `tell` hears how far it is."""
    star = riemann.meet(*states(request))
    _require_inside(request, star)
    size = max(request.left_density, request.right_density)
    errors: list[float] = []
    cells = request.cells // 2

    def heard(part: float) -> None:
        tell(0.9 * part, f"Grid of {cells} cells")

    while True:
        last = bool(errors)
        run = _computed(request, cells, heard)
        exact = exact_averages(request, star, cells)
        apart: Array = run.conserved[0] - exact[0]
        errors.append(float(np.mean(np.abs(apart))))
        if last and (errors[-1] <= request.tolerance * size or 2 * cells > request.max_cells):
            break
        cells *= 2
    return _answer(request, star, run, exact, errors)


def _require_inside(request: ShockTubeRequest, star: Star) -> None:
    """Refuse a membrane at an end, and times at which the waves have long left the tube: nothing would be seen."""
    nearest = 2 * ENDMOST / request.cells
    if not nearest <= request.membrane <= 1 - nearest:
        raise InvalidRequest(
            "The membrane is too near to an end: one of the two states is in no cell.",
            field="membrane",
            value=request.membrane,
            remedy=f"Put it between {nearest:g} and {1 - nearest:g}, or give more cells.",
        )
    fastest = max(abs(one.velocity) + one.sound for one in (star.left, star.right))
    fastest = max(fastest, abs(star.front(star.left)), abs(star.front(star.right)))
    longest = CROSSINGS * request.length / fastest
    if request.duration > longest:
        raise InvalidRequest(
            f"After {request.duration:g} s the waves, at up to {fastest:.3g} m/s, have long left a tube of "
            f"{request.length:g} m.",
            field="duration",
            value=request.duration,
            remedy=f"Give at most {longest:.3g} s, or a longer tube.",
        )


def start(request: ShockTubeRequest, cells: int) -> Array:
    """Averages at the start, `(3, cells)`; the membrane's own cell holds both states in part."""
    left, right = states(request)
    q = [gas.conserved(np.array([[one.density], [one.velocity], [one.pressure]]), one.gamma) for one in (left, right)]
    part = np.clip(request.membrane * cells - np.arange(cells), 0.0, 1.0)
    return q[0] * part + q[1] * (1 - part)


def _computed(request: ShockTubeRequest, cells: int, heard: Callable[[float], None]) -> Run:
    return gas.advance(
        start(request, cells), request.heat_ratio, request.length, request.duration, request.limiter, heard=heard
    )


def exact_averages(request: ShockTubeRequest, star: Star, cells: int) -> Array:
    """The exact density, velocity and pressure, each averaged over `FINER` places of a cell."""
    x = (np.arange(cells * FINER) + 0.5) / (cells * FINER) * request.length
    found = riemann.sample(star, (x - request.membrane * request.length) / request.duration)
    return np.array(found).reshape(3, cells, FINER).mean(axis=2)


def _answer(request: ShockTubeRequest, star: Star, run: Run, exact: Array, errors: list[float]) -> ShockTubeSolution:
    computed = gas.primitive(run.conserved, request.heat_ratio)
    cells = int(computed.shape[1])
    error = np.mean(np.abs(computed - exact), axis=1)
    every = math.ceil(cells / SHOWN)
    middles: Array = (np.arange(cells) + 0.5) / cells * request.length
    seen, truth = computed[:, ::every], exact[:, ::every]
    return ShockTubeSolution(
        star_pressure=star.pressure,
        star_velocity=None if star.vacuum else star.velocity,
        left_wave="shock" if star.pressure > star.left.pressure else "rarefaction",
        right_wave="shock" if star.pressure > star.right.pressure else "rarefaction",
        left_star_density=0.0 if star.vacuum else star.density(star.left),
        right_star_density=0.0 if star.vacuum else star.density(star.right),
        left_speed=star.front(star.left),
        right_speed=star.front(star.right),
        vacuum=star.vacuum,
        density_error=float(error[0]),
        velocity_error=float(error[1]),
        pressure_error=float(error[2]),
        profile=GasProfile(
            position=middles[::every].tolist(),
            density=seen[0].tolist(),
            velocity=seen[1].tolist(),
            pressure=seen[2].tolist(),
            exact_density=truth[0].tolist(),
            exact_velocity=truth[1].tolist(),
            exact_pressure=truth[2].tolist(),
        ),
        cells=cells,
        receipt=_receipt(request, star, run, errors),
    )


def _receipt(request: ShockTubeRequest, star: Star, run: Run, errors: list[float]) -> Receipt:
    cells = run.conserved.shape[1]
    asked = request.tolerance * max(request.left_density, request.right_density)
    observed = math.log2(errors[-2] / errors[-1]) if min(errors) > 0 else None
    notes = [
        "The error is the true one, by the exact Riemann solution.",
        "Second order holds where the gas is smooth; where it jumps, the mean error falls by about the first power.",
        f"An error of {asked:.3g} kg/m³ was asked for, {request.tolerance:g} of the larger density.",
    ]
    if star.vacuum:
        notes.append("A void opens: its velocity is that of the rays, which no gas has.")
    return Receipt(
        method=f"{gas.METHOD}, {request.limiter.value} limiter",
        order=gas.ORDER,
        observed_order=observed,
        steps=run.steps,
        error_of=f"density, mean over {cells} cells",
        error_asked=asked,
        error_reached=errors[-1],
        unit="kg/m³",
        estimate="the exact Riemann solution",
        met=errors[-1] <= asked,
        conserved=_balances(request, run),
        cost=Cost(evaluations=2 * run.steps, of="sweeps over all faces", unknowns=3 * cells),
        source=gas.SOURCE,
        checks=_check(request, star, run),
        notes=notes,
    )


def _balances(request: ShockTubeRequest, run: Run) -> list[Conserved]:
    """What is in the tube and what left through its open ends, together."""
    cells = run.conserved.shape[1]
    dx = request.length / cells
    before = np.sum(start(request, cells), axis=1) * dx
    after = np.sum(run.conserved, axis=1) * dx + run.outflow
    names = (("mass", "kg/m²"), ("momentum", "kg/(m·s)"), ("energy", "J/m²"))
    return [
        Conserved(name=f"{name} in the tube and through its ends", start=float(a), drift=float(abs(b - a)), unit=unit)
        for (name, unit), a, b in zip(names, before, after, strict=True)
    ]


def _check(request: ShockTubeRequest, star: Star, run: Run) -> list[Check]:
    """The pressure half way between the contact and the faster front, where the solution is flat."""
    if star.vacuum:
        return []
    cells, w = run.conserved.shape[1], gas.primitive(run.conserved, request.heat_ratio)
    inner = star.front(star.right) if star.pressure > star.right.pressure else None
    if inner is None:
        tail = star.velocity + math.sqrt(request.heat_ratio * star.pressure / star.density(star.right))
        inner = tail
    place = request.membrane * request.length + request.duration * (star.velocity + inner) / 2
    at = math.floor(place / request.length * cells)
    # Too near to either wave, or out of the tube, it is not the star state that is seen.
    if not 0 <= at < cells or abs(inner - star.velocity) * request.duration / request.length * cells < 24:  # noqa: PLR2004
        return []
    name = "pressure between contact and right wave, by the exact Riemann solution"
    return [compare(name, float(w[2, at]), star.pressure, "Pa", allowed=0.01 * star.pressure)]
