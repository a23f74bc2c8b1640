"""Bodies that attract each other: many of them, two of them, and the ways between two orbits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.orbits import asked, views
from nis_backend.capabilities.physics.orbits.motion import (
    BodiesMotion,
    BodiesRequest,
    Orbit,
    OrbitRequest,
    Transfer,
    TransferRequest,
)
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


@operation(
    "physics.simulate_bodies",
    effect="reads",
    pool="science",
    view=views.draw_bodies,
    time_limit=180.0,
    examples=(
        Example(
            title="The figure eight",
            request={"system": "figure eight", "duration": 6.32591398, "points": 51},
            question="Simulate the figure eight of three bodies for 6.32591398 s, an N-body problem.",
            also=asked.BODIES,
        ),
        Example(
            title="Sun, Earth and Moon for a year",
            request={"system": "Sun, Earth and Moon", "duration": 31_557_600, "points": 101},
            question="Simulate the gravity of Sun, Earth and Moon for 365.25 days.",
        ),
        Example(
            title="A binary star, symplectic",
            request={
                "bodies": [
                    {"name": "A", "mass": 2e30, "position": [-7.5e10, 0], "velocity": [0, -15_000]},
                    {"name": "B", "mass": 2e30, "position": [7.5e10, 0], "velocity": [0, 15_000]},
                ],
                "duration": 6e7,
                "method": "yoshida4",
                "points": 101,
            },
            question="How do two stars of equal mass move under their mutual gravity, by a symplectic method?",
        ),
    ),
)
def simulate_bodies(request: BodiesRequest, ctx: WorkerContext) -> BodiesMotion:
    """Simulate up to 64 bodies that attract each other by gravity: paths, closest approach, energy and momentum kept.

    DOP853, eighth order with embedded error; or symplectic, the step halved until the places agree: velocity Verlet
    (leapfrog), second order, and Yoshida's, fourth, whose energy oscillates and does not run away while the step is
    short beside the closest encounter.

    Source: Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.5; Yoshida, Phys. Lett. A 150
    (1990), 262-268.
    """
    from nis_backend.capabilities.physics.orbits.bodies import simulate  # noqa: PLC0415 - loads in the worker only

    return simulate(request, ctx.progress)


@operation(
    "physics.solve_orbit",
    effect="reads",
    pool="science",
    view=views.draw_orbit,
    examples=(
        Example(
            title="The space station",
            request={"body": "Earth", "semi_major_axis": 6_798_000, "inclination": 51.6},
            question="What is the orbital period around the Earth with a semi-major axis of 6798 km?",
            also=asked.ORBIT,
        ),
        Example(
            title="Halley's comet",
            request={"body": "Sun", "periapsis": 8.766e10, "eccentricity": 0.96714, "duration": 31_557_600},
            question="Where is a comet with perihelion 8.766e10 m and eccentricity 0.96714 around the Sun 365.25 days "
            "later?",
        ),
        Example(
            title="From a state",
            request={
                "body": "Earth",
                "position": [7e6, 0, 0],
                "velocity": [0, 6_000, 5_000],
                "duration": 3_600,
            },
            question="Propagate the orbit from position and velocity vectors around the Earth, by Kepler's equation.",
        ),
    ),
)
def solve_orbit(request: OrbitRequest, ctx: WorkerContext) -> Orbit:
    """Solve a Kepler orbit: period, elements, and where the body is after a time; ellipse, parabola or hyperbola.

    Kepler's equation in universal variables, by Newton's method within a bracket, to rounding; the error told is what
    rounding does along the orbit. Up to 20 turns the motion is also followed by DOP853, and the two are compared.

    Source: Battin, An Introduction to the Mathematics and Methods of Astrodynamics (1999), 4.5; GM of JPL's DE440.
    """
    from nis_backend.capabilities.physics.orbits.orbit import go_round  # noqa: PLC0415 - loads in the worker only

    return go_round(request, ctx.progress)


@operation(
    "physics.plan_transfer",
    effect="reads",
    pool="science",
    view=views.draw_transfer,
    examples=(
        Example(
            title="To geostationary orbit",
            request={"body": "Earth", "start_altitude": 300_000, "end_altitude": 35_786_000, "plane_change": 28.5},
            question="What delta-v does a Hohmann transfer around the Earth take from a start "
            "altitude of 300 km to geostationary orbit, with a plane change of 28.5 degrees?",
            also=asked.TRANSFER,
        ),
        Example(
            title="Bi-elliptic, far out",
            request={
                "body": "Earth",
                "kind": "bi-elliptic",
                "start_radius": 6.6e6,
                "end_radius": 3.8e8,
                "middle_radius": 5.1e8,
            },
            question="How much delta-v does a bi-elliptic transfer around the Earth need, start radius 6.6e6 m, end "
            "radius 3.8e8 m, middle radius 5.1e8 m?",
        ),
        Example(
            title="Lambert's problem",
            request={
                "body": "Earth",
                "kind": "lambert",
                "start_position": [1.594534e7, 0, 0],
                "end_position": [1.221483899e7, 1.024946731e7, 0],
                "time_of_flight": 4560,
            },
            question="Solve Lambert's problem around the Earth for a time of flight of 76 minutes.",
        ),
    ),
)
def plan_transfer(request: TransferRequest, _ctx: WorkerContext) -> Transfer:
    """Plan a transfer between orbits: delta-v, burns and time by Hohmann, bi-elliptic or Lambert; which way is cheaper.

    Circles are joined by vis-viva, exact to rounding; a turn of the plane is shared between two burns where it costs
    least. Lambert's problem is solved in universal variables, by halving, for less than one turn.

    Source: Vallado, Fundamentals of Astrodynamics and Applications (2013), 6.3; Bate, Mueller & White, Fundamentals of
    Astrodynamics (1971), 5.3; GM of JPL's DE440.
    """
    from nis_backend.capabilities.physics.orbits.planning import plan  # noqa: PLC0415 - loads in the worker only

    return plan(request)


OPERATIONS = (simulate_bodies, solve_orbit, plan_transfer)
