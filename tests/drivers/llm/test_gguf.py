"""Models from GGUF files, asked for real in their worker processes."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest
from rest_client import done
from smollm_folder import TEMPLATE, small_file

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.llm.answer import Answered, TextChunk, ToolCall
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.drivers.llm.gguf import GgufModels, files_of, pools_of
from nis_backend.drivers.llm.gguf_file import head_of
from nis_backend.errors import InvalidRequest, NotSupported, Unavailable
from nis_backend.settings import read_settings

T = TypeVar("T")
LIMIT = 120.0
WEATHER = Tool(
    name="weather-read_weather",
    description="The weather of a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Paris", "Oslo"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
)


@pytest.fixture(scope="module")
def small() -> Path:
    """The small model's file, under the name it has on disk."""
    return small_file()


@pytest.fixture(scope="module")
def with_tools(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model, whose template has a place for tools."""
    path = tmp_path_factory.mktemp("gguf") / "tools.gguf"
    with small.open("rb") as source, path.open("wb") as target:
        rewrite(source, target, TEMPLATE)
    return path


def rewrite(source: BinaryIO, target: BinaryIO, template: str) -> None:
    """A copy of a model's file with another template in its head, the weights after it at the next 32 bytes."""
    key = b"tokenizer.chat_template"
    data = source.read()
    at = data.index(struct.pack("<Q", len(key)) + key) + 8 + len(key) + 4
    [length] = struct.unpack("<Q", data[at : at + 8])
    new = template.encode()
    length_before = _head_length(data)
    head = data[:at] + struct.pack("<Q", len(new)) + new + data[at + 8 + length : length_before]
    target.write(head + b"\0" * (-len(head) % 32) + data[length_before + -length_before % 32 :])


def _head_length(data: bytes) -> int:
    """Where the list of tensors ends, which is the last of a head."""
    tensors, pairs = struct.unpack("<QQ", data[8:24])
    at = 24
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def text(at: int) -> int:
        return at + 8 + int(struct.unpack("<Q", data[at : at + 8])[0])

    def value(at: int, kind: int) -> int:
        if kind == 8:
            return text(at)
        if kind != 9:
            return at + sizes[kind]
        inner, count = struct.unpack("<IQ", data[at : at + 12])
        at += 12
        if inner in sizes:
            return at + sizes[inner] * int(count)
        for _ in range(count):
            at = value(at, inner)
        return at

    for _ in range(pairs):
        at = text(at)
        [kind] = struct.unpack("<I", data[at : at + 4])
        at = value(at + 4, int(kind))
    for _ in range(tensors):
        at = text(at)
        [dimensions] = struct.unpack("<I", data[at : at + 4])
        at += 4 + 8 * int(dimensions) + 4 + 8
    return at


@asynccontextmanager
async def opened(path: Path, **environment: str) -> AsyncGenerator[GgufModels]:
    """The provider over pools of its own."""
    settings = read_settings({"NIS_GGUF": str(path), "NIS_EMBEDDED_THREADS": "1", **environment})
    compute = WorkerPools(pools_of(settings), grace=30.0)
    try:
        async with asyncio.timeout(LIMIT):
            yield GgufModels(settings, compute)
    finally:
        await compute.close()


def run(path: Path, test: Callable[[GgufModels], Coroutine[Any, Any, T]], **environment: str) -> T:
    """`test` over the model."""

    async def go() -> T:
        async with opened(path, **environment) as models:
            return await test(models)

    return asyncio.run(go())


async def ask(models: GgufModels, prompt: Prompt) -> tuple[str, Answered]:
    """The words and the end of an answer."""
    items = [item async for item in models.generate(prompt)]
    end = items.pop()
    assert isinstance(end, Answered)
    return "".join(item.text for item in items if isinstance(item, TextChunk)), end


def prompt(path: Path, text: str, **given: Any) -> Prompt:
    """One message to the model of a file."""
    return Prompt(model=path.stem, messages=[Message(role="user", content=text)], temperature=0, **given)


def test_a_file_says_what_its_model_was_made_for(small: Path, with_tools: Path) -> None:
    """Read from its head, without the engine: the length of its context, and whether its template has tools."""
    head = head_of(small)
    assert (head.architecture, head.context, head.tools) == ("llama", 8192, False)
    assert head_of(with_tools) == replace(head, tools=True)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"GGUF", b"GGUF" + struct.pack("<IQQ", 3, 1, 2**40), b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**50)),
        b"GGUF" + struct.pack("<IQQQcI", 3, 0, 1, 1, b"a", 9) + struct.pack("<IQ", 9, 1) * 5000,
    ],
    ids=["empty", "cut", "too many pairs", "a name of petabytes", "lists in lists"],
)
def test_a_file_that_is_none_is_left_out_and_told_where_it_is_the_only_one(
    tmp_path: Path, small: Path, content: bytes
) -> None:
    """A folder's other models answer all the same; nothing that a file claims is believed before it is there."""
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(content)

    async def listed(models: GgufModels) -> list[str]:
        return [info.id for info in await models.models()]

    with pytest.raises(Unavailable, match=r"wrong\.gguf is no GGUF file") as caught:
        run(tmp_path, listed)
    assert str(tmp_path) not in str(caught.value.problem())
    (tmp_path / "good.gguf").symlink_to(small)
    (tmp_path / "mmproj-good.gguf").symlink_to(small)
    (tmp_path / "large-00002-of-00003.gguf").symlink_to(small)
    assert run(tmp_path, listed) == ["file:good"]


def test_a_path_with_nothing_is_told_by_its_setting(tmp_path: Path) -> None:
    """A missing file and an empty folder name what mends them."""

    async def listed(models: GgufModels) -> None:
        await models.models()

    for path, said in ((tmp_path / "missing.gguf", "No such file"), (tmp_path, "no .gguf file")):
        with pytest.raises(Unavailable, match=said) as caught:
            run(path, listed)
        assert "NIS_GGUF" in caught.value.message
    assert files_of(read_settings({})) == {}


def test_an_answer_streams_with_the_tokenizers_count(small: Path) -> None:
    """Words as they come, probabilities where they are wanted, one for each token of the count."""

    async def test(models: GgufModels) -> None:
        [info] = await models.models()
        assert (info.context_tokens, info.tools, info.vision) == (1024, False, False)
        words, end = await ask(models, prompt(small, "What is the capital of France?", max_tokens=12, logprobs=1))
        assert words
        assert end.output_tokens is not None
        assert 0 < end.output_tokens <= 12
        again = prompt(small, "What is the capital of France?", max_tokens=12, logprobs=1)
        items = [item async for item in models.generate(again)]
        tokens = [one for item in items if isinstance(item, TextChunk) for one in item.logprobs]
        assert "".join(one.token for one in tokens).strip() == words.strip()
        assert all(one.logprob <= 0 and len(one.alternatives) == 1 for one in tokens)
        _, cut = await ask(models, prompt(small, "Tell a long story.", max_tokens=3))
        assert (cut.finish_reason, cut.output_tokens) == ("length", 3)
        with pytest.raises(InvalidRequest, match=f"the model {small.stem} takes fewer than 1024"):
            await ask(models, prompt(small, "word " * 1100))

    run(small, test, NIS_GGUF_CONTEXT="1024")


def test_what_must_be_json_follows_its_schema_and_what_must_be_called_is(small: Path) -> None:
    """Held by the engine's grammar; a template without a place for tools is told of the one to call in words."""
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }

    async def test(models: GgufModels) -> None:
        words, end = await ask(
            models, prompt(small, "How many legs has a cat?", json=True, schema=schema, max_tokens=40)
        )
        assert list(json.loads(words)) == ["n"]
        assert end.finish_reason == "stop"
        asked = prompt(small, "How is the weather in Oslo?", tools=[WEATHER], tool_choice="required", max_tokens=60)
        words, end = await ask(models, asked)
        assert not words
        assert end.finish_reason == "tool_calls"
        assert json.loads(end.tool_calls[0].arguments)["city"] in {"Paris", "Oslo"}
        with pytest.raises(NotSupported, match="chooses no tools"):
            await ask(models, prompt(small, "Hello.", tools=[WEATHER]))
        shown = Message(
            role="user", content="What is it?", parts=(Part(kind="image", media_type="image/png", data=b"x"),)
        )
        with pytest.raises(NotSupported, match="takes words alone"):
            await ask(models, Prompt(model=small.stem, messages=[shown]))
        with pytest.raises(NotSupported, match="cannot be held to"):
            await ask(models, prompt(small, "Hello.", json=True, schema={"type": "object", "minProperties": 1}))

    run(small, test)


def test_a_template_with_a_place_for_tools_calls_them_by_itself(with_tools: Path) -> None:
    """The engine reads the calls: names, arguments and ids; their results go back in the template's own words."""

    async def test(models: GgufModels) -> None:
        [info] = await models.models()
        assert info.tools
        written = '<tool_call>\n{"name": "weather-read_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
        text, two = f"Repeat this, word for word: {written}", [WEATHER, replace(WEATHER, name="weather-read_tides")]
        for tools in ([WEATHER], two):
            words, end = await ask(models, prompt(with_tools, text, tools=tools, max_tokens=80))
            assert (words, end.finish_reason) == ("", "tool_calls")
            [call] = end.tool_calls
            assert (call.name, json.loads(call.arguments), bool(call.id)) == (WEATHER.name, {"city": "Oslo"}, True)
        # Where it must, it does, whatever it would rather say.
        must = prompt(with_tools, "Hello.", tools=two, tool_name=WEATHER.name, tool_choice="required", max_tokens=80)
        _, end = await ask(models, must)
        assert [call.name for call in end.tool_calls] == [WEATHER.name]
        talk = [
            Message(role="user", content="The weather in Oslo?"),
            Message(role="assistant", content="", tool_calls=(ToolCall(id="c", name=WEATHER.name, arguments="{}"),)),
            Message(role="tool", content="It is sunny.", tool_call_id="c"),
        ]
        asked = Prompt(model=with_tools.stem, messages=talk, tools=[WEATHER], temperature=0, max_tokens=24)
        words, end = await ask(models, asked)
        assert words or end.tool_calls

    run(with_tools, test)


def test_a_server_answers_from_a_file(small: Path, serve: Any) -> None:
    """By one setting, on every surface; the worker's path is nobody's matter."""
    server = serve(NIS_GGUF=str(small), NIS_EMBEDDED_THREADS="1")
    listed = done(server, "GET", "/models")
    assert f"file:{small.stem}" in {one["id"] for one in listed["models"]}
    asked = {"model": f"file:{small.stem}", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8}
    answer = done(server, "POST", "/v1/chat/completions", asked)
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["completion_tokens"] <= 8
    assert str(small.parent) not in json.dumps([listed, answer])
