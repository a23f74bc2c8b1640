"""A plain HTTP client for the tests: one request, its JSON, one stream."""

from __future__ import annotations

import http.client
import json
from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from nis_backend.surfaces.rest.derive import IN_QUERY, RestRoute

Json = dict[str, Any]


class Served(Protocol):
    """What answers at an address."""

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        ...


def send(
    server: Served, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    """One request, whose body is bytes or JSON: status, headers, bytes."""
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)) as connection:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, raw, dict(headers or {}))
        response = connection.getresponse()
        return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()


def ask(
    server: Served, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], Any]:
    """One request: status, headers, JSON."""
    status, told, text = send(server, method, path, body, headers)
    return status, told, json.loads(text or b"null")


def done(
    server: Served, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Any:  # Any: JSON
    """The answer of a request that succeeds."""
    status, _, answer = ask(server, method, path, body, headers)
    assert status == 200, answer
    return answer


def placed(route: RestRoute, request: Json) -> tuple[str, bytes | None]:
    """An operation's request as one of its routes takes it: path with query, and body."""
    rest = dict(request)
    path = route.path.replace("{id}", quote(str(rest.pop("id", "")), safe=":"))
    if route.method not in IN_QUERY:
        return path, json.dumps(rest).encode()
    query = urlencode({name: str(value) for name, value in rest.items() if value is not None})
    return (f"{path}?{query}" if query else path), None


def followed(server: Served, run_id: str, after: int = 0) -> Generator[Json]:
    """A run's events as one stream brings them, from the one after this number."""
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)) as connection:
        headers = {"accept": "text/event-stream", "last-event-id": str(after)}
        connection.request("GET", f"/runs/{run_id}/events", None, headers)
        for line in connection.getresponse():
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


def events_of(
    server: Served, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> list[Json]:
    """A stream's events, read to its end."""
    _, told, text = send(server, method, path, body, {"accept": "text/event-stream", **(headers or {})})
    assert told["content-type"].partition(";")[0] == "text/event-stream"
    blocks = text.decode().strip().split("\n\n")
    fields = [dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")) for block in blocks]
    return [{**one, "data": json.loads(one["data"])} for one in fields if "data" in one]
