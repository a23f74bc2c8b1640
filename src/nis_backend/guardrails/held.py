"""What this process holds of each owner's policies, ready to be looked at: a call costs no query for them.

A policy that is made or changed here holds from the next call on. Where processes share a database, another one hears
of it within `HEARD_SECONDS`.
"""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.guardrails.compiled import Compiled

MOST_POLICIES = 1000
"""Of one owner."""
MOST_OWNERS = 10_000
"""Of whom it is held whether they have any."""
HEARD_SECONDS = 2.0
FREE = frozenset(
    {
        *("metacognition.create_policy", "metacognition.get_policy", "metacognition.list_policies"),
        *("metacognition.update_policy", "metacognition.delete_policy", "metacognition.check_policy"),
        *("metacognition.list_reviews", "metacognition.decide_review", "metacognition.list_decisions"),
    }
)
"""Operations that no policy looks at: one that refuses everything can be mended."""


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The policies of one owner that are in force."""

    policies: tuple[Compiled, ...]
    until: float
    """When they are looked up again, on the loop's clock."""
    of_operation: dict[str, tuple[Compiled, ...]] = field(default_factory=dict[str, "tuple[Compiled, ...]"])

    def of(self, operation: str) -> tuple[Compiled, ...]:
        """Those that look at calls of this operation."""
        found = self.of_operation.get(operation)
        if found is None:
            found = () if operation in FREE else tuple(one for one in self.policies if one.applies(operation))
            self.of_operation[operation] = found
        return found


async def load(ctx: Context) -> Guards:
    """The policies of the caller's owner, from the store.

    Raises:
        Unavailable: one of them cannot be read.
    """
    drivers, owner = ctx.drivers, ctx.caller.owner
    mark = drivers.guards_loading[owner] = object()
    rows = await drivers.store.select("policies", owner, where={"enabled": 1}, limit=MOST_POLICIES, descending=False)
    policies: list[Compiled] = []
    for row in rows:
        from nis_backend.guardrails.compiled import compiled  # noqa: PLC0415 - few owners have policies
        from nis_backend.guardrails.rules import Policy  # noqa: PLC0415 - as above

        try:
            policy = Policy.model_validate(json.loads(row["definition"]))
            policies.append(await compiled(row["id"], row["name"], policy))
        except (ValueError, InvalidRequest):
            # What cannot be read is not taken for leave to do everything.
            raise Unavailable(
                f"The policy {row['name']!r} cannot be read.", remedy="Write it anew, or delete it."
            ) from None
    until = asyncio.get_running_loop().time() + HEARD_SECONDS if ctx.settings.database_url else math.inf
    guards = Guards(policies=tuple(policies), until=until)
    # What was changed while it was read is read again by the next call.
    if drivers.guards_loading.get(owner) is mark:
        del drivers.guards_loading[owner]
        if len(drivers.guards) >= MOST_OWNERS:
            drivers.guards.clear()
        drivers.guards[owner] = guards
    return guards


def forget(ctx: Context) -> None:
    """Have the next call look the owner's policies up again: one was changed."""
    ctx.drivers.guards_loading.pop(ctx.caller.owner, None)
    ctx.drivers.guards.pop(ctx.caller.owner, None)
