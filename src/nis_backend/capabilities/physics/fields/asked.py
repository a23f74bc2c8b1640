"""How people ask for fields, beside the operations' examples."""

from __future__ import annotations

DIFFUSION = (
    "Solve the diffusion equation u_t = D u_xx on an interval with a given initial profile.",
    "Solve the heat equation in two dimensions on a square plate, a rectangle, a sheet.",
    "Advection-diffusion: how is a pollutant, a tracer, a dye or a puff of smoke carried along and spread by the wind?",
    "A drop of ink diffuses in a channel with closed ends, no flux at the walls: concentration later.",
    "Convection-diffusion equation with velocity and Péclet number, upwind, without oscillations.",
    "How does a concentration profile spread with diffusion coefficient D from a step function?",
    "Heat equation with Neumann, Robin, insulated, convective or periodic boundary conditions.",
    "Heat equation with a source term, heating inside, a heat source sin(pi x) in the slab.",
    "How does a hot spot on a plate cool, its edges held at zero or insulated?",
    "Temperature of a plate in 2-D over time, heat map.",
    "Diffusion with decay: u_t = D u_xx - k u.",
    "Diffusion with a diffusivity that varies along x.",
    "A contaminant plume in a river or in groundwater moves with the flow and disperses.",
    "A slab with one side insulated and convection on the other: temperature profile.",
)
