"""What the solver of written systems takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.capabilities.physics.motion import MaxSteps, Points
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Value = Annotated[float, Unit("")]
Key = Annotated[str, Field(min_length=1, max_length=40)]
Tolerance = Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "relative error")]


class Event(Model):
    """Something that happens when a formula passes zero."""

    formula: str = Field(
        min_length=1, max_length=500, description="It happens where this passes zero: x - 1, x*v, sin(t)."
    )
    name: str = Field(default="", max_length=60, description="What to call it; unset: the formula.")
    direction: Literal["rising", "falling", "both"] = Field(
        default="both", description="Which passes count: from below, from above, or both."
    )
    terminal: bool = Field(default=False, description="Whether the motion ends there.")


class OdeRequest(Model):
    """A system of ordinary differential equations, as text, and where it starts."""

    equations: Annotated[list[Annotated[str, Field(min_length=1, max_length=2000)]], Reads("differential")] = Field(
        min_length=1,
        max_length=24,
        description="One for each state: x' = v, dx/dt = v, x'' = -x + sin(t), m*x'' + c*x' + k*x = 0; t is the time.",
    )
    initial: Annotated[dict[Key, Value], Reads("start")] = Field(
        min_length=1, max_length=24, description="The state at the start: x, and x' where x'' is given."
    )
    parameters: Annotated[dict[Key, Value], Reads("constants")] = Field(
        default_factory=dict, max_length=50, description="Values of the other names in the equations."
    )
    duration: Annotated[float, Unit("s"), Names("time", "for", "during", "until", "t")] = Field(
        gt=0, le=1e12, description="Time to follow it, in the equations' own unit of time."
    )
    start: Annotated[float, Unit("s"), Names("start time", "from t", "t0")] = Field(
        default=0.0, ge=-1e12, le=1e12, description="Time at the start."
    )
    events: list[Event] = Field(default_factory=list[Event], max_length=8, description="What to look out for.")
    method: Annotated[Literal["auto", "explicit", "stiff"], Knob()] = Field(
        default="auto", description="auto takes the explicit one until stability, not accuracy, sets its steps."
    )
    tolerance: Tolerance = Field(
        default=1e-8, ge=1e-12, le=0.01, description="Largest error of a state to accept, relative to its largest size."
    )
    max_steps: MaxSteps = 65_536
    points: Points = 201


class Curves(Model):
    """The states at evenly spaced times."""

    time: list[Annotated[float, Unit("s")]] = Field(description="Times.")
    states: dict[str, list[Value]] = Field(description="Values of each state at these times.")


class Happening(Model):
    """An event that was seen."""

    event: str = Field(description="Its name or formula.")
    time: Annotated[float, Unit("s")] = Field(description="When.")
    time_error: Annotated[float, Unit("s")] | None = Field(
        description="How far the time moved with the last halving of the steps; null where two grids disagree on it."
    )
    state: dict[str, Value] = Field(description="The state then.")


class OdeSolution(Model):
    """How the states of a system move."""

    final: dict[str, Value] = Field(description="The state at the end.")
    end_time: Annotated[float, Unit("s")] = Field(description="When it ended: the whole time, or a terminal event.")
    ended_by: str = Field(description="The terminal event that ended it; empty where the time did.")
    method: Literal["explicit", "stiff"] = Field(description="Which kind of method was used.")
    reason: str = Field(description="Why this one.")
    events: list[Happening] = Field(description="What was seen, in order of time; the first 500.")
    trajectory: Curves = Field(description="The motion.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
