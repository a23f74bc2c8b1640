"""What a run waits for as interrupts, and the answers to them as commands.

Source: https://docs.ag-ui.com/spec/1.0/basic/patterns/interrupt-resume
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.event import ApprovalRequired, InputRequired
from nis_backend.surfaces.agui.spoken import call_name

if TYPE_CHECKING:
    from nis_backend.operation import Json

APPROVAL: Json = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "reason": {"type": "string", "maxLength": 2000, "description": "What the agent is told of a refusal."},
    },
    "required": ["approved"],
    "additionalProperties": False,
}
"""What is answered where leave is asked for."""


def interrupt(run_id: str, seq: int, asked: InputRequired | ApprovalRequired, schema: Json | None = None) -> Json:
    """What is waited for; its id names the run, and the entry of its log that asks."""
    name = f"{run_id}:{seq}"
    if isinstance(asked, ApprovalRequired):
        ours = {"operation": asked.operation, "arguments": asked.arguments}
        about = {"toolCallId": call_name(run_id, asked.step, asked.call_id)} if asked.step else {}
        return {
            "id": name,
            "reason": "confirmation" if not about else "tool_call",
            "message": f"{asked.operation}: {asked.reason}".removeprefix(": "),
            **about,
            "responseSchema": APPROVAL,
            "metadata": {"nis": ours},
        }
    missing = ", ".join(asked.missing)
    properties: Json = {one: {} for one in asked.missing}
    return {
        "id": name,
        "reason": "input_required",
        "message": asked.question or f"{asked.operation} needs {missing}.",
        "responseSchema": schema or {"type": "object", "properties": properties, "required": asked.missing},
        "metadata": {"nis": {"operation": asked.operation, "missing": asked.missing}},
    }
