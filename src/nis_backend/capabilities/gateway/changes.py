"""Who has changed what of the server's configuration, as it was written down with each change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.caller import SERVER, SERVER_ADMIN
from nis_backend.changes import Subject
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Next
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


class ListChanges(Model):
    """Which changes, newest first."""

    subject: Subject | None = Field(default=None, description="Only of this kind of thing.")
    subject_id: str | None = Field(default=None, max_length=512, description="Only of this one.")
    cursor: Cursor = None
    limit: int = Field(default=20, ge=1, le=100, description="Most changes to answer.")


class Change(Model):
    """What somebody has changed."""

    id: str
    subject: str = Field(description="What kind of thing it was.")
    subject_id: str
    action: str = Field(description="create, update or delete; clear for a cache.")
    by_owner: str = Field(description="Who did it.")
    by_key: str | None = Field(description="With which key; null where none of those stored was sent.")
    before: dict[str, Any] | None = Field(description="What it was; null for what was made.")  # Any: JSON
    after: dict[str, Any] | None = Field(description="What it is since; null for what was removed.")  # Any: JSON
    created: float = Field(description="When, seconds since 1970, UTC.")


class ChangeList(Model):
    """One page of changes."""

    changes: list[Change]
    next_cursor: Next


def _draw(_request: ListChanges, result: ChangeList) -> list[View]:
    rows: list[list[str | float]] = [
        [moment(one.created), one.by_owner, one.action, one.subject, one.subject_id] for one in result.changes
    ]
    return [Table(title="Changes", columns=["when", "by", "what", "of", "which"], rows=rows)]


@operation(
    "routes.list_changes",
    effect="reads",
    scopes=(SERVER_ADMIN,),
    view=_draw,
    examples=(
        Example(title="The last one", request={"limit": 1}),
        Example(
            title="Those of one route",
            request={"subject": "route", "subject_id": "{made.id}"},
            before=(
                Before(name="made", operation="routes.create_route", request={"targets": [{"model": "embedded:any"}]}),
            ),
        ),
    ),
)
async def list_changes(request: ListChanges, ctx: Context) -> ChangeList:
    """List who has changed which provider, route, price or budget, and what it was before; the newest first."""
    where = request.model_dump(include={"subject", "subject_id"}, exclude_none=True)
    rows, following = await ctx.administered(SERVER).page(
        "changes", cursor=request.cursor, limit=request.limit, where=where
    )
    return ChangeList(changes=[_change(row) for row in rows], next_cursor=following)


def _change(row: Row) -> Change:
    shown = {name: row[name] for name in Change.model_fields}
    told = {name: json.loads(row[name]) if row[name] else None for name in ("before", "after")}
    return Change.model_validate({**shown, **told})


OPERATIONS = (list_changes,)
