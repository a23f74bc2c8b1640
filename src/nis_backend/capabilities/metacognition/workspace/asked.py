"""What running a workspace, and reading what was attended to, take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from nis_backend.annotations import Plain
from nis_backend.capabilities.metacognition.workspace.bidding import BID
from nis_backend.operation import Model
from nis_backend.paged import Cursor, Limit, Next

MOST_MODULES, MOST_SLOTS, MOST_CYCLES = 16, 8, 12
LONGEST_GOAL = 4000

Name = Annotated[str, StringConstraints(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Path = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_.]*$")]


class Module(Model):
    """One of those who bid: an operation that reads, or an agent."""

    name: Name = Field(description="What it is called here.")
    operation: str = Field(
        min_length=3, max_length=64, description="One that reads and answers at once, or agents.ask_agent."
    )
    arguments: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict[str, Any],
        max_length=100,
        description="Its request; {goal} stands for the goal, {broadcast} for what the workspace holds, in any text.",
    )
    bid: Path = Field(
        default="", description="Where in its result its salience is, as score; empty: how it fits the goal."
    )
    weight: float = Field(default=1.0, ge=0, le=100, description="Its bids are multiplied by this.")


class RunWorkspace(Model):
    """What is worked on, by whom, and how narrow the workspace is."""

    workspace: Name = Field(default="main", description="A name by which its runs are found and compared.")
    goal: Annotated[str, Plain] = Field(min_length=1, max_length=LONGEST_GOAL, description="What is worked on.")
    modules: list[Module] = Field(min_length=1, max_length=MOST_MODULES, description="Who bids.")
    slots: int = Field(default=1, ge=1, le=MOST_SLOTS, description="Places in the workspace.")
    cycles: int = Field(default=3, ge=1, le=MOST_CYCLES, description="How often all of them work, at most.")
    broadcast: bool = Field(
        default=True,
        description="Whether there is a workspace at all: without, each module works by itself (ablation).",
    )
    budget: float | None = Field(default=None, ge=0, le=1e9, description="Dollars that the run may cost at most.")


class Bid(Model):
    """What a module said in a cycle, and what it bid."""

    module: str
    content: str
    salience: float
    novelty: float
    bid: float
    changed: bool = Field(description="Whether it said something else than in the cycle before.")
    problem: str = Field(description="Why it said nothing; empty where it did.")


class Cycle(Model):
    """One round: all work side by side, few are heard."""

    cycle: int
    bids: list[Bid]
    winners: list[str] = Field(description="Whose content was told to all in the next cycle, the highest bid first.")


class WorkspaceRun(Model):
    """What became of a workspace."""

    workspace: str
    goal: str
    slots: int
    broadcast: bool
    settled: bool = Field(description="Whether it ended because a cycle changed nothing any more.")
    hearing: list[str] = Field(description="Modules whose request has {broadcast}.")
    operations: list[str] = Field(description="What the modules call, each once.")
    cycles: list[Cycle]
    held: list[str] = Field(description="What the workspace held in the end; empty without one.")
    formula: str = BID
    run_id: str


class ListAttention(Model):
    """Whose attention, the newest cycle first."""

    workspace: Name | None = Field(default=None, description="Only of this one.")
    cursor: Cursor = None
    limit: Limit = 20


class Attended(Model):
    """A cycle, as the attention log has it."""

    workspace: str
    run_id: str | None
    cycle: int
    bids: dict[str, float]
    winners: list[str]
    created: float = Field(description="Seconds since 1970, UTC.")


class AttentionLog(Model):
    """One page of cycles."""

    cycles: list[Attended]
    next_cursor: Next
