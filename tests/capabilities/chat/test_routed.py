"""A turn that is answered without a model: computed, quoted, or asked for more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import RUN, logged, opened, words

from nis_backend.caller import Caller
from nis_backend.capabilities.chat.operations import offered, send_message
from nis_backend.capabilities.chat.routed import Routed, routed_turn, run_form
from nis_backend.capabilities.operations.operations import Pending, Route, RouteMessage, route_message
from nis_backend.catalog import Catalog, entry_of
from nis_backend.context import Context
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.errors import Busy, Forbidden, NisError, NotFound, NotSupported
from nis_backend.event import InputRequired, Surface, ToolAnswered, ToolCalled, Warned
from nis_backend.view import Form, Series, Table

CATALOG = Catalog.from_index()
ENTRIES = CATALOG.entries()
SCIENCE = Pool(
    name="science",
    kind="exclusive",
    entry="nis_backend.drivers.compute.operations:perform_operations",
    environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
)
BALL = "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"


@asynccontextmanager
async def turning(folder: Path, *pools: Pool) -> AsyncGenerator[Context]:
    """The context of a turn, with the whole catalog and these pools."""
    async with opened(folder) as ctx:
        compute = WorkerPools(list(pools))
        try:
            yield replace(ctx, drivers=replace(ctx.drivers, compute=compute, operations=Catalog(ENTRIES)))
        finally:
            await compute.close()


async def events(ctx: Context, kind: type) -> list[Any]:
    """The bodies of one kind in the run's log."""
    return [one.body for one in await logged(ctx) if isinstance(one.body, kind)]


async def talk(ctx: Context, *messages: str) -> list[Routed | None]:
    """The answers to messages that follow one another, each with what the one before asked for."""
    pending: Pending | None = None
    answers: list[Routed | None] = []
    for message in messages:
        answer = await routed_turn(ctx, message, pending)
        pending = answer.pending if answer else None
        answers.append(answer)
    return answers


def test_a_whole_question_is_computed_quoted_and_noted(tmp_path: Path) -> None:
    """The text quotes the operation's own words, the arguments are shown, and the log has each step."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            (answer,) = await talk(ctx, BALL)
            assert answer is not None
            assert answer.pending is None
            (called,) = await events(ctx, ToolCalled)
            (answered,) = await events(ctx, ToolAnswered)
            assert called.operation == answered.operation == "physics.simulate_projectile"
            assert called.arguments == pytest.approx(
                {"speed": 20, "angle": 40, "mass": 0.145, "diameter": 0.074, "drag": True}
            )
            assert f"{answered.result['range']:.2f} m" in answer.text
            assert answer.text == await words(ctx)
            (surface,) = await events(ctx, Surface)
            assert [one.model_dump_json() for one in surface.views] == [one.model_dump_json() for one in answer.views]
            assert any(isinstance(view, Series) for view in answer.views)
            (used,) = (view for view in answer.views if isinstance(view, Table) and view.title == "Arguments")
            assert ["speed", 20.0, "m/s", "“20 m/s”"] in used.rows
            assert ["height", 0.0, "m", "default"] in used.rows
            assert "by default: height 0 m" in answer.text
            # The error is stated against the tolerance; the settings of the method are in the table.
            assert "tolerance" not in answer.text
            assert ["points", 101, "", "default"] in used.rows
            again = answer.views[-1]
            assert isinstance(again, Form)
            assert again.values["diameter"] == 0.074

    asyncio.run(turn())


def test_turns_that_come_at_once_wait_for_their_numbers(tmp_path: Path) -> None:
    """What a run computes has its turn although nobody may wait; a call that is no run's is refused, and told when."""

    async def turn() -> None:
        async with turning(tmp_path, replace(SCIENCE, queue=0)) as ctx:
            ask = RouteMessage(message="Convert 100 km/h to m/s.")
            routes = await asyncio.gather(*(ctx.call(route_message, ask) for _ in range(8)))
            assert {one.operation for one in routes} == {"physics.convert_unit"}
            direct = replace(ctx, journal=None, scope=None)
            found = await asyncio.gather(*(direct.call(route_message, ask) for _ in range(4)), return_exceptions=True)
            assert {type(one) for one in found} == {Route, Busy}

    asyncio.run(turn())


def test_what_is_missing_is_asked_for_and_the_next_message_completes_the_call(tmp_path: Path) -> None:
    """A pending call takes a bare number in the unit it asked for; a refused one asks for the field at fault."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            first, second, third, fourth = await talk(
                ctx,
                "What is the period of a pendulum 80 cm long?",
                "30",
                "How far does a body of 2 kg fly at 20 m/s and 40 degrees with drag?",
                "without drag",
            )
            assert first is not None
            assert first.pending == Pending(
                operation="physics.simulate_pendulum", arguments={"length": 0.8}, missing=["angle"]
            )
            (form,) = first.views
            assert isinstance(form, Form)
            assert (form.missing, form.values) == (["angle"], {"length": 0.8})
            assert second is not None
            assert second.pending is None
            assert third is not None
            assert third.pending is not None
            assert third.pending.missing == ["diameter"]
            assert fourth is not None
            assert fourth.pending is None
            calls = await events(ctx, ToolCalled)
            assert calls[0].arguments == {"length": 0.8, "angle": 30.0}
            assert calls[-1].arguments["drag"] is False
            asked = await events(ctx, InputRequired)
            assert [one.missing for one in asked] == [["angle"], ["diameter"]]

    asyncio.run(turn())


def test_a_number_that_answers_nothing_asked_leaves_the_question(tmp_path: Path) -> None:
    """Small talk with a number in it completes no call; another question begins anew."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            asked, talked = await talk(ctx, "What is the period of a pendulum 80 cm long?", "I am 30 years old")
            assert asked is not None
            assert talked is None
            _, other = await talk(ctx, "What is the period of a pendulum 80 cm long?", "Convert 100 km/h to m/s.")
            assert other is not None
            assert "27.7" in other.text
            unclear, ignored = await talk(
                ctx, "How far does a ball of 3 cm fly at 20 m/s and 40 degrees?", "leave it out"
            )
            assert unclear is not None
            assert unclear.pending is not None
            assert "“3 cm” could be height or diameter: say which, or leave it out." in unclear.text
            assert ignored is not None
            assert ignored.pending is None

    asyncio.run(turn())


def test_a_form_is_computed_as_it_stands_and_asks_again_where_it_is_refused(tmp_path: Path) -> None:
    """The refusal names field, value and remedy; what was given is kept."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            right = await run_form(ctx, "physics.simulate_pendulum", {"length": 1, "angle": 10})
            assert right.pending is None
            wrong = await run_form(ctx, "physics.simulate_pendulum", {"length": -1, "angle": 10})
            assert wrong.pending is not None
            assert wrong.pending.missing == ["length"]
            assert "length" in wrong.text
            assert "-1" in wrong.text
            (form,) = wrong.views
            assert isinstance(form, Form)
            assert form.values == {"length": -1, "angle": 10}
            refused = (await events(ctx, ToolAnswered))[-1]
            assert refused.problem["field"] == "length"
            with pytest.raises(NotFound):
                await run_form(ctx, "physics.no_such", {})
            with pytest.raises(NotSupported):
                await run_form(ctx, "chat.send_message", {"message": "x"})

    asyncio.run(turn())


@pytest.mark.parametrize(
    ("operation", "kind", "field"),
    [
        ("chat.send_message", NotSupported, "call.operation"),
        ("models.stream_text", NotSupported, "call.operation"),
        ("physics.no_such", NotFound, "operation"),
        ("runs.cancel_run", Forbidden, "scope"),
        ("physics.get_constant", Forbidden, "scope"),
    ],
)
def test_a_form_that_cannot_be_called_never_becomes_a_run(
    tmp_path: Path, operation: str, kind: type[NisError], field: str
) -> None:
    """Neither a run, a stream, an unknown name, nor what the caller has no scope for; no conversation is begun."""

    async def turn() -> None:
        async with turning(tmp_path) as ctx:
            talker = replace(ctx, caller=Caller(owner="local", scopes=frozenset({"chat:write"})))
            with pytest.raises(kind) as refused:
                await talker.call(
                    send_message, send_message.validate({"message": "x", "call": {"operation": operation}})
                )
            assert refused.value.field == field
            assert [run.id for run in await ctx.runs.list()] == [RUN]
            assert await ctx.store.select("conversations") == []
            with pytest.raises(kind):
                await run_form(talker, operation, {})
            assert await logged(ctx) == []

    asyncio.run(turn())


def test_a_form_may_call_what_writes(tmp_path: Path) -> None:
    """A person filled it in and sent it: the call is made, as this caller."""

    async def turn() -> None:
        async with turning(tmp_path) as ctx:
            writer = replace(ctx, caller=Caller(owner="local", scopes=frozenset({"chat:write", "runs:write"})))
            with pytest.raises(NotFound) as refused:
                await run_form(writer, "runs.cancel_run", {"id": "run-none"})
            assert refused.value.value == "run-none"
            (called,) = await events(ctx, ToolCalled)
            assert called.operation == "runs.cancel_run"

    asyncio.run(turn())


def test_small_talk_starts_no_worker(tmp_path: Path) -> None:
    """Without a number or a word for one, nothing is read."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            assert await talk(ctx, "hello", "write a poem about a pendulum", "how far is the moon?") == [None] * 3
            assert [one.processes for one in ctx.drivers.compute.status()] == [0]
            assert await logged(ctx) == []

    asyncio.run(turn())


def test_without_the_science_pool_the_answer_says_so(tmp_path: Path) -> None:
    """A question is answered with what is missing; talk with a number in it still reaches the model, with a warning."""

    async def turn() -> None:
        async with turning(tmp_path) as ctx:
            question, talked = await talk(ctx, "What is the speed of light?", "I am 30 years old")
            assert question is not None
            assert "cannot compute" in question.text
            assert talked is None
            assert len(await events(ctx, Warned)) == 1

    asyncio.run(turn())


def test_a_caller_is_routed_only_to_what_it_may_call(tmp_path: Path) -> None:
    """Without the scope the operation is not there."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            stranger = replace(ctx, caller=Caller(owner="local", scopes=frozenset({"chat:write"})))
            assert await talk(stranger, "What is the speed of light?", BALL) == [None, None]

    asyncio.run(turn())


def test_a_refused_sum_is_answered_with_questions_that_work(tmp_path: Path) -> None:
    """Each suggestion is a question of the router's own operations."""

    async def turn() -> None:
        async with turning(tmp_path, SCIENCE) as ctx:
            (answer,) = await talk(ctx, "How much is 15 percent of 80 euros?")
            assert answer is not None
            suggested = [line[2:] for line in answer.text.splitlines() if line.startswith("- ")]
            assert suggested
            for one in suggested:
                assert (await ctx.call(route_message, RouteMessage(message=one))).operation is not None

    asyncio.run(turn())


def test_a_model_is_offered_what_answers_and_changes_nothing(tmp_path: Path) -> None:
    """What people ask for first, then the rest; no other run, no stream, nothing that writes, no other model."""

    async def look() -> None:
        async with turning(tmp_path) as ctx:
            most = len(ENTRIES)
            found = await offered(ctx, "generate text with a model about a pendulum", most)
            assert found[0].name == "physics.simulate_pendulum"
            assert all(entry.effect == "reads" for entry in found)
            assert all(entry.shape == "model" or (entry.shape == "run" and entry.routable) for entry in found)
            asked_for = {entry.name for entry in ENTRIES if entry.routable and entry.by_words}
            assert {entry.name for entry in found[: len(asked_for)]} == asked_for
            names = {entry.name for entry in found}
            assert "runs.list_runs" in names
            assert names.isdisjoint({"models.generate_text", "runs.cancel_run", "chat.send_message"})
            own = replace(entry_of(CATALOG.find(found[0].name)), name="own.do_thing", examples=())
            wider = replace(ctx, drivers=replace(ctx.drivers, operations=Catalog([*ENTRIES, own])))
            assert own in await offered(wider, "hello", most + 1)
            assert len(await offered(ctx, "hello", 3)) == 3

    asyncio.run(look())
