"""What a run says before its end, its model's words and what its tools answer: held against rules about its result."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend.errors import Forbidden, NisError
from nis_backend.event import Warned
from nis_backend.guardrails.conditions import OF_CALL, OF_TEXTS
from nis_backend.guardrails.deciding import record
from nis_backend.guardrails.gate import MUCH, facts_of, refusal
from nis_backend.guardrails.paths import retold, texts
from nis_backend.guardrails.rules import WEIGHT, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.guardrails.compiled import Compiled, CompiledRule
    from nis_backend.guardrails.conditions import Facts, Mask
    from nis_backend.operation import Operation

    Rules = Sequence[tuple[Compiled, CompiledRule]]

Told = TypeVar("Told")


class Saying:
    """What makes of words, and of JSON and models that hold words, those that a run may say."""

    def __init__(self, ctx: Context, target: Operation[Any, Any], rules: Rules) -> None:
        self._ctx = ctx
        self._target = target
        self._rules = rules

    async def words(self, value: Told) -> Told:
        """Words of the answer, and what it shows.

        Raises:
            Forbidden: a rule refuses them.
        """
        return await self._looked(value, ("mask", "refuse", "warn"))

    async def read(self, value: Told) -> Told:
        """What the run has read on its way; a rule that warns of its answer has nothing to say of that.

        Raises:
            Forbidden: a rule refuses it.
        """
        return await self._looked(value, ("mask", "refuse"))

    async def failure(self, error: NisError) -> NisError:
        """What a call on its way was refused with: it may say what was read, too."""
        given = [error.message, error.remedy, error.value or ""]
        given += [text for one in error.fields for text in (one.message, one.remedy, str(one.value or ""))]
        try:
            told = dict(zip(given, await self.read(given), strict=True))
        except Forbidden as refused:
            return refused
        return error.retold(lambda text: told.get(text, text))

    async def _looked(self, value: Told, outcomes: Sequence[str]) -> Told:
        given = [(place, text) for place, text in texts(value) if text]
        if not given:
            return value
        facts = await facts_of(self._ctx, self._target, [rule for _, rule in self._rules])
        rules = [one for one in self._rules if one[0].concerns(None, facts)]

        def look() -> tuple[dict[str, str], list[Finding]]:
            return _held_against(rules, dict.fromkeys(text for _, text in given), facts, outcomes)

        much = sum(len(text) for _, text in given) > MUCH
        told, findings = await asyncio.to_thread(look) if much else look()
        for finding in sorted(findings, key=lambda one: -WEIGHT[one.then]):
            await record(self._ctx, self._target.name, finding)
            if finding.then == "refuse":
                raise refusal(self._target.name, finding)
            if finding.then == "warn":
                warned = f"Policy {finding.policy}, rule {finding.rule}: {finding.why}"
                await self._ctx.run.write(Warned(message=warned))
        if not told:
            return value
        places = set(given)
        return retold(value, lambda where, text: told.get(text, text) if (where, text) in places else text)


def may_say(ctx: Context, target: Operation[Any, Any], policies: Sequence[Compiled]) -> Saying | None:
    """What makes of words those that may be said; None where no rule looks at words."""
    rules = [(policy, rule) for policy in policies for rule in policy.rules if _looks_at_words(rule)]
    return Saying(ctx, target, rules) if rules else None


def _held_against(
    rules: Rules, given: Sequence[str] | dict[str, None], facts: Facts, outcomes: Sequence[str]
) -> tuple[dict[str, str], list[Finding]]:
    """The texts that are changed, as they may be said, and each rule that holds of one of them."""
    told: dict[str, str] = {}
    findings: dict[tuple[str, str], Finding] = {}
    for text in given:
        allowed: set[str] = set()
        masks: list[Mask] = []
        for policy, one in rules:
            # What a field of the result will be, nobody knows yet: nothing is let through for that.
            sure = [check for check in one.checks if check.condition.test in WORDS]
            then = one.rule.then
            if policy.id in allowed or (len(sure) < len(one.checks) and then != "mask"):
                continue
            found = [check.look_at_words(text, facts) for check in sure]
            if not all(found):
                continue
            if then == "allow":
                allowed.add(policy.id)
            elif then in outcomes:
                findings.setdefault((policy.id, one.rule.id), policy.finding(one.rule, ["words"]))
                masks += [mask for each in found if each for mask in each.where.values() if mask and then == "mask"]
        said = text
        for mask in masks:
            said = mask(said)
        if said != text:
            told[text] = said
    return told, list(findings.values())


WORDS = frozenset({*OF_TEXTS, *OF_CALL})
"""Tests that can be made of words before it is known in which field they come to stand."""


def _looks_at_words(one: CompiledRule) -> bool:
    """Whether a rule about results can be held against words alone."""
    tests = {check.condition.test for check in one.checks}
    return one.rule.when == "after" and (tests <= WORDS or (one.rule.then == "mask" and bool(tests & {*OF_TEXTS})))
