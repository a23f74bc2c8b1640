"""The next turn of a conversation that the caller keeps: what is asked, and what is answered."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.operation import Model

MOST_ANSWERS = 8
"""Answers of one call: the embedded model writes four at a time, and each costs a provider's tokens."""

NAME = r"^[A-Za-z0-9_.-]{1,64}$"


class FunctionCall(Model):
    """A function the model wants called."""

    id: str = Field(min_length=1, max_length=256, description="What the answer to it names.")
    name: str = Field(min_length=1, max_length=256)
    arguments: str = Field(max_length=400_000, description="JSON, exactly as the model wrote it.")


class ContentPart(Model):
    """A piece of a turn that is not its words, or words between such pieces."""

    kind: Literal["text", "image", "audio", "file"]
    text: str = Field(default="", max_length=400_000, description="The words of a text.")
    blob: Blob | None = Field(default=None, description="The bytes of what is no text.")
    url: str | None = Field(
        default=None, max_length=8192, description="An address instead, which the model's provider fetches."
    )
    detail: Literal["auto", "low", "high", "original"] = Field(
        default="auto", description="How closely an image is looked at, where the model lets that be chosen."
    )


class Thought(Model):
    """What a model thought in a turn, as its provider wants it back with that turn."""

    text: str = Field(default="", max_length=400_000)
    signature: str = Field(default="", max_length=400_000, description="The provider's proof that the text is its own.")
    redacted: str = Field(default="", max_length=400_000, description="What the provider alone can read.")
    origin: str = Field(default="", max_length=64, description="The provider; no other one is given it.")


class ChatMessage(Model):
    """One turn."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = Field(default="", max_length=400_000, description="Its words, all of them.")
    parts: list[ContentPart] = Field(
        default_factory=list[ContentPart],
        max_length=128,
        description="What is not words, and follows them; where one is text, the whole turn in its order.",
    )
    reasoning: list[Thought] = Field(
        default_factory=list[Thought], max_length=128, description="What the model thought in an assistant's turn."
    )
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


class NextTurn(Model):
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
    reasoning: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = Field(
        default=None, description="How much it is to think before it answers; unset, the model's own."
    )
    logprobs: int | None = Field(
        default=None,
        ge=0,
        le=20,
        description="How many alternatives of each token are wanted with their probabilities; 0 is its own alone.",
    )
    user: str | None = Field(
        default=None, max_length=512, description="Whom it is asked for: a label that is passed on to the provider."
    )
    stop: list[str] = Field(
        default_factory=list[str], max_length=64, description="Words before which an answer ends; they are left out."
    )


class ChatRequest(NextTurn):
    """A conversation, and how often its next turn is wanted."""

    answers: int = Field(default=1, ge=1, le=MOST_ANSWERS, description="How many answers to write, side by side.")


class TokenChance(Model):
    """A token, and how likely it was."""

    token: str
    logprob: float = Field(description="The natural logarithm of its probability.")
    bytes: list[int] | None = Field(default=None, description="In UTF-8, where it may be a part of a character.")


class TokenChances(TokenChance):
    """A token that was chosen, and the likeliest ones in its place."""

    alternatives: list[TokenChance] = Field(default_factory=list[TokenChance])


class ChatAnswer(Model):
    """One answer."""

    text: str
    tool_calls: list[FunctionCall]
    finish_reason: Literal["stop", "length", "tool_calls"] = Field(description="`length`: it was cut.")
    thought: str = Field(default="", description="What it thought, as far as it is shown.")
    reasoning: list[Thought] = Field(
        default_factory=list[Thought], description="What its provider wants back with this turn."
    )
    refused: bool = Field(default=False, description="Whether the words are a refusal to answer.")
    logprobs: list[TokenChances] = Field(
        default_factory=list[TokenChances], description="Of its tokens, where they were wanted."
    )


class ChatCompletion(Model):
    """The next turn, as often as it was asked for."""

    model: str = Field(description="The id of the model that has answered; along a route, the one that did so last.")
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    answers: list[ChatAnswer]
    input_tokens: int | None = Field(description="By the provider's count, of all answers; null when it states none.")
    output_tokens: int | None = Field(description="By the provider's count, of all answers; null when it states none.")
    cached_tokens: int = Field(default=0, description="Of the input, those that the provider's cache had.")
    written_tokens: int = Field(default=0, description="Of the input, those that its cache now has.")
    reasoning_tokens: int = Field(default=0, description="Of the output, those of what was thought.")
    cost: float | None = Field(default=None, description="Dollars, of all answers; null where no price is known.")
    from_cache: int = Field(
        default=0, description="Of the answers, those that the route had kept or another call was getting: at no cost."
    )
    ignored: list[str] = Field(
        default_factory=list[str], description="What was asked for and the model has no such thing."
    )


class ChatPart(Model):
    """A part of an answer: its next words, or its end; the last part of all holds the whole."""

    model: str = Field(description="The model's id.")
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    answer: int = Field(default=0, description="Which answer, from 0.")
    text: str = Field(default="", description="Its next words.")
    thought: str = Field(default="", description="What is thought next, which is none of its words.")
    logprobs: list[TokenChances] = Field(
        default_factory=list[TokenChances], description="Of its next tokens, where they were wanted."
    )
    ended: ChatAnswer | None = Field(default=None, description="The answer, in its last part.")
    whole: ChatCompletion | None = Field(default=None, description="Every answer, in the last part of all.")
