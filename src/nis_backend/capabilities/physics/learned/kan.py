"""A Kolmogorov-Arnold network of one hidden layer: every edge is a function of its own, a cubic spline and a bent line.

Source: Liu et al., KAN: Kolmogorov-Arnold Networks, ICLR 2025, arXiv:2404.19756; splines: de Boor, A Practical Guide to
Splines (1978).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned.descent import Descent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RIDGE = 1e-4
"""How much a coefficient's own square counts: what no row reaches stays near 0."""
SPARSE = 3e-3
"""How much an edge's size counts while edges compete."""
LEAST_EDGE = 0.02
"""Scatter of an edge by that of its node, below which it is taken away."""
COMPETE_EVERY = 5
"""Steps between two weighings of the edges."""


def basis(places: Array, intervals: int) -> tuple[Array, Array]:
    """Each function of an edge at `places` (-1 to 1 and a little beyond), and its slope: `(rows, intervals + 4)`."""
    u = (places[:, None] + 1) * intervals / 2 - np.arange(-1, intervals + 2)
    far = np.abs(u)
    outside = np.maximum(2 - far, 0)
    value = np.where(far < 1, (4 - 6 * far**2 + 3 * far**3) / 6, outside**3 / 6)
    slope = np.where(far < 1, -2 * u + 1.5 * u * far, -np.sign(u) * outside**2 / 2)
    half = 1 / (1 + np.exp(-np.clip(3 * places, -60, 60)))
    bent, steep = places * half, half + 3 * places * half * (1 - half)
    return np.column_stack([bent, value]), np.column_stack([steep, slope * intervals / 2])


@dataclass(kw_only=True)
class Kan:
    """The network: `inner` edges (input, node), `outer` edges from each node; parameters in one row, edge by edge."""

    inner: list[tuple[int, int]]
    nodes: int
    intervals: int
    inputs: Array
    """Scaled to -1 to 1, `(rows, inputs)`."""
    outputs: Array
    weights: Array = field(default_factory=lambda: np.zeros(0))
    """How much each edge's square counts."""
    middles: Array = field(default_factory=lambda: np.zeros(0))
    widths: Array = field(default_factory=lambda: np.ones(0))
    """Where each node's values lie: its outer edge is a function of (value - middle)/width."""
    _inner_basis: list[Array] = field(default_factory=list["Array"])

    def __post_init__(self) -> None:
        """Evaluate what does not change: the inner edges' functions at the rows."""
        self._inner_basis = [basis(self.inputs[:, one], self.intervals)[0] for one, _ in self.inner]
        if not len(self.middles):
            self.middles, self.widths = np.zeros(self.nodes), np.ones(self.nodes)
        self.weights = np.zeros(self.edges)

    @property
    def edges(self) -> int:
        """How many."""
        return len(self.inner) + self.nodes

    @property
    def each(self) -> int:
        """Parameters of an edge."""
        return self.intervals + 4

    def split(self, parameters: Array) -> tuple[Array, float]:
        """Coefficients `(edges, each)`, and the constant."""
        return parameters[:-1].reshape(self.edges, self.each), float(parameters[-1])

    def sums(self, parameters: Array) -> Array:
        """What each node is given, `(rows, nodes)`."""
        own, _ = self.split(parameters)
        found = np.zeros((len(self.inputs), self.nodes))
        for edge, (_, node) in enumerate(self.inner):
            found[:, node] += self._inner_basis[edge] @ own[edge]
        return found

    def residuals(self, parameters: Array) -> Array:
        """See `Squares.residuals`."""
        own, constant = self.split(parameters)
        sums = self.sums(parameters)
        told = np.full(len(self.inputs), constant)
        for node in range(self.nodes):
            place = (sums[:, node] - self.middles[node]) / self.widths[node]
            told += basis(place, self.intervals)[0] @ own[len(self.inner) + node]
        return np.concatenate([told - self.outputs, self._pull() * parameters])

    def rows(self, parameters: Array) -> tuple[Array, Array]:
        """See `Squares.rows`."""
        own, constant = self.split(parameters)
        sums = self.sums(parameters)
        count = len(self.inputs)
        turned = np.zeros((count + len(parameters), len(parameters)))
        told = np.full(count, constant)
        slopes = np.empty_like(sums)
        for node in range(self.nodes):
            edge = len(self.inner) + node
            place = (sums[:, node] - self.middles[node]) / self.widths[node]
            value, slope = basis(place, self.intervals)
            told += value @ own[edge]
            turned[:count, edge * self.each : (edge + 1) * self.each] = value
            slopes[:, node] = slope @ own[edge] / self.widths[node]
        for edge, (_, node) in enumerate(self.inner):
            span = slice(edge * self.each, (edge + 1) * self.each)
            turned[:count, span] = slopes[:, node, None] * self._inner_basis[edge]
        turned[:count, -1] = 1
        pull = self._pull()
        turned[count:][np.diag_indices(len(parameters))] = pull
        return np.concatenate([told - self.outputs, pull * parameters]), turned

    def _pull(self) -> Array:
        """What each parameter's own square counts, by rows."""
        own = np.repeat(np.sqrt(RIDGE**2 + self.weights), self.each)
        return np.append(own, 0.0) * np.sqrt(len(self.inputs) / self.each)

    def begin(self, chance: np.random.Generator) -> Array:
        """Parameters to begin with: inner edges at random, outer ones straight."""
        own = np.zeros((self.edges, self.each))
        knots = np.linspace(-1 - 2 / self.intervals, 1 + 2 / self.intervals, self.intervals + 3)
        for edge in range(self.edges):
            line = chance.normal() if edge < len(self.inner) else 1 / np.sqrt(self.nodes)
            own[edge, 1:] = line * knots * 0.5 + 0.1 * chance.normal(size=self.intervals + 3)
        return np.append(own.ravel(), 0.0)

    def recentred(self, parameters: Array, intervals: int, inner: list[tuple[int, int]]) -> tuple[Kan, Array]:
        """The same functions on another grid, nodes' values at -1 to 1, with these inner edges alone."""
        own, constant = self.split(parameters)
        sums = self.sums(parameters)
        kept = sorted({node for _, node in inner})
        low, high = sums.min(axis=0), sums.max(axis=0)
        middles, widths = (low + high) / 2, np.maximum((high - low) / 2, 1e-9) * 1.05
        there = Kan(
            inner=[(one, kept.index(node)) for one, node in inner],
            nodes=len(kept),
            intervals=intervals,
            inputs=self.inputs,
            outputs=self.outputs,
            middles=middles[kept],
            widths=widths[kept],
        )
        fine = np.linspace(-1, 1, 8 * intervals + 1)
        wanted = basis(fine, intervals)[0]
        coarse = basis(fine, self.intervals)[0]
        rows = [_fitted(wanted, coarse @ own[self.inner.index(pair)]) for pair in inner]
        for node in kept:
            place = (fine * widths[node] + middles[node] - self.middles[node]) / self.widths[node]
            rows.append(_fitted(wanted, basis(place, self.intervals)[0] @ own[len(self.inner) + node]))
        return there, np.append(np.concatenate(rows), constant)

    def at(self, parameters: Array, inputs: Array) -> Array:
        """The network's output at other rows."""
        other = Kan(
            inner=self.inner, nodes=self.nodes, intervals=self.intervals, inputs=inputs, outputs=np.zeros(len(inputs)),
            middles=self.middles, widths=self.widths,
        )  # fmt: skip
        return other.residuals(parameters)[: len(inputs)]

    def scatter(self, parameters: Array) -> Array:
        """How much each edge's value varies over the rows, `(edges,)`."""
        own, _ = self.split(parameters)
        sums = self.sums(parameters)
        inner = [float(np.std(one @ own[edge])) for edge, one in enumerate(self._inner_basis)]
        outer: list[float] = []
        for node in range(self.nodes):
            place = (sums[:, node] - self.middles[node]) / self.widths[node]
            outer.append(float(np.std(basis(place, self.intervals)[0] @ own[len(inner) + node])))
        return np.array(inner + outer)


def _fitted(wanted: Array, values: Array) -> Array:
    """Coefficients whose function has these values, with the least squares of their own."""
    damped = np.vstack([wanted, 1e-7 * np.eye(wanted.shape[1])])
    return np.asarray(np.linalg.lstsq(damped, np.append(values, np.zeros(wanted.shape[1])), rcond=None)[0], dtype=float)


def descend(
    kan: Kan, parameters: Array, steps: int, heard: Callable[[float], None], *, compete: bool = False
) -> tuple[Array, int]:
    """Train; edges `compete` where each pays for its size, so that the weak ones fade. Parameters, and steps taken."""
    descent = Descent(squares=kan, parameters=parameters, damping=1e-2)
    for step in range(steps):
        if compete and step % COMPETE_EVERY == 0:
            own, _ = kan.split(descent.parameters)
            sizes = np.sqrt(np.mean(own**2, axis=1))
            kan.weights = SPARSE**2 / (sizes + 0.01)
            descent.moved()
        before = descent.loss
        if not descent.step():
            break
        heard(descent.loss)
        if not compete and descent.loss > before * (1 - 1e-5):
            break
    kan.weights = np.zeros(kan.edges)
    return descent.parameters, descent.steps


def pruned(kan: Kan, parameters: Array) -> list[tuple[int, int]]:
    """The inner edges that carry something to a node that carries something."""
    scatter = kan.scatter(parameters)
    inner, outer = scatter[: len(kan.inner)], scatter[len(kan.inner) :]
    heard = outer > LEAST_EDGE * max(float(np.max(outer)), 1e-12)
    largest = np.zeros(kan.nodes)
    for edge, (_, node) in enumerate(kan.inner):
        largest[node] = max(largest[node], inner[edge])
    kept = [
        pair for edge, pair in enumerate(kan.inner) if heard[pair[1]] and inner[edge] > LEAST_EDGE * largest[pair[1]]
    ]
    return kept or [kan.inner[int(np.argmax(inner))]]
