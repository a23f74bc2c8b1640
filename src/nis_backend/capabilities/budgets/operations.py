"""Budgets: made, looked at, changed, removed. A run that would cross one is refused before it spends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.caller import SERVER
from nis_backend.capabilities.budgets.budget import OWN, Action, Budget, Scope, find, page, shown
from nis_backend.changes import noted
from nis_backend.drivers.gateway.periods import EACH, Length, nano
from nis_backend.errors import Forbidden, InvalidRequest
from nis_backend.found import unknown
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Next
from nis_backend.run import unknown_conversation
from nis_backend.view import Table, View
from nis_backend.within import joined, of_row

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.owned import Owned

MOST = 10_000
"""Budgets of one owner: those of keys and users are kept in memory."""
LIMIT = 1e9
"""Dollars: what a sum of nano-dollars holds, with room."""

MONTHLY = Before(
    name="monthly",
    operation="budgets.create_budget",
    request={"name": "Every user's month", "scope": "user", "subject": "*", "period": "month", "limit": 100},
)


class CreateBudget(Model):
    """Whose spending is limited, to how much, in which time."""

    name: str = Field(default="", max_length=200, description="What it is called.")
    scope: Scope = Field(
        description="What it is about: a run, a conversation; or, with the scope server:admin, a key, a user, all."
    )
    subject: str = Field(
        default="",
        max_length=128,
        description="The run's, conversation's or key's id, or the user's name; `*`: each for itself. None for server.",
    )
    period: Length = Field(default="total", description="After what it begins anew, by the calendar, UTC.")
    limit: float = Field(ge=0, le=LIMIT, description="Dollars that may be spent in one period.")
    model: str = Field(
        default="", max_length=200, description="Which models it counts, as in openai:gpt-*; empty: all."
    )
    action: Action = Field(
        default="refuse",
        description="What is done with a call that it does not allow: refuse it, or take a cheaper route.",
    )
    enabled: bool = Field(default=True, description="Whether it holds.")


class OneBudget(Model):
    """Which budget."""

    id: str = Field(min_length=1, max_length=64, description="The budget's id.")


class UpdateBudget(OneBudget):
    """Which budget, and what of it changes; what is unset stays."""

    name: str | None = Field(default=None, max_length=200, description="What it is called.")
    limit: float | None = Field(default=None, ge=0, le=LIMIT, description="Dollars that may be spent in one period.")
    model: str | None = Field(default=None, max_length=200, description="Which models it counts; empty: all.")
    action: Action | None = Field(default=None, description="What is done with a call that it does not allow.")
    enabled: bool | None = Field(default=None, description="Whether it holds.")


class ListBudgets(Model):
    """Which budgets, newest first."""

    scope: Scope | None = Field(default=None, description="Only of this scope.")
    subject: str | None = Field(
        default=None, max_length=128, description="Only of this run, conversation, key or user."
    )
    owner: str | None = Field(
        default=None, max_length=128, description="Only about this user; others' take the scope server:admin."
    )
    cursor: Cursor = None
    limit: int = Field(default=20, ge=1, le=100, description="Most budgets to answer.")


class BudgetList(Model):
    """One page of budgets."""

    budgets: list[Budget]
    next_cursor: Next


def _draw(_request: Model, result: BudgetList) -> list[View]:
    rows: list[list[str | float]] = [
        [
            one.name or one.id,
            f"{one.scope} {one.subject}".strip(),
            one.period,
            one.limit,
            "" if one.used is None else one.used,
            "" if one.share is None else round(100 * one.share, 1),
            one.resets_at or "never",
        ]
        for one in result.budgets
    ]
    columns = ["budget", "of", "period", "limit, $", "used, $", "used, %", "begins anew"]
    return [Table(title="Budgets", columns=columns, rows=rows)]


async def _whose(request: CreateBudget, ctx: Context) -> str:
    """The owner whom a new budget is about; what it names is there.

    Raises:
        Forbidden: it is not the caller's to set.
        InvalidRequest: it names nothing, or something where there is nothing to name.
        NotFound: there is no such run, conversation or key.
    """
    if request.scope not in OWN:
        ctx.refuse_others()
    if (request.scope == "server") != (request.subject == ""):
        raise InvalidRequest(
            f"A budget of scope {request.scope} {'has no' if request.subject else 'needs a'} subject.",
            field="subject",
            value=request.subject,
            remedy="Leave it out." if request.subject else "Name one, or * for each.",
        )
    if request.scope in OWN:
        if request.subject != EACH:
            await _seen(request.scope, request.subject, ctx)
        return ctx.caller.owner
    if request.scope == "server" or request.subject == EACH:
        return SERVER
    if request.scope == "user":
        return request.subject
    rows = await ctx.drivers.store.keys({"id": request.subject}, limit=1)
    if not rows:
        raise unknown("key", request.subject, "subject")
    return str(rows[0]["owner"])


async def _seen(scope: Scope, subject: str, ctx: Context) -> None:
    if scope == "run":
        await ctx.runs.get(subject)
    elif await ctx.store.get("conversations", subject) is None:
        raise unknown_conversation(subject)


async def _rows_of(row: Row, ctx: Context) -> Owned:
    """The rows that a budget is among, for a caller who may change it.

    Raises:
        Forbidden: it takes somebody who administers the server, or a run would change what it may spend itself.
    """
    if ctx.journal is not None and row["scope"] in OWN and await _holds_for_run(row, ctx):
        raise Forbidden(
            "A run does not change a budget that holds for it.",
            field="id",
            value=row["id"],
            remedy="Change it in a call of your own.",
        )
    if row["scope"] in OWN and row["owner"] == ctx.caller.owner:
        return ctx.store
    return ctx.administered(row["owner"])


async def _holds_for_run(row: Row, ctx: Context) -> bool:
    """Whether it is the run's own, or one of what the run was started in, or of what its conversations branch from."""
    if row["subject"] == EACH or (row["scope"], row["subject"]) in ctx.within:
        return True
    conversations = [subject for scope, subject in ctx.within if scope == "conversation"]
    rows = [await ctx.store.get("conversations", one) for one in conversations]
    return (row["scope"], row["subject"]) in joined(*(of_row(one) for one in rows if one is not None))


@operation(
    "budgets.create_budget",
    effect="writes",
    repeatable=True,
    resource="budget",
    examples=(
        Example(
            title="A hundred dollars a month for every user",
            request={"name": "Every user's month", "scope": "user", "subject": "*", "period": "month", "limit": 100},
        ),
        Example(
            title="Five dollars a day on large models, for all",
            request={"scope": "server", "period": "day", "limit": 5, "model": "openai:gpt-5*", "action": "ladder"},
        ),
        Example(title="Half a dollar for each run", request={"scope": "run", "subject": "*", "limit": 0.5}),
    ),
)
async def create_budget(request: CreateBudget, ctx: Context) -> Budget:
    """Set what may be spent on models: a call that could cross it is refused before it is sent.

    Raises:
        Forbidden: budgets of keys, users and the server take the scope server:admin.
        InvalidRequest: its scope takes a subject, or takes none.
        NotFound: there is no such run, conversation or key.
    """
    owner = await _whose(request, ctx)
    rows = ctx.store if request.scope in OWN else ctx.administered(owner)
    if await rows.count("budgets") >= MOST:
        raise InvalidRequest(f"There are {MOST} budgets already.", remedy="Delete some, or set one for each by `*`.")
    now = ctx.now()
    given = request.model_dump(exclude={"limit"})
    row: Row = {"id": ctx.new_id("budget"), **given, "cap": nano(request.limit), "created": now, "updated": now}
    row["enabled"] = int(request.enabled)
    await rows.insert("budgets", row, noted(ctx, "budget", "create", before=None, after=row))
    ctx.gateway.changed("budgets")
    return (await shown([await find(row["id"], ctx)], ctx))[0]


@operation(
    "budgets.get_budget",
    effect="reads",
    resource="budget",
    examples=(Example(title="What is left of it", request={"id": "{monthly.id}"}, before=(MONTHLY,)),),
)
async def get_budget(request: OneBudget, ctx: Context) -> Budget:
    """Get a budget: what it limits, what is used of it and left, and when it begins anew."""
    return (await shown([await find(request.id, ctx)], ctx))[0]


@operation(
    "budgets.list_budgets",
    effect="reads",
    resource="budget",
    view=_draw,
    examples=(
        Example(title="The last ones made", request={"limit": 5}),
        Example(title="Those of users", request={"scope": "user"}, before=(MONTHLY,)),
    ),
)
async def list_budgets(request: ListBudgets, ctx: Context) -> BudgetList:
    """List the budgets that are about the caller, newest first; every one with the scope server:admin."""
    where: Row = {name: getattr(request, name) for name in ("scope", "subject", "owner") if getattr(request, name)}
    if where.get("owner") == "server":
        where["owner"] = SERVER
    rows, following = await page(where, request.cursor, request.limit, ctx)
    return BudgetList(budgets=await shown(rows, ctx), next_cursor=following)


@operation(
    "budgets.update_budget",
    effect="writes",
    repeatable=True,
    resource="budget",
    examples=(Example(title="Raise it", request={"id": "{monthly.id}", "limit": 150}, before=(MONTHLY,)),),
)
async def update_budget(request: UpdateBudget, ctx: Context) -> Budget:
    """Change a budget: its limit, its models, its name, whether it holds; what was spent stays counted.

    Raises:
        Forbidden: budgets of keys, users and the server take the scope server:admin.
        InvalidRequest: nothing is to change.
    """
    given = request.model_dump(exclude={"id"}, exclude_none=True)
    if not given:
        raise InvalidRequest("Nothing is to change.", field="limit", value="", remedy="Give what is to be otherwise.")
    before = await find(request.id, ctx)
    if "limit" in given:
        given["cap"] = nano(given.pop("limit"))
    if "enabled" in given:
        given["enabled"] = int(given["enabled"])
    changes = {**given, "updated": ctx.now()}
    rows = await _rows_of(before, ctx)
    await rows.update(
        "budgets", request.id, changes, noted(ctx, "budget", "update", before=before, after=before | changes)
    )
    ctx.gateway.changed("budgets")
    return (await shown([await find(request.id, ctx)], ctx))[0]


@operation(
    "budgets.delete_budget",
    effect="destroys",
    repeatable=True,
    resource="budget",
    examples=(Example(title="It holds no more", request={"id": "{monthly.id}"}, before=(MONTHLY,)),),
)
async def delete_budget(request: OneBudget, ctx: Context) -> OneBudget:
    """Delete a budget: it limits nothing any more; calls that were counted in it stay in the ledger.

    Raises:
        Forbidden: budgets of keys, users and the server take the scope server:admin.
    """
    before = await find(request.id, ctx)
    rows = await _rows_of(before, ctx)
    await rows.delete("budgets", request.id, noted(ctx, "budget", "delete", before=before, after=None))
    ctx.gateway.changed("budgets")
    return request


OPERATIONS = (create_budget, get_budget, list_budgets, update_budget, delete_budget)
