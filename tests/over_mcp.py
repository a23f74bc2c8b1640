"""Call an operation through MCP, one request of the stateless era: its result as JSON, or its failure as it was."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from nis_backend.catalog import Catalog
from nis_backend.errors import NisError, from_problem
from nis_backend.surfaces.tools import tool_name

VERSION = "2026-07-28"
CATALOG = Catalog.from_index()


def over_mcp(
    url: str, operation: str, request: Mapping[str, Any], *, key: str | None = None, progress: bool = False
) -> Any:
    """What the server at `url` answers; an unknown operation is asked for all the same; with `progress`, as it comes.

    Raises:
        NisError: of the failure's own class, with its code, field, value and remedy.
    """
    known = {entry.name: tool_name(entry) for entry in CATALOG.entries()}
    name = known.get(operation, operation.replace(".", "-"))
    asked = {"name": name, "arguments": dict(request), "_meta": {"progressToken": 1} if progress else {}}
    answer = post(url, "tools/call", asked, key=key)
    if "error" in answer:
        raise _failure(answer["error"].get("data"), answer)
    result = answer["result"]
    if result["isError"]:
        raise _failure(result["_meta"].get("nis/problem"), result)
    text, *blobs = result["content"]
    assert {one["type"] for one in blobs} <= {"image", "audio", "resource_link"}
    # What a client without structured content reads is the same.
    assert json.loads(text["text"]) == result.get("structuredContent")
    return result.get("structuredContent")


def _failure(problem: Any, answer: Any) -> NisError:
    assert problem is not None, f"a failure that is no problem: {answer}"
    return from_problem(problem)


def post(
    url: str,
    method: str,
    params: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    path: str = "/mcp",
    able: Mapping[str, Any] | None = None,
) -> Any:
    """The JSON-RPC answer to one request of the stateless era, of a client with the capabilities `able`."""
    given = params or {}
    meta = {
        **given.get("_meta", {}),
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": able or {},
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**given, "_meta": meta}}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": VERSION,
        "Mcp-Method": method,
    }
    name = next((given[one] for one in ("name", "uri", "taskId") if one in given), None)
    if name is not None and method != "resources/subscribe":
        headers["Mcp-Name"] = str(name)
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    asked = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers)
    try:
        answer = urllib.request.urlopen(asked, timeout=120)
    except urllib.error.HTTPError as refusal:
        # The protocol's own errors have a status too; the guard's are none of them.
        if refusal.code in {401, 403}:
            raise
        answer = refusal
    with answer:
        text = answer.read().decode()
        if answer.headers.get_content_type() == "text/event-stream":
            # It took long enough for the stream to be opened; the answer is its last event.
            text = [line for line in text.splitlines() if line.startswith("data: ")][-1].removeprefix("data: ")
    return json.loads(text)
