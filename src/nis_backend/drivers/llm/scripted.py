"""Prepared answers from a file, for tests: chosen by name, never fallen back to, and it says so in its output."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from nis_backend.drivers.llm.answer import Answered, ReasoningChunk, TextChunk, ToolCall, Usage
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
from nis_backend.errors import Unavailable, shorten
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import Prompt

MARK = "[scripted] "


class ScriptedCall(Model):
    """A tool that the answer calls."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)  # Any: JSON


class ScriptedReply(Model):
    """One prepared answer."""

    text: str = Field(default="", description="The words; `{tool}` stands for the result of the last tool.")
    when: str | None = Field(default=None, description="Only for a last user message that holds this, in any case.")
    after_tool: bool = Field(default=False, description="Only, and before all others, when a tool has just answered.")
    tool_calls: list[ScriptedCall] = Field(default_factory=list[ScriptedCall])
    reasoning: str = Field(default="", description="What is thought before the words.")
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = Field(default=0, ge=0, description="Of the input, those that a cache had.")
    reasoning_tokens: int = Field(default=0, ge=0, description="Of the output, those of what was thought.")
    pause: float | None = Field(default=None, ge=0, le=600, description="Seconds between two of its words.")


class Script(Model):
    """The file."""

    replies: list[ScriptedReply] = Field(min_length=1)
    tools: bool = Field(default=False, description="Whether the model passes for one that uses tools.")
    pause: float = Field(default=0, ge=0, le=10, description="Seconds between two words.")


class ScriptedModels(LanguageModels):
    """The provider `scripted`, with one model of that name.

    A reply whose `when` occurs in the last user message is taken first; the others are taken in turn, from the first
    again after the last.
    """

    provider = "scripted"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._script: Script | None = None
        self._turn = 0

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`."""
        script = await self._read()
        detail = f"Scripted: prepared answers from {self._path.name}; no model is behind it."
        return [
            ModelInfo(
                provider=self.provider,
                name="scripted",
                tools=script.tools,
                demonstration=True,
                detail=detail,
                logprobs=False,
            )
        ]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`; one chunk a word."""
        script = await self._read()
        reply = self._choose(script, prompt)
        result = next((one.content for one in reversed(prompt.messages) if one.role == "tool"), "")
        text = reply.text.replace("{tool}", result)
        # In JSON a mark would be a fault; that it is a demonstration is said beside it.
        mark = "" if prompt.json or not text else MARK
        if reply.reasoning:
            yield ReasoningChunk(text=reply.reasoning)
        for word in re.findall(r"\S*\s*", mark + text):
            if word:
                yield TextChunk(text=word)
                await asyncio.sleep(script.pause if reply.pause is None else reply.pause)
        calls = tuple(
            ToolCall(id=f"call-{len(prompt.messages)}-{number}", name=call.name, arguments=json.dumps(call.arguments))
            for number, call in enumerate(reply.tool_calls)
        )
        yield Answered(
            finish_reason="tool_calls" if calls else "stop",
            tool_calls=calls,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            usage=_usage(reply),
        )

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; a word is one."""
        await self._read()
        return sum(len(message.content.split()) for message in prompt.messages)

    async def close(self) -> None:
        """Nothing is open."""

    def _choose(self, script: Script, prompt: Prompt) -> ScriptedReply:
        asked = next((one.content for one in reversed(prompt.messages) if one.role == "user"), "").lower()
        after_tool = bool(prompt.messages) and prompt.messages[-1].role == "tool"
        fitting = [one for one in script.replies if one.after_tool == after_tool]
        for reply in fitting:
            if reply.when is not None and reply.when.lower() in asked:
                return reply
        turns = [one for one in fitting if one.when is None]
        if not turns:
            raise Unavailable(
                f"{self._path.name} has no reply to {shorten(asked)!r}{' after a tool' if after_tool else ''}.",
                remedy="Add one without `when` to the file that NIS_SCRIPTED names.",
            )
        self._turn += 1
        return turns[(self._turn - 1) % len(turns)]

    async def _read(self) -> Script:
        if self._script is None:
            try:
                self._script = Script.model_validate_json(await asyncio.to_thread(self._path.read_bytes))
            except (OSError, ValidationError) as error:
                why = error.strerror if isinstance(error, OSError) else error.errors()[0]["msg"]
                raise Unavailable(
                    f"The script {self._path.name} cannot be used: {why}.",
                    remedy='Set NIS_SCRIPTED to a file like {"replies": [{"text": "Hello."}]}.',
                ) from None
        return self._script


def _usage(reply: ScriptedReply) -> Usage | None:
    """The parts of its tokens, where it states any."""
    if not reply.cached_tokens and not reply.reasoning_tokens:
        return None
    return Usage(
        input=reply.input_tokens,
        output=reply.output_tokens,
        cached=reply.cached_tokens,
        reasoning=reply.reasoning_tokens,
    )
