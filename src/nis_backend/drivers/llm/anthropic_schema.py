"""A JSON schema as Anthropic enforces it: objects are closed, and bounds on numbers, texts and lists are not known.

What is left out is looked at by whoever reads the answer.

Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

from __future__ import annotations

from typing import Any, cast

# Any: a JSON schema's values differ in type.
Json = dict[str, Any]

KEPT = frozenset({"type", "enum", "const", "description", "title", "default", "required", "$ref", "format"})
FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
)


def enforceable(schema: Json) -> Json | None:
    """The schema as far as it can be enforced; None where it allows members that it does not name."""
    try:
        return _closed(schema)
    except ValueError:
        return None


def _closed(schema: Any) -> Json:
    if not isinstance(schema, dict):
        # `true` and `false` are schemas too.
        raise ValueError  # noqa: TRY004 - as below
    given = cast("Json", schema)
    found = {name: value for name, value in given.items() if name in KEPT}
    if found.get("format") not in FORMATS:
        found.pop("format", None)
    for name in ("properties", "$defs", "definitions"):
        if name in given:
            found[name] = {key: _closed(value) for key, value in given[name].items()}
    for name in ("anyOf", "oneOf", "allOf"):
        if name in given:
            found["allOf" if name == "allOf" else "anyOf"] = [_closed(one) for one in given[name]]
    if "items" in given:
        found["items"] = _closed(given["items"])
    if found.get("type") == "object" or "properties" in given:
        if not given.get("properties") or given.get("additionalProperties"):
            raise ValueError
        found["additionalProperties"] = False
    return found
