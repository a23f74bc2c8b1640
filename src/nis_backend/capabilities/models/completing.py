"""How the next turn of a conversation is written: one answer, or several side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from nis_backend.capabilities.models.asking import dollars
from nis_backend.capabilities.models.completion import (
    ChatAnswer,
    ChatCompletion,
    ChatPart,
    FunctionCall,
    Thought,
    TokenChance,
    TokenChances,
)
from nis_backend.drivers.llm.answer import Answered, Item, Reasoning, ReasoningChunk, TextChunk, ToolCall, total
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.errors import InvalidRequest, NotSupported, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.capabilities.models.completion import ChatMessage, ChatRequest, ContentPart, NextTurn
    from nis_backend.drivers.llm.answer import TokenLogprob
    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo


async def complete(
    driver: LanguageModels, info: ModelInfo, request: ChatRequest, *, pieces: bool = True
) -> AsyncGenerator[ChatPart, None]:
    """The answers in parts, as they come where `pieces` are wanted; closing the generator stops the model."""
    answers: list[ChatAnswer | None] = [None] * request.answers
    ends: list[Answered] = []
    words: list[list[str]] = [[] for _ in answers]
    thoughts: list[list[str]] = [[] for _ in answers]
    told: list[list[TokenChances]] = [[] for _ in answers]
    refuse_parts(info, request)
    refuse_logprobs(info, request)
    messages = await messages_of(request)
    prompts = [replace(prompt_of(info, request, messages, n), pieces=pieces) for n in range(request.answers)]
    items = _one(driver, prompts[0]) if len(prompts) == 1 else _together(driver, prompts)
    async with aclosing(items) as coming:
        async for number, item in coming:
            if isinstance(item, TextChunk):
                words[number].append(item.text)
                chances = [_chances(one) for one in item.logprobs]
                told[number] += chances
                yield ChatPart(
                    model=info.id,
                    demonstration=info.demonstration,
                    answer=number,
                    text=item.text,
                    logprobs=chances,
                )
            elif isinstance(item, ReasoningChunk):
                thoughts[number].append(item.text)
                yield ChatPart(model=info.id, demonstration=info.demonstration, answer=number, thought=item.text)
            else:
                ended = answer_of("".join(words[number]), "".join(thoughts[number]), item, told[number])
                answers[number] = ended
                ends.append(item)
                yield ChatPart(model=info.id, demonstration=info.demonstration, answer=number, ended=ended)
    if len(ends) < request.answers:
        raise UpstreamFailed(f"{info.id} ended without an end to its answer.", remedy="Try again.")
    yield ChatPart(
        model=info.id,
        demonstration=info.demonstration,
        whole=ChatCompletion(
            model=ends[-1].model or info.id,
            demonstration=info.demonstration,
            answers=[one for one in answers if one is not None],
            input_tokens=total(end.input_tokens for end in ends),
            output_tokens=total(end.output_tokens for end in ends),
            cached_tokens=sum(end.spent().cached for end in ends),
            written_tokens=sum(end.spent().written for end in ends),
            reasoning_tokens=sum(end.spent().reasoning for end in ends),
            cost=dollars(total(end.cost for end in ends)),
            from_cache=sum(bool(end.cache) for end in ends),
            ignored=sorted({name for end in ends for name in end.ignored}),
        ),
    )


def check(request: NextTurn) -> None:
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
        for place, part in enumerate(message.parts):
            if part.kind != "text" and (part.blob is None) == (part.url is None):
                raise InvalidRequest(
                    f"A part of the kind {part.kind} has bytes or an address.",
                    field=f"messages.{number}.parts.{place}",
                    remedy="Give one of blob and url.",
                )


def refuse_parts(info: ModelInfo, request: NextTurn) -> None:
    """Refuse what the model is known not to take.

    Raises:
        NotSupported: naming the first such part.
    """
    takes = {"image": info.vision, "audio": info.audio, "file": info.files}
    for number, message in enumerate(request.messages):
        for place, part in enumerate(message.parts):
            if takes.get(part.kind) is False:
                raise NotSupported(
                    f"{info.id} takes no {part.kind}.",
                    field=f"messages.{number}.parts.{place}",
                    remedy="Leave it out, or choose another model.",
                )


async def messages_of(request: NextTurn) -> list[Message]:
    """The turns, with the bytes of what is in them, which are read in a thread."""
    if any(message.parts for message in request.messages):
        return await asyncio.to_thread(_messages, request)
    return _messages(request)


def _messages(request: NextTurn) -> list[Message]:
    return [_message(one) for one in request.messages]


def prompt_of(info: ModelInfo, request: NextTurn, messages: Sequence[Message], number: int) -> Prompt:
    """What the driver is asked for answer `number`; answers with a seed each have another."""
    return Prompt(
        model=info.name,
        messages=messages,
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
        reasoning=request.reasoning,
        logprobs=request.logprobs,
        user=request.user,
        number=number,
    )


def _message(message: ChatMessage) -> Message:
    return Message(
        role=message.role,
        content=message.content,
        tool_calls=tuple(ToolCall(id=one.id, name=one.name, arguments=one.arguments) for one in message.tool_calls),
        tool_call_id=message.tool_call_id,
        parts=tuple(_part(one) for one in message.parts),
        reasoning=tuple(Reasoning(**one.model_dump()) for one in message.reasoning),
    )


def _part(part: ContentPart) -> Part:
    if part.blob is None:
        return Part(kind=part.kind, text=part.text, url=part.url, detail=part.detail)
    return Part(
        kind=part.kind,
        media_type=part.blob.media_type,
        data=part.blob.path.read_bytes(),
        name=part.blob.name,
        detail=part.detail,
    )


def refuse_logprobs(info: ModelInfo, request: NextTurn) -> None:
    """Refuse probabilities where the model is known to have none.

    Raises:
        NotSupported: they are wanted.
    """
    if request.logprobs is not None and info.logprobs is False:
        raise NotSupported(
            f"{info.id} tells no probabilities.", field="logprobs", remedy="Leave it out, or choose another model."
        )


def _chances(one: TokenLogprob) -> TokenChances:
    others = [TokenChance(token=other.token, logprob=other.logprob, bytes=_bytes(other)) for other in one.alternatives]
    return TokenChances(token=one.token, logprob=one.logprob, bytes=_bytes(one), alternatives=others)


def _bytes(one: TokenLogprob) -> list[int] | None:
    return None if one.bytes is None else list(one.bytes)


def answer_of(text: str, thought: str, end: Answered, logprobs: Sequence[TokenChances] = ()) -> ChatAnswer:
    """An answer, with what it ended with."""
    calls = [FunctionCall(id=one.id, name=one.name, arguments=one.arguments) for one in end.tool_calls]
    return ChatAnswer(
        text=text,
        tool_calls=calls,
        finish_reason=end.finish_reason,
        thought=thought,
        reasoning=[Thought(**asdict(one)) for one in end.reasoning],
        refused=end.refused,
        logprobs=list(logprobs),
    )


Numbered = tuple[int, Item]


async def _one(driver: LanguageModels, prompt: Prompt) -> AsyncGenerator[Numbered, None]:
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            yield 0, item


async def _together(driver: LanguageModels, prompts: Sequence[Prompt]) -> AsyncGenerator[Numbered, None]:
    """The items of several answers as they come; the first failure is the failure of all."""
    coming: asyncio.Queue[Numbered | BaseException | None] = asyncio.Queue(64)

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
