"""An answer of OpenAI's responses, put together from its events, or read whole.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.drivers.llm.answer import MOST_CALLS, Answered, Reasoning, ToolCall, Usage
from nis_backend.drivers.llm.openai_answer import Spoken
from nis_backend.drivers.llm.openai_parts import count_in, logprobs_of, words_in
from nis_backend.drivers.llm.openai_refusals import message_of
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.drivers.llm.openai_parts import Json

WORDS = frozenset({"response.output_text.delta", "response.refusal.delta"})
THOUGHT = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


@dataclass(kw_only=True)
class ResponsesAnswer:
    """What has been read of an answer."""

    status: str = ""
    reason: str = ""
    """Why it is incomplete."""
    done: bool = False
    broken: str | None = None
    thoughts: str = ""
    spoken: Spoken = field(default_factory=Spoken)
    usage: Usage = field(default_factory=Usage)
    refused: bool = False
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    reasoning: list[Json] = field(default_factory=list["Json"])

    @property
    def ended(self) -> bool:
        """Whether the server said that this is all."""
        return bool(self.status)

    def feed(self, chunk: Json) -> None:
        """Take one event, or a whole response."""
        kind: str = chunk.get("type", "")
        if kind in WORDS:
            self.refused = self.refused or kind == "response.refusal.delta"
            self.spoken.logprobs += logprobs_of(chunk.get("logprobs"))
            self._say(chunk["delta"])
        elif kind in THOUGHT:
            self._say(chunk["delta"], thought=True)
        elif kind == "response.output_item.done":
            self._keep(chunk["item"])
        elif kind in ENDS:
            self._end(chunk["response"])
        elif kind == "error" or chunk.get("error"):
            self.broken = message_of(chunk)
        elif chunk.get("object") == "response":
            for item in chunk["output"]:
                self._read(item)
            self._end(chunk)
        elif not kind:
            raise ValueError(kind)

    def _say(self, words: Any, *, thought: bool = False) -> None:  # Any: JSON
        if text := words_in(words):
            self.spoken.say(text, thought=thought)

    def _read(self, item: Json) -> None:
        """An item of a whole response: what its events would have said, and its end."""
        for part in item.get("summary") or ():
            self._say(part.get("text"), thought=True)
        for part in item.get("content") or ():
            thought = part.get("type") == "reasoning_text"
            self.refused = self.refused or part.get("type") == "refusal"
            self.spoken.logprobs += logprobs_of(part.get("logprobs"))
            self._say(part.get("text") or part.get("refusal"), thought=thought)
        self._keep(item)

    def _keep(self, item: Json) -> None:
        """An item that is whole."""
        if item["type"] == "function_call":
            if len(self.calls) >= MOST_CALLS:
                raise ValueError
            given = (words_in(item.get(name)) for name in ("call_id", "name", "arguments"))
            self.calls.append(ToolCall(**dict(zip(("id", "name", "arguments"), given, strict=True))))
        elif item["type"] == "reasoning":
            self.reasoning.append(item)

    def _end(self, response: Json) -> None:
        self.status = words_in(response.get("status")) or "completed"
        self.usage = _usage(cast("Json", response.get("usage") or {}))
        incomplete: Json = response.get("incomplete_details") or {}
        self.reason = words_in(incomplete.get("reason"))
        if self.status in {"failed", "cancelled"}:
            self.broken = message_of(response.get("error")) or self.status

    def whole(self, provider: str, ignored: tuple[str, ...] = ()) -> Answered:
        """The end of the answer.

        Raises:
            InvalidRequest: the provider's filter withheld it.
        """
        if self.reason == "content_filter":
            raise InvalidRequest(f"The filter of {provider} withheld the answer.", remedy="Ask in other words.")
        reason: Literal["stop", "length", "tool_calls"] = "tool_calls" if self.calls else "stop"
        plain = Usage(input=self.usage.input, output=self.usage.output)
        return Answered(
            finish_reason="length" if self.status == "incomplete" else reason,
            tool_calls=tuple(self.calls),
            input_tokens=self.usage.input,
            output_tokens=self.usage.output,
            usage=None if self.usage == plain else self.usage,
            reasoning=tuple(_thought(item, provider) for item in self.reasoning if item.get("encrypted_content")),
            refused=self.refused,
            ignored=ignored,
        )


def _thought(item: Json, provider: str) -> Reasoning:
    parts: list[Json] = item.get("summary") or []
    text = "".join(words_in(part.get("text")) for part in parts)
    sealed = words_in(item["encrypted_content"])
    return Reasoning(text=text, signature=words_in(item.get("id")), redacted=sealed, origin=provider)


def _usage(stated: Json) -> Usage:
    given: Json = stated.get("input_tokens_details") or {}
    made: Json = stated.get("output_tokens_details") or {}
    return Usage(
        input=count_in(stated.get("input_tokens")),
        output=count_in(stated.get("output_tokens")),
        cached=count_in(given.get("cached_tokens")) or 0,
        written=count_in(given.get("cache_write_tokens")) or 0,
        reasoning=count_in(made.get("reasoning_tokens")) or 0,
    )
