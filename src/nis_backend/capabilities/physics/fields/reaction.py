"""What the solver of what reacts and spreads takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Called, Names, Reads, Unit
from nis_backend.capabilities.physics.fields.region import Boundary, FormulaText, Region, Tolerance, closed

Model = Literal["fisher", "gray-scott", "fitzhugh-nagumo", "brusselator", "given"]

TERMS: dict[str, tuple[str, ...]] = {
    "fisher": ("r*u*(1 - u)",),
    "gray-scott": ("F*(1 - u) - u*v^2", "u*v^2 - (F + k)*v"),
    "fitzhugh-nagumo": ("u*(1 - u)*(u - a) - v", "epsilon*(u - gamma_*v)"),
    "brusselator": ("a - (b + 1)*u + u^2*v", "b*u - u^2*v"),
}
"""Of each species what its reaction adds to u_t, v_t."""
PARAMETERS: dict[str, dict[str, float]] = {
    "fisher": {"r": 1.0},
    "gray-scott": {"F": 0.037, "k": 0.06},
    "fitzhugh-nagumo": {"a": 0.1, "epsilon": 0.01, "gamma_": 1.0},
    "brusselator": {"a": 1.0, "b": 1.7},
}
DIFFUSIVITIES: dict[str, tuple[float, ...]] = {
    "fisher": (1.0,),
    "gray-scott": (2e-5, 1e-5),
    "fitzhugh-nagumo": (1.0, 0.0),
    "brusselator": (0.01, 0.05),
}
STARTS: dict[str, tuple[str, ...]] = {
    "fisher": ("exp(-x^2)",),
    "gray-scott": ("1 - 0.5*exp(-100*(x - 1.25)^2)", "0.25*exp(-100*(x - 1.25)^2)"),
    "fitzhugh-nagumo": ("exp(-(x/5)^2)", "0"),
    "brusselator": ("1 + 0.1*cos(pi*x)", "1.7"),
}
SOURCES = {
    "fisher": "Fisher, Ann. Eugenics 7 (1937), 355-369; Kolmogorov, Petrovsky & Piskunov (1937)",
    "gray-scott": "Pearson, Science 261 (1993), 189-192",
    "fitzhugh-nagumo": "Nagumo, Arimoto & Yoshizawa, Proc. IRE 50 (1962), 2061-2070",
    "brusselator": "Prigogine & Lefever, J. Chem. Phys. 48 (1968), 1695-1700",
    "given": "the terms given",
}


class ReactionRequest(Region):
    """u_t = D Δu + reaction(u, v, w), of one to three species, on an interval or a rectangle; edges closed."""

    model: Annotated[
        Model,
        Reads("choice"),
        Called(
            {
                "fisher": ("Fisher-KPP", "Fisher's equation", "KPP", "Fisher"),
                "gray-scott": ("Gray-Scott", "Gray Scott"),
                "fitzhugh-nagumo": ("FitzHugh-Nagumo", "FitzHugh", "Nagumo"),
                "brusselator": ("Brusselator",),
            }
        ),
    ] = Field(default="fisher", description="Whose reaction terms; given: those of `terms`.")
    duration: Annotated[float, Unit("s"), Names("time", "after", "until", "t =", "for")] = Field(
        gt=0, le=1e9, description="Time to advance."
    )
    diffusivities: list[Annotated[float, Unit("m²/s"), Field(ge=0, le=1e9)]] = Field(
        default=[], max_length=3, description="D of each species; empty: the model's own."
    )
    parameters: dict[str, Annotated[float, Unit("")]] = Field(
        default={},
        max_length=12,
        description="Values of names in the terms. fisher: r; gray-scott: F, k; fitzhugh-nagumo: a, epsilon, gamma_; "
        "brusselator: a, b. What is not given has the model's usual value.",
    )
    terms: list[FormulaText] = Field(
        default=[],
        max_length=3,
        description="With model given: what each species' reaction adds, of u, v, w, x, y, t and `parameters`.",
    )
    initial: list[FormulaText] = Field(
        default=[],
        max_length=3,
        description="The start of each species, formulas of x (and y); empty: the model's own.",
    )
    left: Boundary = Field(default_factory=closed, description="The edge x = 0, for every species.")
    right: Boundary = Field(default_factory=closed, description="The edge x = length, for every species.")
    bottom: Boundary = Field(default_factory=closed, description="The edge y = 0, in two dimensions.")
    top: Boundary = Field(default_factory=closed, description="The edge y = width, in two dimensions.")
    tolerance: Tolerance = 1e-4
