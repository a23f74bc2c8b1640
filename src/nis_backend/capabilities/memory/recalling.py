"""Recalling: the memories that a question is about, each with why it was recalled and what that counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Asker, Names, Reads
from nis_backend.capabilities.collections.operations import SearchCollection, search_collection
from nis_backend.capabilities.memory import asked
from nis_backend.capabilities.memory.memory import (
    ABOUT,
    COLLECTION,
    LONGEST_MEMORY,
    Kind,
    Label,
    Memory,
    named,
    where_of,
)
from nis_backend.capabilities.memory.operations import TEA
from nis_backend.capabilities.memory.saying import stem as stem_of
from nis_backend.capabilities.memory.saying import telling, words
from nis_backend.errors import NotFound
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.context import Context

LOOKED_AT = 100
"""Memories that the search hands over, to be weighed."""
LEAST_COSINE = 0.2
"""Sentences about other things seldom have more by all-MiniLM-L6-v2, and what a question hints at often not much."""
DAY = 86_400.0
DECIMALS = 6


class Recall(Model):
    """What is asked, and of whose memory."""

    query: Annotated[str, Reads("quote"), Names("question", "text")] = Field(
        min_length=1, max_length=LONGEST_MEMORY, description="What it is about, in words."
    )
    user: Annotated[Label | None, Asker()] = Field(default=None, description=ABOUT)
    agent: Label | None = Field(default=None, description="Only this agent's; unset, any agent's.")
    kind: Kind | None = Field(default=None, description="Only of this kind.")
    limit: int = Field(default=5, ge=1, le=50, description="Most memories to answer.")
    recency: float = Field(default=0.2, ge=0, le=1, description="Weight of how lately it was said.")
    importance: float = Field(default=0.2, ge=0, le=1, description="Weight of how much it matters.")
    least_similarity: float = Field(
        default=LEAST_COSINE,
        ge=0,
        le=1,
        description="Cosine below which a memory without a word of the question is left out.",
    )
    half_life: float = Field(
        default=30.0, gt=0, le=36_500, description="Days after which what was said counts half as recent."
    )


class Share(Model):
    """One part of a score."""

    part: Literal["words", "similarity", "recency", "importance"]
    value: float = Field(description="0 to 1.")
    weight: float
    adds: float = Field(description="Value times weight: what it adds to the score.")


class Recalled(Model):
    """A memory, and why it was recalled."""

    memory: Memory
    score: float = Field(description="By `formula`.")
    shares: list[Share] = Field(description="What the score is the sum of.")
    matched: list[str] = Field(description="Words of the question that are in it, or differ by their endings alone.")
    similarity: float | None = Field(description="The cosine of its vector and the question's; null without a model.")
    age_days: float = Field(description="Days since it was said.")
    because: str = Field(description="The same in words.")


class Recollection(Model):
    """What was recalled, the best first; nothing where no memory is about it."""

    memories: list[Recalled]
    formula: str = Field(description="What a score is, with the weights that were used.")
    model: str | None = Field(description="The embedding model that was asked; null by words alone.")
    notes: list[str] = Field(description="What limits this answer.")


def draw_recollection(_request: Model, result: Recollection) -> list[View]:
    """The memories and their scores' shares."""
    if not result.memories:
        return [Text(text="Nothing that is remembered is about that.")]
    lines = [f"- {one.memory.text} ({one.because})" for one in result.memories]
    parts = [share.part for share in result.memories[0].shares]
    rows: list[list[str | float]] = [
        [one.memory.text, one.score, *(share.adds for share in one.shares)] for one in result.memories
    ]
    return [
        Text(text="\n".join(["What is remembered of it:", *lines, "", f"Score: {result.formula}."])),
        Table(title="Recalled", columns=["memory", "score", *parts], rows=rows),
    ]


@operation(
    "memory.recall",
    effect="reads",
    outward=True,
    time_limit=120,
    view=draw_recollection,
    examples=(
        Example(
            title="What somebody likes",
            request={"query": "how does Ada take her tea", "user": "ada", "limit": 1},
            question='What do you remember about "tea"?',
            also=asked.RECALL,
            before=(TEA,),
        ),
        Example(
            title="Whatever its age",
            request={"query": "sugar", "user": "ada", "recency": 0, "importance": 0},
            before=(TEA,),
        ),
    ),
)
async def recall(request: Recall, ctx: Context) -> Recollection:
    """Recall what is remembered about something: found by words and by meaning, weighed with its age and importance.

    Each memory says why: which words matched, how alike it is, how old, and what each part adds to its score.
    """
    search = SearchCollection(
        id=COLLECTION,
        query=request.query,
        limit=LOOKED_AT,
        where={**(where_of(request.user, request.agent, kind=request.kind) or {})},
    )
    try:
        found = await ctx.call(search_collection, search)
    except NotFound:
        return Recollection(
            memories=[], formula=formula_of(weights_of(request, by_model=False), request), model=None, notes=[]
        )
    weights = weights_of(request, by_model=found.model is not None)
    there = {one.id: one for one in await named(ctx, [hit.id for hit in found.hits])}
    now = ctx.now()
    weighed = [
        one
        for hit in found.hits
        if hit.id in there
        and there[hit.id].state == "active"
        and (one := _weighed(there[hit.id], hit.similarity, request, weights, now)) is not None
    ]
    weighed.sort(key=lambda one: (-one.score, -one.memory.at, one.memory.id))
    return Recollection(
        memories=weighed[: request.limit],
        formula=formula_of(weights, request),
        model=found.model,
        notes=found.notes,
    )


def weights_of(request: Recall, *, by_model: bool) -> dict[str, float]:
    """What each part counts: what the question asks for gets what recency and importance leave of 1, at least half."""
    rest = max(0.5, 1 - request.recency - request.importance)
    about = {"words": 0.4 * rest, "similarity": 0.6 * rest} if by_model else {"words": rest}
    return {**about, "recency": request.recency, "importance": request.importance}


def formula_of(weights: Mapping[str, float], request: Recall) -> str:
    """The formula in words."""
    meant = {
        "words": "share of the question's telling words in it",
        "similarity": "cosine of the vectors, at least 0",
        "recency": f"2^(-days since it was said / {request.half_life:g})",
        "importance": "importance",
    }
    told = " + ".join(f"{weight:.3g} x {part} ({meant[part]})" for part, weight in weights.items())
    least = f"; left out: without a common word and with a cosine under {request.least_similarity:g}"
    return told + (least if "similarity" in weights else "; left out: without a common word")


def _weighed(
    one: Memory, similarity: float | None, request: Recall, weights: Mapping[str, float], now: float
) -> Recalled | None:
    """A memory with its score; None where it is not about what is asked."""
    matched, share = _matched(request.query, one.text)
    if not matched and (similarity or 0.0) < request.least_similarity:
        return None
    days = max(0.0, now - one.at) / DAY
    values = {
        "words": share,
        "similarity": max(0.0, similarity or 0.0),
        "recency": 2.0 ** (-days / request.half_life),
        "importance": one.importance,
    }
    shares = [
        Share.model_validate(
            {
                "part": part,
                "value": round(values[part], DECIMALS),
                "weight": round(weight, DECIMALS),
                "adds": round(weight * values[part], DECIMALS),
            }
        )
        for part, weight in weights.items()
    ]
    return Recalled(
        memory=one,
        score=round(sum(share.adds for share in shares), DECIMALS),
        shares=shares,
        matched=matched,
        similarity=similarity,
        age_days=round(days, 3),
        because=_because(matched, similarity, days, one.importance),
    )


def _matched(query: str, text: str) -> tuple[list[str], float]:
    """The words of a question that a text has, and their share of those that tell something."""
    wanted = dict.fromkeys(telling(query)) or dict.fromkeys(map(stem_of, words(query)))
    there = {stem_of(word) for word in words(text)}
    found = [word for word in dict.fromkeys(words(query)) if stem_of(word) in there and stem_of(word) in wanted]
    return found, len(there.intersection(wanted)) / len(wanted) if wanted else 0.0


def _because(matched: list[str], similarity: float | None, days: float, importance: float) -> str:
    told = [f"it has {', '.join(f'“{word}”' for word in matched)}"] if matched else []
    told += [] if similarity is None else [f"its similarity is {similarity:.2f}"]
    age = "today" if days < 1 else f"{days:.0f} day{'s' if round(days) != 1 else ''} ago"
    return f"{', '.join(told)}{', ' if told else ''}it was said {age}, its importance is {importance:g}"


OPERATIONS = (recall,)
