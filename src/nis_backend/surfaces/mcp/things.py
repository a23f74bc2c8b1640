"""What the protocol has beside tools stands on operations too, found by the thing they are declared for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nis_backend.errors import NisError, NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.context import Context
    from nis_backend.entry import Entry


class Things:
    """The operations that list, read and command a kind of thing: a run, a blob, a prompt."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {(entry.resource or entry.on, entry.action): entry for entry in entries}

    def allowed(self, ctx: Context, thing: str, action: str) -> bool:
        """Whether there is such an operation, and the caller may call it."""
        entry = self._entries.get((thing, action))
        return entry is not None and not ctx.caller.lacks(entry.scopes)

    async def has(self, ctx: Context, thing: str, name: str | None) -> bool:
        """Whether there is one of this id that the caller may read."""
        if name is not None:
            with suppress(NisError):
                return bool(await self.call(ctx, thing, f"get_{thing}", {"id": name}))
        return False

    async def call(
        self, ctx: Context, thing: str, action: str, arguments: Mapping[str, Any]
    ) -> Any:  # Any: JSON in, that operation's result out
        """Call it as the caller, whose scopes count.

        Raises:
            NotSupported: there is no such operation here.
            NisError: its own.
        """
        entry = self._entries.get((thing, action))
        if entry is None:
            raise NotSupported(f"No operation of this server does {action!r} to a {thing}.", remedy="Do without.")
        return await ctx.call_named(entry.name, arguments)
