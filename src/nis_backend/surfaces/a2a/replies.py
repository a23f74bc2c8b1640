"""What a client's message says to a task that waits for a person: the operation that tells its run, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from a2a.utils.errors import ContentTypeNotSupportedError
from google.protobuf.json_format import MessageToDict
from pydantic_core import from_json

from nis_backend.surfaces.a2a.request import check_role, wrong
from nis_backend.surfaces.a2a.wire import whole

if TYPE_CHECKING:
    from a2a.types.a2a_pb2 import Message, Part

    from nis_backend.operation import Json
    from nis_backend.run import Run

YES, NO = frozenset({"approve", "approved", "yes"}), frozenset({"reject", "rejected", "no"})
"""Words that decide; any other would have to be guessed at."""


def reply(message: Message, run: Run) -> tuple[str, Json]:
    """The operation and its request.

    Raises:
        InvalidParamsError: it does not say what is waited for.
        ContentTypeNotSupportedError: a part is neither text nor data.
    """
    check_role(message)
    waiting = run.waiting or {}
    words, data = _read(message)
    request: Json = {"id": run.id, "call_id": waiting["call_id"]}
    if waiting["kind"] == "approval":
        return _decision(words, data, request)
    if data:
        values: Any = data.get("values", data) if data.keys() <= {"values"} else data
        return "runs.provide_input", {**request, "values": values}
    return "runs.provide_input", {**request, "values": _values(words, waiting)}


def _read(message: Message) -> tuple[str, Json]:
    words: list[str] = []
    data: Json = {}
    for index, part in enumerate(message.parts):
        if part.WhichOneof("content") == "text":
            words.append(part.text)
        else:
            data.update(_object(part, f"message.parts[{index}]"))
    return "\n".join(words).strip(), data


def _object(part: Part, field: str) -> Json:
    if part.WhichOneof("content") != "data":
        raise ContentTypeNotSupportedError(f"{field} is neither text nor data.", data={"field": field})
    given: Any = whole(MessageToDict(part.data))
    if not isinstance(given, dict):
        raise wrong(field, "Its data is to be an object: a value for each field that is asked for.")
    return cast("Json", given)


def _decision(words: str, data: Json, request: Json) -> tuple[str, Json]:
    said = data.get("approved")
    if said is None:
        word = words.rstrip(".!").lower()
        said = True if word in YES else False if word in NO else None
    if not isinstance(said, bool):
        raise wrong(
            "message.parts", 'It waits for a decision: say "approve" or "reject", or send the data {"approved": true}.'
        )
    if said:
        return "runs.approve_run", request
    return "runs.reject_run", {**request, "reason": str(data.get("reason", words if "approved" in data else ""))}


def _values(words: str, waiting: Json) -> Json:
    """Words for the one field that is asked for."""
    fields: Json = waiting["schema"]["properties"]
    wanted = waiting["schema"].get("required", ()) or [*fields]
    if len(wanted) != 1 or not words:
        raise wrong("message.parts", f"It waits for {', '.join(fields)}: send them as the fields of one data part.")
    name = wanted[0]
    if fields[name].get("type", "string") == "string":
        return {name: words}
    try:
        return {name: from_json(words)}
    except ValueError:
        return {name: words}
