"""Words that a run's model says: held back until they are whole, where a rule looks at what the run answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.event import Warned
from nis_backend.guardrails.conditions import OF_CALL, OF_TEXTS
from nis_backend.guardrails.deciding import record
from nis_backend.guardrails.gate import facts_of, refusal
from nis_backend.guardrails.rules import WEIGHT, Finding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.context import Context
    from nis_backend.guardrails.compiled import Compiled, CompiledRule
    from nis_backend.guardrails.conditions import Mask
    from nis_backend.operation import Operation


def may_say(
    ctx: Context, target: Operation[Any, Any], policies: Sequence[Compiled]
) -> Callable[[str], Awaitable[str]] | None:
    """What makes of words those that may be said; None where no rule looks at words."""
    rules = [(policy, rule) for policy in policies for rule in policy.rules if _looks_at_words(rule)]
    if not rules:
        return None

    async def said(text: str) -> str:
        holds = await _found(ctx, target, rules, text) if text else []
        for finding, masks in sorted(holds, key=lambda one: -WEIGHT[one[0].then]):
            await record(ctx, target.name, finding)
            if finding.then == "refuse":
                raise refusal(target.name, finding)
            if finding.then == "warn":
                await ctx.run.write(Warned(message=f"Policy {finding.policy}, rule {finding.rule}: {finding.why}"))
            for mask in masks if finding.then == "mask" else ():
                text = mask(text)
        return text

    return said


async def _found(
    ctx: Context, target: Operation[Any, Any], rules: Sequence[tuple[Compiled, CompiledRule]], text: str
) -> list[tuple[Finding, list[Mask]]]:
    """The rules that hold of a text, and how what they found is masked."""
    facts = await facts_of(ctx, target, [rule for _, rule in rules])
    allowed: set[str] = set()
    holds: list[tuple[Finding, list[Mask]]] = []
    for policy, one in rules:
        found = [check.look_at_words(text, facts) for check in one.checks]
        if policy.id in allowed or not all(found) or not policy.concerns(None, facts):
            continue
        if one.rule.then == "allow":
            allowed.add(policy.id)
            continue
        masks = [mask for each in found if each for mask in each.where.values()]
        holds.append((policy.finding(one.rule, ["words"]), masks))
    return holds


def _looks_at_words(one: CompiledRule) -> bool:
    """Whether a rule about results can be held against words alone."""
    tests = {check.condition.test for check in one.checks}
    return one.rule.when == "after" and tests <= {*OF_TEXTS, *OF_CALL}
