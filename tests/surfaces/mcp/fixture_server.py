"""`nis`, whose `/mcp` also has what the conformance suite calls: run it with the command's own arguments."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from fixture_questions import NAME
from fixtures import OBJECT, PROMPTS, RESOURCES, TOOLS, Asked, Json, prompt
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CompleteRequestParams,
    GetPromptRequestParams,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    SetLevelRequestParams,
    SubscribeRequestParams,
    Tool,
    UnsubscribeRequestParams,
)

from nis_backend.__main__ import main
from nis_backend.surfaces.mcp import routes
from nis_backend.surfaces.mcp.tasks import refuse_undeclared

ALIASES = {
    "slow_compute": "suite-slow_compute",
    "failing_job": "suite-failing_job",
    "protocol_error_job": "suite-protocol_error",
    "confirm_delete": "suite-confirm_delete",
    "multi_input": "suite-multi_input",
    "test_tool_with_task": "suite-slow_compute",
}
"""The suite's tools of tasks, which `fixture_tasks.py` has as operations; there where that file is `--app`."""
ONLY_AS_TASKS = {"failing_job", "test_tool_with_task"}
FRESH: Json = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
TEMPLATE = re.compile(r"test://template/([^/]+)/data")


def add_fixtures(server: Server[Any]) -> None:
    """Add the suite's tools to the product's, and its prompts and resources."""
    listed, called, schema = (
        server.get_request_handler("tools/list"),
        server.get_request_handler("tools/call"),
        server.get_tool_input_schema,
    )
    assert listed is not None
    assert called is not None
    assert schema is not None

    async def list_tools(asked: Asked, params: PaginatedRequestParams) -> ListToolsResult:
        own: ListToolsResult = await listed.handler(asked, params)  # pyright: ignore[reportAssignmentType] - it is one
        more = [
            Tool(name=name, description=f"{name} of the suite", input_schema=schema)
            for name, (schema, _) in TOOLS.items()
        ]
        more += [
            Tool(name=name, description=f"{name} of the suite", input_schema=dict(schema(alias) or OBJECT))
            for name, alias in ALIASES.items()
        ]
        return ListToolsResult(tools=[*own.tools, *more])

    async def call_tool(asked: Asked, params: CallToolRequestParams) -> Any:
        if params.name in ALIASES:
            return await call_alias(asked, params)
        if params.name not in TOOLS:
            return await called.handler(asked, params)
        return await TOOLS[params.name][1](asked, params.arguments or {})

    async def call_alias(asked: Asked, params: CallToolRequestParams) -> Any:
        if params.name in ONLY_AS_TASKS:
            refuse_undeclared(asked)
        changes: Json = {"name": ALIASES[params.name]}
        if params.name == "test_tool_with_task":
            given: Json = (asked.params or {}).get("inputResponses") or {}
            if "user_name" not in given:
                return {"resultType": "input_required", "inputRequests": {"user_name": NAME}}
            changes["arguments"] = {"seconds": 1, "label": given["user_name"]["content"]["name"]}
        return await called.handler(asked, params.model_copy(update=changes))

    def input_schema(name: str) -> Any:
        return TOOLS[name][0] if name in TOOLS else schema(name)

    server.get_tool_input_schema = input_schema
    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    server.add_request_handler("prompts/list", PaginatedRequestParams, list_prompts)
    server.add_request_handler("prompts/get", GetPromptRequestParams, get_prompt)
    server.add_request_handler("resources/list", PaginatedRequestParams, list_resources)
    server.add_request_handler("resources/templates/list", PaginatedRequestParams, list_templates)
    server.add_request_handler("resources/read", ReadResourceRequestParams, read_resource)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, nothing)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, nothing)
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, nothing)
    server.add_request_handler("completion/complete", CompleteRequestParams, complete)


async def list_prompts(_asked: Asked, _params: PaginatedRequestParams) -> Json:
    """Every prompt and its arguments."""
    return {
        "prompts": [
            {
                "name": name,
                "description": f"{name} of the suite",
                "arguments": [{"name": one, "description": one, "required": True} for one in names],
            }
            for name, names in PROMPTS.items()
        ],
        **FRESH,
    }


async def get_prompt(asked: Asked, params: GetPromptRequestParams) -> Json:
    """One of them, filled in."""
    if params.name not in PROMPTS:
        raise MCPError(INVALID_PARAMS, f"There is no prompt {params.name!r}.")
    return await prompt(asked, params.name, dict(params.arguments or {}))


async def list_resources(_asked: Asked, _params: PaginatedRequestParams) -> Json:
    """Every resource that is no template's."""
    named = [
        {"uri": uri, "name": uri, "description": f"{uri} of the suite", "mimeType": one["mimeType"]}
        for uri, one in RESOURCES.items()
    ]
    return {"resources": named, **FRESH}


async def list_templates(_asked: Asked, _params: PaginatedRequestParams) -> Json:
    """The one template."""
    template = {"uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json"}
    return {"resourceTemplates": [template], **FRESH}


async def read_resource(_asked: Asked, params: ReadResourceRequestParams) -> Json:
    """A resource, or what the template makes of an id."""
    made = TEMPLATE.fullmatch(params.uri)
    if params.uri in RESOURCES:
        content = RESOURCES[params.uri]
    elif made:
        words = f'{{"id":"{made[1]}","templateTest":true,"data":"Data for ID: {made[1]}"}}'
        content = {"mimeType": "application/json", "text": words}
    else:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": params.uri})
    return {"contents": [{"uri": params.uri, **content}], **FRESH}


async def complete(_asked: Asked, _params: CompleteRequestParams) -> Json:
    """Always the same suggestions."""
    return {
        "resultType": "complete",
        "completion": {"values": ["paris", "park", "party"], "total": 3, "hasMore": False},
    }


async def nothing(_asked: Asked, _params: object) -> Json:
    """Taken note of."""
    return {}


if __name__ == "__main__":
    routes.routes = partial(routes.routes, extend=add_fixtures)
    main()
