"""Expectations: exact cases of each formula, and the way over a server, with what robotics computes as the observer."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import pytest
from conftest import Server
from rest_client import ask, done

from nis_backend.capabilities.metacognition.embodiment.predicting import Stated, bits, chance, record

Json = dict[str, Any]
NORMAL = NormalDist()


def test_z_is_that_of_the_normal_distribution_whose_interval_it_is() -> None:
    """Promise of `z`: at the ends of a central interval the chance beyond is what its level leaves."""
    one = Stated(low=2, high=6, level=0.9)
    assert one.z(4) == 0
    assert NORMAL.cdf(one.z(6)) == pytest.approx(0.95)
    assert one.z(2) == -one.z(6)
    assert (one.holds(2), one.holds(6), one.holds(6.01)) == (True, True, False)


@pytest.mark.parametrize("z", [0.0, 0.6744897501960817, 3.0, 8.0, 34.0, 36.0])
def test_surprise_is_the_bits_of_the_chance(z: float) -> None:
    """Promise of `bits`: -log2 of both tails, also where floats have none of it left, within the asymptote's error."""
    if z < 8:
        assert bits(z) == pytest.approx(-math.log2(2 * (1 - NORMAL.cdf(z))), abs=1e-9)
    # Mills' ratio bounds the tail from both sides (Gordon 1941): x/(x²+1) < tail/density < 1/x.
    if z > 1:
        log = math.log(2) - z * z / 2 - math.log(math.sqrt(2 * math.pi))
        least, most = (-(log + math.log(ratio)) / math.log(2) for ratio in (1 / z, z / (z * z + 1)))
        assert least - 1e-9 <= bits(z) <= most + 1e-9


def test_the_chance_of_a_coverage_is_exact() -> None:
    """Promise of `chance`: the binomial's two-sided p, by fractions; certain where the count is the likeliest."""
    level, of = Fraction(9, 10), 12
    weights = [math.comb(of, k) * level**k * (1 - level) ** (of - k) for k in range(of + 1)]
    for inside in range(of + 1):
        exact = sum(one for one in weights if one <= weights[inside])
        assert chance(inside, of, 0.9) == pytest.approx(float(exact), rel=1e-9)


def test_the_interval_score_is_least_for_the_true_quantiles() -> None:
    """Promise of its source: of equally likely outcomes no other interval of the level does better."""
    outcomes = [float(one) for one in range(1, 22)]

    def mean(low: float, high: float) -> float:
        return record([Stated(low=low, high=high, level=0.9)] * 21, outcomes).score

    true = mean(2, 20)
    assert true <= min(mean(low, high) for low in (1, 1.5, 3, 4) for high in (17, 19, 20.5, 21))


def test_an_honest_predictor_and_a_boaster_are_told_apart() -> None:
    """Promise of the record: intervals as wide as the errors cover as stated; a third of the width is found out."""
    draw = random.Random(7)  # noqa: S311 - the same errors each time
    half = NORMAL.inv_cdf(0.95)
    middles = [draw.uniform(-5, 5) for _ in range(400)]
    seen = [middle + draw.gauss(0, 1) for middle in middles]
    honest = record([Stated(low=one - half, high=one + half, level=0.9) for one in middles], seen)
    boaster = record([Stated(low=one - half / 3, high=one + half / 3, level=0.9) for one in middles], seen)
    assert honest.low <= 0.9 <= honest.high
    assert honest.p_value > 0.05
    assert honest.deviation_z == pytest.approx(1, abs=0.15)
    assert boaster.p_value < 1e-9
    assert boaster.deviation_z == pytest.approx(3 * honest.deviation_z)
    assert honest.skill is not None
    assert 0.8 < honest.skill < 1
    constant = record([Stated(low=-9, high=9, level=0.9)] * 2, [3, 3])
    assert constant.skill is None
    # Rounding makes three of the mean of two tenths and a tenth: no variation all the same.
    assert record([Stated(low=0, high=1, level=0.9)] * 3, [0.1] * 3).skill is None


def state(server: Server, subject: str, low: float, high: float) -> str:
    """The id of an expectation."""
    expected = [{"quantity": "x_m", "low": low, "high": high, "level": 0.9}]
    request = {"subject": subject, "action": "Reach", "expected": expected}
    return str(done(server, "POST", "/expectations", request)["id"])


def test_a_motion_is_held_against_what_robotics_computes(server: Server) -> None:
    """Promise of `observe`: the tool's place by forward kinematics: a stretched two-link arm reaches its length."""
    observe = {
        "operation": "robotics.compute_pose",
        "arguments": {"links": [1.0, 0.5], "positions": [0.0, 0.0]},
        "read": {"x_m": "x"},
    }
    good, bad = state(server, "two-links", 1.4, 1.6), state(server, "two-links", 0.9, 1.1)
    path = "/expectations/{}/compare"
    told = done(server, "POST", path.format(good), {"observe": observe})
    assert told["compared"][0]["observed"] == pytest.approx(1.5)
    assert told["compared"][0]["inside"]
    surprised = done(server, "POST", path.format(bad), {"observe": observe})
    assert surprised["greatest"] == pytest.approx(5 * NORMAL.inv_cdf(0.95))
    assert surprised["compared"][0]["surprise"] > 40
    summed = done(server, "GET", "/metacognition/measure-predictor?subject=two-links")
    assert (summed["compared"], summed["open"]) == (2, 0)
    assert summed["quantities"][0]["coverage"] == 0.5
    listed = done(server, "GET", "/expectations?subject=two-links")
    assert [one["id"] for one in listed["expectations"]] == [bad, good]
    done(server, "DELETE", f"/expectations/{bad}")
    assert ask(server, "DELETE", f"/expectations/{bad}")[0] == 404
    summed = done(server, "GET", "/metacognition/measure-predictor?subject=two-links")
    assert (summed["compared"], summed["quantities"][0]["coverage"]) == (1, 1)


def test_what_is_no_comparison_is_refused(server: Server) -> None:
    """Promise of errors: a quantity too many or too few, an observer that changes things, twice, and no such id."""
    one = state(server, "strict", 0, 1)
    path = f"/expectations/{one}/compare"
    writes = {"operation": "memory.remember", "arguments": {"text": "x"}, "read": {"x_m": "id"}}
    text = {"operation": "system.get_info", "read": {"x_m": "version"}}
    for body, status, field in (
        ({}, 422, "observed"),
        ({"observed": {"y": 1}}, 422, "observed"),
        ({"observed": {"x_m": 1, "y": 1}}, 422, "observed"),
        ({"observe": writes}, 400, "observe.operation"),
        ({"observe": text}, 422, "observe.read.x_m"),
    ):
        got, _, problem = ask(server, "POST", path, body)
        assert (got, problem["field"]) == (status, field), problem
        assert problem["remedy"]
    done(server, "POST", path, {"observed": {"x_m": 0.5}})
    assert ask(server, "POST", path, {"observed": {"x_m": 0.5}})[0] == 409
    assert ask(server, "POST", "/expectations/nothing/compare", {"observed": {"x_m": 0.5}})[0] == 404
    assert ask(server, "GET", "/metacognition/measure-predictor?subject=nobody")[0] == 404
    wrong = {"subject": "x", "expected": [{"quantity": "a", "low": 1, "high": 1}]}
    status, _, problem = ask(server, "POST", "/expectations", wrong)
    assert (status, problem["field"]) == (422, "expected.0.high")
