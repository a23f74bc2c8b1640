"""Ed25519 signatures of documents, by a key of this server's data folder. Source: RFC 8032.

What is signed is the very text of the document, so that nobody has to write JSON in one form to check it.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FILE = "skills.pem"
SCHEME = "ed25519:"


def sign(text: str, folder: Path) -> str:
    """The signature of a text, as base64; the key is made when there is none. It reads files: call it in a thread."""
    return base64.b64encode(_key(folder).sign(text.encode())).decode()


def publisher(folder: Path) -> str:
    """The public key of this server, as it is told to others. It reads files: call it in a thread."""
    return SCHEME + base64.urlsafe_b64encode(_key(folder).public_key().public_bytes_raw()).decode().rstrip("=")


def check(text: str, signature: str, by: str) -> None:
    """Refuse a text that this publisher has not signed.

    Raises:
        InvalidRequest: the key is none, or the signature is not its own of this text.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - loads with the first signature

    key = _public(by)
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        raise InvalidRequest(
            "The publisher has not signed this.",
            field="document.signature",
            value=signature,
            remedy="Have it sent again, unchanged, and compare the publisher's key with what its owner told you.",
        ) from None


def _public(by: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

    encoded = by.removeprefix(SCHEME)
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if encoded != by else b""
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise InvalidRequest(
            "That is no publisher's key.",
            field="publisher",
            value=by,
            remedy="Give it as skills.get_skill tells it where it was published: ed25519:…",
        ) from None


def _key(folder: Path) -> Ed25519PrivateKey:
    """The private key, in a file that nobody but the server's user reads.

    Raises:
        Unavailable: the file holds none.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above

    file = folder / FILE
    if not file.exists():
        _make(file)
    try:
        found = load_pem_private_key(file.read_bytes(), None)
    except ValueError:
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise Unavailable(
            f"{FILE} of the data folder holds no Ed25519 key.",
            remedy="Put the key back from a backup; without the file a new one is made, which is another publisher's.",
        )
    return found


def _make(file: Path) -> None:
    """Make a key: whole or not at all; who comes second takes what is there."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    made = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    beside = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
        output.write(made)
    try:
        os.link(beside, file)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
