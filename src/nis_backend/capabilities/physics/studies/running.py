"""A sweep and an analysis of sensitivity: their points, and what the results come to."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.studies.indices import (
    morris_design,
    morris_effects,
    saltelli_design,
    sobol_shares,
)
from nis_backend.capabilities.physics.studies.points import Points, design
from nis_backend.capabilities.physics.studies.study import (
    MOST_POINTS,
    Index,
    Sensitivity,
    SensitivityRequest,
    Sweep,
    SweepRequest,
    between,
)
from nis_backend.errors import InvalidRequest, NotSupported
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.studies.study import Point
    from nis_backend.context import Context
    from nis_backend.numerics.receipt import Check

SOBOL = (
    "Saltelli et al., Comput. Phys. Commun. 181 (2010), 259-270; Jansen, Comput. Phys. Commun. 117 (1999), 35-43; "
    "points: Joe & Kuo, SIAM J. Sci. Comput. 30 (2008), 2635-2654"
)
MORRIS = "Morris, Technometrics 33 (1991), 161-174; μ*: Campolongo et al., Environ. Model. Softw. 22 (2007), 1509-1518"
LEAST_BLOCKS = 4
"""Samples from which intervals are estimated."""
LEAST_VARIANCE = 1e-24
"""Variance, of the square of the values' size, below which nothing depends on anything."""


def grid(request: SweepRequest) -> list[tuple[float, ...]]:
    """Every combination of the values.

    Raises:
        InvalidRequest: there are too many.
    """
    steps = [one.steps() for one in request.vary]
    count = math.prod(map(len, steps))
    if count > MOST_POINTS:
        raise InvalidRequest(
            f"{' × '.join(str(len(one)) for one in steps)} = {count} points; a sweep has at most {MOST_POINTS}.",
            field="vary",
            value=count,
            remedy="Give fewer values.",
        )
    _distinct([one.path for one in request.vary])
    return list(itertools.product(*steps))


def _distinct(paths: Sequence[str]) -> None:
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise InvalidRequest(f"{twice} is varied twice.", field="vary", value=twice, remedy="Vary each field once.")


async def prepare_sweep(request: SweepRequest, ctx: Context) -> SweepRequest:
    """Refuse what cannot be swept before it is a run."""
    paths = [one.path for one in request.vary]
    design(request.operation, request.request, paths, request.measure, grid(request)[0], ctx)
    return request


async def sweep(request: SweepRequest, ctx: Context) -> Sweep:
    """Call the operation for every combination of the values."""
    inputs = grid(request)
    paths = [one.path for one in request.vary]
    study = design(request.operation, request.request, paths, request.measure, inputs[0], ctx)
    points = await Points(ctx=ctx, design=study, total=len(inputs)).make(inputs)
    failed = sum(bool(one.problem) for one in points)
    return Sweep(
        operation=request.operation,
        parameters=list(study.parameters),
        measures=list(study.columns),
        points=points,
        failed=failed,
        receipt=_of_sweep(request.operation, points, failed),
    )


def _of_sweep(operation: str, points: Sequence[Point], failed: int) -> Receipt:
    told = [one.met for one in points if one.met is not None]
    missed = failed + told.count(False)
    notes = [f"The numbers are {operation}'s own; whether each reached the error asked of it stands beside it (met)."]
    silent = len(points) - failed - len(told)
    if silent:
        notes.append(f"{silent} results have no receipt of their own.")
    return Receipt(
        method="every combination of the values",
        order=None,
        observed_order=None,
        steps=len(points),
        error_of="points that failed, or whose own receipt says that the error asked of them was not reached",
        error_asked=0,
        error_reached=missed,
        unit="points",
        estimate="each point's own receipt",
        met=missed == 0,
        cost=Cost(evaluations=len(points), of=f"calls of {operation}", unknowns=0),
        source=f"the receipt of {operation}",
        checks=[],
        notes=notes,
    )


def sampled(request: SensitivityRequest) -> tuple[list[list[float]], list[list[float]]]:
    """The rows of the unit box, and the values they stand for."""
    _distinct([one.path for one in request.vary])
    draw = saltelli_design if request.method == "sobol" else morris_design
    rows = draw(request.samples, len(request.vary), request.seed)
    inputs = [
        [between(one.low, one.high, one.scale, part) for one, part in zip(request.vary, row, strict=True)]
        for row in rows
    ]
    return rows, inputs


async def prepare_sensitivity(request: SensitivityRequest, ctx: Context) -> SensitivityRequest:
    """Refuse what cannot be analysed before it is a run."""
    paths = [one.path for one in request.vary]
    made = design(request.operation, request.request, paths, [request.measure], sampled(request)[1][0], ctx)
    if made.whole:
        path = next(iter(made.whole))
        raise NotSupported(
            f"{path} takes whole numbers, which do not fill a range.",
            field="vary",
            value=path,
            remedy="Sweep it instead.",
        )
    return request


async def analyse(request: SensitivityRequest, ctx: Context) -> Sensitivity:
    """Call the operation for every row of the design, and see what the results depend on."""
    rows, inputs = sampled(request)
    paths = [one.path for one in request.vary]
    study = design(request.operation, request.request, paths, [request.measure], inputs[0], ctx)
    points = await Points(ctx=ctx, design=study, total=len(inputs)).make(inputs)
    size = len(paths) + (2 if request.method == "sobol" else 1)
    blocks = [points[at : at + size] for at in range(0, len(points), size)]
    whole = [number for number, block in enumerate(blocks) if not any(one.problem for one in block)]
    if len(whole) < LEAST_BLOCKS:
        told = next(one.problem for one in points if one.problem)
        raise InvalidRequest(
            f"Only {len(whole)} of {len(blocks)} samples could be computed: {told}",
            field="vary",
            value=len(whole),
            remedy="Narrow the ranges to where the operation answers.",
        )
    values = [[float(one.values[0] or 0.0) for one in blocks[number]] for number in whole]
    kept = [row for number in whole for row in rows[number * size : (number + 1) * size]]
    indices, checks, widest, scale = _indices(request, values, kept)
    once = [one for block in values for one in block[: 2 if request.method == "sobol" else 1]]
    mean = math.fsum(once) / len(once)
    failed = sum(bool(one.problem) for one in points)
    notes = [f"{one.path} is anywhere from {one.low:g} to {one.high:g}, on a {one.scale} scale" for one in request.vary]
    if failed:
        notes.append(f"{failed} calls failed; {len(blocks) - len(whole)} samples are left out, which may bias the rest")
    missed = sum(one.met is False for one in points)
    if missed:
        notes.append(f"{missed} calls did not reach the error asked of them")
    sobol = request.method == "sobol"
    return Sensitivity(
        operation=request.operation,
        measure=study.columns[0],
        indices=indices,
        mean=mean,
        deviation=math.sqrt(math.fsum((one - mean) ** 2 for one in once) / max(1, len(once) - 1)),
        calls=len(points),
        failed=failed,
        receipt=Receipt(
            method="Sobol's indices, Saltelli's and Jansen's estimators" if sobol else "Morris's elementary effects",
            order=None,
            observed_order=None,
            steps=len(whole),
            error_of="the indices: half-width of the widest 95 % interval" + ("" if sobol else ", of the largest μ*"),
            error_asked=request.tolerance,
            error_reached=widest / scale,
            unit="",
            estimate="bootstrap over the samples" if sobol else "spread over the walks",
            met=widest / scale <= request.tolerance,
            cost=Cost(evaluations=len(points), of=f"calls of {request.operation}", unknowns=0),
            source=SOBOL if sobol else MORRIS,
            checks=checks,
            notes=notes,
        ),
    )


def _indices(
    request: SensitivityRequest, values: Sequence[Sequence[float]], rows: Sequence[Sequence[float]]
) -> tuple[list[Index], list[Check], float, float]:
    """The indices, their checks, the widest interval and what it is to be measured by."""
    nothing = dict.fromkeys(("first", "first_interval", "total", "total_interval", "effect", "effect_interval"))
    paths = [one.path for one in request.vary]
    if request.method == "morris":
        found = morris_effects(rows, values, len(paths))
        shown = zip(paths, found.effect, found.interval, found.spread, strict=True)
        indices = [
            Index(path=path, **{**nothing, "effect": effect, "effect_interval": interval, "spread": spread})
            for path, effect, interval, spread in shown
        ]
        return indices, [], max(found.interval), max(found.effect) or 1.0
    shares = sobol_shares(values, request.seed)
    size = max(abs(one) for block in values for one in block)
    if shares.variance <= LEAST_VARIANCE * size * size:
        raise InvalidRequest(
            f"{request.measure.name} is {values[0][0]:g} whatever these fields are.",
            field="measure",
            value=request.measure.name,
            remedy="Measure what depends on them, or widen the ranges.",
        )
    indices = [
        Index(
            path=path,
            **{
                **nothing,
                "first": shares.first[i],
                "first_interval": shares.first_interval[i],
                "total": shares.total[i],
                "total_interval": shares.total_interval[i],
            },
            spread=None,
        )
        for i, path in enumerate(paths)
    ]
    checks = [
        compare(
            f"first share of {path}, Jansen's estimator",
            shares.first[i],
            shares.first_again[i],
            "",
            allowed=1.5 * (shares.first_interval[i] + shares.first_again_interval[i]),
        )
        for i, path in enumerate(paths)
    ]
    return indices, checks, max(*shares.first_interval, *shares.total_interval), 1.0
