"""Where joints put a tool and how it moves with them: published poses, a second way, differences, singular stances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.robotics.chain import chain_of, distance
from nis_backend.capabilities.robotics.description import Preset, Robot
from nis_backend.capabilities.robotics.forward import differences, move_tool, place_tool
from nis_backend.capabilities.robotics.geometry import (
    from_rpy,
    quaternion_of,
    rotation_of,
    rotation_vector,
    rpy_of,
)
from nis_backend.capabilities.robotics.poses import Jacobian, JacobianRequest, Pose, PoseRequest
from nis_backend.capabilities.robotics.presets import PRESETS
from nis_backend.capabilities.robotics.views import draw_jacobian
from nis_backend.errors import InvalidRequest
from nis_backend.view import Table

Json = dict[str, Any]


def pose(**request: Any) -> Pose:
    """The pose of an arm."""
    return place_tool(PoseRequest.model_validate(request))


def jacobian(**request: Any) -> Jacobian:
    """The Jacobian of an arm."""
    return move_tool(JacobianRequest.model_validate(request))


def test_the_puma_stands_where_its_published_poses_say() -> None:
    """Corke, Robotics, Vision and Control (2011), 7.2.1: the nominal and the zero stance, four digits."""
    nominal = pose(preset="Puma 560", positions=[0, math.pi / 4, math.pi, 0, math.pi / 4, 0])
    assert (nominal.x, nominal.y, nominal.z) == pytest.approx((0.5963, -0.1501, -0.01435), abs=5e-5)
    assert np.array(nominal.matrix)[:3, :3] == pytest.approx(np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]]), abs=1e-12)
    zero = pose(preset="Puma 560", positions=[0] * 6)
    assert (zero.x, zero.y, zero.z) == pytest.approx((0.4521, -0.1500, 0.4318), abs=1e-4)
    assert zero.quaternion == pytest.approx([1, 0, 0, 0], abs=1e-12)


def test_the_ur5_stretched_out_is_as_long_as_its_table_says() -> None:
    """At zero the sums of its lengths: -(0.425 + 0.39225), -(0.10915 + 0.0823), 0.089159 - 0.09465."""
    stretched = pose(preset="UR5", positions=[0] * 6)
    assert (stretched.x, stretched.y, stretched.z) == pytest.approx((-0.81725, -0.19145, -0.005491), abs=1e-12)


def test_a_flat_arm_is_school_trigonometry() -> None:
    """Sums of links turned by sums of angles."""
    flat = pose(links=[1, 0.8, 0.3], positions=[0.3, -0.7, 1.1])
    sums = np.cumsum([0.3, -0.7, 1.1])
    assert flat.x == pytest.approx(float(np.cos(sums) @ [1, 0.8, 0.3]), abs=1e-14)
    assert flat.y == pytest.approx(float(np.sin(sums) @ [1, 0.8, 0.3]), abs=1e-14)
    assert flat.yaw == pytest.approx(0.7, abs=1e-14)
    assert flat.outline.x[-1] == pytest.approx(flat.x)


def test_both_conventions_describe_one_arm() -> None:
    """Craig's rows shift a and alpha by a joint; the tool then takes what is left of the last row."""
    standard = [{"a": 0.4, "alpha": 0.7, "d": 0.2}, {"a": 0.3, "alpha": -1.1, "d": 0.1, "theta": 0.5}]
    modified = [{"d": 0.2}, {"a": 0.4, "alpha": 0.7, "d": 0.1, "theta": 0.5}]
    tool = {"position": [0.3, 0, 0], "rotation": [-1.1, 0, 0]}
    one = pose(robot={"joints": standard}, positions=[0.6, -0.4])
    other = pose(robot={"joints": modified, "convention": "modified", "tool": tool}, positions=[0.6, -0.4])
    assert np.array(one.matrix) == pytest.approx(np.array(other.matrix), abs=1e-14)


def test_a_base_and_a_tool_move_the_pose_as_they_should() -> None:
    """The base from the left, the tool from the right."""
    joints = [{"a": 1.0}]
    placed = pose(
        robot={"joints": joints, "base": {"position": [0, 0, 2]}, "tool": {"position": [0, 0, 0.5]}}, positions=[0]
    )
    assert (placed.x, placed.y, placed.z) == pytest.approx((1, 0, 2.5))


@settings(max_examples=20, deadline=None)
@given(preset=st.sampled_from(list(Preset)), parts=st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_screws_and_differences_agree_wherever_the_joints_are(preset: Preset, parts: list[float]) -> None:
    """Promise of the receipts: two independent ways to the pose, two to the Jacobian."""
    chain = chain_of(PRESETS[preset])
    q = chain.lower + np.array(parts[: len(chain)]) * (chain.upper - chain.lower)
    apart, turned = distance(chain.pose(q), chain.pose_by_screws(q))
    assert apart < 1e-13
    assert turned < 1e-12
    assert chain.jacobian(q) == pytest.approx(differences(chain, q), abs=1e-8)
    told = pose(preset=preset, positions=q.tolist())
    assert told.receipt.met
    assert told.outside == []


def test_a_stretched_flat_arm_has_lost_the_direction_along_itself() -> None:
    """The lost direction is the arm's own; bent, nothing is lost and manipulability is l1 l2 |sin q2|."""
    stretched = jacobian(links=[1, 0.8], positions=[0.4, 0])
    assert (stretched.task, stretched.full_rank, stretched.rank, stretched.singular) == ("position", 2, 1, True)
    assert stretched.condition is None
    assert np.abs(np.array(stretched.lost[0][:2])) == pytest.approx([math.cos(0.4), math.sin(0.4)], abs=1e-9)
    bent = jacobian(links=[1, 0.8], positions=[0.4, 1.1])
    assert not bent.singular
    assert bent.manipulability == pytest.approx(0.8 * math.sin(1.1), rel=1e-12)


@pytest.mark.parametrize(
    ("preset", "positions", "singular"),
    [
        ("Puma 560", [0.1, 0.4, -0.3, 0.2, 0, 0.5], True),  # the wrist's axes 4 and 6 in one line
        ("Puma 560", [0.1, 0.4, -0.3, 0.2, 0.7, 0.5], False),
        ("UR5", [0.2, -1, 0, 0.3, 1.2, 0], True),  # the elbow stretched
        ("UR5", [0.2, -1, 1.3, 0.3, 0, 0], True),  # joints 2, 3, 4 and 6 parallel
        ("UR5", [0.2, -1, 1.3, 0.3, 1.2, 0], False),
        ("Cobra 600", [0.2, 0, 0.1, 0.4], True),
        ("Cobra 600", [0.2, 0.9, 0.1, 0.4], False),
    ],
)
def test_known_singular_stances_are_said_to_be(preset: str, positions: list[float], singular: bool) -> None:
    """Promise: singularity said, against the stances that textbooks name."""
    told = jacobian(preset=preset, positions=positions)
    assert told.singular is singular
    assert told.receipt.met
    assert len(told.lost) == told.full_rank - told.rank


def test_turns_are_read_back_from_every_corner() -> None:
    """Near 0, near π, straight up and down: quaternion, vector and angles each give the matrix back."""
    rng = np.random.default_rng(1)
    turns = [rng.uniform(-math.pi, math.pi, 3) for _ in range(50)]
    turns += [
        np.array(one)
        for one in ((0, 0, 0), (math.pi, 0, 0), (0, math.pi / 2, 0.3), (0.2, -math.pi / 2, 0), (1e-9, 0, 0))
    ]
    for roll, pitch, yaw in turns:
        matrix = from_rpy(roll, pitch, yaw)[:3, :3]
        assert from_rpy(*rpy_of(matrix))[:3, :3] == pytest.approx(matrix, abs=1e-12)
        assert rotation_of(quaternion_of(matrix).tolist()) == pytest.approx(matrix, abs=1e-12)
    assert rotation_vector(from_rpy(1e-9, 0, 0)[:3, :3])[0] == pytest.approx(1e-9, rel=1e-6)
    assert abs(rotation_vector(from_rpy(math.pi, 0, 0)[:3, :3])[0]) == pytest.approx(math.pi)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"preset": "UR5", "positions": [0, 0]}, "positions"),
        ({"preset": "UR5", "links": [1], "positions": [0]}, "robot"),
        ({"positions": [0]}, "preset"),
        ({"robot": {}, "positions": [0]}, "joints"),
        ({"robot": {"joints": [{"kind": "prismatic"}]}, "positions": [0]}, "lower"),
        ({"robot": {"joints": [{"lower": 1, "upper": -1}]}, "positions": [0]}, "lower"),
    ],
)
def test_what_describes_no_arm_is_refused_with_the_remedy(wrong: Json, field: str) -> None:
    """Promise: a typed error that names the field and what to do."""
    with pytest.raises(InvalidRequest) as refused:
        pose(**wrong)
    assert refused.value.field == field
    assert refused.value.remedy


def test_what_rounding_leaves_of_a_nought_is_written_as_0() -> None:
    """Promise of the tables: no 6·10⁻¹⁷ among metres."""
    request = JacobianRequest.model_validate({"preset": "UR5", "positions": [0, -1, 1.5, -0.5, math.pi / 2, 0]})
    rows = next(view for view in draw_jacobian(request, move_tool(request)) if isinstance(view, Table)).rows
    assert not any("10⁻¹" in str(cell) for row in rows for cell in row)


def test_a_stance_beyond_the_ranges_is_computed_and_said() -> None:
    """Promise: outside names the joints, and so does the receipt."""
    told = pose(preset="Puma 560", positions=[3, 0, 0, 0, 0, 0])
    assert told.outside == [1]
    assert "joint 1" in told.receipt.notes[0]
    assert Robot(joints=PRESETS[Preset.PUMA].joints) == PRESETS[Preset.PUMA]
