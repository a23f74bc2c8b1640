"""Refuses connections and look-ups that leave this machine, in every Python process of the test suite.

`conftest.py` runs this file in its own process and puts its folder first on `PYTHONPATH`, where Python imports a module
of this name at start. An audit hook, because it also sees the sockets that libraries open below the module `socket`.
"""

from __future__ import annotations

import errno
import ipaddress
import sys
from typing import Any, cast


def _stays_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost", "testserver"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_outgoing(event: str, arguments: tuple[Any, ...]) -> None:  # Any: each event has its own arguments
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address: object = arguments[1]
        # A text address is a unix socket's; None is a socket that connected earlier, and was asked about then.
        if not isinstance(address, tuple) or _stays_here(cast("tuple[object, ...]", address)[0]):
            return
    elif event not in ("socket.getaddrinfo", "socket.gethostbyname") or _stays_here(arguments[0]):
        return
    raise OSError(errno.ENETUNREACH, f"the test suite does not leave this machine: {event}{arguments!r}")


sys.addaudithook(_refuse_outgoing)
