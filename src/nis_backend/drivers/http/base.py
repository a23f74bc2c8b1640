"""The contract of the HTTP client: how a request is sent, and what it fails with.

HttpError
├── NoAddress     the address is none
├── Unreachable   there is no connection: nobody has heard the request
├── Lost          the connection broke off, in the middle or before anything came
├── Silent        nothing came for too long
└── Strange       what came is no HTTP
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


CONNECT = 10.0
"""Seconds for a connection: the name, the handshakes."""


class HttpError(Exception):
    """A request that has failed."""


class NoAddress(HttpError):
    """The address is none."""


class Unreachable(HttpError):
    """There is no connection: nobody has heard the request. The reason is its cause."""


class Lost(HttpError):
    """The connection broke off."""


class Silent(HttpError, TimeoutError):
    """Nothing came for too long."""


class Strange(HttpError):
    """What came is no HTTP, or is compressed in a way that nobody asked for."""


class Response(Protocol):
    """What a server has answered, its body unread."""

    @property
    def status(self) -> int:
        """HTTP's."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names, in letters of any case."""
        ...

    @property
    def content_type(self) -> str:
        """The media type, in small letters and without parameters."""
        ...

    async def readany(self) -> bytes:
        """What has come of the body, waited for where nothing has; empty at its end.

        Raises:
            HttpError: it broke off.
        """
        ...

    def iter_any(self) -> AsyncIterator[bytes]:
        """The same, until the end."""
        ...

    def close(self) -> None:
        """End the connection, unless all of the body has come: the server is to notice."""
        ...


class Client(Protocol):
    """Sends requests."""

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, silence: float
    ) -> Response:
        """The response, of any status, once its head is there; redirections are not followed.

        `silence` is the longest time in seconds that nothing may come, or go while the request is sent. With an
        `accept-encoding` of `identity`, the body is as it was sent, whatever the answer's `content-encoding`.

        Raises:
            HttpError: see above.
        """
        ...


def retry_after(headers: Mapping[str, str]) -> float | None:
    """In how many seconds a server wants to be asked again, where it says so.

    Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after; OpenAI's clients know it in milliseconds too.
    """
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        said = headers.get("retry-after", "")
        if said.replace(".", "", 1).isdecimal():
            return float(said)
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None
