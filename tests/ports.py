"""Ports of this machine for servers that are started, or started again, on a port known before."""

from __future__ import annotations

import secrets
import socket

LISTENING = range(20_000, 32_000)
"""Below those that the kernel gives to connections (Linux: `ip_local_port_range`, from 32768 on).

Who asks for a port of those again and again while nobody listens is, once in some thousand times, connected to itself:
the port is then taken, and its server does not come up.
"""


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    while True:
        port = secrets.choice(LISTENING)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
