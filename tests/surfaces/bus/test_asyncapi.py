"""The AsyncAPI document: valid by the specification's own schema, whole, and true of what is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from conftest import Serve, Server
from jsonschema import Draft7Validator
from rest_client import ask
from test_catalog import APP

from nis_backend.catalog import Catalog
from nis_backend.drivers.bus.base import COMMANDS, Taken
from nis_backend.drivers.bus.outbox import message_of
from nis_backend.errors import InvalidRequest
from nis_backend.event import Event
from nis_backend.surfaces.bus.letters import Reply, dead_letter, reply_to

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT: Json = json.loads((ROOT / "src" / "nis_backend" / "asyncapi.json").read_text("utf-8"))
SPECS = ROOT / "tests" / "clients" / "node_modules" / "@asyncapi" / "specs" / "schemas"


def payload_of(message: str) -> Any:  # Any: the package's types are partly unknown
    """What holds a message's payload to the document."""
    return Draft7Validator(
        {**DOCUMENT["components"]["messages"][message]["payload"], "components": DOCUMENT["components"]}
    )


def test_the_document_is_valid() -> None:
    """Promise: AsyncAPI 3, by the schema that the specification publishes."""
    specification: Any = Draft7Validator(json.loads((SPECS / "3.0.0-without-$id.json").read_text("utf-8")))
    specification.validate(DOCUMENT)


def test_every_operation_is_a_command_and_its_examples_are_commands() -> None:
    """Promise: complete both ways; a secret is answered over no topic."""
    entries = [entry for entry in Catalog.from_index().entries() if not entry.secret]
    commands: Json = DOCUMENT["channels"]["commands"]["messages"]
    assert set(commands) == {entry.name for entry in entries}
    for name in commands:
        for example in DOCUMENT["components"]["messages"][name].get("examples", ()):
            payload_of(name).validate(example["payload"])
        assert list(payload_of(name).iter_errors({"id": "c-1", "operation": "another.one", "arguments": {}}))


def test_references_lead_somewhere() -> None:
    """Promise: whoever generates a client from it meets no dangling reference."""

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            given = cast("Json", part)
            own = [given["$ref"]] if isinstance(given.get("$ref"), str) else []
            return own + [one for value in given.values() for one in references(value)]
        return [one for value in cast("list[Any]", part) for one in references(value)] if isinstance(part, list) else []

    for reference in references(DOCUMENT):
        found: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]


def test_what_is_sent_is_as_the_document_says() -> None:
    """Promise: events, replies and dead letters are described as they go out."""
    row = {"owner": "ada", "run_id": "run-1", "seq": 1, "attempt": 1, "time": 1.5, "type": "text_delta"}
    short, long = (message_of({**row, "body": json.dumps({"step": 1, "text": text})}) for text in ("a", "a" * 10**6))
    payload_of("event").validate(json.loads(short.value))
    Event.model_validate_json(short.value)
    payload_of("longEvent").validate(json.loads(long.value))
    taken = Taken(key="key", value=b"\xff", headers={"source": "test"}, topic=COMMANDS, partition=0, offset=0)
    letter = dead_letter(taken, InvalidRequest("No.", remedy="Yes.", field="id", value="c"))
    payload_of("deadLetter").validate(json.loads(letter.value))
    for reply in (Reply(id="c-1", operation="a.b", result={"a": 1}), Reply(id="c-1", operation="a.b", run_id="run-1")):
        payload_of("reply").validate(json.loads(reply_to(taken, reply).value))


def test_it_is_served_with_the_network_off(server: Server) -> None:
    """Promise: beside the OpenAPI document, whole."""
    status, headers, served = ask(server, "GET", "/asyncapi.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert served == DOCUMENT


def test_the_operations_of_an_app_file_are_in_it(serve: Serve, tmp_path: Path) -> None:
    """Promise: declared like ours, described like ours."""
    (tmp_path / "mine.py").write_text(APP)
    _, _, served = ask(serve("--app", str(tmp_path / "mine.py")), "GET", "/asyncapi.json")
    assert "texts.count_words" in served["channels"]["commands"]["messages"]
