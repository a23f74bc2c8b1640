"""What a response that is passed back says of itself in its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.gateway.periods import DOLLAR

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.answering import Answering
    from nis_backend.drivers.gateway.sending import Through

LONGEST_VALUE = 200
"""Characters of a header."""


def way_headers(answering: Answering[bytes], through: Through) -> list[tuple[bytes, bytes]]:
    """What a response says of the way that it came."""
    named = [
        (b"content-type", through.media_type),
        (b"x-nis-model", answering.target.id),
        (b"x-nis-attempts", str(answering.attempts)),
    ]
    if answering.route != answering.target.id:
        named.append((b"x-nis-route", answering.route))
    if through.request_id:
        named.append((b"x-upstream-request-id", through.request_id))
    return [(name, header(value)) for name, value in named]


def whole_headers(whole: bytes, cost: int | None) -> list[tuple[bytes, bytes]]:
    """What only an answer that is whole can say of itself."""
    said = [(b"content-length", str(len(whole)).encode())]
    return said if cost is None else [*said, (b"x-nis-cost", f"{cost / DOLLAR:.9f}".encode())]


def header(value: str) -> bytes:
    """A value of a header; names are callers' and providers'."""
    if not (value.isascii() and value.isprintable()):
        value = "".join(one if one.isascii() and one.isprintable() else "?" for one in value)
    return value[:LONGEST_VALUE].encode()
