"""Parameters of a solver fitted to measurements: nonlinear least squares, and what the data say of the parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.studies.calls import Calls, Spent
from nis_backend.capabilities.physics.studies.indices import NORMAL
from nis_backend.capabilities.physics.studies.paths import Place, curve, describe, take
from nis_backend.capabilities.physics.studies.search import Estimate, Fit
from nis_backend.capabilities.physics.studies.study import Column
from nis_backend.capabilities.physics.studies.targets import declared
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.studies.search import FitRequest
    from nis_backend.capabilities.physics.studies.study import Fitted
    from nis_backend.drivers.compute.base import ComputingContext

    Array = NDArray[np.float64]

optimize: Any = import_module("scipy.optimize")  # Any: scipy has no types
special: Any = import_module("scipy.special")  # scipy.stats takes a second to load

METHOD = "nonlinear least squares, trust region reflective"
SOURCE = (
    "Branch, Coleman & Li, SIAM J. Sci. Comput. 21 (1999), 1-23; errors: Seber & Wild, Nonlinear Regression (1989), 5.2"
)
STEP = 1e-3
"""Step of a central difference, relative to a parameter: its own error of 1e-6 stands against a solver's noise."""
PARALLEL = 1e-4
"""Least singular value, of columns of length 1, by which two parameters are told apart: a correlation of 1 - 1e-8."""
NEAR = 1e-5
"""Distance from an end of a range, of a parameter scaled to 1, that counts as being there."""
SHARE = 0.3
"""Component of an undetermined direction from which on a parameter is named."""
LARGEST = 1e100
"""A residual, in errors, whose square is still a number."""
WORSE = 1e3
"""What a parameter is charged for that the operation refuses, of the residuals at the start."""
CURVED = 4
"""Points of a curve from which on it is interpolated by cubics."""


@dataclass(kw_only=True)
class Model:
    """The measurements, and what the operation answers in their place, of parameters scaled to about 1."""

    request: FitRequest
    calls: Calls
    scale: Array
    low: Array
    high: Array
    weights: Array
    known: dict[tuple[float, ...], Array] = field(default_factory=dict["tuple[float, ...]", "Array"])
    refused: set[tuple[float, ...]] = field(default_factory=set["tuple[float, ...]"])
    ragged: bool = False
    """Whether the operation refused a value beside those of the last slopes."""
    best: tuple[float, Array] | None = None
    noise: Array | None = None
    """What interpolation may leave at each x, of the last call that asked for it."""

    def answers(self, u: Array, *, tighter: bool = False) -> Array:
        """What the operation answers at each x."""
        values = [float(one) for one in u * self.scale]
        request = self.request
        if request.x_curve is None:
            return np.array(
                [take(self.calls.result([*values, x], tighter=tighter), request.measure) for x in request.x]
            )
        result = self.calls.result(values, tighter=tighter)
        x, y = (np.array(curve(result, path)) for path in (request.x_curve, request.measure.path))
        return self._along(x, y)

    def _along(self, x: Array, y: Array) -> Array:
        at = np.array(self.request.x)
        if len(x) != len(y) or len(x) < 2 or not (np.diff(x) > 0).all():  # noqa: PLR2004 - a line
            raise InvalidRequest(
                f"{self.request.x_curve} does not rise along {self.request.measure.path}.",
                field="x_curve",
                value=self.request.x_curve,
                remedy="Name a list that rises, such as a time, and one as long.",
            )
        beyond = at[(at < x[0]) | (at > x[-1])]
        if beyond.size:
            raise InvalidRequest(
                f"The curve goes from {x[0]:g} to {x[-1]:g}; {beyond[0]:g} lies outside.",
                field="x",
                value=float(beyond[0]),
                remedy="Ask the operation for a longer curve, or leave these data out.",
            )
        if len(x) < CURVED:
            return np.interp(at, x, y)
        interpolate: Any = import_module("scipy.interpolate")
        found = interpolate.CubicSpline(x, y)(at)
        kept = sorted({*range(0, len(x), 2), len(x) - 1})
        # A spline's error falls by 16 when its knots are doubled.
        coarse = (
            interpolate.CubicSpline(x[kept], y[kept])(at) if len(kept) >= CURVED else np.interp(at, x[kept], y[kept])
        )
        self.noise = np.abs(found - coarse) / 15
        return found

    def residuals(self, u: Array) -> Array:
        """Weighted residuals; what the operation refuses is charged dearly."""
        key = tuple(float(one) for one in u)
        if key not in self.known:
            try:
                found = (self.answers(u) - np.array(self.request.y)) * self.weights
            except NisError:
                if self.best is None:
                    raise
                self.refused.add(key)
                found = np.full(len(self.request.y), WORSE * (1 + np.sqrt(self.best[0])))
            if not np.abs(found).max() < LARGEST:
                raise _extreme("y", float(self.request.y[int(np.argmax(np.abs(found)))]))
            self.known[key] = found
            total = float(found @ found)
            if self.best is None or total < self.best[0]:
                self.best = (total, u.copy())
        return self.known[key]

    def jacobian(self, u: Array) -> Array:
        """Central differences; at an end of a range, those of the same order to one side."""
        columns: list[Array] = []
        self.ragged = False
        for i in range(len(u)):
            h = STEP * max(abs(float(u[i])), STEP)

            def shifted(steps: int, i: int = i, h: float = h) -> Array:
                moved = u.copy()
                moved[i] += steps * h
                found = self.residuals(moved)
                self.ragged = self.ragged or tuple(float(one) for one in moved) in self.refused
                return found

            if self.low[i] <= u[i] - h and u[i] + h <= self.high[i]:
                columns.append((shifted(1) - shifted(-1)) / (2 * h))
            else:
                to = 1 if u[i] + 2 * h <= self.high[i] else -1
                columns.append(to * (4 * shifted(to) - shifted(2 * to) - 3 * shifted(0)) / (2 * h))
        return np.array(columns).T


def fit(request: FitRequest, ctx: ComputingContext) -> Fit:
    """The fit that was asked for."""
    model = _model(request, ctx)
    start = np.array([one.start for one in request.parameters]) / model.scale
    notes: list[str] = []
    first = _search(model, start, ctx, notes, 0.1, 0.6)
    again = _search(model, _elsewhere(model, start, first), ctx, notes, 0.6, 0.9)
    least, other = (first, again) if _cost(model, first) <= _cost(model, again) else (again, first)
    # What follows is a few calls more than were allowed, and tells how good the answer is.
    model.calls.most += 10 * (len(start) + 2) * max(1, len(request.x) if request.x_field else 1)
    return _told(model, least, other, notes)


def _model(request: FitRequest, ctx: ComputingContext) -> Model:
    paths = [one.path for one in request.parameters]
    calls = Calls(
        request.operation,
        dict(request.request),
        [*paths, *([request.x_field] if request.x_field else [])],
        ctx,
        most=request.max_calls,
        whole=frozenset(path for path in ([request.x_field] if request.x_field else []) if _whole(request, path)),
    )
    scale = np.array([_size(one) for one in request.parameters])
    schema = calls.operation.request.model_json_schema()
    bounds = [_bounds(one, describe(schema, one.path, "parameters")) for one in request.parameters]
    errors = np.array(request.errors or [1.0])
    return Model(
        request=request,
        calls=calls,
        scale=scale,
        low=np.array([low for low, _ in bounds]) / scale,
        high=np.array([high for _, high in bounds]) / scale,
        weights=np.broadcast_to(1 / errors, len(request.y)).copy(),
    )


def _extreme(name: str, value: float) -> InvalidRequest:
    return InvalidRequest(
        "The differences from the measurements are more errors wide than numbers go.",
        field=name,
        value=value,
        remedy="Give data and errors that are less extreme.",
    )


def _size(one: Fitted) -> float:
    """What a parameter is measured by: its start, or where that is 0 its range."""
    wide = one.high - one.low if one.low is not None and one.high is not None else 1.0
    return abs(one.start) if abs(one.start) > 1 / LARGEST else wide if wide < LARGEST else 1.0


def _bounds(one: Fitted, place: Place) -> tuple[float, float]:
    """The range that was given, within what the operation allows; a hair inside, since ends may be left out of it."""
    hair = [
        1e-12 * max(abs(end), abs(one.start)) if np.isfinite(end) and end else 0.0 for end in (place.low, place.high)
    ]
    low = max(-np.inf if one.low is None else one.low, place.low + hair[0])
    high = min(np.inf if one.high is None else one.high, place.high - hair[1])
    return min(low, one.start), max(high, one.start)


def _whole(request: FitRequest, path: str) -> bool:
    schema = declared(request.operation).request.model_json_schema()
    return describe(schema, path, "x_field").kind == "integer"


def _search(  # noqa: PLR0913, PLR0917 - where it starts, and who hears of it
    model: Model, start: Array, ctx: ComputingContext, notes: list[str], begin: float, end: float
) -> Array:
    """The least squares reached from here, as far as the calls go."""

    def jacobian(u: Array) -> Array:
        best = model.best[0] if model.best else 0.0
        part = min(1.0, model.calls.made / model.calls.most)
        ctx.progress(begin + (end - begin) * part, f"{model.calls.made} calls", {"sum of squares": best})
        return model.jacobian(u)

    try:
        found = optimize.least_squares(
            model.residuals, start, jac=jacobian, bounds=(model.low, model.high), xtol=1e-10, ftol=1e-12, gtol=1e-12
        )
    except Spent:
        notes.append(f"The {model.calls.most} calls that were allowed did not suffice: allow more (max_calls).")
        assert model.best is not None
        return model.best[1]
    return np.array(found.x)


def _elsewhere(model: Model, start: Array, found: Array) -> Array:
    """Another start: as far beyond what was found as the first one was before it, or a tenth away."""
    way = found - start
    moved = found + np.where(np.abs(way) > STEP, 0.5 * way, 0.1 * np.maximum(np.abs(found), 0.1))
    span = np.minimum(model.high - model.low, np.maximum(np.abs(found), 1.0))
    return np.clip(moved, model.low + STEP * span, model.high - STEP * span)


def _cost(model: Model, u: Array) -> float:
    found = model.residuals(u)
    return float(found @ found)


def _told(model: Model, u: Array, other: Array, notes: list[str]) -> Fit:
    """What the data say of the parameters, and how far the numbers can be trusted."""
    request, n, p = model.request, len(model.request.y), len(u)
    weighted, jacobian = model.residuals(u), model.jacobian(u)
    chi_square = float(weighted @ weighted)
    freedom = n - p
    undetermined = _undetermined(jacobian)
    variance = 1.0 if request.errors else (chi_square / freedom if freedom else np.nan)
    covariance: Array | None = None
    if not undetermined.any() and np.isfinite(variance):
        covariance = variance * np.linalg.inv(jacobian.T @ jacobian) * np.outer(model.scale, model.scale)
    errors = None if covariance is None else np.sqrt(np.diag(covariance))
    at_bound = (u - model.low < NEAR) | (model.high - u < NEAR)
    numerical, by_noise = _numerical(model, u, other, jacobian, undetermined)
    size = np.maximum(np.abs(u * model.scale), 0 if errors is None else errors)
    reached = float(np.max(numerical * model.scale / np.where(size > 0, size, 1.0)))
    if undetermined.any() or model.ragged:
        reached = max(reached, 1.0)
    notes = [
        *dict.fromkeys(notes),
        *(["The operation refuses values beside these: their standard errors mean nothing."] if model.ragged else []),
        *by_noise,
        *([f"{model.calls.failed} calls were refused on the way."] if model.calls.failed else []),
    ]
    return Fit(
        operation=request.operation,
        parameters=_estimates(model, u, errors, at_bound, undetermined, freedom),
        identifiable=not undetermined.any(),
        verdict=_verdict(request, undetermined, at_bound, covariance, freedom),
        covariance=None if covariance is None else covariance.tolist(),
        correlation=None if covariance is None or errors is None else _correlation(covariance, errors),
        chi_square=chi_square if request.errors else None,
        degrees_of_freedom=freedom,
        p_value=float(special.gammaincc(freedom / 2, chi_square / 2)) if request.errors and freedom else None,
        residual_deviation=float(np.sqrt(np.mean((weighted / model.weights) ** 2))),
        x=request.x,
        y=request.y,
        fitted=(np.array(request.y) + weighted / model.weights).tolist(),
        residuals=(-weighted / model.weights).tolist(),
        x_is=_column(model, request.x_field, request.x_curve),
        y_is=_column(model, None, request.measure.path),
        calls=model.calls.made,
        receipt=Receipt(
            method=METHOD,
            order=None,
            observed_order=None,
            steps=model.calls.made,
            error_of="the fitted parameters, each relative to itself or to its standard error, whichever is larger",
            error_asked=request.tolerance,
            error_reached=reached,
            unit="",
            estimate="the step still to go, the operation's own error, and the minimum found from another start",
            met=reached <= request.tolerance,
            residual=float(np.max(np.abs(weighted / model.weights))),
            residual_of="largest difference between a measurement and the fit, in the unit of y",
            cost=Cost(evaluations=model.calls.made, of=f"calls of {request.operation}", unknowns=p),
            source=SOURCE,
            checks=[
                compare(
                    "sum of squares, from another start",
                    chi_square,
                    _cost(model, other),
                    "",
                    allowed=1e-3 * chi_square + 1e-9 * float(np.sum((np.array(request.y) * model.weights) ** 2)),
                )
            ],
            notes=notes,
        ),
    )


def _undetermined(jacobian: Array) -> NDArray[np.bool_]:
    """Which parameters the data leave open: those that change nothing, or nothing that others do not."""
    length = np.linalg.norm(jacobian, axis=0)
    dead = length <= 1e-12 * max(float(length.max()), np.finfo(float).tiny)
    open_ = dead.copy()
    alive = np.flatnonzero(~dead)
    if alive.size:
        _, values, directions = np.linalg.svd(jacobian[:, alive] / length[alive], full_matrices=False)
        for value, direction in zip(values, directions, strict=True):
            if value < PARALLEL:
                open_[alive[np.abs(direction) > SHARE]] = True
    return open_


def _numerical(
    model: Model, u: Array, other: Array, jacobian: Array, undetermined: NDArray[np.bool_]
) -> tuple[Array, list[str]]:
    """How far the parameters may be from the least squares of the exact operation, scaled as `u`."""
    free = np.flatnonzero(~undetermined & (u > model.low) & (u < model.high))
    far, notes = np.zeros(len(u)), list[str]()
    if not free.size:
        return far, notes
    inverse = np.linalg.pinv(jacobian[:, free])
    far[free] = np.abs(inverse @ model.residuals(u))
    if model.noise is not None:
        far[free] += np.abs(inverse) @ (model.noise * model.weights)
    if model.calls.has_tolerance:
        try:
            sharper = model.answers(u, tighter=True)
        except (NisError, Spent) as error:
            notes.append(f"What the operation's own error does to the parameters is not known: {error or 'no call'}")
        else:
            change = (sharper - np.array(model.request.y)) * model.weights - model.residuals(u)
            far[free] += np.abs(inverse @ change)
    if _cost(model, other) <= _cost(model, u) * (1 + 1e-3) + 1e-300:
        far[free] += np.abs(other - u)[free]
    else:
        notes.append("Another start ends at another, worse minimum: the sum of squares has more than one.")
    return far, notes


def _estimates(  # noqa: PLR0913, PLR0917 - what is said of each
    model: Model,
    u: Array,
    errors: Array | None,
    at_bound: NDArray[np.bool_],
    undetermined: NDArray[np.bool_],
    freedom: int,
) -> list[Estimate]:
    quantile = NORMAL if model.request.errors else float(special.stdtrit(max(freedom, 1), 0.975))
    schema = model.calls.operation.request.model_json_schema()
    told: list[Estimate] = []
    for i, one in enumerate(model.request.parameters):
        value = float(u[i] * model.scale[i])
        error = None if errors is None or undetermined[i] else float(errors[i])
        told.append(
            Estimate(
                path=one.path,
                unit=describe(schema, one.path, "parameters").unit,
                value=value,
                standard_error=error,
                low=None if error is None else value - quantile * error,
                high=None if error is None else value + quantile * error,
                at_bound=bool(at_bound[i]),
            )
        )
    return told


def _verdict(
    request: FitRequest,
    undetermined: NDArray[np.bool_],
    at_bound: NDArray[np.bool_],
    covariance: Array | None,
    freedom: int,
) -> str:
    names = [one.path for one in request.parameters]
    if undetermined.any():
        open_ = [name for name, so in zip(names, undetermined, strict=True) if so]
        what = "it changes nothing of them" if len(open_) == 1 else "only a combination of them shows in the data"
        return f"The data do not determine {' and '.join(open_)}: {what}. Fix all but one, or measure something else."
    if at_bound.any():
        held = [name for name, so in zip(names, at_bound, strict=True) if so]
        return f"{' and '.join(held)} lies at an end of its range: its interval means nothing."
    if covariance is None:
        return f"{len(request.y)} measurements fit {len(names)} parameters with nothing left to tell their errors from."
    return f"The data determine every parameter, with {freedom} degrees of freedom left."


def _correlation(covariance: Array, errors: Array) -> list[list[float]]:
    both = np.outer(errors, errors)
    return np.where(both > 0, covariance / np.where(both > 0, both, 1), np.eye(len(errors))).tolist()


def _column(model: Model, field: str | None, path: str | None) -> Column:
    operation = model.calls.operation
    if field is not None:
        return Column(name=field, unit=describe(operation.request.model_json_schema(), field, "x_field").unit)
    schema = operation.result.model_json_schema(mode="serialization")
    return Column(name=str(path), unit=describe(schema, str(path), "measure").unit)
