"""Going another way: a branch from a turn, and the last message answered again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.chat.operations import (
    ATTACHED,
    Attachment,
    MessageRequest,
    OperationCall,
    Reply,
    Turn,
    answer_message,
    check_message,
    draw_reply,
    read_turns,
)
from nis_backend.capabilities.conversations.operations import (
    MOST,
    SAID,
    OneConversation,
    find_conversation,
    nothing_said,
)
from nis_backend.capabilities.conversations.shown import ConversationLine, line_of
from nis_backend.errors import Conflict, NotFound, NotSupported, TooLarge
from nis_backend.operation import Example, Recorded, operation
from nis_backend.within import joined, of_row, written

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


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
    operations: bool | None = Field(default=None, description="Whether the answer may use operations.")
    memory: bool | None = Field(default=None, description="Whether what is remembered of user_id is told.")
    attachments: list[Attachment] = Field(
        default_factory=list[Attachment],
        max_length=ATTACHED,
        description="Other pictures, sounds and texts than the message's; none leaves those.",
    )

    @property
    def conversation_id(self) -> str:
        """Where its run belongs."""
        return self.id


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
    turns, earlier = await read_turns(ctx, request.id, MOST)
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
            f"The conversation has more than {MOST} turns.",
            field="id",
            value=request.id,
            remedy="Begin a new one, and give it what it should know as context.",
        )
    if not runs:
        raise nothing_said(request.id)
    if not runs[-1].finished:
        raise Conflict(
            f"Run {runs[-1].id} has not ended.",
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
        # What the conversation may spend, a branch is no way around.
        "within": written(joined(of_row(row), (("conversation", request.id),))),
    }
    await ctx.store.branch(branch, {run.id: ctx.new_id("run") for run in runs if run.finished})
    return line_of(branch)


def _no_turn(run_id: str, far: bool) -> NotFound:
    return NotFound(
        f"Run {run_id!r} is no turn of this conversation{f' among its last {MOST}' if far else ''}.",
        field="run_id",
        value=run_id,
        remedy="Get the conversation to see its turns.",
    )


async def _prepare(request: RegenerateAnswer, ctx: Context) -> RegenerateAnswer:
    """Find the turn, and complete the request from it."""
    await find_conversation(request.id, ctx)
    turns, _ = await read_turns(ctx, request.id, 1)
    if not turns:
        raise nothing_said(request.id)
    turn = turns[-1]
    if request.run_id is not None and not turn.holds(request.run_id):
        raise Conflict(
            f"Run {request.run_id!r} is not the last turn of this conversation.",
            field="run_id",
            value=request.run_id,
            remedy="Branch from it, and have the branch's last turn answered again.",
        )
    _refuse_others(turn)
    if not turn.runs[-1].finished:
        raise Conflict(
            f"Run {turn.runs[-1].id} has not ended.",
            field="id",
            value=request.id,
            remedy="Cancel it, or wait for its end.",
        )
    said = MessageRequest.model_validate(
        {name: turn.current.input.get(name) for name in ("message", "context", "provider", "model")}
        | {"operations": turn.current.input.get("operations", True)}
        | {"memory": turn.current.input.get("memory", False)}
        | {"attachments": request.attachments or turn.current.input.get("attachments", [])}
        | {"user_id": turn.current.input.get("user_id") or "anonymous", "conversation_id": request.id}
        # Other words ask for something else than the form that was sent.
        | ({} if request.message else {"call": turn.current.input.get("call")})
        | {name: value for name in _TAKEN if (value := getattr(request, name)) not in (None, [])}
    )
    for number, blob in enumerate(said.attachments):
        # One that was deleted since is missed before the run begins.
        await ctx.blobs.get(blob.id, f"attachments.{number}")
    await check_message(said, ctx)
    await ctx.store.update("conversations", request.id, {"updated": ctx.now()})
    return RegenerateAnswer(id=request.id, run_id=turn.key, **{name: getattr(said, name) for name in _TAKEN})


def _refuse_others(turn: Turn) -> None:
    """Refuse a turn that somebody else than the chat has answered: it would be another's answer under their name.

    Raises:
        NotSupported: how it is had instead.
    """
    first = turn.runs[0]
    if first.operation in CHATS:
        return
    who = first.input.get("id")
    raise NotSupported(
        f"The turn {turn.key} was answered by {first.operation}{f' of {who}' if who else ''}, and not by the chat.",
        field="run_id",
        value=turn.key,
        remedy=f"Have {first.operation} answer it anew: in a branch of this conversation up to the turn before "
        "(conversations.branch_conversation), or in a new conversation.",
    )


CHATS = ("chat.send_message", "conversations.regenerate_answer")
"""What answers as the chat does."""
_TAKEN = ("message", "user_id", "provider", "model", "context", "call", "operations", "memory", "attachments")
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
        NotSupported: an agent has answered it, and not the chat.
    """
    given = {name: value for name in _TAKEN if (value := getattr(request, name)) is not None}
    return await answer_message(MessageRequest(conversation_id=request.id, **given), ctx)


OPERATIONS = (branch_conversation, regenerate_answer)
