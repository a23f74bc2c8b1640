"""Sweeps and sensitivity as runs of the whole process, over operations that exist."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import Caller
from nis_backend.capabilities.physics.studies.operations import OPERATIONS
from nis_backend.capabilities.physics.studies.targets import DECLARED
from nis_backend.catalog import CAPABILITIES
from nis_backend.errors import Forbidden, InvalidRequest, NisError, NotFound, NotSupported
from nis_backend.view import Grid, Series, Text

Json = dict[str, Any]
LENGTHS: Json = {
    "operation": "physics.simulate_pendulum",
    "request": {"angle": 10, "points": 2},
    "vary": [{"path": "length", "values": [0.25, 1, -1]}],
    "measure": [{"path": "small_angle_period"}, {"path": "trajectory.angle", "take": "first"}],
}
THROW: Json = {
    "operation": "physics.simulate_projectile",
    "vary": [{"path": "speed", "low": 10, "high": 20}, {"path": "angle", "low": 40, "high": 50}],
    "measure": {"path": "range"},
    "samples": 16,
}


def test_every_module_that_computes_can_be_studied_but_those_that_study_themselves() -> None:
    """A worker looks where the catalog would: the table and the catalog agree."""
    mine = tuple(f"nis_backend.capabilities.{family}." for family in ("physics", "mathematics", "robotics"))
    not_these = ("physics.claims.", "physics.learned.", "physics.studies.", "robotics.robots")
    wanted = {one for one in CAPABILITIES if one.startswith(mine) and not any(out in one for out in not_these)}
    assert {module for modules in DECLARED.values() for module in modules} == wanted


def test_a_sweep_reads_each_result_and_a_failure_is_a_row(ground: Ground) -> None:
    """T = 2π√(L/g); a negative length is refused by the operation, and the sweep goes on."""
    done = ground.call("physics.sweep_parameters", LENGTHS)
    assert done["parameters"] == [{"name": "length", "unit": "m"}]
    assert [one["unit"] for one in done["measures"]] == ["s", "degree"]
    first, second, third = done["points"]
    assert first["values"] == pytest.approx([math.pi / math.sqrt(9.80665), 10])
    assert second["values"][0] == pytest.approx(2 * first["values"][0])
    assert (first["met"], first["problem"]) == (True, "")
    assert third["values"] == [None, None]
    assert "length" in third["problem"]
    assert (done["failed"], done["receipt"]["met"], done["receipt"]["error_reached"]) == (1, False, 1)


def test_a_sweep_is_drawn_as_curves_and_maps(ground: Ground) -> None:
    """One field makes a curve a measure, two make a map of the right size, the words say where it is greatest."""
    sweep = OPERATIONS[0]
    request = sweep.validate(LENGTHS)
    views = sweep.draw(request, sweep.result.model_validate(ground.call(sweep.name, LENGTHS)))
    assert isinstance(views[0], Text)
    assert "length = 1 m" in views[0].text
    assert sum(isinstance(view, Series) for view in views) == 2
    both = sweep.examples[1].request
    views = sweep.draw(sweep.validate(both), sweep.result.model_validate(ground.call(sweep.name, dict(both))))
    maps = [view for view in views if isinstance(view, Grid)]
    assert [(len(one.cells), len(one.cells[0])) for one in maps] == [(4, 6), (4, 6)]


def test_a_throws_range_depends_on_its_speed(ground: Ground) -> None:
    """R = v² sin 2α / g: near 45° all of the variance is the speed's, E[R] and the shares by the closed form."""
    done = ground.call("physics.analyze_sensitivity", THROW)
    speed, angle = done["indices"]
    assert speed["first"] == pytest.approx(1, abs=speed["first_interval"])
    assert speed["total"] == pytest.approx(1, abs=speed["total_interval"])
    assert angle["total"] < 0.01
    # E[v²] of a uniform speed, and E[sin 2α] over ±5° about 45°.
    mean = (20**3 - 10**3) / (3 * 10) * math.sin(math.pi / 18) / (math.pi / 18) / 9.80665
    assert done["mean"] == pytest.approx(mean, rel=0.02)
    assert all(one["agrees"] for one in done["receipt"]["checks"])
    assert done["calls"] == 64


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"operation": "physics.simulate_pendulums"}, NotFound, "operation"),
        ({"operation": "chat.send_message"}, NotSupported, "operation"),
        ({"operation": "physics.sweep_parameters"}, NotSupported, "operation"),
        ({"vary": [{"path": "lenght", "values": [1]}]}, InvalidRequest, "vary"),
        ({"vary": [{"path": "length"}]}, InvalidRequest, "vary"),
        ({"vary": [{"path": "length", "low": 2, "high": 1}]}, InvalidRequest, "low"),
        ({"vary": [{"path": "length", "low": 0, "high": 1, "scale": "log"}]}, InvalidRequest, "low"),
        ({"vary": [{"path": "length", "values": [1]}] * 2}, InvalidRequest, "vary"),
        (
            {"vary": [{"path": path, "low": 1, "high": 2, "points": 30} for path in ("length", "gravity")]},
            InvalidRequest,
            "vary",
        ),
        ({"measure": [{"path": "motion"}]}, InvalidRequest, "measure"),
        ({"measure": [{"path": "trajectory.height"}]}, InvalidRequest, "measure"),
        ({"request": {"angle": 400}}, InvalidRequest, "request.angle"),
    ],
    ids=str,
)
def test_a_study_that_cannot_be_made_is_refused_before_it_is_a_run(
    ground: Ground, change: Json, kind: type[NisError], field: str
) -> None:
    """House rule: a typed error that names the field and the remedy."""
    with pytest.raises(kind) as error:
        ground.call("physics.sweep_parameters", LENGTHS | change)
    assert error.value.field == field
    assert error.value.remedy


def test_what_depends_on_nothing_has_no_shares(ground: Ground) -> None:
    """A division by no variance is no index."""
    with pytest.raises(InvalidRequest) as error:
        ground.call(
            "physics.analyze_sensitivity",
            THROW | {"measure": {"path": "trajectory.time", "take": "first"}, "samples": 4},
        )
    assert error.value.field == "measure"
    with pytest.raises(InvalidRequest) as error:
        ground.call("physics.analyze_sensitivity", THROW | {"samples": 512, "vary": THROW["vary"] * 4})
    assert error.value.field == "samples"


@pytest.mark.parametrize("name", ["physics.sweep_parameters", "physics.analyze_sensitivity"])
def test_a_study_needs_the_scopes_of_what_it_calls(ground: Ground, name: str) -> None:
    """Who may not call the operation is refused as if calling it, before there is a run."""
    reader = Caller(owner="local", scopes=frozenset({"physics:read"}))
    request: Json = {"operation": "mathematics.integrate_expression", "vary": [{"path": "lower", "values": [1]}]}
    request |= {"measure": [{"path": "value"}]}
    if name == "physics.analyze_sensitivity":
        ranged = [{"path": path, "low": 1, "high": 2} for path in ("lower", "upper")]
        request = {**request, "vary": ranged, "measure": {"path": "value"}}

    async def called() -> None:
        await ground.process.context(reader).call_named(name, request)

    with pytest.raises(Forbidden) as refused:
        ground.run(called())
    assert (refused.value.field, refused.value.value) == ("scope", "mathematics:read")
