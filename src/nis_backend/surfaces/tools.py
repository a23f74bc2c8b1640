"""Function tools for models, derived: one for each operation that answers a model and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry
    from nis_backend.operation import Json


def tool_name(entry: Entry) -> str:
    """The operation's name where a dot may not be."""
    return entry.name.replace(".", "-")


def tools(entries: Iterable[Entry]) -> list[Json]:
    """The tools as OpenAI's dialect lists them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool_name(entry),
                "description": entry.description,
                "parameters": entry.parameters,
            },
        }
        for entry in entries
        if entry.shape == "model" and not entry.secret
    ]
