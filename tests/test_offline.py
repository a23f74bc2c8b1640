"""The suite does not leave this machine."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys

import pytest
from conftest import KERNEL_NETWORK_OFF

ELSEWHERE = "192.0.2.1"  # TEST-NET-1 of RFC 5737: nobody's address


def test_a_connection_to_elsewhere_is_refused_before_it_is_tried() -> None:
    """Promise: the suite runs with the network off, so a test that passes needs none."""
    with socket.socket() as outgoing, pytest.raises(OSError, match="does not leave this machine") as refused:
        outgoing.connect((ELSEWHERE, 80))
    assert refused.value.errno == errno.ENETUNREACH


def test_a_name_is_not_looked_up() -> None:
    """Promise: not even a DNS question leaves."""
    with pytest.raises(OSError, match="does not leave this machine"):
        socket.getaddrinfo("example.org", 443)


def test_a_child_python_is_held_too() -> None:
    """Promise: servers and workers that tests start obey the same rule."""
    code = f"import socket; socket.create_connection(({ELSEWHERE!r}, 80), timeout=5)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=False)
    assert child.returncode == 1
    assert "does not leave this machine" in child.stderr


@pytest.mark.skipif(not KERNEL_NETWORK_OFF, reason="the kernel refused this process a network of its own")
def test_a_program_that_is_not_python_is_held_by_the_kernel() -> None:
    """Promise: where the kernel allows it, the rule does not rest on Python."""
    child = subprocess.run(
        ["bash", "-c", f"exec 3<>/dev/tcp/{ELSEWHERE}/80"], capture_output=True, text=True, timeout=180, check=False
    )
    assert "Network is unreachable" in child.stderr


def test_loopback_still_works(free_port: int) -> None:
    """Promise: only what leaves is refused."""
    with socket.create_server(("127.0.0.1", free_port)), socket.create_connection(("localhost", free_port), 5) as mine:
        assert mine.getpeername() == ("127.0.0.1", free_port)
