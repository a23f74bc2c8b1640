"""Callers of a running nis with keys of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rest_client import Json, ask, done, placed, send

from nis_backend.surfaces.rest.derive import routes_of

if TYPE_CHECKING:
    from rest_client import Served

    from nis_backend.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Someone with a key."""

    server: Served
    id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What each of its requests carries."""
        return {"authorization": f"Bearer {self.key}"}

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """One request with the key: status and JSON."""
        status, _, answer = ask(self.server, method, path, body, {**self.headers, **(headers or {})})
        return status, answer

    def done(self, method: str, path: str, body: Any = None) -> Json:
        """The answer of a request with the key that succeeds."""
        return done(self.server, method, path, body, self.headers)

    def make(self, **request: Any) -> Holder:
        """One more, whose key this one makes."""
        made = self.done("POST", "/keys", {"name": "test", **request})
        return Holder(server=self.server, id=made["id"], key=made["key"])


def holder(server: Served, key: str | None = None, **request: Any) -> Holder:
    """Someone with a new key, which the server's own person makes."""
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    made = done(server, "POST", "/keys", {"name": "test", **request}, headers)
    return Holder(server=server, id=made["id"], key=made["key"])


def over_routes(
    who: Holder, entry: Entry, request: Json, headers: Mapping[str, str] | None = None
) -> Iterator[tuple[int, str]]:
    """The operation called at each of its routes: status and body as text."""
    for route in routes_of(entry):
        path, body = placed(route, request)
        sent = {**who.headers, **(headers or {})}
        if body is not None:
            sent["content-type"] = "application/json"
        status, _, text = send(who.server, route.method, path, body, sent)
        yield status, text.decode("utf-8", "replace")
