"""What the physics operations take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model, Names, Reads, Unit

STANDARD_GRAVITY = 9.80665
"""m/s², by definition (3rd CGPM, 1901)."""

MaxSteps = Annotated[
    int,
    Names("step limit", "maximum number of steps"),
    Field(ge=64, le=262_144, description="Steps the finest grid may have; the answer says if this stopped it early."),
]
Points = Annotated[
    int, Names("samples", "sample points"), Field(ge=2, le=1001, description="Number of points the curve is given at.")
]
Gravity = Annotated[
    float,
    Unit("m/s²"),
    Names("gravity", "gravitational acceleration", "acceleration of gravity", "g"),
    Field(gt=0, le=1000, description="Acceleration of gravity; the default is the standard value on Earth."),
]


class Check(Model):
    """The result, or a part of it, found a second way."""

    name: str = Field(description="What was compared, and by which second way.")
    computed: Annotated[float, Unit("")] = Field(description="The solver's value, in `unit`.")
    expected: Annotated[float, Unit("")] = Field(description="The second way's value, in `unit`.")
    unit: str = Field(description="Unit of both values.")
    allowed: Annotated[float, Unit("")] = Field(description="Largest difference that counts as agreement, in `unit`.")
    agrees: bool = Field(description="Whether the difference is within `allowed`.")


class Receipt(Model):
    """How a number was computed, and how wrong it may be.

    `error_reached` is the step-halving estimate |y(h) - y(h/2)| / (2^order - 1) for the finer of the two grids; larger
    where a third grid shows that the error falls otherwise than by the order, and never less than rounding.
    """

    method: str = Field(description="Name of the numerical method.")
    order: int = Field(description="Power of the step by which the method's error falls.")
    observed_order: Annotated[float, Unit("")] | None = Field(
        description="The power measured over the last three grids; null where rounding hides it."
    )
    steps: int = Field(description="Time steps of the finest grid.")
    error_of: str = Field(description="What the error is the error of.")
    error_asked: Annotated[float, Unit("")] = Field(description="Error that was to be reached, in `unit`.")
    error_reached: Annotated[float, Unit("")] = Field(description="Estimated error, in `unit`.")
    unit: str = Field(description="Unit of both errors.")
    met: bool = Field(description="Whether the error reached is within the error asked.")
    source: str = Field(description="Where the method is described.")
    checks: list[Check] = Field(description="Comparisons with a second, independent way.")


class ProjectileRequest(Model):
    """A body thrown over level ground. With mass and diameter the air slows it down; without them it flies in vacuum."""

    speed: Annotated[float, Unit("m/s"), Names("launch speed", "initial speed", "velocity", "initial velocity")] = Field(
        gt=0, le=20_000, description="Speed at launch."
    )
    angle: Annotated[float, Unit("degree"), Names("launch angle", "elevation", "inclination")] = Field(
        ge=-90, le=90, description="Angle of the launch above the horizontal."
    )
    height: Annotated[float, Unit("m"), Names("launch height", "initial height", "altitude", "high", "above the ground")] = (
        Field(default=0.0, ge=0, le=100_000, description="Height of the launch above the ground.")
    )
    mass: Annotated[float, Unit("kg"), Names("weight", "weighing", "weighs", "heavy")] | None = Field(
        default=None, gt=0, le=1e9, description="Mass of the body; needed for drag."
    )
    diameter: Annotated[float, Unit("m"), Names("width", "wide", "across", "thick")] | None = Field(
        default=None, gt=0, le=1000, description="Diameter of the body's cross-section; needed for drag."
    )
    drag_coefficient: Annotated[float, Unit(""), Names("drag coefficient", "cd", "c_d")] = Field(
        default=0.47, ge=0, le=10, description="Drag coefficient; the default is a sphere's at subcritical speed."
    )
    air_density: Annotated[float, Unit("kg/m³"), Names("air density", "density of the air", "density")] = Field(
        default=1.225, ge=0, le=2000, description="Density of the air; the default is sea level, standard atmosphere."
    )
    gravity: Gravity = STANDARD_GRAVITY
    drag: Annotated[bool, Names("drag", "air resistance", "air drag")] | None = Field(
        default=None, description="Whether the air slows the body; unset: yes if both mass and diameter are given."
    )
    tolerance: Annotated[float, Unit("m"), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6, gt=0, le=1000, description="Largest error of landing place and apex to accept."
    )
    max_steps: MaxSteps = 65_536
    points: Points = 101

    @property
    def has_drag(self) -> bool:
        """Whether the air slows the body."""
        return self.drag if self.drag is not None else self.mass is not None and self.diameter is not None

    @model_validator(mode="after")
    def _flies(self) -> Self:
        if self.drag:
            for field, value in (("mass", self.mass), ("diameter", self.diameter)):
                if value is None:
                    raise InvalidRequest(
                        f"Drag needs the body's {field}.", field=field, remedy=f"Give {field}, or leave out drag."
                    )
        if self.height == 0 and self.angle <= 0:
            raise InvalidRequest(
                f"From the ground, a launch at {self.angle:g} degrees ends where it starts.",
                field="angle",
                value=self.angle,
                remedy="Give an angle above 0 degrees, or a height above 0 m.",
            )
        return self


class Trajectory(Model):
    """Where the body is, at evenly spaced times from launch to landing."""

    time: list[Annotated[float, Unit("s")]] = Field(description="Time since launch.")
    distance: list[Annotated[float, Unit("m")]] = Field(description="Horizontal distance from the launch.")
    height: list[Annotated[float, Unit("m")]] = Field(description="Height above the ground.")
    speed: list[Annotated[float, Unit("m/s")]] = Field(description="Speed along the path.")


class Flight(Model):
    """The flight of a thrown body until it meets the ground."""

    range: Annotated[float, Unit("m")] = Field(description="Horizontal distance from launch to landing.")
    flight_time: Annotated[float, Unit("s")] = Field(description="Time from launch to landing.")
    apex_height: Annotated[float, Unit("m")] = Field(description="Greatest height above the ground.")
    apex_time: Annotated[float, Unit("s")] = Field(description="Time from launch to the greatest height.")
    impact_speed: Annotated[float, Unit("m/s")] = Field(description="Speed at landing.")
    impact_angle: Annotated[float, Unit("degree")] = Field(description="Angle of the path below the horizontal at landing.")
    drag: bool = Field(description="Whether the air slowed the body.")
    model: str = Field(description="What was assumed about air, gravity and ground.")
    trajectory: Trajectory = Field(description="The path.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class PendulumRequest(Model):
    """A point mass on a rigid massless rod, released at an angle."""

    length: Annotated[float, Unit("m"), Names("long", "rod", "string", "rope")] = Field(
        ge=1e-6, le=100_000, description="Distance from the pivot to the mass."
    )
    angle: Annotated[float, Unit("degree"), Names("initial angle", "amplitude", "released at", "release angle")] = Field(
        gt=-180, lt=180, description="Angle from the vertical at the start; 0 hangs straight down."
    )
    angular_velocity: Annotated[float, Unit("rad/s"), Names("initial angular velocity", "push", "angular speed")] = Field(
        default=0.0, ge=-1000, le=1000, description="Rate of change of the angle at the start."
    )
    damping: Annotated[float, Unit("1/s"), Names("damping rate", "friction")] = Field(
        default=0.0, ge=0, le=1000, description="Rate c in the term c·dθ/dt of the equation of motion; 0 is frictionless."
    )
    duration: Annotated[float, Unit("s"), Names("time", "for", "during", "after")] | None = Field(
        default=None, gt=0, le=1e6, description="Time to simulate; unset: four periods."
    )
    gravity: Gravity = STANDARD_GRAVITY
    tolerance: Annotated[float, Unit("rad"), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6, gt=0, le=0.1, description="Largest error of the angle to accept, over the whole duration."
    )
    max_steps: MaxSteps = 65_536
    points: Points = 201


class Swing(Model):
    """The motion at evenly spaced times."""

    time: list[Annotated[float, Unit("s")]] = Field(description="Time since the start.")
    angle: list[Annotated[float, Unit("degree")]] = Field(description="Angle from the vertical.")
    angular_velocity: list[Annotated[float, Unit("rad/s")]] = Field(description="Rate of change of the angle.")


class PendulumMotion(Model):
    """How a pendulum moves."""

    motion: Literal["swings", "turns over", "creeps back", "rests"] = Field(
        description="Swings to and fro, turns over the top, returns without swinging (strong damping), or does not move."
    )
    period: Annotated[float, Unit("s")] | None = Field(
        description="Time of one swing to and fro, or of one turn; with damping the first one seen, null if none was."
    )
    period_method: str = Field(description="Where the period comes from.")
    small_angle_period: Annotated[float, Unit("s")] = Field(description="2π√(length/gravity), the limit for small angles.")
    amplitude: Annotated[float, Unit("degree")] = Field(description="Largest angle from the vertical reached.")
    max_speed: Annotated[float, Unit("m/s")] = Field(description="Largest speed of the mass.")
    duration: Annotated[float, Unit("s")] = Field(description="Time simulated.")
    energy_drift: Annotated[float, Unit("")] = Field(
        description="Largest |energy + energy lost to damping - energy at the start|, relative to the latter."
    )
    trajectory: Swing = Field(description="The motion.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Material(StrEnum):
    """A solid whose thermal diffusivity near 300 K is known; `DIFFUSIVITY` has the values."""

    ALUMINIUM = "aluminium"
    BRASS = "brass"
    BRICK = "brick"
    CONCRETE = "concrete"
    COPPER = "copper"
    GLASS = "glass"
    GOLD = "gold"
    ICE = "ice"
    IRON = "iron"
    LEAD = "lead"
    MAGNESIUM = "magnesium"
    NICKEL = "nickel"
    PLATINUM = "platinum"
    SILICON = "silicon"
    SILVER = "silver"
    STAINLESS_STEEL = "stainless steel"
    STEEL = "steel"
    TIN = "tin"
    TITANIUM = "titanium"
    TUNGSTEN = "tungsten"
    ZINC = "zinc"


DIFFUSIVITY = {
    Material.ALUMINIUM: 97.1e-6,
    Material.BRASS: 33.9e-6,  # cartridge brass, 70 % Cu
    Material.BRICK: 0.449e-6,  # common brick, from k 0.72 W/(m K), rho 1920 kg/m³, c 835 J/(kg K)
    Material.CONCRETE: 0.692e-6,  # stone mix, from k 1.4, rho 2300, c 880
    Material.COPPER: 117e-6,
    Material.GLASS: 0.747e-6,  # soda-lime plate, from k 1.4, rho 2500, c 750
    Material.GOLD: 127e-6,
    Material.ICE: 1.00e-6,  # at 273 K, from k 1.88, rho 920, c 2040
    Material.IRON: 23.1e-6,
    Material.LEAD: 24.1e-6,
    Material.MAGNESIUM: 87.6e-6,
    Material.NICKEL: 23.0e-6,
    Material.PLATINUM: 25.1e-6,
    Material.SILICON: 89.2e-6,
    Material.SILVER: 174e-6,
    Material.STAINLESS_STEEL: 3.95e-6,  # AISI 304
    Material.STEEL: 17.7e-6,  # plain carbon steel
    Material.TIN: 40.1e-6,
    Material.TITANIUM: 9.32e-6,
    Material.TUNGSTEN: 68.3e-6,
    Material.ZINC: 41.8e-6,
}
"""Thermal diffusivity at 300 K, m²/s: Incropera & DeWitt, Fundamentals of Heat and Mass Transfer, tables A.1 and A.3."""


class HeatRequest(Model):
    """A rod at some temperature whose two ends are held at theirs from now on, its sides insulated."""

    length: Annotated[float, Unit("m"), Names("long", "rod", "bar", "wire")] = Field(
        ge=1e-9, le=1e6, description="Distance between the two ends."
    )
    initial_temperature: Annotated[
        float, Unit("degC"), Names("initial temperature", "initially", "starts at", "uniform temperature", "rod at")
    ] = Field(ge=-273.15, le=1e6, description="Temperature of the whole rod at the start.")
    left_temperature: Annotated[
        float, Unit("degC"), Names("left end", "left", "one end", "first end", "hot end", "ends")
    ] = Field(ge=-273.15, le=1e6, description="Temperature the left end is held at.")
    right_temperature: Annotated[
        float, Unit("degC"), Names("right end", "right", "other end", "second end", "cold end", "ends")
    ] = Field(ge=-273.15, le=1e6, description="Temperature the right end is held at.")
    duration: Annotated[float, Unit("s"), Names("time", "after", "for", "later")] = Field(
        gt=0, le=1e12, description="Time to advance."
    )
    material: Annotated[Material, Reads("choice"), Names("made of", "material")] | None = Field(
        default=None, description="What the rod is made of; sets the diffusivity. Give this or `diffusivity`."
    )
    diffusivity: Annotated[float, Unit("m²/s"), Names("thermal diffusivity", "alpha")] | None = Field(
        default=None, gt=0, le=1, description="Thermal diffusivity k/(ρc). Give this or `material`."
    )
    departure: list[Annotated[float, Unit("kelvin")]] = Field(
        default=[],
        max_length=513,
        description="Added to `initial_temperature` at evenly spaced nodes, ends included, straight lines between; "
        "at least 3 values, or none for a uniform rod.",
    )
    nodes: Annotated[int, Names("number of nodes")] = Field(
        default=51, ge=3, le=513, description="Nodes of the answer, ends included, where `departure` does not set them."
    )
    tolerance: Annotated[float, Unit("kelvin"), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-3, gt=0, le=1000, description="Largest error of the temperature to accept, at any node."
    )
    max_steps: Annotated[int, Names("step limit", "maximum number of steps")] = Field(
        default=4096, ge=64, le=16_384, description="Time steps the finest grid may have."
    )

    @property
    def alpha(self) -> float:
        """The thermal diffusivity, m²/s."""
        if self.diffusivity is not None:
            return self.diffusivity
        assert self.material is not None
        return DIFFUSIVITY[self.material]

    @model_validator(mode="after")
    def _is_one_rod(self) -> Self:
        if self.material is None and self.diffusivity is None:
            raise InvalidRequest(
                "How fast heat spreads in the rod is not known.",
                field="material",
                remedy="Give the material, or the thermal diffusivity in m²/s.",
            )
        if self.material is not None and self.diffusivity is not None:
            raise InvalidRequest(
                "Both material and diffusivity are given.",
                field="diffusivity",
                value=self.diffusivity,
                remedy="Give one of them: a material sets its diffusivity.",
            )
        if 0 < len(self.departure) < 3:  # noqa: PLR2004 - a rod has two ends and something between
            raise InvalidRequest(
                f"{len(self.departure)} nodes do not make a rod.",
                field="departure",
                value=self.departure,
                remedy="Give at least 3 values, or none for a uniform rod.",
            )
        return self


class HeatSolution(Model):
    """The rod after `duration`."""

    position: list[Annotated[float, Unit("m")]] = Field(description="Distance of each node from the left end.")
    temperature: list[Annotated[float, Unit("degC")]] = Field(description="Temperature at each node after `duration`.")
    initial: list[Annotated[float, Unit("degC")]] = Field(description="Temperature at each node at the start.")
    steady: list[Annotated[float, Unit("degC")]] = Field(description="Temperature at each node after a very long time.")
    midpoint: Annotated[float, Unit("degC")] = Field(description="Temperature half way between the ends.")
    mean: Annotated[float, Unit("degC")] = Field(description="Temperature averaged over the rod.")
    left_gradient: Annotated[float, Unit("kelvin/m")] = Field(description="Slope of the temperature at the left end.")
    right_gradient: Annotated[float, Unit("kelvin/m")] = Field(description="Slope of the temperature at the right end.")
    diffusivity: Annotated[float, Unit("m²/s")] = Field(description="Thermal diffusivity used.")
    intervals: int = Field(description="Intervals of the finest grid.")
    time_scale: Annotated[float, Unit("s")] = Field(
        description="length²/(π²·diffusivity): what is left to go falls by a factor e in this time, once it has spread."
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Constant(StrEnum):
    """A physical constant by the name people use."""

    SPEED_OF_LIGHT = "speed of light"
    GRAVITATIONAL = "gravitational constant"
    STANDARD_GRAVITY = "standard gravity"
    PLANCK = "Planck constant"
    REDUCED_PLANCK = "reduced Planck constant"
    ELEMENTARY_CHARGE = "elementary charge"
    BOLTZMANN = "Boltzmann constant"
    AVOGADRO = "Avogadro constant"
    GAS = "gas constant"
    FARADAY = "Faraday constant"
    STEFAN_BOLTZMANN = "Stefan-Boltzmann constant"
    WIEN = "Wien displacement constant"
    FIRST_RADIATION = "first radiation constant"
    SECOND_RADIATION = "second radiation constant"
    VACUUM_PERMITTIVITY = "vacuum permittivity"
    VACUUM_PERMEABILITY = "vacuum permeability"
    VACUUM_IMPEDANCE = "impedance of free space"
    FINE_STRUCTURE = "fine-structure constant"
    RYDBERG = "Rydberg constant"
    RYDBERG_ENERGY = "Rydberg energy"
    HARTREE = "Hartree energy"
    BOHR_RADIUS = "Bohr radius"
    BOHR_MAGNETON = "Bohr magneton"
    NUCLEAR_MAGNETON = "nuclear magneton"
    CLASSICAL_ELECTRON_RADIUS = "classical electron radius"
    COMPTON_WAVELENGTH = "Compton wavelength"
    THOMSON = "Thomson cross section"
    ELECTRON_MASS = "electron mass"
    PROTON_MASS = "proton mass"
    NEUTRON_MASS = "neutron mass"
    MUON_MASS = "muon mass"
    ALPHA_PARTICLE_MASS = "alpha particle mass"
    DEUTERON_MASS = "deuteron mass"
    ATOMIC_MASS = "atomic mass unit"
    PROTON_ELECTRON_RATIO = "proton-electron mass ratio"
    ELECTRON_VOLT = "electron volt"
    MAGNETIC_FLUX_QUANTUM = "magnetic flux quantum"
    CONDUCTANCE_QUANTUM = "conductance quantum"
    JOSEPHSON = "Josephson constant"
    VON_KLITZING = "von Klitzing constant"
    MOLAR_VOLUME = "molar volume of an ideal gas"
    STANDARD_ATMOSPHERE = "standard atmosphere"
    PLANCK_LENGTH = "Planck length"
    PLANCK_MASS = "Planck mass"
    PLANCK_TIME = "Planck time"
    PLANCK_TEMPERATURE = "Planck temperature"


class ConstantRequest(Model):
    """Which constant."""

    name: Annotated[Constant, Reads("choice"), Names("constant")] = Field(description="Name of the constant.")


class ConstantValue(Model):
    """A measured or defined constant of nature."""

    name: Constant = Field(description="Its everyday name.")
    value: Annotated[float, Unit("")] = Field(description="Its value, in `unit`.")
    unit: str = Field(description='Its SI unit, as CODATA writes it; "" for a pure number.')
    uncertainty: Annotated[float, Unit("")] = Field(description="Standard uncertainty, in `unit`; 0 is exact by definition.")
    exact: bool = Field(description="Whether the value is fixed by definition.")
    codata_name: str = Field(description="Its name in the CODATA tables.")
    source: str = Field(description="The adjustment it is from.")


class ConstantsRequest(Model):
    """Which constants."""

    containing: str = Field(default="", max_length=64, description="Only those whose name contains this; empty for all.")


class ConstantList(Model):
    """The constants known by name."""

    constants: list[ConstantValue] = Field(description="In the order of subjects: universal, radiation, atoms, units.")


UnitText = Annotated[str, Field(min_length=1, max_length=64)]


class ConversionRequest(Model):
    """A quantity and the unit wanted."""

    value: Annotated[float, Unit(""), Reads("magnitude")] = Field(default=1.0, description="Number in front of `unit`.")
    unit: Annotated[UnitText, Reads("unit")] = Field(description='Unit of `value`: "km/h", "degF", "pound", "m s^-2".')
    to: Annotated[UnitText, Reads("target_unit"), Names("into", "in", "as")] = Field(description="Unit wanted.")


class Conversion(Model):
    """The same quantity in another unit."""

    value: Annotated[float, Unit("")] = Field(description="The number in front of `unit`.")
    unit: str = Field(description="Symbol of the unit wanted.")
    given_value: Annotated[float, Unit("")] = Field(description="The number that was given.")
    given_unit: str = Field(description="Symbol of the unit it was given in.")
    dimension: str = Field(description='What both units measure: "[length] / [time]", "angle", "temperature".')
    remark: str = Field(default="", description="A convention the conversion rests on, where there is one.")


class TextRequest(Model):
    """A text, and the units its quantities are wanted in."""

    text: str = Field(max_length=8000, description="The text.")
    units: list[Annotated[str, Field(max_length=64)]] = Field(
        default=[], max_length=64, description='Units to convert to where the dimension agrees; "" for a plain number.'
    )


class Quantity(Model):
    """A number in a text, with its unit."""

    text: str = Field(description="As written.")
    value: Annotated[float, Unit("")] = Field(description="The number in front of `unit`.")
    unit: str = Field(description='The unit as pint names it: "meter / second"; "" for a plain number.')
    dimension: str = Field(
        description='"[length] / [time]"; "angle" for degrees and radians, "temperature" for K, °C, °F; "" for none.'
    )
    start: int = Field(description="Place of the first character in the text.")
    end: int = Field(description="Place after the last character in the text.")
    converted: dict[str, Annotated[float, Unit("")]] = Field(
        description="The value in each unit wanted that has the same dimension, by the unit as it was asked for."
    )


class UnitMention(Model):
    """A unit in a text without a number: the `feet` of "in feet"."""

    text: str = Field(description="As written.")
    unit: str = Field(description='The unit as pint names it: "foot".')
    dimension: str = Field(description="Its dimension, as for a quantity.")
    start: int = Field(description="Place of the first character in the text.")
    end: int = Field(description="Place after the last character in the text.")


class Quantities(Model):
    """The numbers and units of a text, in its order."""

    quantities: list[Quantity] = Field(description="Every number, with its unit if it has one.")
    mentions: list[UnitMention] = Field(description="Units that stand without a number.")
