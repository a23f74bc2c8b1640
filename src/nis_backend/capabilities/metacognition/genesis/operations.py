"""Genesis as operations: an agent proposed for what another fails at, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.metacognition.evolve.preparing import undo
from nis_backend.capabilities.metacognition.genesis import proposing
from nis_backend.capabilities.metacognition.genesis.proposal import OneProposal, Proposal, State, find, proposal_of
from nis_backend.capabilities.metacognition.genesis.proposing import ProposeAgent
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context


class ListProposals(Model):
    """Which proposals, the newest first."""

    state: State | None = Field(default=None, description="Only those that have come to this.")
    cursor: Cursor = None
    limit: Limit = 20


class ProposalList(Model):
    """One page of proposals."""

    proposals: list[Proposal]
    next_cursor: Next


def _draw(_request: Model, result: Proposal) -> list[View]:
    rows: list[list[str | float]] = [
        [", ".join(one.words), one.failures, one.known, one.examples[0]] for one in result.classes
    ]
    columns = ["words", "failures", "right answer known", "for example"]
    table = [Table(title=f"What {result.agent} failed at", columns=columns, rows=rows)] if rows else []
    return [Text(text=f"{result.name}: {result.state}. {result.reason}"), *table]


def _draw_list(_request: Model, result: ProposalList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.agent, one.state, "" if one.passed is None else one.passed, moment(one.updated)]
        for one in result.proposals
    ]
    columns = ["id", "name", "for failures of", "state", "tests passed", "last changed (UTC)"]
    return [Table(title="Proposed agents", columns=columns, rows=rows)]


CLERK = Before(
    name="clerk",
    operation="agents.create_agent",
    request={"instructions": "You are a clerk. Answer in one word.", "max_tokens": 2},
)
PROPOSE: dict[str, Any] = {"agent": "{clerk.id}", "runs": 5}
PROPOSED = Before(name="proposed", operation="metacognition.propose_agent", request=PROPOSE)


@operation(
    "metacognition.propose_agent",
    effect="writes",
    outward=True,
    prepare=proposing.prepare,
    undo=undo,
    view=_draw,
    time_limit=86_400.0,
    queue="evaluations",
    examples=(Example(title="For a clerk who has failed at nothing yet", request=PROPOSE, before=(CLERK,)),),
)
async def propose_agent(request: ProposeAgent, ctx: Context) -> Recorded[Proposal]:
    """Propose an agent for what another one fails at, as a run; it is registered only if it proves better there.

    Failures are runs that failed or were rated bad, and assessed answers that turned out wrong, in classes by their
    words. Of the class with most known right answers, instructions are evolved as `start_evolution` does; on held-out
    failures, on which the other agent is asked anew, the new one has to pass `at_least` of the tests and to be better
    by McNemar's exact one-sided test. Else it stays a proposal, with the reason. It may use what the other may.

    Raises:
        NotFound: there is no such agent.
        Unavailable: the package gepa is not installed, or a model cannot answer.
    """
    return await proposing.propose(request, ctx)


@operation(
    "metacognition.get_proposal",
    effect="reads",
    resource="proposal",
    view=_draw,
    examples=(Example(title="What came of it", request={"id": "{proposed.id}"}, before=(CLERK, PROPOSED)),),
)
async def get_proposal(request: OneProposal, ctx: Context) -> Proposal:
    """Get a proposed agent: the failures it is for, its instructions and tests, the verdict, and what it cost.

    Raises:
        NotFound: the caller has no such proposal.
    """
    return await proposal_of(await find(request.id, ctx), ctx)


@operation(
    "metacognition.list_proposals",
    effect="reads",
    resource="proposal",
    view=_draw_list,
    examples=(Example(title="The newest", request={"limit": 1}, before=(CLERK, PROPOSED)),),
)
async def list_proposals(request: ListProposals, ctx: Context) -> ProposalList:
    """List the caller's proposed agents, the newest first: whose failures they are for, and what became of them."""
    where = None if request.state is None else {"state": request.state}
    rows, following = await ctx.store.page("proposals", where=where, cursor=request.cursor, limit=request.limit)
    return ProposalList(proposals=[await proposal_of(row, ctx) for row in rows], next_cursor=following)


OPERATIONS = (propose_agent, get_proposal, list_proposals)
