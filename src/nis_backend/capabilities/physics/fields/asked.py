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

WAVE = (
    "Solve the wave equation u_tt = c^2 u_xx on an interval with fixed ends.",
    "How does a plucked string move, released from a triangle shape, its ends fixed?",
    "Vibrating string, guitar string, violin string: shape after some milliseconds, fundamental period.",
    "Vibration of a membrane, a drum, a rectangular drumhead in two dimensions.",
    "A pulse travels along a rope and is reflected at the end.",
    "A Gaussian pulse splits in two that run apart at the wave speed: d'Alembert.",
    "Damped wave equation, telegraph equation, with friction.",
    "A string that is struck with a hammer: initial velocity, no displacement.",
    "Sound wave in a closed or open tube, standing wave.",
    "A wave driven at one end by a vibrating support, u(0,t) = sin(t).",
    "Simulate a 2-D wave on a pond, ripples in a rectangular tank.",
)

POISSON = (
    "Solve Poisson's equation on the unit square with f = 1 and u = 0 on the boundary: value at the centre.",
    "Solve Laplace's equation on a rectangle with given boundary values.",
    "Electrostatic potential of a charge density between grounded plates, in a box.",
    "Steady temperature of a plate with heat sources, its edges held: steady-state heat conduction.",
    "Deflection of a membrane under uniform load, torsion of a square bar: the stress function.",
    "Potential on a disc or circle, on an L-shaped domain.",
    "Screened Poisson equation, Debye length, Yukawa, Helmholtz with the good sign.",
    "Boundary value problem -u'' = f with u(0) = 0 and u(1) = 1.",
    "Elliptic equation with Neumann and Dirichlet boundary conditions, harmonic function in a square.",
    "Pressure Poisson equation, gravitational potential of a mass distribution in a box.",
)

REACTION = (
    "Solve the Fisher-KPP equation: how fast does the front of a population, a gene, a flame travel?",
    "Gray-Scott pattern formation, Turing patterns, spots and stripes.",
    "FitzHugh-Nagumo: a travelling pulse along a nerve, an excitable medium.",
    "Brusselator with diffusion, chemical waves, oscillations in space.",
    "Reaction-diffusion system with my own reaction terms u*(1-u) - u*v.",
    "Logistic growth with dispersal: invasion of a species, spread of an epidemic in space.",
    "Two chemicals, activator and inhibitor, react and diffuse.",
    "Travelling wave of a reaction-diffusion equation, Zeldovich, Allee effect, bistable front speed.",
    "Predator and prey that spread in space, Lotka-Volterra with diffusion.",
)
