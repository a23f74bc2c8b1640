"""What the joints of an arm may do, without its matrices: for what has to halt it and waits for no worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.robotics.profiles import Bounds
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.robotics.description import Robot


@dataclass(frozen=True, kw_only=True)
class JointLimits:
    """A joint's range and bounds."""

    lower: float
    upper: float
    bounds: Bounds

    @property
    def rest(self) -> float:
        """Where it is when nothing else is said: at 0, or as near to it as its range allows."""
        return min(max(0.0, self.lower), self.upper)


def limits_of_robot(robot: Robot) -> list[JointLimits]:
    """Those of each joint.

    Raises:
        InvalidRequest: its URDF is none, or not of one chain.
    """
    if robot.urdf:
        from nis_backend.capabilities.robotics.urdf import read_urdf  # noqa: PLC0415 - where there is one

        bounds = [
            (one.lower, one.upper, one.velocity, robot.max_acceleration, robot.max_jerk)
            for one in read_urdf(robot.urdf, robot.tip).joints
        ]
    else:
        bounds = [(*one.range, one.max_velocity, one.max_acceleration, one.max_jerk) for one in robot.joints]
    return [
        JointLimits(lower=lower, upper=upper, bounds=Bounds(velocity=v, acceleration=a, jerk=j))
        for lower, upper, v, a, j in bounds
    ]


def check_positions(limits: Sequence[JointLimits], positions: Sequence[float]) -> None:
    """Let positions pass in which the arm can stand.

    Raises:
        InvalidRequest: they are more or fewer than joints, or one is beyond its range.
    """
    if len(positions) != len(limits):
        raise InvalidRequest(
            f"The robot has {len(limits)} joints, and {len(positions)} positions are given.",
            field="positions",
            value=len(positions),
            remedy=f"Give {len(limits)} positions, from the base to the tool.",
        )
    for number, (limit, position) in enumerate(zip(limits, positions, strict=True), 1):
        if not limit.lower <= position <= limit.upper:
            raise InvalidRequest(
                f"Joint {number} cannot be at {position:g}: its range is {limit.lower:g} to {limit.upper:g}.",
                field="positions",
                value=position,
                remedy="Give positions within the joints' ranges.",
            )
