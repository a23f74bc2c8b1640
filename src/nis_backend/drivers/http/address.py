"""Where a request goes: a URL taken apart, once for as long as it is used."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from nis_backend.drivers.http.base import NoAddress

PORTS = {"http": 80, "https": 443}
SAFE = "/%:@!$&'()*+,;=~?"
"""What stays as it is in a path and a query: RFC 3986's own characters, and what is quoted already."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a connection goes to."""

    host: str
    port: int
    tls: bool


@dataclass(frozen=True, kw_only=True)
class Address:
    """What a URL says."""

    place: Place
    target: str
    """Path and query, as the request line has them."""
    host: str
    """The header `Host`."""
    authorization: str
    """The header `Authorization` of the credentials that the URL holds; empty where it holds none."""


@lru_cache(maxsize=256)
def address_of(url: str) -> Address:
    """The parts of a URL.

    Raises:
        NoAddress: it is none of HTTP's.
    """
    try:
        parts = urlsplit(url)
        name = parts.hostname or ""
        # What browsers and resolvers are asked by, of a name that has more than ASCII's letters.
        host = name if name.isascii() else name.encode("idna").decode()
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except (ValueError, KeyError) as error:
        raise NoAddress(url) from error
    if not host or not host.isprintable() or " " in host:
        raise NoAddress(url)
    shown = f"[{host}]" if ":" in host else host
    target = quote(parts.path or "/", SAFE) + (f"?{quote(parts.query, SAFE)}" if parts.query else "")
    return Address(
        place=Place(host=host, port=port, tls=parts.scheme == "https"),
        target=target,
        host=shown if port == PORTS[parts.scheme] else f"{shown}:{port}",
        authorization=_basic(parts.username, parts.password),
    )


def _basic(username: str | None, password: str | None) -> str:
    """Source: https://www.rfc-editor.org/rfc/rfc7617."""
    if username is None and password is None:
        return ""
    said = f"{unquote(username or '')}:{unquote(password or '')}"
    return f"Basic {b64encode(said.encode()).decode()}"
