"""What the simulation of circuits takes and gives."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Says, Unit
from nis_backend.capabilities.physics.dynamics.system import Tolerance
from nis_backend.capabilities.physics.motion import Points
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Volt = Annotated[float, Unit("V")]
Ampere = Annotated[float, Unit("A")]
Second = Annotated[float, Unit("s")]


class CircuitRequest(Model):
    """A circuit as a netlist, or of a resistor, a coil and a capacitor by their values."""

    netlist: list[Annotated[str, Field(min_length=3, max_length=2000)]] = Field(
        default_factory=list[str],
        max_length=40,
        description="One element a line: R1 a b 1k, C1 b 0 1u ic=2, L1 a b 10m, V1 a 0 5, V1 a 0 sin(0 5 50), "
        "step(5 1m) (from 1 ms on), pulse(0 5 0 1u 1u 1m 2m); I for current sources; 0 is the ground, M is mega.",
    )
    resistance: Annotated[float, Unit("ohm"), Names("resistor", "R", "ohms")] | None = Field(
        default=None, ge=1e-12, le=1e12, description="Of the resistor, where there is no netlist."
    )
    inductance: Annotated[float, Unit("H"), Names("coil", "inductor", "L")] | None = Field(
        default=None, ge=1e-18, le=1e6, description="Of the coil; unset: none."
    )
    capacitance: Annotated[float, Unit("farad"), Names("capacitor", "C")] | None = Field(
        default=None, ge=1e-21, le=1e6, description="Of the capacitor; unset: none."
    )
    arrangement: Annotated[
        Literal["series", "parallel"],
        Says({"in parallel": "parallel", "in series": "series"}),
        Names("arrangement", "connected in"),
    ] = Field(default="series", description="In series behind a voltage source, or in parallel at a current source.")
    voltage: Annotated[Volt, Names("source voltage", "battery", "supply", "connected to", "at", "V")] | None = Field(
        default=None, ge=-1e9, le=1e9, description="Of the source, switched on at the start; unset: 1 V in series."
    )
    current: Annotated[Ampere, Names("source current", "I")] | None = Field(
        default=None, ge=-1e9, le=1e9, description="Of the source of a parallel circuit; unset: 1 A."
    )
    frequency: Annotated[float, Unit("Hz"), Names("source frequency", "driven at", "f")] | None = Field(
        default=None,
        ge=1e-12,
        le=1e12,
        description="Of the source, which then is a sine of that amplitude; unset: constant.",
    )
    charged: Annotated[Volt, Names("charged to", "initially charged", "initial voltage")] = Field(
        default=0.0, ge=-1e9, le=1e9, description="Voltage of the capacitor at the start, where there is no netlist."
    )
    duration: Annotated[Second, Names("time", "for", "during", "t")] | None = Field(
        default=None, gt=0, le=1e9, description="Time to follow; unset: until what was switched on has settled."
    )
    start: Annotated[Literal["off", "operating point"], Knob()] = Field(
        default="off", description="off: capacitors and coils begin empty, or as ic says; else as with direct current."
    )
    tolerance: Tolerance = Field(
        default=1e-7,
        ge=1e-11,
        le=0.01,
        description="Largest error of a voltage or current to accept, relative to its largest size.",
    )
    max_steps: Annotated[
        int, Knob(), Names("step limit"), Field(ge=256, le=65_536, description="Steps the finest grid may have.")
    ] = 32_768
    points: Points = 201

    @model_validator(mode="after")
    def _whole(self) -> Self:
        values = [name for name in ("resistance", "inductance", "capacitance") if getattr(self, name) is not None]
        if self.netlist and values:
            raise InvalidRequest(
                f"There are a netlist and a {values[0]}.",
                field=values[0],
                value=getattr(self, values[0]),
                remedy="Give either the netlist, or the values of one resistor, coil and capacitor.",
            )
        if not self.netlist and self.resistance is None:
            raise InvalidRequest(
                "There is no netlist, and no resistance.",
                field="resistance",
                remedy="Give a netlist, or a resistance with a capacitance or an inductance.",
            )
        wrong = "voltage" if self.arrangement == "parallel" else "current"
        if not self.netlist and getattr(self, wrong) is not None:
            remedy = "Give the current of its source." if wrong == "voltage" else "Give the voltage of its source."
            raise InvalidRequest(
                f"A {self.arrangement} circuit has no source with a given {wrong}.",
                field=wrong,
                value=getattr(self, wrong),
                remedy=remedy,
            )
        return self

    def lines(self) -> list[str]:
        """The netlist, written out where values were given."""
        if self.netlist:
            return [one.strip() for line in self.netlist for one in re.split(r"[;\n]", line) if one.strip()]
        level = self.voltage if self.arrangement == "series" else self.current
        level = 1.0 if level is None else level
        source = f"sin(0 {level!r} {self.frequency!r})" if self.frequency else f"{level!r}"
        parts = [("R", "1", self.resistance), ("L", "1", self.inductance), ("C", "1", self.capacitance)]
        given = [(kind + number, value) for kind, number, value in parts if value is not None]
        ends = [f" ic={self.charged!r}" if name == "C1" else "" for name, _ in given]
        if self.arrangement == "parallel":
            return [
                f"I1 0 1 {source}",
                *(f"{name} 1 0 {value!r}{end}" for (name, value), end in zip(given, ends, strict=True)),
            ]
        last = len(given)
        return [
            f"V1 1 0 {source}",
            *(
                f"{name} {place} {0 if place == last else place + 1} {value!r}{end}"
                for place, ((name, value), end) in enumerate(zip(given, ends, strict=True), start=1)
            ),
        ]


class Mode(Model):
    """How a circuit moves by itself: exp(-decay·t), swinging at a frequency."""

    decay: Annotated[float, Unit("1/s")] = Field(description="Rate at which it dies away.")
    frequency: Annotated[float, Unit("Hz")] = Field(description="Of its swinging; 0 where it only decays.")


class Waveforms(Model):
    """Voltages and currents at evenly spaced times."""

    time: list[Second] = Field(description="Times.")
    voltages: dict[str, list[Volt]] = Field(description="Of each node against the ground.")
    currents: dict[str, list[Ampere]] = Field(
        description="Through each resistor, coil and source, from its first node to its second."
    )


class CircuitCourse(Model):
    """How a circuit's voltages and currents go."""

    final_voltages: dict[str, Volt] = Field(description="Of each node at the end.")
    final_currents: dict[str, Ampere] = Field(description="Through each resistor, coil and source at the end.")
    operating_point: dict[str, Volt] | None = Field(
        description="Node voltages with direct current alone; null where a node is cut off from it."
    )
    modes: list[Mode] = Field(description="How it moves by itself, the slowest first.")
    natural_frequency: (
        Annotated[float, Unit("Hz"), Names("resonance frequency", "resonant frequency", "resonates")] | None
    ) = Field(description="Of two modes, undamped: √(s₁s₂)/2π; null where there are not two.")
    damping_ratio: Annotated[float, Unit("")] | None = Field(
        description="Below 1 it swings, at 1 it is critically damped; null as above."
    )
    quality: Annotated[float, Unit(""), Names("quality factor", "Q factor", "Q")] | None = Field(
        description="1/(2·damping ratio); null as above."
    )
    time_constant: Annotated[Second, Names("tau", "RC time")] | None = Field(
        description="1/decay of the slowest mode; null where none decays."
    )
    duration: Second = Field(description="Time followed.")
    netlist: list[str] = Field(description="The circuit that was solved.")
    trajectory: Waveforms = Field(description="The course.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
