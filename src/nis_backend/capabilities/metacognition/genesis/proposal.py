"""A proposed agent as it is answered, and as a row has it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, JsonValue

from nis_backend import found
from nis_backend.capabilities.metacognition.evolve.evolution import Candidate, Split, Verdict, how_it_goes
from nis_backend.capabilities.metacognition.genesis.failures import FailureClass
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

State = Literal["running", "failed", "cancelled", "kept", "registered"]


class Proposal(Model):
    """An agent that is to do what another fails at."""

    id: str
    name: str = Field(description="What it is called, or would be.")
    state: State = Field(description="kept: not registered; the reason says why.")
    reason: str = ""
    agent: str = Field(description="Whose failures they are.")
    agent_id: str | None = Field(description="The agent that was registered; null where none was.")
    classes: list[FailureClass] = Field(
        default_factory=list[FailureClass], description="Of failures, the one that it is proposed for first."
    )
    definition: dict[str, JsonValue] | None = Field(
        default=None, description="Of the proposed agent; null where no instructions did better."
    )
    tests: list[dict[str, JsonValue]] = Field(
        default_factory=list[dict[str, JsonValue]], description="The cases that it has to pass: input and expected."
    )
    split: Split | None = None
    candidates: list[Candidate] = Field(default_factory=list[Candidate], description="0 are the other agent's.")
    best: int | None = None
    verdict: Verdict | None = Field(default=None, description="Of the proposed agent against the other.")
    passed: float | None = Field(default=None, description="The share of held-out tests that it passes.")
    answers: int = 0
    reflections: int = 0
    tokens: int | None = Field(default=None, description="Null where a provider does not tell.")
    cost: float | None = Field(default=None, description="Dollars; null where a price is not known.")
    demonstration: bool = Field(default=False, description="Whether a model was asked that is no real one, or small.")
    run_id: str | None
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


class OneProposal(Model):
    """Which proposal."""

    id: str = Field(min_length=1, max_length=64, description="The proposal's id.")


find = partial(found.by_id, "proposals", "proposal")
"""The row of a proposal, by its id."""


async def proposal_of(row: Row, ctx: Context) -> Proposal:
    """The row's proposal; of one that is under way, how its run is."""
    told: dict[str, Any] = json.loads(row["report"])  # Any: fields of `Proposal`
    told.pop("held", None)
    given = {name: row[name] for name in Proposal.model_fields if name in row and name != "definition"}
    given["definition"] = json.loads(row["definition"])
    if row["state"] == "running":
        given |= await how_it_goes(str(row["run_id"]), ctx)
    return Proposal.model_validate(told | given)
