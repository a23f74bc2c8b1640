"""What a grid cannot have seen of the data: peaks between its nodes or its steps, which no finer grid need find."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields.axes import onto_places, span
from nis_backend.capabilities.physics.fields.given import Written
from nis_backend.capabilities.physics.fields.hidden import sight

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.data import Data
    from nis_backend.capabilities.physics.fields.given import Event, Given, Place
    from nis_backend.capabilities.physics.fields.grid import Grid

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which
    At = dict[str, Array]

THIN = 0.03
"""Part of the largest value by which data may leave what the nodes around it show."""
HELD_UP = 48
"""Places at which polynomials are held against what depends on time."""
FINEST = 20_000


def doubts(data: Data, more: dict[str, Place], grid: Grid, times: int, nodal: Container[str] = ()) -> list[str]:
    """What a solution on this grid, in so many steps, may have missed, a sentence each.

    `more` is what else is given in space. What is `nodal` is taken at nodes alone; of other data that does not change,
    volumes in one dimension take shares of all that is between.
    """
    found: list[str] = []
    flat = grid.terms.width is not None
    for name, place in {"the start": data.start, **more}.items():
        given = place.given if isinstance(place, Written) else None
        if given is not None and (flat or name in nodal):
            found += _told(name, given, grid, data, times, {})
    if not data.source.zero and (flat or "the source" in nodal or not data.source.steady):
        found += _told("the source", data.source, grid, data, times, {})
    a, b = data.lengths
    fixed = {"left": {"x": 0.0}, "right": {"x": a}, "bottom": {"y": 0.0}, "top": {"y": b}}
    for name, given in data.edges.values.items():
        if not given.zero:
            found += _told(f"{name}.value", given, grid, data, times, fixed[name])
    return found


def unseen(name: str, given: Given, size: float) -> list[str]:
    """The same of what is given on a square around a shape, beside 128 even places along it."""
    seen = sight(given.formula, (("x", size), ("y", size))) if given.formula is not None else None
    if seen is None or not seen.places or not len(seen.places["x"]):
        return []
    at = {**seen.places, "t": np.zeros(len(seen.places["x"]))}
    line = np.linspace(0, size, 128)
    nodes = {one: line for one in ("x", "y") if one in (given.formula.names if given.formula else ())}
    missed = float(np.max(_outside(lambda one: _each(given.event, one), nodes, at, _each(given.event, at))))
    if missed > THIN * seen.largest or seen.left > THIN:
        return [
            f"What {name} does between 128 places along a side is not all seen: it is narrower, or changes too fast."
        ]
    return []


def _told(name: str, given: Given, grid: Grid, data: Data, times: int, fixed: dict[str, float]) -> Iterator[str]:  # noqa: PLR0913, PLR0917 - what is looked at, and by what
    extents = (("x", data.lengths[0]), ("y", data.lengths[1]), ("t", data.duration))
    along = tuple((one, size) for one, size in extents if size and one not in fixed)
    if given.formula is None:
        return
    seen = sight(given.formula, along)
    if not seen.places:
        return
    count = len(next(iter(seen.places.values())))
    at = {one: seen.places.get(one, np.full(count, fixed.get(one, 0.0))) for one in ("x", "y", "t")}
    varies = given.formula.names - set(fixed)
    missed = _missed(given.event, grid, at, varies, np.linspace(0, data.duration, min(4 * times, FINEST) + 1))
    if missed > THIN * seen.largest:
        yield (
            f"Somewhere {name} is {missed / seen.largest:.1g} of its largest value away from what nodes and steps "
            "around it show: what is narrower than they are is not in the answer."
        )
    elif seen.left > THIN:
        yield f"What {name} does between nodes and steps could not be bounded: it changes too fast."


def _missed(event: Event, grid: Grid, at: At, varies: frozenset[str] | set[str], moments: Array) -> float:
    """By how much the data leaves what nodes and steps show of it."""
    if not len(at["x"]):
        return 0.0
    truth = event(at["x"], at["y"], 0.0) if "t" not in varies else _each(event, at)
    found = 0.0
    if "t" in varies:
        found = float(np.max(_outside(lambda one: _each(event, one), {"t": moments}, at, truth)))
    nodes = {name: axis.nodes for name, axis in (("x", grid.x), ("y", grid.y)) if name in varies}
    if not nodes:
        return found
    if grid.coarse:
        return max(found, float(np.max(_outside(lambda one: _each(event, one), nodes, at, truth))))
    return max(found, max(_by_polynomials(event, grid, at, varies, truth), default=0.0))


def _each(event: Event, at: At) -> Array:
    """At so many places, each at its own time."""
    if np.ptp(at["t"]) == 0:
        return event(at["x"], at["y"], float(at["t"].flat[0]))
    return event(at["x"], at["y"], at["t"])  # pyright: ignore[reportArgumentType] - a formula takes arrays of times, too


def _outside(value: Callable[[At], Array], nodes: At, at: At, truth: Array) -> Array:
    """How far the truth is from all that two nodes before and two after show."""
    around = {
        name: np.clip(np.searchsorted(line, at[name])[None, :] + np.arange(-2, 2)[:, None], 0, len(line) - 1)
        for name, line in nodes.items()
    }
    low, high = np.full_like(truth, np.inf), np.full_like(truth, -np.inf)
    for numbers in product(range(4), repeat=len(nodes)):
        moved = {name: nodes[name][around[name][number]] for name, number in zip(nodes, numbers, strict=True)}
        shown = value({**at, **moved})
        low, high = np.minimum(low, shown), np.maximum(high, shown)
    return np.maximum(np.maximum(truth - high, low - truth), 0.0)


def _by_polynomials(
    event: Event, grid: Grid, at: At, varies: frozenset[str] | set[str], truth: Array
) -> Iterator[float]:
    for number in range(min(HELD_UP, len(truth))):
        x, y, t = (float(at[name][number]) for name in ("x", "y", "t"))
        value, onto = [np.array([x]), np.array([y])], [np.ones(1), np.ones(1)]
        for which, (name, axis, place) in enumerate((("x", grid.x, x), ("y", grid.y, y))):
            if name in varies:
                value[which] = span(axis.cut, axis.length)
                onto[which] = onto_places(axis.cut, axis.length, np.array([place]))[0]
        yield abs(float(onto[0] @ event(value[0][:, None], value[1][None, :], t) @ onto[1]) - float(truth[number]))
