"""Models from GGUF files on this machine, the light half: which there are, and how their workers are asked."""

from __future__ import annotations

import asyncio
import importlib.util
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.base import LanguageModels, Message, ModelInfo
from nis_backend.drivers.llm.embedded_wire import NO_ARGUMENTS, called, tool_of
from nis_backend.drivers.llm.gguf_file import head_of
from nis_backend.drivers.llm.openai_answer import Answer
from nis_backend.drivers.llm.openai_wire import body_of
from nis_backend.drivers.llm.schema import check_schema
from nis_backend.errors import NotSupported, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute, Json
    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import Prompt, Tool
    from nis_backend.settings import Settings

SLOTS = 2
"""Answers of one model at once; more wait their turn."""
USUAL_CONTEXT = 4096
"""Tokens, where a file does not say what it was made for."""
MOST_FILES = 16
"""Files of a folder that are models here."""
HELD_SECONDS = 240.0
"""Time for an answer that is held to a schema: by some a model may write without end."""


def files_of(settings: Settings) -> dict[str, Path]:
    """The files by the names of their models; of one in several parts the first, which names the others.

    Pictures' half of a model (`mmproj`) is no model of its own.
    """
    path = settings.gguf
    if path is None:
        return {}
    found = sorted(path.glob("*.gguf")) if path.is_dir() else [path]
    parts = [one for one in found if "-of-" in one.stem and "-00001-of-" not in one.stem]
    names = [one for one in found if one not in parts and not one.stem.startswith("mmproj")]
    return {one.stem: one for one in names[:MOST_FILES]}


def pools_of(settings: Settings) -> list[Pool]:
    """A pool for each file, whose worker holds the model while it is used."""
    return [
        Pool(
            name=_pool(name),
            kind="shared",
            entry="nis_backend.drivers.llm.gguf_worker:open_worker",
            options={
                "path": str(path),
                "name": name,
                "context": settings.gguf_context,
                "usual": USUAL_CONTEXT,
                "threads": settings.embedded_threads,
                "slots": SLOTS,
            },
            idle_seconds=settings.idle_seconds,
            # As of the embedded model: threads that spin lose most of their speed beside a busy process.
            environment={"OMP_WAIT_POLICY": "passive"},
            extra="local",
        )
        for name, path in files_of(settings).items()
    ]


class GgufModels(LanguageModels):
    """The provider `file`: whatever models stand at `NIS_GGUF`, on this CPU."""

    provider = "file"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._settings = settings
        self._files = files_of(settings)
        self._compute = compute

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; by their names, those of files that are none left out."""
        if importlib.util.find_spec("xllamacpp") is None:
            raise Unavailable(
                "Models from files take the package xllamacpp.",
                remedy="Install nis with it: pip install nis-backend[local]",
            )
        found = [await self._info(name) for name in self._files]
        infos = [one for one in found if isinstance(one, ModelInfo)]
        if not infos:
            why = next((one for one in found if isinstance(one, str)), "there is no .gguf file")
            raise Unavailable(
                f"NIS_GGUF names no model: {why}.",
                remedy="Set it to a GGUF file, or to a folder of some, and start again.",
            )
        return infos

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`; a model without a place for tools calls the one that must be.

        Raises:
            NotSupported: it is shown more than words, would have to choose among tools that it has no place for, or
                cannot be held to a schema.
        """
        info = await self.find(prompt.model)
        if info is None:
            raise Unavailable(f"There is no model {prompt.model!r} at NIS_GGUF.", remedy="List the models.")
        if any(part.kind != "text" for message in prompt.messages for part in message.parts):
            raise NotSupported(f"{info.id} takes words alone.", field="messages", remedy="Choose another model.")
        tool = _forced(prompt, info)
        payload = _payload(prompt, tool)
        answer = Answer(prefix=f"call-{len(prompt.messages)}")
        arguments: list[str] = []
        async with aclosing(self._compute.stream(_pool(info.name), payload)) as chunks:
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

    async def _info(self, name: str) -> ModelInfo | str:
        """The model, or why the file is none."""
        path = self._files[name]
        try:
            head = await asyncio.to_thread(head_of, path)
        except OSError as error:
            return f"{path.name}: {error.strerror}"
        except ValueError:
            return f"{path.name} is no GGUF file"
        return ModelInfo(
            provider=self.provider,
            name=name,
            tools=head.tools,
            context_tokens=min(head.context or USUAL_CONTEXT, self._settings.gguf_context),
            detail=f"{head.architecture}, from {path.name} on this CPU.",
            vision=False,
            audio=False,
            files=False,
            json_schema=True,
            logprobs=True,
        )


def _pool(name: str) -> str:
    return f"file-{name}"


def _forced(prompt: Prompt, info: ModelInfo) -> Tool | None:
    """The one tool that must be called: by the schema of its arguments, for the engine lets a model talk before a call.

    Raises:
        NotSupported: it would have to be chosen, and the model has no place for tools.
    """
    named = [tool for tool in prompt.tools if prompt.tool_name in (None, tool.name)]
    if info.tools and (prompt.tool_choice != "required" or len(named) > 1):
        return None
    return tool_of(prompt)


def _payload(prompt: Prompt, tool: Tool | None) -> Json:
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
        check_schema(schema, field)
    offered: Sequence[Tool] = [] if tool is not None or prompt.tool_choice == "none" else prompt.tools
    asked = replace(prompt, tools=offered, json=False, schema=None, pieces=True)
    return {
        "body": body_of(asked, ("stream_options", "reasoning_effort"), GgufModels.provider),
        "schema": schema,
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
