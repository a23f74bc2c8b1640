"""What the flow in a lid-driven cavity takes and gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Names, Unit
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class CavityRequest(Model):
    """A square box of fluid whose lid moves to the right at speed 1; all in the lid's speed and the box's side."""

    reynolds: Annotated[float, Unit(""), Names("Reynolds number", "Re", "reynolds")] = Field(
        ge=1e-3, le=1000, description="Reynolds number: lid speed times side over kinematic viscosity."
    )
    points: Annotated[int, Knob(), Names("grid points")] = Field(
        default=101, ge=17, le=201, description="Places the two profiles through the middle are given at."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-4, ge=1e-8, le=0.1, description="Largest error of the extrema to accept, in lid speeds."
    )


class CavityProfile(Model):
    """The velocity along the two lines through the middle."""

    place: list[Annotated[float, Unit("")]] = Field(description="Along the line, from 0 to 1.")
    horizontal: list[Annotated[float, Unit("")]] = Field(description="u at x = 1/2, by y.")
    vertical: list[Annotated[float, Unit("")]] = Field(description="v at y = 1/2, by x.")


class CavityField(Model):
    """The flow over the box."""

    x: list[Annotated[float, Unit("")]] = Field(description="Places to the right.")
    y: list[Annotated[float, Unit("")]] = Field(description="Places upwards.")
    streamfunction: list[list[Annotated[float, Unit("")]]] = Field(description="ψ, a row for each y; u = ∂ψ/∂y.")
    vorticity: list[list[Annotated[float, Unit("")] | None]] = Field(
        description="∂v/∂x - ∂u/∂y, a row for each y; null in the lid's corners, where it is infinite."
    )


class CavityFlow(Model):
    """The steady flow."""

    u_min: Annotated[float, Unit("")] = Field(description="Least horizontal velocity on x = 1/2.")
    y_of_u_min: Annotated[float, Unit("")] = Field(description="Where that is.")
    v_max: Annotated[float, Unit("")] = Field(description="Largest vertical velocity on y = 1/2.")
    x_of_v_max: Annotated[float, Unit("")] = Field(description="Where that is.")
    v_min: Annotated[float, Unit("")] = Field(description="Least vertical velocity on y = 1/2.")
    x_of_v_min: Annotated[float, Unit("")] = Field(description="Where that is.")
    psi_min: Annotated[float, Unit("")] = Field(description="Streamfunction in the middle of the main vortex.")
    vortex_x: Annotated[float, Unit("")] = Field(description="Where that is, from the left.")
    vortex_y: Annotated[float, Unit("")] = Field(description="Where that is, from the bottom.")
    vortex_vorticity: Annotated[float, Unit("")] = Field(description="Vorticity ∂v/∂x - ∂u/∂y there.")
    profile: CavityProfile
    field: CavityField
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
