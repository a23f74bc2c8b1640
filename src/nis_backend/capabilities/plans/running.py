"""A plan's run: each step begins when what it needs is done, is made once, verified, tried again, or done otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nis_backend.alongside import stop
from nis_backend.capabilities.plans.plan import GIVEN, Plan, before, called, find, plan_of
from nis_backend.capabilities.plans.references import fill
from nis_backend.capabilities.plans.stepping import Stepping
from nis_backend.errors import NisError, from_problem
from nis_backend.event import Progressed, Warned
from nis_backend.found import named_in
from nis_backend.journal import Suspended
from nis_backend.loop.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.capabilities.plans.operations import PlanDone, RunPlan, StepOutcome
    from nis_backend.capabilities.plans.plan import Step
    from nis_backend.context import Context
    from nis_backend.operation import Json

TOGETHER = 8
"""Steps that go on at once."""


async def carry(request: RunPlan, ctx: Context) -> PlanDone:
    """Carry out the run."""
    from nis_backend.capabilities.plans.operations import PlanDone  # noqa: PLC0415 - that module loads this one

    async def settle() -> Json:
        return plan_of(await find(request.id, ctx, request.version)).model_dump(mode="json")

    # As it is now, whatever becomes of it while it runs.
    plan = Plan.model_validate(await ctx.note("plan", settle))
    walk = Walk(ctx=ctx, results={GIVEN: {**plan.given, **request.given}})
    walk.add(plan.steps)
    replanned = 0
    await walk.walk()
    while walk.failed:
        if replanned == plan.replans or walk.rejected:
            raise await _failure(walk)
        from nis_backend.capabilities.plans.proposing import plan_anew  # noqa: PLC0415 - few plans need it

        replanned += 1
        walk.replace(await plan_anew(plan, walk, replanned, ctx))
        await walk.walk()
    with named_in("output"):
        output = fill(plan.output, walk.results) if plan.output is not None else walk.last_results()
    return PlanDone(
        plan_id=plan.id,
        plan=plan.name,
        version=plan.version,
        output=output,
        steps=[walk.outcomes[id_] for id_ in walk.order],
        replanned=replanned,
        run_id=ctx.run.run_id,
    )


async def _failure(walk: Walk) -> NisError:
    """Why the plan has failed: the first of its steps that did; the log says of each which it was."""
    failed = [walk.outcomes[id_] for id_ in walk.order if id_ in walk.failed]
    for one in failed:
        await walk.ctx.run.write(Warned(message=f"The step {one.id} failed: {(one.problem or {}).get('detail', '')}"))
    problem = failed[0].problem or {}
    if problem.get("retryable"):
        # As it was, so that a run which is tried again tries this step again.
        return from_problem(problem)
    told = {**problem, "detail": f"The step {failed[0].id} failed: {problem.get('detail', '')}"}
    return from_problem({**told, "field": f"steps.{failed[0].id}"})


@dataclass(kw_only=True)
class Walk:
    """How far a plan is."""

    ctx: Context
    results: Json
    """What references may name: what was given, and the results of the steps that are done."""
    steps: dict[str, Step] = field(default_factory=dict[str, "Step"])
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    outcomes: dict[str, StepOutcome] = field(default_factory=dict[str, "StepOutcome"])
    order: list[str] = field(default_factory=list[str])
    """Every step that was ever planned and has an outcome or may get one."""
    cautious: set[str] = field(default_factory=set[str])
    """Steps that a model has planned while the plan ran: a person decides before what they write or destroy."""
    rejected: bool = False
    next_number: int = 1

    @cached_property
    def quarantine(self) -> Quarantine:
        """Words that steps came to are data to agents and models, within the run's one mark."""
        return Quarantine(self.ctx, wary=False)

    @property
    def failed(self) -> list[str]:
        """Steps that have failed, and no others were planned in their place."""
        return [id_ for id_ in self.steps if id_ in self.outcomes and self.outcomes[id_].state == "failed"]

    def add(self, steps: Iterable[Step], *, cautious: bool = False) -> None:
        """Plan these too."""
        for step in steps:
            self.steps[step.id] = step
            self.order.append(step.id)
            self.numbers[step.id] = self.number()
            if cautious:
                self.cautious.add(step.id)

    def number(self) -> int:
        """The next number of a step of the run."""
        self.next_number += 1
        return self.next_number - 1

    def replace(self, steps: Iterable[Step]) -> None:
        """Plan these instead of what has failed and of what was not reached."""
        self.steps = {id_: step for id_, step in self.steps.items() if id_ in self.results}
        self.order = [id_ for id_ in self.order if id_ in self.outcomes]
        self.add(steps, cautious=True)

    def last_results(self) -> Json:
        """The results of the steps that no other needed, by their ids."""
        needed = {other for step in self.steps.values() for other in before(step)}
        return {id_: self.results[id_] for id_ in self.steps if id_ in self.results and id_ not in needed}

    async def walk(self) -> None:
        """Go on until nothing is left that can be done; what a failed step does not hold up goes on.

        So that what is done depends on the plan alone, and not on what was done first.

        Raises:
            Suspended: a person has to decide, and all else is done.
        """
        gate = asyncio.Semaphore(TOGETHER)
        under_way: dict[asyncio.Task[None], str] = {}
        asked: Suspended | None = None
        begun = set[str]()
        while True:
            for step in self._ready(begun):
                begun.add(step.id)
                under_way[asyncio.create_task(self._step(step, gate))] = step.id
            if not under_way:
                break
            ended = await self._first(under_way)
            for task in ended:
                under_way.pop(task)
                raised = task.exception()
                if isinstance(raised, Suspended):
                    asked = asked or raised
                elif raised is not None:
                    await stop(under_way)
                    raise raised
        if asked is not None:
            raise asked

    async def _first(self, under_way: dict[asyncio.Task[None], str]) -> set[asyncio.Task[None]]:
        try:
            ended, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError as stopped:
            await stop(under_way, *stopped.args)
            raise
        return ended

    def _ready(self, begun: set[str]) -> list[Step]:
        """Steps whose time has come; those that need what was skipped are skipped as well."""
        ready: list[Step] = []
        for step in self.steps.values():
            if step.id in begun or step.id in self.outcomes:
                continue
            states = [self.outcomes[id_].state if id_ in self.outcomes else "" for id_ in before(step)]
            if "skipped" in states:
                self._skip(step, f"{before(step)[states.index('skipped')]} was skipped.")
                return self._ready(begun)
            if all(state == "done" for state in states):
                ready.append(step)
        return ready

    def _skip(self, step: Step, why: str) -> None:
        from nis_backend.capabilities.plans.operations import StepOutcome  # noqa: PLC0415 - as above

        self.outcomes[step.id] = StepOutcome(id=step.id, state="skipped", operation=called(step)[0], why=why)

    async def _step(self, step: Step, gate: asyncio.Semaphore) -> None:
        async with gate:
            stepping = Stepping(
                ctx=self.ctx,
                step=step,
                number=self.numbers[step.id],
                known=self.results,
                quarantine=self.quarantine,
                cautious=step.id in self.cautious,
            )
            outcome, result = await stepping.carry()
        if outcome.state == "done":
            self.results[step.id] = result
        self.rejected = self.rejected or stepping.rejected
        self.outcomes[step.id] = outcome
        told = f"{step.id}: {outcome.state}"
        await self.ctx.run.write(Progressed(fraction=len(self.outcomes) / len(self.order), message=told))
