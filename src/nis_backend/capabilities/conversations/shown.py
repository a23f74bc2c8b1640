"""Conversations as they are shown: what a caller gets of them, from the store's rows and from runs, and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.chat.operations import earlier_of, still_there
from nis_backend.drivers.store.base import FOUND, cursor_of
from nis_backend.operation import Model
from nis_backend.paged import Next
from nis_backend.run import State
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nis_backend.capabilities.chat.operations import Turn as Said
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


class ConversationLine(Model):
    """A conversation in a list."""

    id: str
    title: str
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(
        description="When something was last said in it, or it was changed; seconds since 1970, UTC."
    )
    archived: bool
    branched_from: str | None = Field(description="The run of another conversation that it was branched from.")


class ConversationList(Model):
    """One page of conversations."""

    conversations: list[ConversationLine]
    next_cursor: Next


class Attachment(Model):
    """What was attached to a message."""

    id: str = Field(description="Its blob's id.")
    media_type: str
    size: int = Field(description="How many bytes.")
    name: str
    gone: bool = Field(description="Whether the blob was deleted since.")


class Turn(Model):
    """A message and its answer; `response` is null while the run is under way or when it failed."""

    run_id: str = Field(description="The run of the answer that counts: the newest that succeeded.")
    state: State
    message: str
    attachments: list[Attachment] = Field(description="Pictures, sounds and texts that came with the message.")
    response: str | None
    provider: str | None = Field(description="Who answered.")
    model: str | None
    views: list[View]
    problem: dict[str, Any] | None = Field(description="Why there is no answer.")  # Any: a problem document
    created: float = Field(description="Seconds since 1970, UTC.")
    alternatives: list[str] = Field(description="Runs of the other answers to it, oldest first.")


class Conversation(ConversationLine):
    """A conversation and its last turns, oldest first."""

    turns: list[Turn]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the turns before these; null when there are none."
    )


class Match(Model):
    """A message, an answer or a title that holds the words."""

    conversation_id: str
    title: str
    run_id: str | None = Field(description="The turn it was said in; null for a title.")
    created: float = Field(description="Seconds since 1970, UTC.")
    snippet: str = Field(description="The text around the words.")
    marks: list[tuple[int, int]] = Field(description="Where in the snippet a word that was found begins and ends.")


class Matches(Model):
    """What was found, the best match first (BM25)."""

    matches: list[Match]
    next_cursor: Next


def line_of(row: Row) -> ConversationLine:
    """A row as a list shows it."""
    return ConversationLine(**{name: row[name] for name in ConversationLine.model_fields})


async def there_of(turns: Sequence[Said], ctx: Context) -> frozenset[str]:
    """The ids of what is attached to these turns and was not deleted since."""
    return frozenset(await still_there(ctx, (blob for turn in turns for blob in earlier_of(turn.current))))


def turn_of(said: Said, there: Collection[str]) -> Turn:
    """A turn by the answer that counts."""
    run = said.current
    result: dict[str, Any] = run.result if run.state == "succeeded" else {}  # Any: JSON
    return Turn(
        run_id=run.id,
        state=run.state,
        message=run.input["message"],
        attachments=[
            Attachment(
                id=blob.id,
                media_type=blob.media_type,
                size=blob.size,
                name=blob.name,
                gone=blob.id not in there,
            )
            for blob in earlier_of(run)
        ],
        response=result.get("response"),
        provider=result.get("provider"),
        model=result.get("model"),
        views=result.get("views", []),
        problem=run.problem,
        created=run.created,
        alternatives=[other.id for other in said.runs if other.id != run.id],
    )


def conversation_of(
    row: Row, turns: Sequence[Said], earlier: tuple[float, str] | None, there: Collection[str]
) -> Conversation:
    """A row with some of its turns, and the place before which there are earlier ones; `there` as of `there_of`."""
    return Conversation(
        **line_of(row).model_dump(),
        turns=[turn_of(turn, there) for turn in turns],
        next_cursor=earlier and cursor_of(*earlier),
    )


def draw_conversations(_request: Model, result: ConversationList) -> list[View]:
    """A row for each."""
    rows: list[list[str | float]] = [[line.id, line.title, moment(line.updated)] for line in result.conversations]
    return [Table(title="Conversations", columns=["id", "title", "last active (UTC)"], rows=rows)]


def draw_conversation(_request: Model, result: Conversation) -> list[View]:
    """What was said, in order; without the drawings of the answers, which the runs have."""
    told = [f"**{moment(turn.created)}** {said_in(turn)}\n\n{_answered(turn)}" for turn in result.turns]
    return [Text(text="\n\n".join([f"**{result.title}**", *told]))]


def said_in(turn: Turn) -> str:
    """The message, and what came with it."""
    lines = [
        f"*Attached: {one.name}, {one.media_type}, {one.size} bytes, {'deleted since' if one.gone else one.id}*"
        for one in turn.attachments
    ]
    return "\n\n".join(filter(None, [turn.message, *lines]))


def _answered(turn: Turn) -> str:
    if turn.response is None:
        return f"*No answer: {turn.state}.*"
    others = f", {len(turn.alternatives)} more" if turn.alternatives else ""
    return f"{turn.response}\n\n*({turn.provider}: {turn.model}{others})*"


def draw_matches(_request: Model, result: Matches) -> list[View]:
    """A row for each text."""
    rows: list[list[str | float]] = [[one.conversation_id, one.title, one.snippet] for one in result.matches]
    return [Table(title="Matches", columns=["conversation", "title", "text"], rows=rows)]


def match_of(row: Row) -> Match:
    """The text without its marks, and where they were."""
    begin, end = FOUND
    text, marks = "", list[tuple[int, int]]()
    for part in str(row.pop("text")).split(begin):
        word, marked, rest = part.partition(end)
        if marked:
            marks.append((len(text), len(text) + len(word)))
        text += word + rest
    return Match(**row, snippet=text, marks=marks)
