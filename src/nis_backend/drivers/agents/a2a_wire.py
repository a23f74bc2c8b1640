"""Requests to an A2A agent and what it answers, as JSON, in both versions and both bindings.

1.0 and 0.3 differ in names and in how a part is written; HTTP+JSON of 0.3 has names of its own. What comes is read by
one set of models that knows all of them. Source: https://a2a-protocol.org/v1.0.0/specification, and that of v0.3.0.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from nis_backend.drivers.agents.base import Artifact, Part, Update

if TYPE_CHECKING:
    from nis_backend.drivers.agents.base import Card, Json, Said

NEWER, OLDER = "1.0", "0.3"
RPC, REST = "JSONRPC", "HTTP+JSON"

Act = Literal["send", "stream", "get", "cancel", "subscribe"]
METHODS: dict[Act, tuple[str, str, str, str]] = {
    "send": ("SendMessage", "message/send", "POST", "/message:send"),
    "stream": ("SendStreamingMessage", "message/stream", "POST", "/message:stream"),
    "get": ("GetTask", "tasks/get", "GET", "/tasks/{}"),
    "cancel": ("CancelTask", "tasks/cancel", "POST", "/tasks/{}:cancel"),
    "subscribe": ("SubscribeToTask", "tasks/resubscribe", "POST", "/tasks/{}:subscribe"),
}
"""Their names in 1.0 and in 0.3, and over HTTP the method and the path."""
TASK_NOT_FOUND, NOT_CANCELABLE, UNSUPPORTED, VERSION_UNSUPPORTED = -32001, -32002, -32004, -32009
KINDS = {"task": "task", "message": "message", "status-update": "statusUpdate", "artifact-update": "artifactUpdate"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    url: str
    body: Json | None
    streams: bool


def request_of(card: Card, act: Act, said: Said | None = None, task_id: str = "") -> Request:
    """The request for this, as the card wants it."""
    newer, older, method, path = METHODS[act]
    is_older = card.protocol == OLDER
    params: Json = {"id": task_id} if said is None else _message(said, card, waits=act == "stream")
    streams = act in {"stream", "subscribe"}
    if card.binding == RPC:
        tenant = {"tenant": card.tenant} if card.tenant else {}
        body = {"jsonrpc": "2.0", "id": "1", "method": older if is_older else newer, "params": {**tenant, **params}}
        return Request(method="POST", url=card.url, body=body, streams=streams)
    before = "/v1" if is_older else f"/{quote(card.tenant, safe='')}" if card.tenant else ""
    url = f"{card.url.rstrip('/')}{before}{path.format(quote(task_id, safe=''))}"
    return Request(method=method, url=url, body=None if said is None else params, streams=streams)


def _message(said: Said, card: Card, *, waits: bool) -> Json:
    is_older, rest = card.protocol == OLDER, card.binding == REST
    kinds = is_older and not rest
    parts: list[Json] = []
    if said.text:
        parts.append({"kind": "text", "text": said.text} if kinds else {"text": said.text})
    if said.data is not None:
        data = {"data": said.data} if is_older and rest else said.data
        parts.append({"kind": "data", "data": data} if kinds else {"data": data})
    message: Json = {
        "messageId": said.id,
        "role": "user" if kinds else "ROLE_USER",
        "content" if is_older and rest else "parts": parts,
        **({"kind": "message"} if kinds else {}),
        **({"taskId": said.task_id} if said.task_id else {}),
        **({"contextId": said.context_id} if said.context_id else {}),
    }
    # What is not streamed is looked at again: no connection is held open for as long as a task takes.
    how = {"blocking": waits} if is_older else {"returnImmediately": not waits}
    return {"message": message, "configuration": how}


class _Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _File(_Read):
    name: str = ""
    mime_type: str = ""
    bytes: str = Field("", validation_alias=AliasChoices("bytes", "fileWithBytes"))
    uri: str = Field("", validation_alias=AliasChoices("uri", "fileWithUri"))


class _Part(_Read):
    text: str | None = None
    data: Any = None  # Any: JSON
    raw: str = ""
    url: str = ""
    filename: str = ""
    media_type: str = ""
    file: _File | None = None


class _Message(_Read):
    task_id: str = ""
    context_id: str = ""
    parts: list[_Part] = Field(default_factory=list[_Part], validation_alias=AliasChoices("parts", "content"))


class _Status(_Read):
    state: str
    message: _Message | None = Field(None, validation_alias=AliasChoices("message", "update"))


class _Artifact(_Read):
    artifact_id: str
    name: str | None = None
    parts: list[_Part] = Field(default_factory=list[_Part])


class _Task(_Read):
    id: str = Field(min_length=1, max_length=1000)
    context_id: str = Field("", max_length=1000)
    status: _Status
    artifacts: list[_Artifact] | None = None


class _StatusUpdate(_Read):
    task_id: str
    context_id: str = ""
    status: _Status


class _ArtifactUpdate(_Read):
    task_id: str
    context_id: str = ""
    artifact: _Artifact
    append: bool | None = None


class _Event(_Read):
    task: _Task | None = None
    message: _Message | None = Field(None, validation_alias=AliasChoices("message", "msg"))
    status_update: _StatusUpdate | None = None
    artifact_update: _ArtifactUpdate | None = None


def update_of(event: Json) -> Update:
    """What an answer or an event of a stream says.

    Raises:
        ValueError: it is none.
    """
    if event.get("kind") in KINDS:
        event = {KINDS[event["kind"]]: event}
    elif "status" in event and "id" in event:
        event = {"task": event}
    read = _Event.model_validate(event)
    if (task := read.task) is not None:
        made = [_artifact(one) for one in task.artifacts or ()]
        return Update(task_id=task.id, context_id=task.context_id, **_status(task.status), artifacts=made, whole=True)
    if (told := read.status_update) is not None:
        return Update(task_id=told.task_id, context_id=told.context_id, **_status(told.status))
    if (piece := read.artifact_update) is not None:
        one = _artifact(piece.artifact, append=bool(piece.append))
        return Update(task_id=piece.task_id, context_id=piece.context_id, artifacts=[one])
    if read.message is not None:
        parts = _parts(read.message.parts)
        return Update(context_id=read.message.context_id, state="completed", message=parts)
    msg = "neither a task nor a message"
    raise ValueError(msg)


def _status(status: _Status) -> dict[str, Any]:  # Any: the fields of `Update`
    name = status.state.removeprefix("TASK_STATE_").lower().replace("_", "-")
    # 0.3 writes one state in two ways.
    name = {"cancelled": "canceled"}.get(name, name)
    states = ("submitted", "working", "input-required", "auth-required", "completed", "failed", "canceled", "rejected")
    if name not in states:
        name = "working"
    return {"state": name, "message": _parts(status.message.parts) if status.message else ()}


def _artifact(one: _Artifact, *, append: bool = False) -> Artifact:
    return Artifact(id=one.artifact_id, name=one.name or "", parts=_parts(one.parts), append=append)


def _parts(parts: list[_Part]) -> list[Part]:
    return [_part(one) for one in parts]


def _part(one: _Part) -> Part:
    if one.text is not None:
        return Part(text=one.text)
    file = one.file or _File(name=one.filename, mime_type=one.media_type, bytes=one.raw, uri=one.url)
    if file.bytes:
        try:
            content = base64.b64decode(file.bytes, validate=True)
        except binascii.Error:
            msg = "a file that is not base64"
            raise ValueError(msg) from None
        return Part(content=content, name=file.name, media_type=file.mime_type)
    if file.uri:
        return Part(url=file.uri, name=file.name, media_type=file.mime_type)
    return Part(data=one.data)
