"""How large the constants of a formula are, found without working them out: 9^9^9 has 370 million digits."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING, assert_never

from nis_backend.numerics.formula import CONSTANTS, Binary, Call, Constant, Name, Number, Sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.numerics.formula import Node

STEEPEST = 10_000
"""Power that anything may be raised to: x^10000 is beyond all use."""

_CONTEXT = Context(prec=24, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
"""Decimals, whose exponents have 18 digits, without exceptions: what is larger yet is infinite."""
_INFINITE, _UNDEFINED = Decimal("Infinity"), Decimal("NaN")


class _TooLargeError(Exception):
    """A constant is beyond what is allowed."""


def refuse_large(tree: Node, largest: int) -> str:
    """What is wrong with the sizes of the constants in a tree, or nothing."""
    try:
        _size(tree, largest)
    except _TooLargeError as error:
        return str(error)
    return ""


def _size(node: Node, largest: int) -> Decimal | None:
    """A constant's value to some digits, NaN of what is undefined, None of what holds a variable."""
    match node:
        case Number(value):
            size = Decimal(value)
        case Constant(name):
            size = Decimal(CONSTANTS[name])
        case Name():
            return None
        case Sign(of):
            inner = _size(of, largest)
            return None if inner is None else -inner
        case Binary("^", base, exponent):
            size = _raised(_size(base, largest), _size(exponent, largest), largest)
        case Binary(operator, left, right):
            size = _joined(operator, _size(left, largest), _size(right, largest))
        case Call(function, arguments):
            size = _called(function, [_size(one, largest) for one in arguments])
        case _:
            assert_never(node)
    if size is not None and not size.is_nan() and size and (size.is_infinite() or size.adjusted() >= largest):
        msg = f"grows beyond 10^{largest}"
        raise _TooLargeError(msg)
    return size


def _raised(base: Decimal | None, exponent: Decimal | None, largest: int) -> Decimal | None:
    if exponent is not None and not exponent.is_nan() and abs(exponent) > STEEPEST:
        msg = f"has a power of {exponent:.3g}"
        raise _TooLargeError(msg)
    if base is None or exponent is None:
        return None
    raised = _CONTEXT.power(base, exponent)
    # What is as small as that has as many digits.
    if raised.is_finite() and raised and raised.adjusted() < -largest:
        msg = f"falls below 10^-{largest}"
        raise _TooLargeError(msg)
    return raised


def _joined(operator: str, a: Decimal | None, b: Decimal | None) -> Decimal | None:
    if a is None or b is None:
        return None
    match operator:
        case "+":
            return _CONTEXT.add(a, b)
        case "-":
            return _CONTEXT.subtract(a, b)
        case "*":
            return _CONTEXT.multiply(a, b)
        case _:
            return _CONTEXT.divide(a, b) if b else _UNDEFINED


def _called(function: str, arguments: list[Decimal | None]) -> Decimal | None:
    given = [one for one in arguments if one is not None]
    if len(given) < len(arguments):
        return None
    if any(one.is_nan() for one in given):
        return _UNDEFINED
    exactly = _BY_DECIMALS.get(function)
    return exactly(given[0]) if exactly else _by_floats(function, given)


def _gamma(x: Decimal) -> Decimal:
    """The gamma function, by its logarithm; at and below 0 it is either small or a pole."""
    if x <= 0:
        return _UNDEFINED
    number = float(x)
    power = math.lgamma(number) / math.log(10) if number < 1e300 else math.inf  # noqa: PLR2004 - lgamma overflows beyond
    return _CONTEXT.power(Decimal(10), Decimal(power)) if math.isfinite(power) else _INFINITE


_BY_DECIMALS: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": _CONTEXT.exp,
    "sqrt": _CONTEXT.sqrt,
    "gamma": _gamma,
    "factorial": lambda x: _gamma(x + 1),
    **dict.fromkeys(("abs", "floor", "ceil"), abs),
}
"""What may grow, or keep what a float does not hold."""


def _by_floats(function: str, given: list[Decimal]) -> Decimal:
    from nis_backend.numerics.compiled import scalar_functions  # noqa: PLC0415 - it reads this module's nodes, too

    try:
        return Decimal(float(scalar_functions()[f"f_{function}"](*map(float, given))))
    except OverflowError:
        return _INFINITE
    except (ValueError, ZeroDivisionError):
        return _UNDEFINED
