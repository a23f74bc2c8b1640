"""Arguments read from a sentence: by dimension, then by name, and never by a guess."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from nis_backend.annotations import Knob, Names, Reads, Says, Unit
from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.reading import Reading
from nis_backend.capabilities.operations.route import wanted_units
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.capabilities.physics.operations import OPERATIONS, Quantities, TextRequest, read_quantities
from nis_backend.catalog import entry_of
from nis_backend.entry import Entry
from nis_backend.operation import Model, operation


class Dough(Model):
    """A subject that no rule can have been made for."""

    flour: Annotated[float, Unit("kg"), Names("wheat")]
    water: Annotated[float, Unit("kg")]
    rest: Annotated[float, Unit("minute"), Names("waiting", "for")] = 30
    oven: Annotated[float, Unit("degC"), Names("baked at")] | None = None
    loaves: Annotated[int, Names("pieces")] = 1
    salted: Annotated[bool, Names("salt")] = True
    shape: Annotated[Literal["round", "long loaf", "loaf"], Reads("choice")] | None = None
    accuracy: Annotated[float, Unit("kg"), Knob()] = 0.001
    patience: Annotated[float, Unit("rad"), Knob()] = 1


class Bread(Model):
    """What comes of it."""

    weight: Annotated[float, Unit("kg")] = Field(description="Weight when baked.")


@operation("bakery.plan_bread", effect="reads")
def plan_bread(request: Dough, _ctx: object) -> Bread:
    """Plan the baking of bread."""
    return Bread(weight=request.flour + request.water)


ENTRIES: dict[str, Entry] = {one.name: entry_of(one) for one in (*OPERATIONS, plan_bread)}
UNITS = wanted_units(ENTRIES.values())
PROJECTILE, PENDULUM, HEAT, CONVERT, BREAD = (
    ENTRIES[name]
    for name in (
        "physics.simulate_projectile",
        "physics.simulate_pendulum",
        "physics.solve_heat",
        "physics.convert_unit",
        "bakery.plan_bread",
    )
)


def quantities_of(text: str) -> Quantities:
    """The quantities of a text, as a turn has them read."""
    return read_quantities.function(TextRequest(text=text, units=UNITS), None)


def reading(text: str, entry: Entry, known: dict[str, object] | None = None, asked: tuple[str, ...] = ()) -> Reading:
    """The text read for the operation, with its quantities as the product finds them."""
    return read_arguments(Sentence(text, quantities_of(text)), entry, known=known, asked=asked)


def unclear(found: Reading) -> dict[str, tuple[str, ...]]:
    """What is unclear, and the fields it may be meant for."""
    return {" or ".join(one.said): one.fields for one in found.unclear}


def test_numbers_go_to_the_fields_of_their_dimension() -> None:
    """Where one field alone has the dimension, no name is needed."""
    assert reading("1 m and 30 degrees", PENDULUM).arguments == {"length": 1.0, "angle": 30.0}


def test_numbers_of_one_dimension_go_to_the_fields_named_beside_them() -> None:
    """Names before the number, after it, and joined to it by other words."""
    text = "from a height of 2 m, with a ball 7 cm wide"
    assert reading(text, PROJECTILE).arguments == {"height": 2.0, "diameter": 0.07}
    text = "80 m high 90 cm wide"
    assert reading(text, PROJECTILE).arguments == {"height": 80.0, "diameter": 0.9}
    text = "100 °C on the left, 0 °C on the right, 20 °C initially"
    assert reading(text, HEAT).arguments == {
        "left_temperature": 100.0,
        "right_temperature": 0.0,
        "initial_temperature": 20.0,
    }


def test_the_order_in_which_numbers_are_named_does_not_matter() -> None:
    """The same three temperatures, named backwards."""
    text = "Initially 20 °C, the right end at 0 °C and the left end held at 100 °C"
    assert reading(text, HEAT).arguments == {
        "initial_temperature": 20.0,
        "right_temperature": 0.0,
        "left_temperature": 100.0,
    }


def test_units_are_converted_to_the_fields_own() -> None:
    """km/h, radians, pounds, feet, minutes and a shifted scale."""
    given = reading("launched at 72 km/h and 1 rad, mass 2 lb, from a height of 10 ft", PROJECTILE).arguments
    wanted = {"speed": 20.0, "angle": math.degrees(1), "mass": 0.90718474, "height": 3.048}
    assert given == pytest.approx(wanted, rel=1e-12)
    given = reading("initial temperature 212 °F, for half an hour", HEAT).arguments
    assert given == pytest.approx({"initial_temperature": 100.0, "duration": 1800.0}, rel=1e-12)


def test_a_minus_sign_belongs_to_the_number() -> None:
    """Ten degrees below zero are not ten above."""
    assert reading("left end at -10 °C, right end at 5 °C", HEAT).arguments == {
        "left_temperature": -10.0,
        "right_temperature": 5.0,
    }


def test_a_name_that_two_fields_share_fills_both() -> None:
    """Both ends of a rod are its ends."""
    found = reading("both ends are put at 25 °C", HEAT)
    assert found.arguments == {"left_temperature": 25.0, "right_temperature": 25.0}


def test_one_name_with_two_numbers_fills_nothing() -> None:
    """Which end is which, or which of two speeds is meant, is the person's to say."""
    found = reading("it has ends at 100 °C and 0 °C", HEAT)
    assert found.arguments == {}
    assert unclear(found) == {"100 °C or 0 °C": ("left_temperature", "right_temperature")}
    found = reading("speed 20 m/s or 30 m/s", PROJECTILE)
    assert "speed" not in found.arguments
    assert "speed" in found.missing


@pytest.mark.parametrize("text", ["a ball with a radius of 3.7 cm", "a ball of radius 3.7 cm", "with a 3.7 cm radius"])
def test_a_radius_is_not_taken_for_a_diameter(text: str) -> None:
    """It is half of one."""
    assert reading(text, PROJECTILE).arguments == pytest.approx({"diameter": 0.074})


def test_a_measure_that_no_field_is_called_is_asked_about() -> None:
    """Whatever fits by dimension."""
    found = reading("a ball with a circumference of 3.7 cm", PROJECTILE)
    assert "diameter" not in found.arguments
    assert unclear(found)["3.7 cm"] == ("height", "diameter")
    assert not found.complete


def test_a_setting_of_the_method_takes_a_number_only_by_its_name() -> None:
    """What fits a knob alone was not said of it; named, or asked for, it is read as any field."""
    assert reading("to an accuracy of 5 g", BREAD).arguments == {"accuracy": 0.005}
    assert unclear(reading("a 2 kg breadth", BREAD)) == {"2 kg": ("flour", "water")}
    for text in ("turned by 2 rad", "with a breadth of 2 rad"):
        found = reading(text, BREAD)
        assert "patience" not in found.arguments
        assert found.unclear == []
        assert found.unread == ["2 rad"]
    assert reading("2 rad", BREAD, asked=("patience",)).arguments == {"patience": 2.0}


def test_a_result_is_not_taken_for_an_argument() -> None:
    """A period of two seconds is what comes out, not how long to simulate."""
    found = reading("length 1 m, angle 10 degrees, with a period of 2 s", PENDULUM)
    assert "duration" not in found.arguments
    assert "2 s" in unclear(found)


def test_a_number_of_another_dimension_fills_nothing_and_is_reported() -> None:
    """Five kilograms are no length, named so or not."""
    found = reading("a pendulum of length 5 kg released from 10 degrees", PENDULUM)
    assert found.arguments == {"angle": 10.0}
    assert found.missing == ["length"]
    assert found.unread == ["5 kg"]


def test_a_number_without_a_unit_fills_nothing_that_has_one() -> None:
    """Twenty what?"""
    found = reading("speed 20, angle 40", PROJECTILE)
    assert found.arguments == {}
    assert unclear(found) == {"20": ("speed",), "40": ("angle",)}


def test_a_number_without_a_unit_answers_a_question_that_names_the_unit() -> None:
    """What was asked for in degrees may be answered with a bare number."""
    found = reading("40", PROJECTILE, known={"speed": 20.0}, asked=("angle",))
    assert found.arguments == {"speed": 20.0, "angle": 40.0}
    assert found.complete


def test_a_bare_number_that_could_answer_two_questions_answers_none() -> None:
    """Length or angle: the person says which."""
    found = reading("40", PENDULUM, asked=("length", "angle"))
    assert found.arguments == {}
    assert unclear(found) == {"40": ("length", "angle")}


def test_what_is_said_again_replaces_what_was_known() -> None:
    """A correction wins."""
    found = reading("no, the speed is 30 m/s", PROJECTILE, known={"speed": 20.0}, asked=("angle",))
    assert found.arguments == {"speed": 30.0}


@pytest.mark.parametrize(
    ("text", "drag"),
    [
        ("with drag", True),
        ("air resistance included", True),
        ("without air drag", False),
        ("neglecting the air resistance", False),
        ("no drag", False),
        ("drag coefficient 0.3", None),
        ("how does drag act on it?", None),
    ],
)
def test_with_and_without_are_read_and_a_mention_is_neither(text: str, drag: bool | None) -> None:
    """A yes or no is only what the words around the name say."""
    assert reading(text, PROJECTILE).arguments.get("drag") is drag


def test_with_and_without_the_same_is_a_question() -> None:
    """Both were said: the person says which."""
    assert unclear(reading("with drag and without drag", PROJECTILE)) == {"with drag or without drag": ("drag",)}


def test_the_longer_name_of_a_choice_hides_the_shorter() -> None:
    """Stainless steel is not steel; two materials are a question."""
    assert reading("a stainless steel rod", HEAT).arguments == {"material": "stainless steel"}
    assert unclear(reading("copper or steel", HEAT)) == {"copper or steel": ("material",)}


def test_the_unit_wanted_is_the_one_without_a_number() -> None:
    """Whichever way round it is said."""
    for text in ("convert 3.5 km into feet", "how many feet are in 3.5 km?"):
        assert reading(text, CONVERT).arguments == {"value": 3.5, "unit": "kilometer", "to": "foot"}


def test_two_quantities_to_convert_are_a_question() -> None:
    """Which of them, only the person knows."""
    found = reading("5 m 3 kg", CONVERT)
    assert unclear(found) == {"5 m or 3 kg": ("value", "unit")}


def test_the_reader_knows_fields_only_by_their_schema() -> None:
    """A subject of the test's own is read as well as ours."""
    text = "0.5 kg of water and 800 g wheat, 2 pieces, for 1 hour, baked at 480 °F without salt, as a long loaf"
    found = reading(text, BREAD)
    assert found.arguments == pytest.approx(
        {
            "water": 0.5,
            "flour": 0.8,
            "loaves": 2,
            "rest": 60.0,
            "oven": 248.88888888888889,
            "salted": False,
            "shape": "long loaf",
        }
    )
    assert found.complete


def test_a_whole_number_field_takes_whole_numbers_only() -> None:
    """There are no two and a half loaves."""
    found = reading("pieces: 2.5", BREAD)
    assert "loaves" not in found.arguments
    assert unclear(found) == {"2.5": ("loaves",)}


SPEEDS = {"m/s": 1.0, "km/h": 1 / 3.6, "mph": 0.44704, "ft/s": 0.3048}
ANGLES = {"degrees": 1.0, "deg": 1.0, "°": 1.0, "rad": 180 / math.pi}
MASSES = {"kg": 1.0, "g": 1e-3, "lb": 0.45359237}
LENGTHS = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "ft": 0.3048}
PARTS: dict[str, tuple[tuple[str, ...], dict[str, float]]] = {
    "speed": (("speed {}", "velocity of {}", "launched at {}", "initial speed = {}"), SPEEDS),
    "angle": (("angle {}", "at an angle of {}", "elevation: {}"), ANGLES),
    "mass": (("mass {}", "weighing {}", "with a mass of {}"), MASSES),
    "height": (("height {}", "from a height of {}", "{} above the ground", "{} high"), LENGTHS),
    "diameter": (("diameter {}", "{} in diameter", "{} wide", "diameter = {}"), LENGTHS),
}


@given(st.permutations(list(PARTS)), st.data())
def test_any_order_wording_and_unit_gives_the_same_arguments(order: list[str], data: st.DataObject) -> None:
    """Five quantities, two of one dimension, however they are said."""
    phrases: list[str] = []
    wanted: dict[str, float] = {}
    for name in order:
        wordings, units = PARTS[name]
        value = data.draw(st.integers(1, 80))
        unit = data.draw(st.sampled_from(sorted(units)))
        phrases.append(data.draw(st.sampled_from(wordings)).format(f"{value} {unit}"))
        wanted[name] = value * units[unit]
    found = reading(", ".join(phrases), PROJECTILE)
    assert found.arguments == pytest.approx(wanted, rel=1e-9)
    assert found.complete


WORDS = "a the of with from at speed angle length rod left end ends radius drag no copper , ; . : is in held mass and"
QUANTITIES = [
    "20 m/s",
    "40 degrees",
    "1 m",
    "7 cm",
    "-10 °C",
    "100 °C",
    "3 kg",
    "60 s",
    "5",
    "2.5",
    "1 rad",
    "9.8 m/s²",
]


@given(st.sampled_from(sorted(ENTRIES)), st.lists(st.sampled_from([*WORDS.split(), *QUANTITIES]), max_size=24))
def test_every_number_is_used_or_reported_and_none_is_made_up(name: str, said: list[str]) -> None:
    """Each argument is a number of the sentence, converted; each number with a unit is in the reading somewhere."""
    text, entry = " ".join(said), ENTRIES[name]
    quantities = quantities_of(text)
    found = read_arguments(Sentence(text, quantities), entry)
    units = {slot.name: slot.unit for slot in declared(entry).slots.values() if slot.number}
    for field in found.arguments.keys() & units.keys():
        unit = units[field]
        alike = [one.converted.get(unit) if unit else one.value for one in quantities.quantities]
        # A radius is half of a diameter.
        doubled = [2 * one for one in alike if one is not None and field == "diameter" and "radius" in said]
        assert found.arguments[field] in [*alike, *doubled]
    told = [
        *found.sources.values(),
        *(text for one in found.unclear for text in one.said),
        *found.unread,
        *found.replaced,
    ]
    for one in quantities.quantities:
        if one.unit:
            assert any(one.text in words for words in told)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever a person sends, reading does not fail."""
    for entry in ENTRIES.values():
        read_arguments(Sentence(text, quantities_of(text)), entry)


class Shelf(Model):
    """What is wanted of a list."""

    limit: Annotated[int, Reads("count")] = 20
    state: Annotated[Literal["running", "stale"], Reads("choice")] | None = None
    deep: Annotated[bool, Says({"down below": True})] = False
    warmth: Annotated[float, Unit("degC"), Says({"lukewarm": 30, "ice cold": 2, "somewhere else": None})] = 20
    note: Annotated[str, Reads("quote")] = ""


class Pair(Model):
    """Two texts."""

    texts: Annotated[list[str], Reads("quotes")]


@operation("bakery.list_loaves", effect="reads")
def list_loaves(request: Shelf, _ctx: object) -> Bread:
    """List the loaves on the shelf."""
    return Bread(weight=request.limit)


class Rack(Model):
    """What is computed so many times."""

    width: Annotated[float, Unit("m"), Names("wide")]
    tiers: Annotated[int, Reads("count"), Names("levels")] = 5


@operation("bakery.stack_rack", effect="reads")
def stack_rack(request: Rack, _ctx: object) -> Bread:
    """Stack a rack of bread."""
    return Bread(weight=request.width * request.tiers)


@operation("bakery.compare_names", effect="reads")
def compare_names(request: Pair, _ctx: object) -> Bread:
    """Compare the names of two loaves."""
    return Bread(weight=len(request.texts))


class Recipe(Model):
    """A program."""

    steps: Annotated[str, Reads("program"), Names("recipe")]


@operation("bakery.follow_recipe", effect="reads")
def follow_recipe(request: Recipe, _ctx: object) -> Bread:
    """Follow a recipe."""
    return Bread(weight=len(request.steps))


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("follow this: bake(3 * 4)", {"steps": "bake(3 * 4)"}),
        ('follow "x = 1; x + 2"', {"steps": "x = 1; x + 2"}),
        (
            "follow it:\n```python\nfor one in loaves:\n    bake(one)\n```\nthanks",
            {"steps": "for one in loaves:\n    bake(one)"},
        ),
        ("follow this: my aunt, flour", {}),
        ("follow this: bread", {}),
        ("follow this: what a (day", {}),
    ],
)
def test_a_program_is_read_where_it_is_one(text: str, arguments: dict[str, object]) -> None:
    """Promise of Reads("program"): Python that does something, fenced, quoted or behind a colon; prose is none."""
    assert reading(text, entry_of(follow_recipe)).arguments == arguments


SHELF, NAMES, RACK = entry_of(list_loaves), entry_of(compare_names), entry_of(stack_rack)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("the last 5 loaves", {"limit": 5}),
        ("show me the three most recent ones", {"limit": 3}),
        ("the loaves of 5 bakers", {}),
        ("which loaves are running?", {"state": "running"}),
        ("do not run to the loaves", {}),
        ("what lies down below", {"deep": True}),
        ("a lukewarm loaf", {"warmth": 30}),
        ("a lukewarm loaf, its warmth 35 °C", {"warmth": 35.0}),
        ('a loaf called "5 kg of rye"', {"note": "5 kg of rye"}),
        ("a loaf called: the last one", {"note": "the last one"}),
        ("it's the baker's loaf", {}),
    ],
)
def test_counts_states_values_in_words_and_texts_are_read(text: str, arguments: dict[str, object]) -> None:
    """Each by its own kind of field; a number within a quotation, or of the count, is left over for nothing."""
    found = reading(text, SHELF)
    assert found.arguments == arguments
    assert [one for one in found.unread if "5 kg" in one or one in ("5", "3")] == (["5"] if "bakers" in text else [])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("the three lowest levels of a rack 2 m wide", 3),
        ("the lowest three of a rack 2 m wide", 3),
        ("the lowest 4 tiers of a rack 2 m wide", 4),
        ("three energy levels of a rack 2 m wide", 3),
        ("a rack 2 m wide: its levels", None),
    ],
)
def test_a_number_of_what_is_computed_is_a_count(text: str, count: int | None) -> None:
    """By the plural names of its field, whatever stands between; what has a unit is none."""
    found = reading(text, RACK)
    assert found.arguments == {"width": 2.0} | ({"tiers": count} if count else {})
    assert not found.unclear


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("the last 5 loaves, no, the first 7", ("limit",)),
        ("ice cold or lukewarm", ("warmth",)),
        ("a loaf from somewhere else", ("warmth",)),
        ("'one' or 'the other'", ("note",)),
    ],
)
def test_what_is_said_twice_or_not_in_full_is_a_question(text: str, fields: tuple[str, ...]) -> None:
    """Two counts, two texts for one field, or a value that is only said to be another than usual."""
    assert [one.fields for one in reading(text, SHELF).unclear] == [fields]


def test_several_texts_are_each_a_quotation() -> None:
    """In whatever marks; one alone is not several."""
    text = "how close are \"the cat's nap\", “a kitten sleeps” and 'it rains'?"
    assert reading(text, NAMES).arguments == {"texts": ["the cat's nap", "a kitten sleeps", "it rains"]}
    assert reading('how close is "one" to the other?', NAMES).missing == ["texts"]
