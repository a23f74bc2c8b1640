"""Potentials on a disc: Fourier's series around, polynomials along the whole diameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields.axes import Cut, lobatto, onto_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.given import Given
    from nis_backend.capabilities.physics.fields.potential import PoissonRequest

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

METHOD = "Fourier series around, polynomials along the diameter"
SOURCE = (
    "Trefethen, Spectral Methods in MATLAB (2000), chapter 11; check: finite elements, scikit-fem, JOSS 5 (2020), 2369"
)
DEGREES = (11, 15, 21, 31, 43, 61, 87, 121)
"""Degrees along the diameter; odd, so that no node is in the middle."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """A potential on one grid, at the places of the answer; nan outside."""

    seen: Array
    centre: float
    mean: float
    steps: int
    unknowns: int


def turn(request: PoissonRequest, source: Given, value: Given, degree: int) -> Round:
    """The potential: one small system for each term of the series around.

    Along the diameter from -R to R a term of order m is even or odd as m is, so that the middle is no edge.
    """
    radius = request.length / 2
    x, _, d = lobatto(degree)
    around = degree + 1
    angle = 2 * np.pi * np.arange(around) / around
    half = (degree + 1) // 2
    r = radius * x[half:][::-1]  # from the edge inwards
    places = radius + r[:, None] * np.cos(angle), radius + r[:, None] * np.sin(angle)
    given = np.fft.rfft(source.event(*places, 0.0), axis=1)
    edge = np.fft.rfft(value.event(places[0][0], places[1][0], 0.0))
    first, second = (d / radius), (d @ d) / radius**2
    terms: Array = np.empty((half, around // 2 + 1), dtype=complex)
    for m in range(around // 2 + 1):
        parity = 1.0 if m % 2 == 0 else -1.0
        slope, bend = (_halved(one, half, parity) for one in (first, second))
        matrix = request.conductivity * (bend + slope / r[:, None] - np.diag((m / r) ** 2))
        matrix -= request.screening * np.eye(half)
        right = -given[:, m]
        match request.left.kind:
            case "dirichlet":
                matrix[0] = np.eye(half)[0]
            case _:
                matrix[0] = slope[0] + request.left.coefficient * np.eye(half)[0] * (request.left.kind == "robin")
        right[0] = edge[m]
        terms[:, m] = np.linalg.solve(matrix, right)
    still: Array = np.real(terms[:, 0]) / around
    whole, cut = np.concatenate([still, still[::-1]]), Cut(elements=1, degree=degree)
    gauss, weight = np.polynomial.legendre.leggauss(degree)
    out = (gauss + 1) / 2
    return Round(
        seen=_seen(request, terms, degree),
        centre=float((onto_places(cut, 2.0, np.ones(1)) @ whole)[0]),
        mean=float((weight * out) @ (onto_places(cut, 2.0, 1 + out) @ whole)),
        steps=degree,
        unknowns=half * around,
    )


def _halved(matrix: Array, half: int, parity: float) -> Array:
    """An operator on the whole diameter as it acts on a half, from the edge inwards, of what is even or odd."""
    turned = matrix[::-1, ::-1]
    return turned[:half, :half] + parity * turned[:half, half:][:, ::-1]


def _seen(request: PoissonRequest, terms: Array, degree: int) -> Array:
    """Values at even places, a row for each y; nan outside."""
    radius = request.length / 2
    places = np.linspace(-radius, radius, request.points)
    x, y = (one.ravel() for one in np.meshgrid(places, places))
    away = np.hypot(x, y)
    inside = away <= radius * (1 + 1e-12)
    onto = onto_places(Cut(elements=1, degree=degree), 2.0, 1 + np.minimum(away[inside] / radius, 1.0))
    angle = np.arctan2(y[inside], x[inside])
    orders = np.arange((degree + 1) // 2 + 1)
    parity = np.where(orders % 2 == 0, 1.0, -1.0)
    # From -R to R: the far half first, as nodes are numbered.
    whole = np.concatenate([parity * terms, terms[::-1]])
    weight = np.full(len(orders), 2.0)
    weight[0] = 1.0
    weight[-1] = 1.0 if (degree + 1) % 2 == 0 else 2.0
    values = np.real(np.sum((onto @ whole) * np.exp(1j * np.outer(angle, orders)) * weight, axis=1)) / (degree + 1)
    seen = np.full(x.shape, np.nan)
    seen[inside] = values
    return seen.reshape(len(places), len(places))
