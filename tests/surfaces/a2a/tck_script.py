"""A file for `--app`: the agent that the A2A TCK expects, which does what the prefix of a message's id says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.event import ArtifactMade
from nis_backend.operation import Model, Recorded, operation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nis_backend.context import Context

LONG_SECONDS = 4.0
"""Twice the time that the suite lets a stream be silent."""


class Act(Model):
    """A message of the suite's."""

    message: str
    message_id: str
    call: dict[str, Any] | None = None
    conversation_id: str | None = None


class Played(Model):
    """What was played."""

    message: str = Field(default="Hello from TCK")


class Said(Model):
    """What a person says to a task that waits."""

    message: str


class Facts(Model):
    """The suite's data artifact."""

    key: str = "value"
    count: int = 42


class Nothing(Model):
    """Nothing."""


@operation("tck.tell_facts", effect="reads")
async def tell_facts(request: Nothing, ctx: Context) -> Facts:
    """Answer the suite's data."""
    del request, ctx
    return Facts()


def _says(*words: str) -> Callable[[Context], Awaitable[None]]:
    async def say(ctx: Context) -> None:
        for word in words:
            await ctx.run.text(1, word)
            await ctx.run.flush()

    return say


async def _file(ctx: Context) -> None:
    blob = await ctx.blobs.put(b"Generated file content", name="output.txt", media_type="text/plain")
    await ctx.run.write(ArtifactMade(blob_id=blob.id, name=blob.name, media_type=blob.media_type, size=blob.size))


async def _data(ctx: Context) -> None:
    await ctx.step(tell_facts, Nothing())


async def _ask(ctx: Context) -> None:
    while True:
        said = await ctx.ask(Said, "What now?")
        if "complete" in said.message.lower() or "follow-up" in said.message.lower():
            return


async def _long(ctx: Context) -> None:
    del ctx
    await asyncio.sleep(LONG_SECONDS)


SCRIPT: tuple[tuple[str, Callable[[Context], Awaitable[None]]], ...] = (
    ("tck-artifact-text", _says("Generated text content")),
    ("tck-artifact-file", _file),
    ("tck-artifact-data", _data),
    ("tck-message-response", _says("Direct message response")),
    ("tck-input-required", _ask),
    ("tck-stream-artifact-file", _file),
    ("tck-stream-artifact-chunked", _says("chunk-1 ", "chunk-2")),
    ("tck-stream-artifact-text", _says("Streamed text content")),
    ("tck-stream-ordering-001", _says("Ordered output")),
    ("tck-stream-001", _says("Stream hello from TCK")),
    ("tck-stream-003", _says("Stream task lifecycle")),
    ("test-resubscribe-message-id", _long),
)
"""By prefix; what is longer stands before what it begins with."""


async def prepare(request: Act, ctx: Context) -> Act:
    """Each task belongs to a conversation; one that the client names is begun under that name."""
    name = request.conversation_id or ctx.new_id("conversation")
    if await ctx.store.get("conversations", name) is None:
        row = {"id": name, "title": "tck", "created": ctx.now(), "updated": ctx.now()}
        await ctx.store.insert("conversations", row)
    return request.model_copy(update={"conversation_id": name})


@operation("tck.play_script", effect="writes", prepare=prepare)
async def play_script(request: Act, ctx: Context) -> Recorded[Played]:
    """Do what the message's id says."""
    for prefix, act in SCRIPT:
        if request.message_id.startswith(prefix):
            await act(ctx)
            return Played()
    while not request.message_id.startswith("tck-"):
        # The suite for 0.3, whose messages are called otherwise, has its tasks stay open.
        await ctx.ask(Said, "And now?")
    return Played()


OPERATIONS = (tell_facts, play_script)
