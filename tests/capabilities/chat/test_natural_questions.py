"""Questions as people ask them, through chat: the right operation, the right numbers, and how they were computed."""

from __future__ import annotations

import json
import math
import urllib.request
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from conftest import Server

Json = dict[str, Any]
RECEIPT = "How it was computed"
LOOKED_UP = {"physics.get_constant", "physics.convert_unit"}
"""What is no computation with an error: a table, and a factor that is exact."""


@dataclass(frozen=True)
class Asked:
    """A question, and what comes of it: the number in the answer is known from elsewhere."""

    question: str
    operation: str
    arguments: Json
    says: tuple[str, ...] = field(default=())
    """Words or numbers, as they are written in the answer; each with its source beside it."""


def written(value: float, digits: int) -> str:
    """A number as an answer writes it."""
    return f"{value:,.{digits}g}".replace("-", "\u2212")


ELECTRON, HBAR, EV = 9.1093837139e-31, 1.054571817e-34, 1.602176634e-19  # CODATA 2022
EARTH_GM, EARTH_RADIUS, SUN_GM, AU = 3.98600435507e14, 6378136.6, 1.32712440041279419e20, 149597870700.0  # DE440, IAU


def turn(gm: float, axis: float) -> float:
    """Kepler's third law."""
    return 2 * math.pi * math.sqrt(axis**3 / gm)


def hohmann(start: float, end: float) -> float:
    """Vis-viva at both ends of half an ellipse."""
    first = math.sqrt(EARTH_GM / start) * (math.sqrt(2 * end / (start + end)) - 1)
    return first + math.sqrt(EARTH_GM / end) * (1 - math.sqrt(2 * start / (start + end)))


def well(width: float, level: int = 1) -> float:
    """Energy in eV of an electron between hard walls."""
    return (level * math.pi * HBAR / width) ** 2 / (2 * ELECTRON) / EV


def tunnelled(energy: float, height: float, width: float) -> float:
    """A rectangular barrier: Griffiths, Introduction to Quantum Mechanics, problem 2.33."""
    kappa = math.sqrt(2 * ELECTRON * (height - energy) * EV) / HBAR
    return 1 / (1 + height**2 * math.sinh(kappa * width) ** 2 / (4 * energy * (height - energy)))


G = 9.80665
LINK = math.sqrt(0.5)

PHYSICS = [
    Asked(
        "Solve the differential equation x'' = -4x with x(0) = 1 and x'(0) = 0 for 3.14159265 s.",
        "physics.solve_ode",
        {"equations": ["x'' = -4x"], "initial": {"x": 1, "x'": 0}, "duration": 3.14159265},
        ("x = **1**",),  # cos(2 pi)
    ),
    Asked(
        "dy/dt = -0.5 y, y(0) = 100: what is y after 2 s?",
        "physics.solve_ode",
        {"equations": ["y' = -0.5 y"], "initial": {"y": 100}, "duration": 2},
        (written(100 / math.e, 4),),
    ),
    Asked(
        "Solve the damped oscillator m*x'' + c*x' + k*x = 0 with m = 1, c = 0.2, k = 4, released from rest at x(0) = 1 "
        "until t = 10",
        "physics.solve_ode",
        {
            "equations": ["m*x'' + c*x' + k*x = 0"],
            "initial": {"x": 1, "x'": 0},
            "parameters": {"m": 1, "c": 0.2, "k": 4},
            "duration": 10,
        },
        # exp(-t/10) (cos wt + sin wt / 10 w), w² = 3.99
        (written(math.exp(-1) * (math.cos(10 * 3.99**0.5) + math.sin(10 * 3.99**0.5) / (10 * 3.99**0.5)), 4),),
    ),
    Asked(
        "What is the period of a pendulum 1 m long released from 90 degrees?",
        "physics.simulate_pendulum",
        {"length": 1, "angle": 90},
        ("2.3682",),  # 4 K(sin 45°) sqrt(l/g), K = 1.8540747: Abramowitz & Stegun, table 17.1
    ),
    Asked(
        "Simulate a double pendulum with a first angle of 1 degree and a second angle of 1.4 degrees for 3 seconds.",
        "physics.simulate_double_pendulum",
        {"angle1": 1, "angle2": 1.4, "duration": 3},
    ),
    Asked(
        "What is the orbital period of the ISS at an altitude of 408 km?",
        "physics.solve_orbit",
        {"altitude": 408e3, "body": "Earth"},
        (written(turn(EARTH_GM, EARTH_RADIUS + 408e3), 5),),
    ),
    Asked(
        "How long does Mars take around the Sun with a semi-major axis of 1.524 au?",
        "physics.solve_orbit",
        {"semi_major_axis": 1.524 * AU, "body": "Sun"},
        (written(turn(SUN_GM, 1.524 * AU) / 86400, 5),),
    ),
    Asked(
        "How much delta-v does a Hohmann transfer from a 300 km orbit to geostationary orbit take around the Earth?",
        "physics.plan_transfer",
        {"body": "Earth", "kind": "hohmann", "start_altitude": 300e3, "end_altitude": 35786e3},
        (written(hohmann(EARTH_RADIUS + 300e3, EARTH_RADIUS + 35786e3), 5),),
    ),
    Asked(
        "What are the Lyapunov exponents of the Lorenz system with rho = 28?",
        "physics.simulate_lorenz",
        {"rho": 28},
        ("**Chaotic**", "0.90"),  # 0.9056: Viswanath (1998), Lyapunov exponents from random Fibonacci sequences
    ),
    Asked(
        "A -> B; 0.5 from A = 1 mol/L: what is left of A after 2 s?",
        "physics.simulate_reactions",
        {"reactions": ["A -> B; 0.5"], "initial": {"A": 1}, "duration": 2},
        (written(1 / math.e, 4),),
    ),
    Asked(
        "An epidemic with R0 = 2 and an infectious period of 5 days in a town of 100000 people: how many are infected "
        "at the peak?",
        "physics.simulate_epidemic",
        {"reproduction_number": 2, "infectious_time": 5, "population": 100000},
        ("15,34", "79.7"),  # 1 - (1 + ln 2)/2 of all at the peak; z = 1 - exp(-2z): Kermack & McKendrick (1927)
    ),
    Asked(
        "What is the time constant of an RC circuit with 10 kΩ and 100 µF?",
        "physics.simulate_circuit",
        {"resistance": 1e4, "capacitance": 1e-4},
        ("**1 s**",),
    ),
    Asked(
        "Resonance frequency of a series RLC circuit with 50 ohm, 10 mH and 1 µF at 10 V?",
        "physics.simulate_circuit",
        {"resistance": 50, "inductance": 0.01, "capacitance": 1e-6, "voltage": 10},
        (written(1e-3 / (2 * math.pi * math.sqrt(0.01 * 1e-6)), 4),),
    ),
    Asked(
        "Solve the diffusion equation with diffusivity 0.1 m²/s for 0.5 s starting from sin(pi*x).",
        "physics.solve_diffusion",
        {"diffusivity": 0.1, "duration": 0.5, "initial": "sin(pi*x)"},
        (written(math.exp(-0.05 * math.pi**2), 4),),
    ),
    Asked(
        "A string 1 m long with a wave speed of 2 m/s starts from sin(pi*x). What is its shape after 0.125 s?",
        "physics.solve_wave",
        {"length": 1, "speed": 2, "duration": 0.125, "initial": "sin(pi*x)"},
        (written(LINK, 4),),  # cos(pi/4)
    ),
    Asked(
        "Solve Poisson's equation on an interval of length 2 m with source 1: what is the value at the centre?",
        "physics.solve_poisson",
        {"length": 2, "source": "1"},
        ("**0.5**",),  # L²/8
    ),
    Asked(
        "Solve Burgers' equation with a viscosity of 0.1 m²/s for 0.5 s.",
        "physics.solve_burgers",
        {"viscosity": 0.1, "duration": 0.5},
        ("0.3183",),  # of -sin(pi x) it breaks at 1/pi
    ),
    Asked(
        "What is the pressure between shock and contact in Sod's shock tube?",
        "physics.solve_shock_tube",
        {},
        ("0.30313", "0.92745"),  # Toro, Riemann Solvers (2009), table 4.3
    ),
    Asked(
        "Where is the vortex in a lid-driven cavity at Re = 100?",
        "physics.solve_cavity",
        {"reynolds": 100},
        ("x = 0.61", "y = 0.73"),  # (0.6172, 0.7344): Ghia, Ghia & Shin (1982), table V
    ),
    Asked(
        "What are the lowest energy levels of an electron in a box 1 nm wide?",
        "physics.solve_eigenstates",
        {"potential": "box", "width": 1e-9, "mass": ELECTRON},
        (written(well(1e-9), 6),),
    ),
    Asked(
        "What is the ground state energy of a harmonic oscillator with angular frequency 1e15 rad/s?",
        "physics.solve_eigenstates",
        {"potential": "harmonic", "angular_frequency": 1e15},
        (written(HBAR * 1e15 / 2 / EV, 6),),
    ),
    Asked(
        "What is the probability that an electron with 3 eV tunnels through a barrier 5 eV high and 0.5 nm wide?",
        "physics.compute_tunnelling",
        {"energy": 3, "height": 5, "width": 5e-10, "mass": ELECTRON},
        (written(100 * tunnelled(3, 5, 5e-10), 4),),
    ),
    Asked(
        "A copper rod 0.5 m long at 20 °C has one end at 100 °C and the other at 0 °C. What is the temperature in the "
        "middle after 10 minutes?",
        "physics.solve_heat",
        {
            "length": 0.5,
            "initial_temperature": 20,
            "left_temperature": 100,
            "right_temperature": 0,
            "duration": 600,
            "material": "copper",
        },
        # 50 - 30 * 4/pi * (exp(-t/tau) - exp(-9 t/tau)/3), tau = L²/(pi² alpha)
        (written(50 - 120 / math.pi * math.exp(-600 * 1.17e-4 * math.pi**2 / 0.25), 3),),
    ),
    Asked(
        "How far does a ball thrown at 20 m/s and 45 degrees fly?",
        "physics.simulate_projectile",
        {"speed": 20, "angle": 45},
        (written(400 / G, 4),),
    ),
    Asked(
        "How fast does a stone hit the ground that is dropped from 20 m?",
        "physics.simulate_projectile",
        {"speed": 0, "angle": -90, "height": 20},
        (written(math.sqrt(2 * G * 20), 4),),
    ),
    Asked(
        "Convert 60 mph to km/h.",
        "physics.convert_unit",
        {"value": 60, "unit": "mile_per_hour", "to": "kilometer / hour"},
        ("96.56064",),  # 1.609344 km a mile, by definition
    ),
    Asked("What is the speed of light?", "physics.get_constant", {"name": "speed of light"}, ("299,792,458",)),
    Asked(
        "What is the mass of the electron?",
        "physics.get_constant",
        {"name": "electron mass"},
        ("9.1093837139",),  # CODATA 2022
    ),
    Asked(
        "Simulate the gravity of Sun, Earth and Moon for 30 days.",
        "physics.simulate_bodies",
        {"system": "Sun, Earth and Moon", "duration": 30 * 86400},
        ("Earth and Moon come closest",),
    ),
    Asked(
        "How does a KdV soliton of amplitude 1 move until t = 1?",
        "physics.solve_soliton",
        {"equation": "KdV", "amplitudes": [1], "duration": 1},
    ),
]

MATHEMATICS = [
    Asked("What is 17 * 23?", "mathematics.evaluate_expression", {"expression": "17 * 23"}, ("391",)),
    Asked(
        "What is the derivative of x^2 sin(x)?",
        "mathematics.differentiate_expression",
        {"expression": "x^2 sin(x)"},
        ("x^2*cos(x) + 2*x*sin(x)",),
    ),
    Asked(
        "What is the integral of x^2 from 0 to 3?",
        "mathematics.integrate_expression",
        {"expression": "x^2", "lower": "0", "upper": "3"},
        ("**`9`**",),
    ),
    Asked(
        "Solve x^2 - 5x + 6 = 0.",
        "mathematics.solve_equation",
        {"equations": ["x^2 - 5x + 6 = 0"]},
        ("x = 2 or x = 3",),
    ),
    Asked(
        "Solve x + y = 3, x - y = 1",
        "mathematics.solve_equation",
        {"equations": ["x + y = 3", "x - y = 1"]},
        ("x = 2, y = 1",),
    ),
    Asked(
        "What is the Taylor series of cos(x) to order 6?",
        "mathematics.expand_series",
        {"expression": "cos(x)", "order": 6},
        ("x^4/24 - x^2/2 + 1",),
    ),
    Asked(
        "What is the limit of (1 - cos(x))/x^2 as x goes to 0?",
        "mathematics.compute_limit",
        {"expression": "(1 - cos(x))/x^2", "towards": "0"},
        ("1/2",),
    ),
    Asked(
        "What is the Laplace transform of t*exp(-2t)?",
        "mathematics.transform_laplace",
        {"expression": "t*exp(-2t)"},
        ("(s + 2)^(-2)",),
    ),
    Asked(
        "What are the eigenvalues of [[2, 1], [1, 2]]?",
        "mathematics.decompose_matrix",
        {"matrix": [[2, 1], [1, 2]], "part": "eigenvalues"},
        ("**3**, **1**",),
    ),
    Asked(
        "Solve the linear system [[2, 1], [1, 3]] x = [3, 5].",
        "mathematics.solve_linear_system",
        {"matrix": [[2, 1], [1, 3]], "right": [3, 5]},
        ("4/5", "7/5"),
    ),
    Asked(
        "What is the mean and the standard deviation of 2, 4, 4, 4, 5, 5, 7, 9?",
        "mathematics.describe_sample",
        {"values": [2, 4, 4, 4, 5, 5, 7, 9]},
        ("**5**", written(math.sqrt(32 / 7), 5)),
    ),
    Asked(
        "Do a t test of [5.1, 4.9, 5.6, 5.8, 5.3] against [6.2, 6.0, 6.8, 5.9, 6.5].",
        "mathematics.test_hypothesis",
        {"test": "Welch t-test", "first": [5.1, 4.9, 5.6, 5.8, 5.3], "second": [6.2, 6.0, 6.8, 5.9, 6.5]},
        ("\u22124.04",),  # -0.94 / sqrt((0.133 + 0.137)/5)
    ),
    Asked(
        "Fit a straight line to x = [0, 1, 2, 3] and y = [1, 3, 5, 7].",
        "mathematics.fit_curve",
        {"x": [0, 1, 2, 3], "y": [1, 3, 5, 7], "shape": "polynomial"},
        ("c0 = **1**", "c1 = **2**"),
    ),
    Asked(
        "Find the minimum of the function (x - 2)^2 + 1.",
        "mathematics.optimize_function",
        {"formula": "(x - 2)^2 + 1", "goal": "minimum"},
        ("**1** at x = **2**",),
    ),
]

ROBOTICS = [
    Asked(
        "Where is the tool of a two-link arm with link lengths of 1 m and 0.5 m and joint angles of 30° and 45°?",
        "robotics.compute_pose",
        {"preset": "planar 2R", "links": [1, 0.5], "positions": [math.pi / 6, math.pi / 4]},
        (written(math.cos(math.pi / 6) + math.cos(math.radians(75)) / 2, 4),),
    ),
    Asked(
        "What is the Jacobian of a two-link arm with joint angles [0.4, 0.8]?",
        "robotics.compute_jacobian",
        {"preset": "planar 2R", "positions": [0.4, 0.8]},
        (written(math.sin(0.8), 4),),  # |l1 l2 sin q2|
    ),
    Asked(
        "Is a two-link arm with joint angles [0.4, 0] singular?",
        "robotics.compute_jacobian",
        {"preset": "planar 2R", "positions": [0.4, 0]},
        ("**singular**",),
    ),
    Asked(
        "Plan a time-optimal trajectory of a two-link arm through joint angles [0, 0.5] and [1.2, 1.0].",
        "robotics.plan_trajectory",
        {"preset": "planar 2R", "waypoints": [[0, 0.5], [1.2, 1.0]]},
        ("**1.9 s**",),  # 1.2 rad / 1 rad/s + 1/2 s + 2/10 s: trapezoid of acceleration
    ),
    Asked(
        "What joint angles does a two-link arm need to reach x = 1.2 m and y = 0.5 m?",
        "robotics.solve_pose",
        {"preset": "planar 2R", "x": 1.2, "y": 0.5},
    ),
]

WRONG = [
    "a ball thrown at 20 m/s and 45 degrees flies 60 m",
    "a pendulum 1 m long released from 90 degrees has a period of 2.006 s",
    "a stone dropped from 20 m hits the ground at 25 m/s",
    "100 km/h is 30 m/s",
    "the speed of light is 3.1e8 m/s",
    "the orbital period around the Earth with a semi-major axis of 42164 km is 20 hours",
    "the delta-v of a Hohmann transfer around the Earth from a 300 km orbit to geostationary orbit is 3 km/s",
    "the time constant of an RC circuit with 10 kΩ and 100 µF is 2 s",
    "the ground state energy of an electron in a box 1 nm wide is 0.5 eV",
    "the probability that an electron of energy 3 eV tunnels through a barrier 5 eV high and 0.5 nm wide is 10 %",
    "17 * 23 = 401",
    "the integral of x^2 from 0 to 3 is 8",
    "the limit of sin(x)/x as x goes to 0 is 0",
    "the mean of 2, 4, 4, 4, 5, 5, 7, 9 is 6",
    "the determinant of [[1, 2], [3, 4]] is 2",
]
RIGHT = [
    "a pendulum 1 m long released from 90 degrees has a period of 2.368 s",
    "100 km/h is 27.78 m/s",
    "the orbital period around the Earth with a semi-major axis of 42164 km is 23.93 hours",
    "17 * 23 = 391",
    "the integral of x^2 from 0 to 3 is 9",
]


def post(server: Server, message: str) -> Json:
    """The reply to a message of a conversation of its own."""
    body = json.dumps({"message": message}).encode()
    ask = urllib.request.Request(f"{server.url}/chat/send-message", body, {"content-type": "application/json"})
    with urllib.request.urlopen(ask, timeout=60) as answer:
        return json.load(answer)


def called(server: Server, reply: Json) -> Json:
    """The one call that the reply's run made."""
    with urllib.request.urlopen(f"{server.url}/runs/{reply['run_id']}/events", timeout=60) as answer:
        bodies = [one["body"] for one in json.load(answer)["items"]]
    (call,) = [one for one in bodies if one["type"] == "tool_called"]
    return call


def same(wanted: Any, got: Any) -> bool:  # Any: JSON
    """Whether two arguments mean the same; numbers to nine digits."""
    if isinstance(wanted, dict):
        named = cast("Json", wanted)
        return named.keys() == got.keys() and all(same(value, got[name]) for name, value in named.items())
    if isinstance(wanted, list):
        several = cast("list[Any]", wanted)
        return len(several) == len(got) and all(same(one, other) for one, other in zip(several, got, strict=True))
    if isinstance(wanted, int | float):
        return math.isclose(wanted, got, rel_tol=1e-9, abs_tol=1e-12)
    return wanted == got


def titles(reply: Json) -> list[str]:
    """The titles of the tables that are shown."""
    return [str(view.get("title")) for view in reply["views"] if view["kind"] == "table"]


@pytest.mark.parametrize("asked", [*PHYSICS, *MATHEMATICS, *ROBOTICS], ids=lambda one: one.question[:60])
def test_a_natural_question_is_computed_with_a_receipt(server: Server, asked: Asked) -> None:
    """Promise: the right operation with the right numbers, its answer in words, and how it was computed."""
    reply = post(server, asked.question)
    call = called(server, reply)
    assert call["operation"] == asked.operation
    assert same(asked.arguments, call["arguments"]), call["arguments"]
    for words in asked.says:
        assert words in reply["response"]
    assert reply["pending"] is None
    assert asked.operation in LOOKED_UP or RECEIPT in titles(reply)


@pytest.mark.parametrize("claim", WRONG)
def test_a_wrong_claim_is_refuted(server: Server, claim: str) -> None:
    """Promise: who asks whether something wrong is true is told that it is not, by a computation."""
    reply = post(server, f"Is it true that {claim}?")
    assert reply["response"].startswith("**Refuted.**")
    assert any(title.startswith("Held against") for title in titles(reply))


@pytest.mark.parametrize("claim", RIGHT)
def test_a_right_claim_is_confirmed(server: Server, claim: str) -> None:
    """Promise: what is refused is not refused for being asked."""
    assert post(server, f"Is it true that {claim}?")["response"].startswith("**Confirmed.**")
