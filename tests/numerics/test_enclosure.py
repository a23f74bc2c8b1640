"""Bounds of formulas on boxes: no value leaves them, and they narrow with the box."""

from __future__ import annotations

import numpy as np
import pytest

from nis_backend.numerics.enclosure import enclose
from nis_backend.numerics.formula import read_formula


@pytest.mark.parametrize(
    "text",
    [
        *("sin(7*x)*cos(y)", "exp(-((x-0.3)/1e-2)^2)", "x^3-2*x*y+1", "heaviside(x-0.3)*y", "abs(x-y)", "min(x,y^2)"),
        *("tanh(50*(x-.5))", "1/(1+25*x^2)", "sqrt(x+1)*log(y+2)", "x^y", "tan(x)", "floor(7*x)+ceil(y)", "2^x"),
        *("erf(x)-erfc(y)", "atan2(y-0.5,x-0.5)", "gamma(x+0.5)", "sec(x)+csc(y+3)+cot(y+0.3)", "acos(x-y)"),
        *("asin(x*y)", "sinh(x)-cosh(y)", "(x-0.5)^-1", "asinh(x)+atanh(x/2)+acosh(1+y)", "cbrt(x-0.5)", "max(x, y)"),
        *("log10(x+.1)+log2(y+.1)", "sign(sin(30*x))", "atan(9*x)", "(-x)^3+abs(y-.3)^1.5", "factorial(x*3)", "pi-e*x"),
    ],
)
def test_no_value_leaves_its_bounds(text: str) -> None:
    """Random places in random boxes, wide and narrow, of every function a formula may call."""
    formula, random = read_formula(text, ("x", "y")), np.random.default_rng(3)
    low = random.uniform(0, 1, (2, 300))
    high = np.minimum(low + 10 ** random.uniform(-5, 0, (2, 300)), 1)
    bounds, value = enclose(formula, ("x", "y"), low, high), formula.compile("x", "y")
    for _ in range(40):
        with np.errstate(all="ignore"):
            seen = value(*(low + (high - low) * random.uniform(0, 1, (2, 300))))
        slack = 1e-12 * (1 + np.abs(seen))
        inside = (seen >= bounds.low - slack) & (seen <= bounds.high + slack)
        assert np.all(inside | np.isnan(seen))


def test_bounds_of_what_is_smooth_narrow_with_the_square_of_the_box() -> None:
    """The mean value form: x·(1 - x), whose operations alone bound it to the first power only."""
    formula, excess = read_formula("x*(1 - x)", ("x",)), list[float]()
    for wide in (0.1, 0.01):
        low = np.array([[0.5 - wide / 2]])
        bounds = enclose(formula, ("x",), low, low + wide)
        excess.append(float(bounds.high[0] - bounds.low[0]) - wide**2 / 4)
    assert excess[0] / excess[1] == pytest.approx(100, rel=0.05)
