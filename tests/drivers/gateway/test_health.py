"""Which models are left alone and for how long, and how many calls a provider is given. The clock is the test's."""

from __future__ import annotations

import asyncio

import pytest

from nis_backend.drivers.gateway.health import Health
from nis_backend.drivers.gateway.route import Target
from nis_backend.errors import Busy

ONE, OTHER, ELSEWHERE = (Target(provider=p, model=m) for p, m in (("p", "one"), ("p", "other"), ("q", "one")))


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.now


def failing(health: Health, times: int, target: Target = ONE, *, lone: bool = False) -> None:
    """So many calls that fail."""
    for _ in range(times):
        health.begin(target)
        health.ended(target, "failed", lone=lone)


def test_a_model_that_fails_five_times_is_left_alone_then_asked_by_one_call() -> None:
    """Longer after each failure of that one call, and as ever after its answer."""
    clock = Clock()
    health = Health(clock)
    failing(health, 4)
    assert health.why_not(ONE) == ""
    failing(health, 1)
    assert "5 times" in health.why_not(ONE)
    assert (health.why_not(OTHER), health.why_not(ELSEWHERE)) == ("", "")
    assert health.reopens([ONE]) == 10.0
    assert health.reopens([ONE, OTHER]) == 0.0
    clock.now += 10
    assert health.why_not(ONE) == ""
    health.begin(ONE)
    assert "one call" in health.why_not(ONE)
    health.ended(ONE, "failed")
    assert health.reopens([ONE]) == 20.0
    clock.now += 20
    health.begin(ONE)
    health.ended(ONE, "answered")
    failing(health, 4)
    assert health.why_not(ONE) == ""


def test_a_call_that_is_the_callers_fault_lets_the_next_one_find_out() -> None:
    """It neither opens nor closes anything."""
    clock = Clock()
    health = Health(clock)
    failing(health, 5)
    clock.now += 10
    health.begin(ONE)
    health.ended(ONE, "at fault")
    assert health.why_not(ONE) == ""
    health.begin(ONE)
    health.ended(ONE, "failed")
    assert health.reopens([ONE]) == 20.0


def test_half_of_ten_calls_failing_is_enough_within_half_a_minute() -> None:
    """Calls of longer ago do not count."""
    clock = Clock()
    health = Health(clock)
    for _ in range(5):
        health.ended(ONE, "answered")
    for _ in range(4):
        health.ended(ONE, "failed")
    clock.now += 31
    health.ended(ONE, "answered")
    failing(health, 4)
    assert health.why_not(ONE) == ""
    for _ in range(4):
        health.ended(ONE, "answered")
    failing(health, 1)
    assert health.why_not(ONE) != ""


def test_too_often_is_waited_for_as_long_as_the_provider_says() -> None:
    """And some seconds where it does not; it is no failure."""
    clock = Clock()
    health = Health(clock)
    health.ended(ONE, "limited", error=Busy("Slow down.", retry_after=7))
    assert (health.reopens([ONE]), health.why_not(ONE)) == (7.0, "it was asked too often")
    clock.now += 7
    assert health.why_not(ONE) == ""
    health.ended(ONE, "limited")
    assert health.reopens([ONE]) == 5.0
    health.ended(OTHER, "limited", error=Busy("Slow down.", retry_after=3600))
    assert health.reopens([OTHER]) == 120.0


def test_a_refused_key_closes_the_whole_provider_until_it_is_set_up_anew() -> None:
    """Every model of it, and no other provider's."""
    health = Health(Clock())
    health.ended(ONE, "key refused")
    assert "key" in health.why_not(OTHER)
    assert health.why_not(ELSEWHERE) == ""
    health.forget("p")
    assert health.why_not(OTHER) == ""


def test_a_model_that_nothing_stands_in_for_is_tried_each_second() -> None:
    """A lone provider that is back is noticed at once."""
    health = Health(Clock())
    failing(health, 7, lone=True)
    assert health.reopens([ONE]) == 1.0


def test_names_that_callers_make_up_fill_no_memory() -> None:
    """What is known of the models asked last is kept."""
    health = Health(Clock())
    for number in range(3000):
        failing(health, 5, Target(provider="p", model=str(number)))
    assert health.why_not(Target(provider="p", model="2999")) != ""
    assert health.why_not(Target(provider="p", model="0")) == ""


def test_calls_beyond_a_providers_room_wait_in_order_and_then_are_turned_away() -> None:
    """A caller who stops waiting leaves the place to the next."""

    async def body() -> None:
        clock = Clock()
        room = Health(clock).room("p", 1)
        assert await room.enter("p") == 0.0
        waiting = [asyncio.create_task(room.enter("p")) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="1 calls at a time"):
            await room.enter("p")
        clock.now += 2
        waiting[0].cancel()
        room.leave()
        assert await waiting[1] == 2.0
        # Stopped in the moment in which it had its place.
        room.leave()
        waiting[2].cancel()
        assert await waiting[3] == 2.0
        room.leave()
        assert room.busy == 0
        assert await room.enter("p") == 0.0

    asyncio.run(asyncio.wait_for(body(), 120))


def test_who_waits_and_who_is_waited_for_may_leave_at_once() -> None:
    """A run that is cancelled cancels all its calls in one go: each of them ends as cancelled, and no place is lost."""

    async def run() -> None:
        room = Health(lambda: 0.0).room("p", 1)
        there = asyncio.Event()

        async def hold() -> None:
            await room.enter("p")
            try:
                await there.wait()
            finally:
                room.leave()

        calls = [asyncio.create_task(hold()) for _ in range(3)]
        await asyncio.sleep(0)
        assert room.queued == 2
        for call in calls:
            call.cancel()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in ended] == [asyncio.CancelledError] * 3
        assert (room.busy, room.queued) == (0, 0)

    asyncio.run(asyncio.wait_for(run(), 120))
