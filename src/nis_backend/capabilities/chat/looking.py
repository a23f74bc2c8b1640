"""A turn with pictures or sounds for a model that takes none: rules choose by the question what looks at them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nis_backend.asking import say, show
from nis_backend.blob import blob_fields
from nis_backend.capabilities.chat.routed import Routed, cannot, routed_turn, words_of
from nis_backend.capabilities.operations.operations import permitted
from nis_backend.errors import from_problem
from nis_backend.event import ToolCalled, Warned
from nis_backend.loop.attached import NAMES, is_shown, kind_of, name_of
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.chat.telling import Chosen
    from nis_backend.capabilities.operations.operations import Pending
    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo
    from nis_backend.entry import Entry
    from nis_backend.steps import Used

FACES, TEXT, CODES = "vision.detect_faces", "vision.read_text", "vision.read_codes"
COUNT, QUALITY = "vision.count_objects", "vision.assess_quality"
CLASSES, OBJECTS = "vision.classify_image", "vision.detect_objects"
ASK, SUMMARISE, COMPARE = "documents.ask_documents", "documents.summarise_document", "documents.compare_documents"
READ = "documents.read_document"
WORDS, FACTS = "voice.transcribe_audio", "voice.get_audio_facts"

LOOK = (QUALITY, CLASSES, OBJECTS, TEXT)
"""What looks at a picture that comes without a question."""

_COMMON = (
    r"person|persons|people|m[ae]n|wom[ae]n|child(?:ren)?|cats?|dogs?|birds?|horses?|cows?|sheep|cars?|trucks?|bus(?:es)?"
    r"|bicycles?|bikes?|motorcycles?|cups?|bottles?|glass(?:es)?|bowls?|chairs?|tables?|books?|boats?|trains?|phones?"
)
"""Everyday things that a detector of objects knows by name; other things are counted as pieces."""

_RULES: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (kind, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), names)
    for kind, pattern, names in (
        ("image", r"qr|bar ?codes?", (CODES,)),
        ("image", r"who|whose|faces?|portrait", (FACES,)),
        (
            "image",
            r"reads?|says?|said|text|ocr|words?|written|writing|lettering|headline|transcribe|(?:title|sign|label)s?",
            (TEXT,),
        ),
        ("image", rf"(?:how many|count|number of)(?: \w+){{0,3}}? (?:{_COMMON})", (OBJECTS,)),
        ("image", r"how many|count|number of", (COUNT,)),
        ("image", r"blur\w*|sharp\w*|(?:in |out of )?focus\w*|quality|nois[ey]|(?:over|under)?-?expos\w+", (QUALITY,)),
        ("image", r"(?:too|very) (?:dark|bright)|contrast|brightness", (QUALITY,)),
        ("audio", r"how long|duration|sample rate|channels?|loud\w*|format", (FACTS,)),
        ("audio", r"says?|said|transcribe|transcript\w*|words?|hear|listen|about", (WORDS,)),
    )
)
"""What asks for which operations; the first rule of those that count holds, the others add up."""

_COUNTS = frozenset({FACES, TEXT, OBJECTS, COUNT})

_GOES_BACK = re.compile(
    r"\b(?:it|its|this|that|these|those|there|here|picture|photo\w*|image|sound|recording|document|text|file)\b"
    r"|^\W*(?:(?:and|now|please|so) )*(?:count|read|look|describe|identify|transcribe)\b",
    re.IGNORECASE,
)
"""What speaks of something that was attached before."""

_QUESTION = re.compile(
    r"\?\s*$|^\W*(?:(?:and|so|please|now) )*(?:what|when|where|which|who|whose|why|how|does|do|did|is|are|can|may|must"
    r"|find|quote|summari[sz]e|sum up|list|compare|give|tell|show)\b",
    re.IGNORECASE,
)
"""What may go on about a document: a question, or a wish."""

_WHAT = re.compile(
    r"\bwhat(?:'s| is| are| was) (?:this|that|it|these|those|there|in|on|here|shown|(?:the|this|that) (?:\w+ )?"
    r"(?:picture|photo\w*|image|object|thing|animal|scene))\b|\bwhat (?:do|can) you (?:see|hear)\b|\bdescribe\b"
    r"|\bidentify\b|\b(?:which|what) (?:kind|sort|type|animal|object|things?|objects)\b"
    r"|\blook at\b|^\s*(?:what is|what's)\s*\W*$",
    re.IGNORECASE,
)
"""What asks for the whole, where nothing more is asked for."""

NEVER_WHO = "Faces are only found here: whose they are is never told."


def asked_of(question: str, kind: str) -> tuple[str, ...]:
    """The operations that the question asks for, of a picture or a sound; none where it asks for none of them."""
    found: list[str] = []
    for where, pattern, names in _RULES:
        # One thing is counted or read, not two: "how many words" is read, "how many faces" is found.
        taken = any(name in _COUNTS for name in found) and any(name in _COUNTS for name in names)
        if where == kind and not taken and pattern.search(question):
            found += names
    if not found and _WHAT.search(question):
        found += (CLASSES, OBJECTS) if kind == "image" else (WORDS,)
    return tuple(dict.fromkeys(found))


async def look(ctx: Context, question: str, seen: Sequence[Blob], there: Collection[str] | None = None) -> Routed:
    """Look at each with what the question asks for, or briefly, and say what was found and by what.

    `there` are the ids of those that were not deleted since; None where all are there.
    """
    able = {entry.name: entry for entry in permitted(ctx)}
    said: list[str] = []
    views: list[View] = []
    for blob in seen:
        if there is not None and blob.id not in there:
            said.append(f"I cannot look at {name_of(blob)} any more: it was deleted since. Attach it again.")
            continue
        kind = kind_of(blob)
        wanted = asked_of(question, kind) or (LOOK if kind == "image" else (WORDS,))
        found, drawn = await _look_at(ctx, blob, [able[name] for name in wanted if name in able])
        said += [*([f"**{name_of(blob)}**"] if len(seen) > 1 else []), *found]
        views += drawn
        if FACES in wanted and re.search(r"\bwho", question, re.IGNORECASE):
            said.append(NEVER_WHO)
    text = "\n\n".join(said)
    return Routed(text=await say(ctx, 1, text), views=await show(ctx, views))


async def _look_at(ctx: Context, blob: Blob, entries: Sequence[Entry]) -> tuple[list[str], list[View]]:
    """What was found in words, the last of which name the operations, and what there is to look at."""
    name, what = name_of(blob), NAMES[kind_of(blob)]
    if not entries:
        return [f"I cannot look at {name}: no operation that you may call looks at this {what}."], []
    said: list[str] = []
    views: list[View] = []
    used: list[str] = []
    refused: list[str] = []
    for entry in entries:
        made = await use_on(ctx, entry, blob)
        if made.event.problem is not None or made.request is None:
            refused.append(cannot(from_problem(made.event.problem or {}), f"I cannot tell more of {name}"))
            continue
        used.append(f"`{entry.name}`")
        drawn = ctx.operations.find(entry.name).draw(made.request, made.result)
        said.append(words_of(drawn, entry))
        views += [view for view in drawn if not isinstance(view, Text)]
    verb = "Looked at" if kind_of(blob) == "image" else "Listened to"
    with_ = " and ".join(filter(None, [", ".join(used[:-1]), *used[-1:]]))
    receipt = [f"{verb} {name} ({blob.media_type}, {blob.size} bytes) with {with_}."] if used else []
    # One package or weight that is missing stops several of them in the same words.
    return [*said, *dict.fromkeys(refused), *receipt], views


async def use_on(ctx: Context, entry: Entry, blob: Blob) -> Used:
    """Have the operation look at a picture or sound, as a step of the run."""
    arguments: dict[str, Any] = {next(iter(blob_fields(entry.request_schema))): blob.id}  # Any: JSON
    return await ctx.use(ToolCalled(step=1, call_id=ctx.new_id("call"), operation=entry.name, arguments=arguments))


async def attend(
    ctx: Context, message: str, attachments: Sequence[Blob], turn: Chosen, pending: Pending | None
) -> Routed | None:
    """What the message wants of what is attached, or was before it; None where the model may talk.

    Rules that know what documents, pictures and sounds are asked come first, then those for every operation.
    """
    from nis_backend.capabilities.chat.papers import consult  # noqa: PLC0415 - loads with the first document

    papers = [blob for blob in attachments if kind_of(blob) == "document"]
    if papers:
        return await consult(ctx, message, papers)
    seen = [blob for blob in attachments if kind_of(blob) != "text"]
    if not seen:
        return await _go_back(ctx, message, attachments, turn, pending)
    sees = all(is_shown(blob, turn.info) for blob in seen)
    if message and not any(_asked(message, blob) for blob in seen):
        found = await routed_turn(ctx, message, pending, seen)
        if found is not None:
            return found
    return None if sees else await look(ctx, message, seen)


async def _go_back(
    ctx: Context, message: str, texts: Sequence[Blob], turn: Chosen, pending: Pending | None
) -> Routed | None:
    """What the message wants of the texts that are attached, or of what was attached before."""
    from nis_backend.capabilities.chat.papers import consult, follow  # noqa: PLC0415 - as above

    asks = bool(_QUESTION.search(message))
    there = [blob for blob in turn.attached_before if blob.id in turn.there]
    papers = [blob for blob in there if kind_of(blob) == "document"]
    if papers and asks and not texts and pending is None and (told := await follow(ctx, message, papers)) is not None:
        return told
    if texts and asks and _GOES_BACK.search(message):
        return await consult(ctx, message, texts)
    before = [blob for blob in turn.attached_before if kind_of(blob) not in {"text", "document"}]
    if pending is None and _GOES_BACK.search(message) and any(_asked(message, blob) for blob in before):
        return await look(ctx, message, before, turn.there)
    given = [*texts, *(blob for blob in before if blob.id in turn.there)]
    found = await routed_turn(ctx, message, pending, given)
    return await consult(ctx, message, texts) if found is None and texts and asks else found


def _asked(message: str, blob: Blob) -> tuple[str, ...]:
    return asked_of(message, kind_of(blob))


async def listened(ctx: Context, info: ModelInfo, attachments: Sequence[Blob]) -> tuple[str, str]:
    """What is said in the sounds of a message without words: it is the message; and what the answer says of it first.

    Sounds that the model hears itself are left to it. What cannot be listened to is left to what looks at it.
    """
    sounds = [blob for blob in attachments if kind_of(blob) == "audio" and not is_shown(blob, info)]
    entry = next((one for one in permitted(ctx) if one.name == WORDS), None)
    if not sounds or entry is None:
        return "", ""
    spoken: list[str] = []
    for blob in sounds:
        made = await use_on(ctx, entry, blob)
        if made.event.problem is None:
            spoken.append(str(made.result.text).strip())
        elif info.tools:
            error = from_problem(made.event.problem)
            await ctx.run.write(Warned(message=f"{name_of(blob)} was not listened to: {error.message} {error.remedy}"))
    said = "\n\n".join(filter(None, spoken))
    if not said:
        return "", ""
    return said, await say(ctx, 1, f"You said: “{said}”\n\n")
