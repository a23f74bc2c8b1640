"""Systems that people write: how they are read, how they are solved, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nis_backend.capabilities.physics.dynamics.march import Problem, evenly, follow, lay, march
from nis_backend.capabilities.physics.dynamics.radau import Radau
from nis_backend.capabilities.physics.dynamics.schemes import FIFTH, FOURTH, Explicit, Tableau, eighth
from nis_backend.capabilities.physics.dynamics.solving import solve
from nis_backend.capabilities.physics.dynamics.system import OdeRequest
from nis_backend.capabilities.physics.dynamics.written import read_system
from nis_backend.errors import InvalidRequest


def request(equations: list[str], initial: dict[str, float], duration: float = 5, **more: Any) -> OdeRequest:
    """A system and its start."""
    return OdeRequest.model_validate({"equations": equations, "initial": initial, "duration": duration, **more})


def problem(scheme: Explicit | Radau, start: tuple[float, ...], duration: float, tolerance: float) -> Problem:
    """A system to be followed."""
    names = [f"y{i}" for i in range(len(start))]
    outputs = evenly(0, duration, 5)
    return Problem(scheme=scheme, start=start, outputs=outputs, tolerance=tolerance, max_steps=65_536, names=names)


@pytest.mark.parametrize(
    ("tableau", "duration"), [(FOURTH, 8.0), (FIFTH, 8.0), (eighth(), 40.0)], ids=["fourth", "fifth", "eighth"]
)
def test_each_explicit_method_has_the_order_it_claims(tableau: Tableau, duration: float) -> None:
    """On y' = y·cos(t), whose solution is exp(sin t), with equal steps."""
    scheme = Explicit(lambda t, y: (y[0] * math.cos(t),), tableau)
    errors: list[float] = []
    for steps in (40, 80):
        y, h = (1.0,), duration / steps
        worst = 0.0
        for number in range(steps):
            y = scheme.step(number * h, y, h)
            worst = max(worst, abs(y[0] - math.exp(math.sin((number + 1) * h))))
        errors.append(worst)
    assert math.log2(errors[0] / errors[1]) == pytest.approx(tableau.order, abs=0.6)


def test_radau_has_order_five_and_shrugs_off_what_is_stiff() -> None:
    """Prothero and Robinson's y' = λ(y - sin t) + cos t with λ = -1, and with λ = -10⁶ where h·λ is beyond 10⁴."""

    def worst(rate: float, steps: int) -> float:
        scheme = Radau(lambda t, y: (rate * (y[0] - math.sin(t)) + math.cos(t),))
        y, h, most = (0.0,), 5 / steps, 0.0
        for number in range(steps):
            y = scheme.step(number * h, y, h)
            most = max(most, abs(y[0] - math.sin((number + 1) * h)))
        return most

    assert math.log2(worst(-1, 20) / worst(-1, 40)) == pytest.approx(5, abs=0.3)
    assert worst(-1e6, 100) < 1e-9


@pytest.mark.parametrize("tolerance", [1e-4, 1e-7, 1e-10])
@pytest.mark.parametrize("kind", ["explicit", "stiff"])
def test_the_error_reached_bounds_the_true_error_of_the_whole_way(kind: str, tolerance: float) -> None:
    """A damped, driven oscillator against its closed form; the estimate may not be beaten by more than a third."""
    w, c = 2.0, 0.3

    def exact(t: float) -> float:
        # x'' + 2c x' + w² x = cos t, from rest.
        d = (w * w - 1) ** 2 + 4 * c * c
        a, b = (w * w - 1) / d, 2 * c / d
        s = math.sqrt(w * w - c * c)
        return (
            a * math.cos(t)
            + b * math.sin(t)
            + math.exp(-c * t) * (-a * math.cos(s * t) - (b + c * a) / s * math.sin(s * t))
        )

    solution = solve(
        request(
            ["x'' + 2*c*x' + w^2*x = cos(t)"],
            {"x": 0, "x'": 0},
            20,
            parameters={"w": w, "c": c},
            tolerance=tolerance,
            method=kind,
            points=81,
        )
    )
    largest = max(map(abs, solution.trajectory.states["x"]))
    pairs = zip(solution.trajectory.time, solution.trajectory.states["x"], strict=True)
    true = max(abs(x - exact(t)) for t, x in pairs) / largest
    assert solution.receipt.met
    assert solution.receipt.error_reached <= tolerance
    assert true <= 1.5 * solution.receipt.error_reached
    assert solution.receipt.checks
    assert all(one.agrees for one in solution.receipt.checks)
    assert solution.receipt.observed_order is None or solution.receipt.observed_order == pytest.approx(5, abs=1.6)


@pytest.mark.parametrize(
    "equations",
    [
        ["x' = v", "v' = -k*x"],
        ["x' = v; v' = -k x"],
        ["x'' = -k x"],
        ["x'' + k*x = 0"],
        ["-k x(t) = x''(t)"],
        ["d2x/dt2 = -k*x"],
        ["d²x/dt² = -k*x"],
        ["dx/dt = v\ndv/dt = -k*x"],
        ["x″ = −k·x"],
    ],
)
def test_one_oscillator_is_read_however_it_is_written(equations: list[str]) -> None:
    """Primes, Leibniz's fractions, several in a line, the derivative on either side: the same motion."""
    second = "v" if "v" in "".join(equations) else "x'"
    solution = solve(request(equations, {"x(0)": 1, second: 0}, 2, parameters={"k": 4}))
    assert list(solution.final) == ["x", second]
    assert solution.final["x"] == pytest.approx(math.cos(4), abs=1e-8)


def test_what_stiffness_makes_of_the_method_is_told() -> None:
    """The explicit one is tried first; the reason names the time and the step at which it gave up."""
    stiff = solve(request(["y' = -1e5*(y - cos(t))"], {"y": 0}, 3))
    assert stiff.method == "stiff"
    assert "stability" in stiff.reason
    assert stiff.receipt.met
    assert stiff.final["y"] == pytest.approx(math.cos(3) + 1e-5 * math.sin(3), abs=1e-8)
    assert solve(request(["y' = -y"], {"y": 1}, 3)).method == "explicit"
    with pytest.raises(InvalidRequest) as refused:
        solve(request(["y' = -1e5*(y - cos(t))"], {"y": 0}, 3, method="explicit"))
    assert refused.value.field == "method"


def test_events_are_found_to_the_error_of_the_states() -> None:
    """A body thrown up at 10 m/s passes its top at v/g and comes back at 2v/g, where it ends."""
    thrown = request(
        ["y' = v", "v' = -g"],
        {"y": 0, "v": 10},
        100,
        parameters={"g": 9.81},
        events=[{"formula": "v", "name": "top"}, {"formula": "y", "direction": "falling", "terminal": True}],
    )
    solution = solve(thrown)
    assert [one.event for one in solution.events] == ["top", "y"]
    assert solution.events[0].time == pytest.approx(10 / 9.81, rel=1e-12)
    assert solution.events[0].state["y"] == pytest.approx(100 / 2 / 9.81, rel=1e-12)
    assert solution.end_time == pytest.approx(20 / 9.81, rel=1e-12)
    assert solution.ended_by == "y"
    assert solution.trajectory.time[-1] == solution.end_time
    assert max(solution.trajectory.time[:-1]) < solution.end_time


def test_every_pass_of_a_direction_is_an_event() -> None:
    """The cosine falls through zero at π/2 + 2πk, and a start at zero is none."""
    solution = solve(request(["x'' = -x"], {"x": 1, "x'": 0}, 20, events=[{"formula": "x", "direction": "falling"}]))
    assert [one.time for one in solution.events] == pytest.approx([math.pi / 2 + 2 * math.pi * k for k in range(3)])
    assert all(one.time_error is not None and one.time_error < 1e-8 for one in solution.events)


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"equations": ["x' = y"]}, "equations", "y"),
        ({"equations": ["x = 2"]}, "equations", "derivative"),
        ({"equations": ["x' = x", "x' = 2"]}, "equations", "twice"),
        ({"equations": ["x' + x'^2 = 1"]}, "equations", "linear"),
        ({"equations": ["x' = __import__('os').system('id')"]}, "equations", ""),
        ({"equations": ["x' = 9^9^9"]}, "equations", "power"),
        ({"equations": ["x''''' = 1"]}, "equations", "order 5"),
        ({"equations": ["sin' = 1"]}, "equations", "sin"),
        ({"equations": ["x' = 1/x"], "initial": {"x": 0}}, "initial", "1/x"),
        ({"equations": ["x' = sqrt(x)"], "initial": {"x": -1}}, "initial", "sqrt"),
        ({"equations": ["x'' = -x"]}, "initial.x'", "x'"),
        ({"initial": {"x": 1, "z": 2}}, "initial.z", "z"),
        ({"parameters": {"x": 1}}, "parameters.x", "state"),
        ({"parameters": {"t": 1}}, "parameters.t", "t"),
        ({"parameters": {"a b": 1}}, "parameters.a b", "a b"),
        ({"events": [{"formula": "q"}]}, "events.0.formula", "q"),
        ({"equations": ["x' = x^2"], "duration": 2}, "duration", "without bound near t = 1"),
        ({"equations": ["x' = -1/x"], "duration": 2}, "duration", "0.5"),
        ({"equations": ["x'' = -x"], "initial": {"x": 1, "x'": 0}, "duration": 1e9}, "duration", "steps"),
    ],
)
def test_what_cannot_be_solved_is_refused_with_the_field_and_the_remedy(
    changes: dict[str, Any], field: str, word: str
) -> None:
    """Unknown names, too few or many initial values, no value at the start, a blow-up, a way too long."""
    given = {"equations": ["x' = -x"], "initial": {"x": 1}, "duration": 1, **changes}
    with pytest.raises(InvalidRequest) as refused:
        solve(OdeRequest.model_validate(given))
    assert refused.value.field == field
    assert word in refused.value.message
    assert refused.value.remedy


def test_a_system_of_twenty_four_states_is_the_largest() -> None:
    """Six equations of order four fit; one more state does not."""
    many = [f"x{i}'''' = x{i}" for i in range(6)]
    assert len(read_system(many, ()).states) == 24
    with pytest.raises(InvalidRequest):
        read_system([*many, "y' = 1"], ())


def test_an_error_that_is_not_reached_is_not_claimed() -> None:
    """A chaotic system followed beyond what doubles can tell: the receipt says that the error was not met."""
    lorenz = ["x' = 10*(y - x)", "y' = x*(28 - z) - y", "z' = x*y - 8/3*z"]
    solution = solve(request(lorenz, {"x": 1, "y": 1, "z": 1}, 60, max_steps=16_384))
    assert not solution.receipt.met
    assert solution.receipt.error_reached > 0.1


def test_the_mesh_and_its_halvings_end_at_every_output() -> None:
    """So no value between steps is interpolated: each is a state of the method itself."""
    given = problem(Explicit(lambda t, y: (-y[0] * t,)), (1.0,), 3.0, 1e-9)
    mesh = lay(given)
    assert [mesh.times[i] for i in mesh.outputs] == list(given.outputs)
    path = follow(given, mesh, 2)
    assert path.steps == 4 * (len(mesh.times) - 1)
    assert path.times[:: path.stride] == mesh.times
    times, states = march(given).at_outputs()
    assert [y[0] for y in states] == pytest.approx([math.exp(-t * t / 2) for t in times], rel=1e-8)


@pytest.mark.parametrize(("rate", "duration"), [(1.69, 9.04), (2.51, 7.8), (3.0, 9.0)])
def test_rounding_that_grows_on_the_way_is_part_of_the_error(rate: float, duration: float) -> None:
    """Of x'' = w²·x, on its decaying solution: errors of rounding grow as exp(w·t), whatever the steps."""
    given = request(["x' = v", f"v' = {rate * rate}*x"], {"x": 1, "v": -rate}, duration, tolerance=1e-10)
    solution = solve(given)
    path = solution.trajectory
    off = max(abs(x - math.exp(-rate * t)) for t, x in zip(path.time, path.states["x"], strict=True))
    assert off <= 3 * solution.receipt.error_reached
    assert not solution.receipt.met
    assert "rounding" in solution.receipt.notes[-1].lower()


def test_gaps_below_what_a_double_holds_are_no_error() -> None:
    """What has all but died out: two grids may agree to the last bit, then differ by one."""
    for start in (1e-305, 5e-324, 1.0, 0.0):
        assert solve(request(["x' = -30*x"], {"x": start}, 60, points=2)).receipt.met


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (request(["x' = -x"], {"x": 1, "x(0)": 2}), "initial.x(0)"),
        (request(["x'' = -x"], {"x": 1, "x'": 0, "dx/dt": 3}), "initial.dx/dt"),
        (request(["x' = -x"], {"x": 1}, 1e-6, start=1e12), "duration"),
        (request(["x' = -k*x"], {"x": 1}, parameters={"k": 1e305}), "duration"),
    ],
)
def test_what_is_said_twice_or_lost_in_the_digits_is_refused(given: OdeRequest, field: str) -> None:
    """One of two initial values would be dropped unseen; times that are one double would be no times."""
    with pytest.raises(InvalidRequest) as refused:
        solve(given)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_time_too_short_for_steps_is_refused_with_the_shortest() -> None:
    """The least double has no parts: steps of no length would be tried until they are spent."""
    with pytest.raises(InvalidRequest, match="divided into steps") as refused:
        solve(request(["x' = 0"], {"x": 1}, 5e-324))
    assert (refused.value.field, "at least 1e-300 s" in refused.value.remedy) == ("duration", True)
    assert solve(request(["x' = 0"], {"x": 1}, 1e-300)).final == {"x": 1}


def test_kinks_are_not_credited_with_the_order_of_the_method() -> None:
    """Of x' = |sin t| - 0.3 two gaps may show any order, and the estimate is the gap itself."""
    for duration in (7.3, 16.4, 25.0):
        solution = solve(request(["x' = abs(sin(t)) - 0.3"], {"x": 0}, duration, tolerance=1e-6, points=5))
        whole, rest = divmod(duration, math.pi)
        true = 2 * whole + 1 - math.cos(rest) - 0.3 * duration
        path = solution.trajectory.states["x"]
        assert abs(path[-1] - true) <= 3 * solution.receipt.error_reached * max(map(abs, path))


@pytest.mark.parametrize(("formula", "time"), [("t - 5", 5.0), ("t - 2.5", 2.5), ("x + 2", 3.0)])
def test_an_event_at_the_very_end_of_a_step_is_there_and_not_before(formula: str, time: float) -> None:
    """Where the formula is exactly zero at a node, and where the motion ends with it."""
    solution = solve(request(["x' = 1"], {"x": -5}, events=[{"formula": formula, "terminal": True}]))
    assert solution.end_time == pytest.approx(time, abs=1e-12)
    assert solution.final["x"] == pytest.approx(time - 5, abs=1e-12)


@pytest.mark.parametrize("lowest", [0.9, 0.999, 0.99999])
def test_a_dip_below_zero_within_one_step_is_two_events(lowest: float) -> None:
    """Long steps pass over what is below -lowest of a cosine: it is seen where it comes near zero and goes again."""
    formula = f"x + {lowest}"
    solution = solve(request(["x'' = -x"], {"x": 1, "x'": 0}, 6, points=2, events=[{"formula": formula}]))
    before = math.acos(-lowest)
    assert [one.time for one in solution.events] == pytest.approx([before, 2 * math.pi - before], abs=1e-6)


def test_an_event_that_turns_faster_than_the_motion_is_found_or_not_vouched_for() -> None:
    """Four zeros a step are all seen; of a thousand, the receipt says that the end is not known."""
    slow = solve(request(["x' = -0.1*x"], {"x": 1}, 10, events=[{"formula": "sin(50*t)"}]))
    assert [one.time for one in slow.events] == pytest.approx([math.pi / 50 * n for n in range(1, 160)], abs=1e-9)
    quick = solve(request(["x' = -0.1*x"], {"x": 1}, 10, events=[{"formula": "sin(1e6*t)", "terminal": True}]))
    assert not quick.receipt.met
    assert "disagree" in quick.receipt.notes[-1]
