"""Text straight from a model: what is asked, what is answered, and how."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.capabilities.models.asking import dollars
from nis_backend.drivers.llm.answer import Answered, ReasoningChunk, TextChunk
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import UpstreamFailed
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo


class EarlierMessage(Model):
    """A message before the prompt."""

    role: Literal["system", "user", "assistant"]
    content: str = Field(max_length=400_000)


class TextRequest(Model):
    """What a model is asked, without conversation, tools or a run."""

    prompt: str = Field(min_length=1, max_length=400_000, description="What the model is to answer.")
    earlier: list[EarlierMessage] = Field(
        default_factory=list[EarlierMessage], max_length=512, description="Instructions and turns before the prompt."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name or a name; unset takes the default."
    )
    provider: str | None = Field(default=None, min_length=1, max_length=64, description="Provider to ask.")
    max_tokens: int = Field(default=512, ge=1, le=32_768, description="Most tokens of the answer.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 is the steadiest; unset, the model's own."
    )


class GeneratedText(Model):
    """A model's whole answer."""

    text: str
    model: str = Field(description="The id of the model that has answered, along a route too.")
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    finish_reason: Literal["stop", "length"] = Field(description="`length`: it was cut at `max_tokens`.")
    input_tokens: int | None = Field(description="By the provider's count; null when it states none.")
    output_tokens: int | None = Field(description="By the provider's count; null when it states none.")
    cost: float | None = Field(description="Dollars; null where no price is known.")
    from_cache: bool = Field(default=False, description="Whether its route had kept it or another call was getting it.")


class TextPart(Model):
    """A part of an answer; the last has no words of its own, and holds the whole."""

    text: str = Field(description="The next words.")
    whole: GeneratedText | None = Field(default=None, description="The answer, in the last part.")


async def generate(
    driver: LanguageModels, info: ModelInfo, request: TextRequest, *, pieces: bool = True
) -> AsyncGenerator[TextPart, None]:
    """The answer in parts, as they come where `pieces` are wanted; closing the generator stops the model."""
    prompt = Prompt(
        model=info.name,
        messages=[
            *(Message(role=one.role, content=one.content) for one in request.earlier),
            Message(role="user", content=request.prompt),
        ],
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        pieces=pieces,
    )
    words: list[str] = []
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            if isinstance(item, TextChunk):
                words.append(item.text)
                yield TextPart(text=item.text)
            elif isinstance(item, ReasoningChunk):
                continue
            else:
                yield TextPart(text="", whole=_whole(info, "".join(words), item))
                return
    raise UpstreamFailed(f"{info.id} ended without an end to its answer.", remedy="Try again.")


def _whole(info: ModelInfo, text: str, end: Answered) -> GeneratedText:
    return GeneratedText(
        text=text,
        model=end.model or info.id,
        demonstration=info.demonstration,
        finish_reason="length" if end.finish_reason == "length" else "stop",
        input_tokens=end.input_tokens,
        output_tokens=end.output_tokens,
        cost=dollars(end.cost),
        from_cache=bool(end.cache),
    )
