"""`GET /agui/capabilities`: what the agent can do, as far as the protocol has a word for it.

What is left out is not known; what is false is not done. Source: https://docs.ag-ui.com/concepts/capabilities
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from nis_backend import __version__
from nis_backend.loop.offering import LONGEST_DESCRIPTION, tool_name
from nis_backend.loop.turning import MOST_STEPS
from nis_backend.surfaces.answering import answerer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.answering import Answerer
    from nis_backend.surfaces.base import Process


def capabilities(process: Process, entries: list[Entry], one: Answerer) -> Json:
    """The document, with these operations as the agent's own tools; of the chat, or of who is kept."""
    card = one.card
    items = [
        {
            "name": tool_name(entry),
            "description": entry.description[:LONGEST_DESCRIPTION],
            "parameters": entry.parameters,
        }
        for entry in entries
    ]
    takes = process.operations.entry(one.operation).request_schema["properties"]
    files = "attachments" in takes
    return {
        "identity": {
            "name": card.name if card else "nis",
            "type": "nis",
            "description": card.description if card else "Talks, and computes by calling this server's operations.",
            "version": str(card.version) if card else __version__,
        },
        "transport": {
            "streaming": True,
            "websocket": True,
            "httpBinary": False,
            "pushNotifications": False,
            "resumable": True,
        },
        "tools": {"supported": True, "items": items, "parallelCalls": True, "clientProvided": card is None},
        "output": {"structuredOutput": bool(card and card.output_schema), "supportedMimeTypes": ["text/markdown"]},
        "state": {"snapshots": True, "deltas": True, "memory": False, "persistentState": False},
        "multiAgent": {"supported": False},
        "reasoning": {"supported": True, "streaming": True, "encrypted": False},
        "multimodal": {
            "input": {"image": files, "audio": files, "video": False, "pdf": files, "file": files},
            "output": {"image": False, "audio": False},
        },
        "execution": {
            "codeExecution": False,
            "maxIterations": MOST_STEPS + 1,
            "maxExecutionTime": int(1000 * process.settings.run_seconds),
        },
        "humanInTheLoop": {
            "supported": True,
            "approvals": True,
            "interventions": False,
            "feedback": False,
            "interrupts": True,
            "approveWithEdits": False,
        },
        "custom": {"nis": {"a2ui": {"activityType": "a2ui-surface", "version": "v0.9"}}},
    }


async def answer(process: Process, request: Request) -> Response:
    """What the caller's agent can do: of the operations, those that it may call and a model is offered."""
    ctx = process.context(request.state.caller)
    one = await answerer(request.path_params.get("agent", ""), ctx)
    able = {*one.card.operations} if one.card else None
    entries = [
        entry
        for entry in process.operations.entries()
        if entry.shape == "model"
        and not entry.secret
        and not ctx.caller.lacks(entry.scopes)
        and (entry.effect == "reads" if able is None else entry.name in able)
    ]
    return JSONResponse(capabilities(process, entries, one))
