"""Functions that the caller has: the model calls them, the caller answers, and the run waits for it in between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.event import InputRequired, WantedCall
from nis_backend.guardrails.marking import turnless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.llm.answer import ToolCall

MOST = 16
"""Functions of one step that the caller is asked for."""


async def answered(ctx: Context, step: int, calls: Sequence[ToolCall]) -> list[str]:
    """What the caller's functions answer, in the order of the calls; none for none.

    Raises:
        Suspended: the caller has not answered yet.
    """
    asked, rest = calls[:MOST], calls[MOST:]
    if not asked:
        return []
    names = sorted({call.name for call in asked})
    required = InputRequired(
        operation=names[0],
        missing=[call.id for call in asked],
        call_id=f"functions-{step}",
        question=f"The caller is to answer {', '.join(names)}.",
        calls=[WantedCall(id=call.id, name=call.name, arguments=call.arguments) for call in asked],
    )
    fields: dict[str, Any] = {call.id: {"title": call.name, "description": "What it answers."} for call in asked}
    schema = {"type": "object", "properties": fields, "required": required.missing}
    given = await ctx.run.input(required, schema)
    return [*(_said(given[call.id]) for call in asked), *(f"A step may call {MOST} functions." for _ in rest)]


def _said(value: Any) -> str:  # Any: JSON
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # The caller vouches for it, and not for whoever has written what their function has read.
    return turnless(text)
