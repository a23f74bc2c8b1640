"""How people ask for each of these operations, beside its examples."""

from __future__ import annotations

ODE = (
    "Solve the differential equation x'' + x = 0 with x(0) = 1 and x'(0) = 0.",
    "Integrate the ODE dy/dt = -2*y numerically from y(0) = 1.",
    "Solve a system of ordinary differential equations, first or second order, with initial conditions.",
    "Find the numerical solution of an initial value problem.",
    "When does the solution of the differential equation reach zero? Events of an ODE.",
    "Draw the phase portrait of the system x' = y, y' = -x.",
    "Integrate these equations of motion over time with a Runge-Kutta method.",
    "Solve the Van der Pol oscillator, the Duffing equation, a damped or driven oscillator.",
    "Lotka-Volterra: predators and prey over time.",
    "Is this system of differential equations stiff? Integrate it.",
    "Solve dy/dx, a first order differential equation, with y at the start given.",
    "Mass on a spring with damping: m x'' + c x' + k x = 0.",
)
