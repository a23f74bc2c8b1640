"""The caller's tasks, page by page: runs by the time of their last change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from a2a.types.a2a_pb2 import (
    TASK_STATE_AUTH_REQUIRED,
    TASK_STATE_INPUT_REQUIRED,
    TASK_STATE_UNSPECIFIED,
)
from a2a.utils.constants import DEFAULT_LIST_TASKS_PAGE_SIZE, MAX_LIST_TASKS_PAGE_SIZE

from nis_backend.drivers.store.base import cursor_of, place_of
from nis_backend.errors import InvalidRequest
from nis_backend.surfaces.a2a.request import wrong
from nis_backend.surfaces.a2a.task import STATES, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from a2a.types.a2a_pb2 import ListTasksRequest, TaskState

    from nis_backend.context import Context
    from nis_backend.run import Run

MOST_WAITING = 1_000
"""Tasks that wait for a person and are looked through for those of one kind: more nobody could answer."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some of the runs, and where the next ones are."""

    runs: Sequence[Run]
    next: str
    size: int
    total: int


async def page_of(params: ListTasksRequest, ctx: Context) -> Page:
    """The runs of one page.

    Raises:
        InvalidParamsError: the size or the token is none.
    """
    size = params.page_size if params.HasField("page_size") else DEFAULT_LIST_TASKS_PAGE_SIZE
    if not 1 <= size <= MAX_LIST_TASKS_PAGE_SIZE:
        raise wrong("pageSize", f"{size} is not between 1 and {MAX_LIST_TASKS_PAGE_SIZE}.")
    where = {"conversation_id": params.context_id} if params.context_id else {}
    asked = params.HasField("status_timestamp_after")
    since = params.status_timestamp_after.ToMilliseconds() / 1000 if asked else None
    runs, total = await _found(ctx, params.status, where, since, _place(params.page_token), size + 1)
    page = runs[:size]
    token = cursor_of(page[-1].updated, page[-1].id) if len(runs) > size else ""
    return Page(runs=page, next=token, size=size, total=total)


async def _found(  # noqa: PLR0913, PLR0917 - one argument a clause
    ctx: Context,
    status: TaskState,
    where: dict[str, str],
    since: float | None,
    before: tuple[float, str] | None,
    limit: int,
) -> tuple[list[Run], int]:
    """The runs whose tasks are in this state, the last changed first, and how many there are in all."""
    if status == TASK_STATE_UNSPECIFIED:
        there = await ctx.runs.list(where=where, before=before, limit=limit, order="updated", since=since)
        return there, await ctx.runs.count(where=where, order="updated", since=since)
    if status in {TASK_STATE_INPUT_REQUIRED, TASK_STATE_AUTH_REQUIRED}:
        # Which of the two a run's row says only within what it waits for: there are few, and they are looked through.
        waiting = await ctx.runs.list(
            where={**where, "state": "waiting"}, limit=MOST_WAITING, order="updated", since=since
        )
        those = [run for run in waiting if state_of(run) == status]
        return [run for run in those if before is None or (run.updated, run.id) < before][:limit], len(those)
    states = [state for state, known in STATES.items() if known == status]
    # Of a state that two of ours are, both; of one that none is, nothing.
    some = [
        (
            await ctx.runs.list(
                where={**where, "state": state}, before=before, limit=limit, order="updated", since=since
            ),
            await ctx.runs.count(where={**where, "state": state}, order="updated", since=since),
        )
        for state in states
    ]
    merged = sorted((run for page, _ in some for run in page), key=lambda run: (run.updated, run.id), reverse=True)
    return merged[:limit], sum(count for _, count in some)


def _place(token: str) -> tuple[float, str] | None:
    try:
        return place_of(token) if token else None
    except InvalidRequest:
        raise wrong("pageToken", "It is not the nextPageToken of a list.") from None
