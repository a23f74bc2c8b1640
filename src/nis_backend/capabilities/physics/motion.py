"""What the simulations of motion take and give."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Says, Unit
from nis_backend.errors import FieldError, InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

STANDARD_GRAVITY = 9.80665
"""m/s², by definition (3rd CGPM, 1901)."""

ELSEWHERE = (
    *("on mercury", "on venus", "on jupiter", "on saturn", "on uranus", "on neptune", "on pluto", "on titan"),
    *("on europa", "on another planet", "on an asteroid"),
)
"""Where gravity is another, and is to be asked for."""
HEIGHT = (
    *("launch height", "initial height", "altitude", "high", "above the ground", "above ground", "off the ground"),
    *("h", "from", "off", "up", "above", "tower", "cliff", "building", "roof", "balcony", "bridge", "hill"),
)
AIRLESS = ("in vacuum", "in a vacuum", "no air", "without air", "airless", "ignoring the air", "neglecting the air")
LEVEL = (
    *("thrown horizontally", "fired horizontally", "launched horizontally", "shot horizontally", "kicked horizontally"),
    *("hit horizontally", "horizontally at", "horizontally with", "horizontally from", "horizontally off"),
)
ACROSS = (
    "released horizontally",
    "released from horizontal",
    "from the horizontal",
    "held horizontally",
    "right angle",
)
DOWNRIGHT = ("straight down", "straight downwards", "straight downward", "vertically down", "vertically downwards")
DROPPED = ("dropped", "drop a", "drop an", "drop the", "let fall", "dropping")
AIRBORNE = ("in the air", "airborne", "flies for", "falls for", "falls in", "lands after", "lands in", "airtime")
TO_AND_FRO = ("swings back and forth in", "one swing", "a swing", "swings in", "oscillation takes")
UPWARDS = ("up", "upward", "upwards", "vertically")
UPRIGHT = (
    "straight up",
    "straight upward",
    "straight upwards",
    "vertically up",
    "vertically upward",
    "vertically upwards",
    *(f"{sent} {where}" for sent in ("thrown", "tossed", "fired", "shot", "launched") for where in UPWARDS),
)

MaxSteps = Annotated[
    int,
    Knob(),
    Names("step limit", "maximum number of steps"),
    Field(ge=64, le=262_144, description="Steps the finest grid may have; the answer says if this stopped it early."),
]
Points = Annotated[
    int,
    Knob(),
    Names("samples", "sample points"),
    Field(ge=2, le=1001, description="Number of points the curve is given at."),
]
Gravity = Annotated[
    float,
    Unit("m/s²"),
    Names("gravity", "gravitational acceleration", "acceleration of gravity", "g"),
    # On the surface: NASA's planetary fact sheet.
    Says(
        {
            **dict.fromkeys(("on the moon", "to the moon", "lunar surface", "lunar gravity", "moon gravity"), 1.62),
            **dict.fromkeys(("on mars", "to mars", "martian surface", "martian gravity"), 3.71),
            **dict.fromkeys(ELSEWHERE),
        }
    ),
    Field(gt=0, le=1000, description="Acceleration of gravity; the default is the standard value on Earth."),
]


class ProjectileRequest(Model):
    """A body thrown over level ground. With mass and diameter the air slows it down, without them it does not."""

    speed: Annotated[
        float,
        Unit("m/s"),
        Names("launch speed", "initial speed", "velocity", "initial velocity", "v"),
        Says(dict.fromkeys(DROPPED, 0)),
    ] = Field(ge=0, le=20_000, description="Speed at launch.")
    angle: Annotated[
        float,
        Unit("degree"),
        Names("launch angle", "elevation", "inclination", "theta", "alpha", "θ", "α"),
        Says(
            {
                **dict.fromkeys(LEVEL, 0),
                **dict.fromkeys(UPRIGHT, 90),
                **dict.fromkeys((*DOWNRIGHT, *DROPPED), -90),
                "right angle": 90,
            }
        ),
    ] = Field(ge=-90, le=90, description="Angle of the launch above the horizontal.")
    height: Annotated[float, Unit("m"), Names(*HEIGHT)] = Field(
        default=0.0, ge=0, le=100_000, description="Height of the launch above the ground."
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
    drag: (
        Annotated[
            bool,
            Names("drag", "air resistance", "air drag", "air friction", "resistance of the air", "the air", "air"),
            Says(dict.fromkeys(AIRLESS, False)),
        ]
        | None
    ) = Field(
        default=None, description="Whether the air slows the body; unset: yes if both mass and diameter are given."
    )
    tolerance: Annotated[float, Unit("m"), Knob(), Names("tolerance", "accuracy", "error")] = Field(
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
            lacking = [name for name in ("mass", "diameter") if getattr(self, name) is None]
            if lacking:
                remedy = f"Give {' and '.join(lacking)}, or leave out drag."
                raise InvalidRequest(
                    f"Drag needs the body's {' and '.join(lacking)}.",
                    field=lacking[0],
                    remedy=remedy,
                    fields=[
                        FieldError(field=name, value="", message="Drag needs it.", remedy=remedy) for name in lacking
                    ],
                )
        if self.height == 0 and self.angle == 0:
            raise InvalidRequest(
                "A level launch from the ground ends where it starts.",
                field="height",
                value=self.height,
                remedy="Give a height above 0 m, or an angle above 0 degrees.",
            )
        if self.height == 0 and self.angle > 0 and self.speed * math.sin(math.radians(self.angle)) == 0:
            raise InvalidRequest(
                "Without a speed, a launch from the ground ends where it starts.",
                field="speed",
                value=self.speed,
                remedy="Give a speed above 0 m/s, or a height above 0 m.",
            )
        if self.height == 0 and self.angle < 0:
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

    range: Annotated[float, Unit("m"), Names("lands", "flies", "distance", "goes", "travels", "comes down")] = Field(
        description="Horizontal distance from launch to landing."
    )
    flight_time: Annotated[float, Unit("s"), Names(*AIRBORNE)] = Field(description="Time from launch to landing.")
    apex_height: Annotated[
        float,
        Unit("m"),
        Names("maximum height", "highest point", "rises", "climbs", "reaches a height", "apex", "peak"),
    ] = Field(description="Greatest height above the ground.")
    apex_time: Annotated[float, Unit("s")] = Field(description="Time from launch to the greatest height.")
    impact_speed: Annotated[
        float, Unit("m/s"), Names("hits", "lands at", "strikes", "speed at landing", "lands with")
    ] = Field(description="Speed at landing.")
    impact_angle: Annotated[float, Unit("degree")] = Field(description="Angle below the horizontal at landing.")
    drag: bool = Field(description="Whether the air slowed the body.")
    model: str = Field(description="What was assumed about air, gravity and ground.")
    trajectory: Trajectory = Field(description="The path.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class PendulumRequest(Model):
    """A point mass on a rigid massless rod, released at an angle."""

    length: Annotated[float, Unit("m"), Names("long", "rod", "string", "rope", "L")] = Field(
        ge=1e-6, le=100_000, description="Distance from the pivot to the mass."
    )
    angle: Annotated[
        float,
        Unit("degree"),
        Names("initial angle", "amplitude", "released at", "release angle", "theta", "θ"),
        Says(dict.fromkeys(ACROSS, 90)),
    ] = Field(gt=-180, lt=180, description="Angle from the vertical at the start; 0 hangs straight down.")
    angular_velocity: Annotated[float, Unit("rad/s"), Names("initial angular velocity", "push", "angular speed")] = (
        Field(default=0.0, ge=-1000, le=1000, description="Rate of change of the angle at the start.")
    )
    damping: Annotated[float, Unit("1/s"), Names("damping rate", "damped", "friction")] = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="Rate c in the term c·dθ/dt of the motion; 0 is frictionless.",
    )
    duration: Annotated[float, Unit("s"), Names("time", "for", "during", "after", "first", "t")] | None = Field(
        default=None, gt=0, le=1e6, description="Time to simulate; unset: four periods."
    )
    gravity: Gravity = STANDARD_GRAVITY
    tolerance: Annotated[float, Unit("rad"), Knob(), Names("tolerance", "accuracy", "error")] = Field(
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
        description="Swings to and fro, turns over the top, returns without swinging (strong damping), or stays."
    )
    period: Annotated[float, Unit("s"), Names(*TO_AND_FRO)] | None = Field(
        description="Time of one swing to and fro, or of one turn; with damping the first seen, null if none was."
    )
    period_method: str = Field(description="Where the period comes from.")
    small_angle_period: Annotated[float, Unit("s")] = Field(
        description="2π√(length/gravity), the limit of small angles."
    )
    amplitude: Annotated[float, Unit("degree")] = Field(description="Largest angle from the vertical reached.")
    max_speed: Annotated[float, Unit("m/s"), Names("fastest", "greatest speed", "lowest point", "bottom")] = Field(
        description="Largest speed of the mass."
    )
    duration: Annotated[float, Unit("s")] = Field(description="Time simulated.")
    energy_drift: Annotated[float, Unit("")] = Field(
        description="Largest |energy + energy lost to damping - energy at the start|, relative to the latter."
    )
    trajectory: Swing = Field(description="The motion.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
