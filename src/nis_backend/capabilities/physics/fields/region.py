"""Where a field lives and what holds at its edges: shared by what the solvers of fields take."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from nis_backend.annotations import Knob, Names, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model


def _written(value: object) -> object:
    """A number where a formula may stand is one."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return repr(value) if number else value


_Formula = Annotated[str, Field(min_length=1, max_length=500)]
FormulaText = Annotated[
    _Formula, BeforeValidator(_written, json_schema_input_type=_Formula | Annotated[float, Unit("")])
]
"""A formula, or a number."""

Length = Annotated[
    float,
    Unit("m"),
    Names("length", "long", "rod", "string", "interval", "domain", "L"),
    Field(gt=1e-9, le=1e9, description="Extent along x, which runs from 0 to it."),
]
Width = Annotated[
    float,
    Unit("m"),
    Names("width", "wide", "height"),
]
Tolerance = Annotated[
    float,
    Unit(""),
    Knob(),
    Names("tolerance", "accuracy", "relative error"),
    Field(ge=1e-12, le=0.1, description="Largest error to accept, as a part of the largest value the data has."),
]
Points = Annotated[
    int,
    Knob(),
    Names("points", "output points"),
    Field(ge=5, le=101, description="Places along each side at which the field is given, ends included."),
]
Samples = Annotated[
    list[list[Annotated[float, Unit("")]]],
    Field(
        max_length=101,
        description="The start as numbers at evenly spaced places, ends included, instead of `initial`: one row in one "
        "dimension, else a row for each y; in between by monotone cubics.",
    ),
]


class Boundary(Model):
    """What holds at one edge; n points outwards."""

    kind: Literal["dirichlet", "neumann", "robin", "periodic"] = Field(
        default="dirichlet",
        description="dirichlet: u = value. neumann: u_n = value. robin: u_n + coefficient·u = value. periodic: this "
        "edge and the one across are one.",
    )
    value: FormulaText = Field(default="0", description="A number, or a formula of t and of the place along the edge.")
    coefficient: Annotated[float, Unit("1/m")] = Field(
        default=0.0, ge=0, le=1e9, description="Of u in a robin boundary: for heat, h/k."
    )


def held() -> Boundary:
    """An edge that is held at 0."""
    return Boundary()


def closed() -> Boundary:
    """An edge that nothing passes."""
    return Boundary(kind="neumann")


class Region(Model):
    """An interval, or a rectangle where `width` is given, and its edges."""

    length: Length = 1.0
    width: Width | None = Field(
        default=None, gt=1e-9, le=1e9, description="Extent along y, from 0; without it the field has one dimension."
    )
    left: Boundary = Field(default_factory=held, description="The edge x = 0.")
    right: Boundary = Field(default_factory=held, description="The edge x = length.")
    bottom: Boundary = Field(default_factory=held, description="The edge y = 0, in two dimensions.")
    top: Boundary = Field(default_factory=held, description="The edge y = width, in two dimensions.")
    points: Points = 51

    @property
    def edges(self) -> dict[str, Boundary]:
        """Those there are, by name."""
        named = {"left": self.left, "right": self.right}
        return named if self.width is None else {**named, "bottom": self.bottom, "top": self.top}

    @model_validator(mode="after")
    def _closes(self) -> Self:
        for one, other in (("left", "right"), ("bottom", "top")):
            kinds = {getattr(self, one).kind, getattr(self, other).kind}
            if "periodic" in kinds and len(kinds) > 1:
                raise InvalidRequest(
                    f"{one} and {other}: one is periodic, its counterpart is not.",
                    field=other if getattr(self, one).kind == "periodic" else one,
                    value=" and ".join(sorted(kinds)),
                    remedy="Make both periodic, or neither.",
                )
        if self.width is not None and self.width / self.length > 1e3:  # noqa: PLR2004 - beyond, it is an interval
            raise InvalidRequest(
                "The rectangle is more than 1000 times as wide as long.",
                field="width",
                value=self.width,
                remedy="Leave one dimension out.",
            )
        return self
