"""Formulas that people write."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_equation, read_formula
from nis_backend.numerics.symbolic import sympy

VALUES = {"x": 0.7, "y": -1.3, "k": 2.0, "x0": 0.25, "tau": 3.0, "r": 1.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2x^2 sin(x)", 2 * 0.49 * math.sin(0.7)),
        ("-k*(x - x0)", -0.9),
        ("exp(-x/tau)", math.exp(-0.7 / 3)),
        ("x² + x⁻¹", 0.49 + 1 / 0.7),
        ("√x", math.sqrt(0.7)),
        ("2^-3", 0.125),
        ("-x^2", -0.49),
        ("2^3^2", 512),
        ("sin 2x", math.sin(1.4)),
        ("sin x cos x", math.sin(0.7) * math.cos(0.7)),
        ("|y - 1|", 2.3),
        ("xy", -0.91),
        ("1.5e-3 x", 1.05e-3),
        ("2π r", 3 * math.pi),
        ("e^x", math.exp(0.7)),
        ("6 − 4 · 2", -2),
        ("max(x, y) + min(x, y)", -0.6),
        ("arctan(x) + ln x", math.atan(0.7) + math.log(0.7)),
        ("heaviside(x) + heaviside(y)", 1),
        ("erf(x) + gamma(x)", math.erf(0.7) + math.gamma(0.7)),
        ("[x + y]{2}", -1.2),
        ("factorial(5)", 120),
    ],
)
def test_a_formula_means_the_same_to_floats_to_arrays_and_to_sympy(text: str, value: float) -> None:
    """What is written is what is computed, whichever way."""
    formula = read_formula(text, VALUES)
    assert formula.compile(*VALUES, arrays=False)(*VALUES.values()) == pytest.approx(value, rel=1e-14)
    arrays = [np.full(3, one) for one in VALUES.values()]
    assert np.broadcast_to(formula.compile(*VALUES)(*arrays), 3) == pytest.approx([value] * 3, rel=1e-14)
    symbols = {name: sympy.Symbol(name) for name in VALUES}
    found = formula.sympy(**symbols).subs({symbols[name]: sympy.Float(one, 20) for name, one in VALUES.items()})
    assert float(found) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        *("__import__('os').system('id')", "().__class__", "lambda: x", "x if x else y", "open(x)", "eval(x)", "x;y"),
        *("9**9**9", "10^(10^10)", "(((9^99)^99)^99)", "factorial(99999)", "x^99999", "1e999", "2^(2^(2^(2^2)))*9^999"),
        *("(" * 3000, "(" * 500 + "x" + ")" * 500, "-" * 500 + "x", "+".join("x" * 900), "sin " * 300 + "x"),
        *("", "  ", "x +", "(x", "x)", "2 3 +", "sin", "atan2(x)", "max(x, y, x)", "x y z", "nan", "inf", "x\x00"),
    ],
)
def test_what_is_no_formula_or_too_large_is_refused_in_its_field(text: str) -> None:
    """Hostile and broken texts end as typed errors that name the field and what to do."""
    with pytest.raises(InvalidRequest) as refused:
        read_formula(text, {"x", "y"}, field="force")
    assert refused.value.field == "force"
    assert refused.value.remedy


def test_a_name_that_is_given_hides_the_constant() -> None:
    """Who calls a variable e means it."""
    assert read_formula("e + pi", {"e"}).names == {"e"}
    assert read_formula("e + pi + z").names == {"z"}


def test_an_equation_has_two_sides() -> None:
    """Without a sign the right side is 0."""
    equation = read_equation("x^2 = 4")
    assert (equation.left.text, equation.right.text) == ("x^2 ", " 4")
    assert read_equation("x - 1").right.compile()() == 0
    with pytest.raises(InvalidRequest):
        read_equation("x = y = 2")


@pytest.mark.parametrize("text", ["1/0", "x + 1/0", "x/(2 - 2)", "1/(pi - pi)"])
def test_what_is_infinite_by_its_numbers_alone_is_so_of_arrays(text: str) -> None:
    """As it is where a name is in it, and no failure."""
    found = read_formula(text, ["x"]).compile("x")
    with np.errstate(all="ignore"):
        assert np.all(np.isinf(found(np.array([1.0, 2.0]))))
