"""Durable runs: from any place of its log a run goes on to the same end, and is replayed without a driver."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from durable_app import OPERATIONS, Diary, Keep, keep_diary

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.context import Context
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.event import Event, ModelAnswered, Noted, Released, transcript
from nis_backend.fork import fork, retry
from nis_backend.replay import replay
from nis_backend.settings import read_settings

SCRIPT: dict[str, Any] = {
    "tools": True,
    "replies": [{"when": f"line {number}.", "text": f"This is line {number}."} for number in range(1, 30)],
}


@asynccontextmanager
async def process(folder: Path, **script: Any) -> AsyncGenerator[Context]:  # Any: JSON
    """A whole nis in this process with the diary's operations, whose model says what the script holds."""
    path = folder / "script.json"
    path.write_text(json.dumps({**SCRIPT, **script}))
    one = Process(read_settings({}, data=folder, scripted=path))
    one.operations.add(OPERATIONS)
    async with one.open():
        yield one.context(LOCAL)


def bodies(events: list[Event]) -> list[tuple[int, int, str]]:
    """Everything of the events but their run and time."""
    return [(event.seq, event.attempt, event.body.model_dump_json()) for event in events]


async def until(ctx: Context, run_id: str, state: str, time: int = 1) -> None:
    """Wait until the run was left in this state, for the first time or a later one."""
    async with asyncio.timeout(60):
        async for event in ctx.runs.follow(run_id):
            time -= isinstance(event.body, Released) and event.body.reason == state
            if not time:
                return


async def whole(ctx: Context, run_id: str) -> list[Event]:
    """The run's log, once it has ended."""
    async with asyncio.timeout(60):
        return [event async for event in ctx.runs.follow(run_id)]


def test_from_every_event_on_a_run_ends_as_it_did(tmp_path: Path) -> None:
    """Promise: the log alone is enough to go on from any place of it; what is shared is the same, number by number."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2))
            events = await whole(ctx, handle.id)
            for after in range(len(events)):
                forked = await fork(ctx, handle.id, after, {})
                again = await whole(ctx, forked.id)
                assert bodies(again)[:after] == bodies(events)[:after]
                assert transcript(again) == transcript(events)
                answered = [one for one in again if isinstance(one.body, ModelAnswered)]
                assert [one.body.step for one in answered] == [1, 2]  # type: ignore[union-attr] - they are answers
                rows = await ctx.store.select("feedback", where={"run_id": forked.id})
                made = {row["id"] for row in rows}
                shared = {row["id"] for row in await ctx.store.select("feedback", where={"run_id": handle.id})}
                result = Diary.model_validate(await ctx.runs.result(forked.id))
                assert set(result.ids) <= made | shared
                assert len(made) == len(set(result.ids) - shared)
            with pytest.raises(InvalidRequest, match="cannot be gone on from"):
                await fork(ctx, handle.id, len(events), {})
            with pytest.raises(NotFound):
                await fork(ctx, "run-0", 0, {})

    asyncio.run(body())


def test_a_fork_differs_after_its_event_alone(tmp_path: Path) -> None:
    """Promise: with changed input the first k events stay as they are, and what follows is the new run's own."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2))
            events = await whole(ctx, handle.id)
            forked = await fork(ctx, handle.id, len(events) - 1, {"lines": 3})
            again = await whole(ctx, forked.id)
            assert bodies(again)[: len(events) - 1] == bodies(events)[:-1]
            assert transcript(again).endswith("This is line 3.")
            assert (forked.parent, forked.parent_seq) == (handle.id, len(events) - 1)
            with pytest.raises(InvalidRequest):
                await fork(ctx, handle.id, 1, {"lines": -1})

    asyncio.run(body())


def test_a_replay_is_the_log_but_for_the_time(tmp_path: Path) -> None:
    """Promise: no driver is called, each recorded delta is one event, and the events are the same."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2, approve=True, letter=True))
            await until(ctx, handle.id, "waiting")
            await ctx.runs.approve(handle.id)
            events = await whole(ctx, handle.id)
            done = await replay(ctx, await ctx.runs.get(handle.id), events)
            assert done.divergence is None
            assert done.same
            assert bodies(done.events) == bodies(events)
            assert len((tmp_path / "letters").read_text().splitlines()) == 1
            assert [event.seq for event in await ctx.runs.all_events(handle.id)] == [event.seq for event in events]

    asyncio.run(body())


def test_a_replay_of_a_turn_with_tools_is_the_log(tmp_path: Path) -> None:
    """Promise: a chat turn replays with models off: the choice, the tools and the time were noted."""
    script = [
        {"after_tool": True, "text": "It is {tool}."},
        {
            "text": "Let me see.",
            "tool_calls": [
                {"name": "physics-convert_unit", "arguments": {"value": 2, "from_unit": "km", "to_unit": "m"}}
            ],
        },
    ]

    async def body() -> None:
        async with process(tmp_path, replies=script) as ctx:
            handle = await ctx.call_named("chat.send_message", {"message": "How many metres are 2 km?"})
            events = await whole(ctx, handle.id)
            assert "tool_answered" in [event.body.type for event in events]
            done = await replay(ctx, await ctx.runs.get(handle.id), events)
            assert done.divergence is None
            assert bodies(done.events) == bodies(events)

    asyncio.run(body())


def test_a_replay_names_the_first_difference(tmp_path: Path) -> None:
    """Promise: when the code does another thing than its log, both sides are told, and where."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2))
            events = await whole(ctx, handle.id)
            run = await ctx.runs.get(handle.id)
            other = run.model_copy(update={"input": {**run.input, "lines": 3}})
            more = await replay(ctx, other, events)
            assert more.divergence
            assert (more.divergence.now or {})["type"] == "model_called"
            fewer = await replay(ctx, run.model_copy(update={"input": {**run.input, "lines": 1}}), events)
            assert fewer.divergence
            second = next(one for one in events if one.body.type == "model_called" and one.body.step == 2)
            assert (fewer.divergence.seq <= second.seq, fewer.same) == (True, False)

    asyncio.run(body())


def test_a_run_waits_for_a_person_and_goes_on(tmp_path: Path) -> None:
    """Promise: it waits without a task, is approved once, asks again for what cannot be, and each command is typed."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2, approve=True, ask=True))
            await until(ctx, handle.id, "waiting")
            run = await ctx.runs.get(handle.id)
            assert (run.state, (run.waiting or {})["kind"]) == ("waiting", "approval")
            with pytest.raises(Conflict, match="waits for no input"):
                await ctx.runs.provide_input(handle.id, {})
            with pytest.raises(Conflict, match="of 'other'"):
                await ctx.runs.approve(handle.id, "other")
            with pytest.raises(Conflict, match="waiting"):
                await ctx.runs.resume(handle.id)
            await ctx.runs.approve(handle.id, (run.waiting or {})["call_id"])
            with pytest.raises(Conflict):
                await ctx.runs.approve(handle.id)
            await until(ctx, handle.id, "waiting", 2)
            for given, wrong in (({"name": "Ann"}, "year"), ({"name": "Ann", "year": 1, "x": 1}, "values.x")):
                with pytest.raises(InvalidRequest) as refused:
                    await ctx.runs.provide_input(handle.id, given)
                assert wrong in str(refused.value.field)
            await ctx.runs.provide_input(handle.id, {"name": "Ann", "year": "soon"})
            await until(ctx, handle.id, "waiting", 3)
            await ctx.runs.provide_input(handle.id, {"name": "Ann", "year": 2026})
            assert (await ctx.runs.result(handle.id))["signed"] == "Ann, 2026"
            events = await whole(ctx, handle.id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert "year" in next(event.body.message for event in events if event.body.type == "warning")
            with pytest.raises(Conflict, match="has ended"):
                await ctx.runs.cancel(handle.id)
            rows = await ctx.store.select("feedback", where={"run_id": handle.id})
            assert len(rows) == 2

    asyncio.run(body())


def test_what_is_rejected_is_told_to_the_code(tmp_path: Path) -> None:
    """Promise: a no is an answer too, with its reason; the run goes on without."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=4, approve=True))
            await until(ctx, handle.id, "waiting")
            await ctx.runs.reject(handle.id, reason="Enough.")
            events = await whole(ctx, handle.id)
            assert len((await ctx.runs.result(handle.id))["ids"]) == 2
            assert any(event.body.type == "warning" and "Enough." in event.body.message for event in events)

    asyncio.run(body())


def test_a_pause_lets_a_call_end_that_may_not_be_repeated(tmp_path: Path) -> None:
    """Promise: a model call is left at once, a letter is finished first; nothing is done twice after the resume."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=1, letter=True, seconds=3))
            async for event in ctx.runs.follow(handle.id):
                if event.body.type == "tool_called" and event.body.operation == "diary.send_letter":
                    break
            await ctx.runs.pause(handle.id)
            await until(ctx, handle.id, "paused")
            assert (await ctx.runs.get(handle.id)).state == "paused"
            assert [one.body.type for one in (await ctx.runs.all_events(handle.id))[-2:]] == [
                "tool_answered",
                "released",
            ]
            with pytest.raises(Conflict):
                await ctx.runs.pause(handle.id)
            await ctx.runs.resume(handle.id)
            await whole(ctx, handle.id)
            assert len((tmp_path / "letters").read_text().splitlines()) == 1

    asyncio.run(body())


def test_a_model_call_is_paused_at_once_and_superseded(tmp_path: Path) -> None:
    """Promise: what was said before the pause is taken back, and said whole after the resume."""

    async def body() -> None:
        async with process(tmp_path, pause=1) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=1))
            async for event in ctx.runs.follow(handle.id):
                if event.body.type == "text_delta":
                    break
            await ctx.runs.pause(handle.id)
            await until(ctx, handle.id, "paused")
            await ctx.runs.resume(handle.id)
            events = await whole(ctx, handle.id)
            assert [event.body.type for event in events].count("step_retried") == 1
            assert transcript(events) == "[scripted] This is line 1."

    asyncio.run(body())


def test_a_waiting_run_is_cancelled_at_once(tmp_path: Path) -> None:
    """Promise: a run that nobody holds is ended by the command itself."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=1, approve=True))
            await until(ctx, handle.id, "waiting")
            await ctx.runs.cancel(handle.id)
            run = await ctx.runs.get(handle.id)
            assert (run.state, run.waiting) == ("cancelled", None)
            with pytest.raises(Conflict):
                await ctx.runs.approve(handle.id)

    asyncio.run(body())


def test_a_stopped_process_hands_its_runs_over(tmp_path: Path) -> None:
    """Promise: an orderly stop fails no run; the next process ends it, with no number lost or doubled."""

    async def body() -> None:
        # A word takes longer than a stopping process waits.
        slow = [SCRIPT["replies"][0], {**SCRIPT["replies"][1], "pause": 5}]
        async with process(tmp_path, replies=slow) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2))
            async for event in ctx.runs.follow(handle.id):
                if event.body.type == "text_delta" and event.body.step == 2:
                    break
        async with process(tmp_path) as ctx:
            events = await whole(ctx, handle.id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert "released" in [event.body.type for event in events]
            assert transcript(events) == "[scripted] This is line 1.[scripted] This is line 2."
            assert len(await ctx.store.select("feedback", where={"run_id": handle.id})) == 2

    asyncio.run(body())


def test_a_failed_run_is_gone_on_from_where_it_failed(tmp_path: Path) -> None:
    """Promise: a retry is a run of its own that shares what was done, and does the failed step again."""

    async def body() -> None:
        async with process(tmp_path, replies=SCRIPT["replies"][:1]) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=2))
            events = await whole(ctx, handle.id)
            assert events[-1].body.type == "failed"
            with pytest.raises(Conflict):
                await ctx.runs.pause(handle.id)
        async with process(tmp_path) as ctx:
            again = await retry(ctx, handle.id)
            retried = await whole(ctx, again.id)
            assert bodies(retried)[: len(events) - 1] == bodies(events)[:-1]
            assert transcript(retried) == "[scripted] This is line 1.[scripted] This is line 2."
            with pytest.raises(Conflict):
                await retry(ctx, again.id)

    asyncio.run(body())


def test_what_was_noted_is_not_found_out_again(tmp_path: Path) -> None:
    """Promise: time and ids are those of the first attempt, however often the code is executed."""

    async def body() -> None:
        async with process(tmp_path) as ctx:
            handle = await ctx.start_run(keep_diary, Keep(lines=1, approve=True))
            await until(ctx, handle.id, "waiting")
            before = [one.body for one in await ctx.runs.all_events(handle.id) if isinstance(one.body, Noted)]
            await ctx.runs.approve(handle.id)
            events = await whole(ctx, handle.id)
            after = [one.body for one in events if isinstance(one.body, Noted)]
            assert after[: len(before)] == before
            assert [event.body.type for event in events].count("model_called") == 1

    asyncio.run(body())
