"""Fits to measurements and searches for optima, computed as a worker does."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ground import Ground
from hearing import Hearing

from nis_backend.capabilities.physics.operations import simulate_pendulum
from nis_backend.capabilities.physics.studies import preparing
from nis_backend.capabilities.physics.studies.operations import fit_parameters, optimize_parameters
from nis_backend.capabilities.physics.studies.search import Fit, Optimum
from nis_backend.errors import InvalidRequest, NisError, NotSupported
from nis_backend.view import Series, Text

Json = dict[str, Any]
GRAVITY = 9.80665
LENGTHS = [0.3, 0.5, 0.7, 0.9, 1.1]


def fitted(request: Json) -> Fit:
    """The fit."""
    return fit_parameters.function(fit_parameters.validate(request), Hearing())


def found(request: Json) -> Optimum:
    """The optimum."""
    return optimize_parameters.function(optimize_parameters.validate(request), Hearing())


def periods(noise: np.ndarray[Any, Any], **more: Any) -> Json:
    """Periods of small swings, measured with this noise."""
    exact = [2 * math.pi * math.sqrt(length / GRAVITY) for length in LENGTHS]
    return {
        "operation": "physics.simulate_pendulum",
        "request": {"angle": 0.01, "points": 2, "tolerance": 0.05, "duration": 0.01},
        "parameters": [{"path": "gravity", "start": 8.5}],
        "x_field": "length",
        "measure": {"path": "period"},
        "x": LENGTHS,
        "y": [value + float(by) for value, by in zip(exact, noise, strict=True)],
        **more,
    }


def test_what_made_the_data_is_found_within_the_error_told() -> None:
    """Data without noise: the true parameter is nearer than the receipt says."""
    result = fitted(periods(np.zeros(5)))
    (gravity,) = result.parameters
    assert result.receipt.met
    # The period itself is that of 0.01 degrees: (θ²/16) = 2e-9 of it.
    assert abs(gravity.value - GRAVITY) <= (result.receipt.error_reached + 1e-8) * GRAVITY
    assert gravity.unit == "m/s²"
    assert result.identifiable


def test_the_standard_error_is_how_far_estimates_scatter() -> None:
    """Monte Carlo over 10 noisy data sets, against the error told and against its closed form.

    dT/dg = -T/2g, so the error of g is σ / √Σ(T/2g)²; 10 estimates know their scatter to 24 %.
    """
    sigma, chance = 0.002, np.random.default_rng(1)
    results = [fitted(periods(chance.normal(0, sigma, 5), errors=[sigma])) for _ in range(10)]
    slopes = [2 * math.pi * math.sqrt(length / GRAVITY) / (2 * GRAVITY) for length in LENGTHS]
    theory = sigma / math.sqrt(sum(one**2 for one in slopes))
    told = [one.parameters[0].standard_error for one in results]
    assert told == pytest.approx([theory] * 10, rel=0.01)
    values = [one.parameters[0].value for one in results]
    assert np.std(values, ddof=1) == pytest.approx(theory, rel=0.7)
    inside = sum((one.parameters[0].low or 0) <= GRAVITY <= (one.parameters[0].high or 0) for one in results)
    assert inside >= 8
    # Chi-square has four degrees of freedom: its mean over 10 is 4 ± 0.9.
    assert np.mean([one.chi_square or 0.0 for one in results]) == pytest.approx(4, abs=2.7)


def test_two_parameters_are_found_along_a_curve() -> None:
    """The damping and gravity of a recorded swing, by one call a try; its interpolation is part of the error."""
    base = {"length": 1, "angle": 20, "duration": 6, "points": 201}
    true = simulate_pendulum.function(simulate_pendulum.validate({**base, "damping": 0.12, "gravity": 9.7}), Hearing())
    places = range(10, 200, 10)
    request: Json = {
        "operation": "physics.simulate_pendulum",
        "request": base,
        "parameters": [
            {"path": "damping", "start": 0.3, "low": 0, "high": 2},
            {"path": "gravity", "start": 9.81, "low": 9, "high": 11},
        ],
        "x_curve": "trajectory.time",
        "measure": {"path": "trajectory.angle"},
        "x": [true.trajectory.time[i] for i in places],
        "y": [true.trajectory.angle[i] for i in places],
    }
    result = fitted(request)
    for one, value in zip(result.parameters, (0.12, 9.7), strict=True):
        assert abs(one.value - value) <= result.receipt.error_reached * value + 1e-9
    assert result.receipt.met
    views = fit_parameters.draw(fit_parameters.validate(request), result)
    assert isinstance(views[0], Text)
    assert "damping" in views[0].text
    assert [view.title for view in views if isinstance(view, Series)] == [
        "trajectory.angle: data and fit",
        "Residuals",
    ]


@pytest.mark.parametrize(
    ("parameters", "open_"),
    [
        ([{"path": "mass", "start": 0.2}, {"path": "drag_coefficient", "start": 0.4}], {"mass", "drag_coefficient"}),
        ([{"path": "speed", "start": 19}, {"path": "air_density", "start": 1.1}], {"air_density"}),
    ],
    ids=["only a ratio shows", "no effect at all"],
)
def test_what_the_data_leave_open_is_named_and_not_guessed(parameters: list[Json], open_: set[str]) -> None:
    """Drag goes by coefficient over mass; without drag the air's density changes nothing."""
    drag = parameters[0]["path"] == "mass"
    request: Json = {
        "operation": "physics.simulate_projectile",
        "request": {"points": 2, **({"speed": 20, "diameter": 0.07} if drag else {"drag": False})},
        "parameters": parameters,
        "x_field": "angle",
        "measure": {"path": "range"},
        "x": [20, 35, 50, 65],
        "y": [22.0, 30.6, 30.9, 23.2],
    }
    result = fitted(request)
    assert not result.identifiable
    assert not result.receipt.met
    assert {one.path for one in result.parameters if one.standard_error is None} >= open_
    assert result.covariance is None
    assert all(name in result.verdict for name in open_)


def test_a_target_is_reached_at_every_root() -> None:
    """R = v² sin 2α / g has two angles for one range: asin(gR/v²)/2 and its complement."""
    request: Json = {
        "operation": "physics.simulate_projectile",
        "request": {"speed": 20, "points": 2},
        "vary": [{"path": "angle", "low": 5, "high": 85}],
        "measure": {"path": "range"},
        "goal": "reach",
        "target": 30,
    }
    result = found(request)
    flat = math.degrees(math.asin(GRAVITY * 30 / 400) / 2)
    places = sorted([result.settings[0].value, *(one[0] for one in result.others)])
    assert places == pytest.approx([flat, 90 - flat], abs=1e-8)
    assert abs(result.value - 30) <= result.receipt.error_reached
    assert result.receipt.met
    far = found({**request, "target": 50})
    assert not far.receipt.met
    assert far.value == pytest.approx(400 / GRAVITY)
    assert any("not reached" in note for note in far.receipt.notes)


def test_the_farthest_throw_from_a_height_is_the_one_of_the_closed_form() -> None:
    """From a height h: tan α = v / √(v² + 2gh), range v√(v² + 2gh)/g."""
    request: Json = {
        "operation": "physics.simulate_projectile",
        "request": {"speed": 20, "height": 10, "points": 2},
        "vary": [{"path": "angle", "low": 5, "high": 85}],
        "measure": {"path": "range"},
        "goal": "maximize",
    }
    result = found(request)
    fall = math.sqrt(400 + 2 * GRAVITY * 10)
    assert result.settings[0].value == pytest.approx(math.degrees(math.atan(20 / fall)), abs=1e-3)
    assert abs(result.value - 20 * fall / GRAVITY) <= result.receipt.error_reached + 1e-12 * result.value
    assert result.receipt.met


def test_several_fields_go_to_the_corner_or_the_bottom_where_the_best_is() -> None:
    """Range grows with speed up to its bound, and in angle to the closed form; both within the error told."""
    result = found(
        {
            "operation": "physics.simulate_projectile",
            "request": {"height": 10, "points": 2},
            "vary": [{"path": "speed", "low": 10, "high": 20}, {"path": "angle", "low": 5, "high": 85}],
            "measure": {"path": "range"},
            "goal": "maximize",
        }
    )
    fall = math.sqrt(400 + 2 * GRAVITY * 10)
    assert result.settings[0].at_bound
    assert result.value == pytest.approx(20 * fall / GRAVITY, rel=1e-6)
    assert abs(result.value - 20 * fall / GRAVITY) <= max(result.receipt.error_reached, result.receipt.error_asked)
    assert result.receipt.met


def test_a_parameter_stays_where_the_operation_answers() -> None:
    """A height is not below 0 though no range says so: no slope is taken from what is refused."""
    angles = [20.0, 35.0, 50.0, 65.0]
    result = fitted(
        {
            "operation": "physics.simulate_projectile",
            "request": {"speed": 20, "points": 2},
            "parameters": [{"path": "height", "start": 0, "low": -1e308, "high": 1e308}],
            "x_field": "angle",
            "measure": {"path": "range"},
            "x": angles,
            "y": [400 / GRAVITY * math.sin(math.radians(2 * angle)) - 0.1 for angle in angles],
        }
    )
    (height,) = result.parameters
    assert 0 <= height.value < 1e-3
    assert height.at_bound
    assert not any("refused" in note for note in result.receipt.notes)


@pytest.mark.parametrize(
    "change", [{"errors": [1e-308]}, {"y": [1e308, -1e308, 1e308, 1.0, 1.0]}], ids=["no error", "no number"]
)
def test_data_beyond_all_numbers_are_refused(change: Json) -> None:
    """Squares that no double holds are no sum of squares."""
    with pytest.raises(InvalidRequest) as error:
        fitted(periods(np.zeros(5), **change))
    assert error.value.field == "y"


def test_too_few_calls_are_no_success() -> None:
    """Promise: what was not reached is not called reached, and the remedy is in the notes."""
    result = fitted(periods(np.zeros(5), max_calls=20))
    assert any("max_calls" in note for note in result.receipt.notes)
    assert not result.receipt.met


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"x_field": None}, InvalidRequest, "x_field"),
        ({"y": [1.0, 2.0]}, InvalidRequest, "y"),
        ({"errors": [1.0, 2.0]}, InvalidRequest, "errors"),
        ({"parameters": [{"path": "length", "start": 1}]}, InvalidRequest, "parameters"),
        ({"parameters": [{"path": "max_steps", "start": 100}]}, NotSupported, "parameters"),
        ({"parameters": [{"path": "gravity", "start": 1, "low": 2}]}, InvalidRequest, "parameters"),
        ({"measure": {"path": "frequency"}}, InvalidRequest, "measure"),
        ({"x_field": None, "x_curve": "period"}, InvalidRequest, "x_curve"),
        ({"operation": "physics.fit_parameters"}, NotSupported, "operation"),
        ({"x": [-1, 1, 2, 3, 4]}, InvalidRequest, "request.length"),
    ],
    ids=str,
)
def test_a_fit_that_cannot_be_made_is_refused(ground: Ground, change: Json, kind: type[NisError], field: str) -> None:
    """House rule: typed, with field and remedy."""
    with pytest.raises(kind) as error:
        ground.call("physics.fit_parameters", periods(np.zeros(5)) | change)
    assert error.value.field == field
    assert error.value.remedy


def test_what_the_server_prepares_is_not_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has no store: what is read from it before a call is refused, with sweeping as the remedy."""

    async def prepared(request: Any, _ctx: Any) -> Any:
        return request

    stored = replace(simulate_pendulum, prepare=prepared)
    entry = SimpleNamespace(
        name=stored.name,
        request_schema=stored.request.model_json_schema(),
        result_schema=stored.result.model_json_schema(mode="serialization"),
    )

    def admitted(_name: str, _ctx: Any) -> Any:
        return entry

    def found_by(_name: str) -> Any:
        return stored

    monkeypatch.setattr(preparing, "admit", admitted)
    ctx: Any = SimpleNamespace(operations=SimpleNamespace(find=found_by))
    fit = fit_parameters.validate(periods(np.zeros(5)))
    optimum = optimize_parameters.validate(dict(optimize_parameters.examples[0].request))
    for waiting in (preparing.prepare_fit(fit, ctx), preparing.prepare_optimum(optimum, ctx)):
        with pytest.raises(NotSupported) as error:
            asyncio.run(waiting)
        assert error.value.field == "operation"
        assert "Sweep" in (error.value.remedy or "")


def test_a_search_without_an_answer_says_why(ground: Ground) -> None:
    """Nowhere in the range does the operation answer."""
    request: Json = {
        "operation": "physics.simulate_projectile",
        "request": {"speed": 20, "height": 0},
        "vary": [{"path": "angle", "low": -80, "high": -5}],
        "measure": {"path": "range"},
        "goal": "maximize",
    }
    with pytest.raises(InvalidRequest) as error:
        ground.call("physics.optimize_parameters", request)
    assert error.value.field == "request.angle"
    with pytest.raises(InvalidRequest) as error:
        ground.call("physics.optimize_parameters", request | {"goal": "reach"})
    assert error.value.field == "target"
