"""Planned motions held to their limits, tools on straight lines, and URDFs read as the arms they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.robotics.chain import chain_of
from nis_backend.capabilities.robotics.description import LONGEST_URDF, Preset, Robot
from nis_backend.capabilities.robotics.motions import Plan, PlanRequest
from nis_backend.capabilities.robotics.planning import plan
from nis_backend.capabilities.robotics.presets import PRESETS
from nis_backend.capabilities.robotics.urdf import read_urdf
from nis_backend.errors import InvalidRequest

STANCES = [[0, -1.2, 1.4, -0.2, 1.5, 0], [0.5, -1.0, 1.2, -0.2, 1.5, 0.4], [1.0, -1.3, 1.4, 0.1, 1.5, 0]]


def planned(**request: Any) -> Plan:
    """A plan."""
    return plan(PlanRequest.model_validate(request), lambda _part, _message: None)


@pytest.mark.parametrize("method", ["time_optimal", "minimum_jerk"])
@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_a_motion_passes_its_waypoints_within_every_limit_and_reaches_one(method: str, scale: float) -> None:
    """Promise: no limit crossed, none left unused without need; waypoints met at their times, at rest at both ends."""
    found = planned(preset="UR5", waypoints=STANCES, method=method, scale=scale)
    chain = chain_of(PRESETS[Preset.UR5])
    shares = [
        share
        for one in found.peaks
        for share in (
            one.velocity / one.velocity_limit,
            one.acceleration / one.acceleration_limit,
            one.jerk / one.jerk_limit,
        )
    ]
    assert 1 - 1e-4 <= max(shares) <= 1 + 1e-9
    assert found.peaks[0].velocity_limit == pytest.approx(scale * chain.velocity[0])
    times = np.array(found.motion.time)
    for arrival, stance in zip(found.arrivals, STANCES, strict=True):
        at: list[float] = [np.interp(arrival, times, row) for row in found.motion.position]
        assert at == pytest.approx(stance, abs=2e-3)
    velocities = np.array(found.motion.velocity)
    assert np.abs(velocities[:, [0, -1]]).max() < 1e-9
    rests = np.abs(velocities[:, np.argmin(np.abs(times - found.arrivals[1]))]).max() < 1e-3
    assert rests is np.bool_(method == "time_optimal")
    assert found.receipt.met


def test_the_time_optimal_motion_of_one_joint_takes_the_time_of_the_closed_form() -> None:
    """1.2 rad at 1 rad/s, 2 rad/s², 10 rad/s³: d/v + v/a + a/j."""
    assert planned(links=[1.0], waypoints=[[0], [1.2]]).duration == pytest.approx(1.2 + 0.5 + 0.2, rel=1e-12)


def test_minimum_jerk_between_two_stances_is_the_known_quintic() -> None:
    """Flash & Hogan: 10 s³ - 15 s⁴ + 6 s⁵, whose peak velocity is 15/8 of the mean."""
    found = planned(links=[1.0], waypoints=[[0], [1]], method="minimum_jerk", duration=4)
    s = np.array(found.motion.time) / 4
    assert found.motion.position[0] == pytest.approx((10 * s**3 - 15 * s**4 + 6 * s**5).tolist(), abs=1e-12)
    assert found.peaks[0].velocity == pytest.approx(15 / 8 / 4, rel=1e-6)


def test_a_tool_stays_on_its_line_and_keeps_its_turn() -> None:
    """Promise: the distance from the line is the receipt's error, and small."""
    found = planned(preset="UR5", start=STANCES[0], lines=[{"position": [-0.5, 0.1, 0.5]}])
    assert found.receipt.met
    assert found.receipt.error_reached < 1e-9
    places = np.array([found.motion.x, found.motion.y, found.motion.z]).T
    way = places[-1] - places[0]
    off = np.linalg.norm(np.cross(places - places[0], way / np.linalg.norm(way)), axis=1)
    assert off.max() < 1e-9
    assert places[-1] == pytest.approx([-0.5, 0.1, 0.5], abs=1e-9)
    chain = chain_of(PRESETS[Preset.UR5])
    turns = chain.pose(np.array(found.motion.position).T)[:, :3, :3]
    assert np.abs(turns - turns[0]).max() < 1e-9


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": [{"position": [2.5, 0, 0]}], "start": [0.5, 1.2]}, "lines.0"),  # out of reach
        ({"lines": [{"position": [-0.584, -0.909, 0]}], "start": [0, 2]}, "lines.0"),  # through the shoulder
        ({"lines": [{"position": [1, 1, 0]}]}, "start"),
        ({"lines": [{"position": [1, 1, 0]}], "start": [0, 1], "waypoints": [[0, 1]]}, "waypoints"),
        ({"lines": [{"position": [1, 1, 0]}], "start": [0, 1], "method": "minimum_jerk"}, "method"),
        ({"waypoints": [[0, 0], [0, 0]]}, "waypoints"),
        ({"waypoints": [[0, 0]]}, "waypoints"),
        ({"waypoints": [[0, 0], [1, 1]], "duration": 0.1}, "duration"),
    ],
)
def test_a_motion_that_cannot_be_is_refused_with_the_remedy(wrong: dict[str, Any], field: str) -> None:
    """Promise: typed errors; a line that leaves the reach or meets a singularity says where."""
    with pytest.raises(InvalidRequest) as error:
        planned(preset="planar 2R", **wrong)
    assert error.value.field == field
    assert error.value.remedy


RING = (
    "<robot><joint name='x' type='continuous'><parent link='a'/><child link='b'/></joint>"
    "<joint name='y' type='continuous'><parent link='b'/><child link='a'/></joint></robot>"
)
URDF = """<?xml version="1.0"?>
<robot name="two">
  <link name="base"/><link name="a"/><link name="b"/><link name="hand"/><link name="lamp"/>
  <joint name="j1" type="revolute"><parent link="base"/><child link="a"/><origin xyz="0 0 0.5" rpy="0 0 0"/>
    <axis xyz="0 0 2"/><limit lower="-2" upper="2" velocity="1.5" effort="1"/></joint>
  <joint name="j2" type="prismatic"><parent link="a"/><child link="b"/>
    <origin xyz="1 0 0" rpy="0 1.5707963267948966 0"/>
    <axis xyz="0 0 1"/><limit lower="0" upper="0.4" velocity="0.2" effort="1"/></joint>
  <joint name="grip" type="fixed"><parent link="b"/><child link="hand"/><origin xyz="0 0 0.1"/></joint>
  <joint name="side" type="fixed"><parent link="a"/><child link="lamp"/></joint>
</robot>"""


def test_a_urdf_is_the_arm_that_it_describes() -> None:
    """Axes of any length, fixed joints in the chain, limits: the place by hand."""
    chain = chain_of(Robot(urdf=URDF, tip="hand"))
    at = chain.pose(np.array([math.pi / 2, 0.3]))
    assert at[:3, 3] == pytest.approx([0, 1 + 0.3 + 0.1, 0.5], abs=1e-12)
    assert (chain.lower.tolist(), chain.upper.tolist()) == ([-2, 0], [2, 0.4])
    assert chain.velocity.tolist() == [1.5, 0.2]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (URDF, "tip"),  # two leaves, and none is named
        ('<!DOCTYPE r [<!ENTITY a "b">]>' + URDF.partition("?>")[2], "urdf"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><robot/>', "urdf"),
        ("<robot>" + "<a>" * 1000 + "</a>" * 1000 + "</robot>", "urdf"),
        ("<robot><joint name='x' type='revolute'></robot>", "urdf"),
        ("<robot><joint name='x' type='floating'><parent link='a'/><child link='b'/></joint></robot>", "urdf"),
        ("<robot><joint name='x' type='revolute'><parent link='a'/><child link='b'/></joint></robot>", "urdf"),
        (
            RING,
            "tip",
        ),
        (URDF.replace("0 0 2", "nan 0 1"), "urdf"),
        ("plain words", "urdf"),
    ],
)
def test_what_is_no_chain_or_hostile_is_refused(text: str, field: str) -> None:
    """Promise: document types and entities never, rings, loose ends and numbers that are none by name."""
    assert len(text) <= LONGEST_URDF
    with pytest.raises(InvalidRequest) as error:
        read_urdf(text, "" if field == "tip" or "nan" not in text else "hand")
    assert error.value.field == field
    assert error.value.remedy
