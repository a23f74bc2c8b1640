"""Linear systems read: poles and zeros from coefficients, a formula, or as they are given."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.signals.roots import roots
from nis_backend.capabilities.mathematics.signals.systems import MOST
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Call, read_formula, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.signals.systems import SystemRequest

    Array = NDArray[np.float64]

sympy: Any = import_module("sympy")  # Any: its types do not hold

SAME = 1e-6
"""Distance, relative, within which a zero cancels a pole."""
LEAST, LARGEST = 1e-30, 1e30
"""Sizes of poles and zeros between which doubles hold what is made of them."""


@dataclass(frozen=True, kw_only=True)
class System:
    """Numerator and denominator without common factors, the denominator's first coefficient 1."""

    over: Array
    under: Array
    gain: float
    poles: Any
    zeros: Any
    cancelled: Any
    dt: float | None
    merged: list[tuple[complex, int]] = field(default_factory=list[tuple[complex, int]])
    """Poles taken as one that repeats, for they differ by rounding alone; and how often."""

    def at(self, frequency: Array) -> Any:  # Any: a complex array
        """The response at these frequencies, rad/s."""
        return self.through(1j * frequency if self.dt is None else np.exp(1j * frequency * self.dt))

    def through(self, s: Any) -> Any:  # Any: a complex array
        """The transfer function there, by its factors: polynomials cancel where poles repeat."""
        found: Any = np.full(np.shape(s), self.gain, dtype=complex)
        for number, pole in enumerate(self.poles):
            found = found * (s - self.zeros[number]) / (s - pole) if number < len(self.zeros) else found / (s - pole)
        return found

    def single(self, frequency: float) -> complex:
        """The response at one frequency."""
        return complex(self.at(np.array([frequency]))[0])

    def decays(self, pole: complex) -> bool:
        """Whether what belongs to this pole dies away."""
        return pole.real < -1e-12 * abs(pole) if self.dt is None else abs(pole) < 1 - 1e-12

    @property
    def dc(self) -> float | None:
        """The output for a constant input of 1; None where a pole integrates."""
        one = 0.0 if self.dt is None else 1.0
        if any(abs(complex(pole) - one) <= one * 1e-13 for pole in self.poles):
            return None
        value = complex(self.through(np.array([one + 0j]))[0]).real
        return value if math.isfinite(value) else None


def read(request: SystemRequest) -> System:
    """The system without leading zeros and common factors.

    Raises:
        InvalidRequest: it is none, differentiates, or has poles of sizes that doubles do not hold.
    """
    if request.formula:
        over, under = _formula(request)
    elif request.denominator:
        over, under = np.array(request.numerator), np.array(request.denominator)
    else:
        zeros = _conjugate([complex(one.real, one.imaginary) for one in request.zeros], "zeros")
        poles = _conjugate([complex(one.real, one.imaginary) for one in request.poles], "poles")
        return _made(request, zeros, poles, request.gain, [])
    require_moderate("numerator", over.tolist())
    require_moderate("denominator", under.tolist())
    over, under = np.trim_zeros(over, "f"), np.trim_zeros(under, "f")
    if not len(under):
        raise InvalidRequest("The denominator is 0.", field="denominator", remedy="Give one that is not.")
    if not len(over):
        raise InvalidRequest("The numerator is 0: nothing comes out.", field="numerator", remedy="Give another.")
    poles, merged = roots(under)
    return _made(request, roots(over)[0], poles, float(over[0] / under[0]), merged)


def _made(
    request: SystemRequest, zeros: list[complex], poles: list[complex], gain: float, merged: list[tuple[complex, int]]
) -> System:
    where = "formula" if request.formula else "denominator" if request.denominator else "poles"
    if len(zeros) > len(poles):
        raise InvalidRequest(
            f"The system has {len(zeros)} zeros and {len(poles)} poles: it differentiates.",
            field="formula" if request.formula else "numerator" if request.denominator else "zeros",
            remedy="Give a numerator of a degree not above the denominator's.",
        )
    left, kept, gone = list(zeros), list[complex](), list[complex]()
    for pole in poles:
        near = next((one for one in left if abs(one - pole) <= SAME * abs(pole)), None)
        if near is None:
            kept.append(pole)
        else:
            left.remove(near)
            gone.append(pole)
    over: Array = (gain * np.real(np.atleast_1d(np.poly(left)))).astype(np.float64)
    under: Array = np.real(np.atleast_1d(np.poly(kept))).astype(np.float64)
    odd = next((one for one in [*poles, *zeros] if one and not LEAST <= abs(one) <= LARGEST), None)
    if odd is not None or not (np.all(np.isfinite(over)) and np.all(np.isfinite(under))):
        raise InvalidRequest(
            f"It has a pole or a zero of size {abs(odd or max(poles, key=abs)):.3g}, beyond what doubles can follow.",
            field=where,
            value=abs(odd or max(poles, key=abs)),
            remedy="Measure time in another unit, so that the poles are nearer to 1.",
        )
    return System(
        over=over,
        under=under,
        gain=gain,
        poles=np.array(kept),
        zeros=np.array(left),
        cancelled=np.array(gone),
        dt=request.sample_time,
        merged=merged,
    )


def _conjugate(places: list[complex], field: str) -> list[complex]:
    """Refuse complex places without their conjugates: the system would answer real inputs by complex outputs."""
    for one in places:
        if one.imag and places.count(one) != places.count(one.conjugate()):
            raise InvalidRequest(
                f"{one.real:g} {'-' if one.imag < 0 else '+'} {abs(one.imag):g}i stands without its conjugate.",
                field=field,
                value=str(one),
                remedy="Give complex poles and zeros in pairs.",
            )
    return places


def _formula(request: SystemRequest) -> tuple[Array, Array]:
    name = "s" if request.sample_time is None else "z"
    formula = read_formula(request.formula, (name,), field="formula")
    if any(isinstance(one, Call) for one in walk(formula.tree)):
        raise InvalidRequest(
            "A transfer function here is a quotient of polynomials.",
            field="formula",
            value=request.formula,
            remedy=f"Give one in {name} without functions; a delay can be approximated by Padé's quotient.",
        )
    symbol = sympy.Symbol(name)
    expression = sympy.together(formula.sympy(**{name: symbol}))
    if not expression.is_rational_function(symbol):
        raise InvalidRequest(
            "It is no quotient of polynomials.", field="formula", value=request.formula, remedy="Use whole powers."
        )
    parts = [sympy.Poly(one, symbol) for one in sympy.fraction(expression)]
    if max(one.degree() for one in parts) > MOST:
        raise InvalidRequest(
            f"Its degree is above {MOST}.", field="formula", value=request.formula, remedy="Give a simpler system."
        )
    over, under = ([float(c) for c in one.all_coeffs()] for one in parts)
    return np.array(over), np.array(under)
