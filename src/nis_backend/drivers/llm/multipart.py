"""A form with a file, as bytes. Source: RFC 7578."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def form(fields: Iterable[tuple[str, str]], name: str, media_type: str, data: bytes) -> tuple[bytes, str]:
    """The body and its media type: the fields, and the file under `file`."""
    boundary = secrets.token_hex(24)
    parts: list[bytes] = []
    for field, value in fields:
        parts.append(f'--{boundary}\r\ncontent-disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
    head = f'content-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: {media_type}'
    parts += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), data, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
