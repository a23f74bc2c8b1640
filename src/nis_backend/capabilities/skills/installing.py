"""A skill is installed as a run: made, tried by its own tests, and removed again where it fails them."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.skills.samples import PUBLISHED
from nis_backend.capabilities.skills.signing import check, publisher
from nis_backend.capabilities.skills.skill import (
    KINDS,
    Described,
    Kind,
    Made,
    Name,
    SkillTest,
    check_content,
    described_in,
    find,
    revoked,
)
from nis_backend.errors import InvalidRequest, NisError, from_problem
from nis_backend.event import RetryScheduled, ToolAnswered, ToolCalled, Warned
from nis_backend.operation import Example, Model, Recorded, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

LIMIT = 3600.0
LONGEST_SHOWN = 2000
PLACES = 100
"""Steps of one attempt to install: the first makes it, the last removes it, the tests are between them."""
FORMULA = "passed / of: tests whose answer holds their words, in any case of letters"


class InstallSkill(Model):
    """Which skill, and what it is called here."""

    id: str = Field(min_length=1, max_length=64, description="The skill's id, or its name: then the newest version.")
    name: Name | None = Field(default=None, description="Of what it makes; unset, an id. An insight has none.")
    need: float = Field(default=1.0, ge=0, le=1, description="The least score with which it stays.")
    keep_asks: bool = Field(
        default=False,
        description="Whether another publisher's agent keeps its own word on when a person is asked, on what it "
        "remembers and on whom it hands work to; else a person is asked before whatever it writes.",
    )


class TriedSkill(Model):
    """One of its tests."""

    asked: str
    contains: str
    passed: bool
    answer: str = Field(description="Shortened; or why there was none.")


class InstalledSkill(Model):
    """What came of it."""

    skill_id: str
    kind: Kind
    installed: bool = Field(description="Whether it stayed.")
    id: str | None = Field(description="Of the agent, prompt, plan or memory; null where it did not stay.")
    passed: int
    of: int
    score: float | None = Field(description="By `formula`; null where it has no tests.")
    formula: str = FORMULA
    tests: list[TriedSkill]


def _draw(_request: Model, result: InstalledSkill) -> list[View]:
    said = f"Installed as {result.kind} {result.id}" if result.installed else "Not installed"
    score = "it has no tests" if result.score is None else f"{result.passed} of {result.of} tests passed"
    rows: list[list[str | float]] = [
        [one.asked, one.contains, "yes" if one.passed else "no", one.answer] for one in result.tests
    ]
    return [
        Text(text=f"{said}: {score}."),
        Table(title="Tests", columns=["asked", "holds", "passed", "answer"], rows=rows),
    ]


async def _prepare(request: InstallSkill, ctx: Context) -> InstallSkill:
    """Refuse what is revoked, what is not as it was signed, and what could not be made."""
    row = await find(request.id, ctx)
    if row["state"] == "revoked":
        raise revoked(row)
    await asyncio.to_thread(check, row["content"], row["signature"], row["publisher"])
    described = described_in(row["content"])
    check_content(described, ctx)
    if not request.keep_asks and not await _ours(row, ctx):
        _refuse_handing(described)
    if request.name is not None and not KINDS[row["kind"]].named:
        raise InvalidRequest("An insight has no name.", field="name", value=request.name, remedy="Leave the name out.")
    return request.model_copy(update={"id": row["id"]})


async def _undo(_request: InstallSkill, ctx: Context) -> None:
    """Remove what this run itself has made and not removed: what was not tried to the end has not passed."""
    row = await ctx.store.get("runs", ctx.run.run_id)
    shared: int = 0 if row is None else row["parent_seq"] or 0
    since = [one.body for one in ctx.run.history.events if one.seq > shared]
    begun = next((one for one in since if isinstance(one, ToolCalled) and one.step % PLACES == 1), None)
    if begun is None:
        return
    # Under its own key: where it was cut, it is done to its end, and nothing is made twice.
    event = (await ctx.use(begun)).event
    if event.problem is None:
        made = next(one for one in KINDS.values() if one.create == begun.operation)
        removed = _called(made.delete, {"id": _id_of(event.result)}, begun.step - 1 + PLACES - 1)
        await ctx.use(removed)


@operation(
    "skills.install_skill",
    effect="writes",
    on="skill",
    outward=True,
    time_limit=LIMIT,
    view=_draw,
    prepare=_prepare,
    undo=_undo,
    examples=(Example(title="A greeting", request={"id": "{greeting.id}"}, before=(PUBLISHED,)),),
)
async def install_skill(request: InstallSkill, ctx: Context) -> Recorded[InstalledSkill]:
    """Install a skill: what it describes is made here, tried by its own tests, and removed where it scores too little.

    A test in which it waits for a person has failed, and that run is ended. However it ends but well, nothing stays.

    Raises:
        Conflict: it is revoked, or its name is taken here.
        InvalidRequest: it is not as its publisher has signed it, or is another publisher's agent that would hand work
            on without `keep_asks`.
    """
    told = await ctx.note("skill", lambda: _settled(request, ctx))
    described = described_in(told["signed"])
    made = KINDS[described.kind]
    content: Json = {**described.content, **({"name": request.name} if request.name else {})}
    if described.kind == "agent" and not told["ours"] and not request.keep_asks:
        for changed in _bounded(content):
            await ctx.run.write(Warned(message=changed))
    first = 1 + PLACES * _removed(ctx)
    id_ = _id_of(await _done(made.create, content, first, ctx))
    tests = [await _tried(one, made, id_, step, ctx) for step, one in enumerate(described.tests, first + 1)]
    passed = sum(one.passed for one in tests)
    score = passed / len(tests) if tests else None
    stays = score is None or score >= request.need
    if not stays:
        await _done(made.delete, {"id": id_}, first + PLACES - 2, ctx)
    return InstalledSkill(
        skill_id=request.id,
        kind=described.kind,
        installed=stays,
        id=id_ if stays else None,
        passed=passed,
        of=len(tests),
        score=score,
        tests=tests,
    )


def _removed(ctx: Context) -> int:
    """How often what it had made was removed again before it was tried anew: then it is made anew, too."""
    times, removed = 0, False
    for one in ctx.run.history.events:
        if isinstance(one.body, RetryScheduled):
            times, removed = times + removed, False
        removed |= isinstance(one.body, ToolAnswered) and one.body.step % PLACES == PLACES - 1
    return times


async def _ours(row: Row, ctx: Context) -> bool:
    """Whether it is signed by the caller's own key."""
    return row["publisher"] == await asyncio.to_thread(publisher, ctx.settings.data, ctx.caller.owner)


def _refuse_handing(described: Described) -> None:
    """Refuse another publisher's agent that would have agents kept here act for it, which ask by rules of their own.

    Raises:
        InvalidRequest: with the field by which it is let in.
    """
    fields = ("agents", "hands_off_to") if described.kind == "agent" else ()
    others = sorted({name for field in fields for name in described.content.get(field) or ()})
    if others:
        raise InvalidRequest(
            f"Another publisher's agent would hand work to {', '.join(others)}, asked about by rules of their own.",
            field="keep_asks",
            value=False,
            remedy="Look at what they may do without a person, then install it with keep_asks=true.",
        )


def _bounded(content: Json) -> list[str]:
    """Have an agent ask a person before whatever it writes; what of its own word that changes."""
    changed: list[str] = []
    if content.get("asks", "writes") != "writes":
        changed.append("A person is asked before whatever this agent writes.")
    if content.get("memory") == "remember":
        changed.append("This agent is told what is remembered, and adds nothing to it: nobody would be asked.")
        content["memory"] = "recall"
    content["asks"] = "writes"
    return changed


async def _settled(request: InstallSkill, ctx: Context) -> Json:
    row = await find(request.id, ctx)
    if row["state"] == "revoked":
        raise revoked(row)
    return {
        "signed": row["content"],
        "ours": await _ours(row, ctx),
    }


async def _done(name: str, arguments: Json, step: int, ctx: Context) -> Any:  # Any: JSON
    """What the operation answers, as a step of this run.

    Raises:
        NisError: its own.
    """
    event = (await ctx.use(_called(name, arguments, step))).event
    if event.problem is not None:
        raise from_problem(event.problem)
    return event.result


def _called(name: str, arguments: Json, step: int) -> ToolCalled:
    return ToolCalled(step=step, call_id=f"skill-{step}", operation=name, arguments=arguments)


def _id_of(result: Json) -> str:
    """What was made: the thing itself, or the one that the answer is about."""
    return str(result["id"] if "id" in result else result["memory"]["id"])


async def _tried(test: SkillTest, made: Made, id_: str, step: int, ctx: Context) -> TriedSkill:
    asked: Json = (
        {"id": id_, "variables": test.variables}
        if made.tried == "prompts.render_prompt"
        else {"id": id_, "message": test.message}
    )
    event = (await ctx.use(_called(made.tried, asked, step))).event
    problem: Json | None = event.problem
    if problem is not None:
        answer, passed = str(problem.get("detail", "")), False
        if problem["code"] == "waiting" and problem.get("field") == "run":
            await ctx.note(f"stopped {step}", partial(_stop, str(problem["value"]), ctx))
    else:
        result: Json = event.result
        answer = str(result.get("response", result.get("text", "")))
        passed = test.contains.casefold() in answer.casefold()
    shown = test.message or json.dumps(test.variables, ensure_ascii=False)
    return TriedSkill(asked=shown[:LONGEST_SHOWN], contains=test.contains, passed=passed, answer=answer[:LONGEST_SHOWN])


async def _stop(run_id: str, ctx: Context) -> bool:
    """End a test's run that waits for a person: it has failed, and what it asks for is not done any more."""
    with suppress(NisError):
        await ctx.runs.cancel(run_id)
        return True
    return False


OPERATIONS = (install_skill,)
