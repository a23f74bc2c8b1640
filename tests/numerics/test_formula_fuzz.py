"""Formulas from anybody: whatever is written, it is read as what it means, or refused in words, soon."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import (
    CONSTANTS,
    FUNCTIONS,
    Binary,
    Call,
    Constant,
    Name,
    Node,
    Number,
    Sign,
    read_equation,
    read_formula,
)
from nis_backend.numerics.interrupting import OutOfSteps, within
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy, write_text

OPERATORS: tuple[Literal["+", "-", "*", "/", "^"], ...] = ("+", "-", "*", "/", "^")
VALUES = {"x": 0.7, "y": 1.3, "z": 2.1}
STEPS = 5_000_000
"""What reading one formula may take at the very most; a thousandth of it is usual."""

PIECES = st.sampled_from(
    [
        *(
            "x",
            "y",
            "z",
            "1",
            "2",
            "3.5",
            "1e3",
            "9",
            "99",
            "0",
            "(",
            ")",
            "|",
            "+",
            "-",
            "*",
            "/",
            "^",
            "**",
            ",",
            " ",
        ),
        *FUNCTIONS,
        *("pi", "e", "²", "³", "⁻¹", "√", "π", "·", "−", "factorial(", "gamma(", "9^9", "exp(exp(", "1e299", "1e-299"),
        *(
            "__import__",
            "lambda",
            ".__class__",
            "\u200b",
            "\x00",
            "x'",
            "½",
            "٣",
            "\U0001d7da",
            "if",
            "=",
            "\\",
            "'",
            "\n",
            "🙂",
        ),
    ]
)


def trees(depth: int) -> st.SearchStrategy[Node]:
    """Trees of what formulas have."""
    leaf = st.one_of(
        st.integers(0, 9).map(Number),
        st.sampled_from([0.5, 1.25, 3.75]).map(lambda one: Number(one, str(one))),
        st.sampled_from(list(CONSTANTS)).map(Constant),
        st.sampled_from(list(VALUES)).map(Name),
    )
    if depth == 0:
        return leaf
    below = trees(depth - 1)
    one = [name for name, count in FUNCTIONS.items() if count == 1 and name not in ("factorial", "gamma")]
    two = [name for name, count in FUNCTIONS.items() if count == 2]
    return st.one_of(
        leaf,
        below.map(Sign),
        st.builds(Binary, st.sampled_from(OPERATORS), below, below),
        st.tuples(st.sampled_from(one), below).map(lambda parts: Call(parts[0], (parts[1],))),
        st.tuples(st.sampled_from(two), below, below).map(lambda parts: Call(parts[0], parts[1:])),
    )


def spelled(tree: Node) -> str:
    """A tree as a person would write it, with all parentheses."""
    match tree:
        case Number(value, written):
            return written or str(value)
        case Constant(name) | Name(name):
            return name
        case Sign(of):
            return f"(-({spelled(of)}))"
        case Binary(operator, left, right):
            return f"(({spelled(left)}){operator}({spelled(right)}))"
        case Call(function, arguments):
            return f"{function}({', '.join(spelled(one) for one in arguments)})"


def _check(error: InvalidRequest) -> None:
    """A refusal names the field and what to do."""
    assert error.field == "expression"
    assert error.remedy


@settings(max_examples=250, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=24).map("".join), st.text(max_size=60)))
def test_any_text_is_a_formula_or_is_refused_in_words(text: str) -> None:
    """Nothing but InvalidRequest comes of reading, of floats and of sympy, and none of it takes long."""
    try:
        with within(STEPS):
            formula = read_formula(text)
            formula.compile(*sorted(formula.names), arrays=False)
            write_text(formula.sympy())
    except InvalidRequest as error:
        _check(error)
    except OutOfSteps:
        pytest.fail(f"{text!r} took more than {STEPS} steps")


@settings(max_examples=120, deadline=None)
@given(trees(3))
def test_floats_arrays_mpmath_and_sympy_agree_on_any_tree(tree: Node) -> None:
    """A formula that was written out and read means the same, whichever way it is worked out."""
    try:
        formula = read_formula(spelled(tree), VALUES)
    except InvalidRequest:
        return
    precise = Precise(40)
    exact = precise.value(formula.tree, {name: precise.number(one) for name, one in VALUES.items()})
    try:
        by_floats = float(formula.compile(*VALUES, arrays=False)(*VALUES.values()))
    except (ArithmeticError, ValueError):
        return
    if exact is None or precise.mp.im(exact) != 0 or not 1e-3 < abs(exact) < 1e6 or not math.isfinite(by_floats):
        return
    # Next to a step of floor or sign the rounding of a double decides.
    again = read_formula(write_text(formula.sympy())).tree if not formula.sympy().has(sympy.nan, sympy.zoo) else None
    second = precise.value(again, {name: precise.number(one) for name, one in VALUES.items()}) if again else None
    if second is not None:
        assert abs(second - exact) <= 1e-25 * abs(exact)
    stepped = any(name in spelled(tree) for name in ("floor", "ceil", "sign", "heaviside", "tan", "sec", "csc", "cot"))
    if not stepped:
        assert by_floats == pytest.approx(float(exact), rel=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        *("9**9**9", "9^9^9^9", "2^(2^(2^(2^(2^2))))", "factorial(factorial(99))", "factorial(10^9*cos(0))"),
        *("gamma(1e200)", "exp(exp(exp(10)))", "floor(exp(exp(exp(10))))", "1e9999", "1e-9999", "x^(9^99)"),
        *("10^(10^(10^10))", "(((((9^99)^99)^99)^99)^99)", "2^-99999", "7" * 1999, "0." + "0" * 1990 + "1"),
        *("__import__('os')", "x.__class__", "globals()", "x\u200b+1", "x\u202e+1", "[x for x in y]", "x:=1", "1_000"),
        *(
            "\U0001d7da^x",
            "x²²²²²²²",
            "x" * 2001,
            "(" * 400 + "x" + ")" * 400,
            "|" * 300,
            "sin " * 400 + "x",
            "√" * 300 + "x",
        ),
        *("-" * 999 + "x", "x^" * 400 + "x", "+".join("x" * 999), "ⅷ+x", "٣+x"),
    ],
)
def test_hostile_texts_end_soon(text: str) -> None:
    """Towers, huge digits, deep nests and tricks of Unicode: refused, or read as the small thing they are."""
    try:
        with within(STEPS):
            written = write_text(read_formula(text, {"x", "y"}).sympy())
    except InvalidRequest as error:
        _check(error)
    else:
        assert written


def test_a_given_size_lets_larger_constants_in() -> None:
    """Where whole numbers are exact, 2^1000 is no trouble; 10^4000 is the end of that, too."""
    with pytest.raises(InvalidRequest):
        read_formula("2^1000")
    assert read_formula("2^1000", largest=4000).sympy() == 2**1000
    with pytest.raises(InvalidRequest):
        read_formula("2^20000", largest=4000)


def test_a_decimal_keeps_all_its_digits() -> None:
    """What is written is what is meant: no double in between."""
    digits = "0.1234567890123456789012345678901234567890"
    assert read_formula(digits).sympy() == sympy.Rational(digits)


def test_an_equation_is_bounded_on_both_sides() -> None:
    """The right side of an equation is no way round."""
    with pytest.raises(InvalidRequest) as refused:
        read_equation("x = 9^9^9", field="equations.0")
    assert refused.value.field == "equations.0"


def test_a_number_of_another_alphabet_is_no_digit() -> None:
    """Arabic digits would be read by Python's int: they are refused, or mean the same."""
    try:
        formula = read_formula("٣ + x")
    except InvalidRequest:
        return
    assert formula.sympy() == 3 + sympy.Symbol("x", real=True)


def test_work_that_takes_too_long_is_ended_and_the_next_goes_on() -> None:
    """The limit reaches a loop in a thread's own Python code, and leaves nothing behind."""

    def for_ever() -> None:
        with within(10_000):
            while True:
                math.sqrt(2)

    with pytest.raises(OutOfSteps):
        for_ever()
    with within(STEPS):
        assert sum(range(1000)) == 499_500
