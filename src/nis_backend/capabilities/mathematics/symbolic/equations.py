"""Equations as they are solved: left minus right, the unknowns, and what a value leaves of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.capabilities.mathematics.symbolic.checking import value_of_tree
from nis_backend.capabilities.mathematics.symbolic.terms import (
    IMAGINARY,
    MOST_DIGITS,
    check_name,
    check_size,
    insist,
    symbols_of,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Binary, Formula, read_formula
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy, to_sympy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.mathematics.symbolic.requests import SolveRequest

Relation = Literal["=", "<", ">", "<=", ">=", "!="]

_RELATION = re.compile(r"<=|>=|≤|≥|!=|≠|==|=|<|>")
_SAME: dict[str, Relation] = {
    "=": "=",
    "==": "=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    "≤": "<=",
    ">=": ">=",
    "≥": ">=",
    "!=": "!=",
    "≠": "!=",
}
DIGITS = 40
SMALL = 1e-25
"""What a root may leave of an equation, of the larger side or of 1."""


@dataclass(frozen=True, kw_only=True)
class Posed:
    """One equation: left minus right; any: sympy has no types."""

    text: str
    relation: Relation
    left: Formula
    right: Formula
    expression: Any


@dataclass(frozen=True, kw_only=True)
class System:
    """Equations and their unknowns."""

    equations: Sequence[Posed]
    unknowns: Sequence[Any]
    symbols: Mapping[str, Any]
    real: bool

    @property
    def others(self) -> list[str]:
        """Names that are not solved for."""
        named = {name for one in self.equations for name in one.left.names | one.right.names}
        imaginary = set[str]() if self.real else set(IMAGINARY)
        return sorted(named - {one.name for one in self.unknowns} - imaginary)


def read_system(request: SolveRequest) -> System:
    """The equations that were given.

    Raises:
        InvalidRequest: one is none, or the unknowns are not plain.
    """
    sides = [_sides(text, f"equations.{at}") for at, text in enumerate(request.equations)]
    names = sorted({name for _, left, right in sides for name in left.names | right.names})
    real = request.domain == "real"
    for one in request.variables:
        check_name(one, "variables")
    symbols = symbols_of({*names, *request.variables, "x"}, complex_numbers=not real)
    posed = [
        Posed(
            text=text,
            relation=relation,
            left=left,
            right=right,
            expression=_difference(left, right, symbols, f"equations.{at}"),
        )
        for at, (text, (relation, left, right)) in enumerate(zip(request.equations, sides, strict=True))
    ]
    if (
        len(posed) > 1
        and (wrong := next((at for at, one in enumerate(posed) if one.relation != "="), None)) is not None
    ):
        raise InvalidRequest(
            "An inequality among several equations is not solved here.",
            field=f"equations.{wrong}",
            value=posed[wrong].text,
            remedy="Give one inequality by itself.",
        )
    unknowns = _unknowns(request, [one for one in names if real or one not in IMAGINARY], len(posed))
    return System(equations=posed, unknowns=[symbols[one] for one in unknowns], symbols=symbols, real=real)


def _sides(text: str, field: str) -> tuple[Relation, Formula, Formula]:
    signs = _RELATION.findall(text)
    if len(signs) > 1:
        raise InvalidRequest(
            f"{field} has {len(signs)} signs of relation.",
            field=field,
            value=text,
            remedy="Give one equation or inequality at a time: x > 1, and x < 2 apart.",
        )
    if not signs:
        return "=", read_formula(text, field=field, largest=MOST_DIGITS), read_formula("0", field=field)
    left, right = text.split(signs[0])
    relation = _SAME[signs[0]]
    return (
        relation,
        read_formula(left, field=field, largest=MOST_DIGITS),
        read_formula(right, field=field, largest=MOST_DIGITS),
    )


def _difference(left: Formula, right: Formula, symbols: dict[str, Any], field: str) -> Any:
    found = insist(
        lambda: to_sympy(left.tree, symbols) - to_sympy(right.tree, symbols),
        "It cannot be read",
        field=field,
        value=left.text,
    )
    if found.has(sympy.zoo, sympy.nan):
        raise InvalidRequest(
            f"{field} divides by 0.", field=field, value=left.text, remedy="Give an equation that has values."
        )
    check_size(found, field, left.text)
    return found


def _unknowns(request: SolveRequest, names: list[str], equations: int) -> list[str]:
    if request.variables:
        return list(dict.fromkeys(request.variables))
    if not names:
        return ["x"]
    if len(names) <= equations or len(names) == 1:
        return names
    usual = [name for name in ("x", "y", "z", "w", "u", "v") if name in names][:equations]
    if len(usual) == equations:
        return usual
    raise InvalidRequest(
        f"The equations hold {', '.join(names)}: what to solve for is not said.",
        field="variables",
        value="",
        remedy=f"Name {'one' if equations == 1 else str(equations)} of them in variables.",
    )


def left_over(system: System, values: Mapping[str, Any]) -> float | None:
    """The largest amount by which values miss an equation, of its larger side or of 1; None where one has no value."""
    precise = Precise(DIGITS)
    worst = 0.0
    for one in system.equations:
        left, right = (value_of_tree(side.tree, precise)(values) for side in (one.left, one.right))
        if left is None or right is None:
            return None
        worst = max(worst, float(abs(left - right) / max(1, abs(left), abs(right))))
    return worst


def as_formula(one: Posed) -> Formula:
    """Left minus right, as written."""
    return Formula(text=one.text, tree=Binary("-", one.left.tree, one.right.tree), field="equations")


def number(precise: Precise, value: Any) -> Any | None:
    """A sympy number as one of mpmath's; None of what is no number."""
    found = value.evalf(DIGITS + 20)
    real, imaginary = found.as_real_imag()
    if not all(part.is_Float or part.is_Rational for part in (real, imaginary)):
        return None
    text = [str(part.evalf(DIGITS + 20)) for part in (real, imaginary)]
    return precise.mp.mpf(text[0]) if imaginary == 0 else precise.mp.mpc(*text)
