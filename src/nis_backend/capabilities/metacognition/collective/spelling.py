"""One spelling of a public key, however it was registered: who signs under two spellings has one voice."""

from __future__ import annotations

import json
from typing import Any, cast


def spelled(text: str) -> bytes:
    """A JSON Web Key or PEM as its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7); what is no key stays as it is written.

    It loads the packages that look at signatures: call it in a thread.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - loads where signed cards are wanted
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        Encoding,
        PublicFormat,
        load_pem_public_key,
    )
    from jwt import PyJWK  # noqa: PLC0415 - as above
    from jwt.exceptions import PyJWTError  # noqa: PLC0415 - as above

    try:
        # Any: the packages' own kinds of keys, of which each is written the same way.
        key: Any = (
            PyJWK(cast("dict[str, Any]", json.loads(text))).key
            if text.lstrip().startswith("{")
            else load_pem_public_key(text.encode())
        )
        if hasattr(key, "public_key"):
            # A private key where the public one was wanted: who has it signs with the same.
            key = key.public_key()
        return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    except (ValueError, RecursionError, AttributeError, PyJWTError, UnsupportedAlgorithm):
        return text.strip().encode()
