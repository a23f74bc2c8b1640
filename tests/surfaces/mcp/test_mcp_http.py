"""`/mcp` as the protocol's own Python client uses it, in both eras, and as a careless client does."""

from __future__ import annotations

import asyncio
import json
import urllib.error
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from conftest import Serve, Server
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent
from over_mcp import over_mcp, post
from rest_client import ask

from nis_backend.errors import InternalError, InvalidRequest, NotFound

ERAS = pytest.mark.parametrize(("mode", "version"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")])
Mode = Literal["legacy", "auto"]


@asynccontextmanager
async def opened(url: str, mode: Mode = "auto", query: str = "") -> AsyncGenerator[Client]:
    """The official client, connected; a failure within comes out as itself."""
    failure: MCPError | None = None
    async with Client(f"{url}/mcp{query}", mode=mode) as client:
        try:
            yield client
        except MCPError as error:
            failure = error
    if failure is not None:
        raise failure


def said(answer: CallToolResult) -> str:
    """The words of an answer."""
    [text] = answer.content
    assert isinstance(text, TextContent)
    return text.text


@ERAS
def test_a_client_lists_and_calls(server: Server, mode: Mode, version: str) -> None:
    """Promise: one address serves both eras: the same tools, the same answer, structured and as text."""

    async def use() -> None:
        async with opened(server.url, mode) as client:
            assert client.protocol_version == version
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert {"chat-send_message", "physics-convert_unit"} <= names
            answer = await client.call_tool("physics-convert_unit", {"value": 1, "unit": "mile", "to": "km"})
            assert not answer.is_error
            assert answer.structured_content["value"] == pytest.approx(1.609344)
            assert json.loads(said(answer)) == answer.structured_content
            # Not listed at this address, and called all the same.
            assert not (await client.call_tool("system-check_live", {})).is_error

    asyncio.run(use())


@ERAS
def test_wrong_arguments_are_a_result_that_says_what_to_do(server: Server, mode: Mode, version: str) -> None:
    """Promise: the model reads code, field and remedy, as on every other surface; the whole problem is in `_meta`."""

    async def use() -> None:
        async with opened(server.url, mode) as client:
            answer = await client.call_tool("physics-convert_unit", {"value": 1, "unitt": "mile", "to": "km"})
            assert answer.is_error
            text = said(answer)
            assert "invalid_request: unit: Field required" in text
            assert "Leave out unitt" in text
            assert answer.meta is not None
            problem: dict[str, Any] = answer.meta["nis/problem"]
            assert (problem["code"], problem["field"], problem["remedy"]) == ("invalid_request", "unit", "Give unit.")

    asyncio.run(use())


@ERAS
def test_an_unknown_tool_is_the_protocols_error(server: Server, mode: Mode, version: str) -> None:
    """Promise: -32602 with the nearest names (MCP 2025-11-25, server/tools, error handling)."""

    async def use() -> None:
        async with opened(server.url, mode) as client:
            with pytest.raises(MCPError, match="Nearest: physics-convert_unit") as refused:
                await client.call_tool("physics-convert_units", {})
            assert refused.value.code == -32602

    asyncio.run(use())


@ERAS
def test_an_unknown_toolset_is_told_at_once(server: Server, mode: Mode, version: str) -> None:
    """Promise: whoever writes a wrong address is told the right ones by its first request."""

    async def use() -> None:
        async with opened(server.url, mode, "?toolset=phisics"):
            pass

    with pytest.raises(ExceptionGroup) as refused:
        asyncio.run(use())
    [error] = refused.value.subgroup(MCPError).exceptions  # pyright: ignore[reportOptionalMemberAccess] - it has one
    while isinstance(error, ExceptionGroup):
        [error] = error.exceptions
    assert isinstance(error, MCPError)
    assert "Toolsets: essential, all" in error.message


def test_a_toolset_in_the_address_changes_the_list(server: Server) -> None:
    """Promise: `?toolset=physics` and `?toolset=all`, with or without a slash before the question mark."""
    physics = post(server.url, "tools/list", path="/mcp/?toolset=physics")["result"]["tools"]
    assert {tool["name"].partition("-")[0] for tool in physics} == {"physics"}
    whole = post(server.url, "tools/list", path="/mcp?toolset=all")["result"]["tools"]
    assert len(whole) > len(physics)
    assert any(tool["name"] == "runs-stream_events" for tool in whole)


def test_the_helper_of_the_parity_test_gives_result_or_failure(server: Server) -> None:
    """Promise: any operation through one request; a failure comes back as the class it was."""
    assert over_mcp(server.url, "system.check_live", {})["status"] == "ok"
    with pytest.raises(InvalidRequest) as refused:
        over_mcp(server.url, "physics.convert_unit", {"value": 1, "unit": "furlongs per", "to": "km"})
    assert refused.value.remedy
    with pytest.raises(NotFound) as unknown:
        over_mcp(server.url, "runs.get_run", {"id": "run-none"})
    assert (unknown.value.field, unknown.value.value) == ("id", "run-none")


APP = """
from nis_backend.operation import Model, operation

class Words(Model):
    words: str

@operation("shouts.shout_words", effect="reads")
def shout_words(request: Words, ctx: "Context") -> Words:
    \"\"\"Say it louder.\"\"\"
    if not request.words:
        raise RuntimeError("/a/path/nobody/should/see")
    return Words(words=request.words.upper())

OPERATIONS = (shout_words,)
"""


def test_an_operation_of_ones_own_is_a_tool_and_its_faults_leak_nothing(serve: Serve, tmp_path: Path) -> None:
    """Promise: `--app` adds tools and toolsets; what fails inside is told without its insides, under a number."""
    file = tmp_path / "app.py"
    file.write_text(APP)
    server = serve("--app", str(file))
    [tool] = post(server.url, "tools/list", path="/mcp?toolset=shouts")["result"]["tools"]
    assert tool["name"] == "shouts-shout_words"
    assert over_mcp(server.url, "shouts.shout_words", {"words": "hello"}) == {"words": "HELLO"}
    with pytest.raises(InternalError, match="nis failed") as fault:
        over_mcp(server.url, "shouts.shout_words", {"words": ""})
    assert "path" not in fault.value.message + fault.value.remedy
    number = fault.value.remedy.split()[-1].rstrip(".")
    assert number in server.log.read_text()


def _raw(server: Server, headers: dict[str, str], method: str = "POST", body: str = "{}") -> tuple[int, Any]:
    status, _, answer = ask(server, method, "/mcp", body.encode(), {"Content-Type": "application/json", **headers})
    return status, answer


def test_the_guard_stands_before_it(server: Server) -> None:
    """Promise: a foreign host or page is refused (MCP 2025-11-25, security of transports), so is a wrong method."""
    assert _raw(server, {"Host": "evil.example"})[0] == 403
    assert _raw(server, {"Origin": "https://evil.example"})[0] == 403
    assert _raw(server, {}, "PUT")[0] == 405


def test_a_key_is_asked_for_where_one_is_set(serve: Serve) -> None:
    """Promise: nothing of MCP answers without the server's key."""
    server = serve(NIS_API_KEY="sesame")
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server.url, "tools/list")
    assert refused.value.code == 401
    refused.value.close()
    assert over_mcp(server.url, "system.check_live", {}, key="sesame")["status"] == "ok"


@pytest.mark.parametrize("body", ["", "[]", "{", '{"jsonrpc":"2.0","id":1}', "null", "[1]"])
def test_what_is_no_request_is_refused(server: Server, body: str) -> None:
    """Promise: a careless client gets a JSON-RPC error and a 400, in either era, and leaves no session behind."""
    accept = {"Accept": "application/json, text/event-stream"}
    for version in ({}, {"MCP-Protocol-Version": "2026-07-28"}):
        status, answer = _raw(server, {**accept, **version}, body=body)
        assert status == 400
        assert answer["error"]["code"] in {-32700, -32600, -32602}
