"""What the operations on orbits take and give."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Says, Unit
from nis_backend.capabilities.physics.orbits.central import Central
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST_BODIES = 64
MOST_NUMBERS = 20_000
"""Points of a curve times bodies."""

Length = Annotated[float, Unit("m"), Field(ge=-1e25, le=1e25)]
Speed = Annotated[float, Unit("m/s"), Field(ge=-1e12, le=1e12)]
Around = Annotated[
    Central,
    Reads("choice"),
    Names("central body", "around", "orbiting"),
    Called(
        {
            Central.EARTH: ("the Earth", "LEO", "low Earth orbit", "ISS", "International Space Station"),
            Central.SUN: ("the Sun", "solar", "heliocentric"),
        }
    ),
]
GM = Annotated[float, Unit("m³/s²"), Names("GM", "mu", "gravitational parameter", "μ")]
Points = Annotated[
    int, Knob(), Names("samples", "sample points"), Field(ge=2, le=1001, description="Points the curves are given at.")
]


class Body(Model):
    """A point that attracts the others."""

    name: str = Field(default="", max_length=40, description="What it is called.")
    mass: Annotated[float, Unit("kg"), Field(ge=0, le=1e40)] = Field(description="Its mass.")
    position: list[Length] = Field(min_length=2, max_length=3, description="Where it is at the start: x, y or x, y, z.")
    velocity: list[Speed] = Field(min_length=2, max_length=3, description="How it moves at the start.")
    radius: Annotated[float, Unit("m")] = Field(
        default=0.0, ge=0, le=1e15, description="Its size, by which it is told when two touch; 0 is a point."
    )


class BodiesRequest(Model):
    """Bodies, or a system by name, and how long to follow them."""

    bodies: list[Body] = Field(
        default_factory=list[Body], max_length=MOST_BODIES, description="The bodies; empty where a system is named."
    )
    system: (
        Annotated[
            Literal["Sun, Earth and Moon", "figure eight"],
            Reads("choice"),
            Called(
                {
                    "Sun, Earth and Moon": ("Sun-Earth-Moon", "sun earth moon", "Earth, Moon and Sun"),
                    "figure eight": ("figure-eight", "figure-8", "choreography"),
                }
            ),
        ]
        | None
    ) = Field(default=None, description="A system by name; the figure eight is of unit masses, with G = 1 m³/(kg s²).")
    duration: Annotated[float, Unit("s"), Names("time", "for", "during", "after", "t")] = Field(
        gt=0, le=1e20, description="Time to simulate."
    )
    method: Literal["dop853", "yoshida4", "leapfrog"] = Field(
        default="dop853",
        description="The most accurate; or a symplectic one of fourth or second order, whose energy does not run away.",
    )
    softening: Annotated[float, Unit("m")] = Field(
        default=0.0, ge=0, le=1e20, description="Length below which the attraction is weakened; 0 is Newton's law."
    )
    gravitational_constant: Annotated[float, Unit("m³/kg/s²"), Names("G", "gravitational constant")] | None = Field(
        default=None, gt=0, le=1e10, description="Unset: CODATA's; 1 in natural units."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6, gt=0, le=0.1, description="Largest error of a position to accept, of the size of the system."
    )
    max_steps: Annotated[int, Knob(), Names("step limit")] = Field(
        default=32_768, ge=64, le=131_072, description="Steps the finest grid of a symplectic method may have."
    )
    points: Points = 201

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if bool(self.bodies) == (self.system is not None):
            raise InvalidRequest(
                "Either bodies or a system is to be given.",
                field="bodies",
                remedy="Give at least two bodies, or a system by name.",
            )
        if self.bodies:
            self._check()
        if len(self.bodies) * self.points > MOST_NUMBERS:
            raise InvalidRequest(
                f"{len(self.bodies)} bodies at {self.points} points are more than {MOST_NUMBERS} places.",
                field="points",
                value=self.points,
                remedy=f"Give at most {MOST_NUMBERS // len(self.bodies)} points.",
            )
        return self

    def _check(self) -> None:
        if len(self.bodies) < 2 or not any(one.mass for one in self.bodies):  # noqa: PLR2004 - one attracts nothing
            raise InvalidRequest(
                "Nothing attracts anything here.",
                field="bodies",
                value=len(self.bodies),
                remedy="Give at least two bodies, one of them with a mass.",
            )
        sizes = {len(one.position) for one in self.bodies} | {len(one.velocity) for one in self.bodies}
        if len(sizes) > 1:
            raise InvalidRequest(
                "Some places have two numbers and some three.",
                field="bodies",
                value=sorted(sizes),
                remedy="Give x and y for all, or x, y and z for all.",
            )
        places = [tuple(one.position) for one in self.bodies]
        if self.softening == 0 and len(set(places)) < len(places):
            raise InvalidRequest(
                "Two bodies are at the same place.", field="bodies", remedy="Move one, or give a softening."
            )


class BodyPath(Model):
    """Where a body is at the times of the answer."""

    name: str
    x: list[Annotated[float, Unit("m")]]
    y: list[Annotated[float, Unit("m")]]
    z: list[Annotated[float, Unit("m")]] = Field(description="Empty in a plane.")


class BodiesMotion(Model):
    """How bodies that attract each other move."""

    duration: Annotated[float, Unit("s")] = Field(description="Time simulated.")
    closest_distance: Annotated[float, Unit("m")] = Field(
        description="Least distance of two bodies, also between the times of the answer."
    )
    closest_time: Annotated[float, Unit("s")] = Field(description="When that was.")
    closest_pair: str = Field(description="Which two.")
    energy: Annotated[float, Unit("J")] = Field(description="Kinetic and potential energy at the start.")
    energy_drift: Annotated[float, Unit("")] = Field(description="Largest departure from it, relative to it.")
    time: list[Annotated[float, Unit("s")]]
    paths: list[BodyPath] = Field(description="One a body, in their order.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class OrbitRequest(Model):
    """An orbit around one body, by elements or by position and velocity, and a time."""

    body: Around | None = Field(default=None, description="What it goes around; its GM is known.")
    gm: GM | None = Field(default=None, ge=1e-20, le=1e30, description="GM of what it goes around, in place of a body.")
    semi_major_axis: Annotated[float, Unit("m"), Names("semi-major axis", "a", "half-axis")] | None = Field(
        default=None, ge=1e-12, le=1e20, description="Half the long axis of an ellipse."
    )
    periapsis: (
        Annotated[
            float, Unit("m"), Names("periapsis", "perihelion", "perigee", "closest distance", "periapsis distance")
        ]
        | None
    ) = Field(default=None, ge=1e-12, le=1e20, description="Least distance from the centre.")
    altitude: Annotated[float, Unit("m"), Names("altitude", "above the surface", "above", "up", "high")] | None = Field(
        default=None, gt=0, le=1e20, description="Least height above the surface of a body that is named."
    )
    eccentricity: Annotated[
        float, Unit(""), Names("eccentricity", "e"), Says({"circular orbit": 0, "parabolic": 1})
    ] = Field(
        default=0.0, ge=0, le=1000, description="0 is a circle, below 1 an ellipse, 1 a parabola, above a hyperbola."
    )
    inclination: Annotated[float, Unit("degree"), Names("inclination", "inclined", "i")] = Field(
        default=0.0, ge=0, le=180, description="Of the orbit's plane."
    )
    ascending_node: Annotated[float, Unit("degree"), Names("ascending node", "raan", "Ω")] = Field(
        default=0.0, ge=-360, le=360, description="Longitude of the ascending node."
    )
    argument_of_periapsis: Annotated[float, Unit("degree"), Names("argument of periapsis", "ω")] = Field(
        default=0.0, ge=-360, le=360, description="From the node to the periapsis."
    )
    true_anomaly: Annotated[float, Unit("degree"), Names("true anomaly", "ν")] = Field(
        default=0.0, gt=-360, lt=360, description="From the periapsis to the body, at the start."
    )
    position: list[Length] | None = Field(
        default=None, min_length=2, max_length=3, description="Where it is at the start, in place of elements."
    )
    velocity: list[Speed] | None = Field(
        default=None, min_length=2, max_length=3, description="How it moves at the start, in place of elements."
    )
    duration: Annotated[float, Unit("s"), Names("time", "after", "later", "in", "t")] | None = Field(
        default=None, ge=-1e18, le=1e18, description="Time until the answer; unset: one turn, or to 10 × the periapsis."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-9, gt=0, le=0.1, description="Largest error of the position to accept, of its distance."
    )
    points: Points = 201

    @model_validator(mode="after")
    def _known(self) -> Self:
        if (self.body is None) == (self.gm is None):
            raise InvalidRequest(
                "What it goes around is a body by name, or a GM.",
                field="body",
                remedy="Give body, such as Sun or Earth, or gm in m³/s².",
            )
        vectors = (self.position is not None) + (self.velocity is not None)
        sizes = sum(one is not None for one in (self.semi_major_axis, self.periapsis, self.altitude))
        if vectors == 1 or vectors + sizes not in (1, 2) or (vectors and sizes) or sizes > 1:
            raise InvalidRequest(
                "The orbit is open, or given twice.",
                field="position" if vectors else "semi_major_axis",
                remedy="Give semi_major_axis, periapsis or altitude with the eccentricity, or position and velocity.",
            )
        if self.altitude is not None and self.body is None:
            raise InvalidRequest(
                "An altitude is above a body, and none is named.",
                field="altitude",
                value=self.altitude,
                remedy="Name the body, or give the periapsis.",
            )
        if self.semi_major_axis is not None and self.eccentricity >= 1:
            raise InvalidRequest(
                f"At eccentricity {self.eccentricity:g} there is no ellipse.",
                field="eccentricity",
                value=self.eccentricity,
                remedy="Give the periapsis in place of the half-axis.",
            )
        if self.eccentricity >= 1 and abs(math.remainder(self.true_anomaly, 360)) >= math.degrees(
            math.acos(-1 / self.eccentricity)
        ):
            raise InvalidRequest(
                f"An orbit of eccentricity {self.eccentricity:g} never comes to {self.true_anomaly:g} degrees.",
                field="true_anomaly",
                value=self.true_anomaly,
                remedy=f"Give less than {math.degrees(math.acos(-1 / self.eccentricity)):.4g} degrees.",
            )
        return self


class OrbitPath(Model):
    """Places at evenly spaced times."""

    time: list[Annotated[float, Unit("s")]]
    x: list[Annotated[float, Unit("m")]]
    y: list[Annotated[float, Unit("m")]]
    z: list[Annotated[float, Unit("m")]]
    radius: list[Annotated[float, Unit("m")]] = Field(description="Distance from the centre.")


class Orbit(Model):
    """An orbit, and where the body is after the time."""

    kind: Literal["circle", "ellipse", "parabola", "hyperbola"]
    period: Annotated[float, Unit("s"), Names("orbital period", "one turn", "goes around in", "takes")] | None = Field(
        description="Time of one turn; null where it does not return."
    )
    semi_major_axis: Annotated[float, Unit("m")] | None = Field(description="Negative for a hyperbola, null: parabola.")
    eccentricity: Annotated[float, Unit("")]
    periapsis: Annotated[float, Unit("m")] = Field(description="Least distance from the centre.")
    apoapsis: Annotated[float, Unit("m")] | None = Field(description="Greatest distance; null where there is none.")
    inclination: Annotated[float, Unit("degree")]
    ascending_node: Annotated[float, Unit("degree")]
    argument_of_periapsis: Annotated[float, Unit("degree")]
    true_anomaly: Annotated[float, Unit("degree")] = Field(description="After the time.")
    duration: Annotated[float, Unit("s")] = Field(description="The time.")
    position: list[Annotated[float, Unit("m")]] = Field(description="After the time.")
    velocity: list[Annotated[float, Unit("m/s")]] = Field(description="After the time.")
    distance: Annotated[float, Unit("m")] = Field(description="From the centre, after the time.")
    speed: Annotated[float, Unit("m/s"), Names("orbital speed", "moves at", "velocity")] = Field(
        description="After the time."
    )
    energy: Annotated[float, Unit("J/kg")] = Field(description="Of a kilogram.")
    gm: Annotated[float, Unit("m³/s²")]
    trajectory: OrbitPath = Field(description="From the start to the time.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


HIGHER = {
    **dict.fromkeys(
        ("to geostationary orbit", "to a geostationary orbit", "to geosynchronous orbit", "to geo"), 35_786_000
    ),
}
"""Altitude of one turn a sidereal day above the equator, to the kilometre: 42 164 km from the centre."""


class TransferRequest(Model):
    """Two circular orbits around a body, or two places and the time between them."""

    body: Around | None = Field(default=None, description="What both go around.")
    gm: GM | None = Field(default=None, ge=1e-20, le=1e30, description="GM of what both go around, in place of a body.")
    kind: Annotated[
        Literal["hohmann", "bi-elliptic", "lambert"],
        Reads("choice"),
        Called({"bi-elliptic": ("bielliptic", "bi-elliptical"), "lambert": ("Lambert's problem",)}),
    ] = Field(default="hohmann", description="Half an ellipse, two halves, or the orbit between two places.")
    start_altitude: (
        Annotated[float, Unit("m"), Names("start altitude", "initial altitude", "parking orbit", "orbit")] | None
    ) = Field(default=None, ge=0, le=1e15, description="Of the first circle above the body's surface.")
    end_altitude: (
        Annotated[float, Unit("m"), Names("final altitude", "end altitude", "target"), Says(HIGHER)] | None
    ) = Field(default=None, ge=0, le=1e15, description="Of the last circle above the body's surface.")
    start_radius: Annotated[float, Unit("m"), Names("initial radius", "start radius")] | None = Field(
        default=None, ge=1e-12, le=1e20, description="Of the first circle, in place of its altitude."
    )
    end_radius: Annotated[float, Unit("m"), Names("final radius", "end radius")] | None = Field(
        default=None, ge=1e-12, le=1e20, description="Of the last circle, in place of its altitude."
    )
    middle_radius: Annotated[float, Unit("m"), Names("middle radius", "intermediate radius")] | None = Field(
        default=None, ge=1e-12, le=1e20, description="How far out a bi-elliptic way goes."
    )
    plane_change: Annotated[float, Unit("degree"), Names("plane change", "inclination change", "inclination")] = Field(
        default=0.0, ge=0, le=180, description="Angle between the planes of both circles."
    )
    start_position: list[Length] | None = Field(
        default=None, min_length=3, max_length=3, description="Lambert: the first place."
    )
    end_position: list[Length] | None = Field(
        default=None, min_length=3, max_length=3, description="Lambert: the last place."
    )
    time_of_flight: Annotated[float, Unit("s"), Names("time of flight", "flight time")] | None = Field(
        default=None, gt=0, le=1e15, description="Lambert: the time between them."
    )
    start_velocity: list[Speed] | None = Field(
        default=None, min_length=3, max_length=3, description="Lambert: the velocity before the first burn."
    )
    end_velocity: list[Speed] | None = Field(
        default=None, min_length=3, max_length=3, description="Lambert: the velocity wanted after the last burn."
    )
    prograde: bool = Field(default=True, description="Lambert: whether it goes round counter-clockwise, seen from +z.")

    @model_validator(mode="after")
    def _open(self) -> Self:
        if (self.body is None) == (self.gm is None):
            raise InvalidRequest(
                "What both go around is a body by name, or a GM.",
                field="body",
                remedy="Give body, such as Earth, or gm in m³/s².",
            )
        if self.kind == "lambert":
            self._need("start_position", "end_position", "time_of_flight")
            return self
        for which in ("start", "end"):
            radius, altitude = getattr(self, f"{which}_radius"), getattr(self, f"{which}_altitude")
            if (radius is None) == (altitude is None):
                raise InvalidRequest(
                    f"The {which} orbit needs either an altitude or a radius.",
                    field=f"{which}_altitude",
                    remedy=f"Give {which}_altitude or {which}_radius.",
                )
            if altitude is not None and self.body is None:
                raise InvalidRequest(
                    "An altitude is above a body, and none is named.",
                    field=f"{which}_altitude",
                    value=altitude,
                    remedy=f"Give {which}_radius, or name the body.",
                )
        if self.kind == "bi-elliptic":
            self._need("middle_radius")
        return self

    def _need(self, *names: str) -> None:
        for name in names:
            if getattr(self, name) is None:
                raise InvalidRequest(f"{self.kind} needs {name}.", field=name, remedy=f"Give {name}.")


class Burn(Model):
    """One firing of the engine, as short as none."""

    delta_v: Annotated[float, Unit("m/s")] = Field(description="Change of velocity.")
    turn: Annotated[float, Unit("degree")] = Field(description="By how much it turns the plane.")
    time: Annotated[float, Unit("s")] = Field(description="When, from the first.")


class Transfer(Model):
    """A way from one orbit to another."""

    kind: Literal["hohmann", "bi-elliptic", "lambert"]
    delta_v: Annotated[float, Unit("m/s"), Names("delta-v", "Δv", "change of velocity", "costs")] | None = Field(
        description="All burns together; null for Lambert without the velocities before and after."
    )
    time: Annotated[float, Unit("s"), Names("transfer time", "takes", "lasts")] = Field(
        description="From the first burn to the last."
    )
    burns: list[Burn]
    start_radius: Annotated[float, Unit("m")]
    end_radius: Annotated[float, Unit("m")]
    start_velocity: list[Annotated[float, Unit("m/s")]] = Field(description="Lambert: velocity on leaving; else empty.")
    end_velocity: list[Annotated[float, Unit("m/s")]] = Field(description="Lambert: velocity on arriving; else empty.")
    bi_elliptic_delta_v: Annotated[float, Unit("m/s")] | None = Field(
        description="Least that a bi-elliptic way can cost, out to infinity; null for Lambert."
    )
    advice: str = Field(description="Which way is cheaper, and what it costs in time.")
    x: list[Annotated[float, Unit("m")]] = Field(description="The way, in its plane.")
    y: list[Annotated[float, Unit("m")]] = Field(description="The way, in its plane.")
    gm: Annotated[float, Unit("m³/s²")]
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
