"""Curves through points and among points, against certified values, exact functions and their own claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.mathematics.data.curves import CurveFit, Fitted, Interpolated, Interpolation, Rule
from nis_backend.capabilities.mathematics.data.fitting import fit
from nis_backend.capabilities.mathematics.data.interpolation import between, make
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

NORRIS = """
0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 449.1 448.6 778.9 777.0
559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1
998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0
10.2 11.1 117.6 118.3 228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5
"""
"""NIST StRD, Norris: y and x in turn."""
MISRA = (
    [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0],
    [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78],
)
"""NIST StRD, Misra1a: x and y."""
THURBER = (
    [
        *(-3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501),
        *(-1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545, -0.400, -0.309, -0.109, -0.103),
        *(0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572, 1.841, 2.047, 2.200),
    ],
    [
        *(80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696, 101.060, 401.672),
        *(390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109, 1080.914, 1122.643, 1178.351),
        *(1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509, 1425.208, 1421.384, 1442.962, 1464.350),
        *(1468.705, 1447.894, 1457.628),
    ],
)
"""NIST StRD, Thurber: x and y."""


def fitted(x: list[float], y: list[float], **changes: Any) -> Fitted:
    """The fitted curve."""
    return fit(CurveFit.model_validate({"x": x, "y": y, **changes}))


def interpolated(x: list[float], y: list[float], **changes: Any) -> Interpolated:
    """The curve through the points."""
    return between(Interpolation.model_validate({"x": x, "y": y, **changes}))


def test_a_line_meets_the_certified_values_of_nist() -> None:
    """StRD Norris, to 14 digits."""
    numbers = [float(one) for one in NORRIS.split()]
    found = fitted(numbers[1::2], numbers[0::2])
    assert [one.value for one in found.parameters] == pytest.approx([-0.262323073774029, 1.00211681802045], rel=1e-13)
    assert [one.standard_error for one in found.parameters] == pytest.approx(
        [0.232818234301152, 0.429796848199937e-03], rel=1e-11
    )
    assert found.residual_deviation == pytest.approx(0.884796396144373, rel=1e-12)
    assert found.r_squared == pytest.approx(0.999993745883712, rel=1e-14)


def test_an_ill_conditioned_polynomial_meets_the_certified_values_of_nist() -> None:
    """StRD Wampler1: 1 + x + … + x⁵ at 0 to 20; all coefficients are 1 and nothing is left over."""
    x = [float(one) for one in range(21)]
    found = fitted(x, [sum(one**power for power in range(6)) for one in x], degree=5)
    assert [one.value for one in found.parameters] == pytest.approx([1] * 6, rel=1e-14)
    assert found.receipt.met
    assert all(check.agrees for check in found.receipt.checks)


@pytest.mark.parametrize("start", [{"b1": 500, "b2": 0.0001}, {"b1": 250, "b2": 0.0005}, {}])
def test_misra1a_meets_the_certified_values_of_nist(start: dict[str, float]) -> None:
    """StRD Misra1a from both its starts and from none: 10 digits, and the true error is within the told one."""
    found = fitted(*MISRA, shape="formula", formula="b1*(1 - exp(-b2*x))", start=start)
    certified = [2.3894212918e02, 5.5015643181e-04]
    assert [one.value for one in found.parameters] == pytest.approx(certified, rel=1e-9)
    assert [one.standard_error for one in found.parameters] == pytest.approx([2.7070075241, 7.2668688436e-06], rel=1e-8)
    assert found.sum_of_squares == pytest.approx(1.2455138894e-01, rel=1e-9)
    error = max(abs(one.value / want - 1) for one, want in zip(found.parameters, certified, strict=True))
    # The certified values have 11 digits.
    assert error <= found.receipt.error_reached + 5e-11


def test_thurber_meets_the_certified_values_of_nist() -> None:
    """StRD Thurber, of higher difficulty: seven parameters."""
    formula = "(b1 + b2*x + b3*x^2 + b4*x^3)/(1 + b5*x + b6*x^2 + b7*x^3)"
    start = dict(zip([f"b{n}" for n in range(1, 8)], [1000, 1000, 400, 40, 0.7, 0.3, 0.03], strict=True))
    found = fitted(*THURBER, shape="formula", formula=formula, start=start)
    certified = [1288.1396800, 1491.0792535, 583.23836877, 75.416644291, 0.96629502864, 0.39797285797, 0.049727297349]
    assert [one.value for one in found.parameters] == pytest.approx(certified, rel=1e-8)
    assert found.sum_of_squares == pytest.approx(5.6427082397e03, rel=1e-9)
    error = max(abs(one.value / want - 1) for one, want in zip(found.parameters, certified, strict=True))
    assert error <= found.receipt.error_reached + 5e-11
    assert found.receipt.met


@pytest.mark.parametrize(
    ("shape", "formula", "wanted"),
    [
        ("exponential", "3*exp(-0.7*x)", {"a": 3, "b": -0.7}),
        ("power law", "2*x^1.5", {"a": 2, "b": 1.5}),
        ("logistic", "5/(1 + exp(-2*(x - 2)))", {"a": 5, "b": 2, "c": 2}),
        ("sine", "1.5*sin(2.2*x + 0.4) + 3", {"a": 1.5, "b": 2.2, "c": 0.4, "d": 3}),
        ("Gaussian", "4*exp(-(x - 2)^2/0.72) + 1", {"a": 4, "b": 2, "c": 0.6, "d": 1}),
    ],
)
def test_each_shape_finds_itself(shape: str, formula: str, wanted: dict[str, float]) -> None:
    """Points of the shape itself give its parameters back."""
    x = np.linspace(0.1, 5, 40)
    y = read_formula(formula).compile("x")(x)
    found = {one.name: one.value for one in fitted(x.tolist(), y.tolist(), shape=shape).parameters}
    assert {name: abs(found[name]) for name in wanted} == pytest.approx(
        {name: abs(value) for name, value in wanted.items()}, rel=1e-7
    )


def test_intervals_hold_the_true_slope_as_often_as_they_say() -> None:
    """Of 300 noisy lines the 90 % interval holds the slope in 90 ± 5; the uncertainties weigh."""
    draw = np.random.default_rng(2)
    x = np.linspace(0, 1, 12)
    held = 0
    for _ in range(300):
        noise = 0.1 + x
        found = fitted(
            x.tolist(), (2 * x + noise * draw.normal(size=12)).tolist(), uncertainties=noise.tolist(), confidence=0.9
        ).parameters[1]
        held += found.low <= 2 <= found.high
    assert 255 <= held <= 285


def test_a_pattern_in_what_is_left_over_is_told() -> None:
    """A line through a parabola leaves a pattern; a parabola leaves none."""
    x = np.linspace(0, 1, 40)
    y = (x**2 + 1e-3 * np.random.default_rng(1).normal(size=40)).tolist()
    line, parabola = fitted(x.tolist(), y), fitted(x.tolist(), y, degree=2)
    assert line.runs_p is not None
    assert parabola.runs_p is not None
    assert line.runs_p < 1e-4 < parabola.runs_p
    assert any("pattern" in note for note in line.receipt.notes)
    assert line.aic is not None
    assert parabola.aic is not None
    assert parabola.aic < line.aic


def test_parameters_that_cannot_be_told_apart_are_told() -> None:
    """a·b·x has one number to fit, not two."""
    found = fitted([1, 2, 3, 4], [2, 4.1, 5.9, 8.2], shape="formula", formula="a*b*x")
    assert not found.receipt.met
    assert any("told apart" in note for note in found.receipt.notes)


@pytest.mark.parametrize(
    ("rule", "x", "y"),
    [
        # Without a point the polynomial through symmetric data is the same: of 1/(1 + x²) and tanh(20x).
        ("barycentric", [-3, -1.8, -0.6, 0.6, 1.8, 3], [0.1, 0.2358, 0.7353, 0.7353, 0.2358, 0.1]),
        ("cubic spline", [-3, -1.5, 0, 1.5, 3], [-1, -1, 0, 1, 1]),
        ("linear", [-3, 0, 3], [-0.14112, 0, 0.14112]),
        ("PCHIP", [-3, 0, 3], [-1, 0, 1]),
    ],
)
def test_points_that_fewer_points_meet_by_symmetry_prove_nothing(rule: str, x: list[float], y: list[float]) -> None:
    """Between them the functions sampled here are off by 8 % to 330 % of the range."""
    assert not interpolated(x, y, rule=rule).receipt.met


@pytest.mark.parametrize("near", [1e-9, 1e-30])
def test_a_polynomial_whose_weights_are_no_doubles_is_refused(near: float) -> None:
    """Forty points in two heaps: products of their distances overflow or vanish."""
    x = [*(near * i * i for i in range(30)), *(1e5 + 0.1 * i for i in range(10))]
    with pytest.raises(InvalidRequest, match="beyond what a double holds"):
        interpolated(x, [(-1.0) ** i for i in range(40)], rule="barycentric")


@pytest.mark.parametrize(("rule", "order"), [("linear", 2), ("cubic spline", 4)])
def test_interpolation_converges_with_its_order(rule: str, order: int) -> None:
    """exp(sin x) on halved spacings: the order that the receipt claims."""
    errors: list[float] = []
    fine = np.linspace(1, 5, 999)
    for count in (33, 65, 129):
        x = np.linspace(0, 6, count)
        errors.append(float(np.max(np.abs(make(Rule(rule), x, np.exp(np.sin(x)))(fine) - np.exp(np.sin(fine))))))
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize("rule", [one.value for one in Rule])
def test_the_error_left_out_is_not_flattered(rule: str) -> None:
    """Sin x at 13 places: the true error between the points is within what leaving points out says."""
    x = np.linspace(0, 6, 13)
    at = np.linspace(0.3, 5.7, 50)
    found = interpolated(x.tolist(), np.sin(x).tolist(), at=at.tolist(), rule=rule, tolerance=1)
    error = float(np.max(np.abs(np.array(found.values) - np.sin(at))))
    assert error <= found.receipt.error_reached * float(np.ptp(np.sin(x)))
    assert all(check.agrees for check in found.receipt.checks)
    slopes = float(np.max(np.abs(np.array(found.slopes) - np.cos(at))))
    assert slopes < (0.3 if rule in ("linear", "PCHIP", "Akima") else 0.02)
    assert found.integral == pytest.approx(1 - math.cos(6), abs=0.01)


def test_pchip_does_not_overshoot() -> None:
    """A step stays between 0 and 1; the spline does not."""
    x, y = [0.0, 1, 2, 3, 4, 5, 6], [0.0, 0, 0, 1, 1, 1, 1]
    assert max(interpolated(x, y, rule="PCHIP").curve.y) <= 1
    assert max(interpolated(x, y).curve.y) > 1.01


def test_beyond_the_points_nothing_is_answered_unasked() -> None:
    """The failure says from where to where the points reach; asked for, the values are marked."""
    with pytest.raises(InvalidRequest, match="from 0 to 3") as refused:
        interpolated([0, 1, 2, 3], [0, 1, 4, 9], at=[4])
    assert refused.value.field == "at"
    found = interpolated([0, 1, 2, 3], [0, 1, 4, 9], at=[4], extrapolate=True)
    assert found.values == pytest.approx([16])
    assert found.beyond == 1
    assert found.receipt.notes


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"x": [1, 1, 2]}, "x"),
        ({"x": [1, 2]}, "y"),
        ({"x": [1, 2, 1e200]}, "x"),
        ({"rule": "Akima"}, "x"),
    ],
)
def test_what_is_no_curve_is_refused(changes: dict[str, Any], field: str) -> None:
    """A place twice, lists of different lengths, too few points."""
    with pytest.raises(InvalidRequest) as refused:
        between(Interpolation.model_validate({"x": [1, 2, 3], "y": [1, 2, 4], **changes}))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"degree": 5}, "x"),
        ({"shape": "formula"}, "formula"),
        ({"shape": "formula", "formula": "__import__('os')"}, "formula"),
        ({"shape": "formula", "formula": "2*x"}, "formula"),
        ({"shape": "formula", "formula": "a*x", "start": {"q": 1}}, "start"),
        ({"uncertainties": [0.1, 0, 0.1]}, "uncertainties"),
        ({"shape": "power law", "x": [-1, 2, 3]}, "x"),
    ],
)
def test_what_cannot_be_fitted_is_refused(changes: dict[str, Any], field: str) -> None:
    """Too few points, no formula, a hostile one, one without parameters, wrong guesses and uncertainties."""
    with pytest.raises(InvalidRequest) as refused:
        fit(CurveFit.model_validate({"x": [1, 2, 3], "y": [1, 2, 4], **changes}))
    assert refused.value.field == field
