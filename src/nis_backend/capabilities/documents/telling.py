"""How far a long call is: into the log of its run, and to who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.event import Progressed

if TYPE_CHECKING:
    from nis_backend.context import Context


async def tell(ctx: Context, fraction: float, message: str) -> None:
    """Say how far it is, 0 to 1."""
    if ctx.journal is not None and not ctx.quiet:
        ctx.journal.put(Progressed(fraction=fraction, message=message))
    if ctx.on_progress is not None:
        ctx.on_progress(fraction, message)
