"""Policies as operations: kept, changed, tried on a call before it is made, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.calling import told_under
from nis_backend.capabilities.metacognition.policy.policy import KeptPolicy, Name, check, find, policy_of, written
from nis_backend.changed import with_changes
from nis_backend.errors import Conflict
from nis_backend.found import keep
from nis_backend.guardrails.held import MOST_POLICIES, forget
from nis_backend.guardrails.persons import RULES, refuse_model
from nis_backend.guardrails.rules import Finding, Policy, Then
from nis_backend.operation import Before, Example, Json, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.versioned import AGAIN
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

CHANGES = "A change of what is allowed"


class CreatePolicy(Policy):
    """A policy to be kept."""

    name: Name | None = Field(default=None, description="Takes the id's place; unset, the id is the name.")
    enabled: bool = Field(default=True, description="Whether calls are looked at by it, from the next one on.")


class OnePolicy(Model):
    """Which policy."""

    id: str = Field(min_length=1, max_length=64, description="The policy's id, or its name.")


class UpdatePolicy(OnePolicy):
    """Which policy, and what changes of it."""

    change: dict[str, Any] = Field(  # Any: fields of a policy
        min_length=1,
        max_length=10,
        description="Fields of the policy, or `enabled`, with their new values; null takes one back to its default.",
    )


class ListPolicies(Model):
    """Which policies, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class PolicyList(Model):
    """One page of policies."""

    policies: list[KeptPolicy]
    next_cursor: Next


class CheckPolicy(Model):
    """A call that is not made, and the policies that are asked about it."""

    operation: str = Field(min_length=1, max_length=64, description="Of the call.")
    arguments: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict[str, Any], max_length=200, description="Its request."
    )
    result: Any = Field(default=None, description="What it would answer, to have the rules after it looked at too.")
    agent: str | None = Field(default=None, max_length=64, description="The agent that would make it.")
    policy: str | None = Field(
        default=None, min_length=1, max_length=64, description="This one alone, in force or not; unset, all in force."
    )


class CheckedPolicy(Model):
    """What would become of the call."""

    outcome: Then = Field(description="The strictest of what the rules say; allow where none holds.")
    findings: list[Finding] = Field(description="Each rule that holds, the strictest first.")
    arguments: dict[str, Any] = Field(description="The request as it would go on, masked.")  # Any: JSON
    result: Any = Field(description="The result as its caller would see it; null where none was given.")
    policies: int = Field(description="Policies that were asked.")


PENDULUMS: Json = {
    "description": "No pendulum longer than a tower.",
    "applies_to": {"operations": ["physics.simulate_pendulum"]},
    "rules": [
        {
            "id": "too-long",
            "conditions": [{"test": "above", "field": "length", "value": 300}],
            "then": "refuse",
            "why": "A pendulum here is at most 300 m long.",
            "cites": "House rule 4",
        }
    ],
    "enabled": False,
}
"""Kept and not in force, so that an example changes no other call."""
KEPT = Before(name="pendulums", operation="metacognition.create_policy", request=PENDULUMS)


def _draw(_request: Model, result: PolicyList) -> list[View]:
    rows: list[list[str | float]] = [
        [
            one.name,
            "yes" if one.enabled else "no",
            ", ".join(one.applies_to.operations),
            ", ".join(f"{rule.id}: {rule.then}" for rule in one.rules),
            moment(one.updated),
        ]
        for one in result.policies
    ]
    return [Table(title="Policies", columns=["name", "in force", "operations", "rules", "written (UTC)"], rows=rows)]


def _draw_checked(request: CheckPolicy, result: CheckedPolicy) -> list[View]:
    rows: list[list[str | float]] = [
        [one.policy, one.rule, one.stage, one.then, one.why, one.cites, ", ".join(one.fields)]
        for one in result.findings
    ]
    title = f"{request.operation}: {result.outcome}, by {result.policies} policies"
    return [Table(title=title, columns=["policy", "rule", "when", "then", "why", "cites", "fields"], rows=rows)]


@operation(
    "metacognition.create_policy",
    effect="writes",
    scopes=(RULES,),
    repeatable=True,
    resource="policy",
    examples=(Example(title="No pendulum longer than a tower", request=PENDULUMS),),
)
async def create_policy(request: CreatePolicy, ctx: Context) -> KeptPolicy:
    """Keep a policy: rules that every call of its operations passes, on whichever surface; it holds at once.

    Raises:
        InvalidRequest: a rule cannot be looked at, or an operation is none.
        Conflict: there is one of this name, or there are 1,000.
        Forbidden: a model asks for it, and no person.
    """
    refuse_model(ctx, CHANGES)
    await check(request, ctx)
    now, id_ = ctx.now(), ctx.new_id("policy")
    row: Row = {
        "id": id_,
        "name": request.name or id_,
        "enabled": int(request.enabled),
        "definition": written(request),
        "created": now,
        "updated": now,
    }
    await keep("policies", "policy", row, MOST_POLICIES, ctx)
    forget(ctx)
    return policy_of(row)


@operation(
    "metacognition.get_policy",
    effect="reads",
    resource="policy",
    examples=(Example(title="As it is kept", request={"id": "{pendulums.id}"}, before=(KEPT,)),),
)
async def get_policy(request: OnePolicy, ctx: Context) -> KeptPolicy:
    """Get a policy, by its id or its name."""
    return policy_of(await find(request.id, ctx))


@operation(
    "metacognition.list_policies",
    effect="reads",
    resource="policy",
    view=_draw,
    examples=(Example(title="What there is", request={"limit": 1}, before=(KEPT,)),),
)
async def list_policies(request: ListPolicies, ctx: Context) -> PolicyList:
    """List the caller's policies, in force or not, the newest first."""
    rows, following = await ctx.store.page("policies", cursor=request.cursor, limit=request.limit)
    return PolicyList(policies=[policy_of(row) for row in rows], next_cursor=following)


@operation(
    "metacognition.update_policy",
    effect="writes",
    scopes=(RULES,),
    repeatable=True,
    resource="policy",
    examples=(
        Example(
            title="In other words",
            request={"id": "{pendulums.id}", "change": {"description": "At most 300 m."}},
            before=(KEPT,),
        ),
    ),
)
async def update_policy(request: UpdatePolicy, ctx: Context) -> KeptPolicy:
    """Change a policy, put it in force, or have it rest: `change` has `enabled` as well.

    Raises:
        NotFound: the caller has no such policy.
        InvalidRequest: a field is none of a policy's, or it would be wrong.
        Conflict: it was changed meanwhile.
        Forbidden: a model asks for it, and no person.
    """
    refuse_model(ctx, CHANGES)
    row = await find(request.id, ctx)
    policy = policy_of(row)
    names = sorted({*Policy.model_fields, "enabled"})
    after = with_changes(CreatePolicy, policy, request.change, "A policy", names)
    with told_under("change"):
        await check(after, ctx)
    changes: Row = {"enabled": int(after.enabled), "definition": written(after), "updated": ctx.now()}
    if not await ctx.store.update("policies", row["id"], changes, only_if={"updated": row["updated"]}):
        # A rule that another has added meanwhile is not taken back unseen.
        raise Conflict(
            f"The policy {request.id!r} was changed or deleted meanwhile.", field="id", value=request.id, remedy=AGAIN
        )
    forget(ctx)
    return policy_of({**row, **changes})


@operation(
    "metacognition.delete_policy",
    effect="destroys",
    scopes=(RULES,),
    repeatable=True,
    resource="policy",
    examples=(Example(title="No more", request={"id": "{pendulums.id}"}, before=(KEPT,)),),
)
async def delete_policy(request: OnePolicy, ctx: Context) -> OnePolicy:
    """Delete a policy: calls are looked at by it no more; what it has decided stays in the log.

    Raises:
        NotFound: the caller has no such policy.
        Forbidden: a model asks for it, and no person.
    """
    refuse_model(ctx, CHANGES)
    row = await find(request.id, ctx)
    await ctx.store.delete("policies", row["id"])
    forget(ctx)
    return OnePolicy(id=row["id"])


@operation(
    "metacognition.check_policy",
    effect="reads",
    view=_draw_checked,
    examples=(
        Example(
            title="A pendulum of a kilometre",
            request={
                "operation": "physics.simulate_pendulum",
                "arguments": {"length": 1000, "angle": 10},
                "policy": "{pendulums.id}",
            },
            before=(KEPT,),
        ),
    ),
)
async def check_policy(request: CheckPolicy, ctx: Context) -> CheckedPolicy:
    """Say what the policies would make of a call, each rule cited; the call is not made and nothing is written down.

    Raises:
        NotFound: there is no such operation or policy.
        InvalidRequest: the operation does not take these arguments; its fields are under `arguments`.
    """
    from nis_backend.capabilities.metacognition.policy.checking import checked  # noqa: PLC0415 - loads with a check

    return await checked(request, ctx)


OPERATIONS = (create_policy, get_policy, list_policies, update_policy, delete_policy, check_policy)
