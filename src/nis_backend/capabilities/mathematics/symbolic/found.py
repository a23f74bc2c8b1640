"""What was found of equations, before it is written, and whether values satisfy them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.capabilities.mathematics.symbolic.equations import left_over, number
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.equations import System

Outcome = Literal["solved", "none", "every value", "infinitely many", "numbers only", "unknown"]
SETTLED = 1e-20
"""What values may leave of an equation that they satisfy, of its larger side or of 1; 40 digits are computed."""


@dataclass(kw_only=True)
class Found:
    """What was found, before it is written; any: sympy has no types."""

    outcome: Outcome
    method: str
    values: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    """For each solution, a value for each unknown."""
    multiplicities: list[int] = field(default_factory=list[int])
    by_numbers: bool = False
    """Whether a value is a number of many digits, and not exact."""
    families: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    """Solutions in which some unknowns are free."""
    whole: Any = None
    """All of it as a set of sympy's, where there are infinitely many."""
    notes: list[str] = field(default_factory=list[str])
    checks: list[Check] = field(default_factory=list[Check])


def holds(system: System, values: tuple[Any, ...]) -> bool | None:
    """Whether values satisfy all equations; None where names are left in them."""
    if system.others or any(one.free_symbols for one in values):
        return None
    missed = missed_by(system, values)
    if system.real and any(one.is_real is False for one in values):
        return False
    return missed is not None and missed <= SETTLED


def missed_by(system: System, values: tuple[Any, ...]) -> float | None:
    """What values leave of the equations; None where names are left in them, or where one has no value."""
    if system.others or any(one.free_symbols for one in values):
        return None
    precise = Precise(60)
    numbers = [number(precise, one) for one in values]
    if any(one is None for one in numbers):
        return None
    return left_over(system, dict(zip((one.name for one in system.unknowns), numbers, strict=True)))


def place_of(value: Any) -> tuple[float, float, str]:
    """By what values are put in order."""
    try:
        number_of = complex(value)
    except TypeError:
        return 0.0, 0.0, str(value)
    return number_of.real, number_of.imag, ""
