"""What is attached to a message: told in lines, shown as parts, asked of by rules."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from opened import opened

from nis_backend.blob import Blob
from nis_backend.capabilities.chat.looking import (
    CLASSES,
    CODES,
    COUNT,
    FACES,
    FACTS,
    OBJECTS,
    QUALITY,
    TEXT,
    WORDS,
    asked_of,
)
from nis_backend.capabilities.chat.operations import MessageRequest
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.errors import NotFound, TooLarge, WrongMedia
from nis_backend.loop.attached import (
    LARGEST_SHOWN,
    MOST_BYTES,
    check_attached,
    is_shown,
    kind_of,
    shown,
    still_there,
    told,
)

PICTURE, SOUND, WORDS_FILE = "image/jpeg", "audio/wav", "text/plain"


def blob(media_type: str, size: int = 1000, name: str = "a file") -> Blob:
    """A blob that somebody keeps."""
    return Blob(id="blob-1", media_type=media_type, size=size, name=name, sha256="")


def model(*, tools: bool = True, vision: bool | None = None, audio: bool | None = None) -> ModelInfo:
    """A model of which so much is known."""
    return ModelInfo(provider="p", name="m", tools=tools, vision=vision, audio=audio)


@pytest.mark.parametrize(
    ("question", "operations"),
    [
        ("What does it say?", (TEXT,)),
        ("Read the sign, please", (TEXT,)),
        ("How many words are on this page?", (TEXT,)),
        ("How many coins are there?", (COUNT,)),
        ("Count them", (COUNT,)),
        ("How many red cups are on the table?", (OBJECTS,)),
        ("How many faces do you see?", (FACES,)),
        ("Who is this?", (FACES,)),
        ("Is it blurred?", (QUALITY,)),
        ("is the photo sharp, and what does it say", (TEXT, QUALITY)),
        ("What is in the QR code?", (CODES,)),
        ("What is this?", (CLASSES, OBJECTS)),
        ("What kind of animal is in the picture?", (CLASSES, OBJECTS)),
        ("Describe it.", (CLASSES, OBJECTS)),
        ("How far does a ball fly at 20 m/s?", ()),
        ("", ()),
    ],
)
def test_the_question_says_what_looks_at_a_picture(question: str, operations: tuple[str, ...]) -> None:
    """Promise: rules choose, by what is asked; what asks for none of them is left to the rules for all operations."""
    assert asked_of(question, "image") == operations


@pytest.mark.parametrize(
    ("question", "operations"),
    [("What does she say?", (WORDS,)), ("How long is it?", (FACTS,)), ("What is this?", (WORDS,)), ("Thanks", ())],
)
def test_the_question_says_what_listens_to_a_sound(question: str, operations: tuple[str, ...]) -> None:
    """Promise: as for pictures."""
    assert asked_of(question, "audio") == operations


@pytest.mark.parametrize(
    ("media_type", "info", "whether"),
    [
        (PICTURE, model(vision=True), True),
        (PICTURE, model(vision=None), True),
        (PICTURE, model(vision=False), False),
        (PICTURE, model(vision=None, tools=False), False),
        (PICTURE, model(vision=True, tools=False), True),
        ("image/tiff", model(vision=True), False),
        (SOUND, model(audio=True), True),
        (SOUND, model(audio=None), False),
        (WORDS_FILE, model(vision=True, audio=True), False),
    ],
)
def test_a_model_is_shown_what_it_may_take(media_type: str, info: ModelInfo, *, whether: bool) -> None:
    """Promise: parts for models that see or hear, lines and tools for the others."""
    assert is_shown(blob(media_type), info) is whether


def test_what_is_too_large_to_be_shown_is_told() -> None:
    """Promise: a provider's limit refuses no turn."""
    assert not is_shown(blob(PICTURE, LARGEST_SHOWN + 1), model(vision=True))


def test_what_is_attached_to_one_message_is_bounded() -> None:
    """Promise: bounded in number and in bytes."""
    check_attached([blob(PICTURE, MOST_BYTES)])
    with pytest.raises(TooLarge, match="bytes together"):
        check_attached([blob(PICTURE, MOST_BYTES), blob(SOUND, 1)])


def test_lines_name_what_is_attached_and_say_what_is_gone(tmp_path: Path) -> None:
    """Promise: a call of a tool can name the blob; a text is told with its words; what was deleted is said to be."""

    async def turn() -> None:
        async with opened(tmp_path) as ctx:
            request = MessageRequest.model_validate(
                {
                    "message": "Look",
                    "attachments": [
                        {"base64": "R0lGODlhAQABAAAAACwAAAAAAQABAAAC", "name": "dot\n.gif"},
                        "data:text/plain,one%20two",
                    ],
                }
            )
            request = await ctx.blobs.resolve(request, [])
            dot, words = request.attachments
            assert (kind_of(dot), kind_of(words)) == ("image", "text")
            said = await told(request.message, request.attachments)
            assert said == (
                f"Look\n\n[Attached picture: dot .gif, image/gif, {dot.size} bytes, blob id {dot.id}]\n"
                f"[Attached text: the text, text/plain, 7 bytes, blob id {words.id}]\none two"
            )
            (part,) = await shown(request.attachments, model(vision=True))
            assert (part.kind, part.media_type, part.data) == ("image", "image/gif", dot.path.read_bytes())
            await ctx.blobs.delete(dot.id)
            assert await still_there(ctx, request.attachments) == {words.id}
            assert "deleted since" in await told("", [dot], there=())
            with pytest.raises(NotFound) as missing:
                await ctx.blobs.resolve(request, [])
            assert missing.value.field == "attachments.0"

    asyncio.run(turn())


def test_of_other_media_types_nothing_is_looked_at(tmp_path: Path) -> None:
    """Promise: archives are refused with what to do instead, whatever they are called."""

    async def turn() -> None:
        async with opened(tmp_path) as ctx:
            request = MessageRequest.model_validate(
                {
                    "message": "",
                    "attachments": [{"base64": "H4sIAAAAAAAAAw==", "media_type": "image/png", "name": "a.png"}],
                }
            )
            with pytest.raises(WrongMedia, match="application/gzip") as refused:
                await ctx.blobs.resolve(request, [])
            assert refused.value.field == "attachments.0"
            assert "image/png" in refused.value.remedy

    asyncio.run(turn())
