"""How many agents ask each other in a row, whatever began the first."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nis_backend.capabilities.agents.running import deep
from nis_backend.errors import InvalidRequest

RUN, PLAN, TEST = "agents.run_agent", "plans.run_plan", "agents.test_agent"


class Runs:
    """The runs in which another begins, by what they are."""

    def __init__(self, *operations: str) -> None:
        self.within = tuple(("run", str(place)) for place, _ in enumerate(operations))
        self._operations = operations

    async def get(self, _table: str, id_: str) -> dict[str, str]:
        """One of them."""
        return {"operation": self._operations[int(id_)]}


@pytest.mark.parametrize(
    ("runs", "refused"),
    [
        (Runs(*[RUN] * 4), False),
        (Runs(*[RUN] * 5), True),
        (Runs(TEST, "evaluations.create_evaluation", *[RUN] * 4), False),
        (Runs(PLAN, "teams.run_team", *[RUN] * 5), True),
    ],
)
def test_what_began_the_first_agent_is_none_of_them(runs: Runs, *, refused: bool) -> None:
    """Promise of docs/agents.md: at most four in a row; an agent that is tested does as it does elsewhere."""
    ctx = cast("Any", SimpleNamespace(within=runs.within, store=runs))
    if refused:
        with pytest.raises(InvalidRequest, match="4 deep"):
            asyncio.run(deep(ctx, 4))
    else:
        asyncio.run(deep(ctx, 4))
