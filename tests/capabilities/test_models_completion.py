"""The next turn of a conversation: what is refused, how a choice is made, several answers at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opened import opened

from nis_backend.calling import call
from nis_backend.capabilities.models.completion import ChatCompletion, ChatPart
from nis_backend.capabilities.models.operations import OPERATIONS, complete_chat, stream_chat
from nis_backend.context import Context
from nis_backend.drivers.llm.answer import Answered, Item, Reasoning, ReasoningChunk, TextChunk, Usage
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo, Part, Prompt
from nis_backend.errors import Busy, InvalidRequest, NisError, NotSupported

HI = {"role": "user", "content": "Hi"}
TOOL = {"name": "look", "description": "Look out of the window."}


@dataclass
class Answering(LanguageModels):
    """A model of a test: keeps what it is asked, and answers the seed it was given, or fails at it."""

    provider = "test"
    tools: bool = True
    fails_at: int | None = None
    asked: list[Prompt] = field(default_factory=list[Prompt])
    ended: int = 0

    async def models(self) -> list[ModelInfo]:
        """One."""
        return [ModelInfo(provider="test", name="one", tools=self.tools)]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """The seed, when every answer has begun."""
        self.asked.append(prompt)
        try:
            yield TextChunk(text="seed ")
            if prompt.seed == self.fails_at and prompt.seed is not None:
                raise Busy("Too much.")
            if self.fails_at is not None:
                await asyncio.Event().wait()
            yield TextChunk(text=str(prompt.seed))
            yield Answered(finish_reason="stop", input_tokens=3, output_tokens=2)
        finally:
            self.ended += 1

    async def close(self) -> None:
        """Nothing is open."""


def asking(folder: Path, model: Answering, **request: Any) -> ChatCompletion:
    """The answer to a request, whole."""

    async def body(ctx: Context) -> ChatCompletion:
        result = await call(complete_chat, {"messages": [HI], **request}, ctx)
        assert isinstance(result, ChatCompletion)
        return result

    async def main() -> ChatCompletion:
        async with opened(folder, model, operations=OPERATIONS) as ctx:
            return await asyncio.wait_for(body(ctx), 120)

    return asyncio.run(main())


def test_several_answers_are_kept_apart_and_counted_together(tmp_path: Path) -> None:
    """Each with a seed of its own; a provider counts, and charges, every one."""
    result = asking(tmp_path, Answering(), answers=3, seed=5)
    assert [one.text for one in result.answers] == ["seed 5", "seed 6", "seed 7"]
    assert (result.input_tokens, result.output_tokens) == (9, 6)


def test_one_failure_ends_the_others(tmp_path: Path) -> None:
    """None goes on writing for a caller who has been told that it failed."""
    model = Answering(fails_at=6)
    with pytest.raises(Busy):
        asking(tmp_path, model, answers=3, seed=5)
    assert (len(model.asked), model.ended) == (3, 3)


def test_a_stream_that_is_left_ends_every_answer(tmp_path: Path) -> None:
    """Closing the iterator stops the model."""
    model = Answering(fails_at=-1)

    async def main() -> None:
        async with opened(tmp_path, model, operations=OPERATIONS) as ctx:
            parts: AsyncGenerator[ChatPart, None] = await call(stream_chat, {"messages": [HI], "answers": 2}, ctx)
            async with aclosing(parts):
                assert (await anext(parts)).text == "seed "
            assert model.ended == len(model.asked)

    asyncio.run(asyncio.wait_for(main(), 120))


@pytest.mark.parametrize(
    ("given", "after_tool", "choice", "name"),
    [
        ({"tool_choice": "required"}, False, "required", "look"),
        ({"tool_choice": "none"}, False, "none", None),
        ({"tool_name": "look"}, False, "required", "look"),
        ({}, True, "none", None),
    ],
)
def test_a_model_that_may_not_choose_is_told_what_to_call(
    tmp_path: Path, given: dict[str, str], after_tool: bool, choice: str, name: str | None
) -> None:
    """The one tool, the one named, or none: after a tool's result it is words that are wanted."""
    model = Answering(tools=False)
    answered = {"role": "tool", "tool_call_id": "1", "content": "Rain."}
    asking(tmp_path, model, tools=[TOOL], messages=[HI, answered] if after_tool else [HI], **given)
    (asked,) = model.asked
    assert (asked.tool_choice, asked.tool_name) == (choice, name)


def test_a_model_that_chooses_is_left_the_choice(tmp_path: Path) -> None:
    """What the caller allows it goes through as it is."""
    model = Answering()
    asking(tmp_path, model, tools=[TOOL], parallel_tool_calls=False)
    (asked,) = model.asked
    assert (asked.tool_choice, asked.tool_name, asked.parallel_tool_calls) == ("auto", None, False)
    assert [tool.name for tool in asked.tools] == ["look"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tools": [TOOL], "tool_name": "hear"}, "tool_name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"messages": [{"role": "tool", "content": "Rain."}]}, "messages.0.tool_call_id"),
        ({"messages": []}, "messages"),
        ({"answers": 9}, "answers"),
    ],
)
def test_what_no_model_could_follow_is_refused(tmp_path: Path, given: dict[str, Any], name: str) -> None:
    """Before any is asked, naming the field."""
    model = Answering()
    with pytest.raises(InvalidRequest) as error:
        asking(tmp_path, model, **given)
    assert error.value.field == name
    assert model.asked == []


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SEEN = [
    {"kind": "text", "text": "Look:"},
    {"kind": "image", "blob": {"base64": PNG, "name": "dot"}},
    {"kind": "image", "url": "https://example.com/a.png", "detail": "low"},
]


class Thinking(Answering):
    """A model of a test that thinks, and wants its thoughts back."""

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """What it thinks, and a word."""
        self.asked.append(prompt)
        yield ReasoningChunk(text="hm")
        yield TextChunk(text="Yes")
        spent = Usage(input=9, output=5, cached=4, written=2, reasoning=3)
        thought = Reasoning(text="hm", signature="s", origin="test")
        yield Answered(
            finish_reason="stop", input_tokens=9, output_tokens=5, usage=spent, reasoning=(thought,), ignored=("seed",)
        )


def test_what_is_not_words_reaches_the_model_and_is_not_kept(tmp_path: Path) -> None:
    """Bytes with what they are told to be, addresses as they came, in their order; whole or streamed, no blob stays."""

    async def main() -> None:
        model = Thinking()
        async with opened(tmp_path, model, operations=OPERATIONS) as ctx:
            request = {"messages": [{**HI, "parts": SEEN}], "reasoning": "low", "user": "ann"}
            await call(complete_chat, request, ctx)
            parts: AsyncGenerator[ChatPart, None] = await call(stream_chat, request, ctx)
            seen = [part async for part in parts]
            assert (await ctx.store.select("blobs")) == []
        assert [part.thought for part in seen if part.thought] == ["hm"]
        for prompt in model.asked:
            words, image, address = prompt.messages[0].parts
            assert words == Part(kind="text", text="Look:")
            assert (image.kind, image.media_type, image.name, (image.data or b"")[1:4]) == (
                *("image", "image/png", "dot"),
                b"PNG",
            )
            assert address == Part(kind="image", url="https://example.com/a.png", detail="low")
            assert (prompt.reasoning, prompt.user) == ("low", "ann")

    asyncio.run(asyncio.wait_for(main(), 120))


def test_thoughts_and_the_parts_of_the_count_are_answered(tmp_path: Path) -> None:
    """A caller gives the thoughts back with the turn; what was left out is named."""
    result = asking(tmp_path, Thinking())
    assert (result.cached_tokens, result.written_tokens, result.reasoning_tokens) == (4, 2, 3)
    assert result.ignored == ["seed"]
    (answer,) = result.answers
    assert answer.reasoning[0].signature == "s"
    model = Thinking()
    turn = {"role": "assistant", "content": "Yes", "reasoning": [one.model_dump() for one in answer.reasoning]}
    asking(tmp_path, model, messages=[HI, turn, HI])
    assert model.asked[0].messages[1].reasoning == (Reasoning(text="hm", signature="s", origin="test"),)


@pytest.mark.parametrize(
    ("part", "kind", "field"),
    [
        ({"kind": "image"}, InvalidRequest, "messages.0.parts.0"),
        ({"kind": "file", "blob": {"base64": PNG}, "url": "https://example.com"}, InvalidRequest, "messages.0.parts.0"),
        ({"kind": "audio", "blob": {"base64": PNG}}, NotSupported, "messages.0.parts.0"),
    ],
)
def test_a_part_that_cannot_be_taken_is_named(
    tmp_path: Path, part: dict[str, Any], kind: type[NisError], field: str
) -> None:
    """One of bytes and address; and nothing that the model is known not to take."""

    class Deaf(Answering):
        async def models(self) -> list[ModelInfo]:
            return [ModelInfo(provider="test", name="one", tools=True, audio=False)]

    with pytest.raises(kind) as caught:
        asking(tmp_path, Deaf(), messages=[{**HI, "parts": [part]}])
    assert caught.value.field == field
