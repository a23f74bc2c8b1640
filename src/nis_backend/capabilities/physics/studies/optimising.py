"""Fields of a solver's request found by what its result is to be: least, greatest, or a given number."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.physics.studies.calls import Calls, Spent
from nis_backend.capabilities.physics.studies.indices import BITS, sobol_points
from nis_backend.capabilities.physics.studies.paths import describe, take
from nis_backend.capabilities.physics.studies.search import Optimum, Setting
from nis_backend.capabilities.physics.studies.study import Column, between
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.capabilities.physics.studies.search import OptimumRequest
    from nis_backend.drivers.compute.base import ComputingContext

optimize: Any = import_module("scipy.optimize")  # Any: scipy has no types

ALONE = "scan of the range, then Brent's method in each place that it shows"
TOGETHER = "scan by Sobol's sequence, then Nelder-Mead from the best places, restarted"
SOURCE = (
    "Brent, Algorithms for Minimization without Derivatives (1973), 4 and 5; Nelder & Mead, Comput. J. 7 (1965), "
    "308-313; Gao & Han, Comput. Optim. Appl. 51 (2012), 259-277"
)
SCANNED = 33
"""Places of a range that are looked at first: both ends among them."""
STARTS = 3
"""The best of them, from which a search over several fields goes on."""
CLOSE = 1e-9
"""Of a range: how near a place is found."""
LIKE = 1e-6
"""Difference, of the measure's spread, within which two places do as well as each other."""
MOST_OTHERS = 16


@dataclass(kw_only=True)
class Search:
    """The measure over the unit box of the fields, called and remembered."""

    request: OptimumRequest
    calls: Calls
    ctx: ComputingContext
    places: list[list[float]] = field(default_factory=list["list[float]"])
    inputs: list[list[float]] = field(default_factory=list["list[float]"])
    values: list[float | None] = field(default_factory=list["float | None"])
    refused: str = ""

    def values_at(self, place: Sequence[float]) -> list[float]:
        """The fields at a place of the unit box."""
        parts = [min(1.0, max(0.0, float(one))) for one in place]
        return [between(one.low, one.high, one.scale, part) for one, part in zip(self.request.vary, parts, strict=True)]

    def measured(self, place: Sequence[float], *, tighter: bool = False) -> float | None:
        """The measure there; None where the operation refuses.

        Raises:
            Spent: no call is left.
        """
        inputs = self.values_at(place)
        try:
            value = take(self.calls.result(inputs, tighter=tighter), self.request.measure)
        except NisError as error:
            self.refused, value = error.message, None
        if not tighter:
            self.places.append([float(one) for one in place])
            self.inputs.append(inputs)
            self.values.append(value)
            part = self.calls.made / self.calls.most
            self.ctx.progress(part, f"{self.calls.made} calls", {} if value is None else {"measure": value})
        return value

    def loss(self, value: float | None) -> float:
        """What is to be made small."""
        if value is None:
            return math.inf
        if self.request.target is not None:
            return abs(value - self.request.target)
        return value if self.request.goal == "minimize" else -value

    def lost(self, place: Sequence[float]) -> float:
        """The loss at a place; where the operation refuses, more than any."""
        found = self.loss(self.measured(place))
        return found if math.isfinite(found) else 1e300

    @property
    def best(self) -> int:
        """The number of the best call."""
        return min(range(len(self.values)), key=lambda number: self.loss(self.values[number]))

    @property
    def spread(self) -> float:
        """How far the measure was seen to vary."""
        seen = [one for one in self.values if one is not None]
        return (max(seen) - min(seen)) if seen else 0.0


def search(request: OptimumRequest, ctx: ComputingContext) -> Optimum:
    """The best place that is found."""
    calls = Calls(
        request.operation, dict(request.request), [one.path for one in request.vary], ctx, most=request.max_calls
    )
    state = Search(request=request, calls=calls, ctx=ctx)
    notes: list[str] = []
    found: list[list[float]] = []
    try:
        found = _alone(state) if len(request.vary) == 1 else _together(state)
    except Spent:
        notes.append(f"The {request.max_calls} calls that were allowed did not suffice: allow more (max_calls).")
    if not any(one is not None for one in state.values):
        raise InvalidRequest(
            f"{request.operation} answers nowhere in these ranges: {state.refused}",
            field="vary",
            value=len(state.values),
            remedy="Give ranges in which it answers.",
        )
    return _told(state, found, notes)


def _alone(state: Search) -> list[list[float]]:
    """Every root, or every least place, that a scan of the one range shows."""
    count = min(SCANNED, state.calls.most // 2)
    grid = [number / (count - 1) for number in range(count)]
    values = [state.measured([one]) for one in grid]
    if state.request.target is not None:
        roots = _roots(state, grid, values)
        if roots:
            return roots
    losses = [state.loss(one) for one in values]
    least: list[list[float]] = []
    for i, own in enumerate(losses):
        left, right = losses[max(0, i - 1)], losses[min(count - 1, i + 1)]
        if math.isfinite(own) and own <= left and own <= right:
            least.append(_narrowed(state, grid[max(0, i - 1)], grid[min(count - 1, i + 1)], grid[i]))
    return least


def _narrowed(state: Search, low: float, high: float, middle: float) -> list[float]:
    def loss(part: float) -> float:
        return state.lost([part])

    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-8})
    at = min((float(found.x), middle, low, high), key=lambda part: _known(state, part, loss))
    return [at]


def _known(state: Search, part: float, loss: Callable[[float], float]) -> float:
    """The loss at a place that may have been called."""
    if [part] in state.places:
        return state.loss(state.values[state.places.index([part])])
    return loss(part)


def _roots(state: Search, grid: Sequence[float], values: Sequence[float | None]) -> list[list[float]]:
    target = state.request.target or 0.0

    def miss(part: float) -> float:
        value = state.measured([part])
        # Brent's method knows no gaps: it ends at the edge of what is refused.
        return 0.0 if value is None else value - target

    roots: list[list[float]] = []
    for here, there, a, b in zip(grid, grid[1:], values, values[1:], strict=False):
        if a is None or b is None:
            continue
        if a == target:
            roots.append([here])
        elif (a < target) != (b < target) and b != target:
            roots.append([float(optimize.brentq(miss, here, there, xtol=1e-14, rtol=1e-13))])
    if values[-1] == target:
        roots.append([grid[-1]])
    return roots


def _together(state: Search) -> list[list[float]]:
    """The best places that a scan and searches from its best show."""
    fields = len(state.request.vary)
    count = min(16 * fields, state.calls.most // 4)
    for point in sobol_points(count + 1, fields)[1:]:
        state.measured([one / 2**BITS for one in point])
    order = sorted(range(count), key=lambda number: state.loss(state.values[number]))
    starts = [state.places[number] for number in order[:STARTS] if math.isfinite(state.loss(state.values[number]))]
    left = state.calls.most - state.calls.made
    found = [_simplex(state, start, 0.1, left // (STARTS + 2)) for start in starts]
    if not found:
        return []
    best = min(found, key=lambda place: _there(state, place))
    # A simplex may have collapsed on a slope: a fresh one tells.
    return [*found, _simplex(state, best, 0.02, left // (STARTS + 2))]


def _there(state: Search, place: list[float]) -> float:
    return state.loss(state.values[state.places.index(place)])


def _simplex(state: Search, start: Sequence[float], size: float, calls: int) -> list[float]:
    at = [float(one) for one in start]
    corners = [at]
    for i, one in enumerate(at):
        corners.append([*at[:i], one + size if one + size <= 1 else one - size, *at[i + 1 :]])
    before = len(state.values)

    def loss(place: Any) -> float:  # Any: an array
        return state.lost([float(one) for one in place])

    optimize.minimize(
        loss,
        at,
        method="Nelder-Mead",
        bounds=[(0, 1)] * len(at),
        options={
            "initial_simplex": corners,
            "xatol": CLOSE,
            "fatol": 1e-13 * state.spread,
            "maxfev": max(calls, 4),
            "adaptive": True,
        },
    )
    own = range(before, len(state.values))
    return state.places[min(own, key=lambda number: state.loss(state.values[number]))]


def _told(state: Search, found: Sequence[list[float]], notes: list[str]) -> Optimum:
    request, best = state.request, state.best
    value, place = state.values[best], state.places[best]
    assert value is not None
    spread = state.spread
    # What ends elsewhere as well, or nearly: the same place, or another that does as well.
    like = [one for one in found if abs(state.loss(_value(state, one)) - state.loss(value)) <= LIKE * spread]
    others = _apart(like, place)
    reached, more = _doubt(state, place, value)
    if request.target is not None:
        reached += abs(value - request.target)
    reached = max(reached, ROUNDING * abs(value))
    notes += more
    if request.target is not None and abs(value - request.target) > request.tolerance * spread:
        notes.append(f"{request.target:g} was not reached: this is the nearest that was found.")
    if state.calls.failed:
        notes.append(f"{state.calls.failed} calls were refused: {state.refused}")
    edge = [abs(part - round(part)) < 1e-6 for part in place]  # noqa: PLR2004 - the ends are 0 and 1
    notes.append("No number of calls proves that there is nothing better elsewhere in the ranges.")
    schema = state.calls.operation.request.model_json_schema()
    results = state.calls.operation.result.model_json_schema(mode="serialization")
    asked = request.tolerance * (spread or abs(value))
    column = Column(name=request.measure.name, unit=describe(results, request.measure.path, "measure").unit)
    return Optimum(
        operation=request.operation,
        settings=[
            Setting(path=one.path, unit=describe(schema, one.path, "vary").unit, value=at, at_bound=bound)
            for one, at, bound in zip(request.vary, state.inputs[best], edge, strict=True)
        ],
        measure=column,
        value=value,
        others=[state.values_at(one) for one in others[:MOST_OTHERS]],
        inputs=state.inputs,
        values=state.values,
        calls=state.calls.made,
        receipt=Receipt(
            method=ALONE if len(request.vary) == 1 else TOGETHER,
            order=None,
            observed_order=None,
            steps=state.calls.made,
            error_of=f"{column.name}, against the best of these ranges that this search could see",
            error_asked=asked,
            error_reached=reached,
            unit=column.unit,
            estimate="a search about the place found, and the operation's own error",
            met=reached <= asked,
            cost=Cost(evaluations=state.calls.made, of=f"calls of {request.operation}", unknowns=len(request.vary)),
            source=SOURCE,
            checks=[
                compare(
                    f"{column.name}, by another search that ends at a place as good",
                    value,
                    _value(state, one) or 0.0,
                    column.unit,
                    allowed=LIKE * spread,
                )
                for one in like
                if one != place
            ][:1],
            notes=notes,
        ),
    )


def _value(state: Search, place: list[float]) -> float | None:
    return state.values[state.places.index(place)]


def _apart(found: Sequence[list[float]], place: Sequence[float]) -> list[list[float]]:
    """Those that are other places, each once."""
    kept: list[list[float]] = []
    for one in found:
        if all(max(abs(a - b) for a, b in zip(one, other, strict=True)) > 1e-4 for other in (place, *kept)):  # noqa: PLR2004 - of a range
            kept.append(one)
    return kept


def _doubt(state: Search, place: list[float], value: float) -> tuple[float, list[str]]:
    """How much better it is a little beside the place found, and what the operation's own error makes of it."""
    state.calls.most += 4 * len(place) + 2
    doubt, notes = 0.0, list[str]()
    near = 1e-4
    if state.request.target is None:
        for i, part in enumerate(place):
            for by in (-near, near):
                if not 0 <= part + by <= 1:
                    continue
                beside = [*place[:i], part + by, *place[i + 1 :]]
                change = state.loss(state.measured(beside)) - state.loss(value)
                # Along a slope of a hair's width this much is still to be gained; at the bottom, nothing.
                doubt = max(doubt, -change) if math.isfinite(change) else doubt
    if state.calls.has_tolerance:
        sharper = state.measured(place, tighter=True)
        if sharper is None:
            notes.append(f"What the operation's own error does to the measure is not known: {state.refused}")
        else:
            doubt += abs(sharper - value)
    return doubt, notes
