"""Tools of other servers, as a turn's model is offered them; what they may do is not known, so a person is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.base import Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.context import Context

    Json = dict[str, Any]  # Any: JSON

MOST = 64
"""Tools of other servers in one turn."""


async def remote_tools(ctx: Context) -> list[Json]:
    """Those that the caller has registered, may list and may call."""
    from nis_backend.capabilities.mcp_servers.operations import (  # noqa: PLC0415 - with the first turn that has tools
        ListRemoteTools,
        call_tool,
        list_tools,
    )

    if ctx.caller.lacks([*list_tools.scopes, *call_tool.scopes]):
        return []
    found = await ctx.call(list_tools, ListRemoteTools())
    return [{**one.model_dump(), "operation": call_tool.name} for one in found.tools[:MOST]]


def as_tools(remote: Iterable[Mapping[str, Any]]) -> list[Tool]:
    """As a model reads them."""
    return [Tool(name=one["name"], description=one["description"], parameters=one["parameters"]) for one in remote]
