"""The log of what policies decided: each rule that held, of which call, and where."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.guardrails.rules import Finding


async def record(ctx: Context, operation: str, finding: Finding) -> None:
    """Write down what a rule decided: once, also where a run's code is executed again."""
    detail: dict[str, Any] = {
        "policy": finding.policy,
        "why": finding.why,
        "cites": finding.cites,
        "fields": finding.fields,
        "agent": ctx.agent,
        "key": ctx.caller.key,
    }
    now = ctx.drivers.store.now()
    id_, once = made(ctx, "decision", f"{operation} {finding.policy_id} {finding.rule} {finding.stage}")
    row: Row = {
        "id": id_,
        "policy_id": finding.policy_id,
        "rule": finding.rule,
        "decision": finding.then,
        "stage": finding.stage,
        "operation": operation,
        "run_id": ctx.journal and ctx.journal.run_id,
        "detail": json.dumps(detail),
        "created": now,
        "updated": now,
    }
    await ctx.drivers.store.insert("policy_decisions", ctx.caller.owner, row, once)


def made(ctx: Context, kind: str, what: str) -> tuple[str, str | None]:
    """An id, and the key of the one write with it: in a run's code, which may be executed again, the same each time.

    Not by `ctx.new_id`: a policy that is made or gone meanwhile takes nothing of what the code itself is numbered by.
    """
    if ctx.scope is None:
        return ctx.new_id(kind), None
    key = ctx.scope.next(f"{kind} {what}")
    return f"{kind}-{sha256(key.encode()).hexdigest()[:24]}", key
