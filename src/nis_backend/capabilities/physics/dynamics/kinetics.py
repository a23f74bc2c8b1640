"""What the simulations of reactions and epidemics take and give."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Says, Unit
from nis_backend.capabilities.physics.dynamics.system import Key, Tolerance
from nis_backend.capabilities.physics.motion import MaxSteps, Points
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Concentration = Annotated[float, Unit("mol/L")]
Time = Annotated[float, Unit("s")]
Day = Annotated[float, Unit("day")]
People = Annotated[float, Unit("")]
Share = Annotated[float, Unit("")]


class ReactionsRequest(Model):
    """Reactions of mass action in a stirred volume, and what is in it at the start."""

    reactions: Annotated[list[Annotated[str, Field(min_length=3, max_length=300)]], Reads("reactions")] = Field(
        min_length=1,
        max_length=40,
        description="One each: A + 2 B -> C; 0.5, or A <-> B; 3, 0.1 with the rate constants forward and back, in s "
        "and mol/L.",
    )
    initial: Annotated[dict[Key, Concentration], Reads("start")] = Field(
        min_length=1, max_length=20, description="Concentrations at the start; the others are 0."
    )
    duration: Annotated[Time, Names("time", "for", "during", "until", "t")] = Field(
        gt=0, le=1e15, description="Time to follow them."
    )
    spacing: Annotated[Literal["linear", "logarithmic"], Knob()] = Field(
        default="linear", description="Of the times given: even, or each a factor later, for what goes on over decades."
    )
    first: Annotated[Time, Knob(), Names("first time")] | None = Field(
        default=None, gt=0, le=1e15, description="Second time given where spacing is logarithmic; unset: 1e-6 of all."
    )
    tolerance: Tolerance = Field(
        default=1e-8,
        ge=1e-11,
        le=0.01,
        description="Largest error of a concentration to accept, relative to it at that time.",
    )
    max_steps: Annotated[
        int, Knob(), Names("step limit"), Field(ge=256, le=32_768, description="Steps the finest grid may have.")
    ] = 32_768
    points: Points = 101


class Concentrations(Model):
    """The concentrations over time."""

    time: list[Time] = Field(description="Times, the first of them 0.")
    species: dict[str, list[Concentration]] = Field(description="Concentration of each species at these times.")


class ReactionProgress(Model):
    """What becomes of what reacts."""

    final: dict[str, Concentration] = Field(description="Concentrations at the end.")
    changing: Annotated[float, Unit("1/s")] = Field(
        description="Fastest relative change of a concentration at the end: near 0 in equilibrium."
    )
    stiffness: Annotated[float, Unit("")] | None = Field(
        description="Fastest over slowest rate at the end, by the eigenvalues there; null where rounding hides one."
    )
    conserved_totals: list[str] = Field(description="Sums of concentrations that no reaction changes.")
    trajectory: Concentrations = Field(description="The course.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class EpidemicRequest(Model):
    """An infection in a well mixed population, by compartments."""

    reproduction_number: Annotated[
        float, Unit(""), Names("basic reproduction number", "reproduction number", "R0", "R_0", "R₀")
    ] = Field(gt=0, le=50, description="R0: how many one infectious person infects where all others are susceptible.")
    infectious_time: Annotated[
        Day,
        Names("infectious period", "infectious for", "recovery time", "recover in", "recovers in", "contagious for"),
    ] = Field(gt=0, le=10_000, description="Mean time that a person is infectious.")
    latent_time: Annotated[
        Day, Names("latent period", "incubation", "incubation time", "incubation period", "latent for", "exposed for")
    ] = Field(default=0.0, ge=0, le=10_000, description="Mean time from infection to being infectious; 0: none (SIR).")
    immune_time: Annotated[Day, Names("immunity", "immune for", "immunity lasts", "waning")] | None = Field(
        default=None, gt=0, le=100_000, description="Mean time that immunity lasts; unset: for ever."
    )
    population: Annotated[
        People, Names("people", "inhabitants", "persons", "individuals", "N", "town of", "city of", "village of")
    ] = Field(default=1_000_000, ge=1, le=1e11, description="How many people there are.")
    infected: Annotated[People, Names("initially infected", "infected people", "initial cases", "cases")] = Field(
        default=1.0, gt=0, le=1e11, description="How many are infectious at the start."
    )
    immune: Annotated[People, Names("initially immune", "vaccinated", "recovered at the start")] = Field(
        default=0.0, ge=0, le=1e11, description="How many are immune at the start."
    )
    duration: Annotated[Day, Names("time", "for", "during", "first"), Says({"for a year": 365})] = Field(
        default=365.0, gt=0, le=36_525, description="Time to follow it."
    )
    tolerance: Tolerance = Field(
        default=1e-8, ge=1e-12, le=0.01, description="Largest error of a number of people, relative to all."
    )
    max_steps: MaxSteps = 65_536
    points: Points = 366

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.infected + self.immune > self.population:
            raise InvalidRequest(
                f"{self.infected:g} infected and {self.immune:g} immune are more than {self.population:g} people.",
                field="infected",
                value=self.infected,
                remedy="Give fewer, or a larger population.",
            )
        return self


class Compartments(Model):
    """How many people are in which state at evenly spaced times."""

    time: list[Day] = Field(description="Time since the start.")
    susceptible: list[People] = Field(description="Not yet infected, or no longer immune.")
    exposed: list[People] = Field(description="Infected, not yet infectious.")
    infectious: list[People] = Field(description="Infectious.")
    recovered: list[People] = Field(description="Immune.")


class EpidemicCourse(Model):
    """How an infection spreads and ends."""

    model: Literal["SIR", "SEIR", "SIRS", "SEIRS"] = Field(description="The compartments: E with a latent time.")
    peak_time: Annotated[Day, Names("peaks after", "peaks on day", "time of the peak", "day of the peak")] | None = (
        Field(description="When most are infectious; null where it only falls or has not turned.")
    )
    peak_infectious: Annotated[People, Names("peak", "at the peak", "infectious at once", "peaks at")] = Field(
        description="Most people infectious at once."
    )
    herd_threshold: Annotated[Share, Names("herd immunity", "herd immunity threshold")] = Field(
        description="Share of immune people from which on it dies out: 1 - 1/R0, or 0."
    )
    final_share: Annotated[Share, Names("final size", "infected in the end", "attack rate", "infects")] | None = Field(
        description="Share of all infected once it is over, by ln(s/s0) = -R0·(1 - immune - s); null if immunity ends."
    )
    infected_share: Share | None = Field(
        description="Share of all people infected by the end of the time; null likewise."
    )
    endemic_infectious: People | None = Field(
        description="People infectious where it stays for ever, if immunity is lost and R0 is above 1."
    )
    doubling_time: Annotated[Day, Names("double every", "doubles every")] | None = Field(
        description="Time in which cases double at first; null where they do not grow."
    )
    trajectory: Compartments = Field(description="The course.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
