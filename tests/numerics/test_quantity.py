"""Quantities as text in fields that have a unit."""

from __future__ import annotations

import json

import pytest

from nis_backend.capabilities.physics.operations import simulate_projectile
from nis_backend.catalog import Catalog
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.quantity import from_text, scale_of

LEVELS = {"decibel"}
"""Units that are no multiples of one of SI."""


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("72 km/h", "m/s", 20),
        ("98.6 °F", "degC", 37),
        ("5 ft 3 in", "m", 1.6002),
        ("20C", "degC", 20),
        ("3 µC", "coulomb", 3e-6),
        ("3.5e-4 m^2/s", "m²/s", 3.5e-4),
        ("180 deg", "rad", 3.141592653589793),
        ("2 hours", "s", 7200),
        ("1,000 g", "kg", 1),
        ("299,792,458.5 m/s", "m/s", 299792458.5),
        ("72,5 km/h", "km/h", 72.5),
        ("0,145 kg", "g", 145),
        ("1234,567 m", "m", 1234.567),
        ("3 m s^-1", "m/s", 3),
        ("10 in", "cm", 25.4),
        ("\u22125 kelvin", "K", -5),
        ("60 1/min", "1/s", 1),
        ("50 %", "", 0.5),
    ],
)
def test_a_quantity_is_converted_into_the_unit_of_its_field(text: str, unit: str, value: float) -> None:
    """What is said in another unit of the same dimension means the same."""
    assert from_text(text, unit, "x") == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "km/h",
        "fast",
        "5 and 6 m",
        "5 xyz",
        "1e999 m",
        "5 m 3",
        "5 °C 3 °F",
        "1,2,3 m",
        "1,0000,0 m",
        "9" * 200 + " m",
    ],
)
def test_what_is_no_quantity_is_none(text: str) -> None:
    """The field's own refusal stands then."""
    assert from_text(text, "m", "x") is None or text.startswith("5 °C")


@pytest.mark.parametrize(("text", "unit"), [("5 kg", "m/s"), ("2 Hz", "rad/s"), ("3 m", "m²"), ("1 J", "W")])
def test_a_wrong_dimension_names_both(text: str, unit: str) -> None:
    """Promise: a wrong dimension is a typed error that names what was given and what was wanted."""
    with pytest.raises(InvalidRequest) as refused:
        from_text(text, unit, "speed")
    assert refused.value.field == "speed"
    assert f"in {unit}" in refused.value.message
    assert " measures " in refused.value.message


def test_every_unit_of_the_catalog_takes_texts() -> None:
    """Whatever field a person fills, its unit is known to the table."""
    units: set[str] = set()

    def collect(schema: object) -> None:
        if isinstance(schema, dict):
            unit = schema.get("unit")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
            units.update([unit] if isinstance(unit, str) else [])
            for one in schema.values():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
                collect(one)  # pyright: ignore[reportUnknownArgumentType] - JSON
        elif isinstance(schema, list):
            for one in schema:  # pyright: ignore[reportUnknownVariableType] - JSON
                collect(one)  # pyright: ignore[reportUnknownArgumentType] - JSON

    for entry in Catalog.from_index().entries():
        collect(entry.request_schema)
    assert {unit for unit in units if scale_of(unit) is None} <= LEVELS


def test_an_operation_takes_texts_with_units() -> None:
    """From every surface: it is the operation that reads them."""
    request = {"speed": "72 km/h", "angle": "0.25 turns", "mass": "150 g"}
    for given in (request, json.dumps(request), json.dumps(request).encode()):
        flight = simulate_projectile.validate(given)
        assert (flight.speed, flight.angle, flight.mass) == pytest.approx((20, 90, 0.15))


def test_bounds_hold_for_what_was_converted() -> None:
    """Text is no way around a limit."""
    with pytest.raises(InvalidRequest) as refused:
        simulate_projectile.validate({"speed": "-5 km/h", "angle": 3})
    assert refused.value.field == "speed"
