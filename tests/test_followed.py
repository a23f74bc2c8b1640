"""Another run that is waited for: for how long."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nis_backend.context import Context
from nis_backend.run import Wait

NOW = 1000.0


@pytest.mark.parametrize(
    ("seconds", "until", "deadline", "time"),
    [
        (None, None, None, None),
        (5.0, None, None, 5.0),
        (5.0, NOW + 3, None, 3.0),
        (5.0, NOW + 30, NOW + 8, 5.0),
        (50.0, NOW + 30, NOW + 8, 6.0),
        (50.0, None, NOW + 4, 3.0),
        (50.0, NOW - 1, None, 0.1),
        (50.0, None, NOW - 1, 0.1),
    ],
)
def test_the_least_time_counts_and_what_passed_while_nobody_ran_it_too(
    seconds: float | None, until: float | None, deadline: float | None, time: float | None
) -> None:
    """Promise of docs/teams.md: `seconds` bounds one answer, `deadline` the run, over its process's death too."""

    async def get(_: str) -> Any:
        return SimpleNamespace(deadline=deadline)

    store = SimpleNamespace(now=lambda: NOW)
    ctx = SimpleNamespace(
        _runs=lambda: SimpleNamespace(get=get),
        journal=SimpleNamespace(run_id="run-1"),
        drivers=SimpleNamespace(store=store),
    )
    assert asyncio.run(Context.left(cast("Any", ctx), Wait(seconds=seconds, until=until))) == time
