"""An evolution as it is answered, and as a row has it: what was tried, what it was worth, and what became of it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from nis_backend import found
from nis_backend.errors import NotFound
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table

State = Literal["running", "failed", "cancelled", "kept", "proposed", "canary", "promoted", "rolled_back", "superseded"]
PAGE = 200
"""Evolutions of one agent that are read at a time, to count those that looked at its cases."""


class Split(Model):
    """How many cases each part has; who is in which is settled by the seed."""

    train: int = Field(description="Cases whose answers the reflecting model is shown.")
    validation: int = Field(description="Cases by which the best candidate is chosen.")
    held_out: int = Field(description="Cases that decide; nothing is chosen by them.")
    seed: int


class Candidate(Model):
    """Instructions that were tried on the validation cases."""

    number: int = Field(description="0 are those that the agent had.")
    parent: int | None = Field(description="The candidate that it was made from.")
    validation: float = Field(description="The mean score over the validation cases.")
    instructions: str


class Verdict(Model):
    """What the held-out cases say of the best candidate against what the agent had."""

    cases: int
    before: int = Field(description="Cases that the agent as it was passed.")
    after: int = Field(description="Cases that the candidate passed.")
    wins: int = Field(description="Cases that the candidate alone passed.")
    losses: int = Field(description="Cases that the agent as it was alone passed.")
    gain: float = Field(description="The share of cases passed, after less before.")
    low: float | None = Field(description="Lower end of the gain's interval, 95 %, by Newcombe's method 10.")
    high: float | None = Field(description="Upper end of it.")
    p_value: float = Field(description="McNemar's test, exact, one-sided: so many wins or more, were none better.")
    look: int = Field(description="Which look at cases of these it is, over the agent's evolutions.")
    level: float = Field(description="What the p-value has to be below: the significance over the look's square.")
    passed: bool


class Arm(Model):
    """Runs of one version while both served."""

    version: int
    runs: int = Field(description="Runs that have ended.")
    bad: int = Field(description="Those that failed, or that a person rated bad.")


class Canary(Model):
    """A new version that serves a share of the runs, and goes when it does worse."""

    share: float = Field(description="The share of runs that get the new version.")
    runs: int = Field(description="Ended runs of either version that it is decided after.")
    looks: int = Field(default=0, description="How often the two were compared; four times at most.")
    before: Arm | None = Field(default=None, description="As compared last; null before the first time.")
    after: Arm | None = None
    p_value: float | None = Field(
        default=None, description="Fisher's exact test, one-sided: so many bad runs or more, were none worse."
    )


class Evolution(Model):
    """An agent's instructions, bettered against cases, and what became of them."""

    id: str
    agent_id: str
    agent: str = Field(description="Its name when it began.")
    state: State
    reason: str = Field(default="", description="Why it is so, in words.")
    from_version: int = Field(description="The agent's version that it began from.")
    to_version: int | None = Field(description="The version that it made; null where it made none.")
    split: Split | None = None
    candidates: list[Candidate] = Field(default_factory=list[Candidate], description="In the order they were made.")
    best: int | None = Field(default=None, description="The candidate with the best validation score.")
    verdict: Verdict | None = Field(default=None, description="Null where no candidate came so far.")
    canary: Canary | None = None
    answers: int = Field(default=0, description="Times that the agent was run, each once for a candidate and a case.")
    reflections: int = Field(default=0, description="Times that a model wrote new instructions.")
    tokens: int | None = Field(default=None, description="Of all that; null where a provider does not tell.")
    cost: float | None = Field(default=None, description="Dollars of all that; null where a price is not known.")
    demonstration: bool = Field(default=False, description="Whether a model was asked that is no real one, or small.")
    run_id: str | None
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


class OneEvolution(Model):
    """Which evolution."""

    id: str = Field(min_length=1, max_length=64, description="The evolution's id.")


find = partial(found.by_id, "evolutions", "evolution")
"""The row of an evolution, by its id."""


def report_of(row: Row) -> dict[str, Any]:  # Any: fields of `Evolution`, and `held`, the digests of held-out cases
    """What a row has beside its columns."""
    return json.loads(row["report"])


async def evolution_of(row: Row, ctx: Context) -> Evolution:
    """The row's evolution; of one that is under way, how its run is."""
    told = report_of(row)
    told.pop("held", None)
    given = {name: row[name] for name in Evolution.model_fields if name in row}
    if row["state"] == "running":
        given |= await how_it_goes(str(row["run_id"]), ctx)
    return Evolution.model_validate(told | given)


async def how_it_goes(run_id: str, ctx: Context) -> dict[str, Any]:  # Any: as above
    """What a run that makes something says of it while it is no more than under way."""
    try:
        run = await ctx.runs.get(run_id)
    except NotFound:
        return {"state": "failed", "reason": "Its run is gone."}
    if run.state == "failed":
        return {"state": "failed", "reason": str((run.problem or {}).get("detail", ""))}
    return {"state": "cancelled"} if run.state == "cancelled" else {}


async def look_at(table: Table, where: Row, mine: str, held: list[str], ctx: Context) -> int:
    """Which look this is at cases of these: one more than the other rows that came to look at any."""
    looks, before, cases = 1, None, frozenset(held)
    while rows := await ctx.store.select(table, where=where, before=before, limit=PAGE):
        looks += sum(row["id"] != mine and not cases.isdisjoint(report_of(row).get("held", ())) for row in rows)
        before = (rows[-1]["created"], rows[-1]["id"])
    return looks
