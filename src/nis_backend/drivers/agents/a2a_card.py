"""An A2A agent's card, of either version: how it is spoken to, and whether its signature is good."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from nis_backend.drivers.agents.a2a_wire import NEWER, OLDER, REST, RPC
from nis_backend.drivers.agents.base import Card, Skill
from nis_backend.drivers.gateway.addresses import host_of, parts_of, told
from nis_backend.errors import InvalidRequest, NotSupported, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from nis_backend.drivers.agents.base import Address, Json

WELL_KNOWN = "/.well-known/agent-card.json"
ALGORITHMS = ["ES256", "EdDSA", "RS256"]
"""Those that a card's signature is taken in: `none`, and what is signed with a shared secret, say nothing."""
MOST_SKILLS = 100
LONGEST = 2000
"""Characters that are kept of a description."""


class _Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Interface(_Read):
    url: str
    protocol_binding: str = ""
    protocol_version: str = ""
    transport: str = ""
    """What 0.3 calls the binding."""
    tenant: str = ""


class _Skill(_Read):
    id: str
    name: str = ""
    description: str = ""


class _Capabilities(_Read):
    streaming: bool | None = None


class _Card(_Read):
    name: str
    description: str = ""
    version: str = ""
    protocol_version: str = ""
    url: str = ""
    preferred_transport: str = RPC
    supported_interfaces: list[_Interface] = Field(default_factory=list[_Interface])
    additional_interfaces: list[_Interface] | None = None
    capabilities: _Capabilities = _Capabilities()
    skills: list[_Skill] = Field(default_factory=list[_Skill])


def card_url(url: str) -> str:
    """Where the card is: a server's bare address has it at the place that the protocol names."""
    parts = parts_of(url)
    return url.rstrip("/") + WELL_KNOWN if parts is not None and parts.path in {"", "/"} else url


def read_card(address: Address, card: Json) -> Card:
    """See `RemoteAgents.read`. The first interface in the card's own order that is spoken here is taken."""
    where = told(address.url)
    try:
        read = _Card.model_validate(card)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, wrong["loc"]))
        raise UpstreamFailed(
            f"What is at {where} is no agent's card: {field}: {wrong['msg']}.",
            field="url",
            value=where,
            remedy="Give the address of the agent's card.",
        ) from None
    offered = _interfaces(read)
    spoken = [one for one in offered if one[1] in {RPC, REST} and one[2] in {NEWER, OLDER}]
    if not spoken:
        names = ", ".join(f"{binding} {version}" for _, binding, version in offered) or "none"
        raise NotSupported(
            f"The agent at {where} is not spoken to in a way that is known here: {shorten(names)}.",
            field="url",
            value=where,
            remedy=f"Choose one that offers {RPC} or {REST} of A2A {NEWER} or {OLDER}.",
        )
    interface, binding, version = _reachable(address, spoken, where)
    return Card(
        name=shorten(read.name, 200),
        description=read.description[:LONGEST],
        version=shorten(read.version, 64),
        protocol=version,
        binding=binding,
        url=interface.url,
        streaming=bool(read.capabilities.streaming),
        skills=[
            Skill(id=shorten(one.id), name=shorten(one.name), description=one.description[:LONGEST])
            for one in read.skills[:MOST_SKILLS]
        ],
        tenant=interface.tenant,
    )


def _interfaces(read: _Card) -> list[tuple[_Interface, str, str]]:
    """Each way of speaking to it, with its binding and version."""
    newer = [(one, one.protocol_binding, _version(one.protocol_version or NEWER)) for one in read.supported_interfaces]
    if newer:
        return newer
    version = _version(read.protocol_version or OLDER)
    first = _Interface.model_construct(url=read.url, transport=read.preferred_transport, tenant="")
    others = [one for one in read.additional_interfaces or () if one.url != read.url]
    return [(one, one.transport, version) for one in [*([first] if read.url else []), *others]]


def _version(said: str) -> str:
    """Major and minor alone matter."""
    found = re.match(r"\d+\.\d+", said)
    return found[0] if found else said


def _reachable(address: Address, spoken: list[tuple[_Interface, str, str]], where: str) -> tuple[_Interface, str, str]:
    """The first that the key may be sent to: a card is no leave to send it elsewhere."""
    mine = parts_of(address.url)
    for one in spoken:
        parts = parts_of(one[0].url)
        if parts is None or mine is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            continue
        same = parts.hostname == mine.hostname and (parts.scheme == "https" or mine.scheme == "http")
        if same or not address.key:
            return one
    raise InvalidRequest(
        f"The card at {where} names {shorten(told(spoken[0][0].url))}, and a key is sent to the card's own host alone.",
        field="url",
        value=host_of(spoken[0][0].url) or where,
        remedy="Register the card at the host where the agent is spoken to, or no key.",
    )


def signed(card: Json, address: Address) -> Json:
    """What the trusted key has signed of a card: a member that the signature does not cover is nobody's word.

    It loads the protocol's package: call it in a thread.

    Raises:
        UpstreamFailed: the signature is missing or not good.
        InvalidRequest: the key is none.
        Unavailable: the package is not installed.
    """
    try:
        from a2a.types import AgentCard  # noqa: PLC0415 - loaded where a signature is looked at alone
        from a2a.utils.signing import (  # noqa: PLC0415 - as above
            SignatureVerificationError,
            create_signature_verifier,
        )
        from google.protobuf.json_format import MessageToDict, ParseDict, ParseError  # noqa: PLC0415 - as above
    except ImportError as error:
        raise Unavailable(f"{error.name} is not installed.", remedy="Install nis-backend again.") from error
    key: Any = _public_key(address.trusted)
    where = told(address.url)
    try:
        check = create_signature_verifier(lambda _kid, _jku: key, ALGORITHMS)
        covered = ParseDict(card, AgentCard(), ignore_unknown_fields=True)
        check(covered)
    except (SignatureVerificationError, ParseError) as error:
        raise UpstreamFailed(
            f"The card at {where} is not signed with the key that is trusted: {shorten(str(error))}.",
            field="trusted_key",
            value=where,
            remedy="Do not use the agent before you know why; with a new key of its owner's, update trusted_key.",
        ) from None
    return MessageToDict(covered)


def _public_key(text: str) -> Any:  # Any: the package's own kinds of keys
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as in `signed`
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - as above
    from jwt import PyJWK  # noqa: PLC0415 - as above
    from jwt.exceptions import PyJWTError  # noqa: PLC0415 - as above

    try:
        if text.lstrip().startswith("{"):
            return PyJWK(cast("Json", json.loads(text)))
        load_pem_public_key(text.encode())
    except (ValueError, RecursionError, PyJWTError, UnsupportedAlgorithm):
        # It is not repeated: it may be the private one.
        raise InvalidRequest(
            "The trusted key is none.",
            field="trusted_key",
            remedy="Give the public key as a JSON Web Key or PEM.",
        ) from None
    # As text: which kind of key a signature wants is for who looks at it to say.
    return text
