"""What is asked about an arm's poses, and what is answered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Unit
from nis_backend.capabilities.robotics.description import FARTHEST, ArmRequest, Positions
from nis_backend.errors import InvalidRequest
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


class SolveRequest(ArmRequest):
    """An arm, and where its tool is to be; turned as it happens to be, where no turn is asked for."""

    x: Annotated[float, Unit("m"), Names("x coordinate")] = Field(ge=-FARTHEST, le=FARTHEST, description="The place.")
    y: Annotated[float, Unit("m"), Names("y coordinate")] = Field(ge=-FARTHEST, le=FARTHEST, description="The place.")
    z: Annotated[float, Unit("m"), Names("z coordinate")] = Field(
        default=0.0, ge=-FARTHEST, le=FARTHEST, description="The place."
    )
    roll: Annotated[float, Unit("rad")] | None = Field(
        default=None, ge=-1000, le=1000, description="The turn about the fixed x; 0 where another angle is given."
    )
    pitch: Annotated[float, Unit("rad")] | None = Field(
        default=None, ge=-1000, le=1000, description="Then about the fixed y."
    )
    yaw: Annotated[float, Unit("rad")] | None = Field(
        default=None, ge=-1000, le=1000, description="Then about the fixed z."
    )
    quaternion: list[Annotated[float, Unit("")]] | None = Field(
        default=None, min_length=4, max_length=4, description="The turn as w, x, y, z, in place of the three angles."
    )
    initial: Positions | None = Field(
        default=None, description="Where the joints are: the solution nearest to it comes first; unset, mid-range."
    )
    most: Annotated[int, Knob(), Names("number of solutions")] = Field(
        default=8, ge=1, le=16, description="Solutions to give at most."
    )
    starts: Annotated[int, Knob(), Names("starts", "restarts")] = Field(
        default=64, ge=1, le=512, description="Positions, spread over the ranges, that the search begins at."
    )
    tolerance: Annotated[float, Unit("m"), Knob(), Names("tolerance", "accuracy")] = Field(
        default=1e-9, ge=1e-13, le=1, description="Largest distance to the place that counts as reached."
    )
    turn_tolerance: Annotated[float, Unit("rad"), Knob()] = Field(
        default=1e-9, ge=1e-13, le=1, description="Largest turn from the orientation that counts as reached."
    )

    @model_validator(mode="after")
    def _one_turn(self) -> Self:
        angles = [one for one in (self.roll, self.pitch, self.yaw) if one is not None]
        if self.quaternion is not None and angles:
            raise InvalidRequest(
                "The turn is given twice.", field="quaternion", remedy="Give quaternion, or roll, pitch and yaw."
            )
        if self.quaternion is not None and sum(one * one for one in self.quaternion) < 1e-12:  # noqa: PLR2004
            raise InvalidRequest(
                "A quaternion of length 0 is no turn.", field="quaternion", remedy="Give one of length 1."
            )
        return self


class Solution(Model):
    """Positions of the joints that bring the tool there."""

    positions: list[Annotated[float, Unit("rad")]] = Field(description="rad; m where a joint slides.")
    distance: Annotated[float, Unit("m")] = Field(description="What is left to the place.")
    turn: Annotated[float, Unit("rad")] | None = Field(
        description="What is left to the turn; null where none is asked."
    )
    at_limits: list[int] = Field(description="Joints at an end of their ranges, counted from 1.")
    singular: bool = Field(description="Whether the arm has lost a direction there.")


class Solutions(Model):
    """The ways for an arm to bring its tool to a pose."""

    positions: list[Annotated[float, Unit("rad")]] = Field(description="Of the solution nearest to `initial`.")
    count: int = Field(description="Solutions found that differ by more than full turns.")
    solutions: list[Solution] = Field(description="The nearest to `initial` first.")
    endless: bool = Field(
        description="Whether the arm has more joints than the task has directions: others lie between."
    )
    outlines: list[Outline] = Field(description="The arm in the first solutions, as lines.")
    simulation: bool = Field(default=True, description=SIMULATION)
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
