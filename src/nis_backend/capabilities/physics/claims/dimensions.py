"""An equation's dimensions and values, term by term."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NoReturn

from nis_backend.capabilities.physics.claims.claimed import EquationVerdict, Side
from nis_backend.capabilities.physics.constants import look_up
from nis_backend.capabilities.physics.measures import Constant
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import CONSTANTS, FUNCTIONS, Binary, Call, Number, Sign, read_equation
from nis_backend.numerics.formula import Constant as Named
from nis_backend.numerics.quantity import base_of
from nis_backend.numerics.written import format_number, format_power, format_powers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.capabilities.physics.claims.claimed import EquationRequest, Verdict
    from nis_backend.numerics.formula import Formula, Node

KNOWN = {
    "c": Constant.SPEED_OF_LIGHT,
    "G": Constant.GRAVITATIONAL,
    "h": Constant.PLANCK,
    "hbar": Constant.REDUCED_PLANCK,
    "ħ": Constant.REDUCED_PLANCK,
    "k_B": Constant.BOLTZMANN,
    "kB": Constant.BOLTZMANN,
    "N_A": Constant.AVOGADRO,
    "R": Constant.GAS,
    "q_e": Constant.ELEMENTARY_CHARGE,
    "m_e": Constant.ELECTRON_MASS,
    "m_p": Constant.PROTON_MASS,
    "eps_0": Constant.VACUUM_PERMITTIVITY,
    "mu_0": Constant.VACUUM_PERMEABILITY,
    "sigma_SB": Constant.STEFAN_BOLTZMANN,
    "g": Constant.STANDARD_GRAVITY,
}
"""Symbols that stand for a constant of nature, where the caller gives them no other meaning."""

_SYMBOLS = {
    "length": "m",
    "mass": "kg",
    "time": "s",
    "current": "A",
    "temperature": "K",
    "substance": "mol",
    "luminosity": "cd",
}
_ALIKE = frozenset({"abs", "min", "max", "floor", "ceil"})
"""Functions that keep the dimension of their argument."""

Powers = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A value in SI's base units, None where it is not known, and the powers of what it measures."""

    value: float | None
    powers: Powers = ()


class Mismatch(Exception):
    """Two things are added or compared that do not measure the same, or a function is given what is no number."""


def check(request: EquationRequest) -> EquationVerdict:
    """Hold the two sides of the equation against each other.

    Raises:
        InvalidRequest: it cannot be read, or a symbol is neither given nor known.
    """
    equation = read_equation(request.equation, field="equation")
    known, assumed = _values(request, equation.left.names | equation.right.names)
    try:
        left, right = (_measure(side.tree, known) for side in (equation.left, equation.right))
    except Mismatch as mismatch:
        return EquationVerdict(
            verdict="refuted",
            reason=str(mismatch),
            dimensions_agree=False,
            left=_side_or_none(equation.left, known),
            right=_side_or_none(equation.right, known),
            difference=None,
            assumed=assumed,
        )
    # 0 measures whatever the other side does; how far that is from it is told by what was added up.
    nothing = [_nothing(side.tree) for side in (equation.left, equation.right)]
    size = max(_size(side.tree, known) for side in (equation.left, equation.right)) if any(nothing) else 0.0
    verdict, reason, difference = _compare(request, left, right, size, nothing=any(nothing))
    return EquationVerdict(
        verdict=verdict,
        reason=reason,
        dimensions_agree=left.powers == right.powers or any(nothing),
        left=_side(left),
        right=_side(right),
        difference=difference,
        assumed=assumed,
    )


def _compare(
    request: EquationRequest, left: Measured, right: Measured, size: float, *, nothing: bool
) -> tuple[Verdict, str, float | None]:
    if left.powers != right.powers and not nothing:
        return "refuted", f"The left side is {dimension(left)}, the right side is {dimension(right)}.", None
    told = left if left.powers else right
    what = dimension(told)
    if left.value is None or right.value is None:
        return "cannot say", f"Both sides are {what}; without values nothing more is known.", None
    if not math.isfinite(left.value) or not math.isfinite(right.value):
        return "cannot say", "A side is no finite number for these values.", None
    largest = max(abs(left.value), abs(right.value), size)
    difference = abs(left.value - right.value) / largest if largest else 0.0
    numbers = f"{format_number(left.value, 6)} against {format_number(right.value, 6)} {unit_of(told)}".rstrip()
    if difference <= request.tolerance:
        return "confirmed", f"Both sides are {what} and agree: {numbers}.", difference
    return "refuted", f"Both sides are {what}, and their values differ: {numbers}.", difference


def _values(request: EquationRequest, names: frozenset[str]) -> tuple[dict[str, Measured], dict[str, str]]:
    """What each symbol is, and which were taken for constants of nature."""
    known, assumed = dict[str, Measured](), dict[str, str]()
    for name, text in request.quantities.items():
        if name not in names:
            raise InvalidRequest(
                f"The equation has no {name!r}.",
                field=f"quantities.{name}",
                value=text,
                remedy=f"Its symbols are {', '.join(sorted(names)) or 'none'}.",
            )
        value, powers = base_of(text, f"quantities.{name}")
        known[name] = Measured(value=value, powers=_fractions(powers))
    for name in sorted(names - known.keys()):
        if name not in KNOWN:
            raise InvalidRequest(
                f"What {name!r} measures is not said.",
                field=f"quantities.{name}",
                value="",
                remedy=f'Give quantities.{name} as a quantity such as "3 kg", a unit, or a number.',
            )
        constant = look_up(KNOWN[name])
        _, powers = base_of(constant.unit.replace(" ", "*"), name)
        known[name] = Measured(value=constant.value, powers=_fractions(powers))
        assumed[name] = f"{constant.name.value}, {constant.value:.10g} {constant.unit}".rstrip()
    return known, assumed


def _measure(node: Node, known: Mapping[str, Measured]) -> Measured:  # noqa: PLR0911 - one a kind of node
    match node:
        case Number(value):
            return Measured(value=float(value))
        case Named(name):
            return Measured(value=CONSTANTS[name])
        case Sign(of):
            inner = _measure(of, known)
            return Measured(value=None if inner.value is None else -inner.value, powers=inner.powers)
        case Binary("^", left, right):
            return _power(_measure(left, known), _measure(right, known))
        case Binary("+" | "-" as operator, left, right):
            return _sum(operator, _measure(left, known), _measure(right, known))
        case Binary(operator, left, right):
            return _product(operator, _measure(left, known), _measure(right, known))
        case Call(function, arguments):
            return _called(function, [_measure(one, known) for one in arguments])
        case _:
            return known[node.name]


def _sum(operator: str, a: Measured, b: Measured) -> Measured:
    if a.powers != b.powers:
        _refuse(f"{'adds' if operator == '+' else 'subtracts'} {dimension(a)} and {dimension(b)}")
    if a.value is None or b.value is None:
        return Measured(value=None, powers=a.powers)
    return Measured(value=a.value + b.value if operator == "+" else a.value - b.value, powers=a.powers)


def _product(operator: str, a: Measured, b: Measured) -> Measured:
    sign = 1 if operator == "*" else -1
    powers = dict(a.powers)
    for name, power in b.powers:
        powers[name] = powers.get(name, Fraction(0)) + sign * power
    if a.value is None or b.value is None:
        value = None
    else:
        value = a.value * b.value if operator == "*" else a.value / b.value if b.value else math.nan
    return Measured(value=value, powers=_settled(powers))


def _power(a: Measured, b: Measured) -> Measured:
    if b.powers:
        _refuse(f"raises to a power that is {dimension(b)}")
    if a.powers and b.value is None:
        _refuse(f"raises {dimension(a)} to a power whose value is not given")
    exponent = Fraction(b.value or 0).limit_denominator(60)
    powers = _settled({name: power * exponent for name, power in a.powers})
    if a.value is None or b.value is None:
        return Measured(value=None, powers=powers)
    try:
        value = math.pow(a.value, b.value)
    except (ValueError, OverflowError):
        value = math.nan
    return Measured(value=value, powers=powers)


def _called(function: str, arguments: list[Measured]) -> Measured:
    first = arguments[0]
    if function in _ALIKE or function == "atan2":
        for one in arguments[1:]:
            if one.powers != first.powers:
                _refuse(f"compares {dimension(first)} and {dimension(one)}")
        powers = first.powers if function in _ALIKE else ()
    elif function in ("sqrt", "cbrt"):
        part = Fraction(1, 2 if function == "sqrt" else 3)
        powers = _settled({name: power * part for name, power in first.powers})
    elif first.powers and function != "sign":
        _refuse(f"takes {function} of {dimension(first)}, which is no number")
    else:
        powers = ()
    values = [one.value for one in arguments if one.value is not None]
    if len(values) < len(arguments):
        return Measured(value=None, powers=powers)
    names = "xyz"[: FUNCTIONS[function]]
    try:
        value = float(
            read_equation(f"{function}({','.join(names)})", names).left.compile(*names, arrays=False)(*values)
        )
    except (ValueError, OverflowError, ZeroDivisionError):
        value = math.nan
    return Measured(value=value, powers=powers)


def _refuse(what: str) -> NoReturn:
    msg = f"It {what}."
    raise Mismatch(msg)


def _settled(powers: Mapping[str, Fraction]) -> Powers:
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _fractions(powers: Iterable[tuple[str, int]]) -> Powers:
    """An angle counts as a pure number in an equation: the arc is the radius times it."""
    return tuple((name, Fraction(power)) for name, power in powers if name != "angle")


def _nothing(tree: Node) -> bool:
    """Whether a side is a plain 0, which measures whatever the other one does."""
    return isinstance(tree, Number) and tree.value == 0


def _size(tree: Node, known: Mapping[str, Measured]) -> float:
    """The largest of the terms that a side adds up; 0 where one has no value."""
    match tree:
        case Binary("+" | "-", left, right):
            return max(_size(left, known), _size(right, known))
        case Sign(of):
            return _size(of, known)
        case _:
            value = _measure(tree, known).value
            return abs(value) if value is not None and math.isfinite(value) else 0.0


def _side(measured: Measured) -> Side:
    value = measured.value if measured.value is not None and math.isfinite(measured.value) else None
    return Side(dimension=dimension(measured), value=value, unit=unit_of(measured))


def _side_or_none(formula: Formula, known: Mapping[str, Measured]) -> Side | None:
    try:
        return _side(_measure(formula.tree, known))
    except Mismatch:
        return None


def dimension(measured: Measured) -> str:
    """`length / time²`."""
    return format_powers(measured.powers)


def unit_of(measured: Measured) -> str:
    """`kg·m·s⁻²`."""
    return "·".join(f"{_SYMBOLS.get(name, name)}{format_power(power)}" for name, power in measured.powers)
