"""Whether an answer is right, asked another way: both sides worked out at points, by code that does no algebra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.symbolic import sympy, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.numerics.formula import Formula, Node

    Value = Callable[[Mapping[str, Any]], Any | None]
    """A number where names have values, None where there is none; any: mpmath's numbers have no types."""

POINTS = 3
"""Points at which two expressions are compared."""
DIGITS = 40
"""Digits they are worked out to."""
MORE_DIGITS = 1000
"""The same where they differ at first: the terms of (x - 1)^1000, expanded, cancel to nothing."""
ALLOWED = 1e-12
"""Largest difference of the two, of the larger, that counts as agreement."""
_PLACES = ("0.37", "1.23", "-0.71", "2.41", "-1.83", "3.19", "0.11", "-2.6", "5.3", "0.83", "7.9", "-4.7")
"""Where names are tried; no zero or pole of a usual function is among them."""
SOURCE = "sympy 1.14: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103"
_LARGEST = 1e290


def trial_points(names: Sequence[str], positive: Sequence[str] = ()) -> list[dict[str, str]]:
    """Values for the names, another for each."""
    count = len(_PLACES)
    some = [
        {name: _PLACES[(at * (2 * place + 1) + 5 * place) % count] for place, name in enumerate(names)}
        for at in range(count)
    ]
    kept = [{name: one.lstrip("-") if name in positive else one for name, one in point.items()} for point in some]
    return kept if names else [{}]


def value_of_tree(tree: Node, precise: Precise) -> Value:
    """A formula's value, by mpmath on its tree."""
    imaginary = {"i": precise.mp.mpc(0, 1), "I": precise.mp.mpc(0, 1)}
    return lambda values: precise.value(tree, {**imaginary, **values})


def value_of(expression: Any, precise: Precise) -> Value:
    """An expression's value: of its text as it is read again, and by sympy where formulas do not have what is in it."""
    formula = read_again(expression)
    if formula is not None:
        return value_of_tree(formula.tree, precise)

    def by_sympy(values: Mapping[str, Any]) -> Any | None:
        found = attempt(lambda: _by_sympy(expression, values, precise), 6_000_000)
        return None if isinstance(found, Failed) else found

    return by_sympy


def read_again(expression: Any) -> Formula | None:
    """An expression as the formula that its text is; None where formulas do not have what is in it."""
    try:
        formula = read_formula(write_text(expression), largest=4000)
    except (InvalidRequest, ValueError, RecursionError):
        return None
    # Si(x) would be read as Si times x.
    return formula if formula.names <= {one.name for one in expression.free_symbols} | {"i"} else None


def _by_sympy(expression: Any, values: Mapping[str, Any], precise: Precise) -> Any | None:
    given = {
        one: sympy.Float(str(values[one.name]), precise.mp.dps) for one in expression.free_symbols if one.name in values
    }
    found = expression.subs(given).evalf(precise.mp.dps) if given else expression.evalf(precise.mp.dps)
    if not found.is_number or found.has(sympy.nan, sympy.zoo, sympy.oo):
        return None
    real, imaginary = found.as_real_imag()
    if not (real.is_Float or real.is_Rational) or not (imaginary.is_Float or imaginary.is_Rational):
        return None
    if imaginary == 0:
        return precise.mp.mpf(str(real))
    return precise.mp.mpc(str(real), str(imaginary))


def compare_at(  # noqa: PLR0913 - two values, where, and how nearly
    name: str,
    computed: Value,
    expected: Value,
    points: Sequence[Mapping[str, str]],
    precise: Precise,
    *,
    allowed: float = ALLOWED,
) -> list[Check]:
    """Both at the first of these points where both have a value; with more digits where they cancel."""
    checks: list[Check] = []
    for point in points:
        if len(checks) == POINTS:
            break
        where = ", ".join(f"{key} = {value}" for key, value in point.items())
        title = f"{name}{' at ' if where else ''}{where}"
        values = {key: precise.mp.mpf(value) for key, value in point.items()}
        one = _compared(title, computed, expected, values, allowed)
        if one is not None and not one.agrees:
            with precise.mp.workdps(MORE_DIGITS):
                values = {key: precise.mp.mpf(value) for key, value in point.items()}
                one = _compared(title, computed, expected, values, allowed)
        if one is not None:
            checks.append(one)
    return checks


def _compared(title: str, computed: Value, expected: Value, values: Mapping[str, Any], allowed: float) -> Check | None:
    wanted = expected(values)
    if wanted is None or abs(wanted) > _LARGEST:
        return None
    found = computed(values)
    if found is None or abs(found) > _LARGEST:
        return None
    return check(title, found, wanted, allowed=allowed)


def check(name: str, found: Any, wanted: Any, *, allowed: float = ALLOWED, least: float = 1e-30) -> Check:
    """Two values compared, complex ones by the distance between them; `allowed` is of the value, or of `least`."""
    most = allowed * max(least, float(abs(wanted)))
    apart = float(abs(found - wanted))
    if _real(found) and _real(wanted):
        a, b = float(_part(found)), float(_part(wanted))
    else:
        name, a, b = f"{name}, by modulus", float(abs(found)), float(abs(wanted))
    return Check(name=name, computed=a, expected=b, unit="", allowed=most, agrees=apart <= most)


def _real(value: Any) -> bool:
    return not hasattr(value, "imag") or abs(float(value.imag)) < 1e-30  # noqa: PLR2004 - rounding of 40 digits


def _part(value: Any) -> Any:
    return value.real if hasattr(value, "real") else value


def exact_receipt(
    method: str, error_of: str, checks: list[Check], *, notes: Sequence[str] = (), source: str = SOURCE
) -> Receipt:
    """The receipt of an exact answer: met where a second way was had, and agrees."""
    told = list(notes)
    if not checks:
        told.append("No point was found at which a second way has a value: the algebra stands alone.")
    return Receipt(
        method=method,
        order=None,
        observed_order=None,
        steps=0,
        error_of=error_of,
        error_asked=0.0,
        error_reached=0.0,
        unit="",
        estimate="exact",
        met=bool(checks) and all(one.agrees for one in checks),
        cost=Cost(evaluations=2 * len(checks), of="values compared", unknowns=0),
        source=source,
        checks=checks,
        notes=told,
    )


def numeric_receipt(  # noqa: PLR0913 - each is one line of the receipt
    method: str, error_of: str, checks: list[Check], *, asked: float, reached: float, estimate: str,
    evaluations: int, of: str, source: str, notes: Sequence[str] = (),
) -> Receipt:  # fmt: skip
    """The receipt of a number that was found without a closed form."""
    return Receipt(
        method=method,
        order=None,
        observed_order=None,
        steps=0,
        error_of=error_of,
        error_asked=asked,
        error_reached=reached,
        unit="",
        estimate=estimate,
        met=reached <= asked and all(one.agrees for one in checks),
        cost=Cost(evaluations=evaluations, of=of, unknowns=0),
        source=source,
        checks=checks,
        notes=list(notes),
    )
