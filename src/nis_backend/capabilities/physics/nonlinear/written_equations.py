"""Equations that people write: read, differentiated, and asked whether their shortest waves grow without bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.nonlinear.starts import read_start
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest
    from nis_backend.capabilities.physics.nonlinear.spectral import Array
    from nis_backend.numerics.formula import Formula

FIELDS = "uvw"
HIGHEST = 4
"""Highest derivative in x."""
SEAM = 1e-3
"""Jump of a rate, of its largest, that is told where a period ends."""


def derivative(name: str, order: int) -> str:
    """How a derivative is written: u, u_x, u_xx."""
    return name + ("_" + "x" * order if order else "")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A system: its fields, the right sides, the starts; what stands in them linearly with a constant in front."""

    fields: str
    rates: list[Callable[..., Any]]
    """Functions of x, t and all derivatives of all fields, in the order of `symbols`."""
    starts: list[Callable[..., Array]]
    linear: list[dict[int, float]]
    """For each field, its own derivatives that its equation has with a constant factor and nowhere else."""
    used: set[tuple[int, int]]
    """Fields and orders that stand in any equation."""
    timed: bool

    @property
    def symbols(self) -> list[tuple[int, int]]:
        """Field and order of each argument after x and t."""
        return [(one, order) for one in range(len(self.fields)) for order in range(HIGHEST + 1)]

    @property
    def order(self) -> int:
        """The highest derivative."""
        return max((order for _, order in self.used), default=0)

    @property
    def stiffly_nonlinear(self) -> bool:
        """Whether what is not linear has too many derivatives for steps that are explicit in it."""
        rest = max((order for one, order in self.used if order not in self.linear[one]), default=0)
        # A term of another field's equation counts as well: `linear` names the own ones only.
        return rest > 1 and rest > min(max(own, default=0) for own in self.linear) - 2

    def right(self, x: Array, t: float, values: dict[tuple[int, int], Array]) -> Array:
        """The rates, `(fields, places)`; what is missing in `values` counts as zero."""
        zero = np.zeros_like(x)
        arguments = [values.get(one, zero) for one in self.symbols]
        with np.errstate(all="ignore"):
            return np.array([np.broadcast_to(rate(x, t, *arguments), x.shape) for rate in self.rates], dtype=float)

    def slopes(self, x: Array, t: float, values: dict[tuple[int, int], Array]) -> dict[tuple[int, int], Array]:
        """∂rate/∂symbol of each symbol that is used, `(fields, places)`, by central differences."""
        found: dict[tuple[int, int], Array] = {}
        for one in self.used:
            at = values.get(one, np.zeros_like(x))
            h = 6e-6 * (1 + np.abs(at))
            up, down = (self.right(x, t, {**values, one: at + sign * h}) for sign in (1, -1))
            found[one] = (up - down) / (2 * h)
        return found


def jumps_at_seam(written: Written, request: PdeRequest) -> list[str]:
    """In words, the equations that say another thing of one end of a period than of the other.

    Asked with the fields and all their derivatives at two values, lest what is multiplied by one of them be nought.
    """
    x = np.linspace(request.left, request.right, 65)
    rates = np.array(
        [
            written.right(x, part * request.duration, {one: np.full_like(x, value) for one in written.symbols})
            for part in (0.0, 0.37, 1.0)
            for value in (0.0, 0.8)
        ]
    )
    jumps = np.max(np.abs(rates[:, :, -1] - rates[:, :, 0]), axis=0)
    return [
        f"The equation of {name} is not the same at both ends of the period: there the field has a kink or a jump, and "
        "its error falls slowly. Give coefficients and sources that repeat, or other ends."
        for name, jump, size in zip(written.fields, jumps, np.max(np.abs(rates), axis=(0, 2)), strict=True)
        if jump > SEAM * size
    ]


def read_system(request: PdeRequest) -> Written:
    """Read the equations and the starts.

    Raises:
        InvalidRequest: they are no equations of this kind, or not one start for each.
    """
    texts = [one for one in request.equation.split(";") if one.strip()]
    if not 1 <= len(texts) <= len(FIELDS):
        raise InvalidRequest(
            f"There are {len(texts)} equations.",
            field="equation",
            value=request.equation,
            remedy="Give one to three, separated by semicolons.",
        )
    fields = FIELDS[: len(texts)]
    symbols = [derivative(name, order) for name in fields for order in range(HIGHEST + 1)]
    formulas = [_read(text, name, symbols) for text, name in zip(texts, fields, strict=True)]
    starts = [one for one in request.initial.split(";") if one.strip()]
    if len(starts) != len(fields):
        raise InvalidRequest(
            f"There are {len(fields)} fields and {len(starts)} starts.",
            field="initial",
            value=request.initial,
            remedy="Give a formula of x for each field, separated by semicolons.",
        )
    return Written(
        fields=fields,
        rates=[one.compile("x", "t", *symbols) for one in formulas],
        starts=[read_start(one, "x", field="initial") for one in starts],
        linear=[_linear(formulas, number, name) for number, name in enumerate(fields)],
        used={
            (number, order)
            for number, name in enumerate(fields)
            for order in range(HIGHEST + 1)
            if any(derivative(name, order) in one.names for one in formulas)
        },
        timed=any("t" in one.names for one in formulas),
    )


def _read(text: str, name: str, symbols: list[str]) -> Formula:
    left, sign, right = text.partition("=")
    wanted = re.compile(rf"\s*(?:{name}_t|d{name}/dt|∂{name}/∂t|∂_t\s*{name}|{name}')\s*")
    if sign and not wanted.fullmatch(left):
        raise InvalidRequest(
            f"The left side {left.strip()!r} is not {name}_t.",
            field="equation",
            value=text,
            remedy=f"Solve it for the time derivative first: {name}_t = …; of higher ones in time, make a system.",
        )
    return read_formula(right if sign else text, ["x", "t", *symbols], field="equation")


def _linear(formulas: list[Formula], number: int, name: str) -> dict[int, float]:
    """The own derivatives that a field's equation has with a constant factor, and that stand in no other equation."""
    found: dict[int, float] = {}
    expression: Any = None
    for order in range(HIGHEST + 1):
        symbol = derivative(name, order)
        own = formulas[number]
        others = any(symbol in one.names for one in formulas if one is not own)
        if symbol not in own.names or others:
            continue
        expression = own.sympy() if expression is None else expression
        by = [one for one in expression.free_symbols if one.name == symbol]
        # A symbol that sympy has cancelled, as in u_x - u_x, has the factor 0.
        slope = expression.diff(by[0]) if by else expression * 0
        if not slope.free_symbols and slope.is_finite:
            found[order] = float(slope)
    return found


def growth(written: Written, x: Array, values: dict[tuple[int, int], Array], wave: float) -> tuple[float, float]:
    """Largest rate at which a short wave of this number grows, its coefficients frozen; and of its largest rate."""
    slopes = written.slopes(x, 0.0, values)
    many = len(written.fields)
    symbol = np.zeros((len(x), many, many), dtype=complex)
    for (one, order), slope in slopes.items():
        symbol[:, :, one] += slope.T * (1j * wave) ** order
    if not np.all(np.isfinite(symbol)):
        return 0.0, 0.0
    rates = np.linalg.eigvals(symbol)
    return float(np.max(rates.real)), float(np.max(np.abs(rates)))


def require_well_posed(written: Written, x: Array, values: dict[tuple[int, int], Array], length: float) -> str:
    """What short waves do.

    Raises:
        InvalidRequest: the shorter a wave, the faster it grows: no solution depends on its start continuously.
    """
    if written.order == 0:
        return "no derivatives in x: each place goes its own way"
    waves = [2 * np.pi / length * many for many in (1e3, 1e4)]
    (short, size), (shorter, larger) = (growth(written, x, values, one) for one in waves)
    if shorter > 1e-7 * larger and shorter > 3 * max(short, 1e-7 * size):
        raise InvalidRequest(
            f"The shorter a wave, the faster it grows: of wave number {waves[0]:.3g} at a rate of {short:.3g}, "
            f"of {waves[1]:.3g} at {shorter:.3g}. Rounding alone would drown the solution.",
            field="equation",
            remedy="Check the sign of the highest derivative: u_t = u_xx and u_t = -u_xxxx spread, the opposite signs "
            "run diffusion backwards; systems of first order need real speeds.",
        )
    damped = min(short, shorter) < -1e-7 * larger and shorter < 3 * short
    return "short waves are damped" if damped else "short waves travel, or some are not damped"
