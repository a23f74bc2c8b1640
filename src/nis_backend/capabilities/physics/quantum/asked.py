"""How people ask for what a particle does in one dimension."""

from __future__ import annotations

STATES = (
    "What are the energy levels of an electron in a box 1 nm wide?",
    "Solve the Schrodinger equation in one dimension: eigenstates and eigenvalues.",
    "Compute the bound states of a finite square well, of a quantum well 5 nm wide and 0.3 eV deep.",
    "What is the ground state energy of the quantum harmonic oscillator?",
    "Energy levels of a particle in an infinite potential well: the lowest five.",
    "How large is the tunnel splitting of a double-well potential?",
    "Vibrational levels of a molecule in a Morse potential.",
    "Plot the wave functions of the stationary states of a potential V(x).",
    "Quantum mechanics: eigenfunctions and eigenenergies of a particle in a potential well.",
    "How many bound states does the well hold?",
)

TUNNEL = (
    "What is the probability that an electron tunnels through a barrier?",
    "Compute the transmission coefficient of a rectangular potential barrier 1 nm wide and 5 eV high at 3 eV.",
    "How much of a quantum wave is reflected by a potential step or barrier?",
    "Quantum tunnelling through a barrier: transmission and reflection.",
    "Resonant tunnelling through a double barrier: at which energies are the peaks?",
    "How likely does a proton pass a potential barrier higher than its energy?",
    "Transmission over energy of layers of different potential: a resonant tunnelling diode.",
    "Tunneling probability of a particle with energy E through a wall.",
)
