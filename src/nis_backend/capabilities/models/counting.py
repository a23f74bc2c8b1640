"""How many tokens a conversation has, before a model is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.models.choice import choose
from nis_backend.capabilities.models.completing import check, messages_of, prompt_of, refuse_parts
from nis_backend.capabilities.models.completion import ChatMessage, ChatRequest, OfferedFunction
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class CountRequest(Model):
    """What is to be counted: a text, or a conversation with its tools."""

    text: str | None = Field(
        default=None, min_length=1, max_length=400_000, description="A text, counted as one turn of a conversation."
    )
    messages: list[ChatMessage] = Field(
        default_factory=list[ChatMessage], max_length=2048, description="The turns of a conversation instead."
    )
    tools: list[OfferedFunction] = Field(
        default_factory=list[OfferedFunction], max_length=128, description="Functions that are offered with it."
    )
    answer_schema: dict[str, Any] | None = Field(  # Any: a JSON schema
        default=None, description="JSON schema that the answer would have to follow."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name or a name; unset takes the default."
    )
    provider: str | None = Field(default=None, min_length=1, max_length=64, description="Provider to ask.")


class CountedTokens(Model):
    """The count, to the one."""

    tokens: int = Field(description="Tokens of all that the model reads, what its own format adds included.")
    model: str = Field(description="The model's id.")
    counted_by: str = Field(description="The provider that counted.")


@operation(
    "models.count_tokens",
    effect="reads",
    outward=True,
    time_limit=300,
    examples=(Example(title="A sentence", request={"text": "How many tokens has this sentence?"}),),
)
async def count_tokens(request: CountRequest, ctx: Context) -> CountedTokens:
    """Count the tokens that a model reads of a text or a conversation; refused where nobody can count them exactly."""
    if (request.text is None) == (not request.messages):
        raise InvalidRequest("There is one thing to count.", field="text", remedy="Give one of text and messages.")
    turns = request.messages or [ChatMessage(role="user", content=request.text or "")]
    asked = ChatRequest(messages=turns, tools=request.tools, answer_schema=request.answer_schema)
    check(asked)
    driver, info = await ctx.models.choose(request.model, request.provider)
    refuse_parts(info, asked)
    asked = asked if info.tools else await choose(asked, ctx)
    tokens = await driver.count_tokens(prompt_of(info, asked, await messages_of(asked), 0))
    return CountedTokens(tokens=tokens, model=info.id, counted_by=driver.provider)


OPERATIONS = (count_tokens,)
