"""What an arm is: its joints by a Denavit-Hartenberg table or a URDF, what they may do, its base and its tool."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from nis_backend.annotations import Called, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

MOST_JOINTS = 12
LONGEST_URDF = 200_000
"""Characters: a whole humanoid is about as many."""
FARTHEST = 1000.0
"""Metres: an arm and all that is near it lies within."""

VELOCITY, ACCELERATION, JERK = 1.0, 2.0, 10.0
"""Limits of a joint that states none: about what a person beside it can watch."""

Length = Annotated[float, Unit("m"), Field(ge=-FARTHEST, le=FARTHEST)]
Angle = Annotated[float, Unit("rad"), Field(ge=-1000, le=1000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Coordinates = Annotated[list[Length], Field(min_length=3, max_length=3)]
Angles = Annotated[list[Angle], Field(min_length=3, max_length=3)]
Positions = Annotated[
    list[Angle],
    Reads("numbers"),
    Names("joint angles", "joint positions", "joint values", "angles", "joints", "configuration", "q"),
    Field(min_length=1, max_length=MOST_JOINTS),
]
"""Of the joints in their order: rad, and m where a joint slides."""


class Preset(StrEnum):
    """An arm that is known by name; `presets.py` has its table and where it comes from."""

    PLANAR = "planar 2R"
    SCARA = "Cobra 600"
    UR5 = "UR5"
    PUMA = "Puma 560"


class Joint(Model):
    """A joint and the link behind it, a row of the table; of a sliding joint, what is in rad here is in m."""

    kind: Literal["revolute", "prismatic"] = Field(default="revolute", description="Turns, or slides.")
    a: Length = Field(default=0.0, description="Length of the link, along x.")
    alpha: Angle = Field(default=0.0, description="Twist of the link, about x.")
    d: Length = Field(default=0.0, description="Offset along z; a sliding joint's position is added to it.")
    theta: Angle = Field(default=0.0, description="Angle about z; a turning joint's position is added to it.")
    lower: Annotated[float, Unit("rad")] | None = Field(
        default=None, ge=-1000, le=1000, description="Least position; unset, a turning joint's is -π."
    )
    upper: Annotated[float, Unit("rad")] | None = Field(
        default=None, ge=-1000, le=1000, description="Greatest position; unset, a turning joint's is π."
    )
    max_velocity: Annotated[float, Unit("rad/s")] = Field(
        default=VELOCITY, gt=0, le=1e4, description="Greatest velocity either way."
    )
    max_acceleration: Annotated[float, Unit("rad/s²")] = Field(
        default=ACCELERATION, gt=0, le=1e6, description="Greatest acceleration either way."
    )
    max_jerk: Annotated[float, Unit("rad/s³")] = Field(
        default=JERK, gt=0, le=1e8, description="Greatest rate of change of the acceleration."
    )
    radius: Annotated[float, Unit("m")] = Field(
        default=0.05, ge=0, le=10, description="Half the thickness of the link's body, where collisions are looked for."
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.kind == "prismatic" and (self.lower is None or self.upper is None):
            raise InvalidRequest(
                "A sliding joint has no range by itself.", field="lower", remedy="Give its lower and upper, m."
            )
        if self.range[0] >= self.range[1]:
            raise InvalidRequest(
                f"A joint's lower, {self.range[0]:g}, is not below its upper, {self.range[1]:g}.",
                field="lower",
                value=self.range[0],
                remedy="Give a lower position that is less than the upper one.",
            )
        return self

    @property
    def range(self) -> tuple[float, float]:
        """Its least and its greatest position."""
        return (
            -math.pi if self.lower is None else self.lower,
            math.pi if self.upper is None else self.upper,
        )


class Placement(Model):
    """Where a thing sits on another, and how it is turned: by roll about x, then pitch about y, then yaw about z."""

    position: Coordinates = Field(default_factory=lambda: [0.0, 0.0, 0.0], description="x, y, z.")
    rotation: Angles = Field(
        default_factory=lambda: [0.0, 0.0, 0.0], description="Roll, pitch, yaw about the fixed axes."
    )


class Robot(Model):
    """An arm: a chain of joints, by its table or by the text of a URDF."""

    joints: list[Joint] = Field(
        default_factory=list[Joint], max_length=MOST_JOINTS, description="The table, from the base to the tool."
    )
    convention: Literal["standard", "modified"] = Field(
        default="standard", description="Whose rows the table has: Denavit & Hartenberg's, or Craig's."
    )
    urdf: str = Field(default="", max_length=LONGEST_URDF, description="A robot's XML, in place of the table.")
    tip: str = Field(
        default="", max_length=128, description="The link of the URDF that the chain ends with; unset, its one leaf."
    )
    max_acceleration: Annotated[float, Unit("rad/s²")] = Field(
        default=ACCELERATION, gt=0, le=1e6, description="Of each joint of a URDF, which states none."
    )
    max_jerk: Annotated[float, Unit("rad/s³")] = Field(
        default=JERK, gt=0, le=1e8, description="Of each joint of a URDF, which states none."
    )
    radius: Annotated[float, Unit("m")] = Field(
        default=0.05, ge=0, le=10, description="Half the thickness of each link of a URDF."
    )
    base: Placement = Field(default_factory=Placement, description="Where the arm stands in the world.")
    tool: Placement = Field(default_factory=Placement, description="The tool's point on the last link.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.joints) == bool(self.urdf):
            raise InvalidRequest(
                "An arm is described by its joints or by a URDF, and by one of them.",
                field="joints",
                remedy="Give joints, a row for each, or urdf, the text of the file.",
            )
        return self


class ArmRequest(Model):
    """Which arm: one known by name, a flat one by its links' lengths, or any by its description."""

    preset: (
        Annotated[
            Preset,
            Reads("choice"),
            Called(
                {
                    Preset.PLANAR: (
                        "two-link arm",
                        "2-link arm",
                        "planar arm",
                        "planar 2r",
                        "2r arm",
                        "two-link planar arm",
                    ),
                    Preset.SCARA: ("scara", "scara arm", "scara robot", "cobra", "adept cobra"),
                    Preset.UR5: ("ur5", "universal robots ur5", "ur 5", "ur5 arm"),
                    Preset.PUMA: ("puma", "puma 560", "puma560", "unimate puma"),
                }
            ),
        ]
        | None
    ) = Field(default=None, description="An arm known by name.")
    links: Annotated[
        list[Annotated[float, Unit("m"), Field(gt=0, le=FARTHEST)]],
        Reads("numbers"),
        Names("link lengths", "links", "link", "arm lengths", "lengths of the links"),
    ] = Field(
        default_factory=list[float],
        max_length=MOST_JOINTS,
        description="Lengths of an arm in the plane z = 0, a turning joint before each.",
    )
    robot: Robot | None = Field(default=None, description="Any other arm.")

    @model_validator(mode="after")
    def _one_arm(self) -> Self:
        given = [bool(self.links), self.robot is not None]
        if (
            sum(given) > 1
            or (any(given) and self.preset not in {None, Preset.PLANAR})
            or (self.robot is not None and self.preset is not None)
        ):
            raise InvalidRequest(
                "More than one arm is described.", field="robot", remedy="Give one of preset, links and robot."
            )
        if not any(given) and self.preset is None:
            raise InvalidRequest(
                "No arm is described.",
                field="preset",
                remedy=f"Give preset ({', '.join(Preset)}), the lengths of the links of a flat arm, or a robot.",
            )
        return self

    @property
    def arm(self) -> Robot:
        """The arm as it is described."""
        from nis_backend.capabilities.robotics.presets import PRESETS, planar  # noqa: PLC0415 - stands on this module

        if self.robot is not None:
            return self.robot
        if self.links:
            return planar(self.links)
        assert self.preset is not None
        return PRESETS[self.preset]

    @property
    def arm_name(self) -> str:
        """What the arm is called in words."""
        if self.links:
            return f"planar arm of {len(self.links)} link{'s' if len(self.links) > 1 else ''}"
        return str(self.preset) if self.preset else "arm"
