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

DOUBLE_PENDULUM = (
    "How does a double pendulum move, a pendulum hanging from another pendulum?",
    "Simulate a chaotic double pendulum and draw the path of the lower bob.",
    "What are the normal modes, the two periods, of small swings of a double pendulum?",
    "Two rods and two masses, the second hinged to the first: their angles over time.",
    "How chaotic is a double pendulum released from the horizontal? Its Lyapunov exponent, its predictability.",
    "A compound of two pendulums with masses m1 and m2 and rods l1 and l2, both let go.",
    "Does the double pendulum flip over? Simulate its motion with energy conservation.",
    "Two pendulums in series, first angle and second angle given: trajectory of the end.",
)

LORENZ = (
    "Draw the Lorenz attractor, the butterfly.",
    "Compute the Lyapunov exponents of the Lorenz system.",
    "Simulate Lorenz's equations with sigma 10, rho 28 and beta 8/3.",
    "Is the Lorenz system chaotic for these parameters? Its fixed points, its strange attractor.",
    "Deterministic chaos in Lorenz's convection model: x, y and z over time.",
    "For how long can the weather model of Lorenz be predicted, how fast do errors double in it?",
    "What is the Kaplan-Yorke dimension of the Lorenz attractor?",
    "The Lorenz 63 model.",
)

REACTIONS = (
    "Simulate these chemical reactions: A -> B; 0.5 and B -> C; 0.1, from the initial concentration of A.",
    "How do the concentrations of the reactants and products change over time? Chemical kinetics.",
    "Robertson's stiff chemical problem with rate constants 0.04, 3e7 and 1e4.",
    "Reaction kinetics with mass action: rate constants forward and back, species and concentrations.",
    "What is the equilibrium concentration of a reversible reaction?",
    "How much of the substance is left after a first-order or second-order reaction with rate constant k?",
    "Michaelis-Menten kinetics of an enzyme, a substrate and a product.",
    "Oscillating chemical reactions: the Brusselator or the Oregonator as a network of reactions.",
)

EPIDEMIC = (
    "Simulate an epidemic with the SIR model.",
    "How many people get infected in an outbreak with a basic reproduction number of 3?",
    "When does the wave of infections peak, and how high? SEIR model with an incubation time.",
    "What is the herd immunity threshold of a disease with R0 = 15?",
    "What is the final size of the epidemic, the attack rate?",
    "How does a disease, a virus, an infection, influenza, measles or covid spread through a population?",
    "Susceptible, infectious and recovered people over time; a pandemic, an outbreak, contagion.",
    "How do vaccinated or immune people slow an epidemic, infectious for so many days?",
    "SIRS: immunity wanes after some months, does the disease become endemic?",
)

CIRCUIT = (
    "Charging and discharging of a capacitor through a resistor: voltage over time.",
    "What is the time constant of an RC circuit, of an RL circuit with a coil?",
    "What are the resonance frequency, the damping and the quality factor of an RLC circuit?",
    "Simulate this SPICE netlist: its transient and its DC operating point.",
    "How does the current in a coil rise when a battery is connected through a resistor?",
    "An electric circuit with resistors, capacitors, inductors and a voltage source: node voltages, branch currents.",
    "A parallel resonant circuit, a tank circuit, an oscillating LC circuit: its ringing.",
    "A low-pass filter of a resistor and a capacitor driven by a sine of 50 Hz or by pulses.",
    "Voltage divider of two resistors, modified nodal analysis, Kirchhoff's laws.",
    "How long does it take to charge the capacitor, in ms?",
    "An RC circuit is connected to a battery: how does the voltage rise? An RL circuit: how does the current rise?",
)
