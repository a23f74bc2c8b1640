"""What is asked about an arm's poses, and what is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.capabilities.robotics.description import ArmRequest, Positions
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

SIMULATION = "Whether it is about a simulated arm: it always is, no machine moves."


class PoseRequest(ArmRequest):
    """An arm, and where its joints are."""

    positions: Positions = Field(description="Positions of the joints, from the base on: rad; m where one slides.")


class Frame(Model):
    """A frame of the arm in the world's axes."""

    name: str
    position: list[Annotated[float, Unit("m")]] = Field(description="x, y, z.")
    quaternion: list[Annotated[float, Unit("")]] = Field(description="w, x, y, z; w is not negative.")


class Outline(Model):
    """The arm's bodies as a line from its base to its tool, to be drawn."""

    x: list[Annotated[float, Unit("m")]]
    y: list[Annotated[float, Unit("m")]]
    z: list[Annotated[float, Unit("m")]]


class Pose(Model):
    """Where the joints put the tool."""

    x: Annotated[float, Unit("m")] = Field(description="The tool's place.")
    y: Annotated[float, Unit("m")]
    z: Annotated[float, Unit("m")]
    roll: Annotated[float, Unit("rad")] = Field(description="Its turn about the fixed x, before pitch and yaw.")
    pitch: Annotated[float, Unit("rad")] = Field(description="About the fixed y.")
    yaw: Annotated[float, Unit("rad")] = Field(description="About the fixed z.")
    quaternion: list[Annotated[float, Unit("")]] = Field(description="The same turn: w, x, y, z; w is not negative.")
    matrix: list[list[Annotated[float, Unit("")]]] = Field(description="The tool's frame, 4 rows of 4; places in m.")
    frames: list[Frame] = Field(description="The frame at each link's end, then the tool's.")
    outline: Outline = Field(description="The arm as a line.")
    outside: list[int] = Field(description="Joints that are beyond their ranges, counted from 1.")
    simulation: bool = Field(default=True, description=SIMULATION)
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class JacobianRequest(PoseRequest):
    """An arm, and where its joints are."""

    task: Literal["pose", "position"] | None = Field(
        default=None,
        description="What the tool is to do: move and turn, or move alone; unset, the first where joints are enough.",
    )


class Jacobian(Model):
    """How the tool moves for each joint's own velocity, and how far that is from being singular."""

    matrix: list[list[Annotated[float, Unit("")]]] = Field(
        description="6 rows: vx, vy, vz in m/s, wx, wy, wz in rad/s; a column for a unit velocity of each joint."
    )
    task: Literal["pose", "position"] = Field(description="Whose rows the figures are of: all six, or the first three.")
    singular_values: list[Annotated[float, Unit("")]] = Field(
        description="As many as directions that the task has for this arm, the largest first; m and rad are mixed."
    )
    condition: Annotated[float, Unit("")] | None = Field(
        description="The largest singular value over the smallest; null where that is 0."
    )
    manipulability: Annotated[float, Unit("")] = Field(description="Yoshikawa's: the product of the singular values.")
    rank: int = Field(description="Directions in which the tool can move here.")
    full_rank: int = Field(
        description="The most it can have in any position: found at positions spread over the ranges."
    )
    singular: bool = Field(description="Whether a direction is lost here that the arm has elsewhere.")
    lost: list[list[Annotated[float, Unit("")]]] = Field(
        description="The directions lost: vx, vy, vz, wx, wy, wz, of length 1."
    )
    outline: Outline = Field(description="The arm as a line.")
    outside: list[int] = Field(description="Joints that are beyond their ranges, counted from 1.")
    simulation: bool = Field(default=True, description=SIMULATION)
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
