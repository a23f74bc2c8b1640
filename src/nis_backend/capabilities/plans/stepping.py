"""One step of a plan: its conditions, its tries, what it has to be, and what is done in its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.plans.comparing import unmet
from nis_backend.capabilities.plans.plan import CHECK, MOST_RETRIES, RESULT, actions, called
from nis_backend.capabilities.plans.references import fill, words
from nis_backend.conforming import Wrong, hold
from nis_backend.errors import InvalidRequest, NisError, UpstreamFailed
from nis_backend.event import Rejected
from nis_backend.followed import follow
from nis_backend.guardrails.marking import SAID as OF_MARKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.capabilities.plans.operations import StepOutcome
    from nis_backend.capabilities.plans.plan import Action, Step, Verify
    from nis_backend.context import Context
    from nis_backend.loop.quarantine import Quarantine
    from nis_backend.operation import Json

FINAL = frozenset({"invalid_request", "malformed", "forbidden", "not_found", "not_supported", "budget_exceeded"})
"""Failures that the same call meets again."""


@dataclass(kw_only=True)
class Stepping:
    """A step on its way."""

    ctx: Context
    step: Step
    number: int
    known: Mapping[str, Any]
    quarantine: Quarantine
    cautious: bool
    """Whether a person decides before what it writes or destroys."""
    rejected: bool = False
    """Whether a person has said no."""

    async def carry(self) -> tuple[StepOutcome, Any]:  # Any: JSON
        """How it ended, and its result."""
        from nis_backend.capabilities.plans.operations import StepOutcome  # noqa: PLC0415 - that module loads this one

        step, (name, _) = self.step, called(self.step)
        why, problem = self._unmet()
        if why:
            return StepOutcome(id=step.id, state="skipped", operation=name, why=why), None
        if problem is not None:
            return StepOutcome(id=step.id, state="failed", operation=name, problem=problem), None
        tried = 0
        for tries, (_, action) in enumerate(actions(step)):
            name = called(action)[0]
            for attempt in range(1, 1 + (1 if tries else 1 + step.retries)):
                tried += 1
                call_id = f"{step.id}-{attempt + tries * (1 + MOST_RETRIES)}"
                result, problem = await self._try(action, call_id, ask=self._why(action) if attempt == 1 else "")
                if problem is None:
                    done = StepOutcome(id=step.id, state="done", operation=name, tries=tried, instead=bool(tries))
                    return done, result
                if self.rejected or problem.get("code") in FINAL:
                    break
            if self.rejected:
                break
        return StepOutcome(id=step.id, state="failed", operation=name, tries=tried, problem=problem), None

    def _unmet(self) -> tuple[str, Json | None]:
        try:
            return unmet(self.step.when, self.known), None
        except InvalidRequest as error:
            return "", error.problem()

    def _why(self, action: Action) -> str:
        """Why a person decides before it; empty where nobody does."""
        if self.step.approve or not self.cautious:
            return self.step.approve
        effect = self.ctx.operations.entry(called(action)[0]).effect
        return "" if effect == "reads" else f"A model has planned this while the plan ran, and it {effect}."

    async def _try(self, action: Action, call_id: str, *, ask: str) -> tuple[Any, Json | None]:  # Any: JSON
        name, arguments = called(action)
        refusal: NisError | None = None
        try:
            arguments = fill(arguments, self.known) if action.operation is not None else self._told(arguments)
        except InvalidRequest as error:
            refusal = error
        seconds = self.step.seconds
        result, problem = await follow(
            self.ctx, self.number, call_id, name, arguments, refusal=refusal, ask=ask, seconds=seconds
        )
        if problem is not None:
            decision = self.ctx.run.history.decision(call_id, self.number)
            self.rejected = isinstance(decision, Rejected)
            return None, problem
        if self.step.verify is not None:
            problem = await self._verify(self.step.verify, result, call_id)
        return result, problem

    def _told(self, arguments: Json) -> Json:
        """What an agent or a team is told: words that steps came to are data to it, and marked as such."""
        message = str(arguments["message"])
        told = words(message, self.known, self.quarantine.told)
        of_marks = f"\n\n{OF_MARKS}" if told != words(message, self.known, str) else ""
        return {**arguments, "message": f"{told}{of_marks}"}

    async def _verify(self, verify: Verify, result: Any, call_id: str) -> Json | None:  # Any: JSON
        """The problem where the result is not what it has to be."""
        known = {**self.known, RESULT: result}
        try:
            if verify.result_schema is not None:
                held = await hold(verify.result_schema, "verify.result_schema")
                held.read(json.dumps(result))
            if verify.operation is not None:
                arguments = fill(verify.arguments, known)
                checked = f"{call_id}-check"
                known[CHECK], problem = await follow(self.ctx, self.number, checked, verify.operation, arguments)
                if problem is not None:
                    return self._amiss(f"{verify.operation} says: {problem.get('detail', '')}")
            why = unmet(verify.conditions, known)
        except (InvalidRequest, Wrong) as error:
            return self._amiss(str(error))
        return self._amiss(why) if why else None

    def _amiss(self, why: str) -> Json:
        told = f"The result of {self.step.id} is not what it has to be: {why}"
        return UpstreamFailed(told, remedy="See what the step came to in the run's log.").problem()
