"""The fields of a request or a result, as far as a JSON schema tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.operation import Json


@record
class Field:
    """One field; what the schema does not say of it is empty."""

    name: str
    type: str
    description: str
    unit: str | None
    items: str | None
    """The unit of the numbers of a list."""
    names: tuple[str, ...]
    """Other words people use for it."""
    reads: str | None
    says: tuple[tuple[str, Any], ...]  # Any: JSON
    """Words that state a value of it: "straight up"."""
    called: tuple[tuple[str, tuple[str, ...]], ...]
    """For some of its choices, other names."""
    knob: bool
    choices: tuple[str, ...]
    required: bool
    default: Any  # JSON

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def number(self) -> bool:
        """Whether a quantity may fill it."""
        return self.type in ("number", "integer") and self.reads is None


def fields_of(schema: Json) -> tuple[Field, ...]:
    """The fields of an object's schema, in its order."""
    definitions: Json = schema.get("$defs", {})
    required: list[str] = schema.get("required", [])
    return tuple(
        _field(name, flat(one, definitions), name in required) for name, one in schema.get("properties", {}).items()
    )


def referred(schema: Json, definitions: Json) -> Json:
    """The definition that a schema refers to; itself where it refers to none."""
    return definitions.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)


def choices_of(schema: Json) -> list[Any]:  # Any: JSON
    """The values that a schema names, where it names some."""
    return schema.get("enum", [schema["const"]] if "const" in schema else [])


def without_numbers(forms: Iterable[Json]) -> list[Json]:
    """The forms of a field; where it is first of all a text, a number is one of its texts, and no form of its own."""
    found = [one for one in forms if one.get("type") != "null"]
    if found and found[0].get("type") == "string":
        found = [one for one in found if one.get("type") not in {"number", "integer"}]
    return found


def flat(schema: Json, definitions: Json) -> Json:
    """A field's schema without references and without the alternative of being null."""
    merged: Json = {}
    for part in (*without_numbers(schema.get("anyOf", ())), *schema.get("allOf", ()), schema):
        if part.get("type") != "null":
            merged |= {**referred(part, definitions), **part}
    return merged


def _field(name: str, schema: Json, required: bool) -> Field:
    return Field(
        name=name,
        type=str(schema.get("type", "")),
        description=str(schema.get("description", "")),
        unit=schema.get("unit"),
        items=schema.get("items", {}).get("unit"),
        names=tuple(schema.get("names", ())),
        reads=schema.get("reads"),
        says=tuple(schema.get("says", {}).items()),
        called=tuple((choice, tuple(names)) for choice, names in schema.get("called", {}).items()),
        knob=bool(schema.get("knob")),
        choices=tuple(map(str, choices_of(schema))),
        required=required,
        default=schema.get("default"),
    )


OF_THE_ROUTER = frozenset({"names", "called", "says", "reads", "knob"})
"""What a schema says for the router's sake: the words by which a sentence fills a field."""


def lean(schema: Json, name: str | None = None) -> Json:
    """A schema as a model reads it: without the router's words, and without titles that only repeat the name."""
    kept: Json = {}
    for key, value in schema.items():
        if key in OF_THE_ROUTER or (key == "title" and (name is None or _plain(value) == _plain(name))):
            continue
        match key, value:
            case (("properties" | "$defs"), _):
                kept[key] = {inner: lean(one, inner) for inner, one in value.items()}
            case (("anyOf" | "oneOf" | "allOf" | "prefixItems"), _):
                kept[key] = [lean(one, "") for one in value]
            case (("items" | "additionalProperties" | "propertyNames"), dict()):
                kept[key] = lean(cast("Json", value), "")
            case _:
                kept[key] = value
    return kept


def _plain(words: str) -> str:
    """Letters and digits alone, as pydantic's titles have them of a name."""
    return "".join(filter(str.isalnum, words)).casefold()
