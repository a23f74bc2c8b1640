"""Claims that end with a formula, over the whole server."""

from __future__ import annotations

import pytest
from ground import Ground
from rest_client import ask

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("statement", "verdict", "said"),
    [
        ("the derivative of x^3 is 3*x^2", "confirmed", "difference is 0"),
        ("the derivative of x^3 is 2*x^2", "refuted", "0.98 and 1.47 at x = 0.7"),
        ("the integral of 2x is x^2 + C", "confirmed", "derivative of `x^2`"),
        ("the integral of cos(x) is -sin(x)", "refuted", "derivative of `-sin(x)`"),
        ("the inverse Laplace transform of 1/(s+2) is exp(2t)", "refuted", "`exp(-2*t)`, computed"),
        ("the Laplace transform of exp(-a*t) is 1/(s+a)", "confirmed", ""),
        ("the factorisation of x^2-1 is (x-1)*(x+1).", "confirmed", ""),
        ("sin(x)^2 + cos(x)^2 = 1", "confirmed", ""),
        ("(a+b)^2 = a^2 + b^2", "refuted", "a = 0.7, b = 1.3"),
        ("sqrt(x^2) = x", "refuted", "at x = -0.6"),
        ("E = m*c^2", "cannot say", ""),
        ("cos(60 degrees) = 0.5", "cannot say", ""),
        ("3 dozen = 36", "cannot say", ""),
        ("sin(2*theta) = 2*sin(theta)*cos(theta)", "confirmed", ""),
        ("log(100) = 2", "cannot say", "log10(x)"),
        ("sin(30) = 0.5", "cannot say", "degrees"),
        ("sin(30) = 0.6", "refuted", ""),
        ("e^(i*pi) = -1", "cannot say", ""),
        ("1 atm = 760 mmHg", "confirmed", "760 mmHg computed"),
        ("1 hp = 500 W", "refuted", "745.7 W computed"),
        ("one inch is 2.54 cm", "confirmed", ""),
        ("the mean of 3, 5 and 10 is 6", "confirmed", ""),
        ("the standard deviation of 2, 4, 4, 4, 5, 5, 7, 9 is 2.14", "confirmed", ""),
        ("the standard deviation of 2, 4, 4, 4, 5, 5, 7, 9 is 2.2", "refuted", ""),
        ("a stone dropped from 80 m falls for 4.04 s", "confirmed", ""),
        ("a 2 m pendulum released from 10 degrees swings in 2.5 s", "refuted", ""),
        ("log(x^2) = 2*log(x)", "cannot say", "nothing is proven"),
        ("the roots of x^2-5x+6=0 are 2 and 3", "confirmed", "x = 2 or x = 3"),
        ("the roots of x^2-5x+6=0 are 2 and 4", "refuted", "4 is no solution"),
        ("the solution of x^2 = 4 is x = 2", "refuted", "more than was claimed"),
        ("the Taylor series of exp(x) is 1 + x", "cannot say", ""),
        ("the period of a pendulum is 2*pi*sqrt(L/g)", "cannot say", ""),
    ],
)
def test_a_formula_is_held_against_the_one_that_is_computed(
    ground: Ground, statement: str, verdict: str, said: str
) -> None:
    """Refuted with a place where both differ, confirmed by a difference of 0, and never by places alone."""
    found = ask(ground, "POST", "/physics/verify", {"statement": statement}, JSON)[2]
    assert found["verdict"] == verdict, found["reason"]
    assert said in found["reason"]
