"""Constants of nature, from the CODATA tables that scipy carries."""

from __future__ import annotations

from scipy.constants import physical_constants  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.physics.measures import Constant, ConstantValue

SOURCE = "CODATA recommended values, 2022 adjustment"

# scipy's keys, where they are not the everyday name itself.
CODATA = {
    Constant.SPEED_OF_LIGHT: "speed of light in vacuum",
    Constant.GRAVITATIONAL: "Newtonian constant of gravitation",
    Constant.STANDARD_GRAVITY: "standard acceleration of gravity",
    Constant.GAS: "molar gas constant",
    Constant.WIEN: "Wien wavelength displacement law constant",
    Constant.VACUUM_PERMITTIVITY: "vacuum electric permittivity",
    Constant.VACUUM_PERMEABILITY: "vacuum mag. permeability",
    Constant.VACUUM_IMPEDANCE: "characteristic impedance of vacuum",
    Constant.RYDBERG_ENERGY: "Rydberg constant times hc in J",
    Constant.ATOMIC_MASS: "atomic mass constant",
    Constant.MAGNETIC_FLUX_QUANTUM: "mag. flux quantum",
    Constant.MOLAR_VOLUME: "molar volume of ideal gas (273.15 K, 101.325 kPa)",
}


def look_up(name: Constant) -> ConstantValue:
    """The constant of this name."""
    key = CODATA.get(name, name.value)
    value, unit, uncertainty = physical_constants[key]
    return ConstantValue(
        name=name,
        value=value,
        unit=unit,
        uncertainty=uncertainty,
        exact=uncertainty == 0,
        codata_name=key,
        source=SOURCE,
    )


def search(containing: str) -> list[ConstantValue]:
    """The constants whose name contains these letters."""
    wanted = containing.casefold()
    found = [look_up(name) for name in Constant]
    return [one for one in found if wanted in one.name.value.casefold() or wanted in one.codata_name.casefold()]
