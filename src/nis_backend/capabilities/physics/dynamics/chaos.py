"""What the simulations of chaotic motion take and give: the double pendulum, and Lorenz's equations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Names, Unit
from nis_backend.capabilities.physics.dynamics.system import Tolerance
from nis_backend.capabilities.physics.motion import STANDARD_GRAVITY, Gravity, MaxSteps, Points
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Angle = Annotated[float, Unit("degree")]
AngularVelocity = Annotated[float, Unit("rad/s")]
Length = Annotated[float, Unit("m")]
Number = Annotated[float, Unit("")]
Time = Annotated[float, Unit("s")]


class DoublePendulumRequest(Model):
    """Two point masses on rigid massless rods, the second hanging from the first, without friction."""

    angle1: Annotated[Angle, Names("first angle", "upper angle", "theta1", "θ1")] = Field(
        ge=-360, le=360, description="Angle of the upper rod from the vertical at the start; 0 hangs straight down."
    )
    angle2: Annotated[Angle, Names("second angle", "lower angle", "theta2", "θ2")] = Field(
        ge=-360, le=360, description="Angle of the lower rod from the vertical at the start."
    )
    length1: Annotated[Length, Names("first length", "upper rod", "upper length", "l1")] = Field(
        default=1.0, ge=1e-3, le=1000, description="Length of the upper rod."
    )
    length2: Annotated[Length, Names("second length", "lower rod", "lower length", "l2")] = Field(
        default=1.0, ge=1e-3, le=1000, description="Length of the lower rod."
    )
    mass1: Annotated[float, Unit("kg"), Names("first mass", "upper mass", "m1")] = Field(
        default=1.0, ge=1e-3, le=1e6, description="Mass at the end of the upper rod."
    )
    mass2: Annotated[float, Unit("kg"), Names("second mass", "lower mass", "m2")] = Field(
        default=1.0, ge=1e-3, le=1e6, description="Mass at the end of the lower rod."
    )
    angular_velocity1: Annotated[AngularVelocity, Names("first angular velocity")] = Field(
        default=0.0, ge=-100, le=100, description="Rate of change of the upper angle at the start."
    )
    angular_velocity2: Annotated[AngularVelocity, Names("second angular velocity")] = Field(
        default=0.0, ge=-100, le=100, description="Rate of change of the lower angle at the start."
    )
    duration: Annotated[Time, Names("time", "for", "during", "first", "t")] = Field(
        default=10.0, gt=0, le=10_000, description="Time to simulate."
    )
    gravity: Gravity = STANDARD_GRAVITY
    tolerance: Annotated[float, Unit("rad"), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6, ge=1e-11, le=0.1, description="Largest error of either angle to accept, over the whole duration."
    )
    max_steps: MaxSteps = 65_536
    points: Points = 401


class DoubleSwing(Model):
    """The motion at evenly spaced times."""

    time: list[Time] = Field(description="Time since the start.")
    angle1: list[Angle] = Field(description="Angle of the upper rod from the vertical.")
    angle2: list[Angle] = Field(description="Angle of the lower rod from the vertical.")
    angular_velocity1: list[AngularVelocity] = Field(description="Rate of change of the upper angle.")
    angular_velocity2: list[AngularVelocity] = Field(description="Rate of change of the lower angle.")
    x: list[Length] = Field(description="Position of the lower mass to the right of the pivot.")
    y: list[Length] = Field(description="Position of the lower mass above the pivot.")


class DoublePendulumMotion(Model):
    """How a double pendulum moves, and how far ahead that can be told."""

    final_angle1: Angle = Field(description="Angle of the upper rod at the end.")
    final_angle2: Angle = Field(description="Angle of the lower rod at the end.")
    max_speed: Annotated[float, Unit("m/s")] = Field(description="Largest speed of the lower mass at the times given.")
    slow_period: Time = Field(description="Period of the slower normal mode of small swings.")
    fast_period: Time = Field(description="Period of the faster normal mode of small swings.")
    growth: Number = Field(description="Factor by which a very small error at the start has grown by the end.")
    lyapunov_exponent: Annotated[float, Unit("1/s")] = Field(
        description="Mean rate of that growth over this duration; where motion is regular it falls as 1/duration."
    )
    trusted_until: Time = Field(
        description="Time up to which two grids agree within 0.01 rad: later angles are one of many possible motions."
    )
    energy_drift: Number = Field(description="Largest |energy - energy at the start| over the greatest kinetic energy.")
    duration: Time = Field(description="Time simulated.")
    trajectory: DoubleSwing = Field(description="The motion.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class LorenzRequest(Model):
    """Lorenz's equations x' = σ(y - x), y' = x(ρ - z) - y, z' = xy - βz."""

    sigma: Annotated[Number, Names("sigma", "σ", "Prandtl number")] = Field(
        default=10.0, gt=0, le=1000, description="σ, the Prandtl number."
    )
    rho: Annotated[Number, Names("rho", "ρ", "r", "Rayleigh number")] = Field(
        default=28.0, ge=-1000, le=1000, description="ρ, the Rayleigh number in units of its critical value."
    )
    beta: Annotated[Number, Names("beta", "β", "b")] = Field(
        default=8 / 3, gt=0, le=100, description="β, of the shape of the rolls."
    )
    x: Annotated[Number, Names("x0")] = Field(default=1.0, ge=-1e4, le=1e4, description="x at the start.")
    y: Annotated[Number, Names("y0")] = Field(default=1.0, ge=-1e4, le=1e4, description="y at the start.")
    z: Annotated[Number, Names("z0")] = Field(default=1.0, ge=-1e4, le=1e4, description="z at the start.")
    duration: Annotated[Number, Names("time", "for", "during", "t")] = Field(
        default=20.0, gt=0, le=1000, description="Time to simulate, in the equations' own unit."
    )
    tolerance: Tolerance = Field(
        default=1e-6, ge=1e-12, le=0.1, description="Largest error of x, y or z, relative to its largest size."
    )
    averaging: Annotated[int, Knob(), Names("averaging", "averaging time", "exponent time")] = Field(
        default=60, ge=10, le=400, description="Time that each of 256 copies is followed for the Lyapunov exponents."
    )
    max_steps: MaxSteps = 32_768
    points: Points = 1001


class FixedPoint(Model):
    """A state that stays."""

    x: Number
    y: Number
    z: Number
    stable: bool = Field(description="Whether what is near comes nearer.")
    growth: Number = Field(description="Largest real part of the eigenvalues there, per unit of time.")


class LorenzPath(Model):
    """The path at evenly spaced times."""

    time: list[Number] = Field(description="Time since the start.")
    x: list[Number] = Field(description="x at these times.")
    y: list[Number] = Field(description="y at these times.")
    z: list[Number] = Field(description="z at these times.")


class LorenzMotion(Model):
    """The path of Lorenz's equations, and how chaotic it is."""

    final_x: Number = Field(description="x at the end.")
    final_y: Number = Field(description="y at the end.")
    final_z: Number = Field(description="z at the end.")
    lyapunov_exponent: Annotated[Number, Names("largest Lyapunov exponent")] = Field(
        description="The largest Lyapunov exponent, per unit of time, over the attractor."
    )
    lyapunov_error: Number = Field(
        description="Its error: twice the standard error over the copies, or half of how its two halves differ."
    )
    exponents: list[Number] = Field(description="All three, the largest first.")
    kaplan_yorke_dimension: Number = Field(description="Dimension of the attractor by the three exponents.")
    chaotic: bool = Field(
        description="Whether the largest exponent is above its error, and above one e-fold in the time averaged over."
    )
    trusted_until: Number = Field(
        description="Time up to which two grids agree within a thousandth of the attractor's size."
    )
    digits_lost: Number = Field(description="Decimal digits lost in the duration, by the largest exponent.")
    fixed_points: list[FixedPoint] = Field(description="States that stay.")
    trajectory: LorenzPath = Field(description="The path.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
