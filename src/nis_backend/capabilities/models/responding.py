"""The next turn of a conversation that is kept here: each turn is a run, and names the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, JsonValue, StringConstraints

from nis_backend.asking import ask
from nis_backend.capabilities.models.asking import dollars, labelled
from nis_backend.capabilities.models.choice import choose
from nis_backend.capabilities.models.completing import (
    answer_of,
    check,
    messages_of,
    prompt_of,
    refuse_logprobs,
    refuse_parts,
)
from nis_backend.capabilities.models.completion import ChatCompletion, ChatMessage, NextTurn, TokenChances
from nis_backend.errors import Conflict, InvalidRequest, NotFound, TooLarge
from nis_backend.operation import Example, Model, Recorded, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.run import Run

NAME = "models.respond"

MOST_LINKS = 200
"""Turns before one that are read back."""

MOST_CHARACTERS = 2_000_000
"""Characters of them, as JSON."""

LABELS = 40_000
"""Characters of what is only kept."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class ResponseRequest(NextTurn):
    """What is said now, and the turn that it follows."""

    instructions: str = Field(
        default="", max_length=400_000, description="What the model is told first, for this turn alone."
    )
    previous: Id | None = Field(
        default=None, description="The run that this turn follows: it and those before it are remembered."
    )
    labels: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=64,
        description="What the caller wants to find again with the run; nothing is read from it.",
    )


class _Turns(Model):
    """Turns that are read back: their blobs are resolved as those of a request are."""

    messages: list[ChatMessage]


def draw_answers(result: ChatCompletion) -> list[View]:
    """The words of each answer, and what it wants called."""
    calls = [[one.name, one.arguments] for answer in result.answers for one in answer.tool_calls]
    rows: list[list[str | float]] = [[name, arguments] for name, arguments in calls]
    words = [Text(text=answer.text + labelled(result)) for answer in result.answers if answer.text]
    return [*words, *([Table(title="Wants called", columns=["function", "arguments"], rows=rows)] if rows else [])]


def _draw(_request: ResponseRequest, result: ChatCompletion) -> list[View]:
    return draw_answers(result)


async def _prepare(request: ResponseRequest, ctx: Context) -> ResponseRequest:
    """Settle the model, and refuse what cannot be answered before anything is written down."""
    check(request)
    size = len(str(request.labels))
    if size > LABELS:
        raise TooLarge(f"labels has {size} characters.", field="labels", value=size, remedy=f"Give at most {LABELS}.")
    _, info = await ctx.models.choose(request.model, request.provider)
    refuse_parts(info, request)
    refuse_logprobs(info, request)
    await turns_before(ctx, request.previous)
    return request.model_copy(update={"model": info.id, "provider": None})


@operation(
    NAME,
    effect="writes",
    outward=True,
    view=_draw,
    prepare=_prepare,
    examples=(
        Example(
            title="A greeting",
            request={"messages": [{"role": "user", "content": "Say hello in one sentence."}], "max_tokens": 32},
        ),
    ),
)
async def respond(request: ResponseRequest, ctx: Context) -> Recorded[ChatCompletion]:
    """Ask a language model for the next turn of a conversation that is kept here: a run, which a later turn may follow.

    Tools and a schema of yours are taken; what the model wants called is answered, and you call it.
    """
    driver, info = await ctx.choose_model(request.model, request.provider)
    asked = await whole(request, ctx)
    asked = asked if info.tools else await _choice(asked, ctx)
    messages = await messages_of(asked)
    heard = await ask(ctx, driver, prompt_of(info, asked, messages, 0), 1)
    end, spent = heard.end, heard.end.spent()
    return ChatCompletion(
        model=end.model or info.id,
        demonstration=info.demonstration,
        answers=[answer_of(heard.text, heard.thought, end, [TokenChances(**one) for one in heard.logprobs])],
        input_tokens=end.input_tokens,
        output_tokens=end.output_tokens,
        cached_tokens=spent.cached,
        written_tokens=spent.written,
        reasoning_tokens=spent.reasoning,
        cost=dollars(end.cost),
        ignored=sorted(end.ignored),
    )


async def whole(request: ResponseRequest, ctx: Context) -> ResponseRequest:
    """The request with all that the model is told: the instructions, the turns before, and what is said now."""
    before = await turns_before(ctx, request.previous)
    if before:
        before = (await ctx.blobs.resolve(_Turns(messages=before), [])).messages
    first = [ChatMessage(role="system", content=request.instructions)] if request.instructions else []
    return request.model_copy(update={"messages": [*first, *before, *request.messages]})


async def _choice(asked: ResponseRequest, ctx: Context) -> ResponseRequest:
    """The choice of a tool, made once, for a model that makes none."""

    async def make() -> dict[str, Any]:  # Any: JSON
        chosen = await choose(asked, ctx)
        return {"tool_choice": chosen.tool_choice, "tool_name": chosen.tool_name}

    return asked.model_copy(update=await ctx.note("tool", make))


# -- what was said before ----------------------------------------------------------------------------------------------


async def turns_before(ctx: Context, previous: str | None) -> list[ChatMessage]:
    """What was said in a run and in those that it follows, oldest first.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it has not ended.
        InvalidRequest: it is none of a conversation kept so, has no answer, or follows too many others.
        TooLarge: there is too much.
    """
    links: list[tuple[ResponseRequest, ChatCompletion]] = []
    size, run_id = 0, previous
    while run_id is not None:
        if len(links) == MOST_LINKS:
            raise InvalidRequest(
                f"{previous} follows more than {MOST_LINKS - 1} others.",
                field="previous",
                value=previous,
                remedy="Begin a conversation anew, with what matters of this one said in it.",
            )
        run = await _run(ctx, run_id, first=not links)
        asked = ResponseRequest.model_validate(run.input)
        answered = ChatCompletion.model_validate(run.result)
        size += len(asked.model_dump_json(include={"messages"})) + len(answered.model_dump_json())
        if size > MOST_CHARACTERS:
            raise TooLarge(
                f"What was said before has more than {MOST_CHARACTERS} characters.",
                field="previous",
                value=previous,
                remedy="Begin a conversation anew, with what matters of this one said in it.",
            )
        links.append((asked, answered))
        run_id = asked.previous
    return [message for asked, answered in reversed(links) for message in (*asked.messages, _said(answered))]


async def _run(ctx: Context, run_id: str, *, first: bool) -> Run:
    try:
        run = await ctx.runs.get(run_id)
    except NotFound:
        gone = "" if first else ", which an earlier turn follows"
        raise NotFound(
            f"There is no run {run_id!r}{gone}.",
            field="previous",
            value=run_id,
            remedy="Name a turn that is kept, or begin a conversation anew.",
        ) from None
    if run.operation != NAME:
        raise InvalidRequest(
            f"Run {run_id} is one of {run.operation}.",
            field="previous",
            value=run_id,
            remedy=f"Name a run of {NAME}.",
        )
    if not run.finished:
        raise Conflict(
            f"Run {run_id} has not ended.", field="previous", value=run_id, remedy="Wait for its end, or cancel it."
        )
    if run.state != "succeeded":
        raise InvalidRequest(
            f"Run {run_id} has {run.state}: there is no answer to follow.",
            field="previous",
            value=run_id,
            remedy="Follow the turn before it.",
        )
    return run


def _said(answered: ChatCompletion) -> ChatMessage:
    (answer,) = answered.answers
    return ChatMessage(role="assistant", content=answer.text, tool_calls=answer.tool_calls, reasoning=answer.reasoning)


OPERATIONS = (respond,)
