"""Models as operations: which can be asked, text straight from one, the next turn of a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.models.asking import labelled
from nis_backend.capabilities.models.choice import choose
from nis_backend.capabilities.models.completing import check, complete
from nis_backend.capabilities.models.completion import ChatCompletion, ChatPart, ChatRequest
from nis_backend.capabilities.models.responding import draw_answers
from nis_backend.capabilities.models.text import GeneratedText, TextPart, TextRequest, generate
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.operation import Example, Model, operation
from nis_backend.paged import Next
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo


class ListModels(Model):
    """Which models to list: the default of each provider first."""

    provider: str | None = Field(default=None, max_length=64, description="Only this provider's.")
    cursor: str | None = Field(default=None, max_length=512, description="`next_cursor` of the page before.")
    limit: int = Field(default=100, ge=1, le=1000, description="Most models to answer.")


class OneModel(Model):
    """Which model."""

    id: str = Field(
        min_length=1, max_length=512, description="As provider:name, a name alone, or a provider alone for its default."
    )


class LanguageModel(Model):
    """A model that can be asked."""

    id: str = Field(description="provider:name, with colons for the slashes of a name; what `model` takes elsewhere.")
    provider: str
    name: str = Field(description="The provider's own name for it.")
    tools: bool = Field(description="Whether it may choose operations by itself.")
    demonstration: bool = Field(description="Whether it is too small to be relied on.")
    context_tokens: int | None = Field(
        description="Tokens that a prompt and its answer may have; null when not stated."
    )
    max_output: int | None = Field(description="Tokens that an answer may have at most; null when not stated.")
    vision: bool | None = Field(description="Whether it takes images; null when nobody has said.")
    audio: bool | None = Field(description="Whether it takes sounds; null as above.")
    files: bool | None = Field(description="Whether it takes files; null as above.")
    detail: str = Field(description="What else there is to know, empty when nothing.")


class SilentProvider(Model):
    """A provider that is set up and cannot be asked now."""

    provider: str
    code: str = Field(description="The kind of failure.")
    reason: str
    remedy: str = Field(description="What mends it.")


class ModelList(Model):
    """One page of models, and the providers that list none."""

    models: list[LanguageModel]
    unavailable: list[SilentProvider] = Field(description="Those of the providers asked that could not answer.")
    next_cursor: Next


def _draw_list(_request: ListModels, result: ModelList) -> list[View]:
    rows: list[list[str | float]] = [[one.id, "yes" if one.tools else "no", _remark(one)] for one in result.models]
    silent: list[list[str | float]] = [
        [one.provider, "", f"Unavailable: {one.reason} {one.remedy}"] for one in result.unavailable
    ]
    return [Table(title="Models", columns=["model", "tools", "detail"], rows=[*rows, *silent])]


def _remark(model: LanguageModel) -> str:
    return f"Demonstration model. {model.detail}".strip() if model.demonstration else model.detail


def _draw_text(_request: TextRequest, result: GeneratedText) -> list[View]:
    return [Text(text=result.text + labelled(result))]


@operation(
    "models.list_models",
    effect="reads",
    essential=True,
    outward=True,
    resource="model",
    view=_draw_list,
    examples=(
        Example(
            title="Every model",
            request={},
            question="Which language models are there?",
            also=(
                "List the available models, the LLMs I can choose from.",
                "Which AI models does this server offer?",
                "Which language models, models-wise, can be asked questions here? Which LLMs can be asked?",
                "What models do you have, got installed, support or provide?",
                "Which LLMs can I use, pick, select, talk to or chat with here?",
                "What models can answer me, are configured, on offer or to choose from?",
            ),
        ),
    ),
)
async def list_models(request: ListModels, ctx: Context) -> ModelList:
    """List the language models that can be asked, and the providers that cannot, with what mends them."""
    drivers = [one for one in ctx.models.providers if request.provider in (None, one.provider)]
    if not drivers:
        await ctx.models.choose(provider=request.provider)
    found: list[ModelInfo] = []
    silent: list[SilentProvider] = []
    for driver, listed in zip(drivers, await asyncio.gather(*map(_listed, drivers)), strict=True):
        if isinstance(listed, NisError):
            silent.append(
                SilentProvider(provider=driver.provider, code=listed.code, reason=listed.message, remedy=listed.remedy)
            )
        else:
            found += listed
    start = 0
    if request.cursor is not None:
        ids = [info.id for info in found]
        if request.cursor not in ids:
            raise InvalidRequest(
                "The cursor is not one of this list.",
                field="cursor",
                value=request.cursor,
                remedy="Give next_cursor as it was answered; a list that has changed begins anew.",
            )
        start = ids.index(request.cursor) + 1
    page = found[start : start + request.limit]
    more = start + len(page) < len(found)
    return ModelList(
        models=[_card(info) for info in page], unavailable=silent, next_cursor=page[-1].id if more and page else None
    )


async def _listed(driver: LanguageModels) -> Sequence[ModelInfo] | NisError:
    try:
        return await driver.models()
    except NisError as error:
        return error


@operation(
    "models.get_model",
    effect="reads",
    outward=True,
    resource="model",
    examples=(Example(title="The model in the box", request={"id": "embedded"}),),
)
async def get_model(request: OneModel, ctx: Context) -> LanguageModel:
    """Get a language model: its provider, whether it uses tools, how much it takes."""
    _, info = await ctx.models.choose(request.id)
    return _card(info)


@operation(
    "models.generate_text",
    effect="reads",
    essential=True,
    outward=True,
    view=_draw_text,
    time_limit=300,
    examples=(Example(title="A sentence", request={"prompt": "Say hello in one sentence.", "max_tokens": 32}),),
)
async def generate_text(request: TextRequest, ctx: Context) -> GeneratedText:
    """Ask a language model for text, and wait for all of it."""
    driver, info = await ctx.models.choose(request.model, request.provider)
    async with aclosing(generate(driver, info, request, pieces=False)) as parts:
        *_, last = [part async for part in parts]
    assert last.whole is not None
    return last.whole


@operation(
    "models.stream_text",
    effect="reads",
    outward=True,
    time_limit=300,
    examples=(
        Example(title="A sentence, in parts", request={"prompt": "Say hello in one sentence.", "max_tokens": 32}),
    ),
)
async def stream_text(request: TextRequest, ctx: Context) -> AsyncIterator[TextPart]:
    """Ask a language model for text, and hear it in parts; the last part holds the whole."""
    driver, info = await ctx.models.choose(request.model, request.provider)
    return generate(driver, info, request)


_HELLO = {"messages": [{"role": "user", "content": "Say hello in one sentence."}], "max_tokens": 32}


def _draw_chat(_request: ChatRequest, result: ChatCompletion) -> list[View]:
    return draw_answers(result)


@operation(
    "models.complete_chat",
    effect="reads",
    outward=True,
    view=_draw_chat,
    time_limit=300,
    examples=(Example(title="A greeting", request=_HELLO),),
)
async def complete_chat(request: ChatRequest, ctx: Context) -> ChatCompletion:
    """Ask a language model for the next turn of a conversation that you keep, tools and a schema of yours included."""
    async with aclosing(await _chat(request, ctx, pieces=False)) as parts:
        *_, last = [part async for part in parts]
    assert last.whole is not None
    return last.whole


@operation(
    "models.stream_chat",
    effect="reads",
    outward=True,
    time_limit=300,
    examples=(Example(title="A greeting, in parts", request=_HELLO),),
)
async def stream_chat(request: ChatRequest, ctx: Context) -> AsyncIterator[ChatPart]:
    """Ask a language model for the next turn of a conversation that you keep, and hear it in parts."""
    return await _chat(request, ctx, pieces=True)


async def _chat(request: ChatRequest, ctx: Context, *, pieces: bool) -> AsyncGenerator[ChatPart, None]:
    check(request)
    driver, info = await ctx.models.choose(request.model, request.provider)
    return complete(driver, info, request if info.tools else await choose(request, ctx), pieces=pieces)


def _card(info: ModelInfo) -> LanguageModel:
    return LanguageModel(
        id=info.id,
        provider=info.provider,
        name=info.name,
        tools=info.tools,
        demonstration=info.demonstration,
        context_tokens=info.context_tokens,
        max_output=info.max_output,
        vision=info.vision,
        audio=info.audio,
        files=info.files,
        detail=info.detail,
    )


OPERATIONS = (list_models, get_model, generate_text, stream_text, complete_chat, stream_chat)
