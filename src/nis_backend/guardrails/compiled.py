"""Policies, ready: to which calls each applies, and which of its rules hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nis_backend.conforming import hold
from nis_backend.errors import InvalidRequest
from nis_backend.guardrails.conditions import OF_TEXTS, Check
from nis_backend.guardrails.paths import names_a_thing
from nis_backend.guardrails.rules import Finding, Policy, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.guardrails.conditions import Facts, Found, Mask
    from nis_backend.guardrails.rules import When

MOST_FOUND = 20


@dataclass(frozen=True, kw_only=True)
class CompiledRule:
    """A rule, ready."""

    rule: Rule
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A policy, ready."""

    id: str
    name: str
    policy: Policy
    rules: tuple[CompiledRule, ...]

    def applies(self, operation: str) -> bool:
        """Whether it looks at calls of this operation at all."""
        family = operation.partition(".")[0]
        patterns = self.policy.applies_to.operations
        return any(one in {"*", family} or fnmatchcase(operation, one) for one in patterns)

    def only(self, pattern: str) -> Compiled:
        """The same for this pattern alone."""
        applies = self.policy.applies_to.model_copy(update={"operations": [pattern]})
        return replace(self, policy=self.policy.model_copy(update={"applies_to": applies}))

    def concerns(self, request: Any, facts: Facts) -> bool:  # Any: a request
        """Whether it looks at this call: of one of its agents, and its models where the request is known."""
        agents, models = self.policy.applies_to.agents, self.policy.applies_to.models
        if agents and not any(fnmatchcase(name, one) for one in agents for name in facts.agents):
            return False
        named = (str(getattr(request, "model", None) or ""), *facts.models)
        return not models or request is None or any(fnmatchcase(name, one) for one in models for name in named)

    def look(
        self, stage: When, request: Any, result: Any, facts: Facts
    ) -> Iterator[tuple[Finding, dict[str, list[Mask]]]]:  # Any: a request and a result
        """The rules that hold, up to the first that allows, each with where and how it masks."""
        if not self.concerns(request, facts):
            return
        value = request if stage == "before" else result
        for one in self.rules:
            rule = one.rule
            if rule.when != stage:
                continue
            found = [each for check in one.checks if (each := check.look(value, facts)) is not None]
            if len(found) < len(one.checks):
                continue
            if rule.then == "allow":
                return
            where = _together(found)
            if rule.then == "mask":
                where = {place: masks for place, masks in where.items() if not names_a_thing(place.rpartition(".")[2])}
                if not any(where.values()):
                    continue
            yield self.finding(rule, list(where)), where

    def finding(self, rule: Rule, where: Sequence[str]) -> Finding:
        """That a rule of it holds, and where."""
        return Finding(
            policy_id=self.id,
            policy=self.name,
            rule=rule.id,
            stage=rule.when,
            then=rule.then,
            why=rule.why,
            cites=rule.cites,
            fields=list(where)[:MOST_FOUND],
        )


def _together(found: Sequence[Found]) -> dict[str, list[Mask]]:
    """Where conditions found something, and the masks of all of them that did there."""
    where: dict[str, list[Mask]] = {}
    for one in found:
        for place, mask in one.where.items():
            where.setdefault(place, []).extend([mask] if mask else [])
    return where


async def compiled(id_: str, name: str, policy: Policy) -> Compiled:
    """The policy, ready.

    Raises:
        InvalidRequest: a rule cannot be looked at, with its field.
    """
    rules: list[CompiledRule] = []
    seen: set[str] = set()
    for number, rule in enumerate(policy.rules):
        place = f"rules.{number}"
        if rule.id in seen:
            raise InvalidRequest(
                f"{place}.id: there are two rules {rule.id!r}.",
                field=f"{place}.id",
                value=rule.id,
                remedy="Give each rule an id of its own.",
            )
        seen.add(rule.id)
        _check_outcome(rule, place)
        checks: list[Check] = []
        for count, condition in enumerate(rule.conditions):
            where = f"{place}.conditions.{count}"
            check = Check(condition, where)
            if condition.test == "fits":
                check.held = await hold(condition.value, f"{where}.value")
            checks.append(check)
        rules.append(CompiledRule(rule=rule, checks=tuple(checks)))
    return Compiled(id=id_, name=name, policy=policy, rules=tuple(rules))


def _check_outcome(rule: Rule, place: str) -> None:
    if rule.then == "review" and rule.when == "after":
        raise InvalidRequest(
            f"{place}.then: a result is there already, so that nobody can be asked before.",
            field=f"{place}.then",
            value="review",
            remedy="Review the request (`when: before`), or mask or refuse the result.",
        )
    if rule.then == "mask" and not any(one.test in OF_TEXTS and not one.negated for one in rule.conditions):
        raise InvalidRequest(
            f"{place}.conditions: mask takes a condition that finds something in a text.",
            field=f"{place}.conditions",
            remedy="Add one: personal, contains, matches, instruction.",
        )
