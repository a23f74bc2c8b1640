"""Exponentials of what is linear in a field: the functions φ, and the weights of ETDRK4 that stand on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Modal = NDArray[Any]  # real or complex

SMALL = 4.0
"""|z| below which the functions φ are summed as series, and above which they are had from e^z."""


def phi(z: Modal, most: int) -> list[Modal]:
    """φ_0 = e^z, φ_1 = (e^z - 1)/z, …, φ_most: φ_k(z) is the integral of e^((1-s)z) s^(k-1)/(k-1)! over 0 to 1.

    Source: Hochbruck & Ostermann, Exponential integrators, Acta Numerica 19 (2010), 209-286, section 2.
    """
    small = np.abs(z) < SMALL
    inner = np.where(small, z, 0)
    term = np.full_like(inner, 1 / math.factorial(most))
    total = term.copy()
    for m in range(1, 40):
        term = term * inner / (most + m)
        total = total + term
    below = [total]
    for k in range(most - 1, -1, -1):
        below.append(inner * below[-1] + 1 / math.factorial(k))
    below.reverse()
    outer = np.where(small, 1, z)
    above = [np.exp(z)]
    for k in range(most):
        above.append((above[-1] - 1 / math.factorial(k)) / outer)
    return [np.where(small, a, b) for a, b in zip(below, above, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Coefficients:
    """What a step of length h needs for each mode: exp(hL), exp(hL/2) and the four weights of ETDRK4."""

    whole: Modal
    half: Modal
    inner: Modal
    first: Modal
    middle: Modal
    last: Modal


def coefficients(linear: Modal, h: float) -> Coefficients:
    """Those of modes that grow by these rates.

    Source: Cox & Matthews, J. Comput. Phys. 176 (2002), 430-455, their weights written by φ.
    """
    halves, wholes = phi(h / 2 * linear, 1), phi(h * linear, 3)
    return Coefficients(
        whole=wholes[0],
        half=halves[0],
        inner=h / 2 * halves[1],
        first=h * (wholes[1] - 3 * wholes[2] + 4 * wholes[3]),
        middle=h * (wholes[2] - 2 * wholes[3]),
        last=h * (4 * wholes[3] - wholes[2]),
    )
