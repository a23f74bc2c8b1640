"""An agent tried with cases: each is put to it as a run of its own by an evaluation, and passes or does not."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.agents.agent import AgentVersion, agent_of, find
from nis_backend.capabilities.agents.cases import MOST_CASES, AgentCase, measures
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import InvalidRequest, NisError, from_problem
from nis_backend.event import ToolCalled
from nis_backend.numerics.intervals import wilson
from nis_backend.operation import Model
from nis_backend.run import Wait
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.context import Context
    from nis_backend.operation import Json

EVALUATE = "evaluations.create_evaluation"
FORMULA = "cases of which all that they expect holds, of all cases; interval by Wilson's score (1927), level 0.95"


class TestAgent(AgentVersion):
    """Which agent is tried, and with what."""

    cases: list[AgentCase] = Field(
        default_factory=list[AgentCase], max_length=MOST_CASES, description="Unset, those of its definition."
    )
    judge: str | None = Field(
        default=None, min_length=1, max_length=512, description="The model that judges by rubrics; unset, the default."
    )
    seconds: float = Field(default=300.0, gt=0, le=3600, description="Seconds that one case may take.")
    at_once: int = Field(default=4, ge=1, le=16, description="Cases that are put to it side by side.")
    budget: float | None = Field(
        default=None, ge=0, le=1e9, description="Dollars that all of it may cost at most; then the rest is not tried."
    )


class CaseResult(Model):
    """What came of a case."""

    number: int = Field(description="From 1, in their order.")
    message: str
    passed: bool
    answer: str
    why: list[str] = Field(description="What did not hold, and why there is no answer where there is none.")


class AgentTest(Model):
    """How an agent has done."""

    agent_id: str
    agent: str
    version: int
    passed: int
    cases: int = Field(description="Different ones: one that is there twice is tried once.")
    share: float = Field(description="Of the cases, those that passed.")
    low: float = Field(description="Lower end of the interval of what share of such cases would pass.")
    high: float = Field(description="Upper end.")
    formula: str
    results: list[CaseResult]
    evaluation_id: str = Field(description="The evaluation that has all answers, scores and costs.")
    run_id: str


async def prepare(request: TestAgent, ctx: Context) -> TestAgent:
    """Refuse what cannot be tried, and settle which version is tried with what."""
    agent = agent_of(await find(request.id, ctx, request.version))
    cases = request.cases or agent.tests
    if not cases:
        raise InvalidRequest(
            f"The agent {agent.name!r} has no tests.",
            field="cases",
            value="[]",
            remedy="Give cases, or write `tests` into its definition.",
        )
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    return request.model_copy(update={"id": agent.name, "version": agent.version, "cases": cases})


async def try_out(request: TestAgent, ctx: Context) -> AgentTest:
    """Try it, and say what passed."""
    agent = agent_of(await find(request.id, ctx, request.version))
    arguments: Json = {
        "target": f"agent:{agent.name}@{agent.version}",
        "name": f"Test of {agent.name}, version {agent.version}",
        "cases": [one.as_case() for one in request.cases],
        "metrics": measures(request.cases, request.judge),
        "how": {
            "seconds": request.seconds,
            "at_once": request.at_once,
            "answer": "" if agent.output_schema is None else "output",
        },
    }
    used = await replace(ctx, waits=Wait()).use(
        ToolCalled(step=1, call_id="evaluation", operation=EVALUATE, arguments=arguments)
    )
    if used.event.problem is not None:
        raise from_problem(used.event.problem)
    try:
        done: Json = await ctx.runs.result(used.result.id)
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            with suppress(NisError):
                await ctx.runs.cancel(used.result.id)
        raise

    async def read() -> Json:
        page = await ctx.call_named("evaluations.get_answers", {"id": done["id"], "limit": MOST_CASES})
        return page.model_dump(mode="json", include={"answers"})

    answers = (await ctx.note("answers", read))["answers"]
    cases = _each_once(request.cases)
    results = [_result(case, one) for case, one in zip(cases, answers, strict=True)]
    passed = sum(one.passed for one in results)
    low, high = wilson(passed, len(results))
    return AgentTest(
        agent_id=agent.id,
        agent=agent.name,
        version=agent.version,
        passed=passed,
        cases=len(results),
        share=passed / len(results),
        low=low,
        high=high,
        formula=FORMULA,
        results=results,
        evaluation_id=done["id"],
        run_id=ctx.run.run_id,
    )


def _each_once(cases: Iterable[AgentCase]) -> list[AgentCase]:
    """The cases as an evaluation asks them, each once: in whatever order the members of a schema are."""
    return list({json.dumps(one.as_case(), sort_keys=True): one for one in cases}.values())


def _result(case: AgentCase, answer: Json) -> CaseResult:
    """Whether all that the case expects holds: each of its measures is 1."""
    wrong = [kind for kind in case.kinds if answer["scores"].get(kind) != 1]
    said = [f"{kind}: {answer['why'].get(kind) or _expected(case, kind)}" for kind in wrong]
    problem = [answer["problem"]] if answer["problem"] else []
    if answer["outcome"] == "unasked":
        problem = ["It was not tried: the budget was reached."]
    return CaseResult(
        number=answer["number"], message=case.message, passed=not wrong, answer=answer["answer"], why=[*problem, *said]
    )


def _expected(case: AgentCase, kind: str) -> str:
    return {
        "numeric": f"the last number is to be {case.expected}",
        "contains": f"the answer is to have {case.expected!r}",
        "schema_valid": "the answer is to follow the schema",
        "judge": "the answer is to meet the rubric, asked in both orders",
    }[kind]


def draw(_request: Model, result: AgentTest) -> list[View]:
    """The report."""
    text = (
        f"{result.agent}, version {result.version}: {result.passed} of {result.cases} cases passed; of such cases "
        f"{100 * result.low:.0f} to {100 * result.high:.0f} % would (Wilson, 95 %)."
    )
    rows: list[list[str | float]] = [
        [one.number, "passed" if one.passed else "failed", one.message[:80], one.answer[:200], " ".join(one.why)[:300]]
        for one in result.results
    ]
    return [Text(text=text), Table(title="Cases", columns=["case", "is", "message", "answer", "why"], rows=rows)]
