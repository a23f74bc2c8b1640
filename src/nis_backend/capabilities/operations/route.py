"""Routing one message: quantities are read where there are any, rules pick, and the operation's own model checks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.asserted import asserted
from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.documented import documented
from nis_backend.capabilities.operations.guards import asks_for_a_sum
from nis_backend.capabilities.operations.laws import lawful
from nis_backend.capabilities.operations.meaning import Meaning, meaning_of
from nis_backend.capabilities.operations.message import Evidence, Pending, Route, UnclearWords
from nis_backend.capabilities.operations.operations import permitted
from nis_backend.capabilities.operations.router import has_a_word_for, open_to, pick, speaks_of_quantities
from nis_backend.capabilities.operations.search import index_of
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.capabilities.operations.spelling import spelling_of
from nis_backend.capabilities.operations.words import listed
from nis_backend.capabilities.physics.operations import TextRequest, read_quantities
from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Quantities
    from nis_backend.capabilities.operations.weighing import Pick
    from nis_backend.context import Context
    from nis_backend.entry import Entry

T = TypeVar("T")

LONGEST_QUESTION = 1000
"""Characters of a message that may be a question for an operation; a longer one is a text to talk about."""
MOST_UNITS = 64
"""Units that the reader of quantities converts to in one call."""
SUGGESTED = 5
"""Questions that are shown to one whose question no operation answers."""

_GOES_ON = listed("anyway continue default defaults drop go ignore leave none ok okay proceed run skip without yes")
"""Answers to a question of ours that add nothing and want the result."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The operation a message is for, and all that is known of its arguments."""

    entry: Entry
    reading: Reading
    picked: Pick | None = None


async def route(
    ctx: Context, message: str, pending: Pending | None, excluding: Sequence[str] = (), among: Sequence[str] = ()
) -> Route:
    """The operation that the message is for, of those that the caller may call, or why there is none.

    With `among`, it is one of those.

    Raises:
        Unavailable: it is for one, and the numbers in it cannot be read.
    """
    if len(message) > LONGEST_QUESTION:
        return Route(operation=None, reason="too_long")
    entries = permitted(ctx)
    if excluding or among:
        entries = tuple(entry for entry in entries if entry.name not in excluding and (not among or entry.fits(among)))
    if settled := asserted(message, entries) or lawful(message, entries) or documented(message, entries):
        return settled
    try:
        found = await _quantities(ctx, message, entries, pending)
    except Unavailable as error:
        if decide(Sentence(message, mend=_mend(entries)), entries, pending):
            raise
        return Route(operation=None, reason="not_asked", warning=f"{error.message} {error.remedy}")
    sentence = Sentence(message, found, _mend(entries))
    decision = await _decide(sentence, entries, pending)
    untold = None
    if not (decision and (decision.picked is None or decision.picked.sure)) and has_a_word_for(sentence, entries):
        able = await _threaded(sentence, partial(open_to, sentence, entries))
        meaning = await meaning_of(ctx, sentence.mended, able) if able else None
        if isinstance(meaning, Meaning):
            decision = await _decide(sentence, entries, pending, meaning)
        elif meaning:
            untold = f"Its meaning was not compared: {meaning}"
    routed = _routed(ctx, decision, message) if decision else _nobodys(sentence, entries)
    return routed.model_copy(update={"unused": untold}) if untold else routed


async def _decide(
    sentence: Sentence, entries: Sequence[Entry], pending: Pending | None, meaning: Meaning | None = None
) -> Decision | None:
    return await _threaded(sentence, partial(decide, sentence, entries, pending, meaning))


async def _threaded(sentence: Sentence, work: Callable[[], T]) -> T:
    # A thread where there are numbers: the time to tell them apart grows with how many could be meant for one field.
    return await asyncio.to_thread(work) if sentence.quantities else work()


def _mend(entries: Iterable[Entry]) -> Callable[[str], str]:
    """What mends the spelling of a message for these operations."""
    return spelling_of(tuple(entry for entry in entries if entry.routable)).mend


def _routed(ctx: Context, decision: Decision, message: str) -> Route:
    """The decision, checked by the operation's own model."""
    # What takes the message as it stands says nothing of whether the operation is meant: it is filled last.
    slot = declared(decision.entry).by_reads.get("question")
    if slot and slot.name in decision.reading.missing:
        decision.reading.fill(slot, message.strip(), message.strip())
        decision.reading.missing.remove(slot.name)
    reading, missing, refusal = decision.reading, decision.reading.asked, None
    if reading.complete:
        try:
            ctx.operations.find(decision.entry.name).validate(reading.arguments)
        except InvalidRequest as error:
            refusal = f"{error.message} {error.remedy}".strip()
            missing = list(dict.fromkeys(one.partition(".")[0] for one in _refused(error)))
    return Route(
        operation=decision.entry.name,
        arguments=reading.arguments,
        sources=reading.sources,
        ready=reading.complete and refusal is None,
        missing=missing,
        unclear=[UnclearWords(said=list(one.said), fields=list(one.fields)) for one in reading.unclear],
        unread=reading.unread,
        refusal=refusal,
        evidence=decision.picked and _evidence(decision.picked),
    )


def _refused(error: InvalidRequest) -> list[str]:
    return [one for one in [*(wrong.field for wrong in error.fields), error.field or ""] if one]


def _evidence(picked: Pick) -> Evidence:
    return Evidence(
        words=round(picked.words, 3),
        cover=round(picked.cover, 3),
        fits=picked.fits,
        cosine=_rounded(picked.cosine),
        nobodys=_rounded(picked.nobodys),
        score=round(picked.score, 3),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _nobodys(sentence: Sentence, entries: Sequence[Entry]) -> Route:
    """No operation; where a number is wanted that nothing here computes, with questions that can be answered."""
    if not asks_for_a_sum(sentence):
        return Route(operation=None, reason="not_asked")
    computing = tuple(entry for entry in entries if entry.routable and _computes(entry))
    near = [entry for _, entry in index_of(computing).search(sentence.text)]
    near += [entry for entry in computing if entry not in near]
    questions = [next(one["question"] for one in entry.examples if one.get("question")) for entry in near[:SUGGESTED]]
    return Route(operation=None, reason="not_computed", suggestions=questions)


def _computes(entry: Entry) -> bool:
    """Whether it works on quantities, units or a choice: the rest only list what there is."""
    return any(slot.unit or slot.reads for slot in declared(entry).slots.values())


def decide(
    sentence: Sentence, entries: Sequence[Entry], pending: Pending | None = None, meaning: Meaning | None = None
) -> Decision | None:
    """The operation that the message is for: the one it asks for by itself, or the one it completes."""
    picked = pick(sentence, entries, meaning)
    by_itself = picked and Decision(entry=picked.entry, reading=picked.reading, picked=picked)
    waiting = next((one for one in entries if pending and one.name == pending.operation), None)
    if (
        pending is None
        or waiting is None
        or (picked and (picked.entry.name != waiting.name or picked.reading.complete))
    ):
        return by_itself
    reading = read_arguments(sentence, waiting, known=pending.arguments, asked=pending.missing)
    answers = bool(reading.named or reading.sources.keys() & set(pending.missing)) or any(
        not set(pending.missing).isdisjoint(one.fields) for one in reading.unclear
    )
    words = sentence.text.lower().replace(",", " ").replace(".", " ").replace("!", " ").split()
    goes_on = bool(words) and set(words[:3]) & _GOES_ON and len(words) <= 6  # noqa: PLR2004 - a remark, not a sentence
    return Decision(entry=waiting, reading=reading) if answers or goes_on else by_itself


def wanted_units(entries: Iterable[Entry]) -> list[str]:
    """The units of the fields that quantities may go to, and of the results they may be mistaken for."""
    slots = (slot for one in map(declared, entries) for slot in (*one.slots.values(), *one.results))
    units = (slot.unit for slot in slots if slot.number)
    return list(dict.fromkeys(unit for unit in units if unit))[:MOST_UNITS]


async def _quantities(
    ctx: Context, message: str, entries: Sequence[Entry], pending: Pending | None
) -> Quantities | None:
    """The quantities of the message; None, without starting a worker, where it has no word of any."""
    candidates = [entry for entry in entries if entry.routable]
    allowed = not ctx.caller.lacks(read_quantities.scopes)
    if not candidates or not allowed or not (pending or speaks_of_quantities(message, candidates)):
        return None
    return await ctx.call(read_quantities, TextRequest(text=message, units=wanted_units(candidates)))
