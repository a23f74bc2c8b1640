"""The blocks of a conversation in Anthropic's format, read; members that are not known say nothing.

Source: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import binascii
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from nis_backend.surfaces.anthropic.thoughts import whole

SEAL = 2_000_000
"""Characters of what is sealed, which grows by it."""
MOST_BLOCKS = 2048
"""Blocks of one turn."""


class Lenient(BaseModel):
    """What may have members that are not read: clients send what later versions of the format have."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _listed(content: object) -> object:
    """A text alone is a list of one block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def kind_of(value: object) -> object:
    """The `type` of what should be an object."""
    return cast("dict[str, object]", value).get("type") if isinstance(value, dict) else None


def _base64(text: str) -> str:
    """What can be read as bytes."""
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise PydanticCustomError("base64", "base64 cannot be read: {why}", {"why": str(error)}) from None
    return text


class TextBlock(Lenient):
    """Words."""

    type: Literal["text"]
    text: str = Field(max_length=400_000)


class Base64Source(Lenient):
    """Bytes."""

    type: Literal["base64"]
    media_type: str = Field(max_length=128)
    data: Annotated[str, AfterValidator(_base64)]


class UrlSource(Lenient):
    """An address, which the model's provider fetches."""

    type: Literal["url"]
    url: str = Field(min_length=1, max_length=8192)


class TextSource(Lenient):
    """A plain text."""

    type: Literal["text"]
    data: str = Field(max_length=400_000)


class ContentSource(Lenient):
    """A document of blocks."""

    type: Literal["content"]
    content: Annotated[list[TextBlock], BeforeValidator(_listed)] = Field(max_length=MOST_BLOCKS)


class FileSource(Lenient):
    """A blob of this server."""

    type: Literal["file"]
    file_id: str = Field(min_length=1, max_length=64)


class ImageBlock(Lenient):
    """An image."""

    type: Literal["image"]
    source: Annotated[Base64Source | UrlSource | FileSource, Field(discriminator="type")]


class Uncited(Lenient):
    """Whether places of a text are to be named in the answer, which is what Anthropic's own models do."""

    enabled: Literal[False] | None = None


class DocumentBlock(Lenient):
    """A document."""

    type: Literal["document"]
    source: Annotated[Base64Source | UrlSource | TextSource | ContentSource | FileSource, Field(discriminator="type")]
    title: str | None = Field(default=None, max_length=500)
    context: str | None = Field(default=None, max_length=400_000)
    citations: Uncited | None = None


class SearchResultBlock(Lenient):
    """What a search of the caller's found."""

    type: Literal["search_result"]
    title: str = Field(max_length=2000)
    source: str = Field(max_length=8192)
    content: list[TextBlock] = Field(max_length=MOST_BLOCKS)
    citations: Uncited | None = None


class ToolUseBlock(Lenient):
    """A call that the model wanted made."""

    type: Literal["tool_use"]
    id: str = Field(min_length=1, max_length=256)
    name: str = Field(min_length=1, max_length=256)
    input: dict[str, Any]  # Any: JSON


class ThinkingBlock(Lenient):
    """What a model thought."""

    type: Literal["thinking"]
    thinking: str = Field(max_length=400_000)
    signature: Annotated[str, AfterValidator(whole)] = Field(default="", max_length=SEAL)


class RedactedBlock(Lenient):
    """What a model thought, for its provider's eyes alone."""

    type: Literal["redacted_thinking"]
    data: Annotated[str, AfterValidator(whole)] = Field(max_length=SEAL)


Shown = Annotated[TextBlock | ImageBlock | DocumentBlock | SearchResultBlock, Field(discriminator="type")]
"""What a person or a tool shows to a model."""


class ToolResultBlock(Lenient):
    """What came of a call."""

    type: Literal["tool_result"]
    tool_use_id: str = Field(min_length=1, max_length=256)
    content: Annotated[list[Shown], BeforeValidator(_listed)] = Field(default_factory=list[Shown], max_length=128)
    is_error: bool = False


def _known(block: object) -> object:
    """A block of a kind that is read; what Anthropic's own servers do is another's to continue."""
    kind = str(kind_of(block))
    if kind.startswith("server_tool") or kind.removesuffix("_tool_result") != kind:
        raise PydanticCustomError(
            "hosted", "{kind} belongs to a tool that Anthropic's servers run, which this model has not", {"kind": kind}
        )
    return block


Block = Annotated[
    Annotated[
        TextBlock
        | ImageBlock
        | DocumentBlock
        | SearchResultBlock
        | ToolUseBlock
        | ToolResultBlock
        | ThinkingBlock
        | RedactedBlock,
        Field(discriminator="type"),
    ],
    BeforeValidator(_known),
]
Blocks = Annotated[list[Block], BeforeValidator(_listed)]
Texts = Annotated[list[TextBlock], BeforeValidator(_listed)]
