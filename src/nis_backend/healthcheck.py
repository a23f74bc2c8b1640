"""Whether the server of this container lives: `python -m nis_backend.healthcheck [--port PORT]` ends with 0 or 1.

It is started every half minute beside the server, so it imports next to nothing: no settings, no HTTP client.
"""

from __future__ import annotations

import os
import socket
import sys

SECONDS = 4.0
"""Until it gives up; whoever starts it waits for 5."""


def lives(port: int) -> bool:
    """Whether `/health/live` of this machine's port answers 200."""
    asked = f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            connection.sendall(asked)
            answer = b""
            while b"\r\n" not in answer and (part := connection.recv(64)):
                answer += part
    except OSError:
        return False
    return answer.startswith(b"HTTP/1.1 200 ")


def port_of(arguments: list[str]) -> int:
    """The port that is named last, by `--port`, or else by the server's own setting."""
    if "--port" in arguments[:-1]:
        return int(arguments[arguments.index("--port") + 1])
    return int(os.environ.get("NIS_PORT") or 8000)


if __name__ == "__main__":
    sys.exit(0 if lives(port_of(sys.argv[1:])) else 1)
