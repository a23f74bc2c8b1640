"""Prompts that are kept here as the protocol's prompts, and completion of their arguments and of addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_types import (
    CompleteRequestParams,
    CompleteResult,
    Completion,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    PromptReference,
    TextContent,
)

from nis_backend.errors import Forbidden, shorten
from nis_backend.surfaces.mcp.results import told

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

    from nis_backend.surfaces.mcp.following import Asked, Of
    from nis_backend.surfaces.mcp.resources import Resources
    from nis_backend.surfaces.mcp.things import Things

PAGE = 50
MOST_VALUES = 100
"""Of a completion (MCP, completion)."""


class Prompts:
    """The methods of prompts, and completion."""

    def __init__(self, context: Of, things: Things, resources: Resources) -> None:
        self._context = context
        self._things = things
        self._resources = resources

    def serve(self, server: Server[Any]) -> None:
        """Add them to the server."""
        server.add_request_handler("prompts/list", PaginatedRequestParams, self.list)
        server.add_request_handler("prompts/get", GetPromptRequestParams, self.get)
        server.add_request_handler("completion/complete", CompleteRequestParams, self.complete)

    async def list(self, asked: Asked, params: PaginatedRequestParams) -> ListPromptsResult:
        """The caller's prompts, the newest first; none to a key that may not read them."""
        wanted = {"limit": PAGE, "cursor": params.cursor}
        with told():
            try:
                page = await self._things.call(self._context(asked), "prompt", "list_prompts", wanted)
            except Forbidden:
                return ListPromptsResult(prompts=[])
        return ListPromptsResult(prompts=[_prompt(one) for one in page.prompts], next_cursor=page.next_cursor)

    async def get(self, asked: Asked, params: GetPromptRequestParams) -> GetPromptResult:
        """Its latest version, with the arguments in place."""
        wanted = {"id": params.name, "variables": params.arguments or {}}
        with told(id="name", variables="arguments"):
            rendered = await self._things.call(self._context(asked), "prompt", "render_prompt", wanted)
        return GetPromptResult(messages=[PromptMessage(role="user", content=TextContent(text=rendered.text))])

    async def complete(self, asked: Asked, params: CompleteRequestParams) -> CompleteResult:
        """What an argument may be: a variable's default, or the ids of what a template names."""
        ctx, begun, more = self._context(asked), params.argument.value, False
        with told(id="ref.name"):
            if isinstance(params.ref, PromptReference):
                prompt = await self._things.call(ctx, "prompt", "get_prompt", {"id": params.ref.name})
                variable = prompt.variables.get(params.argument.name)
                default = None if variable is None else variable.default
                values = [default] if default and default.lower().startswith(begun.lower()) else []
            else:
                known = params.argument.name == "id"
                values, more = await self._resources.ids(ctx, params.ref.uri, begun) if known else ([], False)
        return CompleteResult(completion=Completion(values=values[:MOST_VALUES], has_more=more))


def _prompt(one: Any) -> Prompt:  # Any: as the operation lists them
    arguments = [
        PromptArgument(name=name, description=variable.description or None, required=variable.default is None)
        for name, variable in one.variables.items()
    ]
    return Prompt(name=one.name, description=shorten(one.template, 200), arguments=arguments)
