"""Joints found for a pose: back to where they came from, within limits, and honest about what is out of reach."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.robotics.chain import chain_of, distance
from nis_backend.capabilities.robotics.description import Preset
from nis_backend.capabilities.robotics.geometry import quaternion_of
from nis_backend.capabilities.robotics.inverse import solve
from nis_backend.capabilities.robotics.poses import Solutions, SolveRequest
from nis_backend.capabilities.robotics.presets import PRESETS
from nis_backend.capabilities.robotics.search import Aim, search
from nis_backend.errors import InvalidRequest


def solved(**request: Any) -> Solutions:
    """The ways to a pose."""
    return solve(SolveRequest.model_validate(request), lambda _part, _message: None)


def asked_of(preset: Preset, q: np.ndarray[Any, Any]) -> dict[str, Any]:
    """A request for the pose that these positions have."""
    at = chain_of(PRESETS[preset]).pose(q)
    x, y, z = at[:3, 3].tolist()
    turn = {} if preset is Preset.PLANAR else {"quaternion": quaternion_of(at[:3, :3]).tolist()}
    return {"preset": preset, "x": x, "y": y, "z": z, **turn}


@settings(max_examples=12, deadline=None)
@given(preset=st.sampled_from(list(Preset)), parts=st.lists(st.floats(0.02, 0.98), min_size=6, max_size=6))
def test_a_pose_that_the_joints_can_have_is_found_again(preset: Preset, parts: list[float]) -> None:
    """Promise: every solution reaches the pose, within the ranges, by a way other than the search's own."""
    chain = chain_of(PRESETS[preset])
    q = chain.lower + np.array(parts[: len(chain)]) * (chain.upper - chain.lower)
    request = asked_of(preset, q)
    found = solved(**request)
    goal = chain.pose(q)
    for one in found.solutions:
        positions = np.array(one.positions)
        assert chain.outside(positions) == []
        place, turn = distance(goal, chain.pose_by_screws(positions))
        assert place <= found.receipt.error_reached + 1e-12
        assert preset is Preset.PLANAR or turn <= 1e-9 + 1e-11
    assert found.receipt.met


def test_the_eight_ways_of_a_ur5_are_found() -> None:
    """Shoulder left or right, elbow up or down, wrist flipped or not: Hawkins, Analytic Inverse Kinematics (2013)."""
    q = np.array([0.3, -1.1, 1.3, -0.2, 1.5, 0.4])
    found = solved(**asked_of(Preset.UR5, q), initial=q.tolist())
    assert found.count == 8
    assert found.positions == pytest.approx(q.tolist(), abs=1e-8)
    assert not found.endless


def test_a_flat_arm_bends_its_elbow_to_either_side() -> None:
    """Law of cosines; the check in closed form is in the receipt."""
    found = solved(links=[1, 0.8], x=1.1, y=0.4)
    assert found.count == 2
    assert found.solutions[0].positions[1] == pytest.approx(-found.solutions[1].positions[1], abs=1e-9)
    cosine = (1.1**2 + 0.4**2 - 1 - 0.64) / 1.6
    assert abs(found.positions[1]) == pytest.approx(math.acos(cosine), abs=1e-9)
    assert [one.name for one in found.receipt.checks][-1] == "elbow angle in closed form"


def test_limits_leave_one_way_where_there_would_be_two() -> None:
    """Promise: within the ranges."""
    joints = [{"a": 1, "lower": -3, "upper": 3}, {"a": 0.8, "lower": 0, "upper": 3}]
    found = solved(robot={"joints": joints}, x=1.1, y=0.4)
    assert found.count == 1
    assert found.positions[1] > 0


@pytest.mark.parametrize(("x", "away"), [(2.5, "0.7 m"), (0.1, "0.1 m")])
def test_out_of_reach_is_refused_with_how_far_and_where_reach_ends(x: float, away: str) -> None:
    """Beyond two stretched links, and within the hole that unequal ones leave around the shoulder."""
    with pytest.raises(InvalidRequest, match="cannot bring its tool there") as error:
        solved(links=[1, 0.8], x=x, y=0)
    assert away in error.value.message
    assert error.value.field == "x"
    assert f"x = {1.8 if x > 1 else 0.2}" in error.value.remedy


def test_a_joint_that_is_at_its_end_is_named_in_the_refusal() -> None:
    """Promise: which joints are at limits."""
    joints = [{"a": 1, "lower": -0.1, "upper": 0.1}, {"a": 1, "lower": -0.1, "upper": 0.1}]
    with pytest.raises(InvalidRequest, match="joints 1, 2 at an end"):
        solved(robot={"joints": joints}, x=1.0, y=1.5)


def test_a_turn_that_the_arm_cannot_make_is_told_apart_from_a_place() -> None:
    """A SCARA cannot tilt its tool."""
    with pytest.raises(InvalidRequest, match="the place alone, without the turn, is in reach") as error:
        solved(preset="Cobra 600", x=0.4, y=0.2, z=0.3, roll=0.2)
    assert error.value.field == "roll"


def test_a_stretched_arm_is_solved_and_said_to_be_singular() -> None:
    """At the very end of its reach, where the Jacobian loses a rank."""
    found = solved(links=[1, 1], x=2, y=0)
    assert found.positions == pytest.approx([0, 0], abs=1e-4)
    assert found.solutions[0].singular


def test_an_arm_with_joints_to_spare_says_that_solutions_are_endless() -> None:
    """Three links and a place in a plane."""
    found = solved(links=[1, 1, 0.5], x=1.2, y=0.5)
    assert found.endless
    assert found.receipt.met


def test_the_search_converges_with_order_two_near_a_regular_pose() -> None:
    """Promise of its docstring: digits double in each of the last rounds, measured on a UR5."""
    import nis_backend.capabilities.robotics.search as searching  # noqa: PLC0415 - its rounds are cut short

    chain = chain_of(PRESETS[Preset.UR5])
    q = np.array([0.3, -1.1, 1.3, -0.2, 1.5, 0.4])
    at = chain.pose(q)
    aim = Aim(place=at[:3, 3], turn=at[:3, :3], arm=chain.reach / 4)
    errors: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        for rounds in range(1, 12):
            patch.setattr(searching, "ROUNDS", rounds)
            errors.append(float(np.linalg.norm(search(chain, aim, q[None] + 0.15, lambda _: None).misses)))
    falling = [one for one in errors if 1e-12 < one < 1e-1]
    orders = [math.log(c / b) / math.log(b / a) for a, b, c in zip(falling, falling[1:], falling[2:], strict=False)]
    assert max(orders) > 1.6, (errors, orders)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quaternion": [0, 0, 0, 0]}, "quaternion"),
        ({"quaternion": [1, 0, 0, 0], "yaw": 1}, "quaternion"),
        ({"initial": [1]}, "initial"),
    ],
)
def test_a_wrong_request_is_refused_by_its_field(wrong: dict[str, Any], field: str) -> None:
    """Promise: a typed error with the remedy."""
    with pytest.raises(InvalidRequest) as error:
        solved(preset="UR5", x=0.3, y=0.3, z=0.3, **wrong)
    assert error.value.field == field
