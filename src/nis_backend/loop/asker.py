"""What is about whoever asks, where a field declares that it is: neither rules nor a model choose somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json


def of_asker(ctx: Context, entry: Entry, arguments: Json) -> Json:
    """The arguments, with whom the conversation serves in each field that is about whoever asks."""
    if ctx.asker is None:
        return arguments
    fields = entry.request_schema.get("properties", {})
    return {**arguments, **{name: ctx.asker for name, one in fields.items() if one.get("asker")}}
