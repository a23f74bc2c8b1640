"""What constants, conversions and the reading of quantities take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Called, Names, Reads, Unit
from nis_backend.operation import Model


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


NAMES: dict[str, tuple[str, ...]] = {
    Constant.SPEED_OF_LIGHT: (
        *("light speed", "lightspeed", "velocity of light", "how fast is light", "how fast does light travel"),
        *("how fast does light go", "how fast light goes", "how fast light travels", "c in vacuum", "value of c"),
        *("constant c", "sped of light", "speed of ligth"),
    ),
    Constant.GRAVITATIONAL: (
        *("Newton's constant", "universal gravitation constant", "big G", "capital G", "constant of gravitation"),
        *("Newtonian constant", "universal gravity constant", "gravity constant", "G constant"),
    ),
    Constant.STANDARD_GRAVITY: (
        *("standard acceleration of gravity", "standard gravitational acceleration", "little g", "small g"),
        *("acceleration due to gravity", "gravitational acceleration on Earth", "free fall acceleration"),
    ),
    Constant.PLANCK: ("Planck h", "quantum of action", "plank constant", "planks constant", "constant h"),
    Constant.REDUCED_PLANCK: ("h bar", "hbar", "h-bar", "\u0127", "Dirac constant", "reduced Planck"),
    Constant.ELEMENTARY_CHARGE: (
        *("electron charge", "proton charge", "charge on electron", "charge on proton", "fundamental charge"),
        *("unit charge", "charge on one electron", "charge of one electron", "charge of a single electron"),
        *("charge on a single electron", "charge carried by an electron", "electron's electric charge"),
    ),
    Constant.BOLTZMANN: ("k B", "k in S", "Boltzmann k", "Boltzman constant", "Boltzmann number", "Boltzmann const"),
    Constant.AVOGADRO: (
        *("Avogadro number", "Avagadro number", "Avagadro constant", "Avogadros number", "particles in a mole"),
        *("atoms in a mole", "molecules in a mole", "particles are in a mole", "atoms are in a mole"),
        *("molecules are in a mole", "particles per mole", "particles make up a mole", "particles make up"),
    ),
    Constant.GAS: (
        *("ideal gas constant", "universal gas constant", "molar gas constant", "R in PV", "gas constant R"),
        *("value of R", "constant R"),
    ),
    Constant.STEFAN_BOLTZMANN: (
        "Stefan Boltzmann one",
        "sigma Stefan Boltzmann",
        "Stefan constant",
        "Stefan Boltzmann sigma",
    ),
    Constant.WIEN: ("Wien constant",),
    Constant.VACUUM_PERMITTIVITY: (
        *("permittivity of free space", "electric constant", "epsilon zero", "epsilon nought", "epsilon naught"),
        *("permittivity of vacuum", "value of epsilon", "dielectric constant of vacuum"),
    ),
    Constant.VACUUM_PERMEABILITY: (
        *("permeability of free space", "magnetic constant", "mu zero", "mu nought", "mu naught", "value of mu"),
        *("permeability of vacuum",),
    ),
    Constant.VACUUM_IMPEDANCE: ("impedance of vacuum", "vacuum impedance"),
    Constant.FINE_STRUCTURE: ("alpha fine structure", "Sommerfeld constant", "fine structure number"),
    **{
        mass: (
            *(f"heavy is {one}{particle}" for one in ("", "one ", "single ")),
            *(f"{one}{particle} weigh" for one in ("", "one ", "single ")),
            *(f"mass of {one} {particle}" for one in ("one", "single")),
            *(f"{particle} rest mass", f"weight of {particle}", f"{particle} heavy", f"heavy are {particle}"),
        )
        for mass, particle in (
            (Constant.ELECTRON_MASS, "electron"),
            (Constant.PROTON_MASS, "proton"),
            (Constant.NEUTRON_MASS, "neutron"),
            (Constant.MUON_MASS, "muon"),
            (Constant.ALPHA_PARTICLE_MASS, "alpha particle"),
            (Constant.DEUTERON_MASS, "deuteron"),
        )
    },
    Constant.ATOMIC_MASS: ("unified atomic mass unit", "dalton in kg", "atomic mass constant"),
    Constant.PROTON_ELECTRON_RATIO: (
        *("ratio of proton mass to electron mass", "ratio of proton to electron mass", "proton to electron mass ratio"),
        *("mass ratio of proton and electron", "mass ratio of proton to electron"),
    ),
    Constant.VON_KLITZING: ("Klitzing constant",),
    Constant.MOLAR_VOLUME: ("molar volume", "molar volume of ideal gas"),
    Constant.STANDARD_ATMOSPHERE: ("standard atmospheric pressure", "standard air pressure"),
}
"""Other names that people use."""


class ConstantRequest(Model):
    """Which constant."""

    name: Annotated[Constant, Reads("choice"), Names("constant"), Called(NAMES)] = Field(
        description="Name of the constant."
    )


class ConstantValue(Model):
    """A measured or defined constant of nature."""

    name: Constant = Field(description="Its everyday name.")
    value: Annotated[float, Unit("")] = Field(description="Its value, in `unit`.")
    unit: str = Field(description='Its SI unit, as CODATA writes it; "" for a pure number.')
    uncertainty: Annotated[float, Unit("")] = Field(description="Standard uncertainty, in `unit`; 0 is exact.")
    exact: bool = Field(description="Whether the value is fixed by definition.")
    codata_name: str = Field(description="Its name in the CODATA tables.")
    source: str = Field(description="The adjustment it is from.")


class ConstantsRequest(Model):
    """Which constants."""

    containing: str = Field(default="", max_length=64, description="Only those whose name contains this.")


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

    text: Annotated[str, Reads("quote"), Names("sentence", "passage", "paragraph", "note", "line")] = Field(
        max_length=8000, description="The text."
    )
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
