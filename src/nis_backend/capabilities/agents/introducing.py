"""What others are told of an agent: what it is for and what it may use, and neither its instructions nor its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.agents.agent import agent_of, find
from nis_backend.capabilities.agents.operations import KEPT, AgentVersion
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context


class AgentCard(Model):
    """An agent as others may know it."""

    id: str
    name: str = Field(description="By which it is asked: as agent:NAME where a model is named.")
    version: int
    description: str
    operations: list[str] = Field(description="Operations that it may use, where whoever asks it may use them too.")
    agents: list[str] = Field(description="Agents of the same owner that it may ask.")
    output_schema: dict[str, Any] | None = Field(description="JSON schema of its answer; null where that is words.")
    # Any: a JSON schema


def _draw(_request: Model, result: AgentCard) -> list[View]:
    rows: list[list[str | float]] = [[name] for name in result.operations]
    said = f"{result.name}, version {result.version}. {result.description}".strip()
    return [Text(text=said), *([Table(title="It may use", columns=["operation"], rows=rows)] if rows else [])]


@operation(
    "agents.get_agent_card",
    effect="reads",
    on="agent",
    view=_draw,
    examples=(Example(title="As others know it", request={"id": "{clerk.id}"}, before=(KEPT,)),),
)
async def get_agent_card(request: AgentVersion, ctx: Context) -> AgentCard:
    """Get what others are told of an agent: its name, what it is for, and the operations and agents it may use."""
    agent = agent_of(await find(request.id, ctx, request.version))
    able = sorted(entry.name for entry in ctx.operations.entries() if entry.fits(agent.operations))
    return AgentCard(
        id=agent.id,
        name=agent.name,
        version=agent.version,
        description=agent.description,
        operations=able,
        agents=agent.agents,
        output_schema=agent.output_schema,
    )


OPERATIONS = (get_agent_card,)
