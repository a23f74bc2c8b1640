"""A JSON schema that answers are held to: what a caller may ask for, and whether an answer is that.

Nothing is fetched: a schema refers to its own parts alone. Patterns are matched in linear time, by pydantic's engine;
one with backtracking would hold up the process for whoever sends the right pattern and has a model write the text.

Source: https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

import asyncio
import importlib
import json
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema, from_json

from nis_backend.errors import InvalidRequest, NotSupported, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

# Any: the members of JSON, and of a schema, differ in type.
Schema = dict[str, Any]

LONGEST, DEEPEST = 65_536, 32
"""Characters of a schema; schemas within each other."""
MOST_STEPS = 20_000
"""References that are followed while one answer is looked at: schemas that refer to each other twice over take 2ⁿ."""

UNREAD = frozenset({"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$anchor", "patternProperties"})
"""What is not read here: it leads elsewhere in ways that a glance does not show, or is matched by another engine."""
DATA = frozenset({"enum", "const", "default", "examples"})
"""Members that hold values, in which nothing is a schema."""


class Wrong(Exception):
    """What an answer has that it should not, in words for the model and for the caller."""


class Held:
    """A schema, checked."""

    def __init__(self, schema: Schema, field: str) -> None:
        """Read a caller's schema; `field` is where it was given. It may take a while: see `hold`.

        Raises:
            InvalidRequest: it is no schema, or too large.
            NotSupported: it has what is not read here.
        """
        self.schema = schema
        self._field = field
        self._patterns: dict[str, SchemaValidator] = {}
        self._steps = 0
        self._validator = self._checked()
        # One that leads to itself before it looks at anything would refuse every answer, once there is one.
        self._first_wrong(None)

    def read(self, text: str) -> Any:  # Any: JSON
        """The value that a model has written.

        Raises:
            Wrong: it is not JSON, or not what the schema asks for.
        """
        try:
            value = from_json(_unfenced(text), allow_inf_nan=False)
            json.dumps(value, allow_nan=False)
        except ValueError as error:
            raise Wrong(f"it is not JSON: {shorten(str(error), 200)}") from None
        wrong = self._first_wrong(value)
        if wrong is not None:
            raise Wrong(f"at {shorten(wrong.json_path, 200)}: {shorten(wrong.message, 300)}")
        return value

    def _first_wrong(self, value: Any) -> Any:  # Any: JSON in, and jsonschema has no types
        self._steps = 0
        try:
            return next(self._validator.iter_errors(value), None)
        except RecursionError:
            raise self._refused("The schema refers to itself without an end.") from None

    def _checked(self) -> Any:  # Any: jsonschema has no types
        try:
            text = json.dumps(self.schema, allow_nan=False)
        except ValueError:
            raise self._refused("There is a number that is infinite or none.") from None
        if len(text) > LONGEST:
            raise self._refused(f"The schema has {len(text)} characters; {LONGEST} are allowed.")
        self._walk(self.schema, "#", 0)
        library: Any = importlib.import_module("jsonschema")  # loads with the first schema
        standard = library.Draft202012Validator
        wrong = next(standard(standard.META_SCHEMA).iter_errors(self.schema), None)
        if wrong is not None:
            raise self._refused(f"At #/{'/'.join(map(str, wrong.path))} of the schema: {shorten(wrong.message, 200)}.")
        follow = standard.VALIDATORS["$ref"]

        def counted(validator: Any, reference: str, instance: Any, schema: Any) -> Any:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise self._refused(f"The schema takes more than {MOST_STEPS} steps to look at an answer.")
            return follow(validator, reference, instance, schema)

        own = {"$ref": counted, "pattern": self._matched, "uniqueItems": _unique}
        return library.validators.extend(standard, own)(self.schema)

    def _walk(self, value: Any, path: str, depth: int) -> None:  # Any: JSON
        if depth > 2 * DEEPEST:
            raise self._refused(f"The schema is deeper than {DEEPEST}.")
        if isinstance(value, list):
            for number, one in enumerate(cast("list[Any]", value)):
                self._walk(one, f"{path}/{number}", depth + 1)
        if not isinstance(value, dict):
            return
        given = cast("Schema", value)
        for name, one in given.items():
            if name in UNREAD and not path.endswith("/properties"):
                raise self._unread(name, path)
            if name == "$ref" and isinstance(one, str):
                self._find(one, path)
            if name == "pattern" and isinstance(one, str):
                self._compile(one, path)
            if name not in DATA:
                self._walk(one, f"{path}/{name}", depth + 1)

    def _find(self, reference: str, path: str) -> None:
        """It leads to a part of this schema."""
        found: Any = self.schema
        parts = reference.removeprefix("#").split("/")[1:]
        for part in parts:
            name = part.replace("~1", "/").replace("~0", "~")
            found = cast("Schema", found).get(name) if isinstance(found, dict) else None
        if not reference.startswith("#") or not isinstance(found, dict | bool) or (reference != "#" and not parts):
            raise NotSupported(
                f"At {path} of the schema {shorten(reference, 60)!r} refers to no part of it, and nothing is fetched.",
                field=self._field,
                value=reference,
                remedy="Refer to #/$defs/NAME of this schema.",
            )

    def _compile(self, pattern: str, path: str) -> None:
        try:
            schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")
            self._patterns[pattern] = SchemaValidator(schema)
        except SchemaError:
            raise NotSupported(
                f"The pattern at {path} of the schema cannot be matched: {shorten(pattern, 60)}.",
                field=self._field,
                value=pattern,
                remedy="Write it without looking ahead or back, and without references to its groups.",
            ) from None

    def _matched(self, _validator: Any, pattern: Any, instance: Any, _schema: Any) -> Iterator[Any]:
        """The rule `pattern`, as jsonschema calls it."""
        if isinstance(instance, str):
            try:
                self._patterns[pattern].validate_python(instance)
            except ValidationError:
                yield _error(f"{shorten(instance, 80)!r} does not match {shorten(pattern, 80)!r}")

    def _unread(self, name: str, path: str) -> NotSupported:
        return NotSupported(
            f"{name} at {path} of the schema is not read here.",
            field=self._field,
            value=name,
            remedy="Write the schema without it.",
        )

    def _refused(self, what: str) -> InvalidRequest:
        return InvalidRequest(what, field=self._field, remedy="Give a plainer JSON schema.")


async def hold(schema: Schema, field: str = "answer_schema") -> Held:
    """The schema, checked in a thread; raises as `Held` does."""
    return await asyncio.to_thread(Held, schema, field)


def _unique(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """The rule `uniqueItems`, in one pass."""
    if wanted is True and isinstance(instance, list):
        told = [json.dumps(one, sort_keys=True) for one in cast("list[Any]", instance)]
        if len(set(told)) < len(told):
            yield _error("has items that are the same")


def _error(message: str) -> Any:  # Any: jsonschema has no types
    return importlib.import_module("jsonschema").ValidationError(message)


def _unfenced(text: str) -> str:
    """Some models put a code block's marks around what they write."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped:
        return stripped.partition("\n")[2].removesuffix("```")
    return stripped
