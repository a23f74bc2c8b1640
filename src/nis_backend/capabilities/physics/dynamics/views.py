"""What motion by differential equations looks like: the answer in words, curves over time, the phase portrait."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
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
    from nis_backend.view import View

MOST_LINES = 8
"""Curves in one drawing that an eye tells apart."""


def draw_ode(request: OdeRequest, solution: OdeSolution) -> list[View]:
    """The state at the end, the states over time, one against the other where there are two, and the events."""
    curves = solution.trajectory
    largest = {name: max(map(abs, values)) for name, values in curves.states.items()}
    error = solution.receipt.error_reached
    shown = list(solution.final.items())[:MOST_LINES]
    final = ", ".join(f"{name} = **{format_known(value, error * largest[name])}**" for name, value in shown)
    ended = f", ended by {solution.ended_by}" if solution.ended_by else ""
    words = (
        f"At t = {format_number(solution.end_time, 6)}{ended}: {final} ({error_words(solution.receipt)}). "
        f"{solution.method.capitalize()} method: {solution.reason}."
    )
    views: list[View] = [
        Text(text=words),
        Series(
            title="States over time",
            x=Axis(label="t", values=curves.time),
            lines=[Axis(label=name, values=values) for name, values in list(curves.states.items())[:MOST_LINES]],
        ),
    ]
    if len(curves.states) == 2:  # noqa: PLR2004 - a plane
        (x, across), (y, up) = curves.states.items()
        views.append(
            Series(title="Phase portrait", x=Axis(label=x, values=across), lines=[Axis(label=y, values=up)], y=y)
        )
    if solution.events:
        rows: list[list[str | float]] = [
            [one.event, format_number(one.time, 9), *(format_number(value, 6) for value in one.state.values())]
            for one in solution.events[:50]
        ]
        views.append(Table(title="Events", columns=["event", "t", *solution.final], rows=rows))
    return [*views, receipt_table(solution.receipt)]


def draw_double_pendulum(request: DoublePendulumRequest, motion: DoublePendulumMotion) -> list[View]:
    """How long it can be told, the path of the lower mass, both angles."""
    curve = motion.trajectory
    receipt = motion.receipt
    if motion.trusted_until >= motion.duration:
        error = math.degrees(receipt.error_reached)
        end = (
            f"After {format_number(motion.duration)} s the upper rod is at "
            f"**{format_known(motion.final_angle1, error)}°** and the lower at "
            f"**{format_known(motion.final_angle2, error)}°** from the vertical ({error_words(receipt)})."
        )
    else:
        end = (
            f"The angles can be told up to **{format_number(motion.trusted_until, 3)} s**; what is drawn after it is "
            f"one of many possible motions ({error_words(receipt)})."
        )
    words = (
        f"{end} An error at the start grows {format_number(motion.growth, 2)}-fold in this time, at "
        f"{format_number(motion.lyapunov_exponent, 2)} per second. Small swings have periods of "
        f"{format_number(motion.slow_period, 5)} s and {format_number(motion.fast_period, 5)} s. The energy drifts by "
        f"{format_number(motion.energy_drift, 1)} of the greatest kinetic energy."
    )
    return [
        Text(text=words),
        Series(
            title="Path of the lower mass",
            x=Axis(label="to the right", unit="m", values=curve.x),
            lines=[Axis(label="above the pivot", unit="m", values=curve.y)],
            equal=True,
        ),
        Series(
            title="Angles",
            x=Axis(label="time", unit="s", values=curve.time),
            lines=[
                Axis(label="upper angle", unit="°", values=curve.angle1),
                Axis(label="lower angle", unit="°", values=curve.angle2),
            ],
        ),
        receipt_table(receipt),
    ]


def draw_lorenz(request: LorenzRequest, motion: LorenzMotion) -> list[View]:
    """Whether it is chaotic, the attractor from the side, the path over time, the states that stay."""
    curve = motion.trajectory
    known = f"{format_number(motion.lyapunov_exponent)} ± {format_number(motion.lyapunov_error, 1)}"
    kind = (
        f"**Chaotic**: the largest Lyapunov exponent is **{known}** per unit of time, the attractor's dimension "
        f"{format_number(motion.kaplan_yorke_dimension, 3)} (Kaplan and Yorke)."
        if motion.chaotic
        else f"**Not chaotic**: the largest Lyapunov exponent is **{known}** per unit of time."
    )
    told = (
        f"The path is good to the end, t = {format_number(request.duration)}"
        if motion.trusted_until >= request.duration
        else f"The path can be told up to t = {format_number(motion.trusted_until, 3)}, not to "
        f"{format_number(request.duration)}"
    )
    rows: list[list[str | float]] = [
        [format_number(one.x), format_number(one.y), format_number(one.z), "yes" if one.stable else "no"]
        for one in motion.fixed_points
    ]
    return [
        Text(text=f"{kind} {told} ({error_words(motion.receipt)})."),
        Series(
            title="From the side",
            x=Axis(label="x", values=curve.x),
            lines=[Axis(label="z", values=curve.z)],
            y="z",
        ),
        Series(title="Over time", x=Axis(label="t", values=curve.time), lines=[Axis(label="x", values=curve.x)]),
        Table(title="States that stay", columns=["x", "y", "z", "stable"], rows=rows),
        receipt_table(motion.receipt),
    ]


def draw_reactions(request: ReactionsRequest, progress: ReactionProgress) -> list[View]:
    """What is there at the end, what no reaction changes, the concentrations over time."""
    curves, error = progress.trajectory, progress.receipt.error_reached
    final = ", ".join(
        f"{format_known(value, error * value)} mol/L of **{name}**"
        for name, value in list(progress.final.items())[:MOST_LINES]
    )
    kept = f" No reaction changes {', '.join(progress.conserved_totals)}." if progress.conserved_totals else ""
    rest = (
        " Nothing changes any more."
        if progress.changing * request.duration < 1e-6  # noqa: PLR2004 - in as long again, less than is seen
        else f" The fastest change at the end is {format_number(progress.changing, 2)} of itself per second."
    )
    # A logarithm has no place for time 0.
    first = 1 if request.spacing == "logarithmic" else 0
    return [
        Text(
            text=f"After {format_number(request.duration)} s there are {final} "
            f"({error_words(progress.receipt)}).{rest}{kept}"
        ),
        Series(
            title="Concentrations",
            x=Axis(label="time", unit="s", values=curves.time[first:], scale="log" if first else "linear"),
            lines=[
                Axis(label=name, unit="mol/L", values=values[first:])
                for name, values in list(curves.species.items())[:MOST_LINES]
            ],
        ),
        receipt_table(progress.receipt),
    ]


def draw_epidemic(request: EpidemicRequest, course: EpidemicCourse) -> list[View]:
    """The peak, the final size, the threshold, and the compartments over time."""
    curves = course.trajectory
    people = request.population
    peak = (
        f"most people are infectious at once on day **{format_number(course.peak_time, 3)}**: "
        f"**{format_number(course.peak_infectious)}** of {format_number(people, 6)}"
        if course.peak_time
        else "the number of infectious people is greatest at the start and falls"
        if request.reproduction_number <= 1 or course.doubling_time is None
        else f"it is still growing after {format_number(request.duration)} days"
    )
    size = (
        f" Once it is over, **{format_number(100 * course.final_share, 3)} %** were infected."
        if course.final_share
        else ""
    )
    endemic = (
        f" It stays, with {format_number(course.endemic_infectious)} infectious people in the end."
        if course.endemic_infectious
        else ""
    )
    doubling = (
        f" Cases double every {format_number(course.doubling_time, 3)} days at first." if course.doubling_time else ""
    )
    words = (
        f"{course.model} model: {peak} ({error_words(course.receipt)}).{size}{endemic}{doubling} It dies out where "
        f"more than {format_number(100 * course.herd_threshold, 3)} % are immune. People mix evenly in this model."
    )
    lines = [
        Axis(label="susceptible", unit="people", values=curves.susceptible),
        Axis(label="infectious", unit="people", values=curves.infectious),
        Axis(label="recovered", unit="people", values=curves.recovered),
    ]
    if request.latent_time:
        lines.insert(1, Axis(label="exposed", unit="people", values=curves.exposed))
    return [
        Text(text=words),
        Series(title="Course", x=Axis(label="time", unit="days", values=curves.time), lines=lines),
        receipt_table(course.receipt),
    ]


def draw_circuit(request: CircuitRequest, course: CircuitCourse) -> list[View]:
    """Voltages and currents at the end, how the circuit moves by itself, both over time."""
    error, curves = course.receipt.error_reached, course.trajectory
    ends = [
        f"{format_known(value, error * max(map(abs, curves.voltages[node])))} V at node **{node}**"
        for node, value in list(course.final_voltages.items())[:MOST_LINES]
    ]
    words = (
        f"After {_with_prefix(course.duration, 's')}: {', '.join(ends)} ({error_words(course.receipt)}).{_own(course)}"
    )
    return [
        Text(text=words),
        Series(
            title="Voltages",
            x=Axis(label="time", unit="s", values=curves.time),
            lines=[
                Axis(label=f"node {node}", unit="V", values=values)
                for node, values in list(curves.voltages.items())[:MOST_LINES]
            ],
        ),
        Series(
            title="Currents",
            x=Axis(label="time", unit="s", values=curves.time),
            lines=[
                Axis(label=name, unit="A", values=values) for name, values in list(curves.currents.items())[:MOST_LINES]
            ],
        ),
        receipt_table(course.receipt),
    ]


def _own(course: CircuitCourse) -> str:
    """How the circuit moves by itself, in words."""
    if course.natural_frequency and course.damping_ratio is not None:
        kind = "swings" if course.damping_ratio < 1 else "only decays"
        quality = f", Q = {format_number(course.quality, 4)}" if course.quality else ""
        return (
            f" Its natural frequency is **{_with_prefix(course.natural_frequency, 'Hz')}**, its damping ratio "
            f"{format_number(course.damping_ratio, 4)}{quality}: by itself it {kind}."
        )
    if course.time_constant:
        return f" Its slowest time constant is **{_with_prefix(course.time_constant, 's')}**."
    return ""


def _with_prefix(value: float, unit: str) -> str:
    """A size as engineers write it: 1.592 kHz, 20 µs."""
    for power, prefix in ((9, "G"), (6, "M"), (3, "k"), (0, ""), (-3, "m"), (-6, "µ"), (-9, "n")):
        if abs(value) >= 0.9999999 * 10**power:
            return f"{format_number(value / 10**power)} {prefix}{unit}"
    return f"{format_number(value)} {unit}"
