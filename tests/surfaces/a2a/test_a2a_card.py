"""The agent card."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from a2a.types import AgentCard
from a2a.utils.proto_utils import validate_proto_required_fields
from a2a_process import StandIn, served
from google.protobuf.json_format import ParseDict
from starlette.requests import Request

from nis_backend.catalog import entry_of
from nis_backend.operation import Example, Model, operation
from nis_backend.settings import Settings
from nis_backend.surfaces.a2a.card import EXAMPLES, CardEndpoint, agent_card

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response


class _Nothing(Model):
    """Nothing."""


def _asked(name: str, *questions: str) -> Any:  # Any: an entry, whatever its models
    examples = tuple(Example(title="t", request={}, question=question) for question in questions)

    @operation(name, effect="reads", examples=examples)
    async def do(request: _Nothing, ctx: object) -> _Nothing:
        """Do it."""
        del ctx
        return request

    return entry_of(do)


def _card(**settings: Any) -> dict[str, Any]:  # Any: settings and JSON differ in type
    entries = [_asked("apples.pick_one", *"abcdefg"), _asked("pears.pick_one"), _asked("apples.eat_one", "h")]
    return agent_card(Settings(**settings), entries, "http://127.0.0.1:8000/")


def _get(process: StandIn, **headers: str) -> Response:
    """What the endpoint answers; `host` is always there."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/.well-known/agent-card.json",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "headers": [(b"host", b"localhost:8000"), *raw],
    }
    return asyncio.run(CardEndpoint(process).answer(Request(scope)))


@pytest.fixture
def process(tmp_path: Path) -> Any:  # Any: a generator fixture's value
    """A process that nothing listens for."""
    one = StandIn(tmp_path)
    yield one
    asyncio.run(one.close())


@pytest.mark.parametrize("key", [None, "secret"])
def test_the_card_is_a_card_to_the_protocols_own_package(key: str | None) -> None:
    """Every member is known to A2A 1.0 and every required one is there (specification, 4.4.1)."""
    card = ParseDict(_card(api_key=key), AgentCard(), ignore_unknown_fields=False)
    validate_proto_required_fields(card)
    assert card.supported_interfaces[0].protocol_version == "1.0"
    assert bool(card.security_requirements) is (key is not None)


def test_each_binding_is_an_interface() -> None:
    """In the order of preference; a custom binding is named by a URI (specification, 4.4.6 and 5.8)."""
    assert _card()["supportedInterfaces"] == [
        {"url": "http://127.0.0.1:8000/a2a", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
        {"url": "http://127.0.0.1:8000/a2a/rest", "protocolBinding": "HTTP+JSON", "protocolVersion": "1.0"},
        {"url": "ws://127.0.0.1:8000/a2a", "protocolBinding": "urn:nis:a2a-websocket:v1", "protocolVersion": "1.0"},
    ]


def test_the_key_is_declared_and_not_shown() -> None:
    """The card is public: it says that a bearer key is wanted."""
    card = _card(api_key="secret")
    assert card["securitySchemes"]["bearer"]["httpAuthSecurityScheme"]["scheme"] == "bearer"
    assert "secret" not in json.dumps(card)


def test_a_family_is_a_skill() -> None:
    """Skills are derived: one a family, its operations as tags, a few of its questions as examples."""
    apples, pears = _card()["skills"]
    assert (apples["id"], pears["id"]) == ("apples", "pears")
    assert apples["tags"] == ["apples", "eat_one", "pick_one"]
    assert apples["examples"] == list("habcd")[:EXAMPLES]
    assert "examples" not in pears


def test_what_is_offered_is_declared() -> None:
    """Streaming and both extensions, no push notifications: what the socket does and does not."""
    capabilities = _card()["capabilities"]
    assert (capabilities["streaming"], capabilities["pushNotifications"]) == (True, False)
    assert [one["uri"] for one in capabilities["extensions"]] == [
        "https://a2ui.org/a2a-extension/a2ui/v0.9",
        "urn:nis:a2a-replay:v1",
    ]


def test_the_public_address_wins(tmp_path: Path) -> None:
    """Behind a proxy the card names the address that callers reach; https makes wss."""
    one = StandIn(tmp_path, public_url="https://agents.example/nis/")
    body = json.loads(bytes(_get(one).body))
    asyncio.run(one.close())
    assert body["supportedInterfaces"][-1]["url"] == "wss://agents.example/nis/a2a"


def test_without_one_it_is_the_address_asked_for(process: StandIn) -> None:
    """The request's own host."""
    assert json.loads(bytes(_get(process).body))["supportedInterfaces"][-1]["url"] == "ws://localhost:8000/a2a"


def test_a_client_keeps_the_card(process: StandIn) -> None:
    """Caching by ETag or by date (specification, 8.6)."""
    endpoint = CardEndpoint(process)

    def get(**headers: str) -> Response:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost"), *raw]}
        return asyncio.run(endpoint.answer(Request({**scope, "scheme": "http", "server": ("localhost", 80)})))

    first = get()
    assert first.headers["cache-control"].endswith("max-age=300")
    assert "A2A-Version" in first.headers["vary"]
    assert get(if_none_match=f'W/"x", {first.headers["etag"]}').status_code == 304
    assert get(if_none_match='"other"', if_modified_since=first.headers["last-modified"]).status_code == 200
    assert get(if_modified_since=first.headers["last-modified"]).status_code == 304
    assert get(if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT").status_code == 200
    assert get(if_modified_since="yesterday").status_code == 200


def test_the_card_is_served_without_a_key(tmp_path: Path) -> None:
    """A client must read the card to learn that a key is wanted."""

    async def fetch() -> bytes:
        async with served(tmp_path, api_key="secret") as (_, address):
            host, port = address.split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                f"GET /.well-known/agent-card.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode()
            )
            answer = await reader.read()
            writer.close()
            return answer

    head, _, body = asyncio.run(fetch()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert json.loads(body)["name"] == "nis"
