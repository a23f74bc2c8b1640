"""What a test found, before it is written down, and tails of distributions by a second way."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.data.samples import Alternative, Assumption

    Array = NDArray[np.float64]

stats: Any = import_module("scipy.stats")  # Any: scipy has no types
mpmath: Any = import_module("mpmath")  # Any: it has no types


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A test's numbers; `again` is its p-value by a second way, None where there is none."""

    hypothesis: str
    statistic: float
    statistic_name: str
    p: float
    again: float | None
    way: str
    """The second way, in words."""
    degrees: tuple[float, ...] = ()
    exact: bool = True
    effect: float
    effect_name: str
    estimate: float
    estimate_name: str
    low: float | None = None
    high: float | None = None
    power: str
    assumptions: list[Assumption] = field(default_factory=list["Assumption"])
    method: str
    source: str
    notes: list[str] = field(default_factory=list[str])


def student(t: float, degrees: float, alternative: Alternative) -> tuple[float, float]:
    """The chance of a t at least as extreme, by scipy, and by the incomplete beta function in 30 digits."""
    with mpmath.workdps(30):
        tail = mpmath.betainc(degrees / 2, 0.5, 0, degrees / (degrees + mpmath.mpf(t) ** 2), regularized=True) / 2
        above = tail if t > 0 else 1 - tail
        exact = float({"two-sided": 2 * tail, "greater": above, "less": 1 - above}[alternative])
    known = float(stats.t.sf(t, degrees))
    two = 2 * float(stats.t.sf(abs(t), degrees))
    return {"two-sided": two, "greater": known, "less": float(stats.t.cdf(t, degrees))}[alternative], exact


def fisher(f: float, upper: float, lower: float) -> tuple[float, float]:
    """The chance of an F at least as large, by both ways."""
    with mpmath.workdps(30):
        x = mpmath.mpf(lower) / (lower + upper * mpmath.mpf(f))
        exact = float(mpmath.betainc(mpmath.mpf(lower) / 2, mpmath.mpf(upper) / 2, 0, x, regularized=True))
    return float(stats.f.sf(f, upper, lower)), exact


def chi_square(x: float, degrees: float) -> tuple[float, float]:
    """The chance of a χ² at least as large, by both ways."""
    with mpmath.workdps(30):
        exact = float(mpmath.gammainc(mpmath.mpf(degrees) / 2, mpmath.mpf(x) / 2, mpmath.inf, regularized=True))
    return float(stats.chi2.sf(x, degrees)), exact


def normal(z: float, alternative: Alternative) -> tuple[float, float]:
    """The chance of a normal z at least as extreme, by both ways."""
    with mpmath.workdps(30):
        above = mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2)) / 2
        exact = float({"two-sided": 2 * min(above, 1 - above), "greater": above, "less": 1 - above}[alternative])
    two = 2 * float(stats.norm.sf(abs(z)))
    return {"two-sided": two, "greater": float(stats.norm.sf(z)), "less": float(stats.norm.cdf(z))}[alternative], exact


BETA, GAMMA = "incomplete beta function in 30 digits", "incomplete gamma function in 30 digits"


def enough(size: float, what: str) -> str:
    """What effect the samples' size would have shown: 2.8 = 1.96 + 0.84 standard errors, for 80 % at 5 %."""
    if not math.isfinite(size):
        return "Samples as small as these show no effect reliably."
    return f"Samples of this size show {what} of {size:.2g} in 80 of 100 cases, at 5 % (normal approximation)."
