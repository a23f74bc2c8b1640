"""Which JSON schemas a model on this CPU can be held to, word for word, by the engine's grammar.

The engine turns a schema into a grammar and silently leaves out what it has no rule for; such a schema is refused here
by the name of its keyword. What the standard does not define is an annotation, and is not read.

Source: https://json-schema.org/draft/2020-12, and the grammar of llama.cpp's `json-schema-to-grammar`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, cast

from nis_backend.errors import InvalidRequest, NotSupported, shorten

# Any: a schema's members differ in type.
Schema = dict[str, Any]

MOST_PARTS, DEEPEST, MOST_PROPERTIES, MOST_TIMES, LONGEST_PATTERN = 500, 32, 100, 1000, 200
"""Bounds: schemas within the schema, one in another, an object's properties, repetitions, characters of a pattern."""
LONGEST, MOST_VALUES, MOST_GROUPS = 65_536, 1000, 30
"""Bounds on what each word of an answer is weighed against: characters of the schema, values of its enums together, and
how often a pattern's groups are repeated, within each other."""

TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
OF_TYPE = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
"""What the grammar holds to, by the type it is said of."""
COMBINED = ("$ref", "anyOf", "oneOf")
"""Of these the grammar reads one, and nothing beside it."""
DEFINITIONS = ("$defs", "definitions")
UNREAD = frozenset(
    {
        *("allOf", "not", "if", "then", "else", "multipleOf", "uniqueItems", "contains", "minContains", "maxContains"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties", "additionalItems", "dependencies"),
        *("dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "contentSchema"),
        *("$dynamicRef", "$recursiveRef"),
    }
)
"""What the standard defines and the grammar has no rule for."""
ASSERTIONS = frozenset(word for words in OF_TYPE.values() for word in words) | {*COMBINED, "type", "enum", "const"}
FORMATS = ("date", "time", "date-time", "uuid")
_TIMES = (("minItems", "maxItems"), ("minLength", "maxLength"))
_SIZES = (("minimum", "maximum"), ("exclusiveMinimum", "exclusiveMaximum"))
_REFERENCE = re.compile(r"#/(\$defs|definitions)/([^/]+)")
_PATTERN = re.compile(
    r"""\^(?:
        (?: [A-Za-z0-9 !#%&',:;<=>@_`~/-]
          | \[(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[A-Za-z0-9 !#%&'(),.:;<=>@_`~/+*?|{}$])+-?\]
          | \)
        ) (?: [*+?] | \{\d{1,3}(?:,\d{0,3})?\} )?
      | \\[.()\[\]{}*+?|^$-]
      | [(|]
    )*\$""",
    re.VERBOSE,
)
"""Characters, classes, groups and choices between the two anchors, each of them repeated.

Not a dot, nor a class of what a character is not: the grammar lets them be the quotation mark that ends the text, or a
backslash, and both break the JSON around it. Nor an escaped character repeated: the grammar repeats more than that.
"""


_TAKEN = re.compile(r"\\.|\[[^\]]+\]")
_GROUP_TIMES = re.compile(r"\)\{(?:\d+,)?(\d+),?\}")


def _read_integer(text: str) -> None:
    if not -(2**63) <= int(text) < 2**63:
        raise ValueError


def _repeats_little(pattern: str) -> bool:
    """Whether groups are repeated a few times only: the grammar tries each of their ways at once."""
    return math.prod(max(int(times), 1) for times in _GROUP_TIMES.findall(_TAKEN.sub("x", pattern))) <= MOST_GROUPS


def check_schema(schema: Schema, field: str) -> None:
    """Refuse what the model could not be held to; `field` is where the caller gave it.

    Raises:
        NotSupported: naming the keyword and where it stands.
        InvalidRequest: the schema is none, or too large.
    """
    check = _Check(schema, field)
    check.size()
    check.part(schema, "", 0)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A schema within the schema."""

    schema: Schema
    path: str
    types: frozenset[str] | None


class _Check:
    def __init__(self, root: Schema, field: str) -> None:
        self._root = root
        self._field = field
        self._parts = 0
        self._values = 0

    def size(self) -> None:
        """The engine reads all of it: a text of JSON that is not too long, with numbers of 64 bits."""
        try:
            text = json.dumps(self._root, allow_nan=False)
            json.loads(text, parse_int=_read_integer)
        except ValueError:
            raise self._wrong("", "there is a number that is infinite, none, or of more than 64 bits", "") from None
        if len(text) > LONGEST:
            raise self._wrong("", f"there are more than {LONGEST} characters", "")

    def part(self, schema: object, path: str, depth: int) -> None:
        """One schema and those within it."""
        self._parts += 1
        if self._parts > MOST_PARTS or depth > DEEPEST:
            raise self._wrong(path, f"the schema has more than {MOST_PARTS} parts, or is deeper than {DEEPEST}", "")
        if not isinstance(schema, dict):
            raise self._refused("a schema that is not an object", path)
        place = self._place(cast("Schema", schema), path)
        said = ASSERTIONS & place.schema.keys()
        for word in sorted(UNREAD & place.schema.keys()):
            if place.schema[word] is not False:
                raise self._refused(word, path)
        combined = said & {*COMBINED}
        if combined and len(said) > 1:
            raise self._refused(f"{min(combined)} beside {', '.join(sorted(said - {min(combined)}))}", path)
        self._keywords(place, said)
        for name, one in self._within(place):
            self.part(one, f"{path}/{name}", depth + 1)

    def _place(self, schema: Schema, path: str) -> _Place:
        given: object = schema.get("type")
        if given is None:
            return _Place(schema=schema, path=path, types=None)
        types = cast("list[object]", given) if isinstance(given, list) else [given]
        if not types or not all(isinstance(one, str) and one in TYPES for one in types):
            raise self._wrong(
                path, f"there is no type {shorten(cast('object', given), 40)}", f"Use: {', '.join(sorted(TYPES))}."
            )
        return _Place(schema=schema, path=path, types=frozenset(map(str, types)))

    def _keywords(self, place: _Place, said: set[str] | frozenset[str]) -> None:
        """What is said of each type is said of one that the schema allows, and within bounds."""
        for kind, words in OF_TYPE.items():
            for word in words:
                if word not in said:
                    continue
                # Without a type the grammar takes the one that the word is for; a number's bounds it does not read.
                if kind == "integer" and (place.types is None or "number" in place.types):
                    raise self._refused(f"{word} of a number", place.path)
                if place.types is not None and kind not in place.types:
                    raise self._refused(f"{word} of what is no {kind}", place.path)
        for pair in (*_TIMES, *_SIZES):
            self._pair(place, *pair)
        self._objects(place)
        self._strings(place)
        self._tuples(place)
        if "enum" in said:
            self._enum(place)
        if "$ref" in said:
            self._reference(place)

    def _enum(self, place: _Place) -> None:
        values: object = place.schema["enum"]
        if not isinstance(values, list) or not values:
            raise self._wrong(place.path, "enum is not a list of values", "")
        self._values += len(cast("list[object]", values))
        if self._values > MOST_VALUES:
            raise self._wrong(place.path, f"the enums of the schema have more than {MOST_VALUES} values", "")

    def _pair(self, place: _Place, least: str, most: str) -> None:
        low, high = place.schema.get(least, 0), place.schema.get(most, MOST_TIMES)
        whole = isinstance(low, int) and isinstance(high, int)
        many = (least, most) in _TIMES and whole and (low < 0 or max(low, high) > MOST_TIMES)
        if not whole or many or (most in place.schema and least in place.schema and low > high):
            raise self._wrong(place.path, f"{least} and {most} are not whole numbers in order, or too large", "")

    def _objects(self, place: _Place) -> None:
        properties: object = place.schema.get("properties", {})
        required: object = place.schema.get("required", [])
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise self._wrong(place.path, "properties is not an object, or required not a list", "")
        if len(cast("Schema", properties)) > MOST_PROPERTIES:
            raise self._wrong(place.path, f"an object has more than {MOST_PROPERTIES} properties", "")
        unknown = [one for one in cast("list[object]", required) if one not in list(cast("Schema", properties))]
        if unknown:
            raise self._refused(f"required of {shorten(unknown[0], 40)}, which properties lacks", place.path)

    def _strings(self, place: _Place) -> None:
        schema = place.schema
        lengths = "minLength" in schema or "maxLength" in schema
        if "format" in schema and (schema["format"] not in FORMATS or lengths or "pattern" in schema):
            raise self._refused(f"format {shorten(schema['format'], 40)}", place.path, f"Use: {', '.join(FORMATS)}.")
        if "pattern" in schema and (lengths or not _is_kept(schema["pattern"])):
            raise self._refused(
                f"pattern {shorten(schema['pattern'], 40)}",
                place.path,
                r"Write it from ^ to $ in ASCII, with classes like [0-9] for \d and ., without lengths beside it, "
                f"and repeat a group at most {MOST_GROUPS} times.",
            )

    def _tuples(self, place: _Place) -> None:
        """The grammar writes each of `prefixItems` once, and nothing after them."""
        schema = place.schema
        if "prefixItems" not in schema:
            return
        first: object = schema["prefixItems"]
        if not isinstance(first, list) or not first:
            raise self._wrong(place.path, "prefixItems is not a list of schemas", "")
        count = len(cast("list[object]", first))
        if [schema.get("minItems", count), schema.get("maxItems", count)] != [count, count] or "items" in schema:
            raise self._refused("prefixItems beside items, or with another number of items", place.path)

    def _reference(self, place: _Place) -> None:
        """It leads to a definition of this schema, and not through references alone back to itself."""
        seen: set[str] = set()
        target = place.schema
        while "$ref" in target:
            name = str(target["$ref"])
            found = _REFERENCE.fullmatch(name)
            held = self._root.get(found[1]) if found else None
            inside = cast("Schema", held).get(found[2]) if found and isinstance(held, dict) else None
            if not isinstance(inside, dict) or name in seen:
                raise self._refused(f"$ref {shorten(name, 60)}", place.path, "Refer to #/$defs/NAME of this schema.")
            seen.add(name)
            target = cast("Schema", inside)

    def _within(self, place: _Place) -> list[tuple[str, object]]:
        """The schemas that this one holds, with their places."""
        found: list[tuple[str, object]] = []
        for word in ("properties", *DEFINITIONS):
            held: object = place.schema.get(word, {})
            if isinstance(held, dict):
                found += [(f"{word}/{name}", one) for name, one in cast("Schema", held).items()]
        for word in ("anyOf", "oneOf", "prefixItems"):
            held = place.schema.get(word, [])
            if not isinstance(held, list):
                raise self._wrong(place.path, f"{word} is not a list of schemas", "")
            found += [(f"{word}/{number}", one) for number, one in enumerate(cast("list[object]", held))]
        if "items" in place.schema:
            found.append(("items", place.schema["items"]))
        if not isinstance(place.schema.get("additionalProperties", False), bool):
            found.append(("additionalProperties", place.schema["additionalProperties"]))
        return found

    def _refused(self, what: str, path: str, remedy: str = "") -> NotSupported:
        return NotSupported(
            f"The model cannot be held to {what}, at #{path} of the schema.",
            field=self._field,
            value=what,
            remedy=remedy or "Leave it out and check the answer yourself, or use another provider's model.",
        )

    def _wrong(self, path: str, what: str, remedy: str) -> InvalidRequest:
        return InvalidRequest(
            f"At #{path} of the schema {what}.", field=self._field, remedy=remedy or "Give a plainer JSON schema."
        )


def _is_kept(pattern: object) -> bool:
    """Whether the grammar writes what the pattern says."""
    if not isinstance(pattern, str) or len(pattern) > LONGEST_PATTERN or not _PATTERN.fullmatch(pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return "(?" not in pattern and _repeats_little(pattern)
