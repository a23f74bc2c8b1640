"""Feedback: what a person thinks of an answer, kept beside its run and gone with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend import found
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Rating = Literal["good", "bad"]
STORED: dict[Rating, int] = {"good": 1, "bad": -1}

SAID = Before(name="turn", operation="chat.send_message", request={"message": "Hello! Who are you?"})
RATED = Before(
    name="rated",
    operation="feedback.create_feedback",
    request={"run_id": "{turn.run_id}", "rating": "good", "comment": "Short and right."},
)


class CreateFeedback(Model):
    """Which answer, and what is thought of it."""

    run_id: str = Field(min_length=1, max_length=64, description="The answer's run.")
    rating: Rating = Field(description="Whether it was good.")
    comment: str = Field(default="", max_length=4000, description="Why, in words.")


class Feedback(Model):
    """What a person thinks of an answer."""

    id: str
    run_id: str
    rating: Rating
    comment: str
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class OneFeedback(Model):
    """Which feedback."""

    id: str = Field(min_length=1, max_length=64, description="The feedback's id.")


class UpdateFeedback(OneFeedback):
    """Which feedback, and what changes of it."""

    rating: Rating | None = Field(default=None, description="Whether the answer was good.")
    comment: str | None = Field(default=None, max_length=4000, description="Why, in words.")


class ListFeedback(Model):
    """Which feedback to list, newest first."""

    run_id: str | None = Field(default=None, max_length=64, description="Only on this answer.")
    rating: Rating | None = Field(default=None, description="Only of this kind.")
    cursor: Cursor = None
    limit: Limit = 20


class FeedbackList(Model):
    """One page of feedback."""

    feedback: list[Feedback]
    next_cursor: Next


def _of(row: Row) -> Feedback:
    rating: Rating = "good" if row["rating"] > 0 else "bad"
    return Feedback(**{name: row[name] for name in Feedback.model_fields if name != "rating"}, rating=rating)


async def _find(feedback_id: str, ctx: Context) -> Feedback:
    return _of(await found.by_id("feedback", "feedback", feedback_id, ctx))


_unknown = partial(found.unknown, "feedback", many="feedback")


@operation(
    "feedback.create_feedback",
    effect="writes",
    repeatable=True,
    resource="feedback",
    examples=(
        Example(
            title="A good answer",
            request={"run_id": "{turn.run_id}", "rating": "good", "comment": "Short and right."},
            before=(SAID,),
        ),
    ),
)
async def create_feedback(request: CreateFeedback, ctx: Context) -> Feedback:
    """Say what you think of an answer; each has one feedback, which can be changed.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it has feedback already, or has not ended.
    """
    run = await ctx.runs.get(request.run_id)
    if not run.finished:
        raise Conflict(
            f"Run {run.id} has not ended.", field="run_id", value=run.id, remedy="Wait for its answer, then judge it."
        )
    now = ctx.now()
    # One for each run, by its id.
    row: Row = {"id": f"feedback-{run.id}"[:64], **request.model_dump(), "created": now, "updated": now}
    try:
        await ctx.store.insert("feedback", {**row, "rating": STORED[request.rating]})
    except Conflict:
        raise Conflict(
            f"Run {run.id} has feedback already: {row['id']}.",
            field="run_id",
            value=run.id,
            remedy="Update that instead.",
        ) from None
    return await _find(row["id"], ctx)


@operation(
    "feedback.get_feedback",
    effect="reads",
    resource="feedback",
    examples=(Example(title="What was thought", request={"id": "{rated.id}"}, before=(SAID, RATED)),),
)
async def get_feedback(request: OneFeedback, ctx: Context) -> Feedback:
    """Get one feedback."""
    return await _find(request.id, ctx)


def _draw(_request: Model, result: FeedbackList) -> list[View]:
    rows: list[list[str | float]] = [[one.id, one.rating, one.comment, moment(one.updated)] for one in result.feedback]
    return [Table(title="Feedback", columns=["id", "rating", "comment", "last changed (UTC)"], rows=rows)]


@operation(
    "feedback.list_feedback",
    effect="reads",
    resource="feedback",
    view=_draw,
    examples=(
        Example(title="On one answer", request={"run_id": "{turn.run_id}"}, before=(SAID, RATED)),
        Example(title="The last complaints", request={"rating": "bad", "limit": 5}),
    ),
)
async def list_feedback(request: ListFeedback, ctx: Context) -> FeedbackList:
    """List the caller's feedback, newest first."""
    where: Row = {"run_id": request.run_id} if request.run_id else {}
    where |= {"rating": STORED[request.rating]} if request.rating else {}
    rows, following = await ctx.store.page("feedback", where=where, cursor=request.cursor, limit=request.limit)
    return FeedbackList(feedback=[_of(row) for row in rows], next_cursor=following)


@operation(
    "feedback.update_feedback",
    effect="writes",
    repeatable=True,
    resource="feedback",
    examples=(
        Example(
            title="On second thoughts",
            request={"id": "{rated.id}", "rating": "bad", "comment": "It does not say why."},
            before=(SAID, RATED),
        ),
    ),
)
async def update_feedback(request: UpdateFeedback, ctx: Context) -> Feedback:
    """Change what you said of an answer."""
    changes: Row = {} if request.comment is None else {"comment": request.comment}
    if request.rating is not None:
        changes["rating"] = STORED[request.rating]
    if not changes:
        raise InvalidRequest("Nothing is to change.", field="rating", value="", remedy="Give rating or comment.")
    await ctx.store.update("feedback", request.id, {**changes, "updated": ctx.now()})
    return await _find(request.id, ctx)


@operation(
    "feedback.delete_feedback",
    effect="destroys",
    repeatable=True,
    resource="feedback",
    examples=(Example(title="Take it back", request={"id": "{rated.id}"}, before=(SAID, RATED)),),
)
async def delete_feedback(request: OneFeedback, ctx: Context) -> OneFeedback:
    """Delete one feedback."""
    if not await ctx.store.delete("feedback", request.id):
        raise _unknown(request.id)
    return request


OPERATIONS = (create_feedback, get_feedback, list_feedback, update_feedback, delete_feedback)
