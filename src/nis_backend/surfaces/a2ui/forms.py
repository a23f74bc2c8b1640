"""An operation's request schema as the fields of a form, and a filled form as its arguments."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.fields import choices_of, without_numbers

if TYPE_CHECKING:
    from nis_backend.operation import Json
    from nis_backend.view import Form

Kind = Literal["flag", "choice", "integer", "number", "text", "json"]

WIDEST_SLIDER = 100
"""A slider is for whole numbers of so few steps that each can be hit: renderers go from one to the next."""
REACH = 4
"""A quantity slides from nothing to so many times what it is."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a form; `choices` are the texts of a choice's values."""

    name: str
    label: str
    description: str
    kind: Kind
    required: bool
    value: Any  # Any: JSON; None when it is not known
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None


def fields_of(form: Form) -> list[Field]:
    """The fields of a form, in the order of the schema. A default is filled in, anything else is left open."""
    root = form.request_schema
    required = {*cast("list[str]", root.get("required", [])), *form.missing}
    return [
        _field(name, resolve(schema, root), required=name in required, value=form.values.get(name))
        for name, schema in _properties(root).items()
    ]


def _field(name: str, schema: Json, *, required: bool, value: Any) -> Field:  # Any: JSON
    value = schema.get("default") if value is None else value
    choices = _choices(schema)
    kind = _kind(schema)
    if kind == "flag" and not isinstance(value, bool):
        # A box is ticked or not; only a choice can also be left open.
        kind, choices = "choice", ("true", "false")
    unit = schema.get("unit")
    return Field(
        name=name,
        label=name.replace("_", " ") + (f" ({unit})" if unit else ""),
        description=str(schema.get("description", "")),
        kind=kind,
        required=required,
        value=value,
        choices=choices,
        bounds=_span(schema, kind, value),
    )


def _span(schema: Json, kind: Kind, value: Any) -> tuple[int, int] | None:  # Any: JSON
    """From where to where a slider goes: an integer of few values, or a whole quantity that somebody chose."""
    if kind not in ("integer", "number") or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    low, high = schema.get("minimum"), schema.get("maximum")
    if kind == "integer" and isinstance(low, int) and isinstance(high, int) and 0 < high - low <= WIDEST_SLIDER:
        return low, high
    chosen = schema.get("unit") is not None and not schema.get("knob")
    if not chosen or value != int(value) or not 0 < value <= WIDEST_SLIDER:
        return None
    most = schema.get("exclusiveMaximum", high if high is not None else 2.0**53)
    least = schema.get("exclusiveMinimum", low if low is not None else 0)
    first = max(math.floor(least) + 1 if "exclusiveMinimum" in schema else math.ceil(least), 0)
    last = min(int(value * REACH), math.floor(most) - int("exclusiveMaximum" in schema))
    return (first, last) if last - first >= REACH else None


def arguments_of(schema: Json, fields: Json) -> Json:
    """What the fields hold as the schema's types: numbers from text, a choice from its list; empty fields are left out.

    What cannot be converted stays as it is, for the operation's validation to name.
    """
    properties = _properties(schema)
    converted = {
        name: _convert(resolve(properties[name], schema), value) if name in properties else value
        for name, value in fields.items()
    }
    return {name: value for name, value in converted.items() if value not in ("", [], None)}


def _convert(schema: Json, value: Any) -> Any:  # Any: JSON
    kind = _kind(schema)
    chosen = cast("list[Any]", value) if isinstance(value, list) and kind != "json" else []
    if len(chosen) == 1:
        return _convert(schema, chosen[0])
    if not isinstance(value, str):
        return cast("Any", value)
    text = value.strip()
    if not text or kind == "text":
        return value if text else ""
    if kind == "choice":
        return next((one for one in choices_of(schema) if _text(one) == value), value)
    wanted = {"flag": bool, "integer": int | float, "number": int | float}.get(kind, object)
    for candidate in (text, f"[{text}]") if kind == "json" else (text,):
        try:
            read = json.loads(candidate, parse_constant=str)
        except (ValueError, RecursionError):
            continue
        # `true` is a number to Python, not to a person who typed it where a speed belongs.
        if isinstance(read, wanted) and (kind in {"flag", "json"} or not isinstance(read, bool)):
            return read
    return value


def resolve(schema: Json, root: Json) -> Json:
    """A field's schema without references and without the alternative of being null."""
    merged = dict(schema)
    for _ in range(8):  # references to references end; a loop of them must too
        if (target := merged.pop("$ref", None)) is not None:
            merged = {**_at(root, str(target)), **merged}
            continue
        options = merged.get("anyOf") or merged.get("oneOf") or merged.get("allOf")
        real = without_numbers(cast("list[Json]", options or []))
        if len(real) != 1:
            break
        merged = {**real[0], **{key: one for key, one in merged.items() if key not in ("anyOf", "oneOf", "allOf")}}
    return merged


def _at(root: Json, pointer: str) -> Json:
    found: Any = root  # Any: JSON
    for part in pointer.removeprefix("#/").split("/"):
        found = cast("Json", found).get(part, {}) if isinstance(found, dict) else {}
    return cast("Json", found) if isinstance(found, dict) else {}


def _properties(schema: Json) -> dict[str, Json]:
    return cast("dict[str, Json]", schema.get("properties", {}))


def _choices(schema: Json) -> tuple[str, ...]:
    return tuple(_text(value) for value in choices_of(schema) if value is not None)


def _text(value: Any) -> str:  # Any: JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _kind(schema: Json) -> Kind:
    if choices_of(schema):
        return "choice"
    kinds: dict[Any, Kind] = {"boolean": "flag", "integer": "integer", "number": "number", "string": "text"}
    of = schema.get("type")
    return kinds.get(of, "json") if isinstance(of, str) else "json"


def text_of(value: Any) -> str:  # Any: JSON
    """A value as a text field shows it."""
    return "" if value is None else _text(value)
