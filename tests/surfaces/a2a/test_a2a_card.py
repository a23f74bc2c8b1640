"""The agent card."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from a2a.compat.v0_3.types import AgentCard as AgentCard03
from a2a.types import AgentCard
from a2a.utils.proto_utils import validate_proto_required_fields
from a2a.utils.signing import InvalidSignaturesError, create_signature_verifier
from a2a_process import StandIn, served
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.json_format import ParseDict
from jwt import PyJWK
from starlette.requests import Request

from nis_backend.catalog import entry_of
from nis_backend.errors import NotFound, Unavailable
from nis_backend.operation import Example, Model, operation
from nis_backend.settings import Settings
from nis_backend.surfaces.a2a.agents import CHAT, Agent
from nis_backend.surfaces.a2a.card import EXAMPLES, Shown, agent_card
from nis_backend.surfaces.a2a.cards import CardEndpoint

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


def _card(*, older: bool = False, extended: bool = False, agent: Agent = CHAT, **settings: Any) -> dict[str, Any]:
    """A card; Any: settings and JSON differ in type."""
    entries = [_asked("apples.pick_one", *"abcdefg"), _asked("pears.pick_one"), _asked("apples.eat_one", "h")]
    shown = Shown(agent=agent, base="http://127.0.0.1:8000/", older=older, extended=extended)
    return agent_card(Settings(**settings), entries, shown)


def _get(process: StandIn, agent: str = "", **headers: str) -> Response:
    """What the endpoint answers; `host` is always there."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/.well-known/agent-card.json",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "query_string": b"",
        "path_params": {"agent": agent} if agent else {},
        "headers": [(b"host", b"localhost:8000"), *raw],
        "state": {},
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
    """Streaming, push notifications and both extensions."""
    capabilities = _card()["capabilities"]
    assert (capabilities["streaming"], capabilities["pushNotifications"]) == (True, True)
    assert [one["uri"] for one in capabilities["extensions"]] == [
        "https://a2ui.org/a2a-extension/a2ui/v0.9",
        "urn:nis:a2a-replay:v1",
    ]


def test_the_public_address_wins(tmp_path: Path) -> None:
    """Behind a proxy the card names the address that callers reach; https makes wss."""
    one = StandIn(tmp_path, public_url="https://agents.example/nis/")
    body = json.loads(bytes(_get(one).body))
    asyncio.run(one.close())
    assert body["supportedInterfaces"][2]["url"] == "wss://agents.example/nis/a2a"


def test_without_one_it_is_the_address_asked_for(process: StandIn) -> None:
    """The request's own host."""
    assert json.loads(bytes(_get(process).body))["supportedInterfaces"][2]["url"] == "ws://localhost:8000/a2a"


def test_a_client_keeps_the_card(process: StandIn) -> None:
    """Caching by ETag or by date (specification, 8.6)."""
    endpoint = CardEndpoint(process)

    def get(**headers: str) -> Response:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), *raw],
        }
        return asyncio.run(endpoint.answer(Request({**scope, "scheme": "http", "server": ("localhost", 80)})))

    first = get()
    assert first.headers["cache-control"].endswith("max-age=300")
    assert "A2A-Version" in first.headers["vary"]
    assert get(if_none_match=f'W/"x", {first.headers["etag"]}').status_code == 304
    assert get(if_none_match='"other"', if_modified_since=first.headers["last-modified"]).status_code == 200
    assert get(if_modified_since=first.headers["last-modified"]).status_code == 304
    assert get(if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT").status_code == 200
    for nonsense in ("yesterday", f"1 Jan {10**20} 00:00:00 GMT"):
        assert get(if_modified_since=nonsense).status_code == 200


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


def test_an_extended_card_has_a_skill_for_each_operation() -> None:
    """The public card says what there is, the extended one how each is called by name."""
    skills = _card(extended=True)["skills"]
    assert [one["id"] for one in skills] == ["apples.eat_one", "apples.pick_one", "pears.pick_one"]
    assert skills[0]["tags"] == ["apples"]


def test_each_agent_has_addresses_of_its_own() -> None:
    """Every binding by the agent's name, so that a client that knows no tenants reaches it too."""
    agent = Agent(name="cook", title="Cook", description="Cooks.", operation="cooking.cook_meal")
    assert [one["url"] for one in _card(agent=agent)["supportedInterfaces"]] == [
        "http://127.0.0.1:8000/a2a/agents/cook",
        "http://127.0.0.1:8000/a2a/rest/cook",
        "ws://127.0.0.1:8000/a2a/agents/cook",
    ]


@pytest.mark.parametrize("key", [None, "secret"])
def test_the_compatible_card_is_one_of_both_versions(key: str | None) -> None:
    """Clients of 0.3 find their own members, those of 1.0 pass over them (the package's own types of both)."""
    card = _card(older=True, api_key=key)
    old = AgentCard03.model_validate(card)
    assert (old.url, old.protocol_version, old.preferred_transport) == ("http://127.0.0.1:8000/a2a", "0.3.0", "JSONRPC")
    assert bool(old.security) is (key is not None)
    new = ParseDict(card, AgentCard(), ignore_unknown_fields=True)
    assert [one.protocol_version for one in new.supported_interfaces] == ["1.0", "1.0", "1.0", "0.3"]


def test_who_speaks_1_0_gets_the_pure_card(process: StandIn, tmp_path: Path) -> None:
    """By the header, or where the settings say that nobody speaks 0.3; each has a validator of its own."""
    old, new = _get(process), _get(process, a2a_version="1.0")
    assert "preferredTransport" in json.loads(bytes(old.body))
    ParseDict(json.loads(bytes(new.body)), AgentCard(), ignore_unknown_fields=False)
    assert old.headers["etag"] != new.headers["etag"]
    folder = tmp_path / "strict"
    folder.mkdir()
    strict = StandIn(folder, card="strict")
    assert _get(strict).body == new.body
    asyncio.run(strict.close())


def test_an_agent_that_is_not_there_has_no_card(process: StandIn) -> None:
    """404, which names those that are."""
    assert _get(process, "chat").status_code == 200
    with pytest.raises(NotFound, match="no agent 'cook'") as refused:
        _get(process, "cook")
    assert "chat" in refused.value.remedy


@pytest.mark.parametrize("kind", ["ec", "ed25519", "rsa"])
def test_a_card_is_signed_with_the_key_of_the_settings(tmp_path: Path, kind: str) -> None:
    """The package's own verifier accepts it with the key that is published, and nothing that was changed (8.4)."""
    made: Any = {
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    file = tmp_path / "card.pem"
    file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    one = StandIn(tmp_path, card_key=file)
    endpoint = CardEndpoint(one)

    async def fetch() -> tuple[Any, Any, Any]:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
        }
        request = Request({**scope, "scheme": "http", "server": ("localhost", 80), "path_params": {}})
        first, again = await endpoint.answer(request), await endpoint.answer(request)
        return first, again, await endpoint.keys(request)

    first, again, keys = asyncio.run(fetch())
    asyncio.run(one.close())
    assert first.headers["etag"] == again.headers["etag"]
    (public,) = json.loads(keys.body)["keys"]
    assert "d" not in public

    def key_of(kid: str | None, url: str | None) -> PyJWK:
        assert (kid, url) == (public["kid"], "http://localhost/.well-known/agent-card-keys.json")
        return PyJWK(public)

    verify = create_signature_verifier(key_of, [public["alg"]])
    card = ParseDict(json.loads(first.body), AgentCard(), ignore_unknown_fields=True)
    verify(card)
    card.description += "!"
    with pytest.raises(InvalidSignaturesError):
        verify(card)


def test_a_key_that_is_none_is_said(tmp_path: Path) -> None:
    """No card is answered rather than one without the signature that was asked for."""
    file = tmp_path / "card.pem"
    file.write_text("no key")
    one = StandIn(tmp_path, card_key=file)
    with pytest.raises(Unavailable, match="NIS_CARD_KEY holds no private key"):
        _get(one)
    file.unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        _get(one)
    asyncio.run(one.close())
