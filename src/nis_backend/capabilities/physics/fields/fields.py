"""What the solvers of fields answer: values along an interval, over a rectangle, and over time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Value = Annotated[float, Unit("")]
Values = list[Value]


class Snapshot(Model):
    """The field along the interval at one time."""

    time: Annotated[float, Unit("s")]
    value: Values = Field(description="At each of the result's places.")


class Profile(Model):
    """A field of one dimension at the end."""

    position: list[Annotated[float, Unit("m")]] = Field(description="Places, from 0 to the length.")
    initial: Values = Field(description="At the start.")
    value: Values = Field(description="At the end.")


class Plate(Model):
    """A field of two dimensions at the end."""

    x: list[Annotated[float, Unit("m")]]
    y: list[Annotated[float, Unit("m")]]
    value: list[list[Value | None]] = Field(
        description="A row for each y, a number for each x; null outside the region."
    )


class History(Model):
    """The field over time."""

    time: list[Annotated[float, Unit("s")]]
    centre: Values = Field(description="Value in the middle.")
    mean: Values = Field(description="Value averaged over the region.")


class Field1or2(Model):
    """What every answer about a field has."""

    centre: Value = Field(description="Value in the middle of the region, at the end.")
    mean: Value = Field(description="Value averaged over the region, at the end.")
    least: Value = Field(description="Smallest value at the places given, at the end.")
    most: Value = Field(description="Largest value at the places given, at the end.")
    profile: Profile | None = Field(default=None, description="The field in one dimension.")
    plate: Plate | None = Field(default=None, description="The field in two dimensions.")
    method: Literal[
        "spectral elements", "finite volumes", "upwind volumes", "characteristics", "finite elements", "polar series"
    ] = Field(description="Which way was chosen.")
    reason: str = Field(description="Why this way: how smooth the data is.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class DiffusionSolution(Field1or2):
    """A field that spreads, is carried along and reacts."""

    snapshots: list[Snapshot] = Field(description="The field at several times, in one dimension.")
    history: History
    peclet: Annotated[float, Unit("")] = Field(description="speed·length/diffusivity: how much faster it is carried.")


class WaveSolution(Field1or2):
    """A wave."""

    snapshots: list[Snapshot] = Field(description="The wave at several times, in one dimension.")
    history: History
    energy: Value | None = Field(
        description="½∫(u_t² + c²|grad u|²) at the end; null of data that jumps, whose energy is none."
    )
    period: Annotated[float, Unit("s")] | None = Field(
        description="Of the slowest mode without damping; null where nothing holds the field."
    )


class PoissonSolution(Field1or2):
    """A potential at rest."""

    largest_gradient: Value | None = Field(
        description="Largest |grad u| between the places given; null outside a rectangle."
    )


class Species(Model):
    """One of the things that react."""

    name: str
    centre: Value
    mean: Value
    least: Value
    most: Value
    profile: Profile | None = None
    plate: Plate | None = None
    history: History


class ReactionSolution(Model):
    """What reacts and spreads, at the end."""

    species: list[Species]
    front_speed: Annotated[float, Unit("m/s")] | None = Field(
        description="How fast the place where the first species passes half of its largest value moved, over the last "
        "quarter; null where there is no such place."
    )
    terms: list[str] = Field(description="The reaction terms used, one a species.")
    method: Literal["spectral elements", "finite volumes"]
    reason: str = Field(description="Why this way: how smooth the data is.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
