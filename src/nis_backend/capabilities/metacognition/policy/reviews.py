"""What policies have decided, and what they have a person decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from nis_backend.errors import NotFound
from nis_backend.guardrails.persons import DECIDES, refuse_model
from nis_backend.guardrails.rules import Then, When
from nis_backend.operation import Before, Example, Json, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

State = Literal["pending", "approved", "rejected", "used", "lapsed"]


class ListReviews(Model):
    """Which reviews, the newest first."""

    state: State | None = Field(
        default="pending",
        description="pending: a person has not decided; used: the call was let in; lapsed: its run waits no more. "
        "Null: all.",
    )
    cursor: Cursor = None
    limit: Limit = 20


class Review(Model):
    """A call that a person decides."""

    id: str
    policy_id: str
    rule: str
    state: State
    operation: str
    arguments: dict[str, Any] = Field(description="What it is called with.")  # Any: JSON
    reason: str = Field(description="What the rule says.")
    run_id: str | None = Field(description="The run that waits; null for a call that is to be made again.")
    decided_by: str | None = Field(description="The key, or the owner where there is none.")
    note: str
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


class ReviewList(Model):
    """One page of reviews."""

    reviews: list[Review]
    next_cursor: Next


class DecideReview(Model):
    """Which review, and what a person says."""

    id: str = Field(min_length=1, max_length=64, description="The review's id, or that of the run that waits for it.")
    approved: bool = Field(description="Whether the call may be made.")
    note: str = Field(default="", max_length=2000, description="Why; who called is told of a rejection.")


class ListDecisions(Model):
    """Which decisions, the newest first."""

    decision: Then | None = Field(default=None, description="Only these; unset, all that were written down.")
    policy: str | None = Field(default=None, max_length=64, description="Only this policy's, by its id.")
    operation: str | None = Field(default=None, max_length=64, description="Only about calls of this one.")
    run: str | None = Field(default=None, max_length=64, description="Only in this run, by its id.")
    cursor: Cursor = None
    limit: Limit = 20


class Decision(Model):
    """What a rule has decided about a call."""

    id: str
    policy_id: str
    policy: str = Field(description="Its name then.")
    rule: str
    decision: Then
    stage: When
    operation: str
    run_id: str | None
    why: str
    cites: str
    fields: list[str] = Field(description="Where something was found; what it was is not kept.")
    agent: str | None = Field(description="The agent that called.")
    key: str | None = Field(description="The id of the key that called.")
    created: float = Field(description="Seconds since 1970, UTC.")


class DecisionList(Model):
    """One page of decisions."""

    decisions: list[Decision]
    next_cursor: Next


FIFTH: Json = {
    "applies_to": {"operations": ["physics.simulate_pendulum"]},
    "rules": [
        {
            "id": "asked-first",
            "conditions": [{"test": "equals", "field": "length", "value": 0.0625}],
            "then": "review",
            "why": "A pendulum of this length is looked at by a person.",
        }
    ],
}
ASKED = Before(name="rule", operation="metacognition.create_policy", request=FIFTH)
HELD = Before(
    name="held",
    operation="runs.start_run",
    request={"operation": "physics.simulate_pendulum", "arguments": {"length": 0.0625, "angle": 5}},
)
RESTS = Before(
    name="rests",
    operation="metacognition.update_policy",
    request={"id": "{rule.id}", "change": {"enabled": False}},
)
"""The policy has asked; it asks no other example."""


def _draw(_request: Model, result: ReviewList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.state, one.operation, one.reason, one.run_id or "", moment(one.created)] for one in result.reviews
    ]
    return [Table(title="Reviews", columns=["id", "state", "operation", "reason", "run", "since (UTC)"], rows=rows)]


def _draw_decisions(_request: Model, result: DecisionList) -> list[View]:
    rows: list[list[str | float]] = [
        [moment(one.created), one.decision, one.stage, one.operation, one.policy, one.rule, one.why]
        for one in result.decisions
    ]
    columns = ["at (UTC)", "decision", "when", "operation", "policy", "rule", "why"]
    return [Table(title="Decisions", columns=columns, rows=rows)]


@operation(
    "metacognition.list_reviews",
    effect="reads",
    resource="review",
    view=_draw,
    examples=(Example(title="What waits for a person", request={"limit": 1}),),
)
async def list_reviews(request: ListReviews, ctx: Context) -> ReviewList:
    """List the calls that policies have a person decide, the newest first."""
    where = {} if request.state is None else {"state": request.state}
    rows, following = await ctx.store.page("reviews", where=where, cursor=request.cursor, limit=request.limit)
    from nis_backend.guardrails.reviewing import as_they_are  # noqa: PLC0415 - loads with the first look

    there = await as_they_are(ctx, rows)
    reviews = [_review(row) for row in there if request.state in {None, row["state"]}]
    return ReviewList(reviews=reviews, next_cursor=following)


@operation(
    "metacognition.decide_review",
    effect="writes",
    scopes=(DECIDES,),
    on="review",
    examples=(
        Example(
            title="It may be computed",
            request={"id": "{held.id}", "approved": True},
            before=(ASKED, HELD, RESTS),
        ),
    ),
)
async def decide_review(request: DecideReview, ctx: Context) -> Review:
    """Decide a call that a policy has held back: a run goes on by itself, any other call is let in when made again.

    Raises:
        NotFound: there is no such review.
        Conflict: it was decided, or its run waits no more.
        Forbidden: a model asks for it, and no person.
    """
    from nis_backend.guardrails import reviewing  # noqa: PLC0415 - loads with the first decision

    refuse_model(ctx, "A review's decision")
    id_ = await _id_of(request.id, ctx)
    return _review(await reviewing.decide(ctx, id_, approved=request.approved, note=request.note))


async def _id_of(which: str, ctx: Context) -> str:
    """A review's id; of a run, that of what it waits for."""
    if not which.startswith("run-"):
        return which
    rows = await ctx.store.select("reviews", where={"run_id": which, "state": "pending"}, limit=1)
    if not rows:
        raise NotFound(
            f"No review of the run {which!r} waits for a person.",
            field="id",
            value=which,
            remedy="List the reviews to see what waits.",
        )
    return str(rows[0]["id"])


@operation(
    "metacognition.list_decisions",
    effect="reads",
    resource="decision",
    view=_draw_decisions,
    examples=(Example(title="What was refused", request={"decision": "refuse", "limit": 1}),),
)
async def list_decisions(request: ListDecisions, ctx: Context) -> DecisionList:
    """List what policies have decided, the newest first: warnings, masks, refusals; kept for 90 days."""
    given = {
        "decision": request.decision,
        "policy_id": request.policy,
        "operation": request.operation,
        "run_id": request.run,
    }
    where = {name: value for name, value in given.items() if value is not None}
    rows, following = await ctx.store.page("policy_decisions", where=where, cursor=request.cursor, limit=request.limit)
    return DecisionList(decisions=[_decision(row) for row in rows], next_cursor=following)


def _review(row: Row) -> Review:
    subject = json.loads(row["subject"])
    given = {name: row[name] for name in Review.model_fields if name in row}
    return Review.model_validate({**given, "arguments": subject["arguments"], "reason": subject["reason"]})


def _decision(row: Row) -> Decision:
    given = {name: row[name] for name in Decision.model_fields if name in row}
    return Decision.model_validate({**json.loads(row["detail"]), **given})


OPERATIONS = (list_reviews, decide_review, list_decisions)
