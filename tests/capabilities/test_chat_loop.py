"""The agent loop, with a model scripted on the wire, real operations, and a real log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fake_openai import DONE, Asked, Canned, FakeOpenAI, Reply, breaks_off, delta, fails, says, thinks, wants
from opened import logged, opened, words
from pydantic import Field

from nis_backend.context import Context
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.answer import Answered, TextChunk
from nis_backend.drivers.llm.base import LanguageModels, Message, ModelInfo, Prompt
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.errors import InvalidRequest, NisError, Unavailable, UpstreamFailed, WorkerLost
from nis_backend.event import StepRetried, Surface, ToolAnswered, ToolCalled, Warned
from nis_backend.fields import lean
from nis_backend.loop.results import LONGEST_RESULT
from nis_backend.loop.turning import Conversed, answer, converse
from nis_backend.operation import Model, Operation, Recorded, operation
from nis_backend.replay import Pen
from nis_backend.view import Form, Text, View

T = TypeVar("T")
ASKED = (Message(role="user", content="What is it?"),)


class Pair(Model):
    """Two numbers."""

    a: float = Field(description="The one.")
    b: float = Field(default=1, description="The other.")


class Sum(Model):
    """Their sum."""

    total: float


class Count(Model):
    """How many."""

    n: int = Field(ge=1, le=100_000)


class Values(Model):
    """Many values."""

    values: list[float]
    note: str


def draw_sum(request: Pair, result: Sum) -> list[View]:
    """Both in words."""
    return [Text(text=f"{request.a:g} + {request.b:g} = {result.total:g}")]


@operation("sums.add_numbers", effect="reads", view=draw_sum)
async def add_numbers(request: Pair, ctx: Context) -> Sum:
    """Add two numbers."""
    del ctx
    return Sum(total=request.a + request.b)


@operation("sums.list_values", effect="reads")
async def list_values(request: Count, ctx: Context) -> Values:
    """List many values."""
    del ctx
    return Values(values=[float(n) for n in range(request.n)], note="x" * request.n)


@operation("sums.refuse_all", effect="reads")
async def refuse_all(request: Pair, ctx: Context) -> Sum:
    """Refuse every pair."""
    del ctx
    raise Unavailable(f"There is no adder for {request.a:g}.", remedy="Buy one.")


@operation("sums.destroy_all", effect="destroys")
async def destroy_all(request: Pair, ctx: Context) -> Sum:
    """Destroy every sum."""
    del ctx
    raise NotImplementedError(request)


@operation("sums.start_run", effect="writes")
async def start_run(request: Pair, ctx: Context) -> Recorded[Sum]:
    """Add for a long time."""
    del ctx
    raise NotImplementedError(request)


OPERATIONS = (add_numbers, list_values, refuse_all, destroy_all, start_run)


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


class Talk:
    """A model scripted on the wire, and the context of a run that asks it."""

    def __init__(self, ctx: Context, fake: FakeOpenAI, driver: OpenAICompatible) -> None:
        self.ctx = ctx
        self.fake = fake
        self.driver = driver

    async def converse(
        self, messages: Sequence[Message] = ASKED, **given: Any
    ) -> Conversed:  # Any: as converse has them
        """The loop, with every operation offered."""
        _, info = await self.ctx.models.choose()
        return await converse(self.ctx, self.driver, info, messages, self.ctx.operations.entries(), **given)

    async def answer(self) -> Conversed:
        """The one call without tools."""
        _, info = await self.ctx.models.choose()
        return await answer(self.ctx, self.driver, info, ASKED)

    async def bodies(self) -> list[Any]:  # Any: whichever event bodies there are
        """What the log holds."""
        return [event.body for event in await logged(self.ctx)]

    async def types(self) -> list[str]:
        """The types of what the log holds."""
        return [body.type for body in await self.bodies()]


@asynccontextmanager
async def talking(
    folder: Path, *replies: Reply, operations: Sequence[Operation[Any, Any]] = OPERATIONS
) -> AsyncGenerator[Talk]:
    """A model that gives these replies."""
    http = Http()
    async with FakeOpenAI(*replies).running() as fake:
        driver = OpenAICompatible(
            "local",
            fake.url,
            None,
            "fake-large",
            http=http,
            url_variable="NIS_LOCAL_URL",
            key_variable="NIS_LOCAL_API_KEY",
            model_variable="NIS_LOCAL_MODEL",
            needs_key=False,
        )
        async with opened(folder, driver, operations=operations) as ctx:
            try:
                yield Talk(ctx, fake, driver)
            finally:
                await http.close()


def quotes_results(asked: Asked) -> Canned:
    """A model that repeats what its tools have answered."""
    return says("Computed: " + " and ".join(asked.tool_results))


@pytest.mark.parametrize(("pair", "total"), [({"a": 2, "b": 3}, 5.0), ({"a": 2, "b": 40}, 42.0), ({"a": 9}, 10.0)])
def test_the_answer_follows_from_what_the_operation_computed(
    tmp_path: Path, pair: dict[str, float], total: float
) -> None:
    """A result that differs changes the answer: the model is shown what was computed, and nothing else."""

    async def body() -> None:
        async with talking(tmp_path, wants(("sums-add_numbers", pair)), quotes_results) as talk:
            said = await talk.converse()
            assert said.text == f'Computed: {{"total":{total}}}' == await words(talk.ctx)
            assert (said.steps, said.input_tokens, said.output_tokens) == (2, 14, 6)
            drawn, again = said.views
            assert drawn == Text(text=f"{pair['a']:g} + {pair.get('b', 1):g} = {total:g}")
            assert isinstance(again, Form)
            assert (again.operation, again.values) == ("sums.add_numbers", {"b": 1.0, **pair})
            assert again.request_schema == Pair.model_json_schema()

    run(body())


def test_the_log_tells_the_turn_in_order(tmp_path: Path) -> None:
    """Each event of run.py at its place, with step, call and operation named."""

    async def body() -> None:
        async with talking(
            tmp_path, wants(("sums-add_numbers", {"a": 2, "b": 3}), text="Let me see."), says("Five.")
        ) as talk:
            said = await talk.converse()
            assert said.text == "Let me see.\n\nFive." == await words(talk.ctx)
            assert await talk.types() == [
                *("model_called", "text_delta", "model_answered", "tool_called", "tool_answered", "surface"),
                *("model_called", "text_delta", "model_answered"),
            ]
            bodies = await talk.bodies()
            call = bodies[3]
            assert call == ToolCalled(
                step=1, call_id=call.call_id, operation="sums.add_numbers", arguments={"a": 2, "b": 3}
            )
            assert bodies[4] == ToolAnswered(
                step=1, call_id=call.call_id, operation="sums.add_numbers", result={"total": 5.0}
            )
            assert bodies[5] == Surface(views=said.views)
            assert (bodies[6].step, bodies[6].provider, bodies[6].model) == (2, "local", "fake-large")
            assert (bodies[8].finish_reason, bodies[8].output_tokens) == ("stop", 3)

    run(body())


def test_what_a_model_thinks_is_in_the_log_and_goes_back_with_its_call(tmp_path: Path) -> None:
    """It is no word of the answer; its tokens are told, and the next step of the turn has it again."""

    async def body() -> None:
        call = wants(("sums-add_numbers", {"a": 2, "b": 3}))
        thinking = replace(
            call, pieces=[*(delta(reasoning_content=word) for word in ("2 ", "and ", "3.")), *call.pieces]
        )
        async with talking(tmp_path, thinking, thinks("easy", "Five.")) as talk:
            said = await talk.converse()
            assert said.text == "Five." == await words(talk.ctx)
            kinds = [kind for kind in await talk.types() if kind != "surface"]
            assert kinds == [
                *("model_called", "reasoning_delta", "model_answered", "tool_called", "tool_answered"),
                *("model_called", "reasoning_delta", "text_delta", "model_answered"),
            ]
            bodies = await talk.bodies()
            thought, answered = bodies[1], bodies[2]
            assert (thought.step, thought.text) == (1, "2 and 3.")
            assert answered.reasoning == [{"text": "2 and 3.", "signature": "", "redacted": "", "origin": "local"}]
            assert bodies[-1].reasoning_tokens == 1
            sent = talk.fake.asked[1].body["messages"]
            assert [one["reasoning_content"] for one in sent if "reasoning_content" in one] == ["2 and 3."]

    run(body())


def test_what_was_thought_is_handed_out_again_with_the_answer(tmp_path: Path) -> None:
    """A run that is carried on asks its next model call with the same thoughts: the digest is the one in its log."""

    async def body() -> None:
        call = wants(("sums-add_numbers", {"a": 2, "b": 3}))
        thinking = replace(call, pieces=[delta(reasoning_content="2 and 3."), *call.pieces])
        async with talking(tmp_path, thinking, thinks("easy", "Five.")) as talk:
            await talk.converse()
            events = await logged(talk.ctx)
            pen = Pen(await talk.ctx.runs.get(events[0].run_id), events)
            again = Talk(replace(talk.ctx, journal=pen), talk.fake, talk.driver)
            assert (await again.converse()).text == "Five."
            assert pen.found is None
            assert not list(pen.history.left())
            assert len(talk.fake.asked) == 2

    run(body())


def test_what_a_model_is_offered_and_sent(tmp_path: Path) -> None:
    """Names without the dot, the request's schema; calls and results go back by id; our words come first."""

    async def body() -> None:
        async with talking(tmp_path, wants(("sums-add_numbers", {"a": 1})), says("Two.")) as talk:
            system = Message(role="system", content="The user is Ann.")
            await talk.converse([system, *ASKED])
            first, second = talk.fake.asked
            functions = {tool["function"]["name"]: tool["function"] for tool in first.body["tools"]}
            # What destroys needs a person's word, and a run inside a run could go on for ever.
            assert sorted(functions) == ["sums-add_numbers", "sums-list_values", "sums-refuse_all"]
            assert functions["sums-add_numbers"]["parameters"] == lean(Pair.model_json_schema())
            assert functions["sums-add_numbers"]["description"] == "Add two numbers."
            roles = [message["role"] for message in second.body["messages"]]
            assert roles == ["system", "user", "assistant", "tool"]
            assert second.body["messages"][0]["content"].startswith("You have tools")
            assert second.body["messages"][0]["content"].endswith("\n\nThe user is Ann.")
            call = second.body["messages"][2]["tool_calls"][0]
            assert second.body["messages"][3]["tool_call_id"] == call["id"]
            assert json.loads(call["function"]["arguments"]) == {"a": 1}

    run(body())


def test_calls_of_one_step_run_together_and_are_answered_in_order(tmp_path: Path) -> None:
    """Each of two calls ends only after the other has begun, and the second before the first."""
    begun = {1.0: asyncio.Event(), 2.0: asyncio.Event()}
    ended = asyncio.Event()

    @operation("sums.meet_other", effect="reads")
    async def meet_other(request: Pair, ctx: Context) -> Sum:
        """Wait for the other call."""
        del ctx
        begun[request.a].set()
        await begun[3 - request.a].wait()
        if request.a == 1:
            await ended.wait()
        ended.set()
        return Sum(total=request.a)

    async def body() -> None:
        both = wants(("sums-meet_other", {"a": 1}), ("sums-meet_other", {"a": 2}))
        async with talking(tmp_path, both, quotes_results, operations=[meet_other]) as talk:
            assert (await talk.converse()).text == 'Computed: {"total":1.0} and {"total":2.0}'
            types = await talk.types()
            assert types[2:8] == ["tool_called", "tool_called", "tool_answered", "tool_answered", "surface", "surface"]

    run(body())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("sums-multiply", {"a": 1}), ["There is no tool 'sums-multiply'", "sums-add_numbers, sums-list_values"]),
        (("sums-destroy_all", {"a": 1}), ["There is no tool 'sums-destroy_all'"]),
        (("", {"a": 1}), ["There is no tool ''"]),
        (("sums-add_numbers", '{"a": 1,'), ["malformed", "not JSON", "EOF"]),
        (("sums-add_numbers", '{"a": NaN}'), ["malformed", "not JSON"]),
        (("sums-add_numbers", '{"a": 1, "c": "\\ud800"}'), ["malformed", "not JSON"]),
        (("sums-add_numbers", "[1, 2]"), ["not a JSON object"]),
        (("sums-add_numbers", '{"b": 2}'), ["Give a", '"field":"a"']),
        (("sums-add_numbers", '{"a": "two"}'), ["valid number", '"value":"two"']),
        (("sums-add_numbers", {"a": 1, "c": 2}), ["there is no such field"]),
        (("sums-add_numbers", ""), ["Give a"]),
        (("sums-add_numbers", '{"a": "' + "x" * 70_000 + '"}'), ["too_large", "70009 characters"]),
        (("sums-refuse_all", {"a": 4}), ["no adder for 4", "Buy one.", "unavailable"]),
    ],
)
def test_a_wrong_call_goes_back_to_the_model(tmp_path: Path, call: tuple[str, object], said: list[str]) -> None:
    """The problem, with field, value and remedy, is the tool's answer; the model mends the call and answers."""

    async def body() -> None:
        async with talking(tmp_path, wants(call), wants(("sums-add_numbers", {"a": 1})), quotes_results) as talk:
            conversed = await talk.converse()
            assert conversed.text.endswith(' and {"total":2.0}')
            assert len([view for view in conversed.views if isinstance(view, Form)]) == 1
            told = talk.fake.asked[1].tool_results[0]
            assert all(part in told for part in said), told
            answered = [one for one in await talk.bodies() if isinstance(one, ToolAnswered)]
            assert [one.problem is None for one in answered] == [False, True]
            # Servers refuse a conversation in which these are not well formed.
            function = talk.fake.asked[1].body["messages"][2]["tool_calls"][0]["function"]
            assert isinstance(json.loads(function["arguments"]), dict)
            assert function["name"]

    run(body())


def test_a_call_in_the_operations_own_name_is_understood(tmp_path: Path) -> None:
    """Some models write the dot that they read elsewhere."""

    async def body() -> None:
        async with talking(tmp_path, wants(("sums.add_numbers", {"a": 1})), quotes_results) as talk:
            assert '"total":2.0' in (await talk.converse()).text
            assert talk.fake.asked[1].body["messages"][2]["tool_calls"][0]["function"]["name"] == "sums-add_numbers"

    run(body())


def test_a_step_calls_a_bounded_number_of_tools(tmp_path: Path) -> None:
    """The seventeenth call of a step is not carried out, and the model is told."""

    async def body() -> None:
        many = wants(*[("sums-add_numbers", {"a": n}) for n in range(17)])
        async with talking(tmp_path, many, says("Done.")) as talk:
            await talk.converse()
            problems = [one.problem for one in await talk.bodies() if isinstance(one, ToolAnswered)]
            assert sorted(bool(problem) for problem in problems) == [False] * 16 + [True]
            assert "A step may call 16 tools" in talk.fake.asked[1].tool_results[16]

    run(body())


def test_a_cut_answer_is_superseded(tmp_path: Path) -> None:
    """A model call cannot be continued: the step begins again once, and its first words are gone from the answer."""

    async def body() -> None:
        async with talking(tmp_path, breaks_off("It is ninety-"), says("It is five.")) as talk:
            said = await talk.converse()
            assert said.text == "It is five." == await words(talk.ctx)
            bodies = await talk.bodies()
            retried = [one for one in bodies if isinstance(one, StepRetried)]
            assert [(one.step, one.attempt) for one in retried] == [(1, 2)]
            assert "broke off" in retried[0].reason
            first, second = (asked.body for asked in talk.fake.asked)
            assert (first["messages"], first["tools"]) == (second["messages"], second["tools"])
            # Nobody follows: one whole answer was asked for, which may have been cut for its silence.
            assert (first["stream"], second["stream"]) == (False, True)

    run(body())


def test_an_answer_cut_twice_is_a_failure(tmp_path: Path) -> None:
    """One retry, then the typed error; tools that were called are not called again."""

    async def body() -> None:
        replies = (wants(("sums-add_numbers", {"a": 1})), breaks_off("It"), fails(500), says("never"))
        async with talking(tmp_path, *replies) as talk:
            with pytest.raises(UpstreamFailed, match="failed with 500"):
                await talk.converse()
            assert len(talk.fake.asked) == 3
            assert (await talk.types()).count("tool_called") == 1
            assert (await talk.types()).count("step_retried") == 1

    run(body())


@pytest.mark.parametrize(
    ("reply", "kind"), [(fails(400, "maximum context length"), InvalidRequest), (fails(401), Unavailable)]
)
def test_a_refusal_is_not_tried_again(tmp_path: Path, reply: Canned, kind: type[NisError]) -> None:
    """Only a cut is: a wrong key stays wrong."""

    async def body() -> None:
        async with talking(tmp_path, reply, says("never")) as talk:
            with pytest.raises(kind):
                await talk.converse()
            assert len(talk.fake.asked) == 1

    run(body())


def test_steps_run_out_with_a_warning_and_a_last_answer(tmp_path: Path) -> None:
    """The loop is bounded; the last call offers no tools, so that what is known is said."""

    async def body() -> None:
        calls = [wants(("sums-add_numbers", {"a": n})) for n in range(3)]
        async with talking(tmp_path, *calls, says("So far: three sums.")) as talk:
            said = await talk.converse(most_steps=3)
            assert (said.text, said.steps) == ("So far: three sums.", 4)
            assert ["tools" in asked.body for asked in talk.fake.asked] == [True, True, True, False]
            (warned,) = [one for one in await talk.bodies() if isinstance(one, Warned)]
            assert "3 steps" in warned.message
            assert len(talk.fake.asked[3].tool_results) == 3

    run(body())


def test_repairs_are_bounded(tmp_path: Path) -> None:
    """After three failed steps in a row the model answers without tools; a success begins the count anew."""

    async def body() -> None:
        wrong, right = wants(("sums-nothing", {})), wants(("sums-add_numbers", {"a": 1}))
        async with talking(tmp_path, wrong, wrong, right, wrong, wrong, wrong, says("I could not.")) as talk:
            assert (await talk.converse()).text == "I could not."
            assert ["tools" in asked.body for asked in talk.fake.asked] == [True] * 6 + [False]

    run(body())


def test_a_long_result_is_shortened_for_the_model_alone(tmp_path: Path) -> None:
    """What is left out is said in its place; the log holds everything."""

    async def body() -> None:
        async with talking(tmp_path, wants(("sums-list_values", {"n": 50_000})), says("Many.")) as talk:
            await talk.converse()
            told = talk.fake.asked[1].tool_results[0]
            _, told, _ = told.split("\n")
            assert len(told) <= LONGEST_RESULT
            shown = json.loads(told)
            assert (shown["values"][0], shown["values"][-1]) == (0.0, 49_999.0)
            assert f"{50_001 - len(shown['values'])} of 50000 values left out" in told
            assert "characters left out" in shown["note"]
            (answered,) = [one for one in await talk.bodies() if isinstance(one, ToolAnswered)]
            assert len(answered.result["values"]) == len(answered.result["note"]) == 50_000

    run(body())


def test_a_model_that_takes_no_tools_still_answers(tmp_path: Path) -> None:
    """A server says so only when it is asked; the answer is then given without, and the reader is told."""

    async def body() -> None:
        async with talking(tmp_path, fails(400, "fake-large does not support tools"), says("Hello.")) as talk:
            assert (await talk.converse()).text == "Hello."
            assert "tools" not in talk.fake.asked[1].body
            assert [one.message for one in await talk.bodies() if isinstance(one, Warned)] == [
                "local:fake-large answers without tools: fake-large takes no tools: fake-large does not support tools."
            ]

    run(body())


def test_a_model_that_says_nothing_about_results_does_not_hide_them(tmp_path: Path) -> None:
    """The computed words stand then, with a warning; with none there is no answer, and that is a failure."""
    silence = Canned(pieces=[delta("stop"), DONE])

    async def body() -> None:
        async with talking(tmp_path, wants(("sums-add_numbers", {"a": 2, "b": 2})), silence, silence) as talk:
            said = await talk.converse()
            assert said.text == "2 + 2 = 4" == await words(talk.ctx)
            assert said.input_tokens is None
            assert "warning" in await talk.types()
            with pytest.raises(UpstreamFailed, match="answered with nothing"):
                await talk.converse()

    run(body())


def test_an_answer_cut_at_the_models_limit_is_warned_of(tmp_path: Path) -> None:
    """A reader should not take half an answer for a whole one."""

    async def body() -> None:
        async with talking(tmp_path, says("It is", finish="length")) as talk:
            await talk.converse(max_tokens=2)
            assert talk.fake.asked[0].body["max_tokens"] == 2
            assert [one.message for one in await talk.bodies() if isinstance(one, Warned)] == [
                "The answer was cut at the model's limit of tokens."
            ]

    run(body())


def test_cancelling_a_turn_leaves_the_model(tmp_path: Path) -> None:
    """The server's connection is closed, and the words so far are in the log."""

    async def body() -> None:
        async with talking(tmp_path, Canned(pieces=[delta(content="It is")], held=True)) as talk:
            turn = asyncio.create_task(talk.converse())
            async for event in talk.ctx.runs.follow("run-1"):
                if event.body.type == "text_delta":
                    break
            turn.cancel()
            await asyncio.wait([turn], timeout=60)
            assert turn.cancelled()
            await talk.fake.left.wait()
            assert await words(talk.ctx) == "It is"

    run(body())


def test_cancelling_a_turn_stops_its_tools(tmp_path: Path) -> None:
    """No operation goes on for a turn that nobody waits for."""
    begun = {1.0: asyncio.Event(), 2.0: asyncio.Event()}
    stopped: set[float] = set()

    @operation("sums.wait_long", effect="reads")
    async def wait_long(request: Pair, ctx: Context) -> Sum:
        """Wait."""
        del ctx
        begun[request.a].set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.add(request.a)
        raise NotImplementedError

    async def body() -> None:
        both = wants(("sums-wait_long", {"a": 1}), ("sums-wait_long", {"a": 2}))
        async with talking(tmp_path, both, operations=[wait_long]) as talk:
            turn = asyncio.create_task(talk.converse())
            await asyncio.gather(*(one.wait() for one in begun.values()))
            turn.cancel()
            await asyncio.wait([turn], timeout=60)
            assert turn.cancelled()
            assert stopped == {1.0, 2.0}

    run(body())


def test_small_talk_is_one_call_without_tools(tmp_path: Path) -> None:
    """`answer` asks as it was told to, retries a cut, and counts tokens as the loop does."""

    async def body() -> None:
        async with talking(tmp_path, breaks_off("He"), says("Hello."), Canned(pieces=[DONE])) as talk:
            said = await talk.answer()
            assert (said.text, said.views, said.steps, said.output_tokens) == ("Hello.", [], 1, 3)
            assert talk.fake.asked[1].body["messages"] == [{"role": "user", "content": "What is it?"}]
            assert "tools" not in talk.fake.asked[1].body
            assert await words(talk.ctx) == "Hello."
            with pytest.raises(UpstreamFailed, match="answered with nothing"):
                await talk.answer()

    run(body())


class Mortal(LanguageModels):
    """A model in a worker that dies under its first `deaths` calls."""

    provider = "mortal"

    def __init__(self, deaths: int) -> None:
        self.deaths = deaths

    async def models(self) -> list[ModelInfo]:
        """One model."""
        return [ModelInfo(provider=self.provider, name="m", tools=False)]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[TextChunk | Answered, None]:
        """Say a word, then die or end."""
        del prompt
        yield TextChunk(text=f"{self.deaths} ")
        self.deaths -= 1
        if self.deaths >= 0:
            raise WorkerLost("The worker died.", remedy="Ask again.")
        yield Answered(finish_reason="stop")

    async def close(self) -> None:
        """Nothing is open."""


def test_a_worker_that_dies_once_is_asked_again(tmp_path: Path) -> None:
    """The death of a model's process supersedes the step; a second one is the typed error."""

    async def body() -> None:
        driver = Mortal(1)
        async with opened(tmp_path, driver) as ctx:
            _, info = await ctx.models.choose()
            assert (await answer(ctx, driver, info, ASKED)).text == "0 " == await words(ctx)
            driver.deaths = 2
            with pytest.raises(WorkerLost):
                await answer(ctx, driver, info, ASKED, step=2)

    run(body())
