"""Systems that are asked for by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.orbits.central import KNOWN, Central
from nis_backend.capabilities.physics.orbits.motion import Body

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.orbits.motion import BodiesRequest

NEWTON = 6.67430e-11
"""m³/(kg s²), CODATA 2022."""
ASTRONOMICAL_UNIT = 149_597_870_700.0
"""m, by definition (IAU 2012, B2)."""
MONTH = 384_400_000.0
"""m, the Moon's mean distance: NASA's Moon fact sheet."""
EIGHT_PLACE = (0.97000436, -0.24308753)
EIGHT_SPEED = (-0.93240737, -0.86473146)
"""The start of the figure eight, found by Simó: Chenciner & Montgomery, Annals of Mathematics 152 (2000), 881-901."""
EIGHT_PERIOD = 6.32591398
"""Its period, from the same place."""


def gravity_of(request: BodiesRequest) -> float:
    """G, in the units of the request."""
    return request.gravitational_constant or (1.0 if request.system == "figure eight" else NEWTON)


def start_of(system: str | None) -> list[Body]:
    """The bodies of a system, its centre of mass at rest in the origin."""
    return figure_eight() if system == "figure eight" else sun_earth_moon()


def figure_eight() -> list[Body]:
    """Three equal masses that follow each other along an eight."""
    (x, y), (u, v) = EIGHT_PLACE, EIGHT_SPEED
    return [
        Body(name="first", mass=1, position=[x, y], velocity=[-u / 2, -v / 2]),
        Body(name="second", mass=1, position=[-x, -y], velocity=[-u / 2, -v / 2]),
        Body(name="third", mass=1, position=[0, 0], velocity=[u, v]),
    ]


def sun_earth_moon() -> list[Body]:
    """The three on circles at their mean distances, in a line: the Moon is new at the start."""
    masses = [KNOWN[one].gm / NEWTON for one in (Central.SUN, Central.EARTH, Central.MOON)]
    sun, earth, moon = masses
    far, near = ASTRONOMICAL_UNIT, MONTH
    around = math.sqrt(NEWTON * (sun + earth + moon) / far)
    about = math.sqrt(NEWTON * (earth + moon) / near)
    # The Earth and the Moon about their own centre, which goes round the Sun.
    part = moon / (earth + moon)
    x = [0.0, far + part * near, far - (1 - part) * near]
    v = [0.0, around + part * about, around - (1 - part) * about]
    centre, drift = (sum(m * one for m, one in zip(masses, values, strict=True)) / sum(masses) for values in (x, v))
    names = (Central.SUN, Central.EARTH, Central.MOON)
    return [
        Body(
            name=name.value,
            mass=mass,
            position=[one - centre, 0.0],
            velocity=[0.0, fast - drift],
            radius=KNOWN[name].radius,
        )
        for name, mass, one, fast in zip(names, masses, x, v, strict=True)
    ]
