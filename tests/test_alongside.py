"""Work side by side: whatever comes of one, none goes on alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nis_backend.alongside import all_or_none, each, together
from nis_backend.capabilities.metacognition.workspace.asked import Module, RunWorkspace
from nis_backend.capabilities.metacognition.workspace.operations import run_workspace
from nis_backend.errors import Unavailable


class Suspending(BaseException):
    """As a run's suspension is: no failure, and nobody catches it by the way."""


class Work:
    """Pieces of work that wait for each other."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    async def fail(self, error: BaseException) -> str:
        """Fails at once."""
        raise error

    async def slow(self, name: str) -> str:
        """Takes some turns of the loop, and tells why it was stopped, which takes some more."""
        try:
            for _ in range(10):
                await asyncio.sleep(0)
        except asyncio.CancelledError as stopped:
            await asyncio.sleep(0)
            self.ended.append(f"{name} stopped {stopped.args}")
            raise
        self.ended.append(name)
        return name


def test_the_first_that_fails_ends_the_others_which_are_waited_for() -> None:
    """Its failure is told as it is, in no group of several."""
    work = Work()
    with pytest.raises(Unavailable):
        asyncio.run(all_or_none([work.slow("a"), work.fail(Unavailable("gone")), work.slow("b")]))
    assert sorted(work.ended) == ["a stopped ()", "b stopped ()"]
    assert asyncio.run(all_or_none(work.slow(name) for name in "ab")) == ["a", "b"]
    assert asyncio.run(together(work.slow(name) for name in ())) == []
    assert asyncio.run(all_or_none(work.slow(name) for name in ())) == []


def test_no_more_go_on_at_once_than_are_to_and_the_answers_keep_their_order() -> None:
    """Each begins in its order, as soon as one before it has ended; nothing begins after a failure."""
    begun: list[int] = []
    under_way = most = 0

    async def turns(number: int) -> int:
        nonlocal under_way, most
        begun.append(number)
        under_way += 1
        most = max(most, under_way)
        for _ in range(9 - number):
            await asyncio.sleep(0)
        under_way -= 1
        if number == 7:
            raise Unavailable("gone")
        return number * number

    assert asyncio.run(each(turns, range(7), 3)) == [number * number for number in range(7)]
    assert begun == list(range(7))
    assert most == 3
    begun.clear()
    assert asyncio.run(each(turns, (), 3)) == []
    with pytest.raises(Unavailable):
        asyncio.run(each(turns, [7, 8, 9, 9], 1))
    assert begun == [7]


def test_where_all_are_to_end_one_that_fails_ends_none() -> None:
    """What it raises is raised once the others have ended."""
    work = Work()
    with pytest.raises(Suspending):
        asyncio.run(together([work.fail(Suspending()), work.slow("a")]))
    assert work.ended == ["a"]


@pytest.mark.parametrize("of", [all_or_none, together])
def test_each_is_told_why_all_are_stopped(of: Any) -> None:
    """A call that may not be repeated is finished first, unless the run is cancelled: the reason tells."""

    async def body() -> list[str]:
        work = Work()
        task = asyncio.ensure_future(of([work.slow("a"), work.slow("b")]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel("draining")
        with pytest.raises(asyncio.CancelledError):
            await task
        return work.ended

    assert sorted(asyncio.run(body())) == ["a stopped ('draining',)", "b stopped ('draining',)"]


def test_no_module_of_a_workspace_goes_on_when_its_run_rests() -> None:
    """A person decides about one call: what the others do is in the log before the run's task ends."""
    work = Work()

    class Calls:
        async def use(self, called: Any, **_: object) -> None:
            if called.call_id.endswith("asks"):
                raise Suspending
            await work.slow(called.call_id)
            raise Suspending

    modules = [Module(name=name, operation="physics.simulate_pendulum") for name in ("asks", "works")]
    context: Any = Calls()
    running: Any = run_workspace.function(RunWorkspace(goal="x", modules=modules), context)
    with pytest.raises(Suspending):
        asyncio.run(running)
    assert work.ended == ["1-works"]
