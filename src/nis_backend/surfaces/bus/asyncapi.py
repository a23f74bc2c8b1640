"""The AsyncAPI 3 document of the topics, derived from the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nis_backend import __version__
from nis_backend.drivers.bus.base import COMMANDS, DEAD_LETTERS, REPLIES, RUNS
from nis_backend.event import Event
from nis_backend.surfaces.bus.letters import AUTHORIZATION, COMMAND_ID, GROUP, DeadLetter, Reply
from nis_backend.surfaces.rest.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry
    from nis_backend.operation import Json, Model

BINDING = "0.5.0"
"""Version of AsyncAPI's words for Kafka."""


def document(entries: Iterable[Entry]) -> Json:
    """The whole document: four topics, and a command for each operation."""
    schemas = Schemas()
    commands = {entry.name: _command(entry, schemas) for entry in entries if not entry.secret}
    messages = {
        "event": _message("An event of a run", _whole(Event, schemas), "The run's id.", headers=_EVENT_HEADERS),
        "longEvent": _message("An event too long for a message", _LONG, "The run's id.", headers=_EVENT_HEADERS),
        "reply": _message("What became of a command", _whole(Reply, schemas), "The command's key."),
        "deadLetter": _message("A command that was not done", _whole(DeadLetter, schemas), "The command's key."),
        **commands,
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "nis",
            "version": __version__,
            "description": "What nis says and hears over Kafka. Each command calls one operation.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "brokers": {
                "host": "{brokers}",
                "protocol": "kafka",
                "variables": {"brokers": {"description": "As KAFKA_BOOTSTRAP_SERVERS names them."}},
            }
        },
        "channels": {
            "runs": _channel(
                RUNS, "Every run's events, in the order of the run, at least once.", ["event", "longEvent"]
            ),
            "commands": _channel(COMMANDS, "Calls of operations; those of one key are done in turn.", commands),
            "replies": _channel(REPLIES, "What became of each command, under its key.", ["reply"]),
            "deadLetters": _channel(DEAD_LETTERS, "Commands that were not done, with the reason.", ["deadLetter"]),
        },
        "operations": {
            "sendEvents": _operation("send", "runs", "Tell what happens in runs."),
            "receiveCommands": {
                **_operation("receive", "commands", "Do what is asked, once for each id."),
                "security": [{"$ref": "#/components/securitySchemes/key"}],
                "reply": {"channel": {"$ref": "#/channels/replies"}},
                "bindings": {"kafka": {"groupId": {"type": "string", "const": GROUP}, "bindingVersion": BINDING}},
            },
            "sendDeadLetters": _operation("send", "deadLetters", "Keep what was not done."),
        },
        "components": {
            "messages": messages,
            "schemas": {name: _told_apart(schema) for name, schema in sorted(schemas.shared.items())},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": f"In the message's header {AUTHORIZATION}."}
            },
        },
    }


def _command(entry: Entry, schemas: Schemas) -> Json:
    payload: Json = {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "operation", *(["arguments"] if entry.request_schema.get("required") else [])],
        "properties": {
            "id": {"type": "string", "pattern": COMMAND_ID, "description": "The sender's own name for the command."},
            "operation": {"type": "string", "const": entry.name},
            "arguments": schemas.model(entry.request_schema, entry.name, "Input"),
        },
    }
    examples = [
        {"name": one["title"], "payload": {"id": "c-1", "operation": entry.name, "arguments": one["request"]}}
        for one in entry.examples
        if not one["before"]
    ]
    return {
        **_message(
            entry.summary.rstrip("."), payload, "Any; commands of one key are done in turn.", headers=_COMMAND_HEADERS
        ),
        "name": entry.name,
        "description": entry.description,
        **({"examples": examples} if examples else {}),
    }


def _message(title: str, payload: Json, key: str, headers: Json | None = None) -> Json:
    return {
        "title": title,
        "payload": payload,
        **({"headers": headers} if headers else {}),
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": BINDING}},
    }


def _whole(model: type[Model], schemas: Schemas) -> Json:
    return schemas.model(model.model_json_schema(mode="serialization"), model.__name__, "Result")


def _channel(topic: str, description: str, messages: Iterable[str]) -> Json:
    return {
        "address": topic,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": BINDING}},
    }


def _operation(action: str, channel: str, summary: str) -> Json:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _told_apart(schema: Any) -> Any:  # Any: any part of a JSON schema
    """The schema with AsyncAPI's discriminator, which is the field's name alone."""
    if isinstance(schema, list):
        return [_told_apart(one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("Json", schema)
    found: Any = given.get("discriminator")
    named = {"discriminator": found["propertyName"]} if "propertyName" in (found or ()) else {}
    return {**{name: _told_apart(one) for name, one in given.items()}, **named}


def _texts(**described: str) -> Json:
    texts = {name: {"type": "string", "description": text} for name, text in described.items()}
    return {"type": "object", "properties": texts}


_EVENT_HEADERS = _texts(owner="Whose run it is.", type="The event's type.")
_COMMAND_HEADERS = _texts(authorization="Bearer KEY; not wanted where NIS_BUS_OWNER is set.")
_LONG: Json = {
    "type": "object",
    "description": "Its number and type; the event itself is read from the run.",
    "required": ["run_id", "seq", "time", "attempt", "body", "omitted"],
    "properties": {
        "run_id": {"type": "string"},
        "seq": {"type": "integer", "minimum": 1},
        "time": {"type": "number"},
        "attempt": {"type": "integer", "minimum": 0},
        "body": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
        "omitted": {"type": "integer", "description": "Bytes of the whole event."},
    },
}
