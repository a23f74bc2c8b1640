"""Other ways to ask for the nonlinear fields: the router learns from them beside the examples' questions."""

from __future__ import annotations

BURGERS = (
    "Solve the viscous Burgers equation.",
    "How does a wave steepen into a shock? u_t + u u_x = nu u_xx.",
    "Burgers' equation with a viscosity of 0.02 and a sine as the initial condition.",
    "When does a velocity wave break, when does a shock form, and how steep does it get?",
    "Simulate Burgers turbulence in a periodic box from a given initial velocity.",
    "What is the steepest slope, the gradient, of the Burgers solution? Cole-Hopf.",
    "The Burgers benchmark with nu = 0.01/pi and u0 = -sin(pi x).",
    "Nonlinear advection with diffusion: a profile carries itself along and smooths out.",
    "Inviscid Burgers before the shock, by characteristics.",
)
