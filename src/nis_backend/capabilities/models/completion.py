"""The next turn of a conversation that the caller keeps: what is asked, what is answered, and how."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from nis_backend.drivers.llm.base import Answered, Message, Prompt, TextChunk, Tool, ToolCall
from nis_backend.errors import InvalidRequest, UpstreamFailed
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo

MOST_ANSWERS = 8
"""Answers of one call: the embedded model writes four at a time, and each costs a provider's tokens."""

NAME = r"^[A-Za-z0-9_.-]{1,64}$"


class FunctionCall(Model):
    """A function the model wants called."""

    id: str = Field(min_length=1, max_length=256, description="What the answer to it names.")
    name: str = Field(min_length=1, max_length=256)
    arguments: str = Field(max_length=400_000, description="JSON, exactly as the model wrote it.")


class ChatMessage(Model):
    """One turn."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = Field(default="", max_length=400_000)
    tool_calls: list[FunctionCall] = Field(
        default_factory=list[FunctionCall], max_length=128, description="What an assistant's turn wanted called."
    )
    tool_call_id: str | None = Field(
        default=None, min_length=1, max_length=256, description="The call that a tool's turn answers."
    )


class OfferedFunction(Model):
    """A function that the model may want called; the caller calls it."""

    name: str = Field(pattern=NAME)
    description: str = Field(default="", max_length=16_384, description="When and how to use it.")
    parameters: dict[str, Any] = Field(  # Any: a JSON schema
        default_factory=dict[str, Any], description="JSON schema of its arguments; empty when it has none."
    )
    strict: bool = Field(default=False, description="Whether the arguments must follow the schema to the letter.")


class ChatRequest(Model):
    """A conversation, and what its next turn may be."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=2048, description="The turns so far, in order.")
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name or a name; unset takes the default."
    )
    provider: str | None = Field(default=None, min_length=1, max_length=64, description="Provider to ask.")
    tools: list[OfferedFunction] = Field(
        default_factory=list[OfferedFunction], max_length=128, description="Functions that it may want called."
    )
    tool_choice: Literal["auto", "none", "required"] = Field(
        default="auto", description="Whether it may, must not or must want one called."
    )
    tool_name: str | None = Field(
        default=None, min_length=1, max_length=64, description="The one of the tools that it must want called."
    )
    parallel_tool_calls: bool = Field(default=True, description="Whether it may want several called at once.")
    answer_as: Literal["text", "json"] = Field(default="text", description="`json`: the words are one JSON object.")
    answer_schema: dict[str, Any] | None = Field(  # Any: a JSON schema
        default=None, description="JSON schema that the words must follow; set, they are JSON."
    )
    strict: bool = Field(default=False, description="Whether the schema is to be refused where it cannot be enforced.")
    max_tokens: int | None = Field(
        default=None, ge=1, le=131_072, description="Most tokens of an answer; unset, the model's own."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 is the steadiest; unset, the model's own."
    )
    top_p: float | None = Field(
        default=None, gt=0, le=1, description="Only the likeliest words that together have this probability."
    )
    frequency_penalty: float | None = Field(
        default=None, ge=-2, le=2, description="How much less likely a word is for each time it was said."
    )
    presence_penalty: float | None = Field(
        default=None, ge=-2, le=2, description="How much less likely a word is once it was said."
    )
    seed: int | None = Field(
        default=None, ge=-(2**63), lt=2**63, description="The same seed and request, as far as can be the same answer."
    )
    stop: list[str] = Field(
        default_factory=list[str], max_length=4, description="Words before which an answer ends; they are left out."
    )
    answers: int = Field(default=1, ge=1, le=MOST_ANSWERS, description="How many answers to write, side by side.")


class ChatAnswer(Model):
    """One answer."""

    text: str
    tool_calls: list[FunctionCall]
    finish_reason: Literal["stop", "length", "tool_calls"] = Field(description="`length`: it was cut.")


class ChatCompletion(Model):
    """The next turn, as often as it was asked for."""

    model: str = Field(description="The model's id.")
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    answers: list[ChatAnswer]
    input_tokens: int | None = Field(description="By the provider's count, of all answers; null when it states none.")
    output_tokens: int | None = Field(description="By the provider's count, of all answers; null when it states none.")


class ChatPart(Model):
    """A part of an answer: its next words, or its end; the last part of all holds the whole."""

    model: str = Field(description="The model's id.")
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    answer: int = Field(default=0, description="Which answer, from 0.")
    text: str = Field(default="", description="Its next words.")
    ended: ChatAnswer | None = Field(default=None, description="The answer, in its last part.")
    whole: ChatCompletion | None = Field(default=None, description="Every answer, in the last part of all.")


async def complete(driver: LanguageModels, info: ModelInfo, request: ChatRequest) -> AsyncGenerator[ChatPart, None]:
    """The answers in parts, as they come; closing the generator stops the model."""
    answers: list[ChatAnswer | None] = [None] * request.answers
    ends: list[Answered] = []
    words: list[list[str]] = [[] for _ in answers]
    prompts = [prompt_of(info, request, number) for number in range(request.answers)]
    items = _one(driver, prompts[0]) if len(prompts) == 1 else _together(driver, prompts)
    async with aclosing(items) as coming:
        async for number, item in coming:
            if isinstance(item, TextChunk):
                words[number].append(item.text)
                yield ChatPart(model=info.id, demonstration=info.demonstration, answer=number, text=item.text)
            else:
                ended = _ended("".join(words[number]), item)
                answers[number] = ended
                ends.append(item)
                yield ChatPart(model=info.id, demonstration=info.demonstration, answer=number, ended=ended)
    if len(ends) < request.answers:
        raise UpstreamFailed(f"{info.id} ended without an end to its answer.", remedy="Try again.")
    yield ChatPart(
        model=info.id,
        demonstration=info.demonstration,
        whole=ChatCompletion(
            model=info.id,
            demonstration=info.demonstration,
            answers=[one for one in answers if one is not None],
            input_tokens=_sum([end.input_tokens for end in ends]),
            output_tokens=_sum([end.output_tokens for end in ends]),
        ),
    )


def check(request: ChatRequest) -> None:
    """Refuse what no model could follow.

    Raises:
        InvalidRequest: naming the field.
    """
    offered = [tool.name for tool in request.tools]
    if len(set(offered)) < len(offered):
        twice = next(name for name in offered if offered.count(name) > 1)
        raise InvalidRequest(
            f"Two tools are called {twice!r}.", field="tools", value=twice, remedy="Give each a name of its own."
        )
    if request.tool_name is not None and request.tool_name not in offered:
        raise InvalidRequest(
            f"There is no tool {request.tool_name!r} to choose.",
            field="tool_name",
            value=request.tool_name,
            remedy=f"Offer it in tools, or choose one of: {', '.join(offered) or 'none are offered'}.",
        )
    if request.tool_choice == "required" and not offered:
        raise InvalidRequest(
            "A tool is required and none is offered.",
            field="tool_choice",
            value=request.tool_choice,
            remedy="Offer tools, or leave the choice out.",
        )
    for number, message in enumerate(request.messages):
        if message.role == "tool" and message.tool_call_id is None:
            raise InvalidRequest(
                "A tool's turn says which call it answers.",
                field=f"messages.{number}.tool_call_id",
                remedy="Give the id of the call.",
            )


def prompt_of(info: ModelInfo, request: ChatRequest, number: int) -> Prompt:
    """What the driver is asked for answer `number`; answers with a seed each have another."""
    return Prompt(
        model=info.name,
        messages=[_message(one) for one in request.messages],
        tools=[
            Tool(name=one.name, description=one.description, parameters=one.parameters, strict=one.strict)
            for one in request.tools
        ],
        tool_choice=request.tool_choice if request.tool_name is None else "required",
        tool_name=request.tool_name,
        parallel_tool_calls=request.parallel_tool_calls,
        json=request.answer_as == "json" or request.answer_schema is not None,
        schema=request.answer_schema,
        strict=request.strict,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        frequency_penalty=request.frequency_penalty,
        presence_penalty=request.presence_penalty,
        seed=None if request.seed is None else request.seed + number,
        stop=tuple(request.stop),
    )


def _message(message: ChatMessage) -> Message:
    return Message(
        role=message.role,
        content=message.content,
        tool_calls=tuple(ToolCall(id=one.id, name=one.name, arguments=one.arguments) for one in message.tool_calls),
        tool_call_id=message.tool_call_id,
    )


def _ended(text: str, end: Answered) -> ChatAnswer:
    calls = [FunctionCall(id=one.id, name=one.name, arguments=one.arguments) for one in end.tool_calls]
    return ChatAnswer(text=text, tool_calls=calls, finish_reason=end.finish_reason)


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


Item = tuple[int, TextChunk | Answered]


async def _one(driver: LanguageModels, prompt: Prompt) -> AsyncGenerator[Item, None]:
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            yield 0, item


async def _together(driver: LanguageModels, prompts: Sequence[Prompt]) -> AsyncGenerator[Item, None]:
    """The items of several answers as they come; the first failure is the failure of all."""
    coming: asyncio.Queue[Item | BaseException | None] = asyncio.Queue(64)

    async def write(number: int, prompt: Prompt) -> None:
        try:
            async with aclosing(driver.generate(prompt)) as items:
                async for item in items:
                    await coming.put((number, item))
            await coming.put(None)
        except Exception as failure:  # noqa: BLE001 - raised again by the reader, whatever it is
            await coming.put(failure)

    writing = [asyncio.create_task(write(number, prompt)) for number, prompt in enumerate(prompts)]
    try:
        left = len(writing)
        while left:
            item = await coming.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                left -= 1
            else:
                yield item
    finally:
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
