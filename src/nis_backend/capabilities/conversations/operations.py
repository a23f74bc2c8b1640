"""Conversations as things: what the caller has, found, read, renamed, archived, deleted, branched, answered again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Reads, Says
from nis_backend.capabilities.chat.operations import read_turns
from nis_backend.capabilities.conversations.shown import (
    Conversation,
    ConversationLine,
    ConversationList,
    Matches,
    conversation_of,
    draw_conversation,
    draw_conversations,
    draw_matches,
    line_of,
    match_of,
    there_of,
)
from nis_backend.drivers.store.base import place_of
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor
from nis_backend.run import unknown_conversation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

SAID = Before(name="turn", operation="chat.send_message", request={"message": "Hello! Who are you?"})
"""What most examples here stand on."""

MOST = 500
"""Turns that are copied, exported or summarised at most: they are held in memory at once."""

WORDS = 16
"""Words of a query that are looked for."""


class OneConversation(Model):
    """Which conversation."""

    id: str = Field(min_length=1, max_length=64, description="The conversation's id.")


class ListConversations(Model):
    """Which conversations to list, the last active first."""

    archived: Annotated[bool, Says({"archived": True})] = Field(
        default=False, description="Those put away instead of the others."
    )
    cursor: Cursor = None
    limit: Annotated[int, Reads("count")] = Field(default=20, ge=1, le=100, description="Most conversations to answer.")


class GetConversation(OneConversation):
    """Which conversation, and which of its turns."""

    cursor: str | None = Field(default=None, max_length=128, description="`next_cursor` of the later turns.")
    limit: int = Field(default=100, ge=1, le=100, description="Most turns to answer.")


class SearchConversations(Model):
    """What is looked for."""

    query: str = Field(
        min_length=1, max_length=200, description="Words, or beginnings of words, all of which a text must hold."
    )
    cursor: str | None = Field(
        default=None, max_length=4, pattern=r"^[0-9]+$", description="`next_cursor` of the page before."
    )
    limit: int = Field(default=20, ge=1, le=100, description="Most texts to answer.")


class UpdateConversation(OneConversation):
    """Which conversation, and what changes of it."""

    title: str | None = Field(default=None, min_length=1, max_length=200, description="Its new name.")
    archived: bool | None = Field(default=None, description="Whether it is put away: left out of the usual list.")


class DeletedConversation(Model):
    """It is gone: its messages, answers, logs and feedback."""

    id: str


async def find_conversation(conversation_id: str, ctx: Context) -> Row:
    """The conversation's row.

    Raises:
        NotFound: the caller has no such conversation.
    """
    row = await ctx.store.get("conversations", conversation_id)
    if row is None:
        raise unknown_conversation(conversation_id, "id")
    return row


def nothing_said(conversation_id: str) -> Conflict:
    """The refusal of what stands on a turn, of a conversation that has none."""
    return Conflict("Nothing was said in it yet.", field="id", value=conversation_id, remedy="Send a message first.")


@operation(
    "conversations.list_conversations",
    effect="reads",
    essential=True,
    resource="conversation",
    view=draw_conversations,
    examples=(
        Example(
            title="The last ones",
            request={"limit": 5},
            question="Show my last 5 conversations.",
            also=(
                "List my past conversations, the recent ones.",
                "Which previous conversations did we have?",
                "Show me our earlier chats, the old threads.",
                "What have we talked about before, what did we discuss?",
                "Show my conversations, the chat history.",
                "My last ten chats, latest dialogues and discussions.",
                "Give me an overview of all my conversations with you so far.",
            ),
            before=(SAID,),
        ),
    ),
)
async def list_conversations(request: ListConversations, ctx: Context) -> ConversationList:
    """List the caller's conversations, the last active first."""
    where = {"archived": int(request.archived)}
    rows, following = await ctx.store.page(
        "conversations", where=where, cursor=request.cursor, limit=request.limit, order="updated"
    )
    return ConversationList(conversations=[line_of(row) for row in rows], next_cursor=following)


@operation(
    "conversations.get_conversation",
    effect="reads",
    essential=True,
    resource="conversation",
    view=draw_conversation,
    examples=(Example(title="What was said", request={"id": "{turn.conversation_id}"}, before=(SAID,)),),
)
async def get_conversation(request: GetConversation, ctx: Context) -> Conversation:
    """Get a conversation with its last turns, oldest first; of each turn the answer that counts."""
    row = await find_conversation(request.id, ctx)
    before = None if request.cursor is None else place_of(request.cursor)
    turns, earlier = await read_turns(ctx, request.id, request.limit, before)
    return conversation_of(row, turns, earlier, await there_of(turns, ctx))


@operation(
    "conversations.search_conversations",
    effect="reads",
    essential=True,
    view=draw_matches,
    examples=(Example(title="Where it was said", request={"query": "who are you", "limit": 3}, before=(SAID,)),),
)
async def search_conversations(request: SearchConversations, ctx: Context) -> Matches:
    """Search what was said in the caller's conversations, and their titles, for words; answers the texts with them."""
    words = re.findall(r"[^\W_]+", request.query)[:WORDS]
    if not words:
        raise InvalidRequest(
            "There is no word in the query.", field="query", value=request.query, remedy="Give letters or digits."
        )
    after = int(request.cursor or 0)
    rows = await ctx.store.search(words, request.limit + 1, after)
    more = str(after + request.limit) if len(rows) > request.limit else None
    return Matches(matches=[match_of(row) for row in rows[: request.limit]], next_cursor=more)


@operation(
    "conversations.update_conversation",
    effect="writes",
    repeatable=True,
    resource="conversation",
    examples=(
        Example(
            title="Rename it",
            request={"id": "{turn.conversation_id}", "title": "First words"},
            before=(SAID,),
        ),
        Example(title="Put it away", request={"id": "{turn.conversation_id}", "archived": True}, before=(SAID,)),
    ),
)
async def update_conversation(request: UpdateConversation, ctx: Context) -> ConversationLine:
    """Rename a conversation, put it away, or take it out again."""
    changes: Row = {name: value for name, value in request if name != "id" and value is not None}
    if not changes:
        raise InvalidRequest("Nothing is to change.", field="title", value="", remedy="Give title or archived.")
    await ctx.store.update("conversations", request.id, {**changes, "updated": ctx.now()})
    return line_of(await find_conversation(request.id, ctx))


@operation(
    "conversations.delete_conversation",
    effect="destroys",
    resource="conversation",
    examples=(Example(title="Forget it", request={"id": "{turn.conversation_id}"}, before=(SAID,)),),
)
async def delete_conversation(request: OneConversation, ctx: Context) -> DeletedConversation:
    """Delete a conversation for good: its messages, answers, runs with their logs, and feedback.

    Branches of it stay: they hold copies.

    Raises:
        NotFound: the caller has no such conversation.
        Conflict: a run of it has not ended.
    """
    if not await ctx.store.forget(request.id):
        raise unknown_conversation(request.id, "id")
    return DeletedConversation(id=request.id)


OPERATIONS = (
    list_conversations,
    get_conversation,
    search_conversations,
    update_conversation,
    delete_conversation,
)
