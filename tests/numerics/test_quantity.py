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
    ("spellings", "unit", "value"),
    [
        ("kohm, kohms, kOhm, KOHM, kΩ, KΩ, k-ohm, kilohm, kiloohms, kilo-ohm, kilo ohms", "ohm", 1e3),
        ("Mohm, MOHM, MΩ, megohm, megohms, mega-ohm", "ohm", 1e6),
        ("mohm, milliohm, milli-ohm", "ohm", 1e-3),
        ("µF, uF, μF, UF, microfarad, micro-farad", "farad", 1e-6),
        ("mH, millihenry, milli-henry", "H", 1e-3),
        ("kHz, KHz, Khz, khz", "Hz", 1e3),
        ("MHz, MHZ", "Hz", 1e6),
        ("per minute, /min, 1/min", "Hz", 1 / 60),
        ('inch, inches, in, in., "', "m", 0.0254),
        ("foot, ft, ft., '", "m", 0.3048),
        ("msec, ms, milliseconds", "s", 1e-3),
        ("Nm, N-m, N m, N·m, newton-meters", "newton * meter", 1),
        ("lb-ft, ft-lb, ft lbf, foot-pounds", "J", 1.3558179483314004),
        ("lbf/in", "newton / meter", 175.12683524647637),
        ("W/mK, W/m·K, W/m-K, W/(m·K), W/m/K", "watt / meter / kelvin", 1),
        ("kJ/kgK, kJ/kg·K, kJ/kg °C", "joule / kilogram / kelvin", 1e3),
        ("KM/H, km/hr, kmph", "m/s", 1 / 3.6),
        ("ms⁻¹, ms^-1, m s⁻¹, mps", "m/s", 1),
        ("g, gee", "m/s²", 9.80665),
        ("gauss", "tesla", 1e-4),
        ("kWh, KWh, kwh, kilowatt-hours", "J", 3.6e6),
    ],
)
def test_units_are_read_as_people_write_them(spellings: str, unit: str, value: float) -> None:
    """Letters of either case, hyphens, dots and old words mean what they mean to an engineer."""
    read = {one: from_text(f"1 {one}", unit, "x") for one in spellings.split(", ")}
    assert read == dict.fromkeys(read, pytest.approx(value, rel=1e-14))


@pytest.mark.parametrize(
    ("text", "unit"), [("5 mpa", "Pa"), ("5 mhz", "Hz"), ("5 mv", "V"), ("5 M", "m"), ("5 mw", "W")]
)
def test_a_prefix_that_may_be_milli_or_mega_is_not_guessed(text: str, unit: str) -> None:
    """A factor of 10^9 hangs on the case of one letter."""
    assert from_text(text, unit, "x") is None


@pytest.mark.parametrize("text", ["1 lb-ft^2", "5 Nm^2", "5 Nm2"])
def test_a_power_behind_two_units_is_not_that_of_both(text: str) -> None:
    """It would belong to the second alone: what is not sure is no quantity."""
    assert from_text(text, "kg * m^2", "x") is None


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
