"""What a declaration refuses, and how a wrong request is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from nis_backend.annotations import Names, Unit
from nis_backend.catalog import entry_of
from nis_backend.errors import InvalidRequest, Malformed
from nis_backend.operation import Model, Operation, Recorded, operation
from nis_backend.refusal import MANY_WRONG


class Throw(Model):
    """A throw."""

    speed: Annotated[float, Unit("m/s"), Names("velocity")] = Field(gt=0, description="Speed.")
    label: str = "ball"


class Fallen(Model):
    """Where it fell."""

    range: Annotated[float, Unit("m")]


@operation("tests.throw_ball", effect="reads")
def throw_ball(request: Throw, ctx: Any) -> Fallen:
    """Throw a ball.

    By hand.
    """
    return Fallen(range=request.speed)


def test_a_declaration_is_data() -> None:
    """Name, summary, unit and names reach the index that every surface reads."""
    entry = entry_of(throw_ball)
    assert (entry.family, entry.action, entry.summary, entry.shape) == ("tests", "throw_ball", "Throw a ball.", "model")
    speed = entry.request_schema["properties"]["speed"]
    assert (speed["unit"], speed["names"], speed["exclusiveMinimum"]) == ("m/s", ["velocity"], 0)


def test_the_shape_of_a_call_is_its_return_type() -> None:
    """A model, an iterator of items, a run."""

    @operation("tests.stream_balls", effect="reads")
    async def stream_balls(request: Throw, ctx: Any) -> AsyncIterator[Fallen]:
        """Throw many."""
        yield Fallen(range=1)

    @operation("tests.record_ball", effect="writes")
    async def record_ball(request: Throw, ctx: Any) -> Recorded[Fallen]:
        """Throw one on record."""
        return Fallen(range=1)

    shapes: list[tuple[str, type]] = [(one.shape, one.result) for one in (throw_ball, stream_balls, record_ball)]
    assert shapes == [("model", Fallen), ("stream", Fallen), ("run", Fallen)]


@pytest.mark.parametrize(
    ("arguments", "field", "value", "remedy"),
    [
        (b'{"speed": -1}', "speed", "-1", "speed has to be greater than 0."),
        (b'{"speed": "fast"}', "speed", "fast", "speed has to be a valid number."),
        (b'{"speed": NaN}', "speed", "nan", "Give speed as a finite number."),
        (b'{"speed": 1, "sped": 2}', "sped", "2", "Leave out sped: there is no such field."),
        (b"{}", "speed", "", "Give speed."),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_a_remedy(
    arguments: bytes, field: str, value: str, remedy: str
) -> None:
    """Trust: bad input gets an error that names field, value and remedy."""
    with pytest.raises(InvalidRequest) as refused:
        throw_ball.validate(arguments)
    assert (refused.value.field, refused.value.value) == (field, value)
    assert refused.value.remedy == remedy


@pytest.mark.parametrize(
    "arguments",
    [{"x" * 10**6: 1}, {"speed": "x" * 10**6}, {"speed": [[1] * 10**6]}, {f"{n}{'x' * 10**5}": n for n in range(50)}],
)
def test_a_refusal_is_short_however_long_what_it_refuses(arguments: dict[str, Any]) -> None:
    """Trust: all is bounded; a caller's megabytes are not sent back."""
    with pytest.raises(InvalidRequest) as refused:
        throw_ball.validate(arguments)
    assert len(str(refused.value.problem())) < 20_000


class Many(Model):
    """A list without a bound."""

    numbers: list[int]


@operation("tests.count_numbers", effect="reads")
def count_numbers(request: Many, ctx: Any) -> Many:
    """Answer them."""
    return request


def test_of_very_many_wrong_items_the_first_is_told() -> None:
    """To name each of a million takes seconds, in which nothing else is answered."""
    with pytest.raises(InvalidRequest) as refused:
        count_numbers.validate({"numbers": ["a"] * 1000})
    assert refused.value.field == "numbers.0"
    assert f"({MANY_WRONG - 1} more)" in refused.value.message


def test_what_is_not_json_is_malformed() -> None:
    """A body that cannot be read is another failure than a wrong field."""
    with pytest.raises(Malformed):
        throw_ball.validate(b'{"speed": ')


@pytest.mark.parametrize("name", ["throw", "Physics.throw_ball", "physics.throw-ball", "physics.", "a." + "b" * 64])
def test_a_name_is_family_and_verb_object(name: str) -> None:
    """Names fit every protocol: lowercase, one dot, at most 64 characters."""
    with pytest.raises(ValueError, match="family"):
        operation(name, effect="reads")(throw_ball.function)


def test_a_declaration_without_words_is_refused() -> None:
    """The docstring's first line is the tool's description everywhere."""

    def silent(request: Throw, ctx: Any) -> Fallen:
        return Fallen(range=1)

    with pytest.raises(ValueError, match="docstring"):
        operation("tests.throw_silent", effect="reads")(silent)


def test_a_physical_number_without_a_unit_is_refused() -> None:
    """Beside numbers with units, one without says so on purpose."""

    class Bare(Model):
        """Half said."""

        speed: Annotated[float, Unit("m/s")]
        mass: float

    bare: Operation[Any, Any] = Operation(
        name="tests.weigh_ball",
        effect="reads",
        shape="model",
        function=throw_ball.function,
        request=Bare,
        result=Fallen,
    )
    with pytest.raises(ValueError, match="mass"):
        entry_of(bare)


class Mixed(Model):
    """Fields of several kinds."""

    number: float = 0
    whole: int | None = None
    flag: bool = False
    values: list[float] = Field(default_factory=list[float])
    inner: list[Mixed] = Field(default_factory=list["Mixed"])
    named: dict[str, float | str] = Field(default_factory=dict[str, float | str])


@operation("tests.mix_fields", effect="reads")
def mix_fields(request: Mixed, ctx: Any) -> Mixed:
    """Answer the request."""
    return request


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": True}, "number"),
        ({"whole": False}, "whole"),
        ({"flag": 0}, "flag"),
        ({"flag": 1.0}, "flag"),
        ({"values": [1, 2.5, True]}, "values.2"),
        ({"inner": [{}, {"number": False}]}, "inner.1.number"),
        ({"named": {"get": 1, "x": True}}, "named.x"),
    ],
    ids=str,
)
def test_a_truth_value_is_no_number(given: dict[str, Any], field: str) -> None:
    """JSON tells them apart, as the schema does; Python does not."""
    with pytest.raises(InvalidRequest) as refused:
        mix_fields.validate(given)
    assert refused.value.field == field


SPELT: list[dict[str, Any]] = [
    {"number": "3", "whole": "4", "flag": "true"},
    {"values": [1, 2.5]},
    {"inner": [{"flag": True}]},
]


@pytest.mark.parametrize("given", SPELT, ids=str)
def test_text_is_read_as_the_number_that_it_spells(given: dict[str, Any]) -> None:
    """A query, a form and a command line have text alone."""
    assert mix_fields.validate(given)


class Turned(Model):
    """A step of one kind."""

    step: Literal["turn"] = "turn"
    angle: Annotated[float, Unit("°")]


class Cropped(Model):
    """A step of another."""

    step: Literal["crop"] = "crop"


class Steps(Model):
    """Steps of two kinds."""

    steps: list[Annotated[Turned | Cropped, Field(discriminator="step")]]


@pytest.mark.parametrize(
    ("step", "value", "remedy"),
    [
        ({"kind": "turn"}, "{'kind': 'turn'}", "Give steps.0.step."),
        ({"step": "bend"}, "bend", "steps.0.step has to be one of 'turn', 'crop'."),
    ],
)
def test_the_field_that_tells_forms_apart_is_named(step: dict[str, str], value: str, remedy: str) -> None:
    """Promise: which field, which value, what to do; not how a library calls it."""

    @operation("films.cut_film", effect="reads")
    def cut_film(request: Steps, ctx: Any) -> Fallen:
        """Cut."""
        raise NotImplementedError

    with pytest.raises(InvalidRequest) as refused:
        cut_film.validate({"steps": [step]})
    assert (refused.value.field, refused.value.value, refused.value.remedy) == ("steps.0.step", value, remedy)
