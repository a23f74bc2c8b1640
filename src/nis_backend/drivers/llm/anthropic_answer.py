"""What Anthropic's server answers: the events of a stream, or one whole message, as they are read.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.drivers.llm.answer import MOST_CALLS, Answered, Reasoning, ReasoningChunk, TextChunk, ToolCall, Usage
from nis_backend.drivers.llm.server import members, text_in
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.drivers.llm.anthropic_turns import Json


_REASONS: Mapping[str, Literal["length"]] = {"max_tokens": "length", "model_context_window_exceeded": "length"}


@dataclass(kw_only=True)
class _Block:
    """A block, as much of it as has come."""

    kind: str
    id: str = ""
    name: str = ""
    given: Json = field(default_factory=dict[str, Any])
    """A tool's input, where it came whole."""
    pieces: list[str] = field(default_factory=list[str])
    signature: str = ""
    redacted: str = ""


@dataclass(kw_only=True)
class Answer:
    """What has been read of an answer."""

    origin: str
    """The provider, for what it wants to see again."""
    names: Mapping[str, str]
    """The tools' own names, by those that the wire has for them."""
    reason: str | None = None
    done: bool = False
    explained: str = ""
    """Why the model refused, where it says so."""
    broken: Json | None = None
    """The error that the server ended with."""
    blocks: dict[int, _Block] = field(default_factory=dict[int, _Block])
    counts: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def ended(self) -> bool:
        """Whether the server said that this is all."""
        return self.done or self.reason is not None

    def feed(self, event: Json) -> Iterator[TextChunk | ReasoningChunk]:
        """Take one event, or one whole message, and answer what is new; what is not known says nothing."""
        kind = event["type"]
        if kind == "message":
            yield from self._whole(event)
        elif kind == "message_start":
            self._count(event["message"].get("usage"))
        elif kind == "content_block_start":
            yield from self._begin(event["index"], event["content_block"])
        elif kind == "content_block_delta":
            yield from self._add(self.blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            self._end(event["delta"])
            self._count(event.get("usage"))
        elif kind == "message_stop":
            self.done = True
        elif kind == "error":
            self.broken = event

    def _whole(self, message: Json) -> Iterator[TextChunk | ReasoningChunk]:
        for index, block in enumerate(message["content"]):
            yield from self._begin(index, block)
        self._end(message)
        self._count(message.get("usage"))
        self.done = True

    def _begin(self, index: int, given: Json) -> Iterator[TextChunk | ReasoningChunk]:
        block = _Block(kind=given["type"], id=text_in(given.get("id")), name=text_in(given.get("name")))
        block.given = given.get("input") or {}
        block.redacted = text_in(given.get("data"))
        self.blocks[index] = block
        if sum(one.kind == "tool_use" for one in self.blocks.values()) > MOST_CALLS:
            raise ValueError
        for name in ("text", "thinking", "signature"):
            if given.get(name):
                yield from self._add(block, {"type": f"{name}_delta", name: given[name]})

    def _add(self, block: _Block, delta: Json) -> Iterator[TextChunk | ReasoningChunk]:
        kind = delta["type"]
        if kind == "text_delta":
            yield TextChunk(text=text_in(delta["text"]))
        elif kind == "thinking_delta":
            block.pieces.append(text_in(delta["thinking"]))
            yield ReasoningChunk(text=block.pieces[-1])
        elif kind == "signature_delta":
            block.signature += text_in(delta["signature"])
        elif kind == "input_json_delta":
            block.pieces.append(text_in(delta["partial_json"]))

    def _end(self, given: Json) -> None:
        reason = given.get("stop_reason")
        self.reason = str(reason) if reason else self.reason
        self.explained = text_in(members(given.get("stop_details")).get("explanation")) or self.explained

    def _count(self, counts: Json | None) -> None:
        """Counts are of all so far: the last one stated is the one that counts."""
        add_counts(self.counts, counts)

    def whole(self, *, said: bool, ignored: tuple[str, ...]) -> Answered:
        """The end of the answer, which has said something or not.

        Raises:
            InvalidRequest: the model refused without a word.
        """
        refused = self.reason == "refusal"
        calls = () if refused else tuple(self._calls())
        if refused and not said:
            why = f": {self.explained.rstrip('.')}" if self.explained else ""
            raise InvalidRequest(f"The model of {self.origin} refused to answer{why}.", remedy="Ask in other words.")
        spent = usage_of(self.counts)
        return Answered(
            finish_reason=_REASONS.get(self.reason or "") or ("tool_calls" if calls else "stop"),
            tool_calls=calls,
            input_tokens=spent.input,
            output_tokens=spent.output,
            usage=spent,
            reasoning=tuple(self._thoughts()),
            refused=refused,
            ignored=ignored,
        )

    def _calls(self) -> Iterator[ToolCall]:
        for index in sorted(self.blocks):
            block = self.blocks[index]
            if block.kind == "tool_use":
                arguments = "".join(block.pieces) or json.dumps(block.given)
                name = self.names.get(block.name, block.name)
                yield ToolCall(id=block.id or f"call-{index}", name=name, arguments=arguments)

    def _thoughts(self) -> Iterator[Reasoning]:
        for index in sorted(self.blocks):
            block = self.blocks[index]
            if block.kind == "thinking":
                yield Reasoning(text="".join(block.pieces), signature=block.signature, origin=self.origin)
            elif block.kind == "redacted_thinking":
                yield Reasoning(redacted=block.redacted, origin=self.origin)


def used_in(said: Iterable[Json]) -> Usage | None:
    """The tokens that a message states, or the events of a stream in their order; None where they state none."""
    counts: Json = {}
    for one in said:
        add_counts(counts, members(members(one.get("message")).get("usage")) or members(one.get("usage")))
    return usage_of(counts) if counts else None


def add_counts(counts: Json, more: Json | None) -> None:
    """Take what is stated later in place of what was."""
    counts |= {name: value for name, value in (more or {}).items() if value is not None}


def usage_of(counts: Json) -> Usage:
    """The tokens. This wire's `input_tokens` are those that its cache had no part in: ours are all."""
    fresh, output = counts.get("input_tokens"), counts.get("output_tokens")
    cached, written = _number(counts.get("cache_read_input_tokens")), _number(counts.get("cache_creation_input_tokens"))
    return Usage(
        input=_number(fresh) + cached + written if isinstance(fresh, int) else None,
        output=_number(output) if isinstance(output, int) else None,
        cached=cached,
        written=written,
        written_long=_number(members(counts.get("cache_creation")).get("ephemeral_1h_input_tokens")),
        reasoning=_number(members(counts.get("output_tokens_details")).get("thinking_tokens")),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
