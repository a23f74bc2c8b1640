"""What a language model answers: words as they come, what it thought, calls it wants made, and what was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CALLS = 128
"""Tool calls that are read of one answer."""


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A function the model wants called; `arguments` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Reasoning:
    """What a model thought in a turn, as its provider wants it back with that turn."""

    text: str = ""
    signature: str = ""
    """The provider's proof that the text is its own."""
    redacted: str = ""
    """What the provider encrypted and alone can read."""
    origin: str = ""
    """The provider that wrote it: no other one is given it."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens by the provider's count; `input` and `output` are None when it states none.

    `cached` and `written` (into its cache, `written_long` of them for an hour) and `audio_in` are among the input,
    `reasoning` and `audio_out` among the output.
    """

    input: int | None = None
    output: int | None = None
    cached: int = 0
    written: int = 0
    written_long: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    seconds: float = 0.0
    """Of sound that was heard, where that is what is charged for."""
    characters: int = 0
    """That were spoken, where that is."""


@dataclass(frozen=True, kw_only=True)
class TokenLogprob:
    """A token that was chosen, the natural logarithm of its probability, and what else might have been."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    """The token in UTF-8, where it is part of a character; None when it is not stated."""
    alternatives: tuple[TokenLogprob, ...] = ()
    """The likeliest tokens of this place, the chosen one among them if it is one of them."""


@dataclass(frozen=True, kw_only=True)
class TextChunk:
    """Text as it is generated."""

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()
    """Of the text's tokens, where they were asked for; text and tokens may come in different chunks."""


@dataclass(frozen=True, kw_only=True)
class ReasoningChunk:
    """What a model thinks before it answers, as it comes: no words of the answer."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The end of a model's answer; counts are the provider's own, or None when it states none."""

    finish_reason: Literal["stop", "length", "tool_calls"]
    tool_calls: tuple[ToolCall, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    usage: Usage | None = None
    """More about the tokens; None when the two counts are all that is stated."""
    reasoning: tuple[Reasoning, ...] = ()
    """What the model wants to see again with this turn."""
    model: str = ""
    """Which model answered, as `provider:name`; empty for the one that was asked."""
    refused: bool = False
    """Whether the words are a refusal to answer."""
    ignored: tuple[str, ...] = ()
    """What was asked for and left out, since the model or its provider has no such thing: fields of `Prompt`."""
    cost: int | None = None
    """In billionths of a dollar, by the gateway; None where no price is known."""
    cache: Literal["", "hit", "shared"] = ""
    """Where no model was asked for it: `hit`, a route has kept it; `shared`, another call was getting it."""

    def spent(self) -> Usage:
        """The tokens, as far as they are stated."""
        return self.usage or Usage(input=self.input_tokens, output=self.output_tokens)


Item = TextChunk | ReasoningChunk | Answered
"""What comes of a model; the last one is `Answered`."""


def total(counts: Iterable[int | None]) -> int | None:
    """What several answers took together; None where one of them states nothing."""
    given = list(counts)
    known = [count for count in given if count is not None]
    return sum(known) if len(known) == len(given) else None
