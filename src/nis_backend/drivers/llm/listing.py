"""What a provider's server lists, kept for a while, and the model it answers with when none is named."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.errors import NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.llm.server import Server

LISTED, REFUSED = 60.0, 5.0
"""Seconds for which the server's list of models is kept, and its failure to give one."""
LISTING = 10.0
"""Seconds that it has for the list."""


class Listing:
    """The list of one server; `read` asks for it, `default` is the model that is set up."""

    def __init__(self, server: Server, default: str | None, read: Callable[[], Awaitable[list[ModelInfo]]]) -> None:
        self.key_refused = False
        """Whether the server said that the key is wrong, as `read` notes: then no answer can come from it."""
        self._server = server
        self._default = default
        self._bare = self._unlisted(default or "")
        """The default, of which the server has said nothing."""
        self._read = read
        self._asking = asyncio.Lock()
        self._listed: list[ModelInfo] | NisError | None = None
        self._listed_at = 0.0

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; with a default set up, an unreachable list leaves that alone."""
        listed = await self._list(LISTED)
        if isinstance(listed, NisError):
            # A server may refuse the list and still answer, unless the key itself is wrong.
            if self._default is None or self.key_refused:
                raise listed.with_traceback(None)
            return [self._unlisted(self._default, f"Its server gave no list: {listed.message}")]
        if self._default is None:
            if not listed:
                raise Unavailable(
                    f"{self._server.name} lists no model.",
                    remedy=f"Load one on that server, or set {self._server.variables.model}.",
                )
            return listed
        default = named(listed, self._default) or self._unlisted(self._default)
        return [default, *(info for info in listed if info.name != default.name)]

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`; the default needs no network, and what no list can deny is tried."""
        wanted = name or self._default
        if wanted is None:
            return (await self.models())[0]
        if self._default is not None and wanted in (self._default, self._default.replace("/", ":")):
            kept = [] if self._listed is None or isinstance(self._listed, NisError) else self._listed
            return named(kept, wanted) or self._bare
        # A model that was loaded since the list was made is worth another look.
        for age in (LISTED, REFUSED):
            listed = await self._list(age)
            if isinstance(listed, NisError):
                if self.key_refused:
                    raise listed.with_traceback(None)
                return self._unlisted(wanted)
            if (known := named(listed, wanted)) is not None:
                return known
        return None

    def _unlisted(self, name: str, detail: str = "") -> ModelInfo:
        return ModelInfo(provider=self._server.provider, name=name, tools=True, detail=detail)

    async def _list(self, age: float) -> list[ModelInfo] | NisError:
        """What is listed, not older than `age`, or why nothing is; those who ask together ask once."""
        async with self._asking:
            kept = REFUSED if isinstance(self._listed, NisError) else age
            if self._listed is None or time.monotonic() - self._listed_at >= kept:
                try:
                    async with asyncio.timeout(LISTING):
                        self._listed = await self._read()
                except TimeoutError:
                    self._listed = Unavailable(
                        f"{self._server.name} gave no list of models in {LISTING:g} s.",
                        remedy=f"See whether {self._server.variables.url} is right.",
                    )
                except NisError as error:
                    self._listed = error
                self._listed_at = time.monotonic()
            return self._listed


def named(infos: Sequence[ModelInfo], name: str) -> ModelInfo | None:
    """The one of this name, which may have colons for its slashes."""
    return next((info for info in infos if info.goes_by(name)), None)
