"""Numbers and units read from sentences: what chat takes its arguments from."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.physics.quantities import read
from nis_backend.errors import InvalidRequest


def found(text: str) -> list[tuple[float, str]]:
    """Each number of a text with its unit."""
    return [(one.value, one.unit) for one in read(text, []).quantities]


ONE = [
    ("20 m/s", 20, "meter / second"),
    ("20m/s", 20, "meter / second"),
    ("20 m / s", 20, "meter / second"),
    ("20 meters per second", 20, "meter / second"),
    ("20 metres a second", 20, "meter / second"),
    ("60 miles an hour", 60, "mile / hour"),
    ("40 degrees", 40, "degree"),
    ("40°", 40, "degree"),
    ("40 deg", 40, "degree"),
    ("a 40-degree angle", 40, "degree"),
    ("0.7 rad", 0.7, "radian"),
    ("0.145 kg", 0.145, "kilogram"),
    (".145 kg", 0.145, "kilogram"),
    ("a 0.145-kg ball", 0.145, "kilogram"),
    ("74 mm", 74, "millimeter"),
    ("74mm,", 74, "millimeter"),
    ("diameter=74mm", 74, "millimeter"),
    ("5 km/h", 5, "kilometer / hour"),
    ("5 kmh", 5, "kilometer / hour"),
    ("100 mph", 100, "mile_per_hour"),
    ("60 MPH", 60, "mile_per_hour"),
    ("5 KG", 5, "kilogram"),
    ("3.5e-4 m²/s", 3.5e-4, "meter ** 2 / second"),
    ("3.5×10⁻⁴ m²/s", 3.5e-4, "meter ** 2 / second"),
    ("3.5 x 10^-4 m^2/s", 3.5e-4, "meter ** 2 / second"),
    ("1.2*10**3 kg", 1200, "kilogram"),
    ("10^-4 m²/s", 1e-4, "meter ** 2 / second"),
    ("1e5m", 1e5, "meter"),
    ("1,000 m", 1000, "meter"),
    ("1,234,567.5 m", 1234567.5, "meter"),
    ("12 500 m", 12500, "meter"),
    ("1\u202f000 m", 1000, "meter"),
    ("1,5 m", 1.5, "meter"),
    ("0,145 kg", 0.145, "kilogram"),
    ("1.5 hours", 1.5, "hour"),
    ("2 minutes", 2, "minute"),
    ("-10 °C", -10, "degree_Celsius"),
    ("\u221210 °C", -10, "degree_Celsius"),
    ("minus 10 degrees Celsius", -10, "degree_Celsius"),
    ("98.6 °F", 98.6, "degree_Fahrenheit"),
    ("98.6 F", 98.6, "degree_Fahrenheit"),
    ("20 degrees c", 20, "degree_Celsius"),
    ("20 ° C", 20, "degree_Celsius"),
    ("300 K", 300, "kelvin"),
    ("5 ft 3 in", 5.25, "foot"),
    ("5 feet, 3 inches", 5.25, "foot"),
    ("5'3\"", 5.25, "foot"),
    ("5\u2032 3\u2033", 5.25, "foot"),
    ("1 hour and 30 minutes", 1.5, "hour"),
    ("1 h 30 min 36 s", 1.51, "hour"),
    ("6 lb 8 oz", 6.5, "pound"),
    ("ten seconds", 10, "second"),
    ("twenty-five metres", 25, "meter"),
    ("one hundred and fifty kilograms", 150, "kilogram"),
    ("a hundred metres", 100, "meter"),
    ("two thousand three hundred volts", 2300, "volt"),
    ("minus five degrees", -5, "degree"),
    ("half a second", 0.5, "second"),
    ("half an hour", 0.5, "hour"),
    ("a quarter of an hour", 0.25, "hour"),
    ("an hour", 1, "hour"),
    ("an hour and a half", 1.5, "hour"),
    ("two and a half hours", 2.5, "hour"),
    ("a mile", 1, "mile"),
    ("1/2 hour", 0.5, "hour"),
    ("½ m", 0.5, "meter"),
    ("3 1/2 inches", 3.5, "inch"),
    ("5 million km", 5e6, "kilometer"),
    ("9.81 m/s^2", 9.81, "meter / second ** 2"),
    ("9.81m/s2", 9.81, "meter / second ** 2"),
    ("9.81 m s⁻²", 9.81, "meter / second ** 2"),
    ("9.81 metres per second squared", 9.81, "meter / second ** 2"),
    ("9.81 metres per second per second", 9.81, "meter / second ** 2"),
    ("0.1 1/s", 0.1, "1 / second"),
    ("0.1/s", 0.1, "1 / second"),
    ("0.1 per second", 0.1, "1 / second"),
    ("0.1 s-1", 0.1, "1 / second"),
    ("401 W/(m K)", 401, "watt / kelvin / meter"),
    ("5 N m", 5, "meter * newton"),
    ("3 kilowatt-hours", 3, "kilowatt_hour"),
    ("3000 rpm", 3000, "revolutions_per_minute"),
    ("4 µF", 4, "microfarad"),
    ("5 μm", 5, "micrometer"),
    ("5 um", 5, "micrometer"),
    ("3 kΩ", 3, "kiloohm"),
    ("5 per cent", 5, "percent"),
    ("50%", 50, "percent"),
    ("5 in", 5, "inch"),
    ("5 in long", 5, "inch"),
    ("5 in.", 5, "inch"),
    ("a pendulum of length 40 in swings", 40, "inch"),
    ("10 in in cm", 10, "inch"),
    ("5 C/m²", 5, "coulomb / meter ** 2"),
    ("30 m.", 30, "meter"),
    ("(30 m)", 30, "meter"),
    ("t=5s", 5, "second"),
    ("θ=30°", 30, "degree"),
    ("2k metres", 2000, "meter"),
    ("two and three quarter inches", 2.75, "inch"),
    ("5 and three eighths inches", 5.375, "inch"),
    ("a million and a half joules", 1.5e6, "joule"),
    ("two and a half million joules", 2.5e6, "joule"),
    ("two thirds of a mile", 2 / 3, "mile"),
    ("a quarter turn", 0.25, "turn"),
    ("three point two five metres", 3.25, "meter"),
    ("6.02 times ten to the power of 23 eV", 6.02e23, "electron_volt"),
    ("ten to the minus six metres", 1e-6, "meter"),
    ("pi/4 rad", 0.7853981633974483, "radian"),
    ("1.000,5 km", 1000.5, "kilometer"),
    ("11 stone 7", 11.5, "stone"),
    ("5 foot 6", 5.5, "foot"),
    ("3 m/s2, then", 3, "meter / second ** 2"),
]


@pytest.mark.parametrize(("text", "value", "unit"), ONE)
def test_a_number_is_read_with_its_unit(text: str, value: float, unit: str) -> None:
    """The ways people write one quantity."""
    quantities = read(text, []).quantities
    assert [one.unit for one in quantities] == [unit]
    assert quantities[0].value == pytest.approx(value, rel=1e-12)
    assert text[quantities[0].start : quantities[0].end] == quantities[0].text


PLAIN = [
    ("What is 5 in feet?", [5]),
    ("5 in the air", [5]),
    ("5 in a row", [5]),
    ("length 40 in feet", [40]),
    ("5 at 6 as 7 to 8", [5, 6, 7, 8]),
    ("2 rods and 3 points", [2, 3]),
    ("5 stones", [5]),
    ("[0,50,100]", [0, 50, 100]),
    ("0, 50, 100", [0, 50, 100]),
    ("an angle of 40.", [40]),
    ("3/4", [0.75]),
    ("2E5", [2e5]),
    ("AISI 304", [304]),
    ("in 1960", [1960]),
    ("at 3 pm", [3]),
]


@pytest.mark.parametrize(("text", "values"), PLAIN)
def test_a_word_behind_a_number_is_not_taken_for_a_unit(text: str, values: list[float]) -> None:
    """What pint would take for inch, technical atmosphere, attosecond, rod or point stays a plain number."""
    assert found(text) == [(value, "") for value in values]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello, how are you?",
        "a 3D printer",
        "H2O and CO2",
        "the 1960s",
        "the 1st and the 2nd",
        "at 10:30",
        "v2.0.1",
        "one end, the other end, one of them",
        "the second end of a steel bar",
        "1e999 m",
        "a min temperature",
    ],
)
def test_what_is_no_quantity_is_left_alone(text: str) -> None:
    """Names, ordinals, times of day, decades, and numbers no double can hold."""
    assert found(text) == []


SEVERAL = [
    (
        "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?",
        [(20, "meter / second"), (40, "degree"), (0.145, "kilogram"), (74, "millimeter")],
    ),
    (
        "A 1 m copper rod at 20 °C has its left end held at 100 °C and its right end at 0 °C. How warm after 60 s?",
        [
            (1, "meter"),
            (20, "degree_Celsius"),
            (100, "degree_Celsius"),
            (0, "degree_Celsius"),
            (60, "second"),
        ],
    ),
    ("ends at 100 and 0 °C", [(100, "degree_Celsius"), (0, "degree_Celsius")]),
    ("between 30 and 40 degrees", [(30, "degree"), (40, "degree")]),
    ("10-20 m", [(10, "meter"), (20, "meter")]),
    ("one and two metres", [(1, "meter"), (2, "meter")]),
    ("5 - 3 m", [(5, ""), (3, "meter")]),
    ("3 in x 4 in", [(3, "inch"), (4, "inch")]),
    ("1.5 hours, 2 minutes", [(1.5, "hour"), (2, "minute")]),
    ("5 ft 30 in", [(5, "foot"), (30, "inch")]),
    ("a 1 m rod, 50 cm wide", [(1, "meter"), (50, "centimeter")]),
    ("40° N 20° W", [(40, "degree"), (20, "degree")]),
    ("I am 30 and weigh 70 kg", [(30, ""), (70, "kilogram")]),
    ("length 5 m height 2 m", [(5, "meter"), (2, "meter")]),
    ("2 N 5 m", [(2, "newton"), (5, "meter")]),
    ("4.5", [(4.5, "")]),
]


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_several_numbers_keep_their_own_units(text: str, expected: list[tuple[float, str]]) -> None:
    """Shared units are given to each, lists are not added up, signs between numbers are no units."""
    assert found(text) == [(pytest.approx(value), unit) for value, unit in expected]


def test_values_come_in_each_unit_wanted_of_their_dimension() -> None:
    """By the unit as it was asked for; a plain number under the empty unit."""
    quantities = read("72 km/h at 0.5 rad and 68 °F, 3 times", ["m/s", "degree", "degC", "kelvin", "", "kg"]).quantities
    converted = [one.converted for one in quantities]
    assert converted[0] == {"m/s": pytest.approx(20)}
    assert converted[1] == {"degree": pytest.approx(math.degrees(0.5))}
    assert converted[2] == {"degC": pytest.approx(20), "kelvin": pytest.approx(293.15)}
    assert converted[3] == {"": 3}


def test_dimensions_are_named_as_the_model_says() -> None:
    """Angles and temperatures by name, the rest as pint's products, nothing for plain numbers."""
    text = "5 m/s, 5 rad, 5 degF, 5 K, 5 percent, 5 balls, 5 rpm, 5 Hz"
    assert [one.dimension for one in read(text, []).quantities] == [
        "[length] / [time]",
        "angle",
        "temperature",
        "temperature",
        "",
        "",
        "[angle] / [time]",
        "1 / [time]",
    ]


def test_cycles_do_not_pass_for_radians() -> None:
    """2 Hz is not 2 rad/s, whatever pint's dimensions say."""
    assert read("2 Hz", ["rad/s"]).quantities[0].converted == {}
    assert read("60 rpm", ["rad/s"]).quantities[0].converted == {"rad/s": pytest.approx(2 * math.pi)}


def test_a_letter_with_two_meanings_is_what_is_wanted() -> None:
    """C is Celsius, unless a charge is wanted and no temperature."""
    assert found("5 C") == [(5, "degree_Celsius")]
    assert read("5 C", ["coulomb"]).quantities[0].unit == "coulomb"
    assert read("5 C", ["coulomb", "degC"]).quantities[0].unit == "degree_Celsius"
    assert read("5 °C", ["coulomb"]).quantities[0].unit == "degree_Celsius"
    assert read("5 F", ["farad"]).quantities[0].unit == "farad"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("in feet", ["foot"]),
        ("What is 98.6 °F in Celsius?", ["degree_Celsius"]),
        ("convert 100 km/h to m/s", ["meter / second"]),
        ("convert 3 cm to in", ["inch"]),
        ("How many seconds in 2.5 h?", ["second"]),
        ("How many feet are in a mile?", ["foot"]),
        ("the speed of light in kilometres per second", ["kilometer / second"]),
        ("5 in to mm", ["millimeter"]),
        ("3000 rpm to Hz", ["hertz"]),
        ("the second end of a steel bar at the foot of a yard", []),
        ("Newton's law", []),
        ("I am here to stay as it is", []),
        ("20 m/s and 40 degrees", []),
    ],
)
def test_a_unit_without_a_number_is_mentioned(text: str, units: list[str]) -> None:
    """What a conversion's target is read from; words that are seldom units are not taken for them."""
    assert [one.unit for one in read(text, []).mentions] == units


def test_an_unknown_unit_wanted_is_refused() -> None:
    """The failure names the field."""
    with pytest.raises(InvalidRequest) as refused:
        read("5 m", ["m", "bananas"])
    assert refused.value.field == "units"


@pytest.mark.parametrize(
    "piece",
    ["1 ", "m ", "(", "an hour ", "one ", "5 in ", "1,", "10^", "hundred ", "1 000 ", "5'3 ", "5 m·m·", "½", "m/(s "],
)
def test_a_long_text_of_one_piece_is_read_without_failing(piece: str) -> None:
    """The largest text allowed, of what would make a careless pattern or sum run away."""
    text = (piece * 8000)[:8000]
    places = [(one.start, one.end) for one in read(text, ["m"]).quantities]
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@settings(deadline=None, max_examples=200)
@given(text=st.text(alphabet="0123456789.,-+eE×^/ °'\"½⁻²msknghKCFin()", max_size=60))
def test_any_text_is_read_in_order_and_within_its_bounds(text: str) -> None:
    """Whatever is written, quantities do not overlap, are finite, and quote the text."""
    end = 0
    for one in read(text, ["m", ""]).quantities:
        assert end <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text
        assert math.isfinite(one.value)
        end = one.end


@settings(deadline=None)
@given(value=st.floats(-1e15, 1e15), unit=st.sampled_from(["m/s", "kg", "degree", "m²/s", "degC", "1/s", "kg/m³"]))
def test_what_a_number_is_printed_as_is_read_back(value: float, unit: str) -> None:
    """Every double, as Python writes it, in each unit of the requests."""
    [one] = read(f"{value!r} {unit}", [unit]).quantities
    assert one.converted == {unit: value}
