"""A turn with documents for a model too small to choose: rules say whether they are asked, summarised or compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.asking import say, show
from nis_backend.capabilities.chat.looking import ASK, COMPARE, SUMMARISE
from nis_backend.capabilities.chat.routed import Routed, cannot, words_of
from nis_backend.capabilities.operations.operations import permitted
from nis_backend.errors import from_problem
from nis_backend.event import ToolCalled
from nis_backend.loop.attached import name_of
from nis_backend.view import Text, View, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.steps import Used

_SUMMARISES = re.compile(
    r"\b(?:summari[sz]e|summary|sum (?:it|this|that|them)? ?up|gist|tl;? ?dr|main (?:points|ideas|findings)|overview"
    r"|key (?:points|takeaways|findings)"
    r"|what (?:is|does|do) (?:it|this|that|they|the \w+|these)(?: \w+)? (?:about|say))(?:\W*$|\b)",
    re.IGNORECASE,
)
_IN_A_SUMMARY = re.compile(
    r"\b(?:according to|in|wrote|does|do|did|is there|are there) (?:the|its|this|that|an?) (?:\w+ )?"
    r"(?:summary|overview)\b",
    re.IGNORECASE,
)
"""Speaks of a summary that stands in it."""
_COMPARES = re.compile(
    r"\b(?:compare|comparison|differs?|differences?|diff|(?:what|the|any) changes|changes? (?:between|from|since)"
    r"|what(?:'s| is| was| were| has| have)?(?: been)? (?:changed|new|different|added|removed|deleted)"
    r"|(?:is|are|was|were|been|got) (?:changed|added|removed|deleted|different))\b",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?\s*$|^\W*(?:(?:and|so|please|now|can you|could you) )*"
    r"(?:what|when|where|which|who|whose|why|how|does|do|did|is|are|can|may|must|find|quote|look up|tell me)\b",
    re.IGNORECASE,
)
"""A question, or a wish to be told something."""
LONGEST_QUESTION = 1000
_SAYS_OF = re.compile(r"\bsay(?:s)? (?:about|on|of|regarding)\b|\babout \w+", re.IGNORECASE)
"""Asks for one thing of it, not for all."""


async def consult(ctx: Context, message: str, documents: Sequence[Blob]) -> Routed:
    """Answer the message from the documents; without words, they are summarised."""
    return await _say(ctx, documents, await _asked(ctx, message, documents))


async def follow(ctx: Context, message: str, documents: Sequence[Blob]) -> Routed | None:
    """The same for a message that goes on about them; None where they do not say it, and it may be about else."""
    made = await _asked(ctx, message, documents)
    if all(used.event.problem is not None or not getattr(used.result, "found", True) for _, used in made):
        return None
    return await _say(ctx, documents, made)


async def of_kept(ctx: Context, message: str) -> Routed | None:
    """What the documents that the caller keeps say to a question that is nobody's; None where they do not say it.

    In their own sentences: what no operation computes is else left to a model that is known to invent.
    """

    async def keeps() -> bool:
        return await ctx.store.count("documents", where={"state": "ready"}) > 0

    if len(message) > LONGEST_QUESTION or not _WANTS.search(message):
        return None
    able = {entry.name: entry for entry in permitted(ctx)}
    if ASK not in able or not await ctx.note("documents are kept", keeps):
        return None
    asked = {"question": message, "by": "sentences"}
    used = await ctx.use(ToolCalled(step=1, call_id=ctx.new_id("call"), operation=ASK, arguments=asked))
    if used.event.problem is not None or not used.result.found:
        return None
    return await _tell(ctx, [(able[ASK], used)], ["From your documents:"])


async def _asked(ctx: Context, message: str, documents: Sequence[Blob]) -> list[tuple[Entry, Used]]:
    """The calls that the message asks for, made as steps of the run."""
    able = {entry.name: entry for entry in permitted(ctx)}
    calls = asked_of(message, [blob.id for blob in documents])
    made: list[tuple[Entry, Used]] = []
    for name, arguments in calls:
        if name in able:
            called = ToolCalled(step=1, call_id=ctx.new_id("call"), operation=name, arguments=arguments)
            made.append((able[name], await ctx.use(called)))
    return made


def asked_of(message: str, ids: Sequence[str]) -> list[tuple[str, Json]]:
    """The operations that the message asks for, with their arguments."""
    if len(ids) == 2 and _COMPARES.search(message):  # noqa: PLR2004 - two are compared
        return [(COMPARE, {"files": [*ids]})]
    part = _SAYS_OF.search(message) or _IN_A_SUMMARY.search(message)
    if not message.strip() or (_SUMMARISES.search(message) and not part):
        return [(SUMMARISE, {"file": one}) for one in ids]
    return [(ASK, {"question": message[:2000], "files": [*ids]})]


async def _say(ctx: Context, documents: Sequence[Blob], made: Sequence[tuple[Entry, Used]]) -> Routed:
    """What was found in what is attached, or why it cannot be read."""
    names = ", ".join(plain(name_of(one)) for one in documents)
    said = [] if made else [f"I cannot read {names}: no operation that you may call reads documents."]
    return await _tell(ctx, made, said, names)


async def _tell(ctx: Context, made: Sequence[tuple[Entry, Used]], said: Sequence[str], names: str = "") -> Routed:
    """What was found in words, the last of which name the operations, and what there is to look at."""
    told = [*said]
    views: list[View] = []
    used: list[str] = []
    for entry, one in made:
        if one.event.problem is not None or one.request is None:
            told.append(cannot(from_problem(one.event.problem or {}), f"I cannot read {names}"))
            continue
        drawn = ctx.operations.find(entry.name).draw(one.request, one.result)
        if len(made) > 1:
            told.append(f"**{plain(one.result.document)}**")
        told.append(words_of(drawn, entry))
        views += [view for view in drawn if not isinstance(view, Text)]
        used.append(f"`{entry.name}`")
    with_ = ", ".join(dict.fromkeys(used))
    text = "\n\n".join([*dict.fromkeys(told), *([f"Read {names or 'them'} with {with_}."] if used else [])])
    return Routed(text=await say(ctx, 1, text), views=await show(ctx, views))
