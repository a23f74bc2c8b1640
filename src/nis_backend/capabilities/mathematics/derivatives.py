"""Formulas with their derivatives, as functions of arrays."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.numerics.formula import Formula

sympy: Any = import_module("sympy")  # Any: its types do not hold

LONGEST = 4000
"""Operations of a derivative; a longer one is taken by differences instead."""


def differentiate(formula: Formula, names: Sequence[str], by: Sequence[str]) -> list[Callable[..., Any]] | None:
    """The derivatives by each of `by`, as functions of `names`; None where one has no formula of known functions.

    What is compiled is printed by sympy from the formula's known nodes: no word of the text reaches Python.
    """
    symbols = {name: sympy.Symbol(f"v{number}", real=True) for number, name in enumerate(names)}
    expression = formula.sympy(**symbols)
    found: list[Callable[..., Any]] = []
    for name in by:
        derivative = sympy.diff(expression, symbols[name])
        if derivative.has(sympy.Derivative, sympy.DiracDelta, sympy.Subs) or derivative.count_ops() > LONGEST:
            return None
        found.append(sympy.lambdify(list(symbols.values()), derivative, modules=["scipy", "numpy"]))
    return found


def second(formula: Formula, names: Sequence[str]) -> list[list[Callable[..., Any]]] | None:
    """The second derivatives by each pair of `names`; None as above."""
    symbols = {name: sympy.Symbol(f"v{number}", real=True) for number, name in enumerate(names)}
    expression = formula.sympy(**symbols)
    table: list[list[Callable[..., Any]]] = []
    for one in symbols.values():
        row: list[Callable[..., Any]] = []
        for other in symbols.values():
            derivative = sympy.diff(expression, one, other)
            if derivative.has(sympy.Derivative, sympy.DiracDelta, sympy.Subs) or derivative.count_ops() > LONGEST:
                return None
            row.append(sympy.lambdify(list(symbols.values()), derivative, modules=["scipy", "numpy"]))
        table.append(row)
    return table


def over(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's values over arrays, a constant's too."""
    shape = np.broadcast_shapes(*(np.shape(one) for one in arguments))
    with np.errstate(all="ignore"):
        return np.broadcast_to(np.asarray(function(*arguments), dtype=float), shape)


def require_names(formula: Formula, most: int, field: str) -> list[str]:
    """The formula's names, sorted.

    Raises:
        InvalidRequest: it has more than `most`.
    """
    names = sorted(formula.names)
    if len(names) > most:
        raise InvalidRequest(
            f"The formula has {len(names)} names: {', '.join(names)}.",
            field=field,
            value=formula.text,
            remedy=f"Give a formula of at most {most}.",
        )
    return names
