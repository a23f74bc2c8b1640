"""Addresses that callers give: what may be told and kept of one, and whether it lies in a network of our own."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import SplitResult, urlsplit

from nis_backend.errors import Forbidden, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection

PRIVATE = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""How names end that no public server has (RFC 6761, 6762, 8375; ICANN's `internal`)."""
OURS = tuple(
    ip_network(one)
    for one in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96", "::ffff:0:0:0/96", "fec0::/10", "5f00::/16"),
        *("192.0.0.0/24", "168.63.129.16/32"),
    )
)
"""What stands for any IPv4 address, of our own network too, where it is translated (RFC 6052, 8215, 3056, 4291, 2765),
what sites had and routers have for themselves (RFC 3879, 9602), and where clouds tell their machines secrets under
addresses that are nobody else's: Oracle's in 192.0.0.0/24 (RFC 6890), Azure's 168.63.129.16."""


def told(url: str) -> str:
    """An address without the credentials and the query that it may hold."""
    scheme, mark, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def host_of(url: str) -> str:
    """The host of an address; empty where there is none."""
    parts = parts_of(url)
    return (parts and parts.hostname) or ""


def parts_of(url: str) -> SplitResult | None:
    """The parts of an address; None for what is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_private(host: str) -> bool:
    """Whether a host is this machine or one of its own network, as far as its name tells: nobody is asked for it."""
    # What is sent there writes ⑩ as 10, and a wide stop as a dot.
    host = normalize("NFKC", host).replace("\u3002", ".")
    try:
        address = ip_address(host)
        return not address.is_global or address.is_multicast or any(address in one for one in OURS)
    except ValueError:
        # A number in another spelling (127.1, 0x7f000001) is an address to some systems.
        last = host.rstrip(".").rpartition(".")[2]
        return not last or "." not in host.rstrip(".") or last[0].isdigit() or host.rstrip(".").endswith(PRIVATE)


def kept_host(url: str, *, whose: str, like: str, bare: Collection[str], instead: str) -> str:
    """The host of an address that may be kept; `bare` names the parts that it may not have, as urllib does.

    Raises:
        InvalidRequest: it is not the address of `whose` it should be, or has one of those parts.
    """
    parts, host = parts_of(url), host_of(url)
    strange = parts is None or parts.scheme not in {"http", "https"} or not host or re.search(r"[\s\\]", url)
    if parts is None or strange or (parts.fragment and "fragment" not in bare):
        raise InvalidRequest(
            f"The address is not that of {whose}.",
            field="url",
            value=url.rpartition("@")[2],
            remedy=f"Give one like {like}.",
        )
    if parts.username or parts.password or any(getattr(parts, name) for name in bare):
        *names, last = ["credentials", *(f"a {name}" for name in bare)]
        parts_told = f"{', '.join(names)} or {last}" if names else last
        raise InvalidRequest(f"An address with {parts_told} is not taken.", field="url", value=host, remedy=instead)
    return host


def hosts_in(allowed: str) -> set[str]:
    """The hosts of a setting that lists them."""
    return {one.strip().lower() for one in allowed.split(",")} - {""}


def refuse_private(host: str, allowed: str, remedy: str) -> None:
    """Refuse a host of a network of our own that the setting does not list.

    Raises:
        Forbidden: it is one.
    """
    if is_private(host) and host.lower() not in hosts_in(allowed):
        raise Forbidden(f"{host} is an address of the server's own network.", field="url", value=host, remedy=remedy)
