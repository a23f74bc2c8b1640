"""An agent that repeats what it is told, for tests and examples: chosen by its address, and it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.agents.base import Artifact, Card, Fetched, Part, RemoteAgents, Skill, Update
from nis_backend.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.agents.base import Address, Json, Said

SCHEME = "scripted"
MARK = "[scripted] "


class ScriptedAgent(RemoteAgents):
    """What is asked with a question mark it asks back; anything else it repeats."""

    @override
    async def fetch(self, address: Address, etag: str = "") -> Fetched | None:
        return None if etag else Fetched(card={"name": "Echo"}, etag="1", fresh=86_400.0)

    @override
    def read(self, address: Address, card: Json) -> Card:
        return Card(
            name=card["name"],
            description=f"{MARK}Repeats what it is told.",
            version="1",
            protocol="none",
            binding=SCHEME,
            url=address.url,
            streaming=True,
            skills=[Skill(id="repeat", name="Repeat", description="Repeats what it is told.")],
        )

    @override
    async def send(self, address: Address, card: Card, said: Said) -> AsyncGenerator[Update]:
        context = said.context_id or f"context-{said.id}"
        task = said.task_id or f"task-{said.id}"
        yield Update(task_id=task, context_id=context, state="working")
        if said.text.endswith("?") and not said.task_id:
            asked = Part(text=f"{MARK}What do you mean by: {said.text}")
            yield Update(task_id=task, context_id=context, state="input-required", message=[asked])
            return
        for word in (MARK, *said.text.split(" ")):
            piece = Part(text=word if word == MARK else f"{word} ")
            artifact = Artifact(id="answer", parts=[piece], append=word != MARK)
            yield Update(task_id=task, context_id=context, artifacts=[artifact])
        yield Update(task_id=task, context_id=context, state="completed")

    @override
    async def watch(self, address: Address, card: Card, task_id: str) -> AsyncGenerator[Update]:
        raise NotFound(
            f"{address.url} keeps no tasks.", field="task_id", value=task_id, remedy="Send the message anew."
        )
        yield Update()

    @override
    async def cancel(self, address: Address, card: Card, task_id: str) -> None:
        """Nothing goes on there."""
