"""Agents as models: `agent:chat` is the chat, `agent:NAME`, `team:NAME` the caller's own; each answer is a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.errors import InvalidRequest, NotFound, NotSupported, shorten
from nis_backend.surfaces.answering import CHAT as CHAT_NAME
from nis_backend.surfaces.answering import answerer, model_of, named_in
from nis_backend.surfaces.turn_options import NAME, TURN, read_options

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.answering import Answerer, Kept

CHAT = model_of(CHAT_NAME)

CARD: Json = {
    "id": CHAT,
    "object": "model",
    "created": 0,
    "owned_by": "nis",
    "description": "The agent of this server: it calls operations to compute, and keeps the conversation.",
}

NEUTRAL: Json = {
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "tool_name": None,
    "parallel_tool_calls": True,
    "answer_as": "text",
    "answer_schema": None,
    "strict": False,
    "stop": [],
    "answers": 1,
    "labels": {},
}
"""What asks an agent for nothing that it has not; of anything else that is null."""

TAKEN = frozenset({"messages", "model", "previous", "instructions", "user", NAME})


# -- which there are ---------------------------------------------------------------------------------------------------


def is_agent(model: str) -> bool:
    """Whether a model's name is an agent's, or a team's."""
    return named_in(model) is not None


async def named(model: str, ctx: Context) -> Answerer:
    """The agent or team of this name.

    Raises:
        NotFound: the caller has no such agent.
    """
    try:
        return await answerer(named_in(model) or model, ctx)
    except NotFound as error:
        error.field, error.value = "model", shorten(model)
        raise


def card_of(one: Kept, owner: str) -> Json:
    """An agent or a team as a model of a list."""
    told = {"id": one.model, "object": "model", "created": int(one.created), "owned_by": owner}
    return told | ({"description": one.description} if one.description else {})


# -- asking ------------------------------------------------------------------------------------------------------------


def message(given: Json, one: Answerer, ctx: Context) -> Json:
    """The agent's request of one for a model.

    Raises:
        NotSupported: it asks for what an agent has not.
        InvalidRequest: the last turn is no person's.
    """
    for name, value in given.items():
        if name not in TAKEN and value != NEUTRAL.get(name):
            raise NotSupported(
                f"{given['model']} takes no {name}: it has tools of its own, and settles how it answers.",
                field=name,
                remedy="Leave it out, or name a model.",
            )
    turns: list[Json] = given["messages"]
    for number, turn in enumerate(turns):
        if turn["role"] == "tool":
            raise NotSupported(
                f"{given['model']} reads what was said, not what tools answered.",
                field=f"messages.{number}",
                remedy="Send the words of the turns.",
            )
        if one.card is not None and turn["role"] == "system":
            raise _own_instructions(given["model"], f"messages.{number}")
        if one.card is not None and turn.get("parts") and number < len(turns) - 1 and any(_attached(turn)):
            raise NotSupported(
                f"{given['model']} reads the words of earlier turns alone.",
                field=f"messages.{number}",
                remedy="Leave out what is attached to it, or attach it to the last turn.",
            )
    if one.card is not None and given.get("instructions"):
        raise _own_instructions(given["model"], "instructions")
    if not turns or turns[-1]["role"] != "user" or not _says(turns[-1]):
        raise InvalidRequest(
            "The last turn is to be the user's, and to say something.",
            field="messages",
            remedy="End with what is asked.",
        )
    first = [{"role": "system", "content": given["instructions"]}] if given.get("instructions") else []
    earlier = [_earlier(one) for one in (*first, *turns[:-1]) if _says(one)]
    user = {"user_id": str(given["user"])[:128]} if given.get("user") else {}
    attached, links = _attached(turns[-1])
    asked = {
        "message": turns[-1].get("content", ""),
        "attachments": attached,
        "links": links,
        "earlier": earlier,
        **read_options(given.get(NAME), NAME),
        **user,
    }
    try:
        return one.request(asked, ctx)
    except NotSupported as error:
        error.field = f"{NAME}.{error.field}" if error.field in TURN else error.field
        raise


def _own_instructions(model: str, field: str) -> NotSupported:
    return NotSupported(
        f"{model} has instructions of its own.",
        field=field,
        remedy="Leave these out, or write them into the agent.",
    )


def _says(turn: Json) -> bool:
    """Whether there is anything in a turn."""
    return bool(turn.get("content", "").strip() or turn.get("parts"))


def _attached(turn: Json) -> tuple[list[Any], list[str]]:
    """The blobs of a turn's pictures, sounds and files, and the addresses of those whose bytes are elsewhere."""
    parts = [part for part in turn.get("parts", ()) if part["kind"] != "text"]
    return [one["blob"] for one in parts if one.get("blob")], [one["url"] for one in parts if one.get("url")]


def _earlier(turn: Json) -> Json:
    """A turn before the last one; what was elsewhere is told by its address, for it was looked at then."""
    attached, links = _attached(turn)
    words = "\n".join(filter(None, [turn.get("content", ""), *(f"[Attached: {shorten(url, 200)}]" for url in links)]))
    return {"role": turn["role"], "content": words, **({"attachments": attached} if attached else {})}


async def conversation_of(previous: str, agent: str, one: Answerer, ctx: Context) -> str:
    """The conversation that goes on after this run.

    Raises:
        NotFound: the caller has no such run.
        InvalidRequest: it is none of the agent's, or others follow it already.
    """
    try:
        run = await ctx.runs.get(previous)
    except NotFound:
        raise NotFound("It is gone.", field="previous", value=previous) from None
    if not one.answered(run) or run.conversation_id is None:
        raise InvalidRequest(
            f"Run {previous} is none of {agent}.", field="previous", value=previous, remedy="Follow it with its model."
        )
    (last,) = await ctx.runs.list(where={"conversation_id": run.conversation_id}, limit=1)
    if last.id != previous:
        raise InvalidRequest(
            f"Run {previous} is not the last turn of its conversation.",
            field="previous",
            value=previous,
            remedy="Follow the last one, or branch the conversation.",
        )
    return run.conversation_id
