"""What is asked about collisions on an arm's way, and what is answered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Unit
from nis_backend.capabilities.robotics.description import FARTHEST, Angles, ArmRequest, Coordinates, Name, Positions
from nis_backend.capabilities.robotics.poses import SIMULATION, Outline
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST_OBSTACLES, MOST_STANCES = 64, 1001
Size = Annotated[float, Unit("m"), Field(gt=0, le=FARTHEST)]


class Obstacle(Model):
    """A thing in the way: a ball, a box, or a capsule, which is all that is within `radius` of a straight line."""

    kind: Literal["sphere", "box", "capsule"]
    name: Name = Field(default="obstacle", description="What it is called.")
    center: Coordinates = Field(default_factory=lambda: [0.0, 0.0, 0.0], description="Of a ball or a box: its middle.")
    size: list[Size] = Field(default_factory=list[float], max_length=3, description="Of a box: its three edges.")
    rotation: Angles = Field(
        default_factory=lambda: [0.0, 0.0, 0.0], description="Of a box: roll, pitch, yaw about the fixed axes."
    )
    start: Coordinates | None = Field(default=None, description="Of a capsule: one end of its line.")
    end: Coordinates | None = Field(default=None, description="Of a capsule: the other end.")
    radius: Annotated[float, Unit("m")] | None = Field(
        default=None, gt=0, le=FARTHEST, description="Of a ball or a capsule."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        lacks = {
            "sphere": [] if self.radius is not None else ["radius"],
            "box": [] if len(self.size) == 3 else ["size"],  # noqa: PLR2004 - its edges
            "capsule": [name for name in ("start", "end", "radius") if getattr(self, name) is None],
        }[self.kind]
        if lacks:
            raise InvalidRequest(
                f"A {self.kind} needs its {' and '.join(lacks)}.", field=lacks[0], remedy=f"Give {', '.join(lacks)}."
            )
        return self


class PathRequest(ArmRequest):
    """An arm, the stances that it goes through, straight in its joints' space, and what is in the way."""

    waypoints: list[Positions] = Field(
        min_length=1,
        max_length=MOST_STANCES,
        description="Positions of the joints, one after the other: waypoints, or those of a planned motion.",
    )
    obstacles: list[Obstacle] = Field(
        default_factory=list[Obstacle], max_length=MOST_OBSTACLES, description="Things that stand still."
    )
    floor: Annotated[float, Unit("m")] | None = Field(
        default=None, ge=-FARTHEST, le=FARTHEST, description="Height of a floor, which the first link stands on."
    )
    itself: bool = Field(default=True, description="Whether links are looked at against each other as well.")
    margin: Annotated[float, Unit("m")] = Field(
        default=0.0, ge=0, le=10, description="What is nearer than this counts as touched."
    )
    tolerance: Annotated[float, Unit("m"), Knob()] = Field(
        default=1e-4, ge=1e-6, le=1, description="How near a thing is told apart from touched."
    )


class Contact(Model):
    """Where two things touch, or come nearest."""

    segment: int = Field(description="Between which waypoints: 1 is from the first to the second.")
    part: Annotated[float, Unit("")] = Field(description="How far on that way, 0 to 1.")
    positions: list[Annotated[float, Unit("rad")]] = Field(description="Of the joints there.")
    link: int = Field(description="Which link, counted from 1.")
    other: str = Field(description="What it touches: an obstacle, the floor, another link.")
    distance: Annotated[float, Unit("m")] = Field(description="Between the two there; negative where they overlap.")
    x: Annotated[float, Unit("m")] = Field(description="The place on the link's middle line that is nearest.")
    y: Annotated[float, Unit("m")]
    z: Annotated[float, Unit("m")]


class Swept(Model):
    """Whether an arm comes through."""

    free: bool = Field(description="Whether nothing is touched on the whole way, between the waypoints too.")
    clearance: Annotated[float, Unit("m")] | None = Field(
        description="No distance on the way is less than this; null where something is touched, or nothing is there."
    )
    contact: Contact | None = Field(description="The first contact.")
    nearest: Contact | None = Field(description="Where it came nearest of all stances looked at, up to a contact.")
    pairs: int = Field(description="Pairs of a link and a thing, or of two links, that were looked at.")
    outlines: list[Outline] = Field(description="The arm at the first waypoint, and at the contact or the last one.")
    simulation: bool = Field(default=True, description=SIMULATION)
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
