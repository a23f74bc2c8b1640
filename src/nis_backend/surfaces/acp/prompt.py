"""What an editor sends with a prompt, as the message that the agent is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp.schema import EmbeddedResourceContentBlock, ResourceContentBlock, TextContentBlock, TextResourceContents

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from acp.schema import PromptRequest


def message_of(request: PromptRequest) -> str:
    """The words: texts as they stand, links by name and address, embedded texts under their address.

    Raises:
        InvalidRequest: a block holds no text, or all of them together hold none.
    """
    said = "\n\n".join(filter(None, (_words(one, number) for number, one in enumerate(request.prompt)))).strip()
    if not said:
        raise InvalidRequest("The prompt has no words.", field="prompt", value="", remedy="Send a block of text.")
    return said


def _words(block: object, number: int) -> str:
    match block:
        case TextContentBlock():
            return block.text
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
                f"A block of the prompt holds no text: {kind}.",
                field=f"prompt.{number}",
                value=kind,
                remedy="Send text, links to resources, or embedded resources that are text.",
            )
