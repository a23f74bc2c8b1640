"""One question to several registered agents of other servers: what they agree on, and who was not heard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend.alongside import together
from nis_backend.annotations import Plain
from nis_backend.answers.extracting import Extraction, extract
from nis_backend.capabilities.metacognition.collective.agreeing import (
    DISAGREEMENT,
    classes,
    disagreement,
    leader,
)
from nis_backend.capabilities.metacognition.collective.spelling import spelled
from nis_backend.capabilities.remote_agents.operations import OneRemoteAgent, get_remote_agent
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.event import ToolCalled
from nis_backend.found import named_in
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json

MOST_PEERS = 32
LONGEST_TEXT = 4000
"""Characters of a peer's words that are shown; its task has all of them."""
LONGEST_WAIT = 240.0

Peer = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class AskPeers(Model):
    """What is asked, of whom, and how many have to say the same."""

    peers: list[Peer] = Field(
        min_length=1, max_length=MOST_PEERS, description="Registered remote agents, by id or name."
    )
    question: Annotated[str, Plain] = Field(min_length=1, max_length=20_000, description="What each is asked.")
    quorum: int | None = Field(
        default=None,
        ge=1,
        le=MOST_PEERS,
        description="Peers that have to say the same; unset, more than half of those asked, silent ones included.",
    )
    seconds: float = Field(
        default=60.0, ge=0.1, le=LONGEST_WAIT, description="How long each peer's answer is waited for; all together."
    )
    reading: Extraction = Field(
        default_factory=Extraction, description="What of an answer is compared, and when two are the same."
    )
    signed: bool = Field(
        default=True,
        description="Whether each peer's card has to be signed by the key registered for it (trusted_key): the card, "
        "not what is said.",
    )


class PeerAnswer(Model):
    """What came of asking one peer."""

    peer: str
    signed: bool = Field(description="Whether its card is held to a registered key.")
    heard: bool = Field(
        description="Whether it gave an answer that could be read. One that did not agrees with nobody."
    )
    answer: str | None = Field(description="As it is compared; null where there is none.")
    text: str = Field(description="Its words, shortened.")
    why: str = Field(description="Why there is no answer; empty where there is one.")


class AnswerClass(Model):
    """Peers that said the same."""

    answer: str
    peers: list[str]


class PeersAnswer(Model):
    """What several agents said to one question."""

    answer: str | None = Field(description="What a quorum said; null where none did, or as many said something else.")
    agreed: bool = Field(description="Whether there was a quorum for one answer.")
    quorum: int
    asked: int
    heard: int = Field(description="Peers whose answer could be read.")
    classes: list[AnswerClass] = Field(description="Who said the same, the most first.")
    disagreement: float | None = Field(description="By `formula`; null where fewer than two were heard.")
    formula: str
    silent: list[str] = Field(description="Peers without an answer: dead, late, asking back, or unreadable.")
    peers: list[PeerAnswer]


def _draw(_request: Model, result: PeersAnswer) -> list[View]:
    said = (
        f"{result.answer}: {len(result.classes[0].peers)} of {result.asked}."
        if result.agreed
        else (f"No quorum: {result.quorum} of {result.asked} had to say the same, {result.heard} answered.")
    )
    rows: list[list[str | float]] = [[one.peer, one.answer or "", one.why or one.text[:200]] for one in result.peers]
    return [Text(text=said), Table(title="Peers", columns=["peer", "answer", "words, or why none"], rows=rows)]


async def _prepare(request: AskPeers, ctx: Context) -> AskPeers:
    """Refuse peers that are not registered, twice the same, or without a key where cards have to be signed."""
    ids: list[str] = []
    keys: list[bytes] = []
    for number, name in enumerate(request.peers):
        field = f"peers.{number}"
        with named_in(field):
            found = await ctx.call(get_remote_agent, OneRemoteAgent(id=name))
        if found.id in ids:
            raise InvalidRequest(
                f"{name!r} is asked twice.", field=field, value=name, remedy="Name each once: it has one voice."
            )
        if request.signed and not found.trusted_key:
            raise InvalidRequest(
                f"No key is registered that the card of {name!r} has to be signed with.",
                field=field,
                value=name,
                remedy="Set its trusted_key, or ask with signed=false.",
            )
        key = await asyncio.to_thread(spelled, found.trusted_key) if request.signed else b""
        if request.signed and key in keys:
            raise InvalidRequest(
                f"The card of {name!r} is signed with the key of another peer.",
                field=field,
                value=name,
                remedy="Name one of them: who signs both has one voice.",
            )
        ids.append(found.id)
        keys.append(key)
    if request.quorum is not None and request.quorum > len(ids):
        raise InvalidRequest(
            f"A quorum of {request.quorum} cannot be had of {len(ids)} peers.",
            field="quorum",
            value=request.quorum,
            remedy=f"Give at most {len(ids)}, or name more peers.",
        )
    return request


ECHOES = tuple(
    Before(name=name, operation="remote_agents.create_remote_agent", request={"url": "scripted:echo"})
    for name in ("one", "two")
)


@operation(
    "metacognition.ask_peers",
    effect="writes",
    outward=True,
    time_limit=LONGEST_WAIT + 60,
    view=_draw,
    prepare=_prepare,
    examples=(
        Example(
            title="Two agents for tests, which repeat it",
            request={
                "peers": ["{one.id}", "{two.id}"],
                "question": "The answer is 42.",
                "reading": {"kind": "number"},
                "signed": False,
            },
            before=ECHOES,
        ),
    ),
)
async def ask_peers(request: AskPeers, ctx: Context) -> Recorded[PeersAnswer]:
    """Ask agents of other servers one question, and tell what a quorum of them says, or that none agrees.

    Each is one voice, whatever its words claim. Who is dead, late, asks back or cannot be read is named, and counts for
    no answer: the quorum is of those asked. Each call is a step of the run: who has answered is not asked again.
    """
    signed = await ctx.note("signed", lambda: _signed(request, ctx))
    asking = (_ask(name, number, signed[number], request, ctx) for number, name in enumerate(request.peers))
    peers = await together(asking)
    found = classes({one.peer: one.answer for one in peers if one.answer is not None})
    sizes = [len(who) for _, who in found]
    quorum = request.quorum or len(peers) // 2 + 1
    agreed = leader(sizes, quorum)
    return PeersAnswer(
        answer=found[0][0] if agreed else None,
        agreed=agreed,
        quorum=quorum,
        asked=len(peers),
        heard=sum(sizes),
        classes=[AnswerClass(answer=answer, peers=who) for answer, who in found],
        disagreement=disagreement(sizes),
        formula=DISAGREEMENT,
        silent=[one.peer for one in peers if not one.heard],
        peers=peers,
    )


async def _signed(request: AskPeers, ctx: Context) -> list[bool]:
    """Whether each peer's card is held to a key; of one that was removed since, the call tells."""
    found: list[bool] = []
    for name in request.peers:
        try:
            found.append(bool((await ctx.call(get_remote_agent, OneRemoteAgent(id=name))).trusted_key))
        except NotFound:
            found.append(False)
    return found


async def _ask(name: str, number: int, signed: bool, request: AskPeers, ctx: Context) -> PeerAnswer:
    if request.signed and not signed:
        return PeerAnswer(peer=name, signed=False, heard=False, answer=None, text="", why="Its key was removed.")
    called = ToolCalled(
        step=1,
        call_id=f"peer-{number}",
        operation="remote_agents.ask_remote_agent",
        arguments={"id": name, "message": request.question, "seconds": request.seconds},
    )
    event = (await ctx.use(called)).event
    if event.problem is not None:
        why = str(event.problem.get("detail", ""))[:LONGEST_TEXT]
        return PeerAnswer(peer=name, signed=signed, heard=False, answer=None, text="", why=why)
    reply: Json = event.result or {}
    text = str(reply.get("text", ""))
    answer, why = None, ""
    if reply.get("state") != "completed":
        why = f"Its task is {reply.get('state')}: {reply.get('question', '')}".rstrip(": ")[:LONGEST_TEXT]
    else:
        answer = extract(text, request.reading)
        why = "" if answer is not None else f"No {request.reading.kind} can be read in its answer."
    return PeerAnswer(
        peer=name, signed=signed, heard=answer is not None, answer=answer, text=text[:LONGEST_TEXT], why=why
    )


OPERATIONS = (ask_peers,)
