"""What the operations on one particle in one dimension take and give."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Says, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

ELECTRON = 9.1093837139e-31
PROTON = 1.67262192595e-27
"""kg, CODATA 2022."""

Mass = Annotated[
    float,
    Unit("kg"),
    Names("mass", "effective mass"),
    Says({"proton": PROTON, "electron": ELECTRON}),
    Field(gt=1e-40, lt=1e-15, description="The particle's mass; the default is an electron's."),
]
Length = Annotated[float, Unit("m")]
Energy = Annotated[float, Unit("eV")]

NARROWEST = 1e-15
"""m: about the size of a proton."""
NEEDS = {
    "box": ("width",),
    "harmonic": ("angular_frequency",),
    "finite well": ("width", "depth"),
    "double well": ("width", "depth"),
    "morse": ("depth", "stiffness"),
    "formula": ("formula", "lower", "upper"),
}
"""What each potential is made of."""


class EigenstatesRequest(Model):
    """A particle and what it moves in."""

    potential: Annotated[
        Literal["box", "harmonic", "finite well", "double well", "morse", "formula"],
        Reads("choice"),
        Called(
            {
                "box": ("infinite well", "infinite square well", "particle in a box", "hard walls"),
                "harmonic": ("harmonic oscillator", "oscillator", "parabolic"),
                "finite well": ("finite square well", "square well", "quantum well"),
                "double well": ("double-well", "two wells"),
                "morse": ("Morse potential",),
            }
        ),
    ] = Field(
        description="Hard walls; a parabola; a well with a flat rim; depth·((2x/width)² - 1)²; depth·(1 - exp(-ax))²; "
        "or a formula between hard walls."
    )
    mass: Mass = ELECTRON
    width: Annotated[float, Unit("m"), Names("width", "wide", "length", "size", "separation", "box", "well")] | None = (
        Field(
            default=None, ge=1e-15, le=1e-3, description="Of the well; of a double well, from one minimum to the other."
        )
    )
    depth: Annotated[float, Unit("eV"), Names("depth", "deep", "height", "barrier")] | None = Field(
        default=None, gt=0, le=1e12, description="Of the well, or of the barrier between two."
    )
    angular_frequency: Annotated[float, Unit("rad/s"), Names("angular frequency", "frequency", "omega", "ω")] | None = (
        Field(default=None, ge=1, le=1e24, description="Of the classical oscillation.")
    )
    stiffness: Annotated[float, Unit("1/m"), Names("stiffness", "range parameter")] | None = Field(
        default=None, ge=1, le=1e15, description="The a of Morse's potential."
    )
    formula: Annotated[str, Reads("formula"), Names("V(x)")] | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="V(x) in eV, with x in nm, such as 0.5*x^2 or 2*heaviside(x - 1).",
    )
    lower: Length | None = Field(default=None, ge=-1, le=1, description="Left wall of a formula's range.")
    upper: Length | None = Field(default=None, ge=-1, le=1, description="Right wall of a formula's range.")
    breaks: list[Length] = Field(
        default_factory=list[float], max_length=32, description="Where a formula jumps or has a corner."
    )
    states: Annotated[int, Reads("count"), Names("states", "levels", "energies")] = Field(
        default=5, ge=1, le=20, description="How many, from the lowest."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-7, gt=0, le=0.1, description="Largest error of an energy to accept, of the lowest one's height."
    )
    points: Annotated[int, Knob(), Field(ge=21, le=501, description="Points the functions are given at.")] = 201

    @model_validator(mode="after")
    def _made(self) -> Self:
        for name in NEEDS[self.potential]:
            if getattr(self, name) is None:
                raise InvalidRequest(
                    f"The potential {self.potential} needs {name}.", field=name, remedy=f"Give {name}."
                )
        for name in ("width", "depth", "angular_frequency", "stiffness", "formula", "lower", "upper"):
            if name not in NEEDS[self.potential] and getattr(self, name) is not None:
                raise InvalidRequest(
                    f"The potential {self.potential} has no {name}.",
                    field=name,
                    value=getattr(self, name),
                    remedy=f"Leave {name} out, or name another potential.",
                )
        if self.lower is not None and self.upper is not None and self.upper - self.lower < NARROWEST:
            raise InvalidRequest(
                "The walls leave no room.", field="upper", value=self.upper, remedy="Put upper above lower."
            )
        return self


class State(Model):
    """A stationary state."""

    number: int = Field(description="From 0, the ground state.")
    energy: Annotated[float, Unit("eV")] = Field(description="Above the bottom that the potential is measured from.")
    energy_joule: Annotated[float, Unit("J")] = Field(description="The same.")
    exact: Annotated[float, Unit("eV")] | None = Field(description="Of the closed form, where there is one.")
    nodes: int = Field(description="Zeros between the ends: the number, if no state was missed.")
    mean_position: Annotated[float, Unit("m")] = Field(description="Mean of x.")
    spread: Annotated[float, Unit("m")] = Field(description="Standard deviation of x.")
    function: list[Annotated[float, Unit("1/m^(1/2)")]] = Field(description="ψ at the places of `position`.")


class Eigenstates(Model):
    """The lowest stationary states."""

    ground_energy: Annotated[float, Unit("eV"), Names("ground state energy", "ground state", "lowest energy")] = Field(
        description="The lowest energy."
    )
    gap: Annotated[float, Unit("eV"), Names("energy gap", "splitting")] | None = Field(
        description="From it to the next; null where there is none."
    )
    states: list[State]
    position: list[Length] = Field(description="Where the functions are given.")
    potential: list[Energy] = Field(description="V there; of a box, 0 inside.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Layer(Model):
    """A piece of a barrier in which the potential is flat."""

    height: Energy = Field(ge=-1e9, le=1e9, description="Its potential, above that to the left; negative is a well.")
    width: Length = Field(ge=1e-15, le=1e-5, description="How thick it is.")


class TunnellingRequest(Model):
    """A particle that comes from the left, and a barrier: one by height and width, layers, or a formula."""

    energy: Annotated[float, Unit("eV"), Names("energy", "kinetic energy", "E")] = Field(
        gt=0, le=1e9, description="Its energy, above the potential to the left."
    )
    mass: Mass = ELECTRON
    height: Annotated[float, Unit("eV"), Names("barrier height", "height", "high", "barrier of")] | None = Field(
        default=None, ge=-1e9, le=1e9, description="Of a rectangular barrier."
    )
    width: Annotated[float, Unit("m"), Names("barrier width", "width", "wide", "thick", "thickness")] | None = Field(
        default=None, ge=1e-15, le=1e-5, description="Of a rectangular barrier, or of a formula's."
    )
    layers: list[Layer] = Field(default_factory=list[Layer], max_length=100, description="Flat pieces, left to right.")
    formula: Annotated[str, Reads("formula")] | None = Field(
        default=None, min_length=1, max_length=500, description="V(x) in eV, x in nm from the barrier's left end."
    )
    step: Energy = Field(default=0.0, ge=-1e9, le=1e9, description="Potential to the right of the barrier.")
    lowest: Energy | None = Field(default=None, gt=0, le=1e9, description="Where the curve over energy begins.")
    highest: Energy | None = Field(default=None, gt=0, le=1e9, description="Where the curve over energy ends.")
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6, gt=0, le=0.1, description="Largest relative error of the transmission to accept."
    )
    points: Annotated[int, Knob(), Field(ge=11, le=1001, description="Energies of the curve.")] = 301

    @model_validator(mode="after")
    def _barred(self) -> Self:
        given = [self.height is not None, bool(self.layers), self.formula is not None]
        if sum(given) != 1:
            raise InvalidRequest(
                "The barrier is a height with a width, layers, or a formula with a width.",
                field="height",
                remedy="Give one of the three.",
            )
        if (self.width is None) == (not self.layers):
            raise InvalidRequest(
                "Layers have widths of their own, and all else needs one.",
                field="width",
                value=self.width,
                remedy="Give width with height or formula, and leave it out with layers.",
            )
        if self.lowest is not None and self.highest is not None and not self.lowest < self.highest:
            raise InvalidRequest(
                "The curve over energy ends before it begins.",
                field="highest",
                value=self.highest,
                remedy="Put highest above lowest.",
            )
        return self


class Resonance(Model):
    """An energy at which more passes than beside it."""

    energy: Energy
    transmission: Annotated[float, Unit("")]
    width: Energy | None = Field(description="Width at half the height; null where the curve does not fall so far.")


class Tunnelling(Model):
    """How much of a wave passes a barrier."""

    transmission: Annotated[
        float, Unit(""), Names("probability", "tunnels with", "passes", "chance", "transmission probability")
    ] = Field(description="Probability of passing.")
    reflection: Annotated[float, Unit(""), Names("reflected", "comes back")] = Field(
        description="Probability of coming back."
    )
    log10_transmission: Annotated[float, Unit("")] | None = Field(
        description="Its power of ten, also where the number is too small for a double; null where nothing passes."
    )
    decay_length: Annotated[float, Unit("m")] | None = Field(
        description="Depth at the barrier's top in which the wave falls by e; null above it."
    )
    energies: list[Energy] = Field(description="Energies of the curve.")
    transmissions: list[Annotated[float, Unit("")]] = Field(description="The transmission at them.")
    resonances: list[Resonance] = Field(max_length=32, description="Its peaks, from the lowest energy.")
    position: list[Length] = Field(description="Where the potential is given.")
    potential: list[Energy]
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
