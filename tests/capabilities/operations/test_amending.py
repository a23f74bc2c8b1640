"""Quantities said twice, corrected, denied, doubtful, or only hinted at."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.reading import Reading
from nis_backend.capabilities.operations.route import wanted_units
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.capabilities.physics.operations import OPERATIONS, TextRequest, read_quantities
from nis_backend.capabilities.runs.operations import list_runs
from nis_backend.catalog import entry_of

ENTRIES = {one.name.partition(".")[2]: entry_of(one) for one in (*OPERATIONS, list_runs)}
UNITS = wanted_units(ENTRIES.values())


def read(text: str, action: str) -> Reading:
    """The text read for an operation."""
    found = read_quantities.function(TextRequest(text=text, units=UNITS), None)
    return read_arguments(Sentence(text, found), ENTRIES[action])


@pytest.mark.parametrize(
    ("text", "action", "arguments"),
    [
        ("thrown at 20 m/s, no, make it 25 m/s, at 40 degrees", "simulate_projectile", {"speed": 25, "angle": 40}),
        ("thrown at 20 m/s, sorry, 25, at 40 degrees", "simulate_projectile", {"speed": 25, "angle": 40}),
        ("thrown not at 20 but at 30 m/s and 45 degrees", "simulate_projectile", {"speed": 30, "angle": 45}),
        ("thrown at 72 km/h (that's 20 m/s) and 45 degrees", "simulate_projectile", {"speed": 20, "angle": 45}),
        ("20 m/s, 35 degrees below the horizontal", "simulate_projectile", {"speed": 20, "angle": -35}),
        ("20 m/s, 35 degrees from the vertical", "simulate_projectile", {"speed": 20, "angle": 55}),
        ("20 m/s, 30 degrees, from 1.8 m", "simulate_projectile", {"speed": 20, "angle": 30, "height": 1.8}),
        ("20 m/s, 30 degrees, without air", "simulate_projectile", {"speed": 20, "angle": 30, "drag": False}),
        ("how long is it in the air at 20 m/s and 30 degrees", "simulate_projectile", {"speed": 20, "angle": 30}),
        ("1 m long, 30 degrees above the horizontal", "simulate_pendulum", {"length": 1, "angle": 120}),
        ("5 foot 6 in metres", "convert_unit", {"value": 5.5, "unit": "foot", "to": "meter"}),
        ("a brass rod in ice water", "solve_heat", {"material": "brass"}),
        ("a rod of 1 m at 20 °C heated at its left end to 90 °C", "solve_heat",
         {"length": 1, "initial_temperature": 20, "left_temperature": 90}),
        ("my dozen latest runs", "list_runs", {"limit": 12}),
        ("five failed runs", "list_runs", {"limit": 5, "state": "failed"}),
        ("runs of the last 2 days", "list_runs", {}),
    ],
)  # fmt: skip
def test_what_is_plainly_said_is_read(text: str, action: str, arguments: dict[str, Any]) -> None:
    """A correction replaces, a second telling adds nothing, an angle is turned to where the field counts it from."""
    found = read(text, action)
    assert found.arguments == pytest.approx(arguments)
    assert not found.unclear


@pytest.mark.parametrize(
    ("text", "action", "fields"),
    [
        ("thrown at 20 or 25 m/s", "simulate_projectile", {"speed"}),
        ("thrown at between 20 and 25 m/s", "simulate_projectile", {"speed"}),
        ("from a tower 20 m high onto a roof 5 m high", "simulate_projectile", {"height"}),
        ("off a cliff at 20 m/s and 30 degrees", "simulate_projectile", {"height"}),
        ("at 20 m/s and 30 degrees with a third of Earth's gravity", "simulate_projectile", {"gravity"}),
        ("at 20 m/s and 30 degrees, height 5", "simulate_projectile", {"height"}),
        ("1 m long, 30 degrees, with damping", "simulate_pendulum", {"damping"}),
        ("its ends are at 0 and 100 °C", "solve_heat", {"left_temperature", "right_temperature"}),
        ("3 kg in pounds or stone", "convert_unit", {"to"}),
        ("20 degrees in °F", "convert_unit", {"unit"}),
        ("how many feet are a few miles", "convert_unit", {"value"}),
    ],
)
def test_what_is_said_and_not_clear_is_asked_for(text: str, action: str, fields: set[str]) -> None:
    """No default silently replaces it, and of two values none is chosen."""
    found = read(text, action)
    assert {name for one in found.unclear for name in one.fields} == fields
    assert fields.isdisjoint(found.arguments)


def test_a_quantity_that_fits_nothing_is_not_passed_over() -> None:
    """Among what was read it may change the answer; a weight or an age told beside does not."""
    assert not read("a ball thrown at 20 m/s and 30 degrees with a force of 5 N", "simulate_projectile").complete
    assert read("I am 9 years old and throw at 20 m/s and 30 degrees", "simulate_projectile").complete
