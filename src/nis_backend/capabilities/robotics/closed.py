"""Inverse kinematics in closed form, of arms whose first two joints turn about parallel axes: a second way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.geometry import rpy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.robotics.description import Joint, Robot
    from nis_backend.capabilities.robotics.geometry import Floats
    from nis_backend.capabilities.robotics.search import Aim

FLAT, SELECTIVE = 3, 4
"""Joints of an arm in a plane that also turns its tool, and of a SCARA."""


def elbows(robot: Robot, aim: Aim) -> list[tuple[float, float]] | None:
    """The first two joints' positions, elbow to one side and to the other; None where the arm is of another kind.

    By the law of cosines: of two links in a plane, of three with the tool's turn given, of a SCARA.
    """
    if not _is_plain(robot):
        return None
    first, second, *rest = robot.joints
    place = aim.place[:2]
    if len(rest) == 1 and aim.turn is not None:
        place = place - rest[0].a * _heading(rpy_of(aim.turn)[2])
    return [(q1 - first.theta, q2 - second.theta) for q1, q2 in _two_links(first.a, second.a, place)]


def _two_links(one: float, two: float, place: Floats) -> list[tuple[float, float]]:
    x, y = place
    cosine = (x * x + y * y - one * one - two * two) / (2 * one * two)
    if abs(cosine) > 1 + 1e-9:
        return []
    bend = math.acos(max(-1.0, min(1.0, cosine)))
    return [(math.atan2(y, x) - math.atan2(two * math.sin(q2), one + two * math.cos(q2)), q2) for q2 in (bend, -bend)]


def _heading(yaw: float) -> Floats:
    return np.array([math.cos(yaw), math.sin(yaw)])


def _is_plain(robot: Robot) -> bool:
    joints = robot.joints
    zeros = [*robot.base.position, *robot.base.rotation, *robot.tool.position, *robot.tool.rotation]
    if any(zeros) or robot.convention != "standard" or len(joints) < 2 or not _turn(joints[:2]):  # noqa: PLR2004
        return False
    if joints[0].alpha or not (joints[0].a and joints[1].a):
        return False
    rest = joints[2:]
    if len(joints) == SELECTIVE:
        return rest[0].kind == "prismatic" and not any(one.a or one.alpha for one in rest) and _turn(rest[1:])
    return len(joints) <= FLAT and not any(one.alpha or one.d for one in joints[1:]) and _turn(rest)


def _turn(joints: Sequence[Joint]) -> bool:
    return all(one.kind == "revolute" for one in joints)
