"""Ed25519 signatures of documents, by a key of each owner's own. Sources: RFC 8032; RFC 5869 for the owners' keys.

What is signed is the very text of the document, so that nobody has to write JSON in one form to check it. One file of
the data folder holds the secret of which every owner's key is derived: none signs, or takes back, for another.
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


def sign(text: str, folder: Path, owner: str) -> str:
    """An owner's signature of a text, as base64; it makes the secret when there is none, in a file: use a thread."""
    return base64.b64encode(_key_of(owner, folder).sign(text.encode())).decode()


def publisher(folder: Path, owner: str) -> str:
    """The public key of an owner, as it is told to others. It reads files: call it in a thread."""
    return _told(_key_of(owner, folder).public_key())


def _told(key: Ed25519PublicKey) -> str:
    return SCHEME + base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("=")


def check(text: str, signature: str, by: str) -> None:
    """Refuse a text that this publisher has not signed.

    Raises:
        InvalidRequest: the key is none, or the signature is not its own of this text.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - loads with the first signature

    key = _public(by)
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode())
    except (InvalidSignature, ValueError):
        raw = None
    # Another spelling of the same signature would be another skill, which nobody has revoked.
    if raw is None or base64.b64encode(raw).decode() != signature:
        raise InvalidRequest(
            "The publisher has not signed this.",
            field="document.signature",
            value=signature,
            remedy="Have it sent again, unchanged, and compare the publisher's key with what its owner told you.",
        )


def _public(by: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

    encoded = by.removeprefix(SCHEME)
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if encoded != by else b""
        key = Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        key = None
    # A key has one spelling, by which its skills are found again.
    if key is None or _told(key) != by:
        raise InvalidRequest(
            "That is no publisher's key.",
            field="publisher",
            value=by,
            remedy="Give it as skills.get_skill tells it where it was published: ed25519:…",
        )
    return key


def _key_of(owner: str, folder: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"nis skills of {owner}".encode())
    return Ed25519PrivateKey.from_private_bytes(derived.derive(_secret(folder).private_bytes_raw()))


def _secret(folder: Path) -> Ed25519PrivateKey:
    """What the owners' keys are derived of, in a file that nobody but the server's user reads.

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
