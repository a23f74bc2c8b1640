"""A conversation told again: whole as a file, or in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.capabilities.chat.operations import read_turns
from nis_backend.capabilities.conversations.operations import (
    MOST,
    SAID,
    OneConversation,
    find_conversation,
    nothing_said,
)
from nis_backend.capabilities.conversations.shown import conversation_of, there_of
from nis_backend.capabilities.models.operations import TextRequest, generate_text
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context


class ExportConversation(OneConversation):
    """Which conversation, and as what."""

    format: Literal["markdown", "json"] = Field(default="markdown", description="What its text is.")


class Export(Model):
    """A conversation as the text of a file."""

    id: str
    name: str = Field(description="A name for the file.")
    media_type: str
    text: str
    turns: int = Field(description="Turns in it.")
    left_out: bool = Field(description="Whether there are earlier turns.")


class SummariseConversation(OneConversation):
    """Which conversation, and how."""

    method: Literal["model", "extractive"] = Field(
        default="model", description="Ask a model, or choose the conversation's own sentences by a formula."
    )
    words: int = Field(default=80, ge=20, le=400, description="Most words of the summary.")
    provider: str | None = Field(default=None, max_length=64, description="Provider to ask; unset takes the default.")
    model: str | None = Field(default=None, max_length=256, description="Model to ask, as provider:name or a name.")


class Summary(Model):
    """What a conversation was about, and who says so."""

    id: str
    summary: str
    method: Literal["model", "extractive"]
    model: str | None = Field(description="The model that wrote it; null when none did.")
    demonstration: bool = Field(description="Whether that model is too small to be relied on.")
    cut: bool = Field(description="Whether the model was cut at its limit of tokens.")
    formula: str | None = Field(description="By what sentences were chosen; null when a model wrote it.")
    turns: int = Field(description="Turns that were read: the last.")
    left_out: int = Field(description="Turns before those that did not fit the model.")
    more: bool = Field(description="Whether there are still earlier turns, which are never read.")


def _draw_export(_request: Model, result: Export) -> list[View]:
    return [Text(text=result.text)]


@operation(
    "conversations.get_export",
    effect="reads",
    on="conversation",
    view=_draw_export,
    examples=(
        Example(title="To read", request={"id": "{turn.conversation_id}"}, before=(SAID,)),
        Example(title="As data", request={"id": "{turn.conversation_id}", "format": "json"}, before=(SAID,)),
    ),
)
async def get_export(request: ExportConversation, ctx: Context) -> Export:
    """Export a conversation as one text: Markdown to read, or JSON with everything; of long ones the last 500 turns."""
    from nis_backend.capabilities.conversations.export import file_name, markdown  # noqa: PLC0415 - with the first export

    row = await find_conversation(request.id, ctx)
    turns, earlier = await read_turns(ctx, request.id, MOST)
    whole = conversation_of(row, turns, earlier, await there_of(turns, ctx))
    as_json = request.format == "json"
    return Export(
        id=request.id,
        name=file_name(whole.title, "json" if as_json else "md"),
        media_type="application/json" if as_json else "text/markdown",
        text=whole.model_dump_json(indent=2) if as_json else markdown(whole, left_out=earlier is not None),
        turns=len(turns),
        left_out=earlier is not None,
    )


def _draw_summary(_request: Model, result: Summary) -> list[View]:
    by = f"by {result.model}{', a demonstration model' if result.demonstration else ''}"
    chosen = "the conversation's own sentences, no model"
    return [Text(text=f"{result.summary}\n\n*({by if result.model else chosen})*")]


@operation(
    "conversations.get_summary",
    effect="reads",
    outward=True,
    on="conversation",
    view=_draw_summary,
    time_limit=300,
    examples=(
        Example(title="By the default model", request={"id": "{turn.conversation_id}"}, before=(SAID,)),
        Example(
            title="By its own sentences",
            request={"id": "{turn.conversation_id}", "method": "extractive", "words": 40},
            before=(SAID,),
        ),
    ),
)
async def get_summary(request: SummariseConversation, ctx: Context) -> Summary:
    """Summarise a conversation, by a model that is named in the result, or by its own sentences.

    The last turns that fit what the model takes are read; how many were left out is told. Nothing stands in for a model
    that is not there: `extractive` asks none, and has to be asked for.

    Raises:
        NotFound: the caller has no such conversation, or the model is not there.
        Conflict: nothing was said in it yet.
    """
    from nis_backend.capabilities.conversations import summary  # noqa: PLC0415 - with the first summary

    await find_conversation(request.id, ctx)
    turns, earlier = await read_turns(ctx, request.id, MOST)
    runs = [turn.current for turn in turns]
    if not runs:
        raise nothing_said(request.id)
    if request.method == "extractive":
        text, read, model, formula = summary.extract(runs, request.words), len(runs), None, summary.FORMULA
    else:
        _, info = await ctx.models.choose(request.model, request.provider)
        said, read = summary.transcript(runs, summary.room(info.context_tokens, request.words))
        asked = TextRequest(
            prompt=f"{summary.INSTRUCTION.format(words=request.words)}\n\n{said}",
            model=request.model,
            provider=request.provider,
            max_tokens=summary.answer_tokens(request.words),
            temperature=0,
        )
        answered = await ctx.call(generate_text, asked)
        text, model, formula = answered.text, answered, None
    return Summary(
        id=request.id,
        summary=text.strip(),
        method=request.method,
        model=model and model.model,
        demonstration=bool(model and model.demonstration),
        cut=bool(model and model.finish_reason == "length"),
        formula=formula,
        turns=read,
        left_out=len(runs) - read,
        more=earlier is not None,
    )


OPERATIONS = (get_export, get_summary)
