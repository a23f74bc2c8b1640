"""Physics as operations: each computes in the pool `science` and says how wrong its numbers may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics import asked, views
from nis_backend.capabilities.physics.measures import (
    ConstantList,
    ConstantRequest,
    ConstantsRequest,
    ConstantValue,
    Conversion,
    ConversionRequest,
    Quantities,
    Quantity,
    TextRequest,
    UnitMention,
)
from nis_backend.capabilities.physics.motion import Flight, PendulumMotion, PendulumRequest, ProjectileRequest
from nis_backend.capabilities.physics.rod import HeatRequest, HeatSolution
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = [
    "OPERATIONS",
    "Quantities",
    "Quantity",
    "TextRequest",
    "UnitMention",
    "convert_unit",
    "get_constant",
    "list_constants",
    "read_quantities",
    "simulate_pendulum",
    "simulate_projectile",
    "solve_heat",
]


@operation(
    "physics.simulate_projectile",
    effect="reads",
    essential=True,
    pool="science",
    view=views.draw_flight,
    examples=(
        Example(
            title="A baseball with drag",
            request={"speed": 20, "angle": 40, "mass": 0.145, "diameter": 0.074},
            question="How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?",
            also=asked.FLIGHT,
        ),
        Example(
            title="A stone from a cliff",
            request={"speed": 12, "angle": 0, "height": 80},
            question="A stone is thrown horizontally (0 degrees) at 12 m/s from a cliff 80 m high. Where does it land?",
        ),
        Example(
            title="On the Moon",
            request={"speed": 30, "angle": 45, "gravity": 1.62},
            question="How high does a golf ball hit at 30 m/s and 45° get on the Moon, where gravity is 1.62 m/s²?",
        ),
        Example(
            title="Time in the air",
            request={"speed": 25, "angle": 60},
            question="What is the flight time of a projectile launched at 90 km/h with an angle of 60 degrees?",
        ),
    ),
)
def simulate_projectile(request: ProjectileRequest, ctx: WorkerContext) -> Flight:
    """Compute where, when and how fast a thrown, kicked, fired or dropped body lands, and its path, with air drag.

    Classical Runge-Kutta, fourth order in the time step; apex and landing are found to the same order by a step of
    fitting length. Quadratic drag at constant air density, level ground, uniform gravity, no wind, spin or lift.

    Source: Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.1; drag: Landau & Lifshitz,
    Fluid Mechanics (1987), section 45.
    """
    from nis_backend.capabilities.physics.projectile import fly  # noqa: PLC0415 - loads in the worker only

    return fly(request, ctx.progress)


@operation(
    "physics.simulate_pendulum",
    effect="reads",
    essential=True,
    pool="science",
    view=views.draw_pendulum,
    examples=(
        Example(
            title="A metre-long pendulum",
            request={"length": 1, "angle": 30},
            question="What is the period of a 1 m pendulum released from 30 degrees?",
            also=asked.SWING,
        ),
        Example(
            title="A damped swing",
            request={"length": 2.5, "angle": 20, "damping": 0.1, "duration": 30},
            question="Simulate a pendulum of length 2.5 m let go at 20° with a damping of 0.1 1/s for 30 seconds.",
        ),
        Example(
            title="A wide swing",
            request={"length": 0.5, "angle": 150},
            question="How long does a pendulum 50 cm long take to swing back and forth from 150 degrees?",
        ),
    ),
)
def simulate_pendulum(request: PendulumRequest, ctx: WorkerContext) -> PendulumMotion:
    """Compute the swing of a pendulum of any amplitude, with damping: its period, speed and motion over time.

    Classical Runge-Kutta, fourth order in the time step, on θ'' = -(g/L) sin θ - c θ'. Without damping the period is
    also computed exactly, by the arithmetic-geometric mean, and the two are compared.

    Source: Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.1; period: Adlaj,
    An eloquent formula for the perimeter of an ellipse, Notices of the AMS 59 (2012), 1094-1099.
    """
    from nis_backend.capabilities.physics.pendulum import swing  # noqa: PLC0415 - loads in the worker only

    return swing(request, ctx.progress)


@operation(
    "physics.solve_heat",
    effect="reads",
    essential=True,
    pool="science",
    view=views.draw_heat,
    examples=(
        Example(
            title="A copper rod",
            request={
                "length": 1,
                "material": "copper",
                "initial_temperature": 20,
                "left_temperature": 100,
                "right_temperature": 0,
                "duration": 60,
            },
            question="A 1 m copper rod at 20 °C has its left end held at 100 °C and its right end at 0 °C. "
            "How warm is it after 60 s?",
            also=asked.ROD_HEAT,
        ),
        Example(
            title="A steel bar cooling",
            request={
                "length": 0.5,
                "material": "steel",
                "initial_temperature": 800,
                "left_temperature": 25,
                "right_temperature": 25,
                "duration": 600,
            },
            question="What is the temperature in the middle of a 50 cm steel bar that starts at 800 °C, "
            "10 minutes after both ends are put at 25 °C?",
        ),
        Example(
            title="A given profile",
            request={
                "length": 1,
                "diffusivity": 1e-4,
                "initial_temperature": 0,
                "left_temperature": 0,
                "right_temperature": 0,
                "departure": [0, 50, 100, 50, 0],
                "duration": 100,
            },
            question="How does heat spread in a rod 1 m long with diffusivity 1e-4 m²/s after 100 s?",
        ),
    ),
)
def solve_heat(request: HeatRequest, ctx: WorkerContext) -> HeatSolution:
    """Compute the temperature along a rod or bar over time by heat conduction, its two ends held at fixed temperatures.

    Crank-Nicolson, second order in time and space; its first two steps are four half-steps of implicit Euler
    (Rannacher's start), which damp the ringing that an end's sudden change would set off. A uniform rod is also solved
    by its Fourier series, and the two are compared. Where less than 1e-6 K is asked, a start that fits its ends is
    summed by the series itself: exact but for rounding.

    Source: Crank & Nicolson, Proc. Camb. Phil. Soc. 43 (1947), 50-67; Rannacher, Numer. Math. 43 (1984), 309-327;
    series: Carslaw & Jaeger, Conduction of Heat in Solids (1959), 3.4.
    """
    from nis_backend.capabilities.physics.heat import conduct  # noqa: PLC0415 - loads in the worker only

    return conduct(request, ctx.progress)


@operation(
    "physics.get_constant",
    effect="reads",
    essential=True,
    pool="science",
    view=views.draw_constant,
    examples=(
        Example(
            title="Speed of light",
            request={"name": "speed of light"},
            question="What is the speed of light?",
            also=asked.CONSTANT,
        ),
        Example(
            title="Planck constant",
            request={"name": "Planck constant"},
            question="What is the value of the Planck constant?",
        ),
        Example(
            title="Electron mass",
            request={"name": "electron mass"},
            question="How heavy is an electron (electron mass)?",
        ),
    ),
)
def get_constant(request: ConstantRequest, _ctx: WorkerContext) -> ConstantValue:
    """Look up a physical constant: its value, SI unit and uncertainty, such as the speed of light or Planck's constant.

    Source: CODATA recommended values of 2022, as tabulated in scipy.constants.
    """
    from nis_backend.capabilities.physics.constants import look_up  # noqa: PLC0415 - loads in the worker only

    return look_up(request.name)


@operation(
    "physics.list_constants",
    effect="reads",
    pool="science",
    view=views.draw_constants,
    examples=(
        Example(
            title="All",
            request={},
            question="Which physical constants do you know?",
            also=asked.CONSTANTS,
        ),
        Example(
            title="Masses", request={"containing": "mass"}, question="List the physical constants that are masses."
        ),
    ),
)
def list_constants(request: ConstantsRequest, _ctx: WorkerContext) -> ConstantList:
    """List the physical constants known by name, each with its value, unit and uncertainty.

    Source: CODATA recommended values of 2022, as tabulated in scipy.constants.
    """
    from nis_backend.capabilities.physics.constants import search  # noqa: PLC0415 - loads in the worker only

    return ConstantList(constants=search(request.containing))


@operation(
    "physics.convert_unit",
    effect="reads",
    essential=True,
    pool="science",
    view=views.draw_conversion,
    examples=(
        Example(
            title="Speed",
            request={"value": 100, "unit": "km/h", "to": "m/s"},
            question="Convert 100 km/h to m/s.",
            also=asked.CONVERSION,
        ),
        Example(
            title="Temperature",
            request={"value": 98.6, "unit": "degF", "to": "degC"},
            question="What is 98.6 °F in Celsius?",
        ),
        Example(
            title="Length", request={"value": 1, "unit": "mile", "to": "feet"}, question="How many feet are in a mile?"
        ),
    ),
)
def convert_unit(request: ConversionRequest, _ctx: WorkerContext) -> Conversion:
    """Convert a number from one unit of measurement to another: lengths, speeds, temperatures, energies, angles, ...

    Exact to the last digit of a double. Temperatures shift as well as scale. SI, imperial, US and many other units.

    Source: the definitions of the pint package (NIST SP 811, CODATA).

    Raises:
        InvalidRequest: a unit is unknown, or the two measure different things.
    """
    from nis_backend.capabilities.physics.conversion import convert  # noqa: PLC0415 - loads in the worker only

    return convert(request)


@operation(
    "physics.read_quantities",
    effect="reads",
    pool="science",
    view=views.draw_quantities,
    examples=(
        Example(
            title="A sentence",
            request={"text": "A ball of 0.145 kg flies at 72 km/h and 40 degrees.", "units": ["m/s", "kg", "degree"]},
            question="Which quantities are in: a ball of 0.145 kg flies at 72 km/h and 40 degrees?",
            also=asked.QUANTITIES,
        ),
        Example(
            title="Feet and inches",
            request={"text": "She is 5 ft 3 in tall.", "units": ["m"]},
            question="Read the numbers and units in the text: she is 5 ft 3 in tall.",
        ),
    ),
)
def read_quantities(request: TextRequest, _ctx: WorkerContext) -> Quantities:
    """Find every number in a text with its unit and dimension, converted to the units wanted.

    Reads "20 m/s", "40°", "1,000 m", "3.5×10⁻⁴ m²/s", "-10 °C", "5 ft 3 in", "ten seconds", "half an hour". A letter
    that may mean two units (C, F) is the temperature when a temperature is wanted.
    """
    from nis_backend.capabilities.physics.quantities import read  # noqa: PLC0415 - loads in the worker only

    return read(request.text, request.units)


OPERATIONS = (
    simulate_projectile,
    simulate_pendulum,
    solve_heat,
    get_constant,
    list_constants,
    convert_unit,
    read_quantities,
)
