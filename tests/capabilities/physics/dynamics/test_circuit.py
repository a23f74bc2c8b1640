"""Circuits: closed forms, balances, sources, and what is no circuit."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nis_backend.capabilities.physics.dynamics.circuit import assemble, poles, simulate
from nis_backend.capabilities.physics.dynamics.electric import CircuitRequest
from nis_backend.capabilities.physics.dynamics.netlist import read_netlist, read_value
from nis_backend.errors import InvalidRequest


def request(*netlist: str, **more: Any) -> CircuitRequest:
    """A netlist, or values."""
    return CircuitRequest.model_validate({"netlist": list(netlist), "points": 41, **more})


def test_a_capacitor_charges_by_its_time_constant() -> None:
    """V(1 - exp(-t/RC)), and RC is the time constant told."""
    course = simulate(request(resistance=1e3, capacitance=1e-6, voltage=5))
    assert course.time_constant == pytest.approx(1e-3)
    for time, value in zip(course.trajectory.time, course.trajectory.voltages["2"], strict=True):
        assert value == pytest.approx(5 * -math.expm1(-time / 1e-3), abs=5 * 2 * course.receipt.error_reached + 1e-12)
    assert course.receipt.residual is not None
    assert course.receipt.residual < 1e-12
    energy = course.receipt.conserved[0]
    assert energy.drift < 1e-9 * 1e-6 * 25


@pytest.mark.parametrize("tolerance", [1e-4, 1e-9])
@pytest.mark.parametrize("resistance", [20.0, 200.0, 2000.0], ids=["swings", "critical", "creeps"])
def test_a_series_circuit_follows_its_closed_form(resistance: float, tolerance: float) -> None:
    """Current of a step into R, 10 mH, 1 µF: under-, critically and overdamped; the error told bounds the error."""
    coil, capacitor = 1e-2, 1e-6
    course = simulate(
        request(resistance=resistance, inductance=coil, capacitance=capacitor, voltage=1, tolerance=tolerance)
    )
    a, w = resistance / (2 * coil), 1 / math.sqrt(coil * capacitor)
    worst = 0.0
    currents = course.trajectory.currents["L1"]
    for t, value in zip(course.trajectory.time, currents, strict=True):
        if abs(a - w) < 1e-6 * w:
            exact = t / coil * math.exp(-a * t)
        elif a < w:
            d = math.sqrt(w * w - a * a)
            exact = math.exp(-a * t) * math.sin(d * t) / (d * coil)
        else:
            d = math.sqrt(a * a - w * w)
            exact = (math.exp(-(a - d) * t) - math.exp(-(a + d) * t)) / (2 * d * coil)
        worst = max(worst, abs(value - exact))
    assert course.receipt.met
    assert worst <= 1.5 * course.receipt.error_reached * max(map(abs, currents)) + 1e-15
    assert course.damping_ratio == pytest.approx(a / w, rel=1e-6)
    assert course.natural_frequency == pytest.approx(w / (2 * math.pi), rel=1e-6)
    assert course.quality == pytest.approx(w / (2 * a), rel=1e-6)
    assert all(one.agrees for one in course.receipt.checks)
    observed = course.receipt.observed_order
    assert observed is None or observed == pytest.approx(5, abs=0.7)


def test_a_parallel_circuit_is_the_dual_of_a_series_one() -> None:
    """G for R, C for L: the voltage of the one is the current of the other."""
    series = simulate(request(resistance=20, inductance=1e-3, capacitance=1e-5, voltage=3, duration=1e-3))
    parallel = simulate(
        request(resistance=1 / 20, inductance=1e-5, capacitance=1e-3, arrangement="parallel", current=3, duration=1e-3)
    )
    expected = series.trajectory.currents["L1"]
    assert parallel.trajectory.voltages["1"] == pytest.approx(expected, abs=1e-7 * max(expected))


def test_a_sine_settles_to_its_phasor() -> None:
    """Behind RC, 1/√(1 + (ωRC)²) of the amplitude."""
    low = request("V1 in 0 sin(0 10 1k)", "R1 in out 1k", "C1 out 0 1u", duration=0.01, points=201)
    course = simulate(low)
    late = course.trajectory.voltages["out"][-40:]
    effective = math.sqrt(sum(one * one for one in late) / 40)
    assert effective * math.sqrt(2) == pytest.approx(10 / math.hypot(1, 2 * math.pi), rel=1e-3)
    assert [one.agrees for one in course.receipt.checks] == [True]


def test_a_free_swing_keeps_its_energy() -> None:
    """A charged capacitor at a coil: after whole periods it is as charged again, and nothing decays."""
    period = 2 * math.pi * math.sqrt(1e-3 * 1e-6)
    course = simulate(request("L1 1 0 1m", "C1 1 0 1u ic=5", duration=10 * period, points=11))
    assert course.trajectory.voltages["1"] == pytest.approx([5] * 11, rel=1e-6)
    assert course.receipt.conserved[0].start == pytest.approx(1e-6 * 25 / 2)
    assert course.receipt.conserved[0].drift < 1e-6 * course.receipt.conserved[0].start
    assert course.time_constant is None
    assert course.quality is None


def test_pulses_are_met_at_their_edges() -> None:
    """Charged for a millisecond, discharged for another: each edge is a node, and the order stays five."""
    course = simulate(
        request("V1 in 0 pulse(0 5 1m 0 0 1m 2m)", "R1 in out 1k", "C1 out 0 0.5u", duration=4e-3, tolerance=1e-8)
    )
    charged = 5 * -math.expm1(-2)
    at = dict(zip([round(t, 9) for t in course.trajectory.time], course.trajectory.voltages["out"], strict=True))
    assert at[2e-3] == pytest.approx(charged, rel=1e-7)
    assert at[3e-3] == pytest.approx(charged * math.exp(-2), rel=1e-7)
    assert at[4e-3] == pytest.approx(5 - (5 - charged * math.exp(-2)) * math.exp(-2), rel=1e-7)
    assert course.receipt.met


def test_direct_current_has_its_operating_point() -> None:
    """A divider, a bridge with a coil as a wire; none where a capacitor cuts a node off."""
    assert simulate(request("V1 1 0 9", "R1 1 2 1k", "R2 2 0 2k")).operating_point == pytest.approx({"1": 9, "2": 6})
    coil = simulate(request("V1 1 0 10", "R1 1 2 1k", "L1 2 3 1m", "R2 3 0 1k", start="operating point"))
    assert coil.operating_point == pytest.approx({"1": 10, "2": 5, "3": 5})
    assert coil.trajectory.voltages["3"] == pytest.approx([5] * 41)
    cut = simulate(request("V1 1 0 10", "R1 1 0 1k", "C1 1 2 1u", "C2 2 3 1u", "R2 3 0 1k"))
    assert cut.operating_point is None


def test_modes_are_those_of_the_equations() -> None:
    """Two separate RC pairs: their own time constants; as many modes as there are independent stores."""
    circuit = assemble(read_netlist(["R1 1 0 1k", "C1 1 0 1u", "R2 2 0 1k", "C2 2 0 1n"]))
    assert sorted(-poles(circuit)[0].real) == pytest.approx([1e3, 1e6])
    loop = assemble(read_netlist(["C1 1 0 1u", "C2 1 2 1u", "C3 2 0 1u", "R1 1 0 1k"]))
    assert loop.modes == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.7k", 4700),
        ("100n", 1e-7),
        ("2meg", 2e6),
        ("2M", 2e6),
        ("3m", 3e-3),
        ("1e-6", 1e-6),
        ("10µF", 1e-5),
        ("50Ω", 50),
    ],
)
def test_values_have_prefixes_and_units(text: str, value: float) -> None:
    """As engineers write them."""
    assert read_value(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("netlist", "word"),
    [
        (["V1 1 0 5", "V2 1 0 4", "R1 1 0 1"], "loop of voltage sources"),
        (["V1 1 0 5", "C1 1 0 1u"], "capacitors alone"),
        (["V1 1 0 5", "R1 1 0 1k", "R2 2 3 1k"], "floats"),
        (["I1 1 0 1", "L1 1 0 1m"], "no other way"),
        (["V1 1 0 5", "L1 1 2 1m", "L2 2 0 1m", "R1 1 0 1"], "no other way"),
        (["R1 1 2 1k", "V1 1 2 5"], "ground"),
        (["V1 1 0 5", "R1 1 0 -1k"], "-1000"),
        (["V1 1 0 5", "R1 1 0 1x"], "no value"),
        (["V1 1 0 5", "R1 1 0 1k", "R1 1 0 2k"], "twice"),
        (["V1 1 0 wave(1 2)", "R1 1 0 1k"], "no source"),
        (["V1 1 0 sin(1)", "R1 1 0 1k"], "no source"),
        (["V1 1 0 nan", "R1 1 0 1k"], "no source"),
        (["Q1 1 0 5", "R1 1 0 1k"], "no element"),
        (["V1 1 1 5", "R1 1 0 1k"], "both ends"),
        (["V1 1 0 pulse(0 5 0 0 0 1n 2n)", "R1 1 0 1k", "C1 1 2 1u", "R2 2 0 1k"], "edges"),
    ],
)
def test_what_is_no_circuit_is_refused_with_the_line_and_the_remedy(netlist: list[str], word: str) -> None:
    """Loops, cuts, floating nodes, values and sources that cannot be read."""
    with pytest.raises(InvalidRequest) as refused:
        simulate(request(*netlist, duration=1))
    assert word in refused.value.message
    assert refused.value.remedy
    assert (refused.value.field or "").startswith(("netlist", "duration"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "resistance"),
        ({"netlist": ["V1 1 0 5", "R1 1 0 1"], "resistance": 5}, "resistance"),
        ({"resistance": 5, "voltage": 3, "arrangement": "parallel"}, "voltage"),
        ({"resistance": 5, "current": 3}, "current"),
    ],
)
def test_values_and_netlists_do_not_mix(changes: dict[str, Any], field: str) -> None:
    """The field that is too much or missing is named."""
    with pytest.raises(InvalidRequest) as refused:
        CircuitRequest.model_validate(changes)
    assert refused.value.field == field


def test_what_no_double_multiplies_is_refused_and_rounding_is_no_disagreement() -> None:
    """Values beyond 1e±30 are no circuit's; a voltage that is a rounding error of the others is held against them."""
    for line in ("R1 1 0 1e-300", "R1 1 0 1e300"):
        with pytest.raises(InvalidRequest, match="value"):
            simulate(request("V1 1 0 5", line))
    for values in ({"duration": 1e-300}, {"resistance": 1e12, "inductance": 1e6, "capacitance": 1e6}):
        given = values if "resistance" in values else {"resistance": 1e3, "capacitance": 1e-6, **values}
        assert all(check.agrees for check in simulate(request(**given)).receipt.checks)


def test_a_circuit_that_is_too_slow_to_follow_is_not_said_to_grow() -> None:
    """A sine begins at nothing: that it is there later is no growth."""
    with pytest.raises(InvalidRequest, match="steps resolve"):
        simulate(request("V1 a 0 sin(0 1 1M)", "R1 a b 1k", "C1 b 0 1u", duration=1, max_steps=1024))


@pytest.mark.parametrize(
    "netlist",
    [
        ("V1 a 0 sin(0 1 377)", "R2 a b 8886", "R3 b c 58.7", "R4 c d 80330", "L1 a c 9m", "C1 d a 13.1n"),
        ("V1 a 0 5", "R2 a b 2.53", "R3 b c 17797", "L1 c 0 26.4u", "L2 c 0 6.66m", "C1 b a 3.68n"),
    ],
    ids=["no way to the ground", "two coils beside each other"],
)
def test_what_is_rounding_beside_the_sources_holds_no_step_up(netlist: tuple[str, ...]) -> None:
    """Currents of nothing, and voltages that have died out, once took steps without end."""
    course = simulate(request(*netlist, tolerance=1e-6))
    assert course.receipt.met
    assert course.receipt.steps < 2000
    assert all(check.agrees for check in course.receipt.checks)
