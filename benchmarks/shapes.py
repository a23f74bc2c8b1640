"""Schemas as people write them, and what a model is asked under them: 20 shapes, five subjects each."""

from __future__ import annotations

from typing import Any

# Any: a JSON schema's members differ in type.
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SHORT: Schema = {"type": "string", "maxLength": 40}
WHOLE: Schema = {"type": "integer"}
SUBJECTS = ("a sailing ship", "a small bakery", "the weather in May", "a mountain railway", "an old library")


def of(*, needs: tuple[str, ...] | None = None, **properties: Schema) -> Schema:
    """An object of these members, all of them needed unless it is said which."""
    required = list(properties if needs is None else needs)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SHAPES: dict[str, Schema] = {
    "a text": of(name=TEXT),
    "two texts": of(name=TEXT, place=TEXT),
    "a whole number": of(name=TEXT, count=WHOLE),
    "a number": of(name=TEXT, length={"type": "number"}),
    "yes or no": of(name=TEXT, open={"type": "boolean"}),
    "one of some": of(kind={"type": "string", "enum": ["large", "middle", "small"]}, name=TEXT),
    "bounds": of(stars={"type": "integer", "minimum": 1, "maximum": 5}, rooms={"type": "integer", "minimum": 0}),
    "short texts": of(title=SHORT, subtitle=SHORT),
    "a list": {"type": "array", "items": SHORT, "minItems": 1, "maxItems": 5},
    "a list within": of(name=SHORT, parts={"type": "array", "items": SHORT, "maxItems": 4}),
    "a list of things": of(
        parts={"type": "array", "items": of(name=SHORT, amount=WHOLE), "minItems": 1, "maxItems": 3}
    ),
    "a thing within": of(name=SHORT, owner=of(name=SHORT, age={"type": "integer", "minimum": 0, "maximum": 120})),
    "what may be missing": of(needs=("name",), name=SHORT, note=SHORT),
    "what may be null": of(name=SHORT, note={"type": ["string", "null"], "maxLength": 40}),
    "a date": of(name=SHORT, opened={"type": "string", "format": "date"}),
    "a pattern": of(code={"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}, name=SHORT),
    "one kind or another": of(price={"anyOf": [{"type": "integer"}, {"type": "null"}]}, name=SHORT),
    "a definition used twice": {
        **of(first={"$ref": "#/$defs/person"}, second={"$ref": "#/$defs/person"}),
        "$defs": {"person": of(name=SHORT, leads={"type": "boolean"})},
    },
    "a constant": of(version={"const": 1}, name=SHORT),
    "three levels": of(a=of(b=of(c=SHORT, d=WHOLE), e={"type": "boolean"})),
}


def asked(shape: str, subject: str, model: str = "embedded") -> dict[str, Any]:  # Any: JSON
    """A request of `models.generate_json`; `model` is `provider:name`, or a provider alone."""
    return {"prompt": f"Describe {subject}.", "answer_schema": SHAPES[shape], "model": model}
