"""Conversations as things: what the caller has, found, read, renamed, archived, deleted, branched, answered again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nis_backend.capabilities.chat.operations import (
    MessageRequest,
    OperationCall,
    Reply,
    answer_message,
    check_message,
    draw_reply,
    read_turns,
)
from nis_backend.capabilities.conversations.shown import (
    Conversation,
    ConversationLine,
    ConversationList,
    Matches,
    draw_conversation,
    draw_conversations,
    draw_matches,
    line_of,
    match_of,
    turn_of,
)
from nis_backend.drivers.store.base import cursor_of, place_of
from nis_backend.errors import Conflict, InvalidRequest, NotFound, TooLarge
from nis_backend.operation import Before, Example, Model, Reads, Recorded, Says, operation
from nis_backend.run import unknown_conversation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

SAID = Before(name="turn", operation="chat.send_message", request={"message": "Hello! Who are you?"})
"""What most examples here stand on."""

COPIED = 500
"""Turns that a branch holds at most: they are copied in one transaction."""

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
    cursor: str | None = Field(default=None, max_length=128, description="`next_cursor` of the page before.")
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


class BranchConversation(OneConversation):
    """Which conversation, and up to where."""

    run_id: str | None = Field(
        default=None,
        max_length=64,
        description="The last turn that is taken along; any of its answers. Unset: the last.",
    )
    title: str | None = Field(default=None, min_length=1, max_length=200, description="The branch's name.")


class RegenerateAnswer(OneConversation):
    """Which conversation's last turn is answered again; what is unset stays as it was."""

    run_id: str | None = Field(
        default=None, max_length=64, description="The turn, to be sure which: any of its answers."
    )
    message: str | None = Field(
        default=None, min_length=1, max_length=100_000, description="Other words for the message."
    )
    user_id: str | None = Field(default=None, max_length=128, description="A label for the person; it grants nothing.")
    provider: str | None = Field(default=None, max_length=64, description="Provider to ask.")
    model: str | None = Field(default=None, max_length=256, description="Model to ask, as provider:name or a name.")
    context: dict[str, Any] | None = Field(  # Any: JSON
        default=None, max_length=50, description="Facts for the model to know in this turn, by name."
    )
    call: OperationCall | None = Field(default=None, description="Call this operation instead of choosing one.")

    @property
    def conversation_id(self) -> str:
        """Where its run belongs."""
        return self.id


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
            also=("List my past conversations.", "Which previous conversations did we have?"),
            before=(SAID,),
        ),
    ),
)
async def list_conversations(request: ListConversations, ctx: Context) -> ConversationList:
    """List the caller's conversations, the last active first."""
    before = None if request.cursor is None else place_of(request.cursor)
    where = {"archived": int(request.archived)}
    rows = await ctx.store.select("conversations", where=where, before=before, limit=request.limit + 1, order="updated")
    page = [line_of(row) for row in rows[: request.limit]]
    last = cursor_of(page[-1].updated, page[-1].id) if len(rows) > request.limit else None
    return ConversationList(conversations=page, next_cursor=last)


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
    shown = [turn_of(turn) for turn in turns]
    return Conversation(**line_of(row).model_dump(), turns=shown, next_cursor=earlier and cursor_of(*earlier))


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


@operation(
    "conversations.branch_conversation",
    effect="writes",
    on="conversation",
    examples=(
        Example(
            title="From its first turn",
            request={"id": "{turn.conversation_id}", "run_id": "{turn.run_id}", "title": "Another way"},
            before=(SAID,),
        ),
    ),
)
async def branch_conversation(request: BranchConversation, ctx: Context) -> ConversationLine:
    """Begin a conversation with a copy of another's turns, up to one of them, to go on differently.

    Of each turn the answer that counts is copied; of the last, the one that was named.

    Raises:
        NotFound: there is no such conversation, or no such turn in it.
        Conflict: the turn has not ended, or the conversation has none.
        TooLarge: it would hold more than 500 turns.
    """
    row = await find_conversation(request.id, ctx)
    turns, earlier = await read_turns(ctx, request.id, COPIED)
    if request.run_id is None:
        runs = [turn.current for turn in turns]
    else:
        last = next((place for place, turn in enumerate(turns) if turn.holds(request.run_id)), None)
        if last is None:
            raise _no_turn(request.run_id, earlier is not None)
        runs = [turn.current for turn in turns[:last]]
        runs += [run for run in turns[last].runs if run.id == request.run_id]
    if earlier is not None:
        raise TooLarge(
            f"The conversation has more than {COPIED} turns.",
            field="id",
            value=request.id,
            remedy="Begin a new one, and give it what it should know as context.",
        )
    if not runs or not runs[-1].finished:
        raise Conflict(
            f"Run {runs[-1].id} has not ended." if runs else "Nothing was said in it yet.",
            field="id",
            value=request.id,
            remedy="Wait for the answer, or branch from an earlier turn.",
        )
    now = ctx.now()
    branch: Row = {
        "id": ctx.new_id("conversation"),
        "title": request.title or row["title"],
        "created": now,
        "updated": now,
        "archived": 0,
        "branched_from": runs[-1].id,
    }
    await ctx.store.branch(branch, {run.id: ctx.new_id("run") for run in runs if run.finished})
    return line_of(branch)


def _no_turn(run_id: str, far: bool) -> NotFound:
    return NotFound(
        f"Run {run_id!r} is no turn of this conversation{f' among its last {COPIED}' if far else ''}.",
        field="run_id",
        value=run_id,
        remedy="Get the conversation to see its turns.",
    )


async def _prepare(request: RegenerateAnswer, ctx: Context) -> RegenerateAnswer:
    """Find the turn, and complete the request from it."""
    await find_conversation(request.id, ctx)
    turns, _ = await read_turns(ctx, request.id, 1)
    if not turns:
        raise Conflict("Nothing was said in it yet.", field="id", value=request.id, remedy="Send a message first.")
    turn = turns[-1]
    if request.run_id is not None and not turn.holds(request.run_id):
        raise Conflict(
            f"Run {request.run_id!r} is not the last turn of this conversation.",
            field="run_id",
            value=request.run_id,
            remedy="Branch from it, and have the branch's last turn answered again.",
        )
    if not turn.runs[-1].finished:
        raise Conflict(
            f"Run {turn.runs[-1].id} has not ended.",
            field="id",
            value=request.id,
            remedy="Cancel it, or wait for its end.",
        )
    said = MessageRequest.model_validate(
        {name: turn.current.input.get(name) for name in ("message", "context", "provider", "model")}
        | {"user_id": turn.current.input.get("user_id") or "anonymous", "conversation_id": request.id}
        # Other words ask for something else than the form that was sent.
        | ({} if request.message else {"call": turn.current.input.get("call")})
        | {name: value for name, value in request.model_dump().items() if name in _TAKEN and value is not None}
    )
    await check_message(said, ctx)
    await ctx.store.update("conversations", request.id, {"updated": ctx.now()})
    return RegenerateAnswer(id=request.id, run_id=turn.key, **{name: getattr(said, name) for name in _TAKEN})


_TAKEN = ("message", "user_id", "provider", "model", "context", "call")
"""Fields of a message that an answer again takes over."""


@operation(
    "conversations.regenerate_answer",
    effect="writes",
    outward=True,
    on="conversation",
    view=draw_reply,
    prepare=_prepare,
    examples=(
        Example(title="The same once more", request={"id": "{turn.conversation_id}"}, before=(SAID,)),
        Example(
            title="In other words",
            request={"id": "{turn.conversation_id}", "message": "Hello! What can you do?"},
            before=(SAID,),
        ),
    ),
)
async def regenerate_answer(request: RegenerateAnswer, ctx: Context) -> Recorded[Reply]:
    """Answer the last message again, as a run of its own: with another model, other words, or once more.

    The newest answer that succeeds counts; earlier ones stay as alternatives, from which a branch can go on.

    Raises:
        NotFound: the caller has no such conversation.
        Conflict: nothing was said yet, the turn named is not the last, or it is still being answered.
    """
    given = {name: getattr(request, name) for name in _TAKEN}
    return await answer_message(MessageRequest(conversation_id=request.id, **given), ctx)


OPERATIONS = (
    list_conversations,
    get_conversation,
    search_conversations,
    update_conversation,
    delete_conversation,
    branch_conversation,
    regenerate_answer,
)
