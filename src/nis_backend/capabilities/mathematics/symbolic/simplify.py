"""A formula brought into another form, which has the same value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import (
    compare_at,
    exact_receipt,
    trial_points,
    value_of,
    value_of_tree,
)
from nis_backend.capabilities.mathematics.symbolic.results import Simplified
from nis_backend.capabilities.mathematics.symbolic.terms import (
    Failed,
    attempt,
    bounded,
    choose_variable,
    insist,
    read_terms,
    write,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy, write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.mathematics.symbolic.requests import SimplifyRequest
    from nis_backend.capabilities.mathematics.symbolic.terms import Terms

METHODS = {
    "simplify": "rewriting, the shortest form kept",
    "expand": "expansion into a sum",
    "factor": "factorisation over the rationals",
    "partial_fractions": "partial fraction decomposition over the rationals",
    "together": "one fraction, without common factors",
    "trig": "rewriting by trigonometric identities",
}
MOST_EXCLUDED = 10
STEPS = 9_000_000
"""Steps that one of several rewritings may take."""


@bounded("expression")
def simplify(request: SimplifyRequest) -> Simplified:
    """The formula in the form that was asked for."""
    terms = read_terms(request.expression, field="expression", positive=request.positive)
    rewrite = _rewriting(terms, request)
    found = insist(
        lambda: rewrite(terms.expression),
        f"This form ({request.form}) was not found",
        field="expression",
        value=request.expression,
    )
    text, latex = write(found)
    precise = Precise(40)
    checks = compare_at(
        "the formula as written",
        value_of(found, precise),
        value_of_tree(terms.formula.tree, precise),
        trial_points(terms.names, request.positive),
        precise,
    )
    excluded = attempt(lambda: _excluded(terms, found), 6_000_000)
    return Simplified(
        expression=text,
        latex=latex,
        form=request.form,
        changed=_bare(text) != _bare(request.expression),
        operations_before=int(sympy.count_ops(terms.expression)),
        operations_after=int(sympy.count_ops(found)),
        excluded=[] if isinstance(excluded, Failed) else excluded,
        receipt=exact_receipt(METHODS[request.form], "the form, at every point where both have a value", checks),
    )


def _bare(text: str) -> str:
    """A formula without what may be left out."""
    return text.replace(" ", "").replace("**", "^").replace("*", "")


def _rewriting(terms: Terms, request: SimplifyRequest) -> Callable[[Any], Any]:  # Any: sympy has no types
    match request.form:
        case "simplify":
            return _shortest
        case "expand":
            return lambda one: sympy.expand(one, trig=False)
        case "factor":
            return sympy.factor
        case "together":
            return lambda one: sympy.cancel(sympy.together(one))
        case "trig":
            return sympy.trigsimp
        case "partial_fractions":
            variable = choose_variable(terms, request.variable)
            if not terms.expression.is_rational_function(variable):
                raise InvalidRequest(
                    f"expression is no fraction of polynomials in {variable.name}.",
                    field="expression",
                    value=request.expression,
                    remedy="Partial fractions are of one polynomial over another: (x + 3)/(x^2 - 1).",
                )
            return lambda one: sympy.apart(one, variable)


def _shortest(expression: Any) -> Any:
    """The shortest of what the rewritings come to that come to an end, the formula itself among them."""
    tried = [attempt(lambda: sympy.simplify(expression), STEPS)]
    if expression.is_rational_function():
        tried.append(attempt(lambda: sympy.factor(expression), STEPS))
    found = [expression, *(one for one in tried if not isinstance(one, Failed))]
    return min(found, key=lambda one: (sympy.count_ops(one), len(write_text(one))))


def _excluded(terms: Terms, found: Any) -> list[str]:
    """Places where a denominator of the given formula is 0, and the answer has a value."""
    if len(terms.names) != 1:
        return []
    symbol = terms.symbols[terms.names[0]]
    places: list[Any] = []
    for one in terms.expression.atoms(sympy.Pow):
        if one.exp.is_negative and one.base.is_polynomial(symbol):
            places += sympy.real_roots(sympy.Poly(one.base, symbol)) if one.base.has(symbol) else []
    lost = [place for place in dict.fromkeys(places) if found.subs(symbol, place).is_finite]
    return [f"{symbol.name} = {write_text(place)}" for place in lost[:MOST_EXCLUDED]]
