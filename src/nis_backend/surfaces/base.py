"""What a surface may use of the process it is mounted in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.caller import Caller
    from nis_backend.catalog import Catalog
    from nis_backend.context import Context
    from nis_backend.settings import Settings


class Process(Protocol):
    """The one process, as its surfaces see it."""

    settings: Settings
    operations: Catalog
    has_app: bool
    """Whether operations of a user's file were added to the index."""
    closing: asyncio.Event
    """Set when the server begins to stop: streams end with a notice."""

    def context(self, caller: Caller) -> Context:
        """A fresh context for one call."""
        ...

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """Who sends these headers.

        Raises:
            Unauthenticated: a key is wanted and none was sent, or a wrong one, or one that counts no more.
            Unavailable: the database cannot be asked whose it is.
            Forbidden: the `Host` or the `Origin` is a foreign one.
        """
        ...
