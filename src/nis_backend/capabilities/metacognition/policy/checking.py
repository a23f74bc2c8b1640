"""A call that is not made, looked at by policies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.calling import told_under
from nis_backend.capabilities.metacognition.policy.operations import CheckedPolicy
from nis_backend.capabilities.metacognition.policy.policy import find, policy_of
from nis_backend.found import named_in
from nis_backend.guardrails.compiled import compiled
from nis_backend.guardrails.gate import look, mask
from nis_backend.guardrails.held import load
from nis_backend.guardrails.rules import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.policy.operations import CheckPolicy
    from nis_backend.context import Context
    from nis_backend.guardrails.compiled import Compiled


async def checked(request: CheckPolicy, ctx: Context) -> CheckedPolicy:
    """What the policies say of it."""
    with named_in("operation"):
        target = ctx.operations.find(request.operation)
    with told_under("arguments"):
        given = target.validate(request.arguments)
    policies = await _asked(request, ctx)
    ctx = replace(ctx, agent=request.agent)
    before = await look(ctx, target, policies, "before", given)
    after = [] if request.result is None else await look(ctx, target, policies, "after", given, request.result)
    findings = sorted((finding for finding, _ in [*before, *after]), key=lambda one: -WEIGHT[one.then])
    return CheckedPolicy(
        outcome=findings[0].then if findings else "allow",
        findings=findings,
        arguments=mask(given, before).model_dump(mode="json"),
        result=mask(request.result, after),
        policies=len(policies),
    )


async def _asked(request: CheckPolicy, ctx: Context) -> Sequence[Compiled]:
    if request.policy is None:
        return (await load(ctx)).of(request.operation)
    row = await find(request.policy, ctx, "policy")
    one = await compiled(row["id"], row["name"], policy_of(row))
    return [one] if one.applies(request.operation) else []
