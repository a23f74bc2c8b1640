"""What a field says of itself beyond its type: its unit, other names, how a sentence fills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from typing_extensions import override

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from nis_backend.operation import Json


def _storable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "Input should not hold the character NUL")
    return text


Plain = AfterValidator(_storable)
"""Of a text that is kept, or compared with what is: PostgreSQL takes no NUL."""


class _SchemaNote:
    """Metadata that adds one member to a field's JSON schema."""

    def note(self) -> Json:
        raise NotImplementedError

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        schema.update(self.note())
        return schema


@dataclass(frozen=True)
class Unit(_SchemaNote):
    """The physical unit of a number, as pint spells it; `""` says dimensionless on purpose."""

    symbol: str

    @override
    def note(self) -> Json:
        return {"unit": self.symbol}


class Names(_SchemaNote):
    """Other words people use for this field; the router reads them."""

    def __init__(self, *words: str) -> None:
        self.words = words

    @override
    def note(self) -> Json:
        return {"names": list(self.words)}


class Called(_SchemaNote):
    """Other names of a field's choices: `Called({"Avogadro constant": ("Avogadro number",)})`."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        self.names = names

    @override
    def note(self) -> Json:
        return {"called": {choice: list(names) for choice, names in self.names.items()}}


class Knob(_SchemaNote):
    """A setting of the method, not of what it is applied to: tolerances, limits of steps, points of a curve.

    The router fills it only where it is named, and an answer does not dwell on its default.
    """

    @override
    def note(self) -> Json:
        return {"knob": True}


class Says(_SchemaNote):
    """Words that state a value of this field by themselves: `Says({"straight up": 90})`."""

    def __init__(self, values: Mapping[str, Any]) -> None:  # Any: JSON
        self.values = values

    @override
    def note(self) -> Json:
        return {"says": dict(self.values)}


@dataclass(frozen=True)
class Asker(_SchemaNote):
    """A person's label: in a conversation, that of whoever asks."""

    @override
    def note(self) -> Json:
        return {"asker": True}


@dataclass(frozen=True)
class Reads(_SchemaNote):
    """How the router fills a text field from a sentence.

    `"unit"`: the unit of the quantity named; `"target_unit"`: a unit named without a number ("in feet");
    `"magnitude"`: the number in front of the `"unit"`; `"choice"`: the enum value, or a name of it, that occurs in
    the sentence; `"quote"`: what stands in quotation marks, or behind a colon; `"quotes"`: each text that does;
    `"count"`: how many things of a list are wanted; `"numbers"`: a list of numbers, in brackets or set apart by
    commas; `"matrix"`: lists in a list, or rows set apart by semicolons; `"formula"`: a formula that stands in the
    sentence; `"equations"`: each equation or inequality that does; `"variable"`: the name behind "with respect to",
    `"variables"`: each of several; `"lower"` and `"upper"`: what stands behind "from" and "to"; `"towards"`: what a
    variable goes to; `"point"`: what stands behind "around" or "at x ="; `"claim"`: what stands behind "is it true";
    `"values"` and `"at"`: the numbers that names of the formula are said to be, which its value needs or may have;
    `"differential"`: each equation with a rate of change, `"start"`: what its states are at first, `"constants"`: the
    numbers of its other names; `"reactions"`: each reaction with its rate, `"start"`: how much there is of what reacts;
    `"question"`: the message as it stands, a question to documents, `"document"` and `"documents"`: the names of files;
    `"topic"`: what is searched or asked for, quoted or behind "for", "on" or "about"; `"address"`: a web address;
    `"called"`: what a thing of the field's name is called, before or behind it: "the collection notes";
    `"program"`: Python that is fenced, quoted, or behind a colon, where it is that;
    `"law"`: an equation whose dimensions are asked about, `"measures"`: the units that its symbols are said to have.
    """

    kind: Literal[
        "unit",
        "target_unit",
        "magnitude",
        "choice",
        "quote",
        "quotes",
        "program",
        "count",
        "numbers",
        "matrix",
        "formula",
        "equations",
        "variable",
        "variables",
        "lower",
        "law",
        "measures",
        "upper",
        "towards",
        "point",
        "values",
        "at",
        "claim",
        "differential",
        "start",
        "constants",
        "reactions",
        "topic",
        "question",
        "document",
        "documents",
        "address",
        "called",
    ]

    @override
    def note(self) -> Json:
        return {"reads": self.kind}
