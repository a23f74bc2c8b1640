"""`python -m nis_backend.healthcheck`, which containers are looked at with."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nis_backend import healthcheck

if TYPE_CHECKING:
    from conftest import Server


def check(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The check, as a container starts it."""
    command = [sys.executable, "-m", "nis_backend.healthcheck", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_a_living_server_is_found_by_its_setting(server: Server) -> None:
    """The port is the server's own variable."""
    port = server.url.rpartition(":")[2].strip("/")
    assert check(NIS_PORT=port).returncode == 0


def test_the_command_line_names_another_port(server: Server, free_port: int) -> None:
    """A worker listens on a port of its own beside the setting."""
    port = server.url.rpartition(":")[2].strip("/")
    assert check("--port", port, NIS_PORT=str(free_port)).returncode == 0
    assert check("--port", str(free_port), NIS_PORT=port).returncode == 1


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"", b"HTTP/1.1 200"])
def test_what_does_not_answer_well_does_not_live(answer: bytes) -> None:
    """Another status, nothing, or a line that was cut; the last is no answer, though it begins like one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen([sys.executable, "-m", "nis_backend.healthcheck", "--port", str(port)])
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1000).startswith(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:")
            connection.sendall(answer)
        assert process.wait(30) == 1


def test_it_imports_next_to_nothing() -> None:
    """It is started every half minute beside the server, on a fraction of a processor."""
    program = "import sys; before = {*sys.modules}; import nis_backend.healthcheck; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("nis_backend")}
    assert ours == {"nis_backend", "nis_backend.healthcheck"}
    assert not {*done.stdout.split()} & {"asyncio", "http", "http.client", "urllib.request", "ssl", "pydantic", "email"}


def test_an_unnamed_port_is_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that `nis serve` listens on where nobody says which."""
    monkeypatch.delenv("NIS_PORT", raising=False)
    assert healthcheck.port_of([]) == 8000
