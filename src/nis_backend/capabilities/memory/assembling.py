"""Context for a model: given texts, the last turns of a conversation, and what is remembered, within so many tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Asker
from nis_backend.capabilities.chat.operations import read_turns
from nis_backend.capabilities.conversations.operations import find_conversation
from nis_backend.capabilities.memory.counting import Counter
from nis_backend.capabilities.memory.memory import ABOUT, LONGEST_MEMORY, Id, Label
from nis_backend.capabilities.memory.operations import TEA
from nis_backend.capabilities.memory.recalling import Recall, recall
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context

Source = Literal["text", "turn", "memory"]
HEADINGS: dict[Source, str] = {"memory": "What is remembered:", "text": "Given:", "turn": "What was said before:"}
ORDER = (
    "Texts come first, as they were given; the last turns get up to half of what is left; then memories, the best "
    "first; then earlier turns."
)


class AssembleContext(Model):
    """What is asked, what there is to be told, and how much may be."""

    query: str = Field(min_length=1, max_length=LONGEST_MEMORY, description="What the model is about to be asked.")
    budget: int = Field(default=2000, ge=16, le=1_000_000, description="Most tokens of the context.")
    user: Annotated[Label | None, Asker()] = Field(default=None, description=ABOUT)
    agent: Label | None = Field(default=None, description="Only this agent's memories; unset, any agent's.")
    memories: int = Field(default=20, ge=0, le=50, description="Most memories to be told.")
    conversation_id: Id | None = Field(default=None, description="Whose last turns are told.")
    turns: int = Field(default=10, ge=0, le=50, description="Most turns to be told.")
    texts: list[Annotated[str, StringConstraints(min_length=1, max_length=100_000)]] = Field(
        default_factory=list[str], max_length=50, description="What else is to be told, what matters most first."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="Whose tokens are counted; unset takes the default."
    )


class Part(Model):
    """A piece of the context."""

    source: Source
    id: str = Field(description="The memory's id, the turn's run, or the text's place, 1 the first.")
    tokens: int = Field(description="By its length, and how many tokens a character of these pieces has.")
    score: float | None = Field(description="What a memory was recalled with; null for the rest.")


class LeftOut(Part):
    """A piece that is not in the context."""

    why: str


class AssembledContext(Model):
    """The context, what it is made of, and what did not fit."""

    context: str = Field(description="Empty where there is nothing to tell.")
    tokens: int = Field(description="Of the context, by `counted_by`.")
    budget: int
    counted_by: str = Field(description="The model whose tokenizer counted, or the rule by which it was estimated.")
    exact: bool = Field(description="Whether a tokenizer counted.")
    order: str = Field(description="What goes in before what.")
    parts: list[Part]
    left_out: list[LeftOut]
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Something that may be told."""

    source: Source
    id: str
    text: str
    score: float | None = None
    tokens: int = 0


def _draw(_request: Model, result: AssembledContext) -> list[View]:
    rows: list[list[str | float]] = [
        *([one.source, one.id, one.tokens, "told"] for one in result.parts),
        *([one.source, one.id, one.tokens, one.why] for one in result.left_out),
    ]
    told = f"{result.tokens} of {result.budget} tokens, counted by {result.counted_by}."
    table = Table(title="Pieces", columns=["source", "id", "tokens", "what became of it"], rows=rows)
    return [Text(text=f"{result.context}\n\n({told})" if result.context else "There is nothing to tell."), table]


@operation(
    "memory.assemble_context",
    effect="reads",
    outward=True,
    time_limit=120,
    view=_draw,
    examples=(
        Example(
            title="For one question",
            request={
                "query": "What shall I bring Ada to drink?",
                "user": "ada",
                "memories": 1,
                "texts": ["The kitchen has tea, coffee and water."],
                "budget": 60,
            },
            before=(TEA,),
        ),
    ),
)
async def assemble_context(request: AssembleContext, ctx: Context) -> AssembledContext:
    """Put together what a model should know before it is asked, within a budget of tokens; says what was left out.

    Raises:
        NotFound: the caller has no such conversation.
    """
    notes: list[str] = []
    pieces = [
        *(Piece(source="text", id=str(place), text=text) for place, text in enumerate(request.texts, 1)),
        *await _turns(request, ctx),
        *await _memories(request, ctx, notes),
    ]
    counter = await Counter.of(ctx, request.model)
    share = await counter.share(written(pieces))
    pieces = [replace(one, tokens=round(share * len(one.text)) + 1) for one in pieces]
    chosen = choose(pieces, request.budget)
    tokens = await counter.count(written(chosen)) if chosen else 0
    while chosen and tokens > request.budget:
        # Shares are of the whole: what was chosen may have longer words. The last chosen goes, until it fits.
        chosen = chosen[:-1]
        tokens = await counter.count(written(chosen)) if chosen else 0
    told = {(one.source, one.id) for one in chosen}
    return AssembledContext(
        context=written(chosen),
        tokens=tokens,
        budget=request.budget,
        counted_by=counter.by,
        exact=counter.exact,
        order=ORDER,
        parts=[Part(source=one.source, id=one.id, tokens=one.tokens, score=one.score) for one in chosen],
        left_out=[_left_out(one, request.budget) for one in pieces if (one.source, one.id) not in told],
        notes=[*notes, *counter.notes],
    )


def _left_out(one: Piece, budget: int) -> LeftOut:
    why = "it alone is more than the budget" if one.tokens > budget else "what comes before it left no room"
    return LeftOut(source=one.source, id=one.id, tokens=one.tokens, score=one.score, why=why)


def choose(pieces: Sequence[Piece], budget: int) -> list[Piece]:
    """The pieces that fit, in the order in which they went in; see `ORDER`. One that does not fit lets the next try."""
    left = budget
    chosen: list[Piece] = []

    def take(source: Source, most: int) -> None:
        nonlocal left
        room = min(most, left)
        for one in (one for one in pieces if one.source == source and one not in chosen):
            if one.tokens <= room:
                chosen.append(one)
                room -= one.tokens
                left -= one.tokens
            elif source == "turn":
                # A conversation has no holes: earlier turns are not told without this one.
                break

    take("text", left)
    take("turn", left // 2)
    take("memory", left)
    take("turn", left)
    return chosen


def written(pieces: Sequence[Piece]) -> str:
    """The context: memories, texts, then the turns in the order in which they were said."""
    parts: list[str] = []
    for source, heading in HEADINGS.items():
        own = [one for one in pieces if one.source == source]
        if own:
            lines = [one.text for one in (reversed(own) if source == "turn" else own)]
            parts.append("\n".join([heading, *lines]))
    return "\n\n".join(parts)


async def _turns(request: AssembleContext, ctx: Context) -> list[Piece]:
    """The turns that were answered, the last first."""
    if request.conversation_id is None:
        return []
    await find_conversation(request.conversation_id, ctx)
    turns, _ = await read_turns(ctx, request.conversation_id, request.turns + 1)
    answered = [turn.current for turn in turns if turn.current.state == "succeeded"]
    return [
        Piece(
            source="turn",
            id=run.id,
            text=f"User: {run.input.get('message', '')}\nAssistant: {run.result.get('response', '')}",
        )
        for run in list(reversed(answered))[: request.turns]
    ]


async def _memories(request: AssembleContext, ctx: Context, notes: list[str]) -> list[Piece]:
    if not request.memories:
        return []
    asked = Recall(query=request.query, user=request.user, agent=request.agent, limit=request.memories)
    found = await ctx.call(recall, asked)
    notes += found.notes
    return [
        # A memory is one line: what it says begins no heading.
        Piece(source="memory", id=one.memory.id, text=f"- {' '.join(one.memory.text.split())}", score=one.score)
        for one in found.memories
    ]


OPERATIONS = (assemble_context,)
