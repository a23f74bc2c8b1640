"""A skill is installed as a run: made, tried by its own tests, and removed again where it fails them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.skills.samples import PUBLISHED
from nis_backend.capabilities.skills.signing import check, publisher
from nis_backend.capabilities.skills.skill import (
    KINDS,
    Kind,
    Made,
    Name,
    SkillTest,
    check_content,
    described_in,
    find,
    revoked,
)
from nis_backend.errors import InvalidRequest, from_problem
from nis_backend.event import ToolCalled, Warned
from nis_backend.operation import Example, Model, Recorded, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json

LIMIT = 3600.0
LONGEST_SHOWN = 2000
FORMULA = "passed / of: tests whose answer holds their words, in any case of letters"


class InstallSkill(Model):
    """Which skill, and what it is called here."""

    id: str = Field(min_length=1, max_length=64, description="The skill's id, or its name: then the newest version.")
    name: Name | None = Field(default=None, description="Of what it makes; unset, an id. An insight has none.")
    need: float = Field(default=1.0, ge=0, le=1, description="The least score with which it stays.")
    keep_asks: bool = Field(
        default=False,
        description="Whether another publisher's agent keeps its own word on when a person is asked; else a person is "
        "asked before whatever it writes.",
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
    said = "Installed" if result.installed else "Not installed"
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
    check_content(described_in(row["content"]), ctx)
    if request.name is not None and not KINDS[row["kind"]].named:
        raise InvalidRequest("An insight has no name.", field="name", value=request.name, remedy="Leave the name out.")
    return request.model_copy(update={"id": row["id"]})


@operation(
    "skills.install_skill",
    effect="writes",
    on="skill",
    outward=True,
    time_limit=LIMIT,
    view=_draw,
    prepare=_prepare,
    examples=(Example(title="A greeting", request={"id": "{greeting.id}"}, before=(PUBLISHED,)),),
)
async def install_skill(request: InstallSkill, ctx: Context) -> Recorded[InstalledSkill]:
    """Install a skill: what it describes is made here, tried by its own tests, and removed where it scores too little.

    Raises:
        Conflict: it is revoked, or its name is taken here.
        InvalidRequest: it is not as its publisher has signed it.
    """
    told = await ctx.note("skill", lambda: _settled(request, ctx))
    described = described_in(told["signed"])
    made = KINDS[described.kind]
    content: Json = {**described.content, **({"name": request.name} if request.name else {})}
    if described.kind == "agent" and not told["ours"] and not request.keep_asks and content.get("asks") != "writes":
        if "asks" in content:
            await ctx.run.write(Warned(message="A person is asked before whatever this agent writes."))
        content["asks"] = "writes"
    id_ = _id_of(await _done(made.create, content, 1, ctx))
    tests = [await _tried(one, made, id_, step, ctx) for step, one in enumerate(described.tests, 2)]
    passed = sum(one.passed for one in tests)
    score = passed / len(tests) if tests else None
    stays = score is None or score >= request.need
    if not stays:
        await _done(made.delete, {"id": id_}, len(tests) + 2, ctx)
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


async def _settled(request: InstallSkill, ctx: Context) -> Json:
    row = await find(request.id, ctx)
    if row["state"] == "revoked":
        raise revoked(row)
    return {
        "signed": row["content"],
        "ours": row["publisher"] == await asyncio.to_thread(publisher, ctx.settings.data),
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
    if event.problem is not None:
        answer, passed = str(event.problem.get("detail", "")), False
    else:
        result: Json = event.result
        answer = str(result.get("response", result.get("text", "")))
        passed = test.contains.casefold() in answer.casefold()
    shown = test.message or json.dumps(test.variables, ensure_ascii=False)
    return TriedSkill(asked=shown[:LONGEST_SHOWN], contains=test.contains, passed=passed, answer=answer[:LONGEST_SHOWN])


OPERATIONS = (install_skill,)
