"""Plans as operations: kept, listed, run, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from nis_backend import found, versioned
from nis_backend.annotations import Plain
from nis_backend.calling import told_under
from nis_backend.capabilities.plans.plan import LONGEST_GOAL, Definition, Name, Plan, find, plan_of, written
from nis_backend.changed import Changing, with_changes
from nis_backend.errors import InvalidRequest
from nis_backend.found import named_in, taken
from nis_backend.operation import Before, Example, Json, Model, Recorded, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.versioned import MOST_VERSIONS, write_next
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_KEPT = 1000
"""Plans of one owner."""
LIMIT = 86_400.0
"""Seconds that a plan's run may take, however long its operations may."""


class CreatePlan(Definition):
    """A plan to be kept."""

    name: Name | None = Field(
        default=None, description="What it is called; it takes the id's place. Unset, the id is the name."
    )


class OnePlan(Model):
    """Which plan."""

    id: str = Field(min_length=1, max_length=64, description="The plan's id, or its name.")


class PlanVersion(OnePlan):
    """Which plan, in which version."""

    version: int | None = Field(default=None, ge=1, le=MOST_VERSIONS, description="Unset, the latest.")


class UpdatePlan(Changing, OnePlan):
    """Which plan, and what changes of it."""


class RunPlan(PlanVersion):
    """Which plan, and with what."""

    given: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=50,
        description="Values in the place of those that the plan declares as given.",
    )


class ProposePlan(Model):
    """What is to be reached, and what a model may plan with."""

    goal: Annotated[str, Plain] = Field(min_length=1, max_length=LONGEST_GOAL, description="What is to be reached.")
    name: Name | None = Field(default=None, description="What the plan is called; unset, the id is the name.")
    operations: list[Annotated[str, StringConstraints(max_length=80)]] = Field(
        default_factory=lambda: ["*"],
        max_length=64,
        description="Operations that it may plan with, by name or family: physics.*; what destroys is never among "
        "them. Of more than 24, the likeliest.",
    )
    agents: list[Name] = Field(default_factory=list[Name], max_length=16, description="Agents kept here, as above.")
    teams: list[Name] = Field(default_factory=list[Name], max_length=16, description="Teams kept here, as above.")
    steps: int = Field(default=8, ge=1, le=24, description="Steps that it may have, at most.")
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name, or a route; unset, the default."
    )
    max_tokens: int | None = Field(default=None, ge=1, le=32_768, description="Of each of the model's answers.")


class ListPlans(Model):
    """Which plans, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class ListPlanVersions(OnePlan):
    """Which plan's versions, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class PlanList(Model):
    """One page of plans."""

    plans: list[Plan]
    next_cursor: Next


class StepOutcome(Model):
    """What came of a step; its result is in the run's log."""

    id: str
    state: Literal["done", "skipped", "failed"]
    operation: str
    tries: int = Field(default=0, description="Times that it was tried, what was done in its place included.")
    instead: bool = Field(default=False, description="Whether what was to be done in its place was done.")
    why: str = Field(default="", description="Why it was skipped.")
    problem: dict[str, Any] | None = Field(default=None, description="Why it failed.")  # Any: a problem document


class PlanDone(Model):
    """What came of a plan."""

    plan_id: str
    plan: str = Field(description="Its name.")
    version: int
    output: JsonValue = Field(description="What it answers: its `output`, else the results of its last steps by id.")
    steps: list[StepOutcome] = Field(description="Every step that was planned and reached, in the plan's order.")
    replanned: int = Field(description="Times that a model has planned the rest anew.")
    run_id: str


THROW: Json = {
    "goal": "How far a ball flies, and how far from as high as it was half way.",
    "steps": [
        {
            "id": "throw",
            "operation": "physics.simulate_projectile",
            "arguments": {"speed": 20, "angle": 40, "points": 3},
        },
        {
            "id": "again",
            "operation": "physics.simulate_projectile",
            "arguments": {"speed": 20, "angle": 40, "height": "{throw.trajectory.height.1}", "points": 3},
        },
    ],
}
ALIVE: Json = {
    "goal": "Find out whether this server is alive.",
    "operations": ["system.check_live"],
    "steps": 1,
    "max_tokens": 64,
}
KEPT = Before(name="plan", operation="plans.create_plan", request=THROW)
CHANGE: Json = {"id": "{plan.id}", "change": {"goal": "How far a ball flies.", "steps": THROW["steps"][:1]}}
CHANGED = Before(name="changed", operation="plans.update_plan", request=CHANGE)


def _draw(_request: Model, result: PlanList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.name, one.version, one.goal[:200], len(one.steps), moment(one.updated)] for one in result.plans
    ]
    return [Table(title="Plans", columns=["name", "version", "goal", "steps", "written (UTC)"], rows=rows)]


def _draw_done(_request: Model, result: PlanDone) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.state, one.operation, one.tries, one.why or str((one.problem or {}).get("detail", ""))]
        for one in result.steps
    ]
    told = f"The plan {result.plan} is done."
    return [Text(text=told), Table(title="Steps", columns=["step", "state", "operation", "tries", "why"], rows=rows)]


@operation(
    "plans.create_plan",
    effect="writes",
    repeatable=True,
    resource="plan",
    examples=(Example(title="Two steps", request=THROW),),
)
async def create_plan(request: CreatePlan, ctx: Context) -> Plan:
    """Keep a plan: steps that are operations, agents or teams, which need each other and refer to each other's results.

    It is checked as a whole: rings, references to nothing, what the caller may not call and wrong requests are refused.

    Raises:
        InvalidRequest: a field is wrong.
        Forbidden: a step calls what the caller may not.
        Conflict: there is one of this name, or there are 1,000.
    """
    from nis_backend.capabilities.plans.checking import check  # noqa: PLC0415 - loads with the first plan

    await check(request, ctx)
    return await keep(request, request.name, None, ctx)


async def keep(definition: Definition, name: str | None, proposed_by: str | None, ctx: Context) -> Plan:
    """Write a plan down.

    Raises:
        Conflict: there is one of this name, or there are too many.
    """
    now, id_ = ctx.now(), ctx.new_id("plan")
    row: Row = {
        "id": id_,
        "plan_id": id_,
        "name": name or id_,
        "version": 1,
        "latest": 1,
        "definition": written(definition),
        "proposed_by": proposed_by,
        "created": now,
        "updated": now,
    }
    await found.keep("plans", "plan", row, MOST_KEPT, ctx)
    return plan_of(row)


async def _offer(request: ProposePlan, ctx: Context) -> ProposePlan:
    """Refuse what could not be planned with before anything is written down."""
    from nis_backend.capabilities.plans.proposing import plannable  # noqa: PLC0415 - loads with the first proposal

    for number, pattern in enumerate(request.operations):
        if not plannable(ctx, [pattern]):
            raise InvalidRequest(
                f"No operation {pattern!r} can be planned with.",
                field=f"operations.{number}",
                value=pattern,
                remedy="Name one that the caller may call, and that does not destroy.",
            )
    for family, names in (("agents", request.agents), ("teams", request.teams)):
        for number, name in enumerate(names):
            with named_in(f"{family}.{number}"):
                await ctx.call_named(f"{family}.get_{family[:-1]}", {"id": name})
    await ctx.models.choose(request.model)
    if request.name is not None and await ctx.store.select("plans", where={"name": request.name}, limit=1):
        # A model would be asked for what could not be kept.
        raise taken("plan", request.name)
    return request


@operation(
    "plans.propose_plan",
    effect="writes",
    outward=True,
    prepare=_offer,
    examples=(Example(title="One step", request=ALIVE),),
)
async def propose_plan(request: ProposePlan, ctx: Context) -> Recorded[Plan]:
    """Have a model make a plan out of a goal, check it as any plan is checked, and keep it; nothing of it is run.

    What is wrong with the model's steps it is told, twice; it plans with what it is offered alone.

    Raises:
        UpstreamFailed: it has planned nothing that could be carried out.
    """
    from nis_backend.capabilities.plans import proposing  # noqa: PLC0415 - as above

    return await proposing.propose_kept(request, ctx)


@operation(
    "plans.get_plan",
    effect="reads",
    resource="plan",
    examples=(Example(title="Its steps", request={"id": "{plan.id}"}, before=(KEPT,)),),
)
async def get_plan(request: PlanVersion, ctx: Context) -> Plan:
    """Get a plan: its goal, its steps and its bounds."""
    return plan_of(await find(request.id, ctx, request.version))


@operation(
    "plans.list_plans",
    effect="reads",
    resource="plan",
    view=_draw,
    examples=(Example(title="What there is", request={"limit": 1}, before=(KEPT,)),),
)
async def list_plans(request: ListPlans, ctx: Context) -> PlanList:
    """List the caller's plans, the newest first."""
    rows, following = await ctx.store.page("plans", where={"latest": 1}, cursor=request.cursor, limit=request.limit)
    return PlanList(plans=[plan_of(row) for row in rows], next_cursor=following)


@operation(
    "plans.list_plan_versions",
    effect="reads",
    on="plan",
    view=_draw,
    examples=(Example(title="What has become of it", request={"id": "{plan.id}"}, before=(KEPT, CHANGED)),),
)
async def list_plan_versions(request: ListPlanVersions, ctx: Context) -> PlanList:
    """List the versions of a plan, the newest first."""
    rows, following = await versioned.page("plans", "plan", request.id, request.cursor, request.limit, ctx)
    return PlanList(plans=[plan_of(row) for row in rows], next_cursor=following)


@operation(
    "plans.update_plan",
    effect="writes",
    repeatable=True,
    resource="plan",
    examples=(Example(title="For another goal", request=CHANGE, before=(KEPT,)),),
)
async def update_plan(request: UpdatePlan, ctx: Context) -> Plan:
    """Write the next version of a plan, checked as a new one is; those before stay, and can be run by their number.

    Raises:
        NotFound: the caller has no such plan, or it names what is not there.
        InvalidRequest: the plan would be wrong.
        Conflict: it was changed meanwhile, or has 200 versions.
    """
    from nis_backend.capabilities.plans.checking import check  # noqa: PLC0415 - as above

    head = await find(request.id, ctx)
    definition = with_changes(Definition, plan_of(head), request.change, "A plan")
    with told_under("change"):
        await check(definition, ctx)
    return plan_of(await write_next("plans", "plan", request.id, head, written(definition), request.after, ctx))


@operation(
    "plans.delete_plan",
    effect="destroys",
    repeatable=True,
    resource="plan",
    examples=(Example(title="No more", request={"id": "{plan.id}"}, before=(KEPT,)),),
)
async def delete_plan(request: OnePlan, ctx: Context) -> OnePlan:
    """Delete a plan with all its versions; its runs stay, and those under way end as they would have."""
    head = await find(request.id, ctx)
    await versioned.delete("plans", "plan", head, MOST_VERSIONS, ctx)
    return OnePlan(id=head["plan_id"])


async def _refuse_nested(ctx: Context) -> None:
    """Refuse a plan that a plan would run, by whatever it calls: plans that run plans may have no end.

    What a schedule begins that a plan has made is a plan of its own.

    Raises:
        InvalidRequest: it is.
    """
    chain = [] if ctx.journal is None else [one for scope, one in ctx.within if scope == "run"]
    for one in chain:
        row = await ctx.store.get("runs", one)
        if row is not None and row["operation"] == run_plan.name:
            raise InvalidRequest(
                "A plan does not run plans.", field="id", remedy="Take its steps into the one that would run it."
            )


async def _prepare(request: RunPlan, ctx: Context) -> RunPlan:
    """Refuse what cannot be run before anything is written down, and hold the run to its budget."""
    from nis_backend.capabilities.plans.checking import check  # noqa: PLC0415 - as above

    await _refuse_nested(ctx)
    plan = plan_of(await find(request.id, ctx, request.version))
    for name in request.given:
        if name not in plan.given:
            raise InvalidRequest(
                f"The plan is given no {name!r}.",
                field=f"given.{name}",
                value=name,
                remedy=f"It is given: {', '.join(plan.given) or 'nothing'}.",
            )
    await check(plan, ctx)
    if plan.budget is not None:
        ctx.cap(str(ctx.run_id), plan.budget)
    return request.model_copy(update={"id": plan.id, "version": plan.version})


@operation(
    "plans.run_plan",
    # What its steps do may: a client that asks before it destroys must ask here.
    effect="destroys",
    on="plan",
    outward=True,
    view=_draw_done,
    prepare=_prepare,
    time_limit=LIMIT,
    queue="plans",
    examples=(Example(title="To its end", request={"id": "{plan.id}"}, before=(KEPT,)),),
)
async def run_plan(request: RunPlan, ctx: Context) -> Recorded[PlanDone]:
    """Carry out a plan: steps that do not need each other go on together, each is made once however often it is cut.

    Where a step wants it a person decides first, and the run waits. What a step comes to is verified as it says; what
    has failed is tried again, done otherwise, or planned anew by a model, as the plan says.

    Raises:
        NisError: why a step failed for good; what did not need it was done.
    """
    from nis_backend.capabilities.plans.running import carry  # noqa: PLC0415 - loads with the first run

    return await carry(request, ctx)


OPERATIONS = (create_plan, propose_plan, get_plan, list_plans, list_plan_versions, update_plan, delete_plan, run_plan)
