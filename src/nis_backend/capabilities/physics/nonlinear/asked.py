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

SOLITON = (
    "Simulate a soliton of the Korteweg-de Vries equation.",
    "Two KdV solitons collide: do they keep their shape?",
    "How fast does a KdV soliton of amplitude 2 travel?",
    "Solve the nonlinear Schrödinger equation for a bright soliton.",
    "Focusing NLS with the start 2 sech(x), a breather.",
    "Defocusing nonlinear Schrödinger equation: does a dark soliton form?",
    "Solitary waves in shallow water, KdV, collision and phase shift.",
    "Modulational instability of the cubic Schrödinger equation.",
)

PHASES = (
    "Solve the Allen-Cahn equation.",
    "How do two phases separate? Spinodal decomposition by Cahn-Hilliard.",
    "Phase field simulation of a shrinking circle, motion by mean curvature.",
    "How wide is the interface between two phases with epsilon 0.05?",
    "Simulate coarsening of domains from random noise in two dimensions.",
    "u_t = eps^2 Laplacian u + u - u^3, energy over time.",
    "Phase separation of a binary mixture, conserved order parameter.",
    "Ginzburg-Landau energy of domain walls, domain growth.",
)

TUBE = (
    "Solve the Sod shock tube.",
    "Riemann problem for the Euler equations of gas dynamics.",
    "What is the pressure behind the shock after a membrane bursts? Star pressure.",
    "How fast is the shock wave in a shock tube with gas at high pressure on the left?",
    "Density, velocity and pressure after a diaphragm breaks, contact discontinuity and rarefaction fan.",
    "Lax shock tube, the 123 problem, vacuum, blast wave in a tube.",
    "Compressible Euler equations in one dimension with HLLC and MUSCL.",
    "Two streams of gas collide or part: which waves run?",
    "A pipe with compressed air on one side of a membrane is opened.",
)

CAVITY = (
    "Solve the lid-driven cavity flow.",
    "Where is the centre of the vortex in a driven cavity at Reynolds number 400?",
    "Incompressible Navier-Stokes in a square box with a moving lid.",
    "Velocity profiles through the middle of a lid driven cavity at Re = 100, against Ghia.",
    "Minimum of the streamfunction in the cavity at Re 1000, Botella and Peyret.",
    "A fluid in a square box is dragged along by its lid: the flow, the vortex, the vorticity.",
    "Steady viscous flow in a cavity whose upper wall slides.",
    "CFD benchmark: driven cavity, centreline velocity extrema.",
)

PDE = (
    "Solve a partial differential equation that I give, in one dimension.",
    "Solve the PDE 'u_t = 0.1 u_xx - u u_x' with periodic boundaries.",
    "Kuramoto-Sivashinsky equation, chaos in space and time.",
    "Integrate my own PDE with Dirichlet or Neumann boundary conditions from a given initial condition.",
    "A system of two PDEs for u and v, separated by a semicolon.",
    "Solve u_t = u_xx + u(1-u), or any evolution equation written as a formula.",
    "Porous medium equation u_t = (u u_x)_x, nonlinear diffusion of my own.",
    "Is this PDE well posed, or does it blow up? Backward heat equation.",
)
