"""The reference as Markdown, derived: a page for each family of operations, one of settings, one of errors."""

from __future__ import annotations

import inspect
import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined

from nis_backend import errors
from nis_backend.errors import CODES
from nis_backend.fields import choices_of
from nis_backend.settings import Settings
from nis_backend.surfaces.rest.derive import routes_of
from nis_backend.surfaces.tools import tool_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic.fields import FieldInfo

    from nis_backend.entry import Entry
    from nis_backend.operation import Json

MADE = "<!-- Written by `make generate`: change the declarations instead. -->\n"


def pages(entries: Sequence[Entry]) -> dict[str, str]:
    """Each page's file name and text; `entries` are in order of their names."""
    families = {family: list(group) for family, group in groupby(entries, lambda entry: entry.family)}
    return {
        "README.md": _page("Reference", _index(families)),
        "settings.md": _page("Settings", _settings()),
        "errors.md": _page("Errors", _errors()),
        **{f"{family}.md": _page(f"`{family}`", _family(group)) for family, group in families.items()},
    }


def _page(title: str, lines: Iterable[str]) -> str:
    return "\n".join([MADE, f"# {title}", "", *lines]).rstrip() + "\n"


def _index(families: dict[str, list[Entry]]) -> Iterator[str]:
    yield "[Settings](settings.md) and [errors](errors.md), and every operation:"
    yield ""
    for family, entries in families.items():
        yield from _table(
            (f"[`{family}`]({family}.md)", "effect", "answers", ""),
            ((f"`{entry.action}`", entry.effect, entry.shape, entry.summary) for entry in entries),
        )


def _family(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield from (f"## {entry.name}", "", entry.description, "")
        yield from _table(("", ""), _traits(entry))
        yield from _fields("Request", entry.request_schema, required=True)
        yield from _fields("Result", entry.result_schema, required=False)
        for example in entry.examples[:1]:
            shown = json.dumps(example["request"], ensure_ascii=False)
            first = "".join(f" {_first(one)}" for one in example["before"])
            yield from (f"Example: {example['title'].rstrip('.')}.{first}", "", "```json", shown, "```", "")


def _first(before: Json) -> str:
    """A call that an example stands on, in words."""
    done = "has answered" if before["wait"] else "is under way"
    given = json.dumps(before["request"], ensure_ascii=False)
    return f"`{before['name']}` is `{before['operation']}` with `{given}`, which {done}."


def _traits(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "REST", "<br>".join(f"`{route.method} {route.path}`" for route in routes_of(entry))
    yield "command line", f"`nis call {entry.name}`"
    yield "tool", f"`{tool_name(entry)}`"
    yield "effect", entry.effect
    if entry.scopes:
        yield "scopes", ", ".join(f"`{scope}`" for scope in entry.scopes)
    if entry.shape != "run":
        yield "time limit", f"{entry.time_limit:g} s"


def _fields(title: str, schema: Json, *, required: bool) -> Iterator[str]:
    properties: dict[str, Json] = schema.get("properties", {})
    if not properties:
        return
    given = schema.get("required", ())
    yield from (f"**{title}**" + (f": {schema['description']}" if schema.get("description") else ""), "")
    rows = (
        (f"`{name}`", _kind(field), *((_default(field, needed=name in given),) if required else ()), _meaning(field))
        for name, field in properties.items()
    )
    yield from _table(("field", "type", *(("default",) if required else ()), ""), rows)


def _kind(schema: Json) -> str:
    """A field's type in words, with its unit and its bounds."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if choices := choices_of(schema):
        return "one of " + ", ".join(json.dumps(one, ensure_ascii=False) for one in choices)
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        kind = f"list of {_kind(schema.get('items', {}))}"
    unit = f" [{schema['unit']}]" if schema.get("unit") else ""
    bounds = [f"{sign} {schema[name]:g}" for name, sign in _BOUNDS.items() if name in schema]
    return kind + unit + (f", {', '.join(bounds)}" if bounds else "")


_BOUNDS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
    "minLength": "length ≥",
    "maxLength": "length ≤",
    "minItems": "items ≥",
    "maxItems": "items ≤",
}


def _default(schema: Json, *, needed: bool) -> str:
    return "required" if needed else f"`{json.dumps(schema.get('default'), ensure_ascii=False)}`"


def _meaning(schema: Json) -> str:
    return str(schema.get("description", ""))


def _settings() -> Iterator[str]:
    yield from ("Read once, at start. `nis settings` prints each one's value and source.", "")
    yield from _table(
        ("variable", "default", ""),
        (
            (f"`{field.alias}`", _setting_default(name, field), field.description or "")
            for name, field in Settings.model_fields.items()
        ),
    )


def _setting_default(name: str, field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        # The folders below the person's home; the page is the same wherever it is written.
        return "`~/.local/share/nis`" if name == "data" else f"`~/.local/share/nis/{name}`"
    return "unset" if field.default in (None, "") else f"`{field.default}`"


def _errors() -> Iterator[str]:
    yield from ("Every failure is one of these, on every surface.", "", "```", inspect.cleandoc(errors.__doc__ or ""))
    yield from ("```", "")
    yield from _table(
        ("code", "HTTP", "JSON-RPC", "A2A", "exit code", "try again", ""),
        (
            (
                f"`{kind('').code}`",
                *(str(one) for one in (codes.http, codes.jsonrpc, codes.a2a, codes.exit)),
                "yes" if codes.retry else "no",
                inspect.getdoc(kind) or "",
            )
            for kind, codes in CODES.items()
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:  # Any: what a cell shows
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""
