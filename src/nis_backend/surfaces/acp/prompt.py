"""What an editor sends with a prompt, as the message that the agent is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp.schema import (
    AudioContentBlock,
    EmbeddedResourceContentBlock,
    ImageContentBlock,
    ResourceContentBlock,
    TextContentBlock,
    TextResourceContents,
)

from nis_backend.blob import NAME_LENGTH
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from acp.schema import PromptRequest

    from nis_backend.operation import Json


def message_of(request: PromptRequest) -> Json:
    """The words: texts as they stand, links by name and address, embedded texts under their address; what is attached.

    Raises:
        InvalidRequest: a block is neither, or all of them together hold nothing.
    """
    attachments = [_bytes(one) for one in request.prompt if isinstance(one, ImageContentBlock | AudioContentBlock)]
    said = "\n\n".join(filter(None, (_words(one, number) for number, one in enumerate(request.prompt)))).strip()
    if not (said or attachments):
        raise InvalidRequest("The prompt has no words.", field="prompt", value="", remedy="Send a block of text.")
    return {"message": said, **({"attachments": attachments} if attachments else {})}


def _bytes(block: ImageContentBlock | AudioContentBlock) -> Json:
    uri = getattr(block, "uri", None) or ""
    return {"base64": block.data, "media_type": block.mime_type, "name": uri.rpartition("/")[2][:NAME_LENGTH]}


def _words(block: object, number: int) -> str:
    match block:
        case TextContentBlock():
            return block.text
        case ImageContentBlock() | AudioContentBlock():
            return ""
        case ResourceContentBlock():
            return f"[{block.title or block.name}]({block.uri})"
        case EmbeddedResourceContentBlock(resource=TextResourceContents() as resource):
            fence = "```"
            while fence in resource.text:
                fence += "`"
            return f"{resource.uri}\n{fence}\n{resource.text}\n{fence}"
        case _:
            # Neither is promised by `initialize`.
            kind = str(getattr(block, "type", "resource"))
            raise InvalidRequest(
                f"A block of the prompt holds neither text, a picture nor a sound: {kind}.",
                field=f"prompt.{number}",
                value=kind,
                remedy="Send text, images, sounds, links to resources, or embedded resources that are text.",
            )
