"""What moves by ordinary differential equations: systems that people write, chaos, chemistry, epidemics, circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.dynamics import asked, views
from nis_backend.capabilities.physics.dynamics.chaos import (
    DoublePendulumMotion,
    DoublePendulumRequest,
    LorenzMotion,
    LorenzRequest,
)
from nis_backend.capabilities.physics.dynamics.electric import CircuitCourse, CircuitRequest
from nis_backend.capabilities.physics.dynamics.kinetics import (
    EpidemicCourse,
    EpidemicRequest,
    ReactionProgress,
    ReactionsRequest,
)
from nis_backend.capabilities.physics.dynamics.system import OdeRequest, OdeSolution
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = [
    "OPERATIONS",
    "simulate_circuit",
    "simulate_double_pendulum",
    "simulate_epidemic",
    "simulate_lorenz",
    "simulate_reactions",
    "solve_ode",
]


@operation(
    "physics.solve_ode",
    effect="reads",
    essential=True,
    pool="science",
    view=views.draw_ode,
    time_limit=180,
    examples=(
        Example(
            title="A damped oscillator",
            request={
                "equations": ["x'' = -k*x/m - c*x'"],
                "parameters": {"k": 4, "m": 1, "c": 0.2},
                "initial": {"x": 1, "x'": 0},
                "duration": 10,
            },
            question="Solve the differential equation x'' = -k*x/m - c*x' with k = 4, m = 1, c = 0.2, x(0) = 1, "
            "x'(0) = 0 for 10 s.",
            also=asked.ODE,
        ),
        Example(
            title="A stiff relaxation oscillator",
            request={
                "equations": ["x' = v", "v' = mu*(1 - x^2)*v - x"],
                "parameters": {"mu": 100},
                "initial": {"x": 2, "v": 0},
                "duration": 100,
                "tolerance": 1e-4,
                "points": 51,
            },
            question="Integrate the Van der Pol equations x' = v, v' = mu*(1 - x^2)*v - x with mu = 100 over 100 s.",
        ),
        Example(
            title="A ball that lands",
            request={
                "equations": ["m*y'' = -m*g + b*y'^2"],
                "parameters": {"m": 0.1, "g": 9.81, "b": 0.002},
                "initial": {"y": 20, "y'": 0},
                "duration": 10,
                "events": [{"formula": "y", "name": "lands", "direction": "falling", "terminal": True}],
            },
            question="Integrate m*y'' = -m*g + b*y'^2 from y(0) = 20 until y is zero: when does it land?",
        ),
        Example(
            title="Predators and prey",
            request={
                "equations": ["x' = a*x - b*x*y", "y' = d*x*y - c*y"],
                "parameters": {"a": 1.1, "b": 0.4, "c": 0.4, "d": 0.1},
                "initial": {"x": 10, "y": 5},
                "duration": 40,
            },
            question="Draw the phase portrait of the Lotka-Volterra system x' = a*x - b*x*y, y' = d*x*y - c*y.",
        ),
    ),
)
def solve_ode(request: OdeRequest, ctx: WorkerContext) -> OdeSolution:
    """Solve a system of ordinary differential equations written as text, such as x'' = -k*x - c*x', with its events.

    Dormand-Prince 5(4), order five; where stability and not accuracy sets its steps, Radau IIA of order five, L-stable.
    The steps of an adaptive mesh are all halved until Richardson's estimate of the error of the whole way is what was
    asked; a second method is compared at the end. Events are reached by a step of fitting length, to the same order.

    Source: Dormand & Prince, J. Comput. Appl. Math. 6 (1980), 19-26; Hairer & Wanner, Solving Ordinary Differential
    Equations II (1996), IV.2 and IV.8.

    Raises:
        InvalidRequest: an equation cannot be read, a name has no value, or the solution does not reach the end.
    """
    from nis_backend.capabilities.physics.dynamics.solving import solve  # noqa: PLC0415 - loads in the worker only

    return solve(request, ctx.progress)


@operation(
    "physics.simulate_double_pendulum",
    effect="reads",
    pool="science",
    view=views.draw_double_pendulum,
    examples=(
        Example(
            title="Chaos",
            request={"angle1": 120, "angle2": -10, "duration": 5},
            question="Simulate a double pendulum released from 120 and -10 degrees for 5 seconds.",
            also=asked.DOUBLE_PENDULUM,
        ),
        Example(
            title="Small swings",
            request={"angle1": 1, "angle2": 1.4, "length2": 0.5, "duration": 5},
            question="Double pendulum with a first angle of 1 degree, a second angle of 1.4 degrees, a lower rod of "
            "50 cm: how does it swing?",
        ),
        Example(
            title="How long it can be told",
            request={"angle1": 90, "angle2": 90, "duration": 12, "points": 121},
            question="How long can a double pendulum let go with both rods at 90° be predicted? Follow it for 12 s.",
        ),
    ),
)
def simulate_double_pendulum(request: DoublePendulumRequest, ctx: WorkerContext) -> DoublePendulumMotion:
    """Compute the motion of a double pendulum, regular or chaotic, and how long its angles can be told at all.

    Dormand-Prince 8(5,3), order eight, on Lagrange's equations; every step of an adaptive mesh is halved until the
    error of the whole way is what was asked. Energy is watched; small swings are compared with their normal modes; a
    twin that starts next to it shows how errors grow. Frictionless, in a plane.

    Source: Landau & Lifshitz, Mechanics (1976), section 5; Hairer, Norsett & Wanner, Solving Ordinary Differential
    Equations I (1993), II.5; Benettin et al., Meccanica 15 (1980), 9-30.
    """
    from nis_backend.capabilities.physics.dynamics.double_pendulum import swing  # noqa: PLC0415 - in the worker only

    return swing(request, ctx.progress)


@operation(
    "physics.simulate_lorenz",
    effect="reads",
    pool="science",
    view=views.draw_lorenz,
    examples=(
        Example(
            title="The butterfly",
            request={"duration": 10, "averaging": 10, "points": 501},
            question="Simulate the Lorenz system for a time of 10.",
            also=asked.LORENZ,
        ),
        Example(
            title="Convection that settles",
            request={"rho": 14, "averaging": 10},
            question="Is the Lorenz attractor chaotic at rho = 14?",
        ),
        Example(
            title="The Lyapunov exponent",
            request={"sigma": 10, "rho": 28, "averaging": 20, "duration": 15, "points": 301},
            question="What is the largest Lyapunov exponent of the Lorenz equations with sigma = 10, rho = 28?",
        ),
    ),
)
def simulate_lorenz(request: LorenzRequest, ctx: WorkerContext) -> LorenzMotion:
    """Compute a path of Lorenz's equations, the fixed points, and the Lyapunov exponents that say how chaotic it is.

    Dormand-Prince 8(5,3), order eight, for the path, with the time up to which it can be told. The exponents are
    averages over 256 copies by Benettin's method (classical Runge-Kutta, order four), with their statistical error;
    their sum is held against the trace, and the classical largest one against the published 0.9056.

    Source: Lorenz, J. Atmos. Sci. 20 (1963), 130-141; Benettin et al., Meccanica 15 (1980), 9-30; Sprott, Chaos and
    Time-Series Analysis (2003), appendix A.5.
    """
    from nis_backend.capabilities.physics.dynamics.lorenz import follow  # noqa: PLC0415 - loads in the worker only

    return follow(request, ctx.progress)


@operation(
    "physics.simulate_reactions",
    effect="reads",
    pool="science",
    view=views.draw_reactions,
    time_limit=180,
    examples=(
        Example(
            title="A reaction there and back",
            request={
                "reactions": ["A <-> B; 3, 1"],
                "initial": {"A": 1},
                "duration": 2,
                "points": 21,
                "tolerance": 1e-6,
            },
            question="A reacts to B and back, A <-> B; 3, 1, from 1 mol/L of A: what are the concentrations after 2 s?",
            also=asked.REACTIONS,
        ),
        Example(
            title="Robertson's stiff reactions",
            request={
                "reactions": ["A -> B; 0.04", "2 B -> B + C; 3e7", "B + C -> A + C; 1e4"],
                "initial": {"A": 1},
                "duration": 1e5,
                "spacing": "logarithmic",
                "first": 1e-4,
                "points": 20,
                "tolerance": 1e-6,
            },
            question="Follow Robertson's chemical reactions A -> B; 0.04, 2 B -> B + C; 3e7, B + C -> A + C; 1e4 for "
            "100000 s.",
        ),
        Example(
            title="An enzyme",
            request={
                "reactions": ["E + S <-> ES; 1e6, 1e3", "ES -> E + P; 100"],
                "initial": {"E": 1e-6, "S": 1e-3},
                "duration": 30,
                "tolerance": 1e-6,
            },
            question="Kinetics of an enzyme, E + S <-> ES; 1e6, 1e3 and ES -> E + P; 100: how much P is made in 30 s?",
        ),
    ),
)
def simulate_reactions(request: ReactionsRequest, ctx: WorkerContext) -> ReactionProgress:
    """Compute the concentrations over time of chemical reactions written as A + 2 B -> C; 0.5, however stiff they are.

    Mass action. Radau IIA of order five, L-stable, with the exact Jacobian of the rate laws; every step of an adaptive
    mesh is halved until the error of the whole way is what was asked, relative to each concentration. Sums that no
    reaction changes are found exactly and watched; LSODA is compared at the end.

    Source: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), IV.8 and IV.10 (Robertson's problem).

    Raises:
        InvalidRequest: a reaction cannot be read, or a concentration grows without bound.
    """
    from nis_backend.capabilities.physics.dynamics.reactions import react  # noqa: PLC0415 - loads in the worker only

    return react(request, ctx.progress)


@operation(
    "physics.simulate_epidemic",
    effect="reads",
    pool="science",
    view=views.draw_epidemic,
    examples=(
        Example(
            title="SIR",
            request={"reproduction_number": 2.5, "infectious_time": 5, "population": 1_000_000, "infected": 10},
            question="How does an epidemic with R0 = 2.5 and an infectious period of 5 days spread among 1000000 "
            "people, 10 of them infected?",
            also=asked.EPIDEMIC,
        ),
        Example(
            title="SEIR",
            request={"reproduction_number": 3, "infectious_time": 4, "latent_time": 5, "population": 80_000},
            question="When is the peak of an epidemic in a city of 80000 inhabitants, reproduction number 3, "
            "infectious period 4 days, latent period 5 days?",
        ),
        Example(
            title="Immunity that is lost",
            request={"reproduction_number": 2, "infectious_time": 7, "immune_time": 180, "duration": 2000},
            question="SIRS model with R0 = 2, infectious period 7 days, immunity lasts 180 days: how many are infected "
            "in the end?",
        ),
    ),
)
def simulate_epidemic(request: EpidemicRequest, ctx: WorkerContext) -> EpidemicCourse:
    """Compute how an epidemic spreads (SIR, SEIR, SIRS): its peak, its final size, and the threshold of herd immunity.

    Kermack and McKendrick's equations by Dormand-Prince 5(4), order five (Radau IIA where stages are very short); every
    step of an adaptive mesh is halved until the error of the whole way is what was asked. The population is conserved,
    and those left over are held against the equation of the final size. People mix evenly, and nobody is born or dies.

    Source: Kermack & McKendrick, Proc. R. Soc. A 115 (1927), 700-721; Hethcote, SIAM Review 42 (2000), 599-653.
    """
    from nis_backend.capabilities.physics.dynamics.epidemic import spread  # noqa: PLC0415 - loads in the worker only

    return spread(request, ctx.progress)


@operation(
    "physics.simulate_circuit",
    effect="reads",
    pool="science",
    view=views.draw_circuit,
    time_limit=120,
    examples=(
        Example(
            title="A capacitor is charged",
            request={"resistance": 1000, "capacitance": 1e-6, "voltage": 5, "points": 51},
            question="How does the voltage of a 1 µF capacitor rise behind a resistor of 1 kΩ at a 5 V battery?",
            also=asked.CIRCUIT,
        ),
        Example(
            title="A series resonant circuit",
            request={"resistance": 50, "inductance": 0.01, "capacitance": 1e-6, "voltage": 10},
            question="Simulate a series RLC circuit of 50 ohm, 10 mH and 1 µF at 10 V: resonance frequency, damping.",
        ),
        Example(
            title="A low-pass under a pulse",
            request={
                "netlist": ["V1 in 0 pulse(0 5 0 1u 1u 1m 2m)", "R1 in out 1k", "C1 out 0 100n"],
                "duration": 0.004,
                "points": 101,
            },
            question="Netlist V1 in 0 pulse(0 5 0 1u 1u 1m 2m), R1 in out 1k, C1 out 0 100n: its transient over 4 ms.",
        ),
        Example(
            title="A voltage divider",
            request={"netlist": ["V1 1 0 9", "R1 1 2 1k", "R2 2 0 2k"], "points": 2},
            question="What is the operating point of the circuit V1 1 0 9, R1 1 2 1k, R2 2 0 2k?",
        ),
    ),
)
def simulate_circuit(request: CircuitRequest, ctx: WorkerContext) -> CircuitCourse:
    """Compute voltages and currents of an electric circuit over time: RC, RL, RLC by values, or any small netlist.

    Modified nodal analysis; Radau IIA of order five on the equations as they are, Kirchhoff's laws without a rate among
    them, every step of an adaptive mesh halved until the error of the whole way is what was asked. Natural modes, with
    phasors, give the end a second time; energy is balanced. Linear elements: R, C, L, sources of voltage and current.

    Source: Ho, Ruehli & Brennan, IEEE Trans. Circuits Syst. 22 (1975), 504-509; Hairer & Wanner, Solving Ordinary
    Differential Equations II (1996), VI.1.

    Raises:
        InvalidRequest: a line cannot be read, a node floats, sources are in a loop.
    """
    from nis_backend.capabilities.physics.dynamics.circuit import simulate  # noqa: PLC0415 - loads in the worker only

    return simulate(request, ctx.progress)


OPERATIONS = (
    solve_ode,
    simulate_double_pendulum,
    simulate_lorenz,
    simulate_reactions,
    simulate_epidemic,
    simulate_circuit,
)
