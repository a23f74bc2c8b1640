"""Arguments that a model got wrong: what is certain is mended, else it is shown the schema once and then told.

Certain is what has one reading: a number, a truth value or JSON in quotation marks where the schema takes no text,
JSON in a code fence, a name or a choice in other letters or joints, null for what may be left out.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import shorten
from nis_backend.event import ArgumentsMended

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.context import Context
    from nis_backend.drivers.llm.answer import ToolCall

    Json = dict[str, Any]  # Any: JSON

LONGEST_SCHEMA = 6000
"""Characters of a schema that a model is shown."""
LONGEST = 65_536
"""Characters of arguments that are looked at."""
DEEPEST, MOST_CHANGES = 16, 32
WRONG = frozenset({"invalid_request", "malformed"})
"""What arguments are refused as."""

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"\s*-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?\s*")


@dataclass(kw_only=True)
class Mending:
    """What a conversation's arguments are mended by, and which schemas its model was shown."""

    schemas: Mapping[str, Json]
    """Of the arguments, by the tool's name."""
    shown: set[str] = field(default_factory=set[str])

    async def mend(self, ctx: Context, step: int, call: ToolCall) -> ToolCall:
        """The call with what is certain mended; an event says what."""
        schema = self.schemas.get(call.name.replace(".", "-"))
        if schema is None or len(call.arguments) > LONGEST:
            return call
        mended, changes = mend(call.arguments, schema)
        if not changes:
            return call
        await ctx.run.write(
            ArgumentsMended(step=step, call_id=call.id, tool=call.name, changes=changes[:MOST_CHANGES], shown=False)
        )
        return replace(call, arguments=mended)

    async def told(self, ctx: Context, step: int, call: ToolCall, problem: Json | None, told: str) -> str:
        """What a model is told of a call, with the schema where its arguments were refused for the first time."""
        schema = self.schemas.get(call.name.replace(".", "-"))
        if schema is None or problem is None or problem.get("code") not in WRONG or call.name in self.shown:
            return told
        text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
        if len(text) > LONGEST_SCHEMA:
            return told
        self.shown.add(call.name)
        await ctx.run.write(ArgumentsMended(step=step, call_id=call.id, tool=call.name, changes=[], shown=True))
        return f"{told}\nThe arguments of {call.name} follow this JSON schema; call it once more: {text}"


def mend(arguments: str, schema: Json) -> tuple[str, list[str]]:
    """The arguments with what is certain mended, and what was; as they are where nothing is."""
    changes: list[str] = []
    fenced = _FENCED.fullmatch(arguments)
    try:
        given: Any = json.loads(fenced[1] if fenced else arguments)
        if fenced:
            changes.append("a code fence was taken off")
        if isinstance(given, str):
            given = json.loads(given)
            changes.append("JSON in quotation marks was read")
    except (ValueError, RecursionError):
        return arguments, []
    if not isinstance(given, dict):
        return arguments, []
    mended = _Schema(schema, changes).value(given, schema, "", 0)
    return (json.dumps(mended, ensure_ascii=False), changes) if changes else (arguments, [])


class _Schema:
    """A schema, and what was changed by it."""

    def __init__(self, root: Json, changes: list[str]) -> None:
        self._root = root
        self._changes = changes

    def value(self, given: Any, schema: Any, path: str, depth: int) -> Any:  # Any: JSON
        """A value as the schema takes it, where that is certain."""
        if depth > DEEPEST:
            return given
        options = self._options(schema, 0)
        types = {one.get("type") for one in options}
        if None in types or any(isinstance(one, list) for one in types) or not options:
            # A schema that names no type, or several in one, is not read.
            return given
        mended = _read(given, cast("set[str]", types))
        if mended is given and isinstance(given, str):
            mended = _chosen(given, options)
        if mended is not given:
            self._changes.append(f"{path or 'arguments'}: {shorten(json.dumps(given), 40)} is {_short(mended)}")
        return self._inside(mended, options, path, depth)

    def _inside(self, given: Any, options: list[Json], path: str, depth: int) -> Any:  # Any: JSON
        """What a list or an object holds, as the schema takes it."""
        members, values = _dict(given), _list(given)
        one = self._only(options, "array" if members is None else "object")
        if members is not None and one:
            return self._object(members, one, path, depth)
        if values is not None and one and one.get("items"):
            return [self.value(each, one["items"], f"{path}.{n}", depth + 1) for n, each in enumerate(values)]
        return given

    def _object(self, given: Json, schema: Json, path: str, depth: int) -> Json:
        fields: Json = schema.get("properties", {})
        required = set(schema.get("required", ()))
        mended: Json = {}
        for name, each in given.items():
            known = name if name in fields or schema.get("additionalProperties") is not False else None
            known = known or self._renamed(name, fields, given)
            at = f"{path}.{name}".lstrip(".")
            if known is None:
                mended[name] = each
                continue
            if known != name:
                self._changes.append(f"{at}: is called {known}")
            if each is None and known in fields and known not in required and not self._takes_null(fields[known]):
                self._changes.append(f"{at}: null was left out")
                continue
            mended[known] = self.value(each, fields[known], at, depth + 1) if known in fields else each
        return mended

    def _renamed(self, name: str, fields: Json, given: Json) -> str | None:
        """The one field that this is the name of in other letters or joints."""
        same = [one for one in fields if _bare(one) == _bare(name) and one not in given]
        twins = [one for one in given if _bare(one) == _bare(name)]
        return same[0] if len(same) == len(twins) == 1 else None

    def _takes_null(self, schema: Any) -> bool:  # Any: JSON
        options = self._options(schema, 0)
        return any(one.get("type") in (None, "null") or isinstance(one.get("type"), list) for one in options)

    def _only(self, options: list[Json], kind: str) -> Json | None:
        """The one option of this type."""
        found = [one for one in options if one.get("type") == kind]
        return found[0] if len(found) == 1 else None

    def _options(self, schema: Any, depth: int) -> list[Json]:  # Any: JSON
        """What the schema allows, each with one type, references within it followed."""
        if not isinstance(schema, dict) or depth > DEEPEST:
            return []
        one = cast("Json", schema)
        reference = one.get("$ref")
        if isinstance(reference, str):
            found: Any = self._root
            for part in reference.removeprefix("#/").split("/"):
                found = cast("Json", found).get(part) if isinstance(found, dict) else None
            return self._options(found, depth + 1)
        several = one.get("anyOf") or one.get("oneOf")
        if isinstance(several, list):
            return [option for each in cast("list[Any]", several) for option in self._options(each, depth + 1)]
        return [one]


def _read(given: Any, types: set[str]) -> Any:  # Any: JSON
    """A value that has another type than the schema takes, as it takes it; itself where that is not certain."""
    if isinstance(given, float) and given.is_integer() and "integer" in types and "number" not in types:
        return int(given)
    if not isinstance(given, str) or "string" in types:
        return given
    low = given.strip().lower()
    if types & {"integer", "number"} and _NUMBER.fullmatch(given):
        number = json.loads(given)
        whole = isinstance(number, int) or ("number" not in types and number.is_integer())
        read = int(number) if whole else number
        return read if math.isfinite(read) and (whole or "number" in types) else given
    plain = {"true": (True, "boolean"), "false": (False, "boolean"), "null": (None, "null"), "none": (None, "null")}
    if low in plain:
        return plain[low][0] if plain[low][1] in types else given
    return _structured(given, types)


def _structured(given: str, types: set[str]) -> Any:  # Any: JSON
    """JSON that stands in a text where a list or an object is taken."""
    if not types & {"array", "object"}:
        return given
    try:
        read: Any = json.loads(given)
    except (ValueError, RecursionError):
        return given
    kind = "array" if _list(read) is not None else "object" if _dict(read) is not None else ""
    return read if kind in types else given


def _dict(value: Any) -> Json | None:  # Any: JSON
    return cast("Json", value) if isinstance(value, dict) else None


def _list(value: Any) -> list[Any] | None:  # Any: JSON
    return cast("list[Any]", value) if isinstance(value, list) else None


def _chosen(given: str, options: list[Json]) -> str:
    """The one choice that this is in other letters or joints."""
    choices: list[Any] = [one for option in options for one in option.get("enum", ())]
    if given in choices or not choices or any("enum" not in one and one.get("type") == "string" for one in options):
        return given
    same = [one for one in choices if isinstance(one, str) and _bare(one) == _bare(given)]
    return same[0] if len(same) == 1 else given


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _short(value: Any) -> str:  # Any: JSON
    return shorten(json.dumps(value, ensure_ascii=False), 40)
