"""Units read and converted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.physics.conversion import convert
from nis_backend.capabilities.physics.measures import ConversionRequest
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.lexicon import SPELLINGS
from nis_backend.numerics.units import Measure, convert_value, parse


def convert_to(value: float, unit: str, to: str) -> float:
    """The value alone."""
    return convert(ConversionRequest(value=value, unit=unit, to=to)).value


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (100, "km/h", "m/s", 250 / 9),
        (1, "mile", "feet", 5280),
        (1, "inch", "cm", 2.54),
        (0, "degC", "degF", 32),
        (98.6, "°F", "°C", 37),
        (-40, "degF", "degC", -40),
        (0, "K", "degC", -273.15),
        (100, "F", "C", 340 / 9),
        (491.67, "degR", "degC", 0),
        (180, "degrees", "radians", math.pi),
        (1, "turn", "°", 360),
        (60, "rpm", "rad/s", 2 * math.pi),
        (3000, "rpm", "Hz", 50),
        (50, "Hz", "rpm", 3000),
        (1, "Hz", "rad/s", 2 * math.pi),
        (1, "kWh", "J", 3.6e6),
        (1, "kcal", "J", 4184),
        (1, "eV", "J", 1.602176634e-19),
        (1, "atm", "Pa", 101_325),
        (1, "lb", "kg", 0.45359237),
        (1, "lbf", "N", 4.4482216152605),
        (1, "g/cm^3", "kg/m³", 1000),
        (1, "light year", "m", 9460730472580800),
        (5, "percent", "dimensionless", 0.05),
        (1, "C", "mA h", 1 / 3.6),
        (2, "W/(m K)", "W/(m·°C)", 2),
        (1, "J/(kg·K)", "J/(kg*degC)", 1),
        (1, "ton", "pound", 2000),
    ],
)
def test_a_conversion_is_exact(value: float, unit: str, to: str, expected: float) -> None:
    """To the last digits of a double: scales shift, angles are kept apart from cycles, products compose."""
    assert convert_to(value, unit, to) == pytest.approx(expected, rel=1e-15, abs=1e-12)


@pytest.mark.parametrize(
    "unit",
    [
        "m/s",
        "m s^-1",
        "m s⁻¹",
        "m·s⁻¹",
        "m*s**-1",
        "metre per second",
        "meters/second",
        "metres a second",
        "meter / second",
        " m / s ",
    ],
)
def test_one_unit_is_read_from_every_way_to_write_it(unit: str) -> None:
    """Signs, powers, words, British and American spelling."""
    assert parse(unit, "unit").name == "meter / second"


@pytest.mark.parametrize(
    ("text", "name", "dimension"),
    [
        ("m/s²", "meter / second ** 2", "[length] / [time] ** 2"),
        ("metres per second squared", "meter / second ** 2", "[length] / [time] ** 2"),
        ("m/s/s", "meter / second ** 2", "[length] / [time] ** 2"),
        ("1/s", "1 / second", "1 / [time]"),
        ("m2", "meter ** 2", "[length] ** 2"),
        ("square metres", "meter ** 2", "[length] ** 2"),
        ("cu ft", "foot ** 3", "[length] ** 3"),
        ("KG", "kilogram", "[mass]"),
        ("Km/h", "kilometer / hour", "[length] / [time]"),
        ("degrees", "degree", "angle"),
        ("rpm", "revolutions_per_minute", "[angle] / [time]"),
        ("°C", "degree_Celsius", "temperature"),
        ("degrees Fahrenheit", "degree_Fahrenheit", "temperature"),
        ("K", "kelvin", "temperature"),
        ("kelvin/m", "kelvin / meter", "[temperature] / [length]"),
        ("in", "inch", "[length]"),
        ("%", "percent", ""),
        ("", "", ""),
        ("furlong per fortnight", "furlong / fortnight", "[length] / [time]"),
        ("barn", "barn", "[length] ** 2"),
    ],
)
def test_a_unit_has_a_name_and_a_dimension(text: str, name: str, dimension: str) -> None:
    """By the lexicon, and beyond it by pint's own names."""
    measure = parse(text, "unit")
    assert (measure.name, measure.dimension) == (name, dimension)


def test_every_spelling_is_a_unit_pint_knows() -> None:
    """The lexicon names nothing that cannot be measured, and reads back what it writes."""
    for spelling, factors in SPELLINGS.items():
        measure = Measure(factors=factors, end=0)
        assert parse(measure.name, "unit").dimension == measure.dimension, spelling
        assert parse(spelling, "unit").factors == factors, spelling


@pytest.mark.parametrize(("one", "other"), [("ft lbf", "J"), ("N m", "J"), ("kg m^2/s^2", "kWh"), ("V A", "W")])
def test_equal_dimensions_are_equal_texts(one: str, other: str) -> None:
    """However a unit is composed."""
    assert parse(one, "unit").dimension == parse(other, "unit").dimension


@pytest.mark.parametrize(
    ("unit", "says"),
    [
        ("metrs", "metres"),
        ("kilogrm", "kilogram"),
        ("mlie", "Did you mean mole or mile?"),
        ("bananas", "Write it like"),
        ("m/banana", "Write it like"),
        ("(m", "Write it like"),
        ("m/", "Write it like"),
        ("5 m", "Write it like"),
    ],
)
def test_an_unknown_unit_is_named_with_what_is_near(unit: str, says: str) -> None:
    """The failure names the field, the value and what to write."""
    with pytest.raises(InvalidRequest) as refused:
        parse(unit, "to")
    assert (refused.value.field, refused.value.value) == ("to", unit)
    assert says in refused.value.remedy


@pytest.mark.parametrize(
    "unit",
    ["9**9**9", "m**999999999", "m^-99", "((((((m))))))", "m" * 64, "__import__", "m*" * 31 + "m", "1e9999 m", "m!"],
)
def test_hostile_units_are_refused_quickly(unit: str) -> None:
    """Nothing a caller writes is evaluated: pint itself would compute 9**9**9."""
    with pytest.raises(InvalidRequest):
        parse(unit, "unit")


@pytest.mark.parametrize(
    ("unit", "to", "says"),
    [
        ("kg", "m", ("mass", "length")),
        ("m/s", "m/s²", ("length / time", "length / time^2")),
        ("degree", "m", ("angle", "length")),
        ("degree", "", ("angle", "a pure number")),
        ("N m", "N", ("length^2 * mass / time^2", "length * mass / time^2")),
    ],
)
def test_two_dimensions_do_not_convert_and_both_are_named(unit: str, to: str, says: tuple[str, str]) -> None:
    """The message says what each unit measures."""
    with pytest.raises(InvalidRequest) as refused:
        convert(ConversionRequest.model_construct(value=1.0, unit=unit, to=to))
    assert refused.value.field == "to"
    assert all(dimension in refused.value.message for dimension in says)


def test_a_value_beyond_a_double_is_refused() -> None:
    """1e308 km are no finite number of femtometres."""
    with pytest.raises(InvalidRequest, match="beyond the range"):
        convert_to(1e308, "km", "fm")


def test_a_difference_of_temperatures_has_no_place_on_a_scale() -> None:
    """Pint's refusal comes as the caller's error, not as a fault of ours."""
    with pytest.raises(InvalidRequest):
        convert_to(5, "delta_degC", "degC")


def test_the_answer_says_when_cycles_were_counted_as_turns() -> None:
    """The one convention a conversion may rest on is written into the result."""
    assert "turn" in convert(ConversionRequest(value=3000, unit="rpm", to="Hz")).remark
    assert convert(ConversionRequest(value=3000, unit="rpm", to="rad/s")).remark == ""


@given(
    value=st.floats(-1e6, 1e6), pair=st.sampled_from([("m", "ft"), ("degC", "degF"), ("J", "kcal"), ("rad", "degree")])
)
def test_there_and_back_is_the_same_number(value: float, pair: tuple[str, str]) -> None:
    """Converting is undone by converting back."""
    one, other = (parse(unit, "unit") for unit in pair)
    assert convert_value(convert_value(value, one, other), other, one) == pytest.approx(value, rel=1e-13, abs=1e-12)


def test_a_level_is_no_number_of_another_unit() -> None:
    """Promise: a field in decibels leaves the numbers of a message readable; a conversion is refused, never a crash."""
    with pytest.raises(ArithmeticError, match="levels"):
        convert_value(40.0, parse("1", "unit"), parse("decibel", "to"))
