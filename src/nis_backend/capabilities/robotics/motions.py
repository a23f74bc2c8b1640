"""What is asked about an arm's motions, and what is answered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.capabilities.robotics.description import Angles, ArmRequest, Coordinates, Positions
from nis_backend.capabilities.robotics.poses import SIMULATION, Outline
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST_WAYPOINTS, MOST_LINES = 50, 8
Duration = Annotated[float, Unit("s"), Names("time", "for", "within", "duration", "in")]
Scale = Annotated[
    float,
    Unit(""),
    Names("speed fraction", "override"),
    Field(gt=0, le=1, description="Part of the joints' limits of velocity, acceleration and jerk that is used."),
]


class LineTarget(Model):
    """Where a straight line of the tool ends."""

    position: Coordinates = Field(description="x, y, z.")
    rotation: Angles | None = Field(
        default=None, description="Roll, pitch, yaw about the fixed axes; unset, the tool keeps its turn."
    )


class Waypoints(Model):
    """Where an arm is to go: through positions of its joints, or along straight lines of its tool."""

    waypoints: Annotated[list[Positions], Reads("matrix")] = Field(
        default_factory=list[list[float]],
        max_length=MOST_WAYPOINTS,
        description="Positions of the joints, one after the other.",
    )
    lines: list[LineTarget] = Field(
        default_factory=list["LineTarget"],
        max_length=MOST_LINES,
        description="Poses of the tool, to be reached along straight lines, turning evenly.",
    )
    method: Literal["time_optimal", "minimum_jerk"] = Field(
        default="time_optimal",
        description="As quick as the limits allow, resting at each waypoint; or as smooth as can be, without a rest.",
    )
    duration: Duration | None = Field(
        default=None, gt=0, le=86_400, description="Time of the whole motion; unset, the shortest."
    )
    scale: Scale = 1.0

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.waypoints) == bool(self.lines):
            raise InvalidRequest(
                "A motion goes through waypoints or along lines, and one of them is to be given.",
                field="waypoints",
                remedy="Give waypoints, positions of the joints, or lines, poses of the tool.",
            )
        if self.lines and self.method == "minimum_jerk":
            raise InvalidRequest(
                "Lines of the tool are travelled time-optimally only.",
                field="method",
                value=self.method,
                remedy="Leave out method, or give waypoints in place of lines.",
            )
        return self


class PlanRequest(ArmRequest, Waypoints):
    """An arm, and where it is to go from where."""

    start: Positions | None = Field(
        default=None, description="Where the joints are at first; unset, at the first of the waypoints."
    )
    points: Annotated[int, Knob(), Names("samples", "sample points")] = Field(
        default=201, ge=11, le=1001, description="Evenly spaced times that the motion is given at, beside its breaks."
    )

    @model_validator(mode="after")
    def _begins(self) -> Self:
        if self.lines and self.start is None:
            raise InvalidRequest(
                "A line begins where the arm is.", field="start", remedy="Give start, the positions of the joints."
            )
        if not self.lines and len(self.waypoints) + (self.start is not None) < 2:  # noqa: PLR2004 - from one to another
            raise InvalidRequest(
                "A motion has two ends at least.",
                field="waypoints",
                value=len(self.waypoints),
                remedy="Give another waypoint, or start.",
            )
        return self


class Motion(Model):
    """The motion over time; of a joint that slides, what is in rad is in m."""

    time: list[Annotated[float, Unit("s")]]
    position: list[list[Annotated[float, Unit("rad")]]] = Field(description="A list for each joint.")
    velocity: list[list[Annotated[float, Unit("rad/s")]]] = Field(description="A list for each joint.")
    acceleration: list[list[Annotated[float, Unit("rad/s²")]]] = Field(description="A list for each joint.")
    x: list[Annotated[float, Unit("m")]] = Field(description="The tool's place.")
    y: list[Annotated[float, Unit("m")]]
    z: list[Annotated[float, Unit("m")]]


class Peak(Model):
    """The most that a joint has in a motion, and the most it may have."""

    joint: int = Field(description="Counted from 1.")
    velocity: Annotated[float, Unit("rad/s")]
    velocity_limit: Annotated[float, Unit("rad/s")]
    acceleration: Annotated[float, Unit("rad/s²")]
    acceleration_limit: Annotated[float, Unit("rad/s²")]
    jerk: Annotated[float, Unit("rad/s³")]
    jerk_limit: Annotated[float, Unit("rad/s³")]


class Plan(Model):
    """A motion within an arm's limits."""

    duration: Annotated[float, Unit("s")] = Field(description="Time of the whole motion.")
    arrivals: list[Annotated[float, Unit("s")]] = Field(description="When it is at each waypoint, the first included.")
    limited_by: str = Field(description="What keeps it from being quicker.")
    least_share: Annotated[float, Unit("")] = Field(
        description="The smallest singular value on the way over the largest: near 0 the arm is near a singularity."
    )
    motion: Motion = Field(description="The motion.")
    peaks: list[Peak] = Field(description="What each joint has at most, found at 8,000 times and at every break.")
    outlines: list[Outline] = Field(description="The arm at each waypoint, as a line.")
    simulation: bool = Field(default=True, description=SIMULATION)
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
