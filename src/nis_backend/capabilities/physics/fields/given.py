"""What a request gives a field, as functions of arrays: the start, sources, edges; and how smooth it is."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields.axes import Axis, Cut, Side, onto_places, span
from nis_backend.capabilities.physics.fields.hidden import integral, sight
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Number, give, read_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.hidden import Sight
    from nis_backend.capabilities.physics.fields.region import Boundary, Region
    from nis_backend.numerics.formula import Formula

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which
    Place = Callable[[Array, Array], Array]
    Event = Callable[[Array, Array, float], Array]

interpolate: Any = import_module("scipy.interpolate")  # Any: scipy has no types

SMOOTH = 1e-6
"""Part of its largest value by which polynomials may miss data that counts as smooth."""
FINE = 4096
"""Parts of a volume in which its mean is found where the data jumps in it."""
SPECTRAL = (
    *(Cut(elements=1, degree=one) for one in (12, 16, 24, 32, 48, 64)),
    *(Cut(elements=one, degree=32) for one in (3, 4, 6, 8, 12)),
)
"""Cuts for smooth data, each finer than the one before."""
FLAT = 7
"""How many of `SPECTRAL` are used in two dimensions."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A function of place and time that a request gives."""

    event: Event
    steady: bool
    """Whether it does not depend on time."""
    zero: bool
    text: str
    formula: Formula | None = None
    """What it was read from."""

    def at(self, t: float, lengths: tuple[float, float]) -> Written:
        """What it is at a time, as a function of place."""
        formula = None if self.formula is None else give(self.formula, {"t": Number(t)})
        return Written(given=self, t=t, formula=formula, lengths=lengths)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A formula of place on a region, which can be looked at between any two places."""

    given: Given
    t: float
    formula: Formula | None
    lengths: tuple[float, float]

    def __call__(self, x: Array, y: Array) -> Array:
        """Values at these places."""
        return self.given.event(x, y, self.t)

    @property
    def sight(self) -> Sight | None:
        """As far as bounds show it."""
        if self.formula is None:
            return None
        a, b = self.lengths
        return sight(self.formula, (("x", a), ("y", b)) if b else (("x", a),))


def read_given(text: str, field: str, *, flat: bool, timed: bool = True) -> Given:
    """A formula of x, in two dimensions of y too, and of t.

    Raises:
        InvalidRequest: it is no such formula; what it gives where it is no number is told when it is met.
    """
    names = ("x", "y") if flat else ("x",)
    return as_given(read_formula(text, (*names, "t") if timed else names, field=field), names)


def as_given(formula: Formula, names: Sequence[str]) -> Given:
    """A formula that was read, of these places and of t."""
    compiled, text, field = formula.compile("x", "y", "t"), formula.text, formula.field

    def event(x: Array, y: Array, t: float) -> Array:
        with np.errstate(all="ignore"):
            values = np.broadcast_to(
                np.asarray(compiled(x, y, np.asarray(t, dtype=float)[()]), dtype=float), np.broadcast(x, y).shape
            )
        if not np.all(np.isfinite(values)):
            at = np.argmin(np.isfinite(values))
            where = ", ".join(
                f"{name} = {float(np.broadcast_to(one, values.shape).flat[at]):.4g}"
                for name, one in zip(names, (x, y), strict=False)
            )
            raise InvalidRequest(
                f"{field} is no number at {where}.",
                field=field,
                value=text[:80],
                remedy="Give a formula that is finite there.",
            )
        return values

    return Given(
        event=event,
        steady="t" not in formula.names,
        zero=formula.text.strip() in {"0", "0.0"},
        text=text,
        formula=formula,
    )


def read_start(initial: str, samples: Sequence[Sequence[float]], region: Region, field: str = "initial") -> Place:
    """The start as a function of place, of a formula or of samples."""
    if not samples:
        given = read_given(initial, field, flat=region.width is not None, timed=False)
        return given.at(0.0, (region.length, region.width or 0.0))
    rows = {len(row) for row in samples}
    least = 2
    if len(rows) > 1 or min(rows) < least or max(rows) > 1001 or (region.width is None) != (len(samples) == 1):  # noqa: PLR2004 - as below
        raise InvalidRequest(
            "The samples are no even table.",
            field="samples",
            value=f"{len(samples)} rows of {sorted(rows)} numbers",
            remedy="Give one row of 2 to 1001 numbers, in two dimensions several rows of equal length.",
        )
    table = np.array(samples)
    along = interpolate.PchipInterpolator(np.linspace(0, region.length, table.shape[1]), table, axis=1)
    if region.width is None:
        return lambda x, y: np.broadcast_to(along(x.ravel())[0].reshape(x.shape), np.broadcast(x, y).shape)
    up = np.linspace(0, region.width, len(samples))

    def place(x: Array, y: Array) -> Array:
        whole = np.broadcast(x, y).shape
        if x.shape != (len(x), 1) or y.shape[0] != 1:
            flat_x, flat_y = (np.broadcast_to(one, whole).ravel() for one in (x, y))
            return interpolate.interpn(
                (up, np.linspace(0, region.length, table.shape[1])), table, (flat_y, flat_x), method="linear"
            ).reshape(whole)
        return interpolate.PchipInterpolator(up, along(x.ravel()), axis=0)(y.ravel()).T

    return place


def read_profile(text: str, field: str, region: Region, *, flat: bool) -> Profile | None:
    """What multiplies a coefficient along x, a formula that is above 0 everywhere; None where it is 1."""
    if text.strip() in {"1", "1.0"}:
        return None
    if flat:
        raise InvalidRequest(
            "What changes from place to place is solved in one dimension.",
            field=field,
            value=text[:80],
            remedy=f"Leave width out, or {field}.",
        )
    profile = Profile(
        place=read_given(text, field, flat=False, timed=False).at(0.0, (region.length, 0.0)), text=text, field=field
    )
    profile(np.linspace(0, region.length, 1001))
    profile(bends(profile.place)[0])
    return profile


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What multiplies a coefficient along x."""

    place: Written
    text: str
    field: str

    def __call__(self, x: Array) -> Array:
        """Values there, all above 0."""
        values = self.place(x, np.zeros(1))
        if np.any(values <= 0):
            raise InvalidRequest(
                f"{self.field} is not above 0 everywhere.",
                field=self.field,
                value=self.text[:80],
                remedy="Give a formula that is larger than 0 from x = 0 to the length.",
            )
        return values


@dataclass(frozen=True, kw_only=True)
class Edges:
    """The sides of both axes, and what is given on them as functions of the place along them and of time."""

    x: tuple[Side, Side]
    y: tuple[Side, Side]
    values: dict[str, Given]

    @property
    def sides(self) -> dict[str, Side]:
        """By name."""
        return {"left": self.x[0], "right": self.x[1], "bottom": self.y[0], "top": self.y[1]}

    @property
    def steady(self) -> bool:
        """Whether nothing given on them depends on time."""
        return all(one.steady for one in self.values.values())

    @property
    def zero(self) -> bool:
        """Whether all that is given on them is 0."""
        return all(one.zero for one in self.values.values())


def read_edges(region: Region, *, timed: bool = True) -> Edges:
    """The edges of a region; those of an axis that is not there are closed."""

    def side(boundary: Boundary) -> Side:
        return Side(kind=boundary.kind, coefficient=boundary.coefficient if boundary.kind == "robin" else 0.0)

    values: dict[str, Given] = {}
    for name, boundary in region.edges.items():
        if boundary.kind != "periodic":
            values[name] = read_given(boundary.value, f"{name}.value", flat=region.width is not None, timed=timed)
    return Edges(x=(side(region.left), side(region.right)), y=(side(region.bottom), side(region.top)), values=values)


def along_edges(edges: Edges, x: Array, y: Array, lengths: tuple[float, float], t: float) -> dict[str, Array]:
    """What is given on each edge, at these places along it."""
    a, b = lengths
    places = {
        "left": (np.zeros_like(y), y),
        "right": (np.full_like(y, a), y),
        "bottom": (x, np.zeros_like(x)),
        "top": (x, np.full_like(x, b)),
    }
    return {name: one.event(*places[name], t) for name, one in edges.values.items()}


def means(place: Place, x: Axis, y: Axis, *, fine: bool = True) -> Array:
    """The mean of each volume around a node, `(nx, ny)`: no larger and no smaller than the data.

    `fine` looks closer where the data jumps.
    """
    if len(y.nodes) == 1 and isinstance(place, Written) and (seen := place.sight) is not None:
        return _shares(place, x, seen.edges)[:, None]
    spans = [_spans(one) for one in (x, y)]
    around = [one.length if one.periodic else np.inf for one in (x, y)]
    gauss, weight = np.polynomial.legendre.leggauss(4)

    def inside(at: tuple[Array, Array], parts: Array) -> Array:
        return at[0][:, None] + (at[1] - at[0])[:, None] * parts[None, :]

    def average(rule: Array, share: Array, rows: slice, columns: slice) -> tuple[Array, Array, Array]:
        xs = inside((spans[0][0][rows], spans[0][1][rows]), rule)
        flat = len(y.nodes) > 1
        ys = inside((spans[1][0][columns], spans[1][1][columns]), rule) if flat else np.zeros((1, 1))
        values = place(np.mod(xs, around[0]).reshape(-1, 1), np.mod(ys, around[1]).reshape(1, -1)).reshape(
            len(xs), len(rule), len(ys), -1
        )
        across = share if flat else np.ones(1)
        mean = np.einsum("iajb,a,b->ij", values, share, across)
        return mean, values.min(axis=(1, 3)), values.max(axis=(1, 3))

    whole = slice(None)
    mean, low, high = average((gauss + 1) / 2, weight / 2, whole, whole)
    jumps = np.argwhere(high - low > 0.02 * (high.max() - low.min() + 1e-300))
    parts = FINE if len(y.nodes) == 1 else 64
    if fine and 0 < len(jumps) <= 6000:  # noqa: PLR2004 - of a field that is rough throughout, finer sums say no more
        rule = (np.arange(parts) + 0.5) / parts
        for i, j in jumps:
            mean[i, j] = average(rule, np.full(parts, 1 / parts), slice(i, i + 1), slice(j, j + 1))[0][0, 0]
    return mean


def _shares(place: Place, axis: Axis, edges: Array) -> Array:
    """What falls to each node of the straight lines between nodes, by pieces over which the data changes little.

    Unlike the mean of a volume this keeps where narrow data is, not only how much of it there is.
    """
    nodes = np.append(axis.nodes, axis.length) if axis.periodic else axis.nodes
    pieces = np.union1d(nodes, edges)
    between = (pieces[:-1] + pieces[1:]) / 2
    element = np.clip(np.searchsorted(nodes, between) - 1, 0, len(nodes) - 2)
    h = axis.length / axis.cut.intervals
    none = np.zeros((1, 1))
    whole = integral(lambda at: place(at[:, None], none)[:, 0], pieces)
    first = integral(lambda at: place(at[:, None], none)[:, 0] * (at - nodes[_element(nodes, at)]) / h, pieces)
    shares, heavy = np.zeros(len(nodes)), np.full(len(nodes), h)
    np.add.at(shares, element, whole - first)
    np.add.at(shares, element + 1, first)
    heavy[[0, -1]] = h / 2
    if axis.periodic:
        shares[0] += shares[-1]
        heavy[0] = h
        return shares[:-1] / heavy[:-1]
    return shares / heavy


def _element(nodes: Array, at: Array) -> NDArray[np.int64]:
    return np.clip(np.searchsorted(nodes, at) - 1, 0, len(nodes) - 2)


def _spans(axis: Axis) -> tuple[Array, Array]:
    """Where the volume around each node begins and ends."""
    if len(axis.nodes) == 1:
        return np.zeros(1), np.zeros(1)
    h = axis.length / axis.cut.intervals
    if axis.periodic:
        return axis.nodes - h / 2, axis.nodes + h / 2
    return np.clip(axis.nodes - h / 2, 0, axis.length), np.clip(axis.nodes + h / 2, 0, axis.length)


@dataclass(frozen=True, kw_only=True)
class Smoothness:
    """How well polynomials meet the data: the first of `SPECTRAL` that does, None where none does, and in words."""

    first: int | None
    words: str
    largest: float
    """The largest value met."""
    left: dict[str, float]
    """Of each: the most that may hide where bounds do not hold tightly, in the mean, as a part of its largest value."""

    def unbounded(self, tolerance: float) -> list[str]:
        """What may hide more than is asked for, a sentence each."""
        return [
            f"{name[0].upper()}{name[1:]} changes so fast that bounds leave open what {one:.1g} of its largest value, "
            "in the mean, may do between the places looked at."
            for name, one in self.left.items()
            if one > tolerance
        ]


def smoothness(places: dict[str, Place], lengths: tuple[float, float], *, flat: bool, wanted: float) -> Smoothness:
    """Hold each cut of `SPECTRAL` against the data between its nodes, until all are met to `wanted` of the largest."""
    # So many places between nodes that a bump as narrow as a hundredth is seen.
    x = (np.arange(1201 if not flat else 181) + 0.3) / (1201.1 if not flat else 181.1) * lengths[0]
    y = (np.arange(181) + 0.3) / 181.1 * lengths[1] if flat else np.zeros(1)
    seen = {name: place(x[:, None], y[None, :]) for name, place in places.items()}
    largest = {name: float(np.max(np.abs(one))) for name, one in seen.items()}
    more = {name: bends(place) for name, place in places.items()}
    also = {name: places[name](*at) if len(at[0]) else np.zeros(0) for name, at in more.items()}
    largest = {name: max(one, float(np.max(np.abs(also[name]), initial=0.0))) for name, one in largest.items()}
    left = {name: place.sight.left for name, place in places.items() if isinstance(place, Written) and place.sight}
    looked = f"looked at in {len(x)} places along a side and, by bounds, at all between"
    cuts = SPECTRAL[:FLAT] if flat else SPECTRAL
    worst, name = 0.0, next(iter(places))
    for number, cut in enumerate(cuts):
        nodes = [span(cut, lengths[0]), span(cut, lengths[1]) if flat else np.zeros(1)]
        onto = [onto_places(cut, lengths[0], x), onto_places(cut, lengths[1], y) if flat else np.eye(1)]
        missed: dict[str, float] = {}
        for one, place in places.items():
            values = place(nodes[0][:, None], nodes[1][None, :])
            off = float(np.max(np.abs(onto[0] @ values @ onto[1].T - seen[one])))
            if len(also[one]):
                off = max(off, float(np.max(np.abs(_met(cut, lengths, values, more[one]) - also[one]))))
            missed[one] = off / max(largest[one], 1e-300)
        name = max(missed, key=missed.__getitem__)
        worst = missed[name]
        if worst <= max(wanted, 1e-12) or (number == len(cuts) - 1 and worst <= SMOOTH):
            words = (
                f"smooth data: polynomials of degree {cut.degree} in {cut.elements} element{'s'[: cut.elements > 1]}"
            )
            return Smoothness(
                first=number,
                words=f"{words} meet it to {worst:.0e} of its largest value; {looked}",
                largest=max(largest.values()),
                left=left,
            )
    return Smoothness(
        first=None,
        words=f"rough data: polynomials miss {name} by {worst:.0e} of its largest value, however fine; {looked}",
        largest=max(largest.values()),
        left=left,
    )


def bends(place: Place) -> tuple[Array, Array]:
    """Where bounds show that the data bends most, a column of x and one of y."""
    found = place.sight if isinstance(place, Written) else None
    if found is None or "x" not in found.places:
        return np.zeros(0), np.zeros(0)
    x = found.places["x"]
    return x, found.places.get("y", np.zeros_like(x))


def _met(cut: Cut, lengths: tuple[float, float], values: Array, places: tuple[Array, Array]) -> Array:
    """What polynomials through values at the nodes make of scattered places `(k,)`."""
    along = onto_places(cut, lengths[0], places[0])
    up = onto_places(cut, lengths[1], places[1]) if lengths[1] else np.ones((len(along), 1))
    return np.einsum("ki,ij,kj->k", along, values, up, optimize=True)
