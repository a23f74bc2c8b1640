"""What a run waits for, as questions to the client's person, and their answers as commands to the run."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run
    from nis_backend.surfaces.mcp.things import Things

PRIMITIVE = ("string", "number", "integer", "boolean")
KEPT = ("type", "title", "description", "minimum", "maximum", "minLength", "maxLength", "format", "enum", "default")
"""What a form's field may say (MCP, elicitation: flat schemas of primitive fields)."""
FORMATS = ("email", "uri", "date", "date-time")
LONGEST = 2_000
"""Characters of arguments that a question quotes."""


def questions(run: Run) -> dict[str, Json]:
    """What is still wanted of a person, as forms by keys that are unique in the run; empty when it waits for nobody."""
    waiting = run.waiting or {}
    if run.state != "waiting" or not waiting:
        return {}
    if waiting["kind"] == "approval":
        return {f"{waiting.get('step', 0)}.{waiting['call_id']}": _question(_approval(waiting), {}, [])}
    return {key: _question(_asked(waiting), *form) for key, form in _forms(waiting).items()}


def _question(message: str, fields: Json, required: list[str]) -> Json:
    schema = {"type": "object", "properties": fields, "required": required}
    params = {"mode": "form", "message": message, "requestedSchema": schema}
    return {"method": "elicitation/create", "params": params}


def _approval(waiting: Json) -> str:
    """To accept is to allow: the form has no field."""
    told = f"{waiting['operation']}: " if waiting.get("operation") else ""
    arguments = waiting.get("arguments")
    with_what = f"\n{shorten(json.dumps(arguments, ensure_ascii=False), LONGEST)}" if arguments else ""
    return f"{told}{waiting.get('reason') or 'May this be done?'}{with_what}"


def _asked(waiting: Json) -> str:
    missing = ", ".join(waiting.get("missing", ()))
    return str(waiting.get("question") or f"{waiting.get('operation') or 'The run'} still wants: {missing}.")


def _forms(waiting: Json) -> dict[str, tuple[Json, list[str]]]:
    """A form of all plain fields, and one more for each field that has fields of its own: forms are flat."""
    schema = waiting["schema"]
    required, given = schema.get("required", ()), waiting.get("given", {})
    forms: dict[str, tuple[Json, list[str]]] = {}
    for name, field in schema["properties"].items():
        if name in given:
            continue
        whole = _resolved(field, schema.get("$defs", {}))
        if _is_group(whole):
            inner = {one: _field(part, schema.get("$defs", {})) for one, part in whole["properties"].items()}
            forms[f"{waiting['call_id']}.{name}"] = inner, list(whole.get("required", ()))
        else:
            fields, needed = forms.setdefault(waiting["call_id"], ({}, []))
            fields[name] = _field(field, schema.get("$defs", {}))
            needed += [name] if name in required else []
    return forms


def _resolved(field: Json, definitions: Json) -> Json:
    """A field's own schema: what it refers to, and what it is when it is not null."""
    if "$ref" in field:
        field = {**definitions.get(field["$ref"].rpartition("/")[2], {}), **field}
    choices = [one for one in field.get("anyOf", ()) if one.get("type") != "null"]
    return _resolved({**choices[0], **{k: v for k, v in field.items() if k in KEPT}}, definitions) if choices else field


def _is_group(field: Json) -> bool:
    return field.get("type") == "object" and bool(field.get("properties"))


def _field(field: Json, definitions: Json) -> Json:
    """A field as a form may have it; what is no primitive is asked for as JSON."""
    whole = _resolved(field, definitions)
    told = {name: whole[name] for name in KEPT if name in whole}
    if "unit" in whole:
        told["description"] = f"{told.get('description', '')} In {whole['unit']}.".strip()
    if told.get("format") not in FORMATS:
        told.pop("format", None)
    if told.get("default", "") is None:
        told.pop("default")
    if told.get("type") in PRIMITIVE:
        return told
    described = f"{told.get('description', '')} As JSON.".strip()
    return {"type": "string", "description": described, **({"title": told["title"]} if "title" in told else {})}


async def answer(things: Things, ctx: Context, run: Run, responses: Mapping[str, Any]) -> bool:
    """Tell the run what the person has said; whether they have said anything that counts.

    Who declines what is asked for ends the run: it cannot go on. Who only closes the form leaves it waiting.

    Raises:
        NisError: the run waits no more, or a value is wrong.
    """
    waiting = run.waiting or {}
    given = {key: told for key in questions(run) if (told := _heard(responses.get(key)))}
    one = {"id": run.id, "call_id": waiting.get("call_id")}
    if waiting.get("kind") == "approval":
        for action in given.values():
            await things.call(ctx, "run", "approve_run" if action["action"] == "accept" else "reject_run", one)
        return bool(given)
    if any(told["action"] == "decline" for told in given.values()):
        await things.call(ctx, "run", "cancel_run", {"id": run.id})
    elif given:
        values = _values(waiting, {key: told.get("content") or {} for key, told in given.items()})
        await things.call(ctx, "run", "provide_input", {**one, "values": values, "part": True})
    return bool(given)


def _heard(response: Any) -> Json | None:  # Any: what the client sent
    """A response that says yes or no."""
    told = cast("Json", response) if isinstance(response, dict) else {}
    is_form = isinstance(told.get("content") or {}, dict)
    return told if told.get("action") in {"accept", "decline"} and is_form else None


def _values(waiting: Json, contents: Mapping[str, Json]) -> Json:
    """The answers of forms as the values that were asked for; what no form has is left out."""
    values: Json = {}
    definitions = waiting["schema"].get("$defs", {})
    for key, (fields, _) in _forms(waiting).items():
        if key not in contents:
            continue
        read = {name: _read(fields[name], value) for name, value in contents[key].items() if name in fields}
        group = key.removeprefix(f"{waiting['call_id']}.")
        is_group = key != waiting["call_id"] and _is_group(
            _resolved(waiting["schema"]["properties"].get(group, {}), definitions)
        )
        values |= {group: read} if is_group else read
    return values


def _read(field: Json, value: Any) -> Any:  # Any: JSON
    """A form's value; what was asked for as JSON is read, and left as text where it is none."""
    if isinstance(value, str) and str(field.get("description", "")).endswith("As JSON."):
        with suppress(ValueError):
            return json.loads(value)
    return value
