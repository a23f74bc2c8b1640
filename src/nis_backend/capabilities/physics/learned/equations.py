"""What a network that learns an equation takes and gives."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST_WORK = 2e12
"""Multiplications of a training of all networks: some five minutes of one core."""
MOST_SAMPLES = 500


class Learned(StrEnum):
    """An equation in one dimension that a network can learn."""

    HEAT = "heat"
    WAVE = "wave"
    BURGERS = "Burgers"


COEFFICIENT = {Learned.HEAT: "diffusivity", Learned.WAVE: "speed", Learned.BURGERS: "viscosity"}
"""The field that has an equation's coefficient."""
COEFFICIENT_UNIT = {Learned.HEAT: "m²/s", Learned.WAVE: "m/s", Learned.BURGERS: "m²/s"}
_LAYERS = {Learned.HEAT: 2, Learned.WAVE: 2, Learned.BURGERS: 3}


class Samples(Model):
    """Measurements of the solution, from which its coefficient is to be found; a list for each column."""

    position: list[Annotated[float, Unit("m")]] = Field(
        min_length=5, max_length=MOST_SAMPLES, description="Where each was measured."
    )
    time: list[Annotated[float, Unit("s")]] = Field(
        min_length=5, max_length=MOST_SAMPLES, description="When, counted from the start."
    )
    value: list[Annotated[float, Unit("")]] = Field(
        min_length=5,
        max_length=MOST_SAMPLES,
        description="What was measured, in the unit of `initial`; noise is allowed.",
    )


class PinnRequest(Model):
    """An equation, its start, its coefficient or measurements to find it from, and how large a network may be."""

    equation: Annotated[
        Learned,
        Reads("choice"),
        Names("equation", "for the", "learns the"),
    ] = Field(
        description="heat: u_t = diffusivity u_xx; wave: u_tt = speed² u_xx; Burgers: u_t + u u_x = viscosity u_xx."
    )
    initial: Annotated[str, Reads("quote"), Names("initially")] = Field(
        min_length=1,
        max_length=500,
        description="The start as a formula in x, in metres: sin(pi*x). It has to be smooth. The ends stay at its "
        "values there.",
    )
    initial_rate: Annotated[str, Names("initial velocity", "initial rate", "u_t(x,0)")] = Field(
        default="0",
        min_length=1,
        max_length=500,
        description="For waves, the change per second at the start, a formula in x that is 0 at both ends.",
    )
    start: Annotated[float, Unit("m"), Names("from x =", "left end at")] = Field(
        default=0.0, ge=-1e6, le=1e6, description="Position of the left end."
    )
    length: Annotated[float, Unit("m"), Names("long", "length", "width")] = Field(
        default=1.0, ge=1e-9, le=1e6, description="Distance between the two ends."
    )
    duration: Annotated[float, Unit("s"), Names("time", "after", "for", "until", "up to t")] = Field(
        gt=0, le=1e12, description="Time to solve for."
    )
    diffusivity: Annotated[float, Unit("m²/s"), Names("diffusivity", "alpha", "conductivity")] | None = Field(
        default=None, gt=0, le=1e12, description="Of the heat equation. Left out, it is found from `samples`."
    )
    speed: Annotated[float, Unit("m/s"), Names("speed")] | None = Field(
        default=None, gt=0, le=1e12, description="Of waves. Left out, it is found from `samples`."
    )
    viscosity: Annotated[float, Unit("m²/s"), Names("viscosity", "nu")] | None = Field(
        default=None, gt=0, le=1e12, description="Of Burgers' equation. Left out, it is found from `samples`."
    )
    samples: Samples | None = Field(
        default=None, description="Measurements, for the inverse problem: the coefficient is then what is wanted."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-3,
        ge=1e-6,
        le=0.5,
        description="Relative error to accept against the classical answer: of the field, or of the coefficient found.",
    )
    epochs: Annotated[int, Knob(), Names("epochs", "training steps")] = Field(
        default=300, ge=5, le=3000, description="Steps of the optimiser that one stretch of time may take."
    )
    width: Annotated[int, Knob(), Names("neurons", "width")] = Field(
        default=20, ge=4, le=48, description="Neurons of each hidden layer."
    )
    layers: Annotated[int, Knob(), Names("hidden layers", "layers")] | None = Field(
        default=None, ge=1, le=4, description="Hidden layers; 2 where nothing is said, 3 for Burgers."
    )
    points: Annotated[int, Knob(), Names("collocation points")] | None = Field(
        default=None, ge=50, le=6000, description="Collocation points; by the network's size where nothing is said."
    )
    seed: Annotated[int, Knob(), Names("seed", "random seed")] = Field(
        default=0, ge=0, le=2**31 - 1, description="What the network begins with; the same seed gives the same answer."
    )

    @property
    def coefficient(self) -> float | None:
        """The one that the equation has."""
        return {Learned.HEAT: self.diffusivity, Learned.WAVE: self.speed, Learned.BURGERS: self.viscosity}[
            self.equation
        ]

    @property
    def hidden(self) -> int:
        """Hidden layers."""
        return self.layers or _LAYERS[self.equation]

    @model_validator(mode="after")
    def _is_one_problem(self) -> Self:
        name = COEFFICIENT[self.equation]
        if self.coefficient is None and self.samples is None:
            raise InvalidRequest(
                f"The {self.equation.value} equation has no {name}.",
                field=name,
                remedy=f"Give {name} in {COEFFICIENT_UNIT[self.equation]}, or samples from which it is to be found.",
            )
        if self.coefficient is not None and self.samples is not None:
            raise InvalidRequest(
                f"Both {name} and samples are given.",
                field=name,
                value=self.coefficient,
                remedy=f"Leave {name} out to have it found from the samples, or leave the samples out.",
            )
        for other in COEFFICIENT.values():
            if other != name and getattr(self, other) is not None:
                raise InvalidRequest(
                    f"The {self.equation.value} equation has no {other}.",
                    field=other,
                    value=getattr(self, other),
                    remedy=f"Give {name}, or another equation.",
                )
        if self.samples is not None:
            self._check(self.samples)
        return self

    def _check(self, samples: Samples) -> None:
        if not len(samples.position) == len(samples.time) == len(samples.value):
            raise InvalidRequest(
                "The columns of the samples are of different lengths.",
                field="samples",
                remedy="Give a position, a time and a value for each sample.",
            )
        for column, low, high in (
            ("position", self.start, self.start + self.length),
            ("time", 0.0, self.duration),
        ):
            for value in getattr(samples, column):
                if not low <= value <= high:
                    raise InvalidRequest(
                        f"A sample's {column} is outside {low:g} to {high:g}.",
                        field=f"samples.{column}",
                        value=value,
                        remedy="Give samples between the two ends, and between the start and the end.",
                    )


class Field2D(Model):
    """The solution over place and time: by the network, and by the classical solver."""

    position: list[Annotated[float, Unit("m")]] = Field(description="Places.")
    time: list[Annotated[float, Unit("s")]] = Field(description="Times.")
    network: list[list[Annotated[float, Unit("")]]] = Field(description="The network's value: a row for each time.")
    classical: list[list[Annotated[float, Unit("")]]] = Field(description="The classical answer at the same places.")


class Lessons(Model):
    """How the training went."""

    epoch: list[Annotated[float, Unit("")]] = Field(description="Steps of the optimiser, over all stretches of time.")
    loss: list[Annotated[float, Unit("")]] = Field(
        description="Mean square of what the equation is missed by, 1 where the network says nothing."
    )
    error: list[Annotated[float, Unit("")] | None] = Field(
        description="True relative L2 error by then, over its stretch of time; null where it was not measured."
    )


class Found(Model):
    """A coefficient that was found from samples."""

    name: str = Field(description="Which: diffusivity, speed, viscosity.")
    value: Annotated[float, Unit("")] = Field(description="By the network, in `unit`.")
    standard_error: Annotated[float, Unit("")] = Field(
        description="By the curvature of the loss, the scatter of the samples and how far the classical value is, in "
        "`unit`."
    )
    low: Annotated[float, Unit("")] = Field(description="Lower end of the 95 % interval, in `unit`.")
    high: Annotated[float, Unit("")] = Field(description="Upper end of the 95 % interval, in `unit`.")
    unit: str = Field(description="Unit of all these.")
    classical: Annotated[float, Unit("")] = Field(description="By least squares on the classical solution, in `unit`.")
    classical_standard_error: Annotated[float, Unit("")] = Field(description="Of that, in `unit`.")
    noise: Annotated[float, Unit("")] = Field(description="Scatter of the samples about the network, in their unit.")


class LearnedField(Model):
    """What the network learned, beside the classical answer."""

    equation: Learned = Field(description="Which.")
    diffusivity: Annotated[float, Unit("m²/s")] | None = Field(description="Used or found; of the heat equation.")
    speed: Annotated[float, Unit("m/s")] | None = Field(description="Used or found; of waves.")
    viscosity: Annotated[float, Unit("m²/s")] | None = Field(description="Used or found; of Burgers' equation.")
    found: Found | None = Field(description="The coefficient found from samples; null where it was given.")
    middle: Annotated[float, Unit("")] = Field(
        description="The network's value half way between the ends at the end of the time, in the unit of `initial`."
    )
    error: Annotated[float, Unit("")] = Field(
        description="True relative L2 error of the network's field over all places and times, by the classical one."
    )
    loss: Annotated[float, Unit("")] = Field(description="Mean square of the misses at the end of the training.")
    parameters: int = Field(description="Numbers learned, in all networks together.")
    points: int = Field(description="Collocation points of each network.")
    epochs: int = Field(description="Steps of the optimiser, over all networks.")
    windows: int = Field(description="Stretches of time, a network for each, one after the other.")
    classical_method: str = Field(description="What the classical answer was computed by.")
    solution: Field2D = Field(description="The solution over place and time.")
    lessons: Lessons = Field(description="How the training went.")
    receipt: Receipt = Field(description="How it was computed and how wrong it is.")
