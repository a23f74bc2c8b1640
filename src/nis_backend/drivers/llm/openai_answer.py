"""An answer of OpenAI's chat completions, put together from its chunks.

Source: https://platform.openai.com/docs/api-reference/chat/streaming; where servers depart from it, the place says how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from nis_backend.drivers.llm.answer import (
    MOST_CALLS,
    Answered,
    Reasoning,
    ReasoningChunk,
    TextChunk,
    TokenLogprob,
    ToolCall,
    Usage,
)
from nis_backend.drivers.llm.openai_parts import THOUGHTS, logprobs_in, usage_in, words_in
from nis_backend.drivers.llm.openai_refusals import message_of
from nis_backend.errors import InvalidRequest, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.drivers.llm.openai_parts import Json

NOTHING = Usage()

_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


@dataclass(kw_only=True)
class Spoken:
    """What a model has said, as it comes."""

    thought: list[str] = field(default_factory=list[str])
    """What it has thought, whole."""
    logprobs: list[TokenLogprob] = field(default_factory=list[TokenLogprob])
    """Of the tokens that came since `take`."""
    _fresh: list[tuple[bool, list[str]]] = field(default_factory=list[tuple[bool, list[str]]])
    """What was said since then: whether it was thought, and its pieces."""

    def say(self, words: str, *, thought: bool = False) -> None:
        """Take words in, or a thought."""
        if thought:
            self.thought.append(words)
        if self._fresh and self._fresh[-1][0] is thought:
            self._fresh[-1][1].append(words)
        else:
            self._fresh.append((thought, [words]))

    def take(self) -> list[TextChunk | ReasoningChunk]:
        """What was said since the last time, neighbours joined."""
        items: list[TextChunk | ReasoningChunk] = []
        for thought, words in self._fresh:
            text = "".join(words)
            items.append(ReasoningChunk(text=text) if thought else TextChunk(text=text))
        self._fresh.clear()
        if self.logprobs:
            last = items.pop() if items and isinstance(items[-1], TextChunk) else None
            items.append(TextChunk(text=last.text if last else "", logprobs=tuple(self.logprobs)))
            self.logprobs.clear()
        return items


@dataclass(kw_only=True)
class Answer:
    """What has been read of an answer."""

    prefix: str
    """Of the ids made for calls that the server gave none; the length of the conversation keeps them apart."""
    reason: str | None = None
    done: bool = False
    broken: str | None = None
    """Why the server broke off, where it did."""
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    indexes: list[int | None] = field(default_factory=list[int | None])
    usage: Usage = NOTHING
    refused: bool = False
    thoughts: str = ""
    """The name under which the server says what the model thinks."""
    spoken: Spoken = field(default_factory=Spoken)

    @property
    def ended(self) -> bool:
        """Whether the server said that this is all."""
        return self.done or self.reason is not None

    def feed(self, chunk: Json) -> None:
        """Take one chunk, or one whole completion."""
        if chunk.get("error"):
            self.broken = message_of(chunk)
            return
        groq: Json = chunk.get("x_groq") or {}
        if usage := chunk.get("usage") or groq.get("usage"):
            self.usage = usage_in(usage)
        choices = chunk.get("choices")
        if not choices:
            return
        choice = choices[0]
        reason = choice.get("finish_reason")
        self.reason = str(reason) if reason else self.reason
        delta: Json = choice.get("delta") or choice.get("message") or {}
        for at, call in enumerate(delta.get("tool_calls") or ()):
            # A whole answer's calls are whole, each one of its own.
            self._call(call if "delta" in choice else {**call, "index": at})
        for name in THOUGHTS:
            if thought := words_in(delta.get(name)):
                self.thoughts = name
                self.spoken.say(thought, thought=True)
                break
        words = words_in(delta.get("content"))
        if not words and (words := words_in(delta.get("refusal"))):
            self.refused = True
        if words:
            self.spoken.say(words)
        if choice.get("logprobs"):
            self.spoken.logprobs += logprobs_in(choice)

    def _call(self, part: Json) -> None:
        function: Json = part.get("function") or {}
        given, name, arguments = words_in(part.get("id")), words_in(function.get("name")), function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        at = self._place(part.get("index"), given, name)
        if at == len(self.calls):
            if at >= MOST_CALLS:
                raise ValueError
            self.calls.append(ToolCall(id="", name="", arguments=""))
            self.indexes.append(part.get("index"))
        call = self.calls[at]
        # The name comes whole; some servers repeat it with every part.
        self.calls[at] = replace(
            call, id=call.id or given, name=call.name or name, arguments=call.arguments + words_in(arguments)
        )

    def _place(self, index: int | None, given: str, name: str) -> int:
        """Which call a part belongs to: the last of its index, unless its id, or else its name, says otherwise."""
        places = [at for at, one in enumerate(self.indexes) if index in (None, one)]
        if not places:
            return len(self.calls)
        call = self.calls[places[-1]]
        if given and call.id not in ("", given) and (name or index is None):
            # Some servers number every call 0 and tell them apart by id alone.
            return next((at for at, one in enumerate(self.calls) if one.id == given), len(self.calls))
        if index is None and name and not given and call.name:
            return len(self.calls)
        return places[-1]

    def whole(self, provider: str, ignored: tuple[str, ...] = ()) -> Answered:
        """The end of the answer; `ignored` of what was asked for was left out.

        Raises:
            InvalidRequest: the provider's filter withheld it.
            UpstreamFailed: the provider says that it failed.
        """
        if self.reason == "content_filter":
            raise InvalidRequest(f"The filter of {provider} withheld the answer.", remedy="Ask in other words.")
        if self.reason == "error":
            raise UpstreamFailed(f"{provider} ended its answer with an error.", remedy="Try again.")
        calls: dict[str, ToolCall] = {}
        for number, call in enumerate(self.calls):
            unique = call.id if call.id and call.id not in calls else f"{self.prefix}-{number}"
            calls[unique] = replace(call, id=unique)
        reason = _REASONS.get(self.reason or "", "stop")
        if reason != "length":
            # Some servers end with "stop" and calls nevertheless.
            reason = "tool_calls" if calls else "stop"
        thought = "".join(self.spoken.thought)
        return Answered(
            finish_reason=reason,
            tool_calls=tuple(calls.values()),
            input_tokens=self.usage.input,
            output_tokens=self.usage.output,
            usage=None if self.usage == Usage(input=self.usage.input, output=self.usage.output) else self.usage,
            reasoning=(Reasoning(text=thought, origin=provider),) if thought and calls else (),
            refused=self.refused,
            ignored=ignored,
        )
