"""Minima and maxima of formulas: from many starts, then by second derivatives to rounding, with the KKT conditions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nis_backend.capabilities.mathematics.data.optima import MOST, Found, Optimization, Optimum, Pull
from nis_backend.capabilities.mathematics.data.strewing import strew
from nis_backend.capabilities.mathematics.derivatives import differentiate, over, require_names, second
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Binary, Formula, read_formula
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

optimize: Any = import_module("scipy.optimize")  # Any: scipy has no types

PULLS = 1e-10
"""A multiplier that is no rounding."""
FAR = 1e8
"""Beyond it a search has run away."""
NEAR = 1e-6
"""Distance from an edge, relative, within which a constraint holds."""
SIGN = re.compile(r"<=|>=|≤|≥|==|=|<|>")


@dataclass(frozen=True, kw_only=True)
class Smooth:
    """A formula of a point `(variables,)`, with its gradient and its second derivatives."""

    text: str
    value: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    hessian: Callable[[Array], Array] | None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A constraint: `of` is at least 0, or is 0."""

    of: Smooth
    equal: bool


def search(request: Optimization, tell: Callable[[float, str], None] = silent) -> Optimum:
    """The optimum that was asked for; `tell` hears how far it is.

    Raises:
        InvalidRequest: nothing meets the constraints, or the formula goes on without bound.
    """
    formula = read_formula(request.formula, field="formula")
    names = require_names(formula, MOST, "formula")
    unknown = [one.name for one in request.variables if one.name not in names]
    edges = [_edge(text, names) for text in request.constraints]
    if not names or unknown:
        raise InvalidRequest(
            f"The formula has no variable {unknown[0]!r}." if unknown else "The formula has no variable.",
            field="variables" if unknown else "formula",
            value=unknown[0] if unknown else request.formula,
            remedy=f"Its variables: {', '.join(names)}." if names else "Give a formula of x.",
        )
    sign = 1.0 if request.goal == "minimum" else -1.0
    goal = _smooth(formula, names, sign)
    low, high = _bounds(request, names)
    ends = _descend(request, goal, edges, low, high, tell)
    best = min(ends, key=lambda one: one[0])
    point, step = _polish(goal, edges, low, high, best[1])
    return _told(request, names, sign, goal, edges, low, high, point, step, ends)


def _smooth(formula: Formula, names: list[str], sign: float) -> Smooth:
    compiled = formula.compile(*names, arrays=False)
    slopes = differentiate(formula, names, names)
    bends = second(formula, names) if slopes else None

    def value(point: Array) -> float:
        try:
            found = float(compiled(*point.tolist()))
        except (ArithmeticError, ValueError, TypeError):
            # Beyond where the formula has values.
            return 1e200
        return sign * found if math.isfinite(found) else 1e200

    def gradient(point: Array) -> Array:
        if slopes:
            found = np.array([_at(one, point) for one in slopes])
            if np.all(np.isfinite(found)):
                return sign * found
        return np.array(
            [
                (value(point + step) - value(point - step)) / (2 * np.max(step))
                for step in np.diag(6e-6 * np.maximum(1, np.abs(point)))
            ]
        )

    def hessian(point: Array) -> Array:
        assert bends is not None
        return sign * np.array([[_at(one, point) for one in row] for row in bends])

    return Smooth(text=formula.text, value=value, gradient=gradient, hessian=hessian if bends else None)


def _at(function: Callable[..., Any], point: Array) -> float:
    with np.errstate(all="ignore"):
        return float(function(*point.tolist()))


def _edge(text: str, names: list[str]) -> Edge:
    signs = SIGN.findall(text)
    if len(signs) != 1:
        raise InvalidRequest(
            f"{text!r} is not one comparison." if signs else f"{text!r} compares nothing.",
            field="constraints",
            value=text,
            remedy="Write each as x + y <= 1, x >= 0 or x = y.",
        )
    left, right = (read_formula(one, names, field="constraints") for one in SIGN.split(text))
    first, then = (right, left) if signs[0] in ("<=", "<", "≤") else (left, right)
    difference = Formula(text=text, tree=Binary("-", first.tree, then.tree), field="constraints")
    return Edge(of=_smooth(difference, names, 1.0), equal=signs[0] in ("=", "=="))


def _bounds(request: Optimization, names: list[str]) -> tuple[Array, Array]:
    given = {one.name: one for one in request.variables}
    low = [given[name].low if name in given else None for name in names]
    high = [given[name].high if name in given else None for name in names]
    return (
        np.array([-math.inf if one is None else one for one in low]),
        np.array([math.inf if one is None else one for one in high]),
    )


def _descend(  # noqa: PLR0913, PLR0917 - each is one part of the problem
    request: Optimization,
    goal: Smooth,
    edges: list[Edge],
    low: Array,
    high: Array,
    tell: Callable[[float, str], None],
) -> list[tuple[float, Array]]:
    """Where each search ended that met the constraints: the value, and the place."""
    formula = read_formula(request.formula, field="formula")
    names = require_names(formula, MOST, "formula")
    sign = 1.0 if request.goal == "minimum" else -1.0
    # Where constraints rule places out, a low one may be none.
    rough = None if edges else formula.compile(*names)
    starts = strew(request, names, low, high, (lambda *places: sign * over(rough, *places)) if rough else None)
    conditions = [{"type": "eq" if one.equal else "ineq", "fun": one.of.value, "jac": one.of.gradient} for one in edges]
    bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    ends: list[tuple[float, Array]] = []
    away = 0
    for number, start in enumerate(starts):
        with np.errstate(all="ignore"):
            try:
                result = optimize.minimize(
                    _kept_near(goal),
                    start,
                    jac=goal.gradient,
                    method="SLSQP" if conditions else "L-BFGS-B",
                    bounds=bounds,
                    constraints=conditions,
                    options={"maxiter": 500, "ftol": 1e-14},
                )
            except _RanAwayError:
                away += 1
                if away > len(starts) // 4:
                    break
                continue
            except (ValueError, np.linalg.LinAlgError):
                continue
        point = np.clip(np.asarray(result.x, dtype=float), low, high)
        tell((number + 1) / len(starts), f"Search {number + 1} of {len(starts)}")
        if not np.all(np.isfinite(point)) or goal.value(point) >= 1e200:  # noqa: PLR2004 - not finite
            continue
        if all(_holds(one, point) for one in edges):
            ends.append((goal.value(point), point))
    if away and (not ends or away > len(starts) // 4):
        raise InvalidRequest(
            f"{request.formula} has no {request.goal} that was found: {away} searches ran away.",
            field="formula",
            value=request.formula,
            remedy="Give bounds for the variables, or look for the other end.",
        )
    if not ends:
        raise InvalidRequest(
            "From no start was a place found that meets the constraints.",
            field="constraints" if edges else "formula",
            value=request.constraints or request.formula,
            remedy="Loosen a constraint, give a start that meets them, or allow more starts.",
        )
    return ends


class _RanAwayError(Exception):
    """A search has gone beyond all bounds."""


def _kept_near(goal: Smooth) -> Callable[[Array], float]:
    """The formula's value, which ends a search that has run away."""

    def value(point: Array) -> float:
        found = goal.value(point)
        if float(np.max(np.abs(point))) > FAR or found < -1e15:  # noqa: PLR2004 - without bound
            raise _RanAwayError
        return found

    return value


def _holds(edge: Edge, point: Array) -> bool:
    size = NEAR * max(1.0, float(np.max(np.abs(edge.of.gradient(point)))))
    value = edge.of.value(point)
    return abs(value) <= size if edge.equal else value >= -size


def _active(edges: list[Edge], low: Array, high: Array, point: Array) -> tuple[Array, Array, list[int]]:
    """Gradients of what holds, a row each, their values; and which constraints these are, bounds as -1."""
    rows: list[Array] = []
    values: list[float] = []
    which: list[int] = []
    for number, edge in enumerate(edges):
        value = edge.of.value(point)
        slope = edge.of.gradient(point)
        if edge.equal or abs(value) <= NEAR * max(1.0, float(np.max(np.abs(slope)))):
            rows.append(slope)
            values.append(value)
            which.append(number)
    for i in range(len(point)):
        for bound, side in ((low[i], 1.0), (high[i], -1.0)):
            if abs(point[i] - bound) <= NEAR * max(1.0, abs(float(point[i]))):
                row = np.zeros(len(point))
                row[i] = side
                rows.append(row)
                values.append(side * float(point[i] - bound))
                which.append(-1)
    return np.array(rows).reshape(len(rows), len(point)), np.array(values), which


def _multipliers(goal: Smooth, rows: Array, edges: list[Edge], which: list[int], point: Array) -> Array:
    """The gradient as a sum of those that hold: at least 0 of inequalities."""
    slope = goal.gradient(point)
    if not len(rows):
        return np.zeros(0)
    free = [place >= 0 and edges[place].equal for place in which]
    result = optimize.lsq_linear(rows.T, slope, bounds=([-np.inf if one else 0.0 for one in free], np.inf), tol=1e-14)
    return result.x


def _lagrangian(goal: Smooth, edges: list[Edge], which: list[int], weights: Array, point: Array) -> Array | None:
    if goal.hessian is None or any(edges[one].of.hessian is None for one in which if one >= 0):
        return None
    total = goal.hessian(point)
    for place, weight in zip(which, weights, strict=True):
        hessian = edges[place].of.hessian if place >= 0 else None
        if hessian is not None:
            total = total - weight * hessian(point)
    return total if np.all(np.isfinite(total)) else None


def _polish(goal: Smooth, edges: list[Edge], low: Array, high: Array, start: Array) -> tuple[Array, float]:
    """Newton's steps on the KKT equations of what holds; the place, and the length of the last step."""
    point, last = start, math.inf
    for _ in range(30):
        rows, values, which = _active(edges, low, high, point)
        weights = _multipliers(goal, rows, edges, which, point)
        # What holds only by chance does not pull, and must not pin the place.
        pulling = [i for i, place in enumerate(which) if (place >= 0 and edges[place].equal) or weights[i] > 0]
        rows, values, weights = rows[pulling], values[pulling], weights[pulling]
        bent = _lagrangian(goal, edges, [which[i] for i in pulling], weights, point)
        if bent is None:
            break
        n, m = len(point), len(rows)
        matrix = np.zeros((n + m, n + m))
        matrix[:n, :n], matrix[:n, n:], matrix[n:, :n] = bent, -rows.T, rows
        right = -np.concatenate([goal.gradient(point) - rows.T @ weights, values])
        step: Array = np.linalg.lstsq(matrix, right, rcond=1e-13)[0][:n].astype(np.float64)
        length = float(np.max(np.abs(step) / np.maximum(1.0, np.abs(point))))
        tried = np.clip(point + step, low, high)
        worse = goal.value(tried) > goal.value(point) + 1e-9 * max(1.0, abs(goal.value(point)))
        if not math.isfinite(length) or length > min(1e-1, last) or (worse and not edges):
            break
        point, last = tried, length
        if length <= 4 * ROUNDING:
            break
    return point, last


def _told(  # noqa: PLR0913, PLR0917 - each is one part of the answer
    request: Optimization,
    names: list[str],
    sign: float,
    goal: Smooth,
    edges: list[Edge],
    low: Array,
    high: Array,
    point: Array,
    step: float,
    ends: list[tuple[float, Array]],
) -> Optimum:
    rows, _, which = _active(edges, low, high, point)
    weights = _multipliers(goal, rows, edges, which, point)
    left = goal.gradient(point) - (rows.T @ weights if len(rows) else 0.0)
    stationarity = float(np.linalg.norm(left))
    kind, condition, floor = _second_order(goal, edges, rows, which, weights, point)
    value = goal.value(point)
    close = 1e-6 * max(1.0, abs(value))
    same = sum(1 for one, _ in ends if one <= value + close)
    error = _error(step, stationarity, floor, kind, point)
    pulls = dict(zip(which, weights.tolist(), strict=True))
    violation = max((abs(e.of.value(point)) if e.equal else max(0.0, -e.of.value(point)) for e in edges), default=0.0)
    notes = [
        f"The best of {len(ends)} searches that ended, {same} of them here"
        + (
            "; that no better one exists is not proved."
            if kind != "strict" or len(ends) > same or same < request.starts
            else "; every search ended here, which proves nothing but speaks for it."
        )
    ]
    if kind != "strict":
        notes.append(
            "Second derivatives do not tell that it is an optimum: it is flat in some direction, or has a kink."
        )
    return Optimum(
        value=sign * value,
        variables=[
            Found(name=name, value=float(point[i]), bound=_bound(float(point[i]), float(low[i]), float(high[i])))
            for i, name in enumerate(names)
        ],
        kind=kind,
        reached=same,
        searches=request.starts,
        others=_others([one for one, _ in ends], value, close),
        stationarity=stationarity,
        constraints=[
            Pull(
                constraint=text,
                active=number in pulls,
                multiplier=sign * pulls.get(number, 0.0) + 0.0,
                slack=-abs(edges[number].of.value(point)) if edges[number].equal else edges[number].of.value(point),
            )
            for number, text in enumerate(request.constraints)
        ],
        curvature=condition,
        receipt=stated(
            method=("SLSQP" if edges else "L-BFGS-B")
            + f" from {request.starts} starts, then Newton on the KKT equations",
            error_of="any variable of this optimum, relative where it is above 1",
            asked=request.tolerance,
            reached=error,
            estimate="the gradient left over, through the second derivatives",
            source="Nocedal & Wright, Numerical Optimization (2006), 7.2, 12 and 18",
            checks=_checks(goal, edges, low, high, point, value, violation),
            residual=stationarity,
            residual_of="gradient less what the constraints hold (KKT)",
            cost=Cost(evaluations=request.starts, of="searches", unknowns=len(names)),
            notes=notes,
        ),
    )


def _second_order(  # noqa: PLR0913, PLR0917 - as above
    goal: Smooth, edges: list[Edge], rows: Array, which: list[int], weights: Array, point: Array
) -> tuple[Literal["strict", "flat or saddle", "unknown"], float | None, float]:
    """What second derivatives say along the directions that nothing holds; their condition, and the least of them."""
    strong = np.array(
        [w > PULLS or (place >= 0 and edges[place].equal) for w, place in zip(weights, which, strict=True)], dtype=bool
    )
    held = rows[strong] if len(rows) else rows
    bent = _lagrangian(goal, edges, which, weights, point)
    if bent is None:
        return "unknown", None, 0.0
    _, sizes, v = np.linalg.svd(held) if len(held) else (None, np.zeros(0), np.eye(len(point)))
    rank = int(np.sum(sizes > 1e-10 * max(1.0, float(np.max(sizes, initial=0.0)))))
    free = v[rank:].T
    if not free.shape[1]:
        return "strict", 1.0, math.inf
    values = np.linalg.eigvalsh(free.T @ bent @ free)
    scale = float(np.max(np.abs(values)))
    least = float(values[0])
    condition = scale / abs(least) if least else None
    if condition is not None and not condition < 1e300:  # noqa: PLR2004 - beyond a double
        condition = None
    # A second derivative that is small beside the function's own size is not told from 0 by doubles.
    if least > 1e-9 * scale and least > 1e-12 * max(1.0, abs(goal.value(point))):
        return "strict", condition, least
    return "flat or saddle", condition, least


def _error(step: float, stationarity: float, floor: float, kind: str, point: Array) -> float:
    size = max(1.0, float(np.max(np.abs(point))))
    if kind != "strict":
        # Along a flat direction the gradient does not tell how far it is.
        return max(1e-3, math.sqrt(stationarity))
    by_gradient = 0.0 if math.isinf(floor) else stationarity / floor / size
    return max(by_gradient, min(step, 1.0) if math.isfinite(step) else by_gradient, 4 * ROUNDING)


def _bound(value: float, low: float, high: float) -> Literal["", "low", "high"]:
    near = NEAR * max(1.0, abs(value))
    if abs(value - low) <= near:
        return "low"
    return "high" if abs(value - high) <= near else ""


def _others(values: list[float], best: float, close: float) -> int:
    """Distinct worse values."""
    count, last = 0, best
    for one in sorted(values):
        if one > last + 10 * close:
            count, last = count + 1, one
    return count


def _checks(  # noqa: PLR0913, PLR0917 - as above
    goal: Smooth, edges: list[Edge], low: Array, high: Array, point: Array, value: float, violation: float
) -> list[Check]:
    """A search without derivatives from nearby, and the gradient by differences."""
    checks: list[Check] = []
    size = max(1.0, abs(value))
    if edges:
        checks.append(compare("largest violation of a constraint", violation, 0.0, "", allowed=1e-7))
    else:
        box = list(zip(low.tolist(), high.tolist(), strict=True))
        nearby = np.clip(point + 0.02 * np.maximum(1.0, np.abs(point)), low, high)
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2000, "maxfev": 2000}
        with np.errstate(all="ignore"):
            result = optimize.minimize(goal.value, nearby, method="Nelder-Mead", bounds=box, options=options)
        # A simplex that ended higher has stuck; one that ended lower has found a better place.
        lower = min(value, float(result.fun))
        checks.append(
            compare("value, Nelder and Mead's simplex from nearby, if lower", value, lower, "", allowed=1e-7 * size)
        )
    slopes = goal.gradient(point)
    steps = np.diag(1e-5 * np.maximum(1.0, np.abs(point)))
    by_differences = np.array(
        [(goal.value(point + one) - goal.value(point - one)) / (2 * np.max(one)) for one in steps]
    )
    if np.all(np.abs(by_differences) < 1e100):  # noqa: PLR2004 - at the edge of where the formula has values
        far = int(np.argmax(np.abs(by_differences - slopes)))
        bend = float(np.max(np.abs(goal.hessian(point)))) if goal.hessian else 1.0
        allowed = 1e-3 * max(1.0, bend if math.isfinite(bend) else 1.0, float(np.max(np.abs(slopes))))
        checks.append(
            compare("gradient, differences", float(slopes[far]), float(by_differences[far]), "", allowed=allowed)
        )
    return checks
