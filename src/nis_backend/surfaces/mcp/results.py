"""What an operation answers, or fails with, as the protocol has it."""

from __future__ import annotations

import base64
import json
import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, AudioContent, CallToolResult, ImageContent, ResourceLink, TextContent

from nis_backend.blob import blobs_told
from nis_backend.errors import InvalidRequest, NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from nis_backend.blob import Blob
    from nis_backend.context import Context

BLOB = "nis://blobs/{id}"
"""The address of a file that is kept."""
MOST_BYTES = 1_000_000
"""Of a picture or a sound that a result holds itself."""
SEEN_OR_HEARD = {
    **dict.fromkeys(("image/png", "image/jpeg", "image/webp", "image/gif"), "image"),
    **dict.fromkeys(("audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg", "audio/flac"), "audio"),
}
"""What models that take pictures and sounds take."""

PROBLEM = "nis/problem"
"""The member of a result's `_meta` that holds the failure as a problem document."""


async def success(result: Any, ctx: Context) -> CallToolResult:  # Any: JSON
    """A result, and the same as text for clients that read no structured content; its blobs are content of their own.

    A small picture or sound is there with its bytes, which a model looks at; any other is a link to the resource.
    """
    said = TextContent(type="text", text=json.dumps(result, ensure_ascii=False))
    return CallToolResult(
        content=[said, *[await _content(blob, ctx) for blob in blobs_told(result)]], structured_content=result
    )


async def _content(blob: Blob, ctx: Context) -> ImageContent | AudioContent | ResourceLink:
    kind = SEEN_OR_HEARD.get(blob.media_type)
    if kind is not None and blob.size <= MOST_BYTES:
        with suppress(NisError):
            data = base64.b64encode(await ctx.blobs.read(blob.id)).decode()
            return (
                ImageContent(type="image", data=data, mime_type=blob.media_type)
                if kind == "image"
                else AudioContent(type="audio", data=data, mime_type=blob.media_type)
            )
    uri = BLOB.format(id=blob.id)
    return ResourceLink(
        type="resource_link", uri=uri, name=blob.name or blob.id, mime_type=blob.media_type, size=blob.size
    )


def failure(error: NisError) -> CallToolResult:
    """A failure as a result: in words for the model, whole in `_meta`; structured content is what the schema says."""
    lines = [f"{error.code}: {error.message} {error.remedy}".rstrip()]
    lines += [f"{wrong.field}: {wrong.message}. {wrong.remedy}".rstrip() for wrong in error.fields[1:]]
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))], is_error=True, _meta={PROBLEM: error.problem()}
    )


def refused(error: NisError) -> MCPError:
    """A failure as the protocol's own error: for what is wrong with the request, not with an operation."""
    code = INVALID_PARAMS if isinstance(error, InvalidRequest | NotFound) else error.codes.jsonrpc
    return MCPError(code, f"{error.message} {error.remedy}".rstrip(), error.problem())


@contextmanager
def told(but: type[NisError] | tuple[()] = (), **names: str) -> Generator[None]:
    """Failures of ours within the block are told as the protocol's, `but` for one kind that the caller words.

    `names` are what the protocol calls the fields of the operations.
    """
    try:
        yield
    except NisError as error:
        if isinstance(error, but):
            raise
        raise refused(_renamed(error, names)) from None


def _renamed(error: NisError, names: Mapping[str, str]) -> NisError:
    """A failure with its fields, and the beginnings of what is said of them, in these names."""
    if names:
        words = re.compile("|".join(rf"^{name}(?=[.: ]|$)" for name in names))

        def named(text: str) -> str:
            return words.sub(lambda found: names[found[0]], text)

        error.field = error.field and named(error.field)
        error.message, error.remedy = named(error.message), named(error.remedy)
        error.fields = tuple(replace(one, field=named(one.field), remedy=named(one.remedy)) for one in error.fields)
    return error
