"""What the results about arms look like: first the answer in words, then the arm from two sides, then the receipt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.robotics.poses import Jacobian, JacobianRequest, Outline, Pose, PoseRequest
    from nis_backend.view import View

SIMULATED = "This is computed for a model of the arm; no machine moves."
FLAT = 1e-9
"""Metres: an arm that is no higher lies in its plane, and is seen from above alone."""


def draw_pose(request: PoseRequest, pose: Pose) -> list[View]:
    """Where the tool is, the arm, its frames."""
    turns = ", ".join(
        f"{name} {degrees(one)}" for name, one in zip(TURNS, (pose.roll, pose.pitch, pose.yaw), strict=True)
    )
    return [
        Text(
            text=f"The tool of the {request.arm_name} is at **x = {format_number(pose.x)} m, "
            f"y = {format_number(pose.y)} m, z = {format_number(pose.z)} m**, turned by {turns} "
            f"({error_words(pose.receipt)}).{beyond(pose.outside)} {SIMULATED}"
        ),
        *draw_outlines([("the arm", pose.outline)]),
        Table(
            title="Frames",
            columns=["frame", "x, m", "y, m", "z, m"],
            rows=[[one.name, *(format_number(value, 6) for value in one.position)] for one in pose.frames],
        ),
        receipt_table(pose.receipt),
    ]


def draw_jacobian(request: JacobianRequest, jacobian: Jacobian) -> list[View]:
    """Whether it is singular, the matrix, the singular values."""
    if jacobian.singular:
        gone = jacobian.full_rank - jacobian.rank
        words = (
            f"The {request.arm_name} is **singular** here: of the {jacobian.full_rank} directions that it can move its "
            f"tool in, it has lost {gone}"
        )
    else:
        condition = format_number(jacobian.condition or 0, 3)
        words = (
            f"The {request.arm_name} is not singular here: its tool can move in {jacobian.rank} directions, "
            f"manipulability **{format_number(jacobian.manipulability)}**, condition number {condition}"
        )
    names = ["vx", "vy", "vz", "ωx", "ωy", "ωz"]
    joints = [f"joint {number}" for number in range(1, len(jacobian.matrix[0]) + 1)]
    rows: list[list[str | float]] = [
        [name, *(format_number(value, 5) for value in row)] for name, row in zip(names, jacobian.matrix, strict=True)
    ]
    count = len(jacobian.singular_values)
    values = Axis(label="singular value", values=jacobian.singular_values, mark="bars")
    return [
        Text(text=f"{words} ({error_words(jacobian.receipt)}).{beyond(jacobian.outside)} {SIMULATED}"),
        Table(title="Jacobian", columns=["", *joints], rows=rows),
        Series(
            title="Singular values",
            x=Axis(
                label="",
                values=[float(one) for one in range(1, count + 1)],
                names=[str(one + 1) for one in range(count)],
            ),
            lines=[values],
        ),
        *draw_outlines([("the arm", jacobian.outline)]),
        receipt_table(jacobian.receipt),
    ]


TURNS = ("roll", "pitch", "yaw")


def degrees(angle: float) -> str:
    """An angle as people read one."""
    return f"{format_number(math.degrees(angle) + 0.0)}°"


def beyond(outside: Sequence[int]) -> str:
    """What is to be said of joints beyond their ranges."""
    if not outside:
        return ""
    one = len(outside) == 1
    which = ", ".join(map(str, outside))
    return f" **Joint{'' if one else 's'} {which} would be beyond {'its range' if one else 'their ranges'}.**"


def draw_outlines(arms: Sequence[tuple[str, Outline]]) -> list[View]:
    """Arms as lines: from the side, where they rise at all, and from above."""
    rises = any(max(one.z) - min(one.z) > FLAT for _, one in arms)
    side = [_seen(f"{name}, from the side", one.x, one.z, ("x", "z")) for name, one in arms] if rises else []
    return [*side, *(_seen(f"{name}, from above", one.x, one.y, ("x", "y")) for name, one in arms)]


def _seen(title: str, across: Sequence[float], up: Sequence[float], axes: tuple[str, str]) -> Series:
    return Series(
        title=title[0].upper() + title[1:],
        x=Axis(label=axes[0], unit="m", values=across),
        lines=[Axis(label=axes[1], unit="m", values=up)],
    )
