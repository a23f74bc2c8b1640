"""A plain HTTP client for the tests: one request, one stream."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from conftest import Server

Json = dict[str, Any]


def ask(
    server: Server, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], Any]:
    """One request: status, headers, JSON."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, raw, dict(headers or {}))
        response = connection.getresponse()
        text = response.read()
        return (
            response.status,
            {key.lower(): value for key, value in response.getheaders()},
            json.loads(text or b"null"),
        )
    finally:
        connection.close()


def events_of(
    server: Server, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> list[Json]:
    """A stream's events, read to its end."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        raw = None if body is None else json.dumps(body).encode()
        connection.request(method, path, raw, {"accept": "text/event-stream", **(headers or {})})
        response = connection.getresponse()
        assert response.headers.get_content_type() == "text/event-stream"
        blocks = response.read().decode().strip().split("\n\n")
        fields = [
            dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")) for block in blocks
        ]
        return [{**one, "data": json.loads(one["data"])} for one in fields if "data" in one]
    finally:
        connection.close()
