"""Models from folders as Transformers saves them, asked for real in their worker processes."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, TypeVar

import jsonschema
import pytest
from rest_client import done
from smollm_folder import TEMPLATE, write_folder

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.llm.answer import Answered, Item, TextChunk, TokenLogprob, ToolCall
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.drivers.llm.transformers_models import TransformersModels, models_at, pools_of
from nis_backend.errors import InvalidRequest, NotSupported, Unavailable, WorkerLost
from nis_backend.settings import read_settings

T = TypeVar("T")
LIMIT = 600.0
"""Seconds for one test on a machine whose cores are wanted by others too; the first one starts a worker."""
SMALL, TOOLS = "small", "tools"
PARIS = "What is the capital of France?"
WEATHER = Tool(
    name="weather-read_weather",
    description="The weather of a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/city"}},
        "required": ["city"],
        "additionalProperties": False,
        "$defs": {"city": {"type": "string", "enum": ["Paris", "Oslo"]}},
    },
)
TIDES = replace(WEATHER, name="weather-read_tides")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two models: the small one, and the same with a template that has a place for tools."""
    parent = tmp_path_factory.mktemp("transformers")
    small = write_folder(parent / SMALL)
    tools = parent / TOOLS
    shutil.copytree(small, tools, copy_function=os.link)
    (tools / "chat_template.jinja").unlink()
    (tools / "chat_template.jinja").write_text(TEMPLATE)
    return parent


@dataclass(frozen=True, kw_only=True)
class Box:
    """The provider and the pools behind it, on one loop for all tests that change nothing of it."""

    models: TransformersModels
    compute: WorkerPools
    runner: asyncio.Runner

    def run(self, test: Callable[[], Awaitable[T]]) -> T:
        """`test`, in time."""

        async def go() -> T:
            async with asyncio.timeout(LIMIT):
                return await test()

        return self.runner.run(go())

    def pids(self, name: str) -> tuple[int, ...]:
        """The worker of a model, if there is one."""
        pool = TransformersModels.pool(name)
        return next(one.pids for one in self.compute.status() if one.name == pool)


def opened(runner: asyncio.Runner, folder: Path, **environment: str) -> Box:
    """The provider over pools of its own."""

    async def go() -> Box:
        given = {"NIS_TRANSFORMERS": str(folder), "NIS_EMBEDDED_THREADS": "1", "NIS_TRANSFORMERS_CONTEXT": "512"}
        settings = read_settings({**given, **environment})
        # A cancel that takes its time is slow, not ignored.
        compute = WorkerPools(pools_of(settings), grace=60.0)
        return Box(models=TransformersModels(settings, compute), compute=compute, runner=runner)

    return runner.run(go())


@pytest.fixture(scope="module")
def box(folder: Path) -> Generator[Box]:
    """Both models, each started when it is first asked."""
    with asyncio.Runner() as runner:
        one = opened(runner, folder)
        yield one
        runner.run(one.compute.close())


def prompt(text: str, model: str = SMALL, **given: Any) -> Prompt:
    """One message; greedy unless it is said otherwise."""
    given.setdefault("temperature", 0)
    return Prompt(model=model, messages=[Message(role="user", content=text)], **given)


async def ask(box: Box, asked: Prompt) -> tuple[str, Answered]:
    """The words and the end of an answer."""
    async with aclosing(box.models.generate(asked)) as answer:
        items = [item async for item in answer]
    end = items.pop()
    assert isinstance(end, Answered)
    return "".join(item.text for item in items if isinstance(item, TextChunk)), end


async def begin(box: Box, asked: Prompt) -> AsyncGenerator[Item, None]:
    """An answer whose first piece has come."""
    items = box.models.generate(asked)
    assert isinstance(await anext(items), TextChunk)
    return items


def of(**properties: Any) -> dict[str, Any]:
    """An object with all of these members."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# -- what is there -----------------------------------------------------------------------------------------------------


def test_the_models_of_a_folder_are_listed_with_what_they_can(box: Box) -> None:
    """Context, tools by the template, schemas; the setting bounds the context. No worker is started for it."""

    async def test() -> None:
        small, tools = await box.models.models()
        assert (small.id, small.context_tokens, small.tools, small.vision) == ("transformers:small", 512, False, False)
        assert (small.json_schema, small.logprobs) == (True, True)
        assert tools.tools

    box.run(test)


def test_a_folder_of_no_model_says_why_without_its_place(tmp_path: Path, folder: Path) -> None:
    """Pickles run code and so does a folder's own: neither is ever read; a good folder beside them answers."""
    config = json.dumps({"model_type": "llama", "max_position_embeddings": 64})
    wrong: dict[str, tuple[dict[str, str], str]] = {
        "bare": ({}, "has no config.json"),
        "pickled": ({"config.json": config, "pytorch_model.bin": "x"}, "only safetensors are read"),
        "unweighted": ({"config.json": config}, r"has no \*.safetensors"),
        "broken": ({"config.json": "{", "model.safetensors": "x"}, "config.json is no JSON"),
        "listed": ({"config.json": "[]", "model.safetensors": "x"}, "no JSON object"),
        "coded": (
            {"config.json": json.dumps({"model_type": "my-own", "auto_map": {}}), "model.safetensors": "x"},
            "trust_remote_code",
        ),
    }

    def listed(paths: str) -> list[str]:
        async def go() -> list[str]:
            settings = read_settings({"NIS_TRANSFORMERS": paths})
            return [one.id for one in await TransformersModels(settings, WorkerPools([])).models()]

        return asyncio.run(go())

    for name, (files, said) in wrong.items():
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content)
        with pytest.raises(Unavailable, match=said) as caught:
            listed(str(tmp_path / name))
        assert "NIS_TRANSFORMERS" in caught.value.message
        assert str(tmp_path) not in json.dumps(caught.value.problem())
    with pytest.raises(Unavailable, match="no such folder"):
        listed(str(tmp_path / "missing"))
    assert listed(f"{tmp_path / 'pickled'}, {folder}") == ["transformers:small", "transformers:tools"]


def test_two_folders_of_one_name_are_told_apart_by_their_parents(tmp_path: Path) -> None:
    """Neither hides the other."""
    for parent in ("one", "two"):
        (tmp_path / parent / "model").mkdir(parents=True)
    given = ",".join(str(tmp_path / parent / "model") for parent in ("one", "two"))
    assert list(models_at(read_settings({"NIS_TRANSFORMERS": given}))) == ["model", "two-model"]
    assert models_at(read_settings({})) == {}


def test_without_its_packages_the_provider_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As every engine does: what is missing, and the command that mends it."""
    find = importlib.util.find_spec

    def but_torch(name: str) -> ModuleSpec | None:
        return None if name == "torch" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", but_torch)
    models = TransformersModels(read_settings({"NIS_TRANSFORMERS": str(folder)}), WorkerPools([]))
    with pytest.raises(Unavailable, match="not installed: torch") as caught:
        asyncio.run(models.models())
    assert "nis-backend[transformers]" in caught.value.remedy


# -- answers -----------------------------------------------------------------------------------------------------------


def test_an_answer_streams_with_the_tokenizers_count(box: Box) -> None:
    """A piece a token, probabilities of each, and the same count of the prompt before and after."""

    async def test() -> None:
        asked = prompt(PARIS, max_tokens=24, logprobs=2)
        items = [item async for item in box.models.generate(asked)]
        end, chunks = items.pop(), [item for item in items if isinstance(item, TextChunk)]
        assert isinstance(end, Answered)
        words = "".join(one.text for one in chunks)
        assert words == "The capital of France is Paris."
        assert len(chunks) > 3
        tokens = [one for item in chunks for one in item.logprobs]
        assert "".join(one.token for one in tokens) == words
        assert all(_likely(one) for one in tokens)
        assert (end.finish_reason, end.output_tokens) == ("stop", len(tokens))
        assert await box.models.count_tokens(asked) == end.input_tokens
        _, cut = await ask(box, prompt("Tell a long story.", max_tokens=3))
        assert (cut.finish_reason, cut.output_tokens) == ("length", 3)
        words, stopped = await ask(box, prompt(PARIS, stop=("France is",), max_tokens=24))
        assert (words, stopped.finish_reason) == ("The capital of ", "stop")

    box.run(test)


def _likely(one: TokenLogprob) -> bool:
    likeliest = one.alternatives[0]
    return one.logprob <= 0 and len(one.alternatives) == 2 and likeliest.token == one.token


def test_how_unlikely_a_text_is_agrees_with_what_its_words_were_said_with(box: Box) -> None:
    """An answer's own tokens have the probabilities that came with them; any other text is less likely."""

    async def test() -> None:
        asked = prompt("Say hello.", max_tokens=6, logprobs=0)
        async with aclosing(box.models.generate(asked)) as answer:
            words = [item async for item in answer if isinstance(item, TextChunk)]
        said = "".join(one.text for one in words)
        bits = -sum(token.logprob for one in words for token in one.logprobs) / math.log(2)
        told = await box.models.surprise(prompt("Say hello."), said)
        assert told == pytest.approx(bits, rel=0.01)
        assert await box.models.surprise(prompt("Say hello."), "zebra quantum harpsichord") > told
        with pytest.raises(InvalidRequest):
            await box.models.surprise(prompt("Say hello."), "word " * 600)

    box.run(test)


def test_what_cannot_be_answered_is_refused_by_its_numbers(box: Box) -> None:
    """Counted where it can be counted, guessed where that would take long; and words alone are taken."""

    async def test() -> None:
        with pytest.raises(InvalidRequest, match=r"6\d\d tokens; the model small takes fewer than 512"):
            await ask(box, prompt("word " * 600))
        with pytest.raises(InvalidRequest, match=r"more than 15\d\d"):
            await ask(box, prompt("x" * 200_000))
        shown = Part(kind="image", media_type="image/png", data=b"x")
        with pytest.raises(NotSupported, match="takes words alone"):
            await ask(box, Prompt(model=SMALL, messages=[Message(role="user", content="What?", parts=(shown,))]))
        with pytest.raises(Unavailable, match="There is no model 'other'"):
            await ask(box, prompt("Hello", "other"))

    box.run(test)


def test_marks_of_the_template_end_no_turn_of_a_users(box: Box) -> None:
    """They are words in a message: else anyone could write the assistant's turns."""

    async def test() -> None:
        count = box.models.count_tokens
        plain, marked = await count(prompt("Hello")), await count(prompt("Hello<|im_end|>"))
        # One token as a mark, several as words.
        assert marked > plain + 2

    box.run(test)


def test_answers_are_the_same_alone_and_among_others(box: Box) -> None:
    """To the letter where it is asked for (temperature 0, a seed); such answers are computed by themselves."""

    async def test() -> None:
        same = [
            prompt("Tell a story about the sea.", max_tokens=20),
            prompt("Tell a story about the sea, as long as you can.", max_tokens=20, temperature=1.0, seed=7),
            prompt("Count to ten.", max_tokens=20, temperature=0.7, top_p=0.9, seed=2**63 + 1),
        ]
        alone = [await ask(box, one) for one in same]
        others = [prompt(f"Describe {thing}.", max_tokens=12, temperature=1.0) for thing in ("a ship", "a lake" * 9)]
        among = await asyncio.gather(*(ask(box, one) for one in (*same, *others, *others)))
        assert [(words, end.output_tokens) for words, end in among[:3]] == [
            (words, end.output_tokens) for words, end in alone
        ]
        other = await ask(box, replace(same[1], seed=8))
        assert other != alone[1]

    box.run(test)


def test_answers_that_share_a_batch_are_those_of_each_alone(box: Box) -> None:
    """Padded on the left, they join and leave between two tokens; none reads another's words."""

    async def test() -> None:
        # Without a temperature this model takes the likeliest, and nobody has asked for the same again.
        asked = [
            prompt(
                f"What is the capital of {country}?{' Say it in one sentence.' * long}",
                temperature=None,
                max_tokens=most,
            )
            for country, long, most in (("France", 0, 20), ("Italy", 2, 4), ("Germany", 5, 20), ("Spain", 1, 9))
        ]
        alone = [await ask(box, one) for one in asked]
        assert await asyncio.gather(*(ask(box, one) for one in asked)) == alone

    box.run(test)


# -- schemas and tools -------------------------------------------------------------------------------------------------


def test_what_must_be_json_follows_its_schema(box: Box) -> None:
    """Held by masks, token by token, and looked at afterwards; what cannot be held to is refused by its name."""
    shapes: list[dict[str, Any]] = [
        of(n={"type": "integer", "minimum": 3, "maximum": 5}),
        of(kind={"enum": ["large", "small"]}, code={"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}),
        of(price={"anyOf": [{"type": "number"}, {"type": "null"}]}, on={"type": "string", "format": "date"}),
        {"type": "array", "items": of(name={"type": "string", "maxLength": 8}), "minItems": 1, "maxItems": 2},
        {**of(a={"$ref": "#/$defs/b"}), "$defs": {"b": of(yes={"type": "boolean"})}},
    ]

    async def test() -> None:
        answers = await asyncio.gather(
            *(ask(box, prompt("Describe a ship.", json=True, schema=one, max_tokens=80)) for one in shapes),
            *(
                ask(box, prompt("Describe a lake.", json=True, schema=one, max_tokens=80, temperature=1.5))
                for one in shapes
            ),
        )
        for shape, (words, end) in zip(shapes * 2, answers, strict=True):
            assert end.finish_reason == "stop"
            jsonschema.validate(json.loads(words), shape, jsonschema.Draft202012Validator)
        with pytest.raises(NotSupported, match="not") as caught:
            await ask(box, prompt("Hello.", json=True, schema=of(a={"not": {"type": "null"}})))
        assert caught.value.field == "answer_schema"

    box.run(test)


def test_a_template_without_a_place_for_tools_calls_the_one_that_must_be(box: Box) -> None:
    """By the schema of its arguments; it chooses none."""

    async def test() -> None:
        asked = prompt("How is the weather in Oslo?", tools=[WEATHER], tool_choice="required", max_tokens=60)
        words, end = await ask(box, asked)
        assert (words, end.finish_reason) == ("", "tool_calls")
        assert json.loads(end.tool_calls[0].arguments)["city"] in {"Paris", "Oslo"}
        with pytest.raises(NotSupported, match=r"^The model \S+ chooses no tools"):
            await ask(box, prompt("Hello.", tools=[WEATHER]))

    box.run(test)


def test_a_template_with_a_place_for_tools_calls_them_by_itself(box: Box) -> None:
    """Calls are read from the words, held to their schema once begun; where one must be made, it is."""

    async def test() -> None:
        written = '<tool_call>\n{"name": "weather-read_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
        text = f"Repeat this, word for word: {written}"
        words, end = await ask(box, prompt(text, TOOLS, tools=[WEATHER, TIDES], max_tokens=80))
        assert (words, end.finish_reason) == ("", "tool_calls")
        call = end.tool_calls[0]
        assert (call.name, json.loads(call.arguments), bool(call.id)) == (WEATHER.name, {"city": "Oslo"}, True)
        # Where it must, it does, whatever it would rather say; and among two one of them.
        must = prompt("Hello.", TOOLS, tools=[WEATHER, TIDES], tool_choice="required", max_tokens=80)
        for asked, names in ((must, {WEATHER.name, TIDES.name}), (replace(must, tool_name=TIDES.name), {TIDES.name})):
            words, end = await ask(box, asked)
            assert (words, len(end.tool_calls), end.finish_reason) == ("", 1, "tool_calls")
            assert end.tool_calls[0].name in names
            assert json.loads(end.tool_calls[0].arguments)["city"] in {"Paris", "Oslo"}
        talk = [
            Message(role="user", content="The weather in Oslo?"),
            Message(role="assistant", content="", tool_calls=(ToolCall(id="c", name=WEATHER.name, arguments="{}"),)),
            Message(role="tool", content="It is sunny.", tool_call_id="c"),
        ]
        asked = Prompt(model=TOOLS, messages=talk, tools=[WEATHER], temperature=0, max_tokens=24)
        words, end = await ask(box, asked)
        assert words or end.tool_calls

    box.run(test)


# -- the worker --------------------------------------------------------------------------------------------------------


def test_a_reader_that_leaves_frees_the_worker(box: Box) -> None:
    """The answer ends between two tokens, the process stays, and who waited has its turn."""

    async def test() -> None:
        await ask(box, prompt("Hello", max_tokens=1))
        before = box.pids(SMALL)
        long = prompt("Tell a very long story about the sea.", max_tokens=450)
        readers = [await begin(box, long) for _ in range(8)]
        waiting = asyncio.create_task(ask(box, prompt("Hello", max_tokens=2)))
        for reader in readers:
            await reader.aclose()
        assert (await waiting)[1].output_tokens == 2
        assert box.pids(SMALL) == before
        busy = next(one.busy for one in box.compute.status() if one.name == TransformersModels.pool(SMALL))
        assert busy == 0

    box.run(test)


def test_a_worker_that_dies_mid_answer_is_started_anew(box: Box) -> None:
    """A typed failure, then an answer; each worker ends when it has rested as long as the setting says."""

    async def test() -> None:
        items = await begin(box, prompt("Tell a long story about the sea.", max_tokens=400))
        before = box.pids(SMALL)
        os.kill(before[0], signal.SIGKILL)
        with pytest.raises(WorkerLost):
            async for _ in items:
                pass
        words, _ = await ask(box, prompt(PARIS, max_tokens=12))
        assert "Paris" in words
        assert box.pids(SMALL) != before

    box.run(test)
    settings = read_settings({"NIS_TRANSFORMERS": "somewhere", "NIS_IDLE_SECONDS": "7"})
    assert [pool.idle_seconds for pool in pools_of(settings)] == [7]


def test_weights_that_are_not_whole_are_told_without_their_place(folder: Path, tmp_path: Path) -> None:
    """At first use, as a typed failure; numbers of chance are never put in their place."""
    cut = tmp_path / "cut"
    shutil.copytree(folder / SMALL, cut, ignore=shutil.ignore_patterns("*.safetensors"))
    with (folder / SMALL / "model.safetensors").open("rb") as source:
        (cut / "model.safetensors").write_bytes(source.read(2_000_000))
    with asyncio.Runner() as runner:
        box = opened(runner, cut)

        async def test() -> None:
            with pytest.raises(Unavailable, match="The model cut cannot be loaded") as caught:
                await ask(box, prompt("Hello", "cut"))
            assert str(tmp_path) not in json.dumps(caught.value.problem())

        box.run(test)
        runner.run(box.compute.close())


def test_a_server_answers_from_a_folder(folder: Path, serve: Any) -> None:
    """By one setting, on every surface; its calls stand in the ledger for nothing, and its place is nobody's matter."""
    server = serve(NIS_TRANSFORMERS=str(folder / SMALL), NIS_EMBEDDED_THREADS="1")
    listed = done(server, "GET", "/models")
    assert "transformers:small" in {one["id"] for one in listed["models"]}
    asked = {"model": "transformers:small", "messages": [{"role": "user", "content": PARIS}], "max_tokens": 12}
    answer = done(server, "POST", "/v1/chat/completions", asked)
    assert "Paris" in answer["choices"][0]["message"]["content"]
    assert 0 < answer["usage"]["completion_tokens"] <= 12
    tested = done(server, "GET", "/models/transformers:small/test?stream=true")
    assert tested["problem"] is None
    [called] = done(server, "GET", "/calls?limit=1")["calls"]
    assert (called["provider"], called["cost"]) == ("transformers", 0)
    assert str(folder) not in json.dumps([listed, answer, tested, called])
