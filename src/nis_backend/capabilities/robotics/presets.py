"""Arms that are known by name.

Accelerations and jerks are none of their makers', who publish none, nor are the speeds but the UR5's: they are this
module's, and cautious.
"""

from __future__ import annotations

from math import pi, radians
from typing import TYPE_CHECKING

from nis_backend.capabilities.robotics.description import Joint, Preset, Robot

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAT_RADIUS = 0.02


def planar(lengths: Sequence[float]) -> Robot:
    """An arm in the plane z = 0, whose joints turn about z all the way round."""
    return Robot(joints=[Joint(a=length, radius=min(FLAT_RADIUS, length / 10)) for length in lengths])


# A, alpha, d and the serial number of the arm: Universal Robots, "Parameters for calculations of kinematics and
# dynamics", UR5 (CB3); joint ranges of ±360° and 180°/s: "UR5 technical details".
_UR5 = Robot(
    joints=[
        Joint(
            a=a,
            alpha=alpha,
            d=d,
            lower=radians(-360),
            upper=radians(360),
            max_velocity=pi,
            max_acceleration=4,
            max_jerk=40,
            radius=r,
        )
        for a, alpha, d, r in (
            (0.0, pi / 2, 0.089159, 0.06),
            (-0.425, 0.0, 0.0, 0.06),
            (-0.39225, 0.0, 0.0, 0.05),
            (0.0, pi / 2, 0.10915, 0.045),
            (0.0, -pi / 2, 0.09465, 0.045),
            (0.0, 0.0, 0.0823, 0.04),
        )
    ]
)

# Corke & Armstrong-Helouvry, A search for consensus among model parameters reported for the PUMA 560 robot, Proc. IEEE
# ICRA (1994), 1608-1613; joint ranges: Lee & Ziegler, IEEE Trans. AES 20 (1984), 695-706.
_PUMA = Robot(
    joints=[
        Joint(a=a, alpha=alpha, d=d, lower=radians(lower), upper=radians(upper), radius=r)
        for a, alpha, d, lower, upper, r in (
            (0.0, pi / 2, 0.0, -160, 160, 0.08),
            (0.4318, 0.0, 0.0, -45, 225, 0.07),
            (0.0203, -pi / 2, 0.15005, -225, 45, 0.06),
            (0.0, pi / 2, 0.4318, -110, 170, 0.05),
            (0.0, -pi / 2, 0.0, -100, 100, 0.04),
            (0.0, 0.0, 0.0, -266, 266, 0.03),
        )
    ]
)

# Corke, Robotics Toolbox for MATLAB, mdl_cobra600: the hard stops are in it.
_COBRA = Robot(
    joints=[
        Joint(d=0.387, a=0.325, lower=radians(-50), upper=radians(50), radius=0.08),
        Joint(a=0.275, alpha=pi, lower=radians(-88), upper=radians(88), radius=0.06),
        Joint(kind="prismatic", lower=0.0, upper=0.21, max_velocity=0.5, max_acceleration=2, max_jerk=20, radius=0.02),
        Joint(radius=0.02),
    ]
)

PRESETS = {Preset.PLANAR: planar([1.0, 1.0]), Preset.SCARA: _COBRA, Preset.UR5: _UR5, Preset.PUMA: _PUMA}
SOURCES = {
    Preset.PLANAR: "two links of 1 m",
    Preset.SCARA: "Corke, Robotics Toolbox, mdl_cobra600",
    Preset.UR5: "Universal Robots, Parameters for calculations of kinematics and dynamics",
    Preset.PUMA: "Corke & Armstrong-Helouvry, Proc. IEEE ICRA (1994), 1608-1613",
}
