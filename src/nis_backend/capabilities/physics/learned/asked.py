"""How people ask for networks that learn, beside the examples: the words that reach them."""

from __future__ import annotations

PINN = (
    "Train a physics-informed neural network, a PINN, on the heat equation.",
    "Have a neural net learn how waves move and compare it with the exact solution.",
    "Solve Burgers' equation with a PINN and show its loss curve.",
    "How well does a neural network approximate the solution of a partial differential equation?",
    "Can a net with a physics loss, trained on collocation points, reproduce diffusion?",
    "Recover the diffusivity, the viscosity or the wave speed from noisy measurements with a neural network.",
    "Inverse problem: which coefficient of the PDE explains these samples? Learn it with a PINN, with uncertainty.",
    "Physics informed neural networks: a network against classical solver, the true error of the network.",
    "Deep learning for differential equations: DeepXDE, neural PDE solver, residual loss, hard boundary conditions.",
    "Learn u_t = alpha u_xx with a neural network of a few neurons and tell its relative L2 error.",
)

KAN = (
    "Fit a Kolmogorov-Arnold network, a KAN, to this table.",
    "Find a formula for this data with a KAN: symbolic regression.",
    "Which expression do these numbers follow? Fit a KAN, prune it and read off the law.",
    "Discover an equation from samples, a symbolic formula, with splines on the edges.",
    "Kolmogorov Arnold regression with pruning, sparsity and symbolic export.",
    "Learn the function exp(sin(pi*x) + y^2) from samples and give it back as a formula.",
    "An interpretable network, whose edges are functions that one can read.",
    "Approximate a function of several variables by a KAN and compare it with a linear and a polynomial fit.",
    "What law is hidden in this table of inputs and outputs?",
)
