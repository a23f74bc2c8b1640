"""Definitions in files: TOML, JSON, or YAML where its package is there; and what of one differs from what is kept."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, TooLarge, Unavailable, shorten
from nis_backend.fields import referred

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.operation import Json

MOST_BYTES = 1_048_576
FORMS = (".toml", ".json", ".yaml", ".yml")


def read_definition(path: Path) -> Json:
    """The object that a file holds.

    Raises:
        InvalidRequest: it cannot be read, or holds none.
        TooLarge: it has more than 1 MiB.
        Unavailable: it is YAML, and nothing here reads that.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise TooLarge(
            f"{path.name!r} has more than {MOST_BYTES} bytes.", field="file", value=path.name, remedy="Give less."
        )
    try:
        given: Any = _parsed(path, text)
    except (ValueError, RecursionError) as error:
        # One line of it says where.
        raise _wrong(path, f"is wrong: {' '.join(str(error).split())[:300]}") from None
    if not isinstance(given, dict):
        raise _wrong(path, "holds no object")
    for name in cast("dict[Any, Any]", given):  # Any: YAML has names of any kind
        if not isinstance(name, str):
            raise _wrong(path, f"has a field whose name is no text, {shorten(str(name))}")
    return cast("Json", given)


def _parsed(path: Path, text: str) -> Any:  # Any: what the file holds
    form = path.suffix.lower()
    if form == ".toml":
        return tomllib.loads(text)
    if form == ".json":
        return json.loads(text)
    if form not in FORMS:
        raise _wrong(path, f"ends in {shorten(form) or 'nothing'}, which says no form")
    try:
        import yaml  # noqa: PLC0415 - of an extra; few definitions are written in it
    except ImportError:
        raise Unavailable(
            "YAML is read by pyyaml, which is not installed.",
            field="file",
            value=path.name,
            remedy="Write it as TOML or JSON, or install pyyaml.",
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _wrong(path: Path, what: str) -> InvalidRequest:
    return InvalidRequest(
        f"{path.name!r} {what}.",
        field="file",
        value=path.name,
        remedy=f"Give one object in UTF-8, in a file that ends in {', '.join(FORMS)}.",
    )


def differing(wanted: Json, kept: Json, schema: Json) -> dict[str, tuple[Any, Any]]:
    """The fields of which a definition says otherwise than what is kept: that, and what it says, None where nothing.

    What it leaves out is the field's default, and so is what is empty.
    """
    definitions: Json = schema.get("$defs", {})
    changed: dict[str, tuple[Any, Any]] = {}
    for name, field in schema["properties"].items():
        before, after = kept.get(name), wanted.get(name)
        if _bare(before, field, definitions) != _bare(after, field, definitions):
            changed[name] = (before, after)
    return changed


def _bare(value: Any, field: Json, definitions: Json) -> Any:  # Any: JSON
    """A value without what is as if it were not said: defaults, and what is empty; None of such a value itself."""
    kinds: list[Json] = [referred(one, definitions) for one in field.get("anyOf", (field,))]
    nothing: Json = {}
    if isinstance(value, list):
        items: Json = next((one["items"] for one in kinds if "items" in one), nothing)
        value = [_bare(one, items, definitions) for one in cast("list[Any]", value)]
    known: Json | None = next((one["properties"] for one in kinds if "properties" in one), None)
    if isinstance(value, dict) and known is not None:
        members = {name: _bare(one, known.get(name, nothing), definitions) for name, one in cast("Json", value).items()}
        value = {name: one for name, one in members.items() if one is not None}
    default: Any = next((one["default"] for one in (field, *kinds) if "default" in one), None)
    # A truth value is a number to Python: 0 is no default of False.
    same = value == default and isinstance(value, bool) == isinstance(default, bool)
    return None if same or value in (None, "", [], {}) else cast("Any", value)
