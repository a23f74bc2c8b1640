"""Conversations read for what may be learned from them: turn by turn, of who consents, as rows with their sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nis_backend.capabilities.chat.operations import read_turns
from nis_backend.capabilities.datasets.consents import person_of
from nis_backend.capabilities.datasets.kinds import canonical, digest_of
from nis_backend.event import Progressed
from nis_backend.identifying.identifiers import Identifiers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.chat.operations import Turn
    from nis_backend.capabilities.datasets.kinds import Kind
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json
    from nis_backend.run import Run

AT_ONCE = 100
REASONS = ("no_consent", "attachments", "rating", "since", "model", "length", "known", "unanswered")
"""Why something is in no row."""
MOST_TURNS = 500
"""Of a conversation, its last."""


class Wanted(Protocol):
    """What is collected: `CollectExamples`."""

    @property
    def rated(self) -> str | None: ...  # noqa: D102 - as there
    @property
    def since(self) -> float | None: ...  # noqa: D102
    @property
    def model(self) -> str | None: ...  # noqa: D102
    @property
    def shortest(self) -> int: ...  # noqa: D102
    @property
    def deidentify(self) -> bool: ...  # noqa: D102
    @property
    def limit(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class OneRow:
    """A row, and where it is from."""

    line: bytes
    digest: str
    conversation: str
    run: str
    persons: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer, and all that was said up to it."""

    asked: tuple[tuple[str, str], ...]
    """Role and text of each message before it."""
    text: str
    rating: int
    run: str
    conversation: str
    persons: frozenset[str]
    said: frozenset[str]
    """All that persons have said in the conversation, also later: what they are called may stand there."""


@dataclass(kw_only=True)
class Found:
    """What was gathered."""

    rows: list[OneRow] = field(default_factory=list[OneRow])
    conversations: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])
    replaced: Counter[str] = field(default_factory=Counter[str])
    seen: set[str] = field(default_factory=set[str])
    """Digests of rows that are there, and the runs that they are from: a row may be written otherwise since."""
    again: list[OneRow] = field(default_factory=list["OneRow"])
    """Rows that are there already, of others who have said the same."""


async def gather(wanted: Wanted, kind: Kind, consenting: AbstractSet[str], known: set[str], ctx: Context) -> Found:
    """The rows that the caller's conversations give."""
    found = Found(seen={*known})
    ratings = await _ratings(ctx)
    pairs: dict[tuple[tuple[str, str], ...], list[Answer]] = {}
    async for row in _conversations(wanted.since, ctx):
        if len(found.rows) >= wanted.limit:
            break
        found.conversations += 1
        turns, before = await read_turns(ctx, row["id"], MOST_TURNS)
        persons = _persons(turns) | await _earlier_persons(row["id"], before, ctx)
        if not persons or not persons <= consenting:
            found.left_out["no_consent" if persons else "unanswered"] += 1
            continue
        if kind == "preferences":
            for answer in _answers(turns, row["id"], persons, ratings, wanted, found, every=True):
                pairs.setdefault(answer.asked, []).append(answer)
            continue
        answers = list(_answers(turns, row["id"], persons, ratings, wanted, found, every=False))
        for answer in answers if wanted.rated else answers[-1:]:
            _add(kind, answer, None, wanted, found)
        if found.conversations % 20 == 0:
            ctx.run.put(Progressed(fraction=0.5, message=f"{found.conversations} conversations"))
    for some in pairs.values():
        _add_pairs(some, wanted, found)
    return found


def _persons(turns: Iterable[Turn]) -> frozenset[str]:
    return frozenset(person_of(run.input.get("user_id")) for turn in turns for run in turn.runs)


async def _earlier_persons(conversation: str, before: tuple[float, str] | None, ctx: Context) -> frozenset[str]:
    """Who has spoken before the turns that are looked at: what they said may be said again later."""
    found: frozenset[str] = frozenset()
    while before is not None:
        turns, before = await read_turns(ctx, conversation, MOST_TURNS, before)
        found |= _persons(turns)
    return found


async def _conversations(since: float | None, ctx: Context) -> AsyncIterator[Row]:
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select("conversations", before=before, limit=AT_ONCE, order="updated", since=since):
        for row in rows:
            yield row
        before = (rows[-1]["updated"], rows[-1]["id"])


async def _ratings(ctx: Context) -> dict[str, int]:
    """What was thought of answers, by their runs."""
    found: dict[str, int] = {}
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select("feedback", before=before, limit=500):
        before = (rows[-1]["created"], rows[-1]["id"])
        found |= {row["run_id"]: int(row["rating"]) for row in rows}
    return found


def _answers(  # noqa: PLR0913, PLR0917 - what they are told by
    turns: Sequence[Turn],
    conversation: str,
    persons: frozenset[str],
    ratings: dict[str, int],
    wanted: Wanted,
    found: Found,
    *,
    every: bool,
) -> Iterable[Answer]:
    """The answers of a conversation that are wanted; of each turn that which counts, or every one."""
    said: list[tuple[str, str]] = []
    of_persons = frozenset(str(run.input["message"]) for turn in turns for run in turn.runs)
    for turn in turns:
        current = turn.current
        for run in turn.runs if every else (current,):
            answer = Answer(
                asked=(*said, ("user", str(run.input["message"]))),
                text=_text_of(run),
                rating=ratings.get(run.id, 0),
                run=run.id,
                conversation=conversation,
                persons=persons,
                said=of_persons,
            )
            why = _unwanted(run, answer, wanted, every=every)
            if why:
                found.left_out[why] += 1
            else:
                yield answer
        if current.input.get("attachments"):
            # What was said of them cannot be learned from the words alone, nor what follows.
            return
        if _text_of(current):
            said += [("user", str(current.input["message"])), ("assistant", _text_of(current))]


def _text_of(run: Run) -> str:
    result: Json = (run.result if run.state == "succeeded" else None) or {}
    return str(result.get("response") or "").strip()


def _unwanted(run: Run, answer: Answer, wanted: Wanted, *, every: bool) -> str:
    """Why an answer is in no row; empty where it is."""
    result: Json = run.result or {}
    models = {result.get("model"), f"{result.get('provider')}:{result.get('model')}"}
    rated = bool(answer.rating) if every else not wanted.rated or answer.rating > 0
    reasons = {
        "unanswered": not answer.text,
        "attachments": bool(run.input.get("attachments")),
        "since": wanted.since is not None and run.created < wanted.since,
        "model": wanted.model is not None and wanted.model not in models,
        "length": len(answer.text) < wanted.shortest,
        "rating": not rated,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _add(kind: Kind, answer: Answer, rejected: str | None, wanted: Wanted, found: Found) -> None:
    """A row of an answer, or of a pair, unless it is there already."""
    if len(found.rows) >= wanted.limit:
        return
    texts = [*(text for _, text in answer.asked), answer.text, *([] if rejected is None else [rejected])]
    if wanted.deidentify:
        names = Identifiers(sorted(answer.said), sorted(filter(None, answer.persons)))
        texts = [names.plain(text) for text in texts]
        replaced = names.counts
    else:
        replaced = Counter[str]()
    messages = [{"role": role, "content": text} for (role, _), text in zip(answer.asked, texts, strict=False)]
    after = texts[len(messages) :]
    row: Json = (
        {"messages": [*messages, {"role": "assistant", "content": after[0]}]}
        if rejected is None
        else {"messages": messages, "chosen": after[0], "rejected": after[1]}
    )
    try:
        line = canonical(kind, row)
    except ValueError:
        found.left_out["length"] += 1
        return
    digest = digest_of(line)
    one = OneRow(line=line, digest=digest, conversation=answer.conversation, run=answer.run, persons=answer.persons)
    if digest in found.seen:
        found.again.append(one)
    if digest in found.seen or (rejected is None and answer.run in found.seen):
        found.left_out["known"] += 1
        return
    found.seen.add(digest)
    found.replaced.update(replaced)
    found.rows.append(one)


def _add_pairs(answers: Sequence[Answer], wanted: Wanted, found: Found) -> None:
    """A row for each good answer with each bad one to the same words, wherever they were given."""
    good = [one for one in answers if one.rating > 0]
    bad = [one for one in answers if one.rating < 0]
    for one in good:
        for other in bad:
            if one.text != other.text:
                both = one.persons | other.persons
                pair = Answer(
                    asked=one.asked,
                    text=one.text,
                    rating=one.rating,
                    run=one.run,
                    conversation=one.conversation,
                    persons=both,
                    said=one.said | other.said,
                )
                _add("preferences", pair, other.text, wanted, found)
