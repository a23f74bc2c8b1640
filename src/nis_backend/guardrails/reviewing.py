"""Calls that a person decides first: a run waits for it; any other call is refused for now, and let in once decided."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Conflict, Forbidden, Waiting
from nis_backend.event import ApprovalRequired, Approved, Rejected
from nis_backend.found import unknown
from nis_backend.guardrails.deciding import made
from nis_backend.held import START, for_approval
from nis_backend.run import TERMINAL, Terms, own_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.event import ToolCalled
    from nis_backend.guardrails.compiled import Compiled
    from nis_backend.guardrails.rules import Finding
    from nis_backend.operation import Model, Operation

VALID_SECONDS = 7 * 86_400.0
"""How long a decision about a call is good for, and how long one is waited for."""
LONGEST_SUBJECT = 20_000
"""Characters of a call's arguments that a reviewer is shown."""
DECIDE = "metacognition.decide_review"


def why(finding: Finding) -> str:
    """What a person is asked."""
    return f"The policy {finding.policy}, by its rule {finding.rule}, has a person decide: {finding.why}"


def digest_of(ctx: Context, operation: str, request: Model, finding: Finding) -> str:
    """What tells a call from others: who makes it, with what, and which rule asks about it."""
    who = [ctx.caller.key, operation, finding.policy_id, finding.rule, request.model_dump_json()]
    return sha256(json.dumps(who).encode()).hexdigest()


async def wait(ctx: Context, target: Operation[Any, Any], request: Model, finding: Finding) -> None:
    """Return once a person has let this call in: it is let in that once.

    Raises:
        Suspended: it is part of a run, which waits.
        Waiting: it is to be made again once they have.
        Forbidden: they said no.
    """
    if ctx.journal is not None and ctx.scope is not None and not ctx.scope.call:
        number = ctx.scope.next(f"review {target.name}").rpartition(":")[2]
        await _wait_in_run(ctx, target, request, finding, f"review-{target.name}-{number}")
        return
    digest = digest_of(ctx, target.name, request, finding)
    store, owner = ctx.drivers.store, ctx.caller.owner
    now = store.now()
    there = await store.select("reviews", owner, where={"digest": digest}, limit=1)
    row = there[0] if there and there[0]["updated"] > now - VALID_SECONDS else None
    if row is not None and row["state"] == "approved":
        changes = {"state": "used", "updated": now}
        if await store.update("reviews", owner, row["id"], changes, None, (), {"state": "approved"}):
            return
        row = None
    if row is not None and row["state"] == "rejected":
        raise _rejected(target.name, row)
    if row is None or row["state"] == "used":
        row = row_of(ctx, target, request, finding, digest=digest)
        await store.insert("reviews", owner, row)
    raise Waiting(
        f"{why(finding)} {target.name} waits for the review {row['id']}.",
        field="review",
        value=row["id"],
        remedy=f"Have it decided with {DECIDE}, then make the same call again: it is let in once.",
    )


def _rejected(operation: str, row: Row) -> Forbidden:
    note = f": {row['note']}" if row["note"] else "."
    return Forbidden(
        f"A person has rejected this call of {operation}, in the review {row['id']}{note}",
        field="review",
        value=row["id"],
        remedy="Go on without it, or make another call.",
    )


async def _wait_in_run(
    ctx: Context, target: Operation[Any, Any], request: Model, finding: Finding, call_id: str
) -> None:
    """Have the run wait; its code is executed again once a person has decided.

    Raises:
        Suspended: they have not yet.
        Forbidden: they said no.
    """
    asked = ApprovalRequired(
        step=0, call_id=call_id, operation=target.name, arguments=shown(request), reason=why(finding)
    )
    if ctx.run.history.decision(call_id, about=asked.arguments) is None:
        await queue(ctx, target, request, finding, call_id)
    decision = await ctx.run.approval(asked)
    await settle(ctx, call_id, decision)
    if isinstance(decision, Rejected):
        note = f": {decision.reason}" if decision.reason else "."
        raise Forbidden(f"A person has rejected {target.name}{note}", remedy="Go on without it.")


async def wait_as_run(ctx: Context, target: Operation[Any, Any], request: Model, finding: Finding) -> None:
    """Have a run wait before it begins, unless a person has let it begin with this very request.

    Raises:
        Suspended, Forbidden: as above.
    """
    given = request.model_dump(mode="json")
    for event in ctx.run.history.events:
        body = event.body
        asked = isinstance(body, ApprovalRequired) and body.call_id == START and body.arguments == given
        if asked and isinstance(ctx.run.history.decision(START), Approved):
            await settle(ctx, START, Approved(call_id=START))
            return
    number = sha256(request.model_dump_json().encode()).hexdigest()[:12]
    await _wait_in_run(ctx, target, request, finding, f"review-{number}")


def before_run(
    ctx: Context, target: Operation[Any, Any], request: Model, finding: Finding, terms: Terms | None
) -> Terms:
    """The terms of a run that waits for a person before it begins; its place in the queue of reviews is beside it."""
    terms = terms or Terms(queue=target.queue or own_queue(target.pool))
    reason = why(finding)
    if isinstance(asked := terms.hold and terms.hold.asked, ApprovalRequired):
        reason = f"{asked.reason} {reason}"
    row = row_of(ctx, target, request, finding, run_id=ctx.run_id, call_id=START)
    ctx.beside.append(("reviews", {**row, "owner": ctx.caller.owner}))
    return replace(terms, hold=for_approval(target, request.model_dump(mode="json"), reason))


async def allow_step(  # noqa: PLR0913, PLR0917 - the call, what it is of, and what else is asked about it
    ctx: Context,
    called: ToolCalled,
    operation: Operation[Any, Any],
    policies: Sequence[Compiled],
    request: Model,
    ask: str,
    *,
    cut: bool,
) -> Context:
    """As `steps.allow`, with what policies want a person to decide; the context in which the call is made then.

    Raises:
        Suspended: a person is asked first.
        Forbidden: they said no.
    """
    from nis_backend.guardrails.gate import asked_first  # noqa: PLC0415 - it stands on this module
    from nis_backend.steps import allow  # noqa: PLC0415 - as above

    finding = await asked_first(ctx, operation, policies, request)
    if finding is None:
        await allow(ctx, called, ask, cut=cut)
        return ctx
    decision = ctx.run.history.decision(called.call_id, called.step, about=called.arguments)
    if isinstance(decision, Approved | Rejected):
        await settle(ctx, called.call_id, decision, called.step)
    else:
        await queue(ctx, operation, request, finding, called.call_id, called.step)
    await allow(ctx, called, f"{ask} {why(finding)}".strip(), cut=cut)
    return replace(ctx, reviewed=True)


async def queue(  # noqa: PLR0913, PLR0917 - what a review is of
    ctx: Context, target: Operation[Any, Any], request: Model, finding: Finding, call_id: str, step: int = 0
) -> None:
    """Put what a run waits for among the reviews, once."""
    row = row_of(ctx, target, request, finding, run_id=ctx.run.run_id, call_id=call_id, step=step)
    there = await ctx.drivers.store.get("reviews", ctx.caller.owner, row["id"])
    if there is None:
        await ctx.drivers.store.insert("reviews", ctx.caller.owner, row, f"{row['id']}:insert")


async def settle(ctx: Context, call_id: str, decision: Approved | Rejected, step: int = 0) -> None:
    """Say in the queue what a person has decided about the run, wherever they did."""
    state = "rejected" if isinstance(decision, Rejected) else "approved"
    note = decision.reason if isinstance(decision, Rejected) else ""
    changes = {"state": state, "note": note, "updated": ctx.drivers.store.now()}
    id_ = of_run(ctx.run.run_id, call_id, step)
    await ctx.drivers.store.update("reviews", ctx.caller.owner, id_, changes, None, (), {"state": "pending"})


def of_run(run_id: str, call_id: str, step: int = 0) -> str:
    """The id of the review of what a run waits for."""
    return f"review-{sha256(f'{run_id} {step} {call_id}'.encode()).hexdigest()[:24]}"


def row_of(  # noqa: PLR0913 - what a review is of
    ctx: Context,
    target: Operation[Any, Any],
    request: Model,
    finding: Finding,
    *,
    digest: str = "",
    run_id: str | None = None,
    call_id: str = "",
    step: int = 0,
) -> Row:
    """A review that waits."""
    now = ctx.drivers.store.now()
    subject = {"arguments": shown(request), "call_id": call_id, "reason": why(finding), "cites": finding.cites}
    return {
        "id": of_run(run_id, call_id, step) if run_id else made(ctx, "review", digest)[0],
        "policy_id": finding.policy_id,
        "rule": finding.rule,
        "state": "pending",
        "operation": target.name,
        "run_id": run_id,
        "digest": digest,
        "subject": json.dumps(subject),
        "decided_by": None,
        "note": "",
        "created": now,
        "updated": now,
    }


def shown(request: Model) -> dict[str, Any]:  # Any: JSON
    """The arguments as a person is shown them; of many characters, that there are so many."""
    given = request.model_dump(mode="json")
    size = len(json.dumps(given))
    return given if size <= LONGEST_SUBJECT else {"left_out": f"{size} characters"}


async def decide(ctx: Context, id_: str, *, approved: bool, note: str) -> Row:
    """A person's decision about what waits; a decision about a plain call can be changed until it is used.

    Raises:
        NotFound: there is no such review.
        Conflict: it was decided, or nothing waits for it any more.
    """
    store, owner = ctx.drivers.store, ctx.caller.owner
    row = await store.get("reviews", owner, id_)
    if row is None:
        raise unknown("review", id_)
    open_ = {"pending"} if row["run_id"] else {"pending", "approved", "rejected"}
    if row["state"] not in open_:
        raise Conflict(f"The review {id_} is {row['state']}.", field="id", value=id_, remedy="List those that wait.")
    if row["run_id"]:
        call_id = json.loads(row["subject"])["call_id"]
        if approved:
            await ctx.runs.approve(row["run_id"], call_id)
        else:
            await ctx.runs.reject(row["run_id"], call_id, note)
    changes = {
        "state": "approved" if approved else "rejected",
        "decided_by": ctx.caller.key or ctx.caller.owner,
        "note": note,
        "updated": store.now(),
    }
    # What a run waited for it may have settled by now; a plain call may have been let in, and is let in once.
    only_if = {} if row["run_id"] else {"state": row["state"]}
    if not await store.update("reviews", owner, id_, changes, None, (), only_if):
        raise Conflict(
            f"The review {id_} was decided or used meanwhile.", field="id", value=id_, remedy="Read it again."
        )
    return {**row, **changes}


async def as_they_are(ctx: Context, rows: Sequence[Row]) -> list[Row]:
    """The reviews, with those lapsed whose run waits for them no more: it was cancelled, say, or told of a no."""
    there: list[Row] = []
    for row in rows:
        if row["state"] == "pending" and row["run_id"] and not await _waits(ctx, row):
            changes = {"state": "lapsed", "updated": ctx.drivers.store.now()}
            await ctx.drivers.store.update(
                "reviews", ctx.caller.owner, row["id"], changes, None, (), {"state": "pending"}
            )
            there.append({**row, **changes})
        else:
            there.append(row)
    return there


async def _waits(ctx: Context, row: Row) -> bool:
    run = await ctx.drivers.store.get("runs", ctx.caller.owner, row["run_id"])
    if run is None or run["state"] in TERMINAL:
        return False
    # One that is under way is about to wait, or has just been told.
    return not run["waiting"] or json.loads(run["waiting"])["call_id"] == json.loads(row["subject"])["call_id"]
