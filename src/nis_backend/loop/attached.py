"""What is attached to a message: pictures, sounds, documents, texts; as a model is told of them, and is shown them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal, cast

from nis_backend.alongside import together
from nis_backend.blob import Blob
from nis_backend.errors import NotFound, TooLarge, shorten
from nis_backend.found import named_in
from nis_backend.limits import DOCUMENTS, PICTURES, SOUNDS, Media
from nis_backend.operation import Model
from nis_backend.shelf import expired

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo, Part
    from nis_backend.entry import Entry
    from nis_backend.run import Run

MOST = 8
"""Things that are attached to one message."""

MOST_BYTES = 33_554_432
"""Bytes of all of them, with those of what was said before."""

MOST_EARLIER = 32
"""Things that are attached to what was said before, by a caller who keeps the conversation."""

WORDS_SHOWN = 20_000
"""Characters of an attached text that a model is told: a fifth of what a message may have."""

LARGEST_SHOWN = 3_750_000
"""Bytes of a picture or sound that a model is shown: as base64 five million, the least that the providers allow."""

EARLIER_SHOWN = 4
"""Pictures and sounds of earlier turns that a model is shown again, the last ones."""

Kind = Literal["image", "audio", "document", "text"]

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that every provider's models take that see; the others are looked at by operations."""

SENSES: dict[Kind, tuple[str, ...]] = {
    "image": (
        *("vision.classify_image", "vision.detect_objects", "vision.read_text", "vision.count_objects"),
        *("vision.detect_faces", "vision.assess_quality", "vision.read_codes"),
    ),
    "audio": ("voice.transcribe_audio", "voice.get_audio_facts"),
    "document": (
        *("documents.ask_documents", "documents.summarise_document", "documents.compare_documents"),
        "documents.read_document",
    ),
}
"""What a model that chooses by itself is offered first, by what is attached."""

HEARD = frozenset({"audio/wav", "audio/mpeg"})
"""Sounds that every provider's models take that hear."""

TEXTS = ("text/plain", "text/markdown", "text/csv", "application/json")

Attachment = Annotated[Blob, Media(types=(*PICTURES, *SOUNDS, *TEXTS, *DOCUMENTS))]
"""Of other media types nothing is looked at."""


class Linked(Model):
    """What was found at an address."""

    attached: Attachment


NAMES = {"image": "picture", "audio": "sound", "document": "document", "text": "text"}
"""The kinds in words."""


class Attached(Model):
    """What was attached to a message."""

    attachments: list[Blob]


def kind_of(blob: Blob) -> Kind:
    """What it is to a message."""
    if blob.media_type in PICTURES:
        return "image"
    if blob.media_type in SOUNDS:
        return "audio"
    return "document" if blob.media_type in DOCUMENTS else "text"


def senses(entries: Iterable[Entry], attachments: Iterable[Blob]) -> list[Entry]:
    """Of these operations those that look at what is attached."""
    able = {entry.name: entry for entry in entries}
    kinds = {kind_of(blob) for blob in attachments}
    names = [name for kind, wanted in SENSES.items() if kind in kinds for name in wanted]
    return [able[name] for name in names if name in able]


def files_in(result: object) -> Iterator[Blob]:
    """The blobs that JSON holds, of an operation's result say."""
    if isinstance(result, dict):
        members = cast("dict[str, object]", result)
        if members.keys() == Blob.model_fields.keys() and members["id"]:
            yield Blob.model_validate(members)
        else:
            for one in members.values():
                yield from files_in(one)
    elif isinstance(result, list):
        for one in cast("list[object]", result):
            yield from files_in(one)


def check_attached(attachments: Sequence[Blob], earlier: Sequence[Blob] = ()) -> None:
    """Refuse what is too much for one message.

    Raises:
        TooLarge: they are too many, or too many bytes together.
    """
    if len(attachments) > MOST or len(earlier) > MOST_EARLIER:
        raise TooLarge(
            f"{len(attachments)} things are attached, and {len(earlier)} to what was said before.",
            field="attachments",
            value=len(attachments) + len(earlier),
            remedy=f"Attach at most {MOST} to one message, and {MOST_EARLIER} to those before it.",
        )
    size = sum(blob.size for blob in (*attachments, *earlier))
    if size > MOST_BYTES:
        raise TooLarge(
            f"What is attached has {size} bytes together.",
            field="attachments",
            value=size,
            remedy=f"Attach at most {MOST_BYTES} bytes to one message.",
        )


def name_of(blob: Blob) -> str:
    """What to call it: the name that it came with, or its kind."""
    return shorten(blob.name, 80) or f"the {NAMES[kind_of(blob)]}"


async def fetched(ctx: Context, links: Sequence[str]) -> list[Blob]:
    """What is at these addresses, each kept as a blob for the run that this call starts.

    Raises:
        NisError: by its place among the links, why one cannot be had or is not taken.
    """

    async def fetch(number: int, url: str) -> Blob:
        with named_in(f"links.{number}"):
            kept = await ctx.call_named("blobs.fetch_blob", {"url": url})
            ctx.came.append(kept.id)
            return (await ctx.blobs.resolve(Linked.model_validate({"attached": kept.id}), [])).attached

    # Of a message that is refused for one of them, each is waited for: one that is cut short may be kept by then, and
    # nobody would know of it.
    return await together(fetch(number, url) for number, url in enumerate(links))


def earlier_of(run: Run) -> list[Blob]:
    """What was attached to the message of an earlier turn, as its run has it."""
    return [Blob.model_validate(one) for one in run.input.get("attachments") or ()]


async def still_there(ctx: Context, blobs: Iterable[Blob]) -> set[str]:
    """The ids of those that were not deleted since."""
    now = ctx.drivers.store.now()
    rows = {blob_id: await ctx.store.get("blobs", blob_id) for blob_id in {blob.id for blob in blobs}}
    return {blob_id for blob_id, row in rows.items() if row is not None and not expired(row, now)}


async def at_hand(ctx: Context, blobs: Iterable[Blob]) -> list[Blob]:
    """Those of earlier turns that are still there, with their files."""
    found: list[Blob] = []
    for blob in blobs:
        with suppress(NotFound):
            found += (await ctx.blobs.resolve(Attached(attachments=[blob]), [])).attachments
    return found


async def told(message: str, blobs: Sequence[Blob], there: Collection[str] | None = None) -> str:
    """The message with a line for each of them, so that a call of a tool can name it, and the words of texts.

    `there` are the ids of those that are still there; None where all are.
    """
    lines = [await _line(blob, gone=there is not None and blob.id not in there) for blob in blobs]
    return "\n\n".join([*filter(None, [message]), *(["\n".join(lines)] if lines else [])])


async def _line(blob: Blob, *, gone: bool) -> str:
    line = f"[Attached {NAMES[kind_of(blob)]}: {name_of(blob)}, {blob.media_type}, {blob.size} bytes, "
    if gone:
        return f"{line}deleted since]"
    line += f"blob id {blob.id}]"
    if kind_of(blob) != "text":
        return line
    words = await asyncio.to_thread(_words, blob)
    return f"{line}\n{words}" if words else line


def _words(blob: Blob) -> str:
    """The beginning of a text that is at hand; of one of an earlier turn, which is not, nothing."""
    with suppress(RuntimeError), blob.path.open("rb") as file:
        data = file.read(4 * WORDS_SHOWN + 1)
        words = data.decode("utf-8", "replace")
        cut = len(words) > WORDS_SHOWN or len(data) < blob.size
        return f"{words[:WORDS_SHOWN]}\n[The rest is left out.]" if cut else words
    return ""


def is_shown(blob: Blob, info: ModelInfo) -> bool:
    """Whether the model is shown it as it is: a picture unless it is known to see none, a sound if it is known to hear.

    Of most models nobody says whether they see; one that does not refuses, and is told of the picture in words then.
    """
    if blob.size > LARGEST_SHOWN:
        return False
    if kind_of(blob) == "image":
        return blob.media_type in SHOWN and bool(info.tools if info.vision is None else info.vision)
    return kind_of(blob) == "audio" and info.audio is True and blob.media_type in HEARD


async def shown(blobs: Iterable[Blob], info: ModelInfo) -> tuple[Part, ...]:
    """The parts of a turn, with their bytes, that the model is shown."""
    return await asyncio.to_thread(_parts, [blob for blob in blobs if is_shown(blob, info)])


def _parts(blobs: Sequence[Blob]) -> tuple[Part, ...]:
    from nis_backend.drivers.llm.base import Part  # noqa: PLC0415 - loads with the first turn

    return tuple(
        Part(
            kind="image" if kind_of(blob) == "image" else "audio",
            media_type=blob.media_type,
            data=blob.path.read_bytes(),
            name=blob.name,
        )
        for blob in blobs
    )
