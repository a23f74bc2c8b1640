"""The client of A2A against the package's own server in both versions and bindings, and against what is no server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import ports
import pytest
from a2a.types import AgentCard
from a2a.utils.signing import create_agent_card_signer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.protobuf.json_format import MessageToDict, ParseDict

from nis_backend.drivers.agents.a2a import A2AAgents
from nis_backend.drivers.agents.a2a_card import signed
from nis_backend.drivers.agents.base import Address, Said, Update
from nis_backend.drivers.http.client import Http
from nis_backend.errors import InvalidRequest, NisError, NotFound, NotSupported, Unavailable, UpstreamFailed

KEY = "a-key-that-nobody-may-read"
WAYS = ("newer-JSONRPC", "newer-HTTP-JSON", "older-JSONRPC", "older-HTTP-JSON", "polled")


@pytest.fixture(scope="module")
def parrot() -> Iterator[str]:
    """The address of the package's server."""
    port = ports.free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("sdk_agent.py")), str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(3000):
            with suppress(OSError), urllib.request.urlopen(f"{url}/polled", timeout=20):
                break
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended with {process.wait(0.02)}")
        yield url
    finally:
        process.terminate()
        process.wait(60)


async def _said(url: str, said: Said) -> list[Update]:
    http, outside = Http(), Http(public=True)
    agents, address = A2AAgents(http, outside), Address(url=url, private=True)
    try:
        async with asyncio.timeout(60):
            found = await agents.fetch(address)
            assert found is not None
            card = agents.read(address, found.card)
            return [update async for update in agents.send(address, card, said)]
    finally:
        await http.close()
        await outside.close()


def _texts(updates: Sequence[Update]) -> str:
    """The words of its first artifact, as they came or as they are in the whole task."""
    text = ""
    for update in updates:
        for artifact in update.artifacts:
            if artifact.id == "a":
                text = (
                    "".join(part.text for part in artifact.parts)
                    if not artifact.append
                    else text + "".join(part.text for part in artifact.parts)
                )
    return text


@pytest.mark.parametrize("way", WAYS)
def test_both_versions_are_spoken_over_both_bindings(parrot: str, way: str) -> None:
    """Words, bytes and the end of a task; a task that asks, and its answer (specifications of 1.0 and 0.3)."""
    updates = asyncio.run(_said(f"{parrot}/{way}", Said(id=f"{way}-1", text="hello")))
    assert updates[-1].state == "completed"
    assert _texts(updates) == "You said hello"
    contents = [part.content for update in updates for one in update.artifacts for part in one.parts if part.content]
    # The package puts base64 into the bytes of 0.3's HTTP+JSON, which are base64 in JSON once more.
    assert contents[-1] == (b"AAE=" if way == "older-HTTP-JSON" else b"\x00\x01")
    asked = asyncio.run(_said(f"{parrot}/{way}", Said(id=f"{way}-2", text="one?")))
    assert asked[-1].state == "input-required"
    assert "".join(part.text for part in asked[-1].message) == "Which one?"
    this = Said(id=f"{way}-3", text="this", task_id=asked[-1].task_id, context_id=asked[-1].context_id)
    answered = asyncio.run(_said(f"{parrot}/{way}", this))
    assert (answered[-1].state, _texts(answered)) == ("completed", "You said this")


CARD = {
    "name": "x",
    "supportedInterfaces": [{"url": "{base}/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
    "capabilities": {"streaming": True},
}
TASK = {"task": {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_WORKING"}}}


def _event(result: object) -> bytes:
    return b"data: " + json.dumps({"jsonrpc": "2.0", "id": "1", "result": result}).encode() + b"\n\n"


def _answer(status: str, body: bytes, kind: str = "application/json", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body) if length is None else length}\r\n\r\n".encode() + body


async def _served(card: bytes, answer: bytes, key: str = "") -> list[Update]:
    """What comes of a message to a server that answers so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(card.replace(b"{base}", base) if head.startswith(b"GET") else answer)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]:05}".encode()
    http, outside = Http(), Http(public=True)
    agents = A2AAgents(http, outside)
    address = Address(url=f"{base.decode()}/card.json", key=key, private=True)
    try:
        async with asyncio.timeout(60):
            found = await agents.fetch(address)
            assert found is not None
            return [one async for one in agents.send(address, agents.read(address, found.card), Said(id="1", text="x"))]
    finally:
        await http.close()
        await outside.close()
        server.close()


def _card(**given: object) -> bytes:
    body = json.dumps({**CARD, **given}).encode()
    more = body.count(b"{base}") * (len("http://127.0.0.1:12345") - len("{base}"))
    return _answer("200 OK", body, length=len(body) + more)


OTHER = [{"url": "https://other.example.org/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]
REFUSED = {"jsonrpc": "2.0", "id": "1", "error": {"code": -32603, "message": f"bad {KEY} here"}}


@pytest.mark.parametrize(
    ("card", "answer", "kind", "field"),
    [
        (_answer("404 Not Found", b""), b"", NotFound, "url"),
        (_answer("200 OK", b"<html>"), b"", UpstreamFailed, "url"),
        (_answer("200 OK", b'{"name": 3}'), b"", UpstreamFailed, "url"),
        (_answer("302 Found", b""), b"", Unavailable, "url"),
        (_answer("401 Unauthorized", KEY.encode()), b"", Unavailable, "key_name"),
        (_card(supportedInterfaces=[{**OTHER[0], "protocolVersion": "9.0"}]), b"", NotSupported, "url"),
        (_card(supportedInterfaces=OTHER), b"", InvalidRequest, "url"),
        (_card(), _answer("500 Oops", KEY.encode()), UpstreamFailed, "url"),
        (_card(), _answer("200 OK", b"{nonsense"), UpstreamFailed, "url"),
        (_card(), _answer("200 OK", json.dumps(REFUSED).encode()), UpstreamFailed, "url"),
        (_card(), _answer("200 OK", _event({"task": {"id": 5}}), "text/event-stream"), UpstreamFailed, "url"),
        (_card(), _answer("200 OK", _event(TASK), "text/event-stream"), UpstreamFailed, "url"),
        (_card(), _answer("200 OK", _event(TASK), "text/event-stream", length=9999), UpstreamFailed, "url"),
    ],
)
def test_what_goes_wrong_is_told_by_its_field_and_never_with_the_key(
    card: bytes, answer: bytes, kind: type[NisError], field: str
) -> None:
    """Promise: typed errors with field and remedy; nothing that an agent says brings the key into one."""
    with pytest.raises(kind) as told:
        asyncio.run(_served(card, answer, KEY))
    assert (told.value.field, bool(told.value.remedy)) == (field, True)
    assert KEY not in json.dumps(told.value.problem())


def test_a_card_is_used_only_where_the_trusted_key_has_signed_it() -> None:
    """A signature over the canonical card (specification of 1.0, 8.4): good, of another card, or none."""
    made = ec.generate_private_key(ec.SECP256R1())
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    card = {**CARD, "version": "1", "description": "It is signed."}
    sign = create_agent_card_signer(private, {"alg": "ES256", "kid": "k", "jku": None, "typ": "JOSE"})
    whole = MessageToDict(sign(ParseDict(card, AgentCard(), ignore_unknown_fields=True)))
    address = Address(url="https://agents.example.org/card.json", trusted=public)
    assert signed(whole, address) == whole
    for wrong in ({**whole, "name": "y"}, card):
        with pytest.raises(UpstreamFailed) as told:
            signed(wrong, address)
        assert told.value.field == "trusted_key"
    # Members of 0.3 are under no signature of 1.0, and a signed one may be spelled as its parser takes it too.
    bent = {**whole, "supported_interfaces": whole["supportedInterfaces"], "url": "https://evil.example.org/"}
    del bent["supportedInterfaces"]
    assert signed(bent, address) == whole


@pytest.mark.parametrize("key", ["nonsense", "{", '{"kty": "EC"}', "-----BEGIN PUBLIC KEY-----\nAA==\n"])
def test_a_trusted_key_that_is_none_is_refused_by_its_name(key: str) -> None:
    """Promise: typed errors with field and remedy; what was given may be a private key, and is not repeated."""
    with pytest.raises(InvalidRequest) as told:
        signed({**CARD, "version": "1"}, Address(url="https://agents.example.org/card.json", trusted=key))
    assert (told.value.field, bool(told.value.remedy), told.value.value) == ("trusted_key", True, None)


def test_a_private_address_is_asked_only_where_it_is_allowed() -> None:
    """Promise: outgoing requests to caller-given addresses pass one guard; here, what a card leads to as well."""

    async def ask() -> None:
        outside = Http(public=True)
        try:
            await A2AAgents(Http(), outside).fetch(Address(url="http://127.0.0.1:9/card.json"))
        finally:
            await outside.close()

    with pytest.raises(Unavailable) as told:
        asyncio.run(ask())
    assert "own network" in told.value.message
