"""A model makes steps out of a goal, of what it is offered alone; what is wrong with them it is told, and mends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import from_json

from nis_backend.asking import ask
from nis_backend.capabilities.operations.operations import permitted, ranked
from nis_backend.capabilities.plans.checking import check_steps
from nis_backend.capabilities.plans.plan import MOST_STEPS, Definition, Step, called
from nis_backend.drivers.llm.base import Message, ModelInfo, Prompt
from nis_backend.errors import InvalidRequest, NisError, UpstreamFailed, shorten
from nis_backend.guardrails.marking import SAID as OF_MARKS
from nis_backend.guardrails.persons import PERSONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nis_backend.capabilities.plans.operations import ProposePlan
    from nis_backend.capabilities.plans.plan import Plan
    from nis_backend.capabilities.plans.running import Walk
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

OFFERED = 24
"""Operations that a model may plan with, the likeliest for the goal first."""
QUERY, LONGEST_FIELDS, LONGEST_SHOWN = 1000, 1500, 2000
"""Characters of a goal by which they are looked for; of an operation's fields; of a result that it is shown."""
MENDED = 2
"""Times that it is told what is wrong."""
STEPS = 12
"""Steps that it may plan anew."""
PLANNED = frozenset({"id", "operation", "agent", "team", "arguments", "message", "needs"})
"""Fields of a step that a model writes."""
PLANS = (
    "You plan. Answer with JSON: the steps that reach the goal, as few as will do, and nothing else. A step calls one "
    "of the operations below with its arguments, or asks an agent or a team with a message. In arguments and messages "
    '"{ID.field}" stands for a field of what the step ID came to; a step comes after those that it refers to, and '
    "after those in its `needs`."
)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What may be planned with."""

    operations: tuple[Entry, ...]
    agents: list[str]
    teams: list[str]
    most: int
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    done: frozenset[str] = frozenset()
    """Steps that there are already, and may be referred to."""
    taken: frozenset[str] = frozenset()
    """Ids that others have had."""


def plannable(ctx: Context, patterns: Iterable[str] = ("*",)) -> tuple[Entry, ...]:
    """The operations that a model may plan with: the caller's to call, of these patterns, nothing that destroys."""
    given = list(patterns)
    return tuple(
        entry
        for entry in permitted(ctx)
        if entry.shape != "stream"
        and entry.effect != "destroys"
        and not entry.secret
        and entry.name not in PERSONS
        and entry.family != "plans"
        and any(fnmatchcase(entry.name, one) or entry.family == one for one in given)
    )


async def likeliest(ctx: Context, goal: str, able: tuple[Entry, ...]) -> list[str]:
    """The names of the operations that are offered."""
    if len(able) > OFFERED:
        found = await ranked(ctx, goal[:QUERY], able)
        able = tuple(dict.fromkeys((*found, *able)))[:OFFERED]
    return [entry.name for entry in able]


async def propose_kept(request: ProposePlan, ctx: Context) -> Plan:
    """A plan out of a goal, kept."""
    from nis_backend.capabilities.plans.operations import keep  # noqa: PLC0415 - that module loads this one

    able = {entry.name: entry for entry in plannable(ctx, request.operations)}

    async def settle() -> Json:
        _, info = await ctx.models.choose(request.model)
        return {"model": vars(info), "operations": await likeliest(ctx, request.goal, tuple(able.values()))}

    settled = await ctx.note("offer", settle)
    offer = Offer(
        operations=tuple(able[name] for name in settled["operations"] if name in able),
        agents=list(request.agents),
        teams=list(request.teams),
        most=request.steps,
    )
    numbers = count(1)
    steps = await propose(
        ctx, ModelInfo(**settled["model"]), request.goal, offer, lambda: next(numbers), request.max_tokens
    )
    return await keep(Definition(goal=request.goal, steps=steps), request.name, ctx.run.run_id, ctx)


async def plan_anew(plan: Plan, walk: Walk, times: int, ctx: Context) -> list[Step]:
    """Steps instead of those that have failed or were not reached.

    Raises:
        UpstreamFailed: the model has not planned any that could run.
    """
    able = {entry.name: entry for entry in plannable(ctx)}
    used = [called(step)[0] for step in plan.steps]

    async def settle() -> Json:
        _, info = await ctx.models.choose(plan.model)
        found = await likeliest(ctx, plan.goal or json.dumps(used), tuple(able.values()))
        return {"model": vars(info), "operations": list(dict.fromkeys([*(n for n in used if n in able), *found]))}

    settled = await ctx.note(f"replan {times}", settle)
    done = {id_: walk.results[id_] for id_ in walk.steps if id_ in walk.results}
    offer = Offer(
        operations=tuple(able[name] for name in settled["operations"][:OFFERED] if name in able),
        agents=sorted({step.agent for step in plan.steps if step.agent is not None}),
        teams=sorted({step.team for step in plan.steps if step.team is not None}),
        most=min(STEPS, MOST_STEPS - len(done)),
        given=plan.given,
        done=frozenset(done),
        taken=frozenset(walk.order),
    )
    told = walk.quarantine.told
    results = [f"{id_}: {told(json.dumps(value, ensure_ascii=False)[:LONGEST_SHOWN])}" for id_, value in done.items()]
    failed = [f"{id_}: {told(str((walk.outcomes[id_].problem or {}).get('detail', '')))}" for id_ in walk.failed]
    rest = [step.model_dump(mode="json", exclude_defaults=True) for id_, step in walk.steps.items() if id_ not in done]
    asked = "\n\n".join(
        [
            f"The goal: {plan.goal}",
            "\n".join(["Steps that are done, with their results:", *results]),
            "\n".join(["Steps that have failed:", *failed]),
            f"The plan was to go on with: {json.dumps(rest, ensure_ascii=False)[: 4 * LONGEST_SHOWN]}",
            "Plan, under other ids, the steps that are to be done instead.",
        ]
    )
    return await propose(ctx, ModelInfo(**settled["model"]), asked, offer, walk.number)


async def propose(  # noqa: PLR0913, PLR0917 - who is asked, for what, and of what it may choose
    ctx: Context, info: ModelInfo, goal: str, offer: Offer, number: Callable[[], int], max_tokens: int | None = None
) -> list[Step]:
    """Steps that could run, as far as can be known.

    Raises:
        UpstreamFailed: the model has made none, also when it was told what is wrong.
    """
    said = [
        Message(role="system", content=f"{PLANS}\n\n{OF_MARKS}\n\n{_told(offer)}"),
        Message(role="user", content=goal),
    ]
    wrong = ""
    for _ in range(1 + MENDED):
        prompt = Prompt(model=info.name, messages=list(said), json=True, schema=_schema(offer), max_tokens=max_tokens)
        step = number()
        try:
            heard = await ask(ctx, ctx.models.driver(info.provider), prompt, step, "\n\n" if wrong else "")
        except InvalidRequest as error:
            # That there is too much of it is said of a conversation, which the caller has not written.
            error.remedy = "Name a `model` that takes more, or offer it fewer operations."
            raise
        # Once: what it has planned may be under way when an agent of it is deleted.
        judged = await ctx.note(f"planned {step}", partial(_judged, heard.text, offer, ctx))
        wrong = judged["wrong"]
        if not wrong:
            return [Step.model_validate(one) for one in judged["steps"]]
        said += [
            Message(role="assistant", content=heard.text[: 4 * LONGEST_SHOWN].strip() or "{}"),
            Message(role="user", content=f"That cannot be carried out. {wrong} Write all of the steps again."),
        ]
    raise UpstreamFailed(
        f"{info.id} has planned nothing that could be carried out: {shorten(wrong, 300)}",
        remedy="Say the goal in other words, offer fewer operations, ask another model, or give the steps yourself.",
    )


async def _judged(text: str, offer: Offer, ctx: Context) -> Json:
    """The steps that a model has written, and what is wrong with them, which is empty where nothing is."""
    try:
        steps = await _steps(text, offer, ctx)
    except NisError as error:
        return {
            "steps": [],
            "wrong": f"{error.field}: {error.message} {error.remedy}" if error.field else error.message,
        }
    return {"steps": [one.model_dump(mode="json", exclude_defaults=True) for one in steps], "wrong": ""}


async def _steps(text: str, offer: Offer, ctx: Context) -> list[Step]:
    """What a model has written, checked as if a person had.

    Raises:
        NisError: it could not run.
    """
    try:
        given: Any = from_json(text.strip().removeprefix("```json").removeprefix("```").removesuffix("```"))
        # What it cannot plan is left out: an approval that it waives, another way of doing it.
        steps = [Step.model_validate({name: one[name] for name in PLANNED & {*one}}) for one in given["steps"]]
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidRequest(f"{first['msg']}.", field=".".join(map(str, first["loc"]))) from None
    except (ValueError, TypeError, KeyError):
        raise InvalidRequest('It is no JSON object with a list "steps".') from None
    if not 1 <= len(steps) <= offer.most:
        raise InvalidRequest(f"There are {len(steps)} steps; 1 to {offer.most} are wanted.", field="steps")
    operations = {entry.name for entry in offer.operations}
    for place, step in enumerate(steps):
        if step.id in offer.taken:
            raise InvalidRequest(f"The id {step.id} is taken.", field=f"steps.{place}.id")
        for kind, names in (("operation", operations), ("agent", offer.agents), ("team", offer.teams)):
            name = getattr(step, kind)
            if name is not None and name not in names:
                raise InvalidRequest(f"The {kind} {name} is not offered.", field=f"steps.{place}.{kind}")
    await check_steps(steps, offer.given, ctx, done=offer.done)
    return steps


def _told(offer: Offer) -> str:
    lines = [f"- {entry.name}: {entry.summary} Arguments: {_fields(entry)}" for entry in offer.operations]
    lines += [f"- the agent {one}" for one in offer.agents]
    lines += [f"- the team {one}" for one in offer.teams]
    if offer.given:
        lines.append(f"What the run is given, as {{given.name}}: {', '.join(offer.given)}")
    return "\n".join(lines)


def _fields(entry: Entry) -> str:
    return json.dumps(entry.parameters, ensure_ascii=False)[:LONGEST_FIELDS]


def _schema(offer: Offer) -> Json:
    """What the model may write: an operation's fields by their names, with any values, as references are texts."""
    kinds: list[Json] = []
    for entry in offer.operations:
        fields = entry.parameters.get("properties", {})
        arguments: Json = {
            "type": "object",
            "properties": {name: {} for name in fields},
            "required": entry.parameters.get("required", []),
            "additionalProperties": False,
        }
        kinds.append(_kind({"operation": {"const": entry.name}, "arguments": arguments}, offer))
    message: Json = {"type": "string", "minLength": 1}
    for kind, names in (("agent", offer.agents), ("team", offer.teams)):
        if names:
            kinds.append(_kind({kind: {"enum": names}, "message": message}, offer))
    steps = {"type": "array", "minItems": 1, "maxItems": offer.most, "items": {"anyOf": kinds}}
    return {"type": "object", "properties": {"steps": steps}, "required": ["steps"], "additionalProperties": False}


def _kind(own: Json, offer: Offer) -> Json:
    id_: Json = {"type": "string", "pattern": "^[a-z][a-z0-9]{0,15}$"}
    needs: Json = {"needs": {"type": "array", "items": id_, "maxItems": offer.most}} if offer.most > 1 else {}
    required = ["id", *own]
    return {
        "type": "object",
        "properties": {"id": id_, **own, **needs},
        "required": required,
        "additionalProperties": False,
    }
