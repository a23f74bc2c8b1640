"""The gate that calls pass whose owner has policies: let in, changed, held back for a person, or refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from nis_backend.errors import Forbidden, NotSupported
from nis_backend.event import Started, Warned
from nis_backend.guardrails import reviewing
from nis_backend.guardrails.conditions import Facts
from nis_backend.guardrails.deciding import record
from nis_backend.guardrails.models import models_of
from nis_backend.guardrails.paths import retold, texts
from nis_backend.guardrails.rules import WEIGHT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from nis_backend.context import Context
    from nis_backend.guardrails.compiled import Compiled, CompiledRule
    from nis_backend.guardrails.conditions import Mask
    from nis_backend.guardrails.rules import Finding, When
    from nis_backend.operation import Model, Operation

    Looked = list[tuple[Finding, dict[str, list[Mask]]]]

MUCH = 40_000
"""Characters that are looked through in a thread, so that nobody else waits."""
DAY = 86_400.0
CALLS = "operation"
"""The field of a request that names what is called: of a batch, a schedule, a run that is begun."""


async def look(  # noqa: PLR0913, PLR0917 - the call, and what is asked about it
    ctx: Context,
    target: Operation[Any, Any],
    policies: Sequence[Compiled],
    stage: When,
    request: Any,  # Any: a request, and a result
    result: Any = None,
) -> Looked:
    """What the policies say, the strictest first."""
    rules = [one for policy in policies for one in policy.rules if one.rule.when == stage]
    if not rules:
        return []
    by_model = any(policy.policy.applies_to.models for policy in policies)
    facts = await facts_of(ctx, target, rules, request, by_model=by_model)

    def found() -> Looked:
        return [one for policy in policies for one in policy.look(stage, request, result, facts)]

    value = request if stage == "before" else result
    much = sum(len(text) for _, text in texts(value)) > MUCH
    looked = await asyncio.to_thread(found) if much else found()
    return sorted(looked, key=lambda one: -WEIGHT[one[0].then])


async def facts_of(
    ctx: Context,
    target: Operation[Any, Any],
    rules: Sequence[CompiledRule],
    request: Any = None,  # Any: a request
    *,
    by_model: bool = False,
) -> Facts:
    """What is known of a call beside its request and its result."""
    spent = {check.condition.days: 0.0 for one in rules for check in one.checks if check.condition.test == "spent"}
    for days in spent:
        spent[days] = await _spent(ctx, days)
    agents = [name for kind, name in ctx.within if kind == "agent"]
    if target.on == "agent" and request is not None:
        agents += await _names(ctx, str(getattr(request, "id", "")))
    return Facts(
        operation=target,
        agents=agents,
        models=await models_of(ctx, target, request) if by_model else (),
        holds=lambda scope: not ctx.caller.lacks([scope]),
        spent=spent,
    )


async def _names(ctx: Context, which: str) -> list[str]:
    """What an agent is called that a request names in its own way: by its id, or by its name."""
    store, owner = ctx.drivers.store, ctx.caller.owner
    row = await store.get("agents", owner, which)
    rows = [row] if row else await store.select("agents", owner, where={"name": which, "latest": 1}, limit=1)
    return [which, *(str(one[name]) for one in rows for name in ("agent_id", "name"))]


async def _spent(ctx: Context, days: int) -> float:
    """Dollars that the owner has spent on models, of so many days up to today."""
    now = ctx.drivers.store.now()
    since, until = (datetime.fromtimestamp(at, UTC).date().isoformat() for at in (now - DAY * (days - 1), now + DAY))
    rows = await ctx.drivers.store.usage(ctx.caller.owner, since, until, ["provider"])
    return sum(float(row["cost"] or 0) for row in rows) / 1e9


async def let_in(
    ctx: Context, target: Operation[Any, Any], policies: Sequence[Compiled], request: Model, *, begins: bool = False
) -> tuple[Model, Finding | None]:
    """The request as it goes on, and why a person decides before the run begins that it becomes or that it `begins` as.

    Raises:
        Forbidden: a rule refuses it, or a person has.
        Waiting: a person decides first; the same call is let in then.
        Suspended: the run that it is part of waits for that.
    """
    looked = await look(ctx, target, policies, "before", request)
    review = next((finding for finding, _ in looked if finding.then == "review"), None)
    await _tell(ctx, target, looked)
    request = _masked_request(target, request, looked)
    if review is None or ctx.reviewed:
        return request, None
    if target.shape != "run" and not begins:
        await reviewing.wait(ctx, target, request, review)
        return request, None
    return request, review


async def taken_up(ctx: Context, target: Operation[Any, Any], policies: Sequence[Compiled], request: Model) -> Model:
    """The request of a run that is taken up: what was begun, forked or filled in beside the gate passes it here.

    Raises:
        Forbidden: a rule refuses it, or a person has.
        Suspended: a person decides first.
    """
    looked = await look(ctx, target, policies, "before", request)
    await _tell(ctx, target, [one for one in looked if one[0].then == "refuse"])
    if not any(isinstance(event.body, Started) for event in ctx.run.history.events):
        # Later, what it was begun with stays: its log was made of that, and so is what is replayed or forked.
        masked = _masked_request(target, request, looked)
        if masked is not request:
            await ctx.run.commit(input=masked.model_dump_json())
        request = masked
    review = next((finding for finding, _ in looked if finding.then == "review"), None)
    if review is not None:
        await reviewing.wait_as_run(ctx, target, request, review)
    return request


async def asked_first(
    ctx: Context, target: Operation[Any, Any], policies: Sequence[Compiled], request: Model
) -> Finding | None:
    """Why a person decides before a step of a run; a step that begins a run leaves that to the run."""
    wants = any(one.rule.then == "review" for policy in policies for one in policy.rules)
    if not wants or target.shape == "run":
        return None
    looked = await look(ctx, target, policies, "before", request)
    if looked and looked[0][0].then == "refuse":
        return None
    return next((finding for finding, _ in looked if finding.then == "review"), None)


async def let_out(
    ctx: Context, target: Operation[Any, Any], policies: Sequence[Compiled], request: Model, result: Any
) -> Any:  # Any: the operation's result
    """The result as its caller may see it.

    Raises:
        Forbidden: a rule refuses it; the call was made.
    """
    looked = await look(ctx, target, policies, "after", request, result)
    await _tell(ctx, target, looked)
    return mask(result, looked)


async def let_through(
    ctx: Context,
    target: Operation[Any, Any],
    policies: Sequence[Compiled],
    request: Model,
    items: AsyncIterator[Any],  # Any: a stream's items
) -> AsyncIterator[Any]:
    """The items of a stream, each looked at by itself.

    Raises:
        NotSupported: they are a model's words, of which one item is no whole.
    """
    if not any(one.rule.when == "after" for policy in policies for one in policy.rules):
        return items
    if target.outward:
        raise NotSupported(
            f"A policy looks at what {target.name} answers, and words that come one by one cannot be looked at before "
            "they are said.",
            field="operation",
            value=target.name,
            remedy="Ask for the whole answer, without a stream.",
        )
    return _each(ctx, target, policies, request, items)


async def _each(
    ctx: Context,
    target: Operation[Any, Any],
    policies: Sequence[Compiled],
    request: Model,
    items: AsyncIterator[Any],  # Any: a stream's items
) -> AsyncIterator[Any]:
    async for item in items:
        yield await let_out(ctx, target, policies, request, item)


async def _tell(ctx: Context, target: Operation[Any, Any], looked: Looked) -> None:
    """Write the decisions down; the first refusal ends the call."""
    for finding, _ in looked:
        if finding.then == "review":
            # Its decision is a person's.
            continue
        await record(ctx, target.name, finding)
        if finding.then == "refuse":
            raise refusal(target.name, finding)
        if finding.then == "warn" and ctx.journal is not None:
            await ctx.journal.write(Warned(message=f"Policy {finding.policy}, rule {finding.rule}: {finding.why}"))


def refusal(operation: str, finding: Finding) -> Forbidden:
    """What a caller hears whom a rule refuses."""
    what = operation if finding.stage == "before" else f"what {operation} has answered"
    cited = f" ({finding.cites})" if finding.cites else ""
    return Forbidden(
        f"The policy {finding.policy!r} refuses {what}, by its rule {finding.rule!r}: {finding.why}{cited}",
        field=finding.fields[0] if finding.fields else "policy",
        value=None if finding.fields else finding.policy,
        remedy="Change what the rule finds; metacognition.check_policy shows it before a call.",
    )


def mask(value: Any, looked: Looked) -> Any:  # Any: a request or a result
    """The value with what rules found in it masked."""
    masks = _masks(looked)
    return retold(value, lambda where, text: _through(masks.get(where, ()), text)) if masks else value


def _masks(looked: Looked) -> dict[str, list[Mask]]:
    masks: dict[str, list[Mask]] = {}
    for finding, where in looked:
        if finding.then == "mask":
            for place, some in where.items():
                masks.setdefault(place, []).extend(some)
    return masks


def _through(masks: Sequence[Mask], text: str) -> str:
    for one in masks:
        text = one(text)
    return text


def _masked_request(target: Operation[Any, Any], request: Model, looked: Looked) -> Model:
    """The request with what was found in it masked; it is still one that the operation takes.

    Raises:
        Forbidden: it is none any more.
    """
    changed = mask(request, looked)
    if changed is request:
        return request
    finding = next(finding for finding, _ in looked if finding.then == "mask")
    if getattr(changed, CALLS, None) != getattr(request, CALLS, None):
        # It would be told that there is no such operation.
        raise refusal(target.name, finding)
    if target.holds_blobs:
        return changed
    try:
        return target.request.model_validate(changed.model_dump())
    except ValidationError:
        raise refusal(target.name, finding) from None
