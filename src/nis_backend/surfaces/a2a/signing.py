"""An agent card's signature: JWS over its canonical JSON (specification, 8.4; RFC 7515, RFC 8785).

Loaded where a key is configured alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from a2a.types import AgentCard
from a2a.utils.signing import create_agent_card_signer
from google.protobuf.json_format import MessageToDict, ParseDict
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import InvalidKeyError

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.operation import Json

ALGORITHMS = {"ES256": ("crv", "kty", "x", "y"), "EdDSA": ("crv", "kty", "x"), "RS256": ("e", "kty", "n")}
"""Those that are offered, and the members of their keys that a key's name is made of (RFC 7638)."""


def signatures(card: Json, key_file: Path, keys_url: str) -> list[Json]:
    """The signatures of a card, whose keys stand at `keys_url`.

    Raises:
        Unavailable: the key's file is none.
    """
    algorithm, key, public = _key(key_file)
    sign = create_agent_card_signer(key, {"alg": algorithm, "kid": public["kid"], "jku": keys_url, "typ": "JOSE"})
    # Members of 0.3 are in no canonical form of 1.0: who checks a signature leaves out what it does not know.
    signed = sign(ParseDict(card, AgentCard(), ignore_unknown_fields=True))
    return [MessageToDict(one) for one in signed.signatures]


def public_key(key_file: Path) -> Json:
    """The public half, as a JSON Web Key.

    Raises:
        Unavailable: the key's file is none.
    """
    return _key(key_file)[2]


def _key(file: Path) -> tuple[str, Any, Json]:
    """The algorithm, the private key, and the public one; Any: one of the keys of the package's own package."""
    try:
        text = file.read_bytes()
    except OSError as error:
        raise _no_key(f"NIS_CARD_KEY cannot be read: {error.strerror}.") from None
    known = get_default_algorithms()
    for name, members in ALGORITHMS.items():
        algorithm: Any = known[name]
        try:
            key = algorithm.prepare_key(text)
            public: Json = algorithm.to_jwk(key.public_key(), as_dict=True)
        except (InvalidKeyError, ValueError, TypeError, AttributeError):
            continue
        if name == "ES256" and public["crv"] != "P-256":
            continue
        named = json.dumps({member: public[member] for member in members}, separators=(",", ":"), sort_keys=True)
        kid = hashlib.sha256(named.encode()).hexdigest()[:32]
        return name, key, {**public, "kid": kid, "alg": name, "use": "sig"}
    raise _no_key("NIS_CARD_KEY holds no private key of P-256, Ed25519 or RSA.")


def _no_key(message: str) -> Unavailable:
    return Unavailable(
        message, remedy="Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out card.pem"
    )
