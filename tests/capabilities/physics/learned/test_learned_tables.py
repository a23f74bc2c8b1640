"""Kolmogorov-Arnold networks: the law is found, and all is judged by rows that nothing has seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hearing import Hearing

from nis_backend.capabilities.physics.learned.kan import Kan, basis
from nis_backend.capabilities.physics.learned.operations import fit_kan
from nis_backend.capabilities.physics.learned.table import KanFit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula
from nis_backend.view import Series, Text


def fit(**request: Any) -> KanFit:  # Any: JSON
    """Fit to this request."""
    return fit_kan.function(fit_kan.validate(request), Hearing())


def value(text: str, **at: float) -> float:
    """What a formula comes to."""
    return float(read_formula(text).compile(*at)(*at.values()))


def test_the_published_example_is_found_exactly() -> None:
    """Liu et al. (2025), section 2: exp(sin(πx) + y²) from samples, as a text that the project reads again."""
    found = fit(formula="exp(sin(pi*x) + y^2)", rows=300, hidden=2)
    for x, y in ((0.3, -0.7), (-0.9, 0.2)):
        assert value(found.formula, x=x, y=y) == pytest.approx(np.exp(np.sin(np.pi * x) + y * y), rel=1e-6)
    assert found.formula_error < 1e-6
    assert found.held_out_error < 0.01
    assert found.receipt.met
    assert {edge.function for edge in found.edges} == {"sin", "x^2", "exp"}
    assert min(edge.r_squared for edge in found.edges) > 0.999


def test_an_input_that_does_nothing_is_pruned() -> None:
    """Promise: sparsity takes edges away that carry nothing, also with noise in the table."""
    chance = np.random.default_rng(3)
    inputs = chance.uniform(-1, 1, (200, 3))
    outputs = np.sin(3 * inputs[:, 0]) + inputs[:, 2] ** 2 + 0.005 * chance.standard_normal(200)
    found = fit(inputs=inputs.tolist(), outputs=outputs.tolist(), names=["a", "b", "c"], hidden=1, tolerance=0.05)
    assert found.pruned == 1
    assert not any(edge.name.startswith("b") for edge in found.edges)
    assert "b" not in read_formula(found.formula, ["a", "b", "c"]).names
    assert value(found.formula, a=0.2, c=0.5) == pytest.approx(np.sin(0.6) + 0.25, abs=0.01)


def test_what_is_told_is_what_held_out_rows_say() -> None:
    """Promise: a law that no line is, and noise that no network may learn: the error told is that of new rows."""
    chance = np.random.default_rng(5)
    inputs = chance.uniform(-1, 1, (160, 2))
    outputs = chance.standard_normal(160)
    noise = fit(inputs=inputs.tolist(), outputs=outputs.tolist(), hidden=1)
    assert not noise.receipt.met
    assert noise.held_out_error > 0.7
    rivals = {one.name.partition(" of")[0]: one for one in noise.fits}
    assert set(rivals) == {"network", "formula", "linear fit", "polynomial fit"}
    assert rivals["polynomial fit"].train_error < rivals["linear fit"].train_error
    plane = fit(formula="2*x + 3*y - z", hidden=1)
    assert plane.formula == "2*x + 3*y - z"
    assert next(one for one in plane.fits if one.name == "linear fit").held_out_error < 1e-12
    assert "NO better than the linear fit" in plane.receipt.notes[1]


def test_the_error_told_is_not_that_of_the_luckiest_rows() -> None:
    """Promise: of the rows held out and those that chose the network, those that it misses more are told."""
    inputs = np.random.default_rng(9).uniform(-1, 1, (50, 2))
    told = [
        fit(inputs=inputs.tolist(), outputs=(np.exp(-20 * inputs[:, 0] ** 2)).tolist(), hidden=1, seed=seed, epochs=20)
        for seed in range(4)
    ]
    assert all(one.receipt.error_reached >= one.held_out_error for one in told)
    assert any(one.receipt.error_reached > one.held_out_error for one in told)
    assert all(one.receipt.met == (one.receipt.error_reached <= one.receipt.error_asked) for one in told)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_a_law_is_found_at_any_scale(scale: float) -> None:
    """Promise: the same law in nanometres as in gigametres, and no number that only seems to be a multiple of π."""
    chance = np.random.default_rng(4)
    inputs = chance.uniform(-1, 1, (100, 2))
    outputs = scale * (2.5 * inputs[:, 0] ** 2 + 1 / (inputs[:, 1] + 4))
    found = fit(inputs=(inputs / scale).tolist(), outputs=outputs.tolist(), names=["a", "b"], hidden=1)
    assert found.formula_error < 1e-5
    assert "pi" not in found.formula
    assert value(found.formula, a=0.3 / scale, b=-0.6 / scale) == pytest.approx(
        scale * (2.5 * 0.09 + 1 / 3.4), rel=1e-4
    )


def test_the_same_seed_gives_the_same_fit_and_it_is_drawn() -> None:
    """Promise: reproducible; words with the formula first, an edge's function each, the loss."""
    request = fit_kan.validate({"formula": "sin(3*x) + y^2", "rows": 120, "hidden": 1})
    once, again = (fit_kan.function(request, Hearing()) for _ in range(2))
    assert once.model_dump() == again.model_dump()
    views = fit_kan.draw(request, once)
    assert isinstance(views[0], Text)
    assert f"`{once.formula}`" in views[0].text
    assert sum(isinstance(view, Series) and view.title.startswith("Edge") for view in views) == 3


def test_splines_are_a_partition_of_one_and_slopes_are_their_own() -> None:
    """De Boor (1978), IX: B-splines sum to 1; the slope is that of differences; so is each row of the Jacobian."""
    places = np.linspace(-1, 1, 41)
    shown, slopes = basis(places, 7)
    assert shown[:, 1:].sum(axis=1) == pytest.approx(np.ones(41))
    ahead, behind = basis(places + 1e-6, 7)[0], basis(places - 1e-6, 7)[0]
    assert np.abs((ahead - behind) / 2e-6 - slopes).max() < 1e-6
    chance = np.random.default_rng(0)
    inputs = chance.uniform(-1, 1, (20, 2))
    kan = Kan(inner=[(0, 0), (1, 0), (0, 1)], nodes=2, intervals=3, inputs=inputs, outputs=inputs[:, 0])
    parameters = 0.3 * kan.begin(chance)
    _, rows = kan.rows(parameters)
    for place in range(0, len(parameters), 5):
        step = np.zeros(len(parameters))
        step[place] = 1e-6
        seen = (kan.residuals(parameters + step) - kan.residuals(parameters - step)) / 2e-6
        assert np.abs(seen - rows[:, place]).max() < 1e-6


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "inputs"),
        ({"formula": "x", "inputs": [[1.0]] * 40, "outputs": [1.0] * 40}, "inputs"),
        ({"formula": "x + 1", "low": 2, "high": 1}, "high"),
        ({"formula": "log(x)"}, "formula"),
        ({"formula": "3"}, "formula"),
        ({"formula": "a+b+c+d+f+g+h"}, "formula"),
        ({"formula": "__import__('os')"}, "formula"),
        ({"inputs": [[1.0]] * 40, "outputs": [1.0] * 39}, "outputs"),
        ({"inputs": [[1.0], [1.0, 2.0]] * 20, "outputs": [1.0] * 40}, "inputs"),
        ({"inputs": [[float(one)] for one in range(40)], "outputs": [1.0] * 40}, "outputs"),
        ({"inputs": [[float(one), 7.0] for one in range(40)], "outputs": list(range(40))}, "inputs"),
        ({"inputs": [[float(one)] for one in range(40)], "outputs": [1e300 * one for one in range(40)]}, "outputs"),
        ({"inputs": [[1e-200 * one] for one in range(40)], "outputs": list(range(40))}, "inputs"),
        ({"formula": "a+b+c+d+f+g", "rows": 3000, "hidden": 6, "grid": 30, "epochs": 400}, "epochs"),
        ({"inputs": [[float(one)] for one in range(40)], "outputs": [1.0] * 40, "names": ["sin"]}, "names"),
    ],
)
def test_what_is_no_table_is_refused(request_: dict[str, Any], field: str) -> None:
    """Promise: typed, with the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        fit(**request_)
    assert refused.value.field == field
    assert refused.value.remedy
