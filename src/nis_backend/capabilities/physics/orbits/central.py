"""The bodies that others go around, by name."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

GM_SOURCE = (
    "GM: JPL DE440, Park et al., Astron. J. 161 (2021), 105; radii: Archinal et al., Celest. Mech. 130 (2018), 22"
)


class Central(StrEnum):
    """A body of the solar system."""

    SUN = "Sun"
    MERCURY = "Mercury"
    VENUS = "Venus"
    EARTH = "Earth"
    MOON = "Moon"
    MARS = "Mars"
    JUPITER = "Jupiter"
    SATURN = "Saturn"
    URANUS = "Uranus"
    NEPTUNE = "Neptune"
    PLUTO = "Pluto"


class Known(NamedTuple):
    """What is known of it: GM in m³/s², the equatorial radius in m."""

    gm: float
    radius: float


# From Mars on, with its moons: DE440 gives the GM of the whole.
KNOWN = {
    Central.SUN: Known(1.32712440041279419e20, 695_700_000.0),
    Central.MERCURY: Known(2.2031868551e13, 2_440_530.0),
    Central.VENUS: Known(3.24858592e14, 6_051_800.0),
    Central.EARTH: Known(3.98600435507e14, 6_378_136.6),
    Central.MOON: Known(4.902800118e12, 1_737_400.0),
    Central.MARS: Known(4.2828375816e13, 3_396_190.0),
    Central.JUPITER: Known(1.267127641e17, 71_492_000.0),
    Central.SATURN: Known(3.79405848418e16, 60_268_000.0),
    Central.URANUS: Known(5.7945564e15, 25_559_000.0),
    Central.NEPTUNE: Known(6.83652710058e15, 24_764_000.0),
    Central.PLUTO: Known(9.755e11, 1_188_300.0),
}
