"""A particle in one dimension: its stationary states, and its passage through barriers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.quantum import asked, views
from nis_backend.capabilities.physics.quantum.particle import (
    Eigenstates,
    EigenstatesRequest,
    Tunnelling,
    TunnellingRequest,
)
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


@operation(
    "physics.solve_eigenstates",
    effect="reads",
    pool="science",
    view=views.draw_states,
    examples=(
        Example(
            title="An electron in a box",
            request={"potential": "box", "width": 1e-9, "states": 3},
            question="What are the energy levels of an electron in a box with a width of 1 nm, the lowest 3 states?",
            also=asked.STATES,
        ),
        Example(
            title="A quantum well",
            request={"potential": "finite well", "width": 5e-9, "depth": 0.3, "mass": 6.1e-32},
            question="Which bound states has a finite well with a width of 5 nm and a depth of 0.3 eV, effective mass "
            "6.1e-32 kg?",
        ),
        Example(
            title="Two wells",
            request={"potential": "double well", "width": 1e-9, "depth": 2, "states": 4},
            question="Compute the tunnel splitting of the energies of an electron in a double well, width 1 nm, depth "
            "2 eV.",
        ),
        Example(
            title="A formula",
            request={"potential": "formula", "formula": "0.5*x^2 + 0.1*x^4", "lower": -4e-9, "upper": 4e-9},
            question='Solve the Schrodinger equation for the formula "0.5*x^2 + 0.1*x^4" between -4 nm and 4 nm.',
        ),
    ),
)
def solve_eigenstates(request: EigenstatesRequest, ctx: WorkerContext) -> Eigenstates:
    """Solve the 1-D Schrödinger equation for the lowest states of a well: energies, wave functions, node counts.

    Spectral elements of degree 12, split where the potential jumps: the error falls faster than any power of their
    size where it is smooth between. Exact spectra (box, oscillator, finite well, Morse) and Sturm's count of zeros by
    Numerov's method stand beside.

    Source: Karniadakis & Sherwin, Spectral/hp Element Methods for CFD (2005), 2.4; Numerov, MNRAS 84 (1924), 592-602.
    """
    from nis_backend.capabilities.physics.quantum.eigenstates import solve  # noqa: PLC0415 - loads in the worker only

    return solve(request, ctx.progress)


@operation(
    "physics.compute_tunnelling",
    effect="reads",
    pool="science",
    view=views.draw_passage,
    examples=(
        Example(
            title="A rectangular barrier",
            request={"energy": 3, "height": 5, "width": 5e-10, "points": 101},
            question="What is the probability that an electron of energy 3 eV tunnels through a barrier with a barrier "
            "height of 5 eV and a width of 0.5 nm?",
            also=asked.TUNNEL,
        ),
        Example(
            title="A resonant double barrier",
            request={
                "energy": 0.1,
                "mass": 6.1e-32,
                "layers": [
                    {"height": 0.3, "width": 3e-9},
                    {"height": 0, "width": 5e-9},
                    {"height": 0.3, "width": 3e-9},
                ],
                "highest": 0.4,
            },
            question="What is the transmission through layers of barriers for an electron with an energy of 0.1 eV?",
        ),
        Example(
            title="A smooth barrier",
            request={"energy": 0.8, "formula": "1/cosh(4*(x - 2))^2", "width": 4e-9},
            question="How much of a wave of energy 0.8 eV passes a smooth tunnelling barrier with a width of 4 nm?",
        ),
    ),
)
def compute_tunnelling(request: TunnellingRequest, ctx: WorkerContext) -> Tunnelling:
    """Compute how much of a quantum particle passes a barrier: transmission, reflection, resonances over its energy.

    Transfer matrices from the outgoing wave back: exact for flat layers, fourth order (Magnus) for a formula, the step
    halved until it agrees. What passes and what comes back are computed apart, and add up to 1.

    Source: Merzbacher, Quantum Mechanics (1998), chapter 6; Blanes, Casas, Oteo & Ros, Phys. Rep. 470 (2009), 151-238.
    """
    from nis_backend.capabilities.physics.quantum.tunnelling import pass_through  # noqa: PLC0415 - worker only

    return pass_through(request, ctx.progress)


OPERATIONS = (solve_eigenstates, compute_tunnelling)
