"""A result's blobs are content of their own, which a model looks at or a client fetches."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, cast

import pytest
from mcp_types import AudioContent, ImageContent, ResourceLink, TextContent

from nis_backend.errors import NotFound
from nis_backend.surfaces.mcp.results import MOST_BYTES, success

if TYPE_CHECKING:
    from nis_backend.context import Context


class Shelf:
    """Blobs of one caller."""

    async def read(self, blob_id: str) -> bytes:
        """The bytes of the one there is."""
        if blob_id == "gone":
            raise NotFound("There is none.", field="id", value=blob_id, remedy="List them.")
        return b"abc"


class Caller:
    """What a call may use, as far as results need it."""

    blobs = Shelf()


def blob(media_type: str, size: int = 3, id_: str = "b") -> dict[str, Any]:
    """A blob as a result has it."""
    return {"id": id_, "media_type": media_type, "size": size, "name": "it", "sha256": "0" * 64}


def contents(result: object) -> list[object]:
    """What a tool's answer holds beside the text."""
    answer = asyncio.run(success(result, cast("Context", Caller())))
    assert isinstance(answer.content[0], TextContent)
    assert answer.structured_content == result
    return [*answer.content[1:]]


def test_a_small_picture_is_image_content_and_a_sound_audio_content() -> None:
    """With its bytes and media type, wherever in the result it is."""
    image, sound = contents({"found": [{"png": blob("image/png")}], "said": blob("audio/wav", id_="c")})
    assert isinstance(image, ImageContent)
    assert (base64.b64decode(image.data), image.mime_type) == (b"abc", "image/png")
    assert isinstance(sound, AudioContent)
    assert (base64.b64decode(sound.data), sound.mime_type) == (b"abc", "audio/wav")


@pytest.mark.parametrize(
    "given",
    [blob("image/png", MOST_BYTES + 1), blob("image/svg+xml"), blob("application/pdf"), blob("image/png", id_="gone")],
)
def test_what_is_large_or_of_another_kind_is_a_link(given: dict[str, Any]) -> None:
    """Of a resource that the client reads where it wants it."""
    (link,) = contents({"file": given})
    assert isinstance(link, ResourceLink)
    assert (link.uri, link.mime_type, link.size) == (f"nis://blobs/{given['id']}", given["media_type"], given["size"])


def test_a_blob_that_is_named_twice_is_there_once() -> None:
    """Bytes are not sent twice; what only resembles a blob is none."""
    assert len(contents({"a": blob("image/png"), "b": [blob("image/png")]})) == 1
    assert contents({"id": "b", "media_type": "image/png", "size": 3}) == []
