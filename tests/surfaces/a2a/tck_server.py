"""`nis`, whose agent is the one that the A2A TCK expects: run it with the command's own arguments.

    python tests/surfaces/a2a/tck_server.py serve --port 8900 --data FOLDER

`tck_script` says what it does. Nothing of it is in the product: an agent is an operation, and this program names
another one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2a.types.a2a_pb2 import ROLE_AGENT, Message, SendMessageRequest, Task

from nis_backend.__main__ import main
from nis_backend.surfaces.a2a import agents, handler
from nis_backend.surfaces.a2a.agents import Agent

if TYPE_CHECKING:
    from a2a.server.context import ServerCallContext

    from nis_backend.catalog import Catalog
    from nis_backend.operation import Json

APP = Path(__file__).with_name("tck_script.py")


def act_of(message: Message, operations: Catalog) -> Json:
    """The scripted agent's request: what every agent is told, and the message's id."""
    words = " ".join(part.text for part in message.parts if part.HasField("text"))
    if not words:
        return plain(message, operations)
    return {"message": words, "call": {"operation": "tck.tell_facts"}, "message_id": message.message_id}


async def answer(self: handler.RunHandler, params: SendMessageRequest, context: ServerCallContext) -> Task | Message:
    """The task; or a message alone, which no agent of the product answers with."""
    task: Task = await whole(self, params, context)
    if not params.message.message_id.startswith("tck-message-response"):
        return task
    return Message(message_id=f"{task.id}-said", role=ROLE_AGENT, parts=task.artifacts[0].parts)


plain = handler.chat_request
whole: Any = handler.RunHandler.on_message_send

if __name__ == "__main__":
    agents.AGENTS = {"tck": Agent(name="tck", title="tck", description="The suite's.", operation="tck.play_script")}
    handler.chat_request = act_of
    setattr(handler.RunHandler, "on_message_send", answer)  # noqa: B010 - the product's own promises a task
    # The suite fetches the card without a version, and takes no members but those of 1.0.
    os.environ.setdefault("NIS_CARD", "strict")
    sys.argv += ["--app", str(APP)]
    main()
