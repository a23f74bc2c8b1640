"""What a surface may use of the process it is mounted in."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, Protocol

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from nis_backend.caller import Caller
    from nis_backend.catalog import Catalog
    from nis_backend.context import Context
    from nis_backend.drivers.http.base import Client
    from nis_backend.drivers.telemetry.base import Telemetry
    from nis_backend.settings import Settings


class Closing(asyncio.Event):
    """That the process stops: who waits for an answer under a limit of this is told at once."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = False
        """Whether it was told to stop: it may serve on for a while, and what can go elsewhere should."""
        self._limits: set[asyncio.Timeout] = set()

    @override
    def set(self) -> None:
        super().set()
        for limit in self._limits:
            # One that is over, or about to be, has no time to be set any more.
            with suppress(RuntimeError):
                limit.reschedule(0)

    @contextmanager
    def limited(self) -> Generator[asyncio.Timeout]:
        """A limit of time that is over when the process stops."""
        limit = asyncio.timeout(0 if self.is_set() else None)
        self._limits.add(limit)
        try:
            yield limit
        finally:
            self._limits.discard(limit)


class Process(Protocol):
    """The one process, as its surfaces see it."""

    settings: Settings
    operations: Catalog
    has_app: bool
    """Whether operations of a user's file were added to the index."""
    closing: Closing
    """Set when the server begins to stop: streams end with a notice."""
    clients: Mapping[Literal["anywhere", "outside"], Client]
    """What sends requests: to any address, or to those alone that lie in no network of our own."""
    telemetry: Telemetry
    """What is counted of all that happens here, and what traces it."""
    pushing: asyncio.Event
    """Set when somebody has asked to be sent a run's updates."""

    def context(self, caller: Caller) -> Context:
        """A fresh context for one call."""
        ...

    async def metrics(self, accept: str) -> tuple[str, bytes]:
        """The process's figures: their media type and text, in the form that `Accept` names."""
        ...

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """Who sends these headers.

        Raises:
            Unauthenticated: a key is wanted and none was sent, or a wrong one, or one that counts no more.
            Unavailable: the database cannot be asked whose it is.
            Forbidden: the `Host` or the `Origin` is a foreign one.
        """
        ...
