"""Models from this machine's disk, the light half: how their workers are asked. Each model has a worker of its own."""

from __future__ import annotations

import asyncio
import importlib.util
from abc import abstractmethod
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import LanguageModels, Message, ModelInfo
from nis_backend.drivers.llm.embedded_wire import NO_ARGUMENTS, called, tool_of
from nis_backend.drivers.llm.openai_answer import Answer
from nis_backend.drivers.llm.openai_wire import body_of
from nis_backend.errors import NotSupported, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute, Json
    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import Prompt, Tool

HELD_SECONDS = 240.0
"""Time for an answer that is held to a schema: by some a model may write without end."""


USUAL_CONTEXT = 4096
"""Tokens, where nothing says what a model was made for."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is read of a model before it is loaded."""

    tools: bool
    """Whether its template has a place for tools."""
    context: int | None
    """Tokens it was made for, where it says so."""
    detail: str


class DiskModels(LanguageModels):
    """A provider whose models lie where a setting says; its workers answer in chunks of OpenAI's chat completions."""

    setting: str
    """The variable, for messages."""
    packages: Sequence[str]
    """What its workers import."""
    missing: str
    """What is said where one of them is not installed; `{missing}` are those."""
    extra: str
    """How they are installed."""
    none: str
    """Why there is no model, where the setting names no place of one."""
    remedy: str
    """What to set instead."""

    def __init__(self, compute: Compute, places: Mapping[str, Path], context: int) -> None:
        """`places` are where the models lie, by their names; `context` is the most tokens of one."""
        self._compute = compute
        self._places = places
        self._context = context

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; by their names, places that hold none left out."""
        missing = [name for name in self.packages if importlib.util.find_spec(name) is None]
        if missing:
            raise Unavailable(self.missing.format(missing=", ".join(missing)), remedy=self.extra)
        found = [await self._info(name) for name in self._places]
        infos = [one for one in found if isinstance(one, ModelInfo)]
        if not infos:
            why = next((one for one in found if isinstance(one, str)), self.none)
            raise Unavailable(f"{self.setting} names no model: {why}.", remedy=self.remedy)
        return infos

    @abstractmethod
    def look(self, name: str) -> Found:
        """Read what a model is; in a thread.

        Raises:
            OSError: it cannot be read.
            ValueError: it is none; the message says why.
        """

    async def _info(self, name: str) -> ModelInfo | str:
        """The model, or why there is none."""
        try:
            found = await asyncio.to_thread(self.look, name)
        except OSError as error:
            return f"{self.label(name)}: {error.strerror}"
        except ValueError as error:
            return str(error)
        return ModelInfo(
            provider=self.provider,
            name=name,
            tools=found.tools,
            context_tokens=min(found.context or USUAL_CONTEXT, self._context),
            detail=found.detail,
            vision=False,
            audio=False,
            files=False,
            json_schema=True,
            logprobs=True,
        )

    def label(self, name: str) -> str:
        """What a model's place is called in messages: never its path."""
        return self._places[name].name

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`; a model without a place for tools calls the one that must be.

        Raises:
            NotSupported: it is shown more than words, would have to choose among tools that it has no place for, or
                cannot be held to a schema.
        """
        info = await self._info_of(prompt)
        tool = self._forced(prompt, info)
        payload = self._payload(prompt, tool)
        answer = Answer(prefix=f"call-{len(prompt.messages)}")
        arguments: list[str] = []
        async with aclosing(self._asked(info.name, payload)) as chunks:
            async for chunk in chunks:
                answer.feed(chunk)
                for item in answer.spoken.take():
                    if tool is None:
                        yield item
                    else:
                        arguments.append(item.text)
        end = answer.whole(self.provider)
        yield end if tool is None else called(tool, "".join(arguments), end)

    async def close(self) -> None:
        """Nothing was opened: the pools belong to the process."""

    def _asked(self, name: str, payload: Json) -> AsyncGenerator[Json, None]:
        """Have a model's worker answer."""
        return self._compute.stream(self.pool(name), payload)

    async def _bits(self, name: str, payload: Json, text: str) -> float:
        """What a worker that tells it says of how unlikely a text is after a conversation."""
        async with aclosing(self._asked(name, {**payload, "surprise": text})) as items:
            told = [float(item["bits"]) async for item in items]
        return told[0]

    @classmethod
    def pool(cls, name: str) -> str:
        """The pool of a model's worker."""
        return f"{cls.provider}-{name}"

    def check(self, schema: Json, field: str) -> None:
        """Refuse a schema, given as `field`, that the engine cannot hold to, where that is known before it is asked."""
        del schema, field

    async def _info_of(self, prompt: Prompt) -> ModelInfo:
        info = await self.find(prompt.model)
        if info is None:
            raise Unavailable(f"There is no model {prompt.model!r} at {self.setting}.", remedy="List the models.")
        if any(part.kind != "text" for message in prompt.messages for part in message.parts):
            raise NotSupported(f"{info.id} takes words alone.", field="messages", remedy="Choose another model.")
        return info

    def _forced(self, prompt: Prompt, info: ModelInfo) -> Tool | None:
        """The one tool that must be called: by the schema of its arguments, for an engine may let a model talk before.

        Raises:
            NotSupported: it would have to be chosen, and the model has no place for tools.
        """
        named = [tool for tool in prompt.tools if prompt.tool_name in (None, tool.name)]
        if info.tools and (prompt.tool_choice != "required" or len(named) > 1):
            return None
        return tool_of(prompt)

    def _payload(self, prompt: Prompt, tool: Tool | None) -> Json:
        """The worker's payload; `tool` is the one that is to be called by a model without a place for it.

        Raises:
            NotSupported: it cannot be held to a schema.
        """
        schema = prompt.schema or ({"type": "object"} if prompt.json else None)
        field = "answer_schema"
        if tool is not None:
            schema, field = tool.parameters or NO_ARGUMENTS, "tools"
            prompt = replace(prompt, messages=_told(prompt.messages, tool), stop=())
        if schema is not None:
            self.check(schema, field)
        offered: Sequence[Tool] = [] if tool is not None or prompt.tool_choice == "none" else prompt.tools
        asked = replace(prompt, tools=offered, json=False, schema=None, pieces=True)
        return {
            "body": body_of(asked, ("stream_options", "reasoning_effort"), self.provider),
            "schema": schema,
            "field": field,
            "reasoning": prompt.reasoning,
            "held_seconds": HELD_SECONDS,
        }


def _told(messages: Sequence[Message], tool: Tool) -> list[Message]:
    """The conversation, after what a model is told of the one function that it is to call; templates begin with it."""
    told = f"Call the function {tool.name}: {tool.description} Write its arguments as JSON, from the conversation."
    first, *others = messages
    if first.role == "system":
        return [replace(first, content=f"{first.content}\n\n{told}"), *others]
    return [Message(role="system", content=told), first, *others]
