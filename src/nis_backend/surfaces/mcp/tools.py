"""Operations as the protocol lists them: tools, a chosen few of them at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_types import Tool, ToolAnnotations

from nis_backend.errors import NotFound
from nis_backend.surfaces.tools import tool_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.entry import Entry

ESSENTIAL, ALL = "essential", "all"


def choose(entries: Sequence[Entry], toolset: str | None) -> list[Entry]:
    """The operations of a toolset: `essential` when none is named, `all`, or families separated by commas.

    What is not listed may be called all the same: a toolset spares a model's attention, a scope forbids.

    Raises:
        NotFound: there is no such toolset; the remedy names those there are.
    """
    families = sorted({entry.family for entry in entries})
    names = {name.strip() for name in (toolset or ESSENTIAL).split(",")} - {""}
    for name in sorted(names):
        if name not in {ESSENTIAL, ALL, *families}:
            raise NotFound(
                f"There is no toolset {name!r}.",
                field="toolset",
                value=name,
                remedy=f"Toolsets: {', '.join([ESSENTIAL, ALL, *families])}; several are separated by commas.",
            )
    return [
        entry for entry in entries if ALL in names or entry.family in names or (ESSENTIAL in names and entry.essential)
    ]


def tool(entry: Entry) -> Tool:
    """An operation as a tool."""
    return Tool(
        name=tool_name(entry),
        title=entry.action.replace("_", " ").capitalize(),
        description=entry.description,
        input_schema=entry.parameters,
        # A stream may end without an item, and what declares a schema must have a result that meets it.
        output_schema=None if entry.shape == "stream" else entry.result_schema,
        annotations=ToolAnnotations(
            read_only_hint=entry.effect == "reads",
            destructive_hint=entry.effect == "destroys",
            idempotent_hint=entry.effect == "reads" or _repeatable(entry),
            open_world_hint=entry.outward,
        ),
    )


def _repeatable(entry: Entry) -> bool:
    """Whether a second call like the first changes nothing more: a thing is set to a state, or is gone."""
    return entry.resource is not None and entry.action.startswith(("update_", "delete_"))
