"""How people ask for studies."""

from __future__ import annotations

SWEEP = (
    "Sweep a parameter of a simulation and plot the result over it.",
    "Run the solver for a range of values of one field and show how the answer changes.",
    "Do a parameter scan, a parametric study, a grid of two parameters, a heat map of a result.",
    "Call an operation for each value of a list: a parameter sweep over 20 points.",
    "How does the range depend on the launch angle? Vary the angle from 10 to 80 degrees in 15 steps.",
    "Vary two inputs of physics.simulate_projectile and tabulate the range for all combinations.",
    "Scan the drag coefficient between two limits and collect the results in a table.",
    "Parameter variation: repeat the computation with different values of length.",
)

SENSITIVITY = (
    "Which input matters most for the result? A global sensitivity analysis.",
    "Compute the Sobol indices, first order and total, of a simulation.",
    "Do a Morris screening of the parameters of a solver: elementary effects.",
    "How sensitive is the range to speed, angle and height when each is uncertain?",
    "What share of the variance of the output comes from each uncertain input?",
    "Variance-based sensitivity analysis, a tornado chart of what the output depends on.",
    "Rank the parameters by their influence on the output. Uncertainty attribution.",
)

FIT = (
    "Fit a model to measured data and give the parameters with their uncertainty.",
    "Determine gravity from measured pendulum periods by least squares, with standard errors.",
    "Calibrate a simulation's parameters against measurements: parameter estimation, an inverse problem.",
    "Which drag coefficient explains the measured ranges? Fit it to the data.",
    "Estimate an unknown parameter of a solver from observations, with confidence intervals and chi-square.",
    "Nonlinear regression of a simulation on experimental data; residuals and covariance of its parameters.",
    "Are these parameters identifiable from the data?",
    "Find the damping of a pendulum from a recorded angle over time.",
)

OPTIMUM = (
    "At which launch angle does the ball fly farthest? Maximise the range.",
    "Find the value of an input that minimises or maximises the result of a simulation.",
    "How long must a pendulum be to have a period of exactly 2 seconds? Solve for the parameter.",
    "Optimise the parameters of a solver within bounds; the best settings, the optimum.",
    "Which speed is needed to reach a range of 60 m? Find the input that gives a wanted output.",
    "Tune two fields of an operation until its result is as small as possible.",
    "Goal seek over a simulation: what must the mass be so that the result reaches a target?",
    "Design optimisation: search the ranges for the maximum of a computed quantity.",
)
