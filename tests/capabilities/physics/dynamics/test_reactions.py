"""Mass-action kinetics: reading, conserved totals, published values, closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.dynamics.kinetics import ReactionsRequest
from nis_backend.capabilities.physics.dynamics.network import read_network, say_total
from nis_backend.capabilities.physics.dynamics.reactions import react
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.compiled import compile_trees

ROBERTSON = ["A -> B; 0.04", "2 B -> B + C; 3e7", "B + C -> A + C; 1e4"]


def request(reactions: list[str], initial: dict[str, float], duration: float = 1, **more: Any) -> ReactionsRequest:
    """Reactions and what is there."""
    return ReactionsRequest.model_validate(
        {"reactions": reactions, "initial": initial, "duration": duration, "points": 11, **more}
    )


@pytest.mark.parametrize(
    ("duration", "a", "b", "c", "digits"),
    [
        # Hindmarsh, LSODE's own example; to 10⁵ s and the digits beyond: agreement of this method with LSODA to 1e-7.
        (40, 7.1582706872e-1, 9.1855347646e-6, 2.8416374575e-1, 1e-9),
        # Mazzia & Magherini, Test Set for Initial Value Problem Solvers (2008), ROBER.
        (1e11, 0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050, 1e-7),
    ],
)
def test_robertsons_reactions_end_at_the_published_values(
    duration: float, a: float, b: float, c: float, digits: float
) -> None:
    """In more than six digits of each concentration, the smallest of them 1e-13 of the largest."""
    progress = react(
        request(ROBERTSON, {"A": 1}, duration, spacing="logarithmic", first=1e-5 * duration, points=4, tolerance=1e-7)
    )
    assert progress.final == pytest.approx({"A": a, "B": b, "C": c}, rel=digits, abs=0)
    assert progress.receipt.met
    assert progress.conserved_totals == ["A + B + C"]
    assert progress.receipt.conserved[0].drift < 1e-13


def test_robertsons_reactions_to_a_hundred_thousand_seconds_hold_six_digits_at_every_time() -> None:
    """The error reached against a tolerance a thousand times tighter, in logarithmic time."""
    given: dict[str, Any] = {"spacing": "logarithmic", "first": 1e-3}
    loose = react(request(ROBERTSON, {"A": 1}, 1e5, tolerance=1e-6, **given))
    tight = react(request(ROBERTSON, {"A": 1}, 1e5, tolerance=1e-10, **given))
    worst = max(
        abs(x - y) / y
        for name in "ABC"
        for x, y in zip(loose.trajectory.species[name][1:], tight.trajectory.species[name][1:], strict=True)
    )
    assert loose.receipt.met
    assert worst <= 2 * loose.receipt.error_reached < 1e-6
    assert tight.final == pytest.approx({"A": 1.786592114209e-2, "B": 7.274751468e-8, "C": 0.982134006110}, rel=1e-9)
    assert [one.agrees for one in tight.receipt.checks] == [True]


def test_a_reversible_reaction_follows_its_closed_form() -> None:
    """A <-> B: A(t) = A∞ + (A0 - A∞)·exp(-(k + k')t)."""
    progress = react(request(["A <-> B; 3, 1"], {"A": 2}, 2))
    for time, value in zip(progress.trajectory.time, progress.trajectory.species["A"], strict=True):
        assert value == pytest.approx(0.5 + 1.5 * math.exp(-4 * time), rel=2 * progress.receipt.error_reached + 1e-13)
    assert progress.stiffness == pytest.approx(1)


def test_a_second_order_reaction_follows_its_closed_form() -> None:
    """2 A -> B by mass action, A' = -2kA²."""
    progress = react(request(["2 A -> B; 0.7"], {"A": 3}, 4))
    assert progress.final["A"] == pytest.approx(3 / (1 + 2 * 0.7 * 3 * 4), rel=1e-9)
    assert progress.conserved_totals == ["A + 2 B"]


def test_totals_are_found_exactly_and_no_reaction_changes_them() -> None:
    """Enzyme and substrate; two basis vectors of the left null space."""
    network = read_network(["E + S <-> ES; 1, 1", "ES -> E + P; 1"])
    totals = network.totals()
    assert len(totals) == 2
    for total in totals:
        assert all(sum(value * one.change(name) for name, value in total.items()) == 0 for one in network.steps)
    assert say_total(totals[0])


def test_the_jacobian_is_that_of_the_rates() -> None:
    """Against central differences."""
    network = read_network([*ROBERTSON, "3 A + C -> ; 0.2", " -> B; 0.3"])
    rates, slopes = (compile_trees(one, network.species, {}) for one in (network.rates(), network.slopes()))
    y = [0.7, 2e-3, 0.4]
    jacobian = np.array(slopes(*y)).reshape(3, 3)
    for place in range(3):
        h = 1e-6 * y[place]
        up, down = ([v + s * h * (i == place) for i, v in enumerate(y)] for s in (1, -1))
        column = (np.array(rates(*up)) - np.array(rates(*down))) / (2 * h)
        assert jacobian[:, place] == pytest.approx(column, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("line", ["A → B; 2", "A => B; 2", "A -> B; k = 2", "A-->B;2", "1 A -> 1 B ; 2.0"])
def test_one_reaction_is_read_however_it_is_written(line: str) -> None:
    """Arrows of all kinds, the constant with its name or without."""
    steps = read_network([line]).steps
    assert [(one.taken, one.made, one.constant) for one in steps] == [({"A": 1}, {"B": 1}, 2.0)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reactions": ["A B; 1"]}, "reactions.0"),
        ({"reactions": ["A -> B -> C; 1"]}, "reactions.0"),
        ({"reactions": ["A -> B"]}, "reactions.0"),
        ({"reactions": ["A <-> B; 1"]}, "reactions.0"),
        ({"reactions": ["A -> B; -1"]}, "reactions.0"),
        ({"reactions": ["A -> B; nan"]}, "reactions.0"),
        ({"reactions": ["A -> B; 1", "9999999 A -> B; 1"]}, "reactions.1"),
        ({"reactions": ["A -> __import__('os'); 1"]}, "reactions.0"),
        ({"reactions": [f"X{i} -> Y{i}; 1" for i in range(11)]}, "reactions"),
        ({"initial": {"Q": 1}}, "initial.Q"),
        ({"initial": {"A": -1}}, "initial.A"),
        ({"spacing": "logarithmic", "first": 5}, "first"),
        ({"reactions": ["2 A -> 3 A; 1"], "duration": 10}, "duration"),
    ],
)
def test_wrong_reactions_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """The line that is wrong is named; a chain that branches without end blows up at a time that is told."""
    with pytest.raises(InvalidRequest) as refused:
        react(
            ReactionsRequest.model_validate({"reactions": ["A -> B; 1"], "initial": {"A": 1}, "duration": 1, **changes})
        )
    assert refused.value.field == field
    assert refused.value.remedy
