"""What nonlinear fields look like: the answer in words, the field over space and time, profiles, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Grid, Series, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution
    from nis_backend.capabilities.physics.nonlinear.fields import SpaceTime
    from nis_backend.capabilities.physics.nonlinear.lid import CavityFlow, CavityRequest
    from nis_backend.capabilities.physics.nonlinear.phases import PhaseRequest, PhaseSolution
    from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution
    from nis_backend.capabilities.physics.nonlinear.tube import ShockTubeRequest, ShockTubeSolution
    from nis_backend.capabilities.physics.nonlinear.waves import SolitonRequest, SolitonSolution
    from nis_backend.view import View


def draw_history(title: str, label: str, unit: str, history: SpaceTime, middle: float | None = None) -> Grid:
    """A field over space, to the right, and time, upwards."""
    return Grid(
        title=title,
        x=Axis(label="position", unit="m", values=history.position),
        y=Axis(label="time", unit="s", values=history.time),
        label=label,
        unit=unit,
        cells=history.value,
        middle=middle,
    )


def draw_burgers(request: BurgersRequest, solution: BurgersSolution) -> list[View]:
    """How steep it got, the velocity over space and time, profiles."""
    error = solution.receipt.error_reached
    breaking = solution.breaking_time
    if breaking is None:
        broke = "It would not break without viscosity."
    else:
        tense = "would break" if breaking > request.duration else "would have broken"
        broke = f"Without viscosity it {tense} at {format_number(breaking)} s."
    # A place to a millionth of the length: the rest is rounding.
    steepest = format_number(
        round(solution.steepest_position / (length := request.right - request.left), 6) * length, 3
    )
    words = (
        f"After {format_number(request.duration)} s the velocity lies between "
        f"**{format_known(solution.lowest, error)}** and **{format_known(solution.highest, error)} m/s** "
        f"({error_words(solution.receipt)}). It is steepest at x = {steepest} m, "
        f"with a slope of {format_number(solution.steepest_slope)} 1/s; of the times kept it was steepest at "
        f"{format_number(solution.largest_slope_time, 3)} s, {format_number(solution.largest_slope)} 1/s. {broke} "
        f"{format_number(100 * solution.energy_left, 3)} % of the kinetic energy is left."
    )
    return [
        Text(text=words),
        draw_history("Velocity over space and time", "velocity", "m/s", solution.history, 0.0),
        Series(
            title="Velocity",
            x=Axis(label="position", unit="m", values=solution.position),
            lines=[
                Axis(label=f"after {format_number(request.duration)} s", unit="m/s", values=solution.velocity),
                Axis(label="at the start", unit="m/s", values=solution.initial),
            ],
        ),
        receipt_table(solution.receipt),
    ]


def draw_soliton(request: SolitonRequest, solution: SolitonSolution) -> list[View]:
    """Peak and speed, the wave over space and time, profiles."""
    kdv = request.equation.value == "KdV"
    what = "u" if kdv else "|ψ|"
    error = solution.receipt.error_reached
    moved = (
        f" The soliton travels at **{format_number(solution.peak_speed)}**." if solution.peak_speed is not None else ""
    )
    drift = max((one.drift for one in solution.receipt.conserved), default=0.0)
    words = (
        f"{request.equation.value}: at t = {format_number(request.duration)} the highest {what} is "
        f"**{format_known(solution.peak, error)}**, at x = {format_number(solution.peak_position)} "
        f"({error_words(solution.receipt)}); the highest at any of the times kept is "
        f"{format_known(solution.highest, error)}.{moved} Mass, momentum and energy stay to within "
        f"{format_number(drift, 1)}. All numbers are dimensionless, the box is periodic."
    )
    history = solution.history
    return [
        Text(text=words),
        Grid(
            title=f"{what} over space and time",
            x=Axis(label="position", values=history.position),
            y=Axis(label="time", values=history.time),
            label=what,
            cells=history.value,
        ),
        Series(
            title=what,
            x=Axis(label="position", values=solution.position),
            lines=[
                Axis(label=f"at t = {format_number(request.duration)}", values=solution.wave),
                Axis(label="at the start", values=solution.initial),
            ],
        ),
        receipt_table(solution.receipt),
    ]


def draw_phases(request: PhaseRequest, solution: PhaseSolution) -> list[View]:
    """Energy, interfaces and parts, the field, the energy over time."""
    length = "interfaces" if request.dimensions == 1 else "length of interfaces"
    thick = f", the steepest of width {format_number(solution.thickness, 3)}" if solution.thickness else ""
    words = (
        f"{request.equation.value}: at t = {format_number(request.duration)} the energy has fallen from "
        f"{format_number(solution.energy_at_start)} to **{format_number(solution.energy)}** "
        f"({error_words(solution.receipt)}). That is the energy of {format_number(solution.interface, 3)} {length}"
        f"{thick}. The field lies between {format_number(solution.lowest)} and {format_number(solution.highest)}, "
        f"{format_number(100 * solution.fraction, 3)} % of it above 0, on average {format_number(solution.mean, 3)}."
    )
    maps = [("at the start", solution.initial), ("at the end", solution.field)]
    grids: list[View] = [
        Grid(
            title=f"Field {when}" if request.dimensions != 1 else "Field over place and time",
            x=Axis(label="x", values=one.x),
            y=Axis(label="y" if request.dimensions != 1 else "time", values=one.y),
            label="field",
            cells=one.value,
            middle=0.0,
        )
        for when, one in maps
        if one is not None
    ]
    return [
        Text(text=words),
        *grids,
        Series(
            title="Energy",
            x=Axis(label="time", values=solution.time),
            lines=[Axis(label="energy", values=solution.energies)],
        ),
        receipt_table(solution.receipt),
    ]


def draw_tube(request: ShockTubeRequest, solution: ShockTubeSolution) -> list[View]:
    """The star state in words, the three profiles beside the exact ones."""
    profile = solution.profile
    if solution.vacuum:
        between = "The two states part so fast that a **void** opens between them"
    else:
        assert solution.star_velocity is not None
        between = (
            f"Between a {solution.left_wave} to the left ({format_number(solution.left_speed)} m/s) and a "
            f"{solution.right_wave} to the right ({format_number(solution.right_speed)} m/s) the pressure is "
            f"**{format_number(solution.star_pressure, 6)} Pa** and the velocity "
            f"**{format_number(solution.star_velocity, 6)} m/s**, with densities of "
            f"{format_number(solution.left_star_density)} and {format_number(solution.right_star_density)} kg/m³ "
            "beside the contact: exact"
        )
    words = (
        f"{between}. After {format_number(request.duration)} s the computed density is off the exact one by "
        f"{format_number(solution.density_error, 2)} kg/m³ on average over {solution.cells} cells "
        f"({error_words(solution.receipt)})."
    )

    def pair(title: str, unit: str, computed: list[float], exact: list[float]) -> Series:
        return Series(
            title=title,
            x=Axis(label="position", unit="m", values=profile.position),
            lines=[
                Axis(label="computed", unit=unit, values=computed, mark="points"),
                Axis(label="exact", unit=unit, values=exact),
            ],
        )

    return [
        Text(text=words),
        pair("Density", "kg/m³", profile.density, profile.exact_density),
        pair("Velocity", "m/s", profile.velocity, profile.exact_velocity),
        pair("Pressure", "Pa", profile.pressure, profile.exact_pressure),
        receipt_table(solution.receipt),
    ]


def draw_cavity(request: CavityRequest, flow: CavityFlow) -> list[View]:
    """The vortex and the extrema, streamfunction and vorticity, the profiles through the middle."""
    error = flow.receipt.error_reached
    words = (
        f"At a Reynolds number of {format_number(request.reynolds)} the main vortex has its middle at "
        f"**x = {format_number(flow.vortex_x)}, y = {format_number(flow.vortex_y)}**, with a streamfunction of "
        f"**{format_known(flow.psi_min, error)}** and a vorticity of {format_number(flow.vortex_vorticity)} "
        f"({error_words(flow.receipt)}). On the vertical through the middle u is least at y = "
        f"{format_number(flow.y_of_u_min)}, {format_known(flow.u_min, error)}; on the horizontal v is largest at x = "
        f"{format_number(flow.x_of_v_max)}, {format_known(flow.v_max, error)}, and least at x = "
        f"{format_number(flow.x_of_v_min)}, {format_known(flow.v_min, error)}. In lid speeds and sides of the box."
    )
    x, y = Axis(label="x", values=flow.field.x), Axis(label="y", values=flow.field.y)
    # The vorticity is infinite in the lid's corners: what is beyond 10 is shown as 10.
    vorticity = [[None if one is None else max(-10.0, min(10.0, one)) for one in row] for row in flow.field.vorticity]
    return [
        Text(text=words),
        Grid(title="Streamfunction", x=x, y=y, label="ψ", cells=flow.field.streamfunction, middle=0.0),
        Grid(title="Vorticity, cut off at ±10", x=x, y=y, label="vorticity", cells=vorticity, middle=0.0),
        Series(
            title="Velocity on the two lines through the middle",
            x=Axis(label="place, y or x", values=flow.profile.place),
            lines=[
                Axis(label="u on x = 1/2, by y", values=flow.profile.horizontal),
                Axis(label="v on y = 1/2, by x", values=flow.profile.vertical),
            ],
        ),
        receipt_table(flow.receipt),
    ]


def draw_pde(request: PdeRequest, solution: PdeSolution) -> list[View]:
    """Ranges and means, each field over space and time, profiles."""
    error = solution.receipt.error_reached
    ranges = "; ".join(
        f"{one.name} lies between **{format_known(one.lowest, error)}** and **{format_known(one.highest, error)}**, on "
        f"average {format_number(one.mean)}"
        for one in solution.fields
    )
    words = (
        f"At t = {format_number(request.duration)} {ranges} ({error_words(solution.receipt)}). "
        f"Ends {request.ends.value}; {solution.classification}."
    )
    grids: list[View] = [
        Grid(
            title=f"{one.name} over space and time",
            x=Axis(label="x", values=solution.places),
            y=Axis(label="t", values=solution.times),
            label=one.name,
            cells=one.history,
        )
        for one in solution.fields
    ]
    profiles = Series(
        title="Fields",
        x=Axis(label="x", values=solution.position),
        lines=[
            Axis(label=f"{one.name} {when}", values=values)
            for one in solution.fields
            for when, values in (
                (f"at t = {format_number(request.duration)}", one.final),
                ("at the start", one.initial),
            )
        ],
    )
    return [Text(text=words), *grids, profiles, receipt_table(solution.receipt)]
