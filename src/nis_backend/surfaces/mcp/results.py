"""What an operation answers, or fails with, as the protocol has it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent

from nis_backend.errors import InvalidRequest, NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

PROBLEM = "nis/problem"
"""The member of a result's `_meta` that holds the failure as a problem document."""


def success(result: Any) -> CallToolResult:  # Any: JSON
    """A result, and the same as text for clients that read no structured content."""
    return CallToolResult(
        content=[TextContent(type="text", text=json.dumps(result, ensure_ascii=False))],
        structured_content=result,
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
